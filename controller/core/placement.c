// SPDX-License-Identifier: GPL-3.0-or-later
#include "controller/core/placement.h"

#include "controller/core/moves.h"

#include <string.h>

enum { ACTION_HEAD, ACTION_TAIL, ACTION_BEFORE, ACTION_AFTER, ACTION_REPLACE };

static int action_number(const char *name)
{
    static const char *const names[] = {"head", "tail", "before", "after", "replace"};
    for (int i = 0; i < (int)G_N_ELEMENTS(names); i++)
        if (strcmp(name, names[i]) == 0)
            return i;
    g_assert_not_reached();
}

static void check_target(const struct node *node, int action, struct problem *problem)
{
    bool inside = action == ACTION_HEAD || action == ACTION_TAIL;
    if (inside && !node->is_group)
        problem_add(problem, "target", "node %d is a synth; a group is needed for head and tail",
                    node->id);
    else if (!inside && node->id == TREE_ROOT)
        problem_add(problem, "target", "nothing can stand beside the root group");
    else if (action == ACTION_REPLACE && node->system)
        problem_add(problem, "target", "node %d is Farfield's own", node->id);
}

// The target of a call, 0 with an entry in `problem` if there is none.
static void find_target(struct session *session, int32_t id, struct placement *where,
                        struct problem *problem)
{
    const struct node *node = tree_find(&session->tree, id);
    where->target = id;
    if (!node)
        problem_add(problem, "target", "there is no node %d", id);
    else if (node->planned > session_when(session))
        problem_add(problem, "target", "node %d will not have started by then", id);
    else
        check_target(node, where->action, problem);
}

// Nothing sounds behind a guard: what would stand at the very end stands before it.
static void keep_before_guard(struct session *session, struct placement *where)
{
    const struct room *room = session_room(session, "main");
    bool at_end = where->target == TREE_ROOT && where->action == ACTION_TAIL;
    bool behind = where->target == room->guard && where->action == ACTION_AFTER;
    if ((at_end || behind) && tree_find(&session->tree, room->guard)) {
        where->target = room->guard;
        where->action = ACTION_BEFORE;
    }
}

void placement_of_call(struct session *session, const struct call *call, struct placement *where,
                       struct problem *problem)
{
    const char *room_name = call_string(call, "room");
    const struct room *room = session_room(session, room_name);
    where->action = action_number(call_string(call, "action"));
    if (!room)
        problem_add(problem, "room", "there is no room \"%s\"", room_name);
    find_target(session,
                call_has(call, "target") ? call_integer(call, "target")
                : room                   ? room->group
                                         : 0,
                where, problem);
    keep_before_guard(session, where);
}

void placement_of_move(struct session *session, const struct call *call, const struct node *node,
                       struct placement *where, struct problem *problem)
{
    const char *action = call_string(call, "action");
    where->action = action ? action_number(action) : ACTION_HEAD;
    find_target(session, call_integer(call, "target"), where, problem);
    for (const struct node *n = tree_find(&session->tree, where->target); n; n = n->parent)
        if (n == node)
            problem_add(problem, "target", "node %d cannot move beside or into itself", node->id);
    if (!problem->errors && !moves_allow(session, node, where->target))
        problem_add(problem, "target",
                    "other moves are on their way, by which node %d might come to stand in itself",
                    node->id);
    keep_before_guard(session, where);
}

const char *placement_move_address(const struct placement *where)
{
    static const char *const addresses[] = {"/g_head", "/g_tail", "/n_before", "/n_after"};
    return addresses[where->action];
}

struct osc_message *placement_move_message(const struct node *node, const struct placement *where)
{
    bool inside = where->action == ACTION_HEAD || where->action == ACTION_TAIL;
    return osc_message_new(placement_move_address(where), "ii", inside ? where->target : node->id,
                           inside ? node->id : where->target);
}

struct node *placement_plan(struct session *session, const char *name,
                            const struct placement *where, bool is_group)
{
    struct node *target = tree_find(&session->tree, where->target);
    struct node *node = tree_plan(&session->tree, session_new_node_id(session), where->action,
                                  target, is_group, session_when(session));
    tree_name(&session->tree, node, name);
    node->own = true;
    session_note_cause(session, node);
    return node;
}
