// SPDX-License-Identifier: GPL-3.0-or-later
// The nodes that a raw message names. Farfield's own (the root, rooms' groups and guards) are not
// to be changed, nothing may come to stand behind a guard, and no group below itself, which scsynth
// does not look after.
#include "controller/core/moves.h"
#include "controller/core/osc/osc_rules.h"
#include "controller/core/osc/osc_tokens.h"
#include "controller/core/session_own.h"

enum { ACTION_HEAD, ACTION_TAIL, ACTION_BEFORE, ACTION_AFTER, ACTION_REPLACE };

// The node of the next argument, not yet taken.
static struct node *named_node(struct check *c)
{
    int32_t id;
    if (!check_int(c, G_MININT32, G_MAXINT32, &id))
        return NULL;
    c->at--;
    struct node *node = tree_find(&c->session->tree, id);
    if (!node && id == -1)
        check_fail(c, 422, "-1, the newest node, may be anybody's; name it");
    else if (!node)
        check_fail(c, 422, "there is no node %d", id);
    else if (node->planned > session_when(c->session))
        check_fail(c, 409, "node %d will not have started by then", id);
    return c->problem ? NULL : node;
}

static struct node *named_group(struct check *c)
{
    struct node *node = named_node(c);
    if (node && !node->is_group) {
        check_fail(c, 422, "node %d is a synth; a group is needed", node->id);
        return NULL;
    }
    return node;
}

// Whether one of Farfield's own is below it.
static bool holds_system(struct node *top)
{
    for (struct node *n = tree_next_below(top, top); n; n = tree_next_below(n, top))
        if (n->system)
            return true;
    return false;
}

static bool is_own(struct check *c, const struct node *node)
{
    return check_fail(c, 403, "node %d is Farfield's own", node->id);
}

static bool holds_own(struct check *c, const struct node *node)
{
    return check_fail(c, 403, "group %d holds nodes that are Farfield's own", node->id);
}

static bool take_changeable(struct check *c, struct node *node)
{
    if (!node)
        return false;
    if (node->system)
        return is_own(c, node);
    if (holds_system(node))
        return holds_own(c, node);
    c->at++;
    return true;
}

bool check_node(struct check *c)
{
    return take_changeable(c, named_node(c));
}

static int most_slots(struct node *top)
{
    int most = 0;
    for (struct node *n = top; n; n = tree_next_below(n, top))
        most = n->synthdef ? MAX(most, synthdef_slots(n->synthdef)) : most;
    return most;
}

static bool take_controls_of(struct check *c, struct node *node)
{
    if (!node->is_group && !node->synthdef)
        return check_fail(c, 409, "what synth %d is made of is not known yet; try again", node->id);
    c->synthdef = node->synthdef;
    c->slots = most_slots(node);
    c->at++;
    return true;
}

bool check_controlled(struct check *c)
{
    struct node *node = named_node(c);
    if (!node)
        return false;
    // A room's group stands for what is in it.
    if (node->system && !node->is_group)
        return is_own(c, node);
    if (holds_system(node))
        return holds_own(c, node);
    return take_controls_of(c, node);
}

bool check_synth(struct check *c)
{
    struct node *node = named_node(c);
    if (node && node->is_group)
        return check_fail(c, 422, "node %d is a group; a synth is needed", node->id);
    if (!node || node->synthdef)
        return node && take_controls_of(c, node);
    // Looking does no harm.
    c->slots = OSC_MAX_RANGE;
    c->at++;
    return true;
}

bool check_any_node(struct check *c)
{
    c->at += named_node(c) != NULL;
    return !c->problem;
}

bool check_any_group(struct check *c)
{
    c->at += named_group(c) != NULL;
    return !c->problem;
}

bool check_emptied(struct check *c)
{
    struct node *group = named_group(c);
    if (group && holds_system(group))
        return holds_own(c, group);
    c->at += group != NULL;
    return group != NULL;
}

// --- new nodes ----------------------------------------------------------------------------------

bool check_new_node(struct check *c)
{
    struct session *session = c->session;
    int32_t id, first = ids_node(session->client_id, IDS_FIRST_TEMPORARY);
    if (!check_int(c, G_MININT32, G_MAXINT32, &id))
        return false;
    c->at--;
    if (id == -1)
        check_arg(c)->i = id = session_new_node_id(session);
    if (id < first || ids_client(id) != session->client_id)
        return check_fail(c, 422, "must be -1, or from %d to %d, which are Farfield's", first,
                          ids_node(session->client_id, (1 << IDS_SHIFT) - 1));
    if (tree_find(&session->tree, id) ||
        g_hash_table_contains(session->node_waits, GINT_TO_POINTER(id)) ||
        !g_hash_table_add(c->made, GINT_TO_POINTER(id)))
        return check_fail(c, 409, "there is a node %d already", id);
    c->number = id;
    c->at++;
    return true;
}

bool check_action(struct check *c)
{
    return check_int(c, ACTION_HEAD, ACTION_REPLACE, &c->action);
}

