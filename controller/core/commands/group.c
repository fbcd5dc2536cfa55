// SPDX-License-Identifier: GPL-3.0-or-later
#include "controller/core/commands/commands.h"
#include "controller/core/placement.h"
#include "controller/core/session.h"

static void answer_group(struct session *session, struct wait *wait, struct problem *problem)
{
    struct node *node = tree_find(&session->tree, wait->node);
    if (problem)
        call_fail(wait->call, problem);
    else
        call_succeed(wait->call, node_to_json(node));
}

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
    int32_t id = session_new_node_id(session);
    batch_add(&session->batch, osc_message_new("/g_new", "iii", id, where.action, where.target));
    wait_add(session, WAIT_GO, call, "/g_new", id, answer_group);
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
    .words = "Makes a group; it is shown, set, released and freed as a node.",
    .params = {PLACEMENT_PARAMS},
    .handle = group_new,
};

const struct command *const group_commands[] = {&new, NULL};
