// SPDX-License-Identifier: GPL-3.0-or-later
#include "controller/core/moves.h"

static bool is_raw_move(const struct wait *wait)
{
    static const char *const movers[] = {"/n_before", "/n_after", "/g_head",
                                         "/g_tail",   "/n_order", NULL};
    return wait->osc && g_strv_contains(movers, wait->address);
}

// Calls `each` for every wait of a move until one is true; whether one was.
static bool any_of(const GQueue *waits, bool (*each)(const struct wait *wait, void *data),
                   void *data)
{
    for (GList *link = waits->head; link; link = link->next) {
        const struct wait *wait = link->data;
        if ((wait->is_move || is_raw_move(wait)) && each(wait, data))
            return true;
    }
    return false;
}

static bool any_move(const struct session *session,
                     bool (*each)(const struct wait *wait, void *data), void *data)
{
    bool found = any_of(&session->waits, each, data) ||
                 (session->bundle && any_of(&session->bundle->waits, each, data));
    for (GList *link = session->bundles.all.head; link && !found; link = link->next)
        found = any_of(&((struct bundle *)link->data)->waits, each, data);
    return found;
}

static bool is_one(const struct wait *wait, void *data)
{
    return true;
}

bool moves_are_due(const struct session *session)
{
    return any_move(session, is_one, NULL);
}

// Upwards from a node, by its groups and by where it may have moved until then.
struct search {
    const struct session *session;
    GHashTable *seen;
    GPtrArray *moves; // struct wait, borrowed
    int32_t wanted;
};

// What a raw message moves is not kept: true, so that nothing passes it.
static bool collect(const struct wait *wait, void *data)
{
    struct search *search = data;
    g_ptr_array_add(search->moves, (gpointer)wait);
    return !wait->is_move;
}

static bool reaches(const struct search *search, int32_t from)
{
    const struct node *node = tree_find(&search->session->tree, from);
    for (; node && g_hash_table_add(search->seen, GINT_TO_POINTER(node->id)); node = node->parent) {
        if (node->id == search->wanted)
            return true;
        for (guint i = 0; i < search->moves->len; i++) {
            const struct wait *move = g_ptr_array_index(search->moves, i);
            if (move->node == node->id && reaches(search, move->beside))
                return true;
        }
    }
    return false;
}

bool moves_allow(const struct session *session, const struct node *node, int32_t target)
{
    if (!node->is_group)
        return true;
    g_autoptr(GHashTable) seen = g_hash_table_new(NULL, NULL);
    g_autoptr(GPtrArray) moves = g_ptr_array_new();
    struct search search = {session, seen, moves, node->id};
    return !any_move(session, collect, &search) && !reaches(&search, target);
}
