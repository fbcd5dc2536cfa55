// SPDX-License-Identifier: GPL-3.0-or-later
#include "controller/core/placement.h"

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

void placement_of_call(struct session *session, const struct call *call, struct placement *where,
                       struct problem *problem)
{
    const char *room_name = call_string(call, "room");
    const struct room *room = session_room(session, room_name);
    where->action = action_number(call_string(call, "action"));
    if (!room)
        problem_add(problem, "room", "there is no room \"%s\"", room_name);
    where->target = call_has(call, "target") ? call_integer(call, "target")
                    : room                   ? room->group
                                             : 0;
    const struct node *node = tree_find(&session->tree, where->target);
    if (!node)
        problem_add(problem, "target", "there is no node %d", where->target);
    else
        check_target(node, where->action, problem);
    // Nothing sounds behind a guard: what would stand at the very end stands before it.
    bool at_end = where->target == TREE_ROOT && where->action == ACTION_TAIL;
    bool behind = room && where->target == room->guard && where->action == ACTION_AFTER;
    if ((at_end || behind) && room && tree_find(&session->tree, room->guard)) {
        where->target = room->guard;
        where->action = ACTION_BEFORE;
    }
}
