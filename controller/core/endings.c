// SPDX-License-Identifier: GPL-3.0-or-later
// A scsynth that ends in order (/quit, or JACK is gone) tells of the end of every node before its
// own. So ends that nobody here has asked for are kept until it is heard to live on; if it has
// ended instead, they are undone, the last first, and what they took away is made again with all
// else.
#include <string.h>

#include "controller/core/leases.h"
#include "controller/core/session_own.h"

#define MAX_ENDINGS 20000

struct ending {
    int32_t id, parent, previous;
    bool is_group, running, held;
    struct client *holder;     // NULL where that has gone, or it was not held
    char *name;                // owned, NULL without one
    struct synthdef *synthdef; // owned reference, NULL of a group
    float *values;             // owned
    int32_t *maps;             // owned
};

static void ending_destroy(gpointer data)
{
    struct ending *ending = data;
    if (ending->synthdef)
        synthdef_unref(ending->synthdef);
    g_free(ending->name);
    g_free(ending->values);
    g_free(ending->maps);
    g_free(ending);
}

static bool is_to_be_kept(const struct session *session, const struct node *node)
{
    if (session->state != SERVER_RUNNING || !node->own || node->planned || !node->parent ||
        session->endings.length >= MAX_ENDINGS)
        return false;
    if (node->dismissed || node->releasing || node->panicked)
        return false;
    return node->is_group || (node->synthdef && !node->system && !node->synthdef->one_shot);
}

void endings_note(struct session *session, struct node *node)
{
    if (!is_to_be_kept(session, node))
        return;
    struct ending *ending = g_new(struct ending, 1);
    const struct node *previous = node_previous(node);
    gsize slots = node->synthdef ? synthdef_slots(node->synthdef) : 0;
    *ending = (struct ending){
        .id = node->id,
        .parent = node->parent->id,
        .previous = previous ? previous->id : -1,
        .is_group = node->is_group,
        .running = node->running,
        .held = node->holder || node->lapses,
        .holder = node->holder,
        .name = g_strdup(node->name),
        .synthdef = node->synthdef ? synthdef_ref(node->synthdef) : NULL,
        .values = g_memdup2(node->values, slots * sizeof *node->values),
        .maps = g_memdup2(node->maps, slots * sizeof *node->maps),
    };
    g_queue_push_head(&session->endings, ending);
}

void endings_forget(struct session *session)
{
    g_queue_clear_full(&session->endings, ending_destroy);
}

static void undo(struct session *session, const struct ending *ending)
{
    struct tree *tree = &session->tree;
    struct node *node =
        tree_find(tree, ending->id)
            ? NULL
            : tree_place(tree, ending->id, ending->parent, ending->previous, ending->is_group);
    if (!node)
        return;
    node->own = true;
    node->running = ending->running;
    const struct room *room = room_of_node(session, node);
    node_set_room(node, room ? room->name : NULL);
    node->system = room_has_group(session, node->id);
    tree_name(tree, node, ending->name);
    if (!ending->synthdef)
        return;
    node_set_synthdef(node, ending->synthdef);
    gsize slots = synthdef_slots(ending->synthdef);
    memcpy(node->values, ending->values, slots * sizeof *node->values);
    memcpy(node->maps, ending->maps, slots * sizeof *node->maps);
    if (ending->holder)
        lease_take(session, node, ending->holder);
    else if (ending->held)
        lease_lapse(session, node);
}

void endings_client_gone(struct session *session, const struct client *client)
{
    for (GList *link = session->endings.head; link; link = link->next) {
        struct ending *ending = link->data;
        if (ending->holder == client)
            ending->holder = NULL;
    }
}

void endings_undo(struct session *session)
{
    for (GList *link = session->endings.head; link; link = link->next)
        undo(session, link->data);
    endings_forget(session);
}
