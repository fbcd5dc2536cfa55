// SPDX-License-Identifier: GPL-3.0-or-later
// Nodes that came back: how they are freed again.
#include "controller/core/commands/nodes.h"
#include "controller/core/undo/undo_own.h"

struct again {
    struct session *session;
    struct step *step; // written anew: what they are now is what comes back the next time
    GHashTable *made;  // ids of what came back
    struct told told;
    guint count;
};

static void free_one(struct session *session, struct node *node, bool gently)
{
    if (gently) {
        node_release_now(session, node);
        return;
    }
    batch_add(session->out, osc_message_new("/n_free", "i", node->id));
    node_dismiss(session, node);
}

static void note_made(GHashTable *made, const struct kept *kept)
{
    if (!kept->missing)
        g_hash_table_add(made, GINT_TO_POINTER(kept->id));
    for (guint i = 0; kept->nodes && i < kept->nodes->len; i++)
        note_made(made, g_ptr_array_index(kept->nodes, i));
}

static bool has_made(const struct again *a, const struct node *node)
{
    return g_hash_table_contains(a->made, GINT_TO_POINTER(node->id));
}

static bool has_others(const struct again *a, struct node *group)
{
    for (struct node *n = tree_next_below(group, group); n; n = tree_next_below(n, group))
        if (!has_made(a, n) && !undo_is_going(n))
            return true;
    return false;
}

static void take_again(struct again *a, struct node *node)
{
    if (!node->is_group || !has_others(a, node)) {
        undo_keep(a->session, a->step, node, &a->count);
        return;
    }
    g_autofree char *label = undo_label(node, node->id);
    told_skip(&a->told, "%s stays, since something else is in it now", label);
    for (struct node *n = node->first; n; n = n->next)
        if (has_made(a, n) && undo_is_kept(n))
            take_again(a, n);
}

static struct kept *find_kept(struct kept *kept, int32_t id)
{
    struct kept *found = kept->id == id ? kept : NULL;
    for (guint i = 0; kept->nodes && i < kept->nodes->len && !found; i++)
        found = find_kept(g_ptr_array_index(kept->nodes, i), id);
    return found;
}

static void keep_missing_of(struct again *a, struct kept *old, guint from);

// What had not come back of a group, in its place among what has.
static void move_missing(struct again *a, struct kept *old, struct kept *now, guint from)
{
    guint at = 0, i = 0;
    while (i < old->nodes->len) {
        struct kept *each = g_ptr_array_index(old->nodes, i);
        if (!each->missing) {
            for (guint k = 0; now && k < now->nodes->len; k++)
                at = ((struct kept *)now->nodes->pdata[k])->id == each->id ? k + 1 : at;
            keep_missing_of(a, each, from);
            i++;
            continue;
        }
        int32_t before = i > 0 ? ((struct kept *)old->nodes->pdata[i - 1])->id : -1;
        g_ptr_array_steal_index(old->nodes, i);
        if (now)
            g_ptr_array_insert(now->nodes, (gint)at++, each);
        else
            undo_add_freed(a->step, each, old->id, before, -1);
    }
}

// `from` is the first of the step that is of the same freed node.
static void keep_missing_of(struct again *a, struct kept *old, guint from)
{
    struct kept *now = NULL;
    if (!old->nodes)
        return;
    for (guint i = from; i < a->step->freed->len && !now; i++)
        now = find_kept(((struct freed *)a->step->freed->pdata[i])->kept, old->id);
    move_missing(a, old, now, from);
}

static void free_again(struct again *a, struct freed *before)
{
    struct kept *kept = before->kept;
    struct node *node = tree_find(&a->session->tree, kept->id);
    guint from = a->step->freed->len;
    if (node && undo_is_kept(node)) {
        take_again(a, node);
        keep_missing_of(a, kept, from);
        return;
    }
    told_skip(&a->told, "node %d is not there any more", kept->id);
    // Who was freed by somebody else since then is that one's to bring back.
    if (kept->missing)
        undo_add_freed(a->step, g_steal_pointer(&before->kept), before->parent, before->previous,
                       before->next);
}

void undo_free_again(struct session *session, struct call *call, struct undo *undo,
                     struct step *step)
{
    struct again a = {.session = session, .step = step, .made = g_hash_table_new(NULL, NULL)};
    GPtrArray *before = step->freed;
    told_init(&a.told, false, "free");
    step->freed = g_ptr_array_new_with_free_func(freed_destroy);
    for (guint i = 0; i < before->len; i++)
        note_made(a.made, ((struct freed *)before->pdata[i])->kept);
    for (guint i = 0; i < before->len; i++)
        free_again(&a, g_ptr_array_index(before, i));
    for (guint i = 0; i < step->freed->len; i++) {
        const struct kept *kept = ((struct freed *)step->freed->pdata[i])->kept;
        if (kept->missing)
            continue;
        free_one(session, tree_find(&session->tree, kept->id), step->gently);
        told_node(&a.told, kept->id, kept->id);
    }
    g_ptr_array_unref(before);
    g_hash_table_unref(a.made);
    g_string_append_printf(a.told.words,
                           a.count == 1 ? "%u node is freed again" : "%u nodes are freed again",
                           a.count);
    undo_recount(session, undo, step);
    undo_answer_when_synced(session, call, "/n_free", told_to_json(&a.told));
}
