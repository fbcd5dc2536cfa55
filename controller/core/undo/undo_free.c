// SPDX-License-Identifier: GPL-3.0-or-later
// Nodes that were freed: how they are remembered.
#include <string.h>

#include "controller/core/commands/nodes.h"
#include "controller/core/undo/undo_own.h"

static void kept_destroy(gpointer data)
{
    struct kept *kept = data;
    if (!kept)
        return;
    g_clear_pointer(&kept->synthdef, synthdef_unref);
    g_clear_pointer(&kept->nodes, g_ptr_array_unref);
    g_free(kept->name);
    g_free(kept->values);
    g_free(kept->maps);
    g_free(kept);
}

void freed_destroy(gpointer data)
{
    struct freed *freed = data;
    kept_destroy(freed->kept);
    g_free(freed);
}

// A definition that the catalogue has is in nobody's way.
static gsize definition_size(const struct session *session, struct synthdef *synthdef,
                             GHashTable *seen)
{
    if (!synthdef || catalog_find(&session->catalog, synthdef->name) == synthdef ||
        !g_hash_table_add(seen, synthdef))
        return 0;
    gsize parameters = synthdef->parameters->len * sizeof(struct synthdef_parameter);
    return parameters + (synthdef->bytes ? g_bytes_get_size(synthdef->bytes) : 0);
}

static gsize kept_size(const struct session *session, const struct kept *kept, GHashTable *seen)
{
    gsize slots = kept->synthdef ? synthdef_slots(kept->synthdef) : 0;
    gsize size = sizeof *kept + slots * (sizeof(float) + sizeof(struct mapping));
    size += definition_size(session, kept->synthdef, seen) + (kept->name ? strlen(kept->name) : 0);
    for (guint i = 0; kept->nodes && i < kept->nodes->len; i++)
        size += kept_size(session, g_ptr_array_index(kept->nodes, i), seen);
    return size;
}

gsize undo_free_size(const struct session *session, const struct step *step)
{
    gsize size = 0;
    g_autoptr(GHashTable) seen = g_hash_table_new(NULL, NULL);
    for (guint i = 0; i < step->freed->len; i++) {
        const struct freed *freed = g_ptr_array_index(step->freed, i);
        size += sizeof *freed + kept_size(session, freed->kept, seen);
    }
    return size;
}

int32_t undo_renumbered(GHashTable *ids, int32_t id)
{
    gpointer fresh;
    return g_hash_table_lookup_extended(ids, GINT_TO_POINTER(id), NULL, &fresh)
               ? GPOINTER_TO_INT(fresh)
               : id;
}

static void kept_renumber(struct kept *kept, GHashTable *ids)
{
    kept->id = undo_renumbered(ids, kept->id);
    for (guint i = 0; kept->nodes && i < kept->nodes->len; i++)
        kept_renumber(g_ptr_array_index(kept->nodes, i), ids);
}

void freed_renumber(struct freed *freed, GHashTable *ids)
{
    kept_renumber(freed->kept, ids);
    freed->parent = undo_renumbered(ids, freed->parent);
    freed->previous = undo_renumbered(ids, freed->previous);
    freed->next = undo_renumbered(ids, freed->next);
}

bool undo_is_going(const struct node *node)
{
    return node->dismissed || node->panicked || node->releasing;
}

bool undo_is_kept(const struct node *node)
{
    return node->own && !node->system && !node->planned && !undo_is_going(node) &&
           (node->is_group || (node->synthdef && !node->synthdef->one_shot &&
                               !g_str_has_prefix(node->synthdef->name, CATALOG_RESERVED)));
}

static struct kept *kept_new(const struct session *session, const struct node *node, guint *count);

// Of a group that is not ours, what is ours in it is kept in its place.
static void keep_below(const struct session *session, const struct node *group, GPtrArray *nodes,
                       guint *count)
{
    for (const struct node *n = group->first; n; n = n->next) {
        if (undo_is_kept(n))
            g_ptr_array_add(nodes, kept_new(session, n, count));
        else if (n->is_group && !undo_is_going(n))
            keep_below(session, n, nodes, count);
    }
}

static struct kept *kept_new(const struct session *session, const struct node *node, guint *count)
{
    struct kept *kept = g_new0(struct kept, 1);
    kept->id = node->id;
    kept->is_group = node->is_group;
    kept->running = node->running;
    kept->name = g_strdup(node->name);
    ++*count;
    if (node->is_group) {
        kept->nodes = g_ptr_array_new_with_free_func(kept_destroy);
        keep_below(session, node, kept->nodes, count);
        return kept;
    }
    int slots = synthdef_slots(node->synthdef);
    kept->synthdef = synthdef_ref(node->synthdef);
    kept->values = g_memdup2(node->values, slots * sizeof *kept->values);
    kept->maps = g_new(struct mapping, slots);
    // A trigger is of the moment.
    for (int i = 0; i < slots; i++) {
        kept->maps[i] = mapping_of(session, node->maps[i]);
        const struct synthdef_parameter *p = synthdef_parameter_at(node->synthdef, i);
        if (p && p->rate == RATE_TRIGGER)
            kept->values[i] = p->defaults[i - p->index];
    }
    return kept;
}

static int32_t id_of(const struct node *node)
{
    return node ? node->id : -1;
}

void undo_add_freed(struct step *step, struct kept *kept, int32_t parent, int32_t previous,
                    int32_t next)
{
    struct freed *freed = g_new(struct freed, 1);
    *freed = (struct freed){kept, parent, previous, next};
    g_ptr_array_add(step->freed, freed);
}

void undo_keep(const struct session *session, struct step *step, const struct node *node,
               guint *count)
{
    undo_add_freed(step, kept_new(session, node, count), node->parent->id,
                   id_of(node_previous(node)), id_of(node_next(node)));
}

// The outermost of what is kept of `node`.
static void collect(const struct session *session, struct step *step, const struct node *node,
                    bool groups_stay, guint *count)
{
    if (*count > UNDO_MAX_NODES)
        return;
    if (undo_is_kept(node) && !(groups_stay && node->is_group)) {
        undo_keep(session, step, node, count);
        return;
    }
    for (const struct node *n = undo_is_going(node) ? NULL : node->first; n; n = n->next)
        collect(session, step, n, groups_stay, count);
}

static void push(struct session *session, const struct call *call, struct step *step, guint count)
{
    if (count > UNDO_MAX_NODES) {
        step_destroy(step);
        step = step_new(session, STEP_TOO_MUCH);
    }
    if (count > 0)
        undo_push(session, call->client, step);
    else
        step_destroy(step);
}

void undo_note_free(struct session *session, const struct call *call, struct node *top, bool gently)
{
    guint count = 0;
    if (!call->client || session->bundle)
        return;
    struct step *step = step_new(session, STEP_FREE);
    step->gently = gently;
    collect(session, step, top, false, &count);
    push(session, call, step, count);
}

void undo_note_free_below(struct session *session, const struct call *call, struct node *top,
                          bool groups_stay)
{
    guint count = 0;
    if (!call->client || session->bundle)
        return;
    struct step *step = step_new(session, STEP_FREE);
    for (const struct node *n = top->first; n; n = n->next)
        collect(session, step, n, groups_stay, &count);
    push(session, call, step, count);
}