// Whether what is put there sounds without being limited.
static bool is_behind_guard(struct session *session, const struct node *target, int action)
{
    const struct room *room = room_of_node(session, target);
    return (action == ACTION_TAIL && target->id == TREE_ROOT) ||
           (action == ACTION_AFTER && room && target->id == room->guard);
}

// A group that an earlier part of the message makes.
static bool is_made(struct check *c)
{
    int32_t id;
    if (!check_int(c, G_MININT32, G_MAXINT32, &id))
        return false;
    c->at--;
    return id != c->number && g_hash_table_contains(c->made, GINT_TO_POINTER(id)) &&
           c->action <= ACTION_AFTER;
}

static bool fits_action(struct check *c, struct node *target)
{
    bool inside = c->action == ACTION_HEAD || c->action == ACTION_TAIL;
    if (inside && !target->is_group)
        return check_fail(c, 422, "node %d is a synth; a group is needed for that action",
                          target->id);
    if (!inside && target->id == TREE_ROOT)
        return check_fail(c, 422, "nothing can stand beside the root group");
    if (c->action == ACTION_REPLACE && target->system)
        return is_own(c, target);
    if (c->action == ACTION_REPLACE && holds_system(target))
        return holds_own(c, target);
    return true;
}

// The last guard of those at the very end, or NULL.
static struct node *last_guard(struct session *session)
{
    struct node *last = tree_find(&session->tree, TREE_ROOT)->last;
    return last && last->system && !last->is_group ? last : NULL;
}

bool check_target(struct check *c)
{
    if (is_made(c)) {
        c->at++;
        return true;
    }
    struct node *target = c->problem ? NULL : named_node(c);
    if (!target || !fits_action(c, target))
        return false;
    // What would stand at the very end stands before the guard, as with synth.new.
    struct node *guard = target->id == TREE_ROOT ? last_guard(c->session) : target;
    if (is_behind_guard(c->session, target, c->action) && guard) {
        check_arg(c)->i = guard->id;
        g_array_index(c->message->args, struct osc_arg, c->at - 1).i = ACTION_BEFORE;
    }
    c->at++;
    return true;
}

// --- moving -------------------------------------------------------------------------------------

static bool is_below(const struct node *node, int32_t ancestor)
{
    for (; node; node = node->parent)
        if (node->id == ancestor)
            return true;
    return false;
}

// What has been moved before in this message is not where the mirror has it.
static bool has_moved(const struct check *c, const struct node *node)
{
    for (; node; node = node->parent)
        if (g_hash_table_contains(c->moved, GINT_TO_POINTER(node->id)))
            return true;
    return false;
}

// Whether node `c->number` may come to stand in or beside `c->container`.
static bool may_move(struct check *c)
{
    const struct node *node = tree_find(&c->session->tree, c->number);
    if (is_below(c->container, c->number))
        return check_fail(c, 422, "would put node %d into or beside itself", c->number);
    if (node->is_group && has_moved(c, c->container))
        return check_fail(c, 422, "refers to a node that this message moves; send two messages");
    if (node->is_group && moves_are_due(c->session))
        return check_fail(c, 409, "has to wait until another move is done; try again");
    return true;
}

static bool take_container(struct check *c, struct node *container, int action)
{
    if (!container)
        return false;
    if (is_behind_guard(c->session, container, action))
        return check_fail(c, 403, "would put it behind the guard of a room; use /n_before %d",
                          room_of_node(c->session, container)
                              ? container->id
                              : session_room(c->session, "main")->guard);
    c->container = container;
    return true;
}

bool check_moved(struct check *c)
{
    struct node *node = named_node(c);
    if (!take_changeable(c, node))
        return false;
    c->at--;
    c->number = node->id;
    if (g_hash_table_contains(c->moved, GINT_TO_POINTER(node->id)))
        return check_fail(c, 422, "is there twice");
    if (c->container && !may_move(c))
        return false;
    if (c->container)
        g_hash_table_add(c->moved, GINT_TO_POINTER(node->id));
    c->at++;
    return true;
}

bool check_head_of(struct check *c)
{
    bool good = take_container(c, named_group(c), ACTION_HEAD);
    c->at += good;
    return good;
}

bool check_tail_of(struct check *c)
{
    bool good = take_container(c, named_group(c), ACTION_TAIL);
    c->at += good;
    return good;
}

static bool check_beside(struct check *c, int action)
{
    struct node *sibling = named_node(c);
    if (sibling && sibling->id == TREE_ROOT)
        return check_fail(c, 422, "nothing can stand beside the root group");
    if (!take_container(c, sibling, action) || !may_move(c))
        return false;
    g_hash_table_add(c->moved, GINT_TO_POINTER(c->number));
    c->container = NULL;
    c->at++;
    return true;
}

bool check_before(struct check *c)
{
    return check_beside(c, ACTION_BEFORE);
}

bool check_after(struct check *c)
{
    return check_beside(c, ACTION_AFTER);
}

bool check_order(struct check *c)
{
    return check_int(c, ACTION_HEAD, ACTION_AFTER, &c->action);
}

bool check_place(struct check *c)
{
    struct node *place = named_node(c);
    if (!place || !fits_action(c, place) || !take_container(c, place, c->action))
        return false;
    c->at++;
    return true;
}
