// SPDX-License-Identifier: GPL-3.0-or-later
#include "controller/core/commands/commands.h"
#include "controller/core/commands/nodes.h"
#include "controller/core/placement.h"
#include "controller/core/session_own.h"
#include "controller/core/undo/undo.h"

static void group_new(struct session *session, struct call *call)
{
    if (!session_require_server(session, call))
        return;
    struct problem *problem = problem_new(422, "the group cannot be made");
    struct placement where;
    placement_of_call(session, call, &where, problem);
    if (problem->errors) {
        call_fail(call, problem);
        return;
    }
    problem_destroy(problem);
    const char *address = call_flag(call, "parallel") ? "/p_new" : "/g_new";
    const struct node *group = placement_plan(session, call_string(call, "name"), &where, true);
    batch_add(session->out, osc_message_new(address, "iii", group->id, where.action, where.target));
    wait_add(session, WAIT_GO, call, address, group->id, node_answer);
}

static void answer_freed(struct session *session, struct wait *wait, struct problem *problem)
{
    if (problem)
        call_fail(wait->call, problem);
    else
        call_succeed(wait->call, NULL);
}

static void free_below(struct session *session, struct call *call, bool deep)
{
    const char *address = deep ? "/g_deepFree" : "/g_freeAll";
    if (!session_require_server(session, call))
        return;
    struct node *group = session_node_of(session, call);
    if (!group)
        return;
    const struct room *room = room_of_node(session, group);
    if (!group->is_group) {
        call_fail(call, problem_new(422, "node %d is a synth, not a group", group->id));
    } else if (group->system && !(room && room->group == group->id)) {
        call_fail(call, problem_new(403, "group %d is Farfield's own", group->id));
    } else if (group->planned > session_when(session)) {
        call_fail(call, problem_new(409, "group %d will not have started by then", group->id));
    } else {
        undo_note_free_below(session, call, group, deep);
        // The deep way leaves every group where it is.
        for (struct node *n = tree_next_below(group, group); n; n = tree_next_below(n, group)) {
            session_note_cause(session, n);
            n->dismissed = !deep || !n->is_group;
        }
        batch_add(session->out, osc_message_new(address, "i", group->id));
        wait_add(session, WAIT_SYNC, call, address, group->id, answer_freed);
    }
}

static void group_free_all(struct session *session, struct call *call)
{
    free_below(session, call, false);
}

static void group_deep_free(struct session *session, struct call *call)
{
    free_below(session, call, true);
}

#define GROUP_ID                                                                                   \
    {                                                                                              \
        "id", PARAM_INTEGER, true, "number of the group", .min = 0, .max = G_MAXINT32              \
    }

static const struct command new = {
    "group.new",
    "POST",
    "/v1/groups",
    SCOPE_PLAY,
    BODY_JSON,
    BODY_JSON,
    201,
    "/v1/nodes/{id}",
    .waits = true,
    .bundled = true,
    .words = "Makes a group; it is shown, set, released and freed as a node.",
    .params = {PLACEMENT_PARAMS,
               {"parallel", PARAM_BOOLEAN, false, "whether its nodes may run at the same time"}},
    .result = "node",
    .example = "{\"action\":\"tail\"}",
    .handle = group_new,
};

static const struct command free_all = {
    "group.free_all",
    "POST",
    "/v1/groups/{id}/free_all",
    SCOPE_PLAY,
    BODY_NONE,
    BODY_NONE,
    204,
    .waits = true,
    .bundled = true,
    .example = "{\"id\":1006633960}",
    .words = "Frees every node in a group at once, as /g_freeAll does; the group stays.",
    .params = {GROUP_ID},
    .handle = group_free_all,
};

static const struct command deep_free = {
    "group.deep_free",
    "POST",
    "/v1/groups/{id}/deep_free",
    SCOPE_PLAY,
    BODY_NONE,
    BODY_NONE,
    204,
    .waits = true,
    .bundled = true,
    .example = "{\"id\":1006633960}",
    .words = "Frees every synth below a group at once, as /g_deepFree does; all groups stay.",
    .params = {GROUP_ID},
    .handle = group_deep_free,
};

const struct command *const group_commands[] = {&new, &free_all, &deep_free, NULL};
