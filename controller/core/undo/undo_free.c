// SPDX-License-Identifier: GPL-3.0-or-later
// Nodes that were freed: how they are remembered, and how they come back.
#include <string.h>

#include "controller/core/commands/nodes.h"
#include "controller/core/undo/undo_own.h"

enum { HEAD, TAIL, BEFORE, AFTER }; // add actions

// --- remembering --------------------------------------------------------------------------------

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

static int32_t renumbered(GHashTable *ids, int32_t id)
{
    gpointer fresh;
    return g_hash_table_lookup_extended(ids, GINT_TO_POINTER(id), NULL, &fresh)
               ? GPOINTER_TO_INT(fresh)
               : id;
}

static void kept_renumber(struct kept *kept, GHashTable *ids)
{
    kept->id = renumbered(ids, kept->id);
    for (guint i = 0; kept->nodes && i < kept->nodes->len; i++)
        kept_renumber(g_ptr_array_index(kept->nodes, i), ids);
}

void freed_renumber(struct freed *freed, GHashTable *ids)
{
    kept_renumber(freed->kept, ids);
    freed->parent = renumbered(ids, freed->parent);
    freed->previous = renumbered(ids, freed->previous);
    freed->next = renumbered(ids, freed->next);
}

// On its way out already.
static bool is_going(const struct node *node)
{
    return node->dismissed || node->panicked || node->releasing;
}

// As scenes have it: what ends by itself is not of the state, nor what nobody knows how to make.
static bool is_kept(const struct node *node)
{
    return node->own && !node->system && !node->planned && !is_going(node) &&
           (node->is_group || (node->synthdef && !node->synthdef->one_shot &&
                               !g_str_has_prefix(node->synthdef->name, CATALOG_RESERVED)));
}

static struct kept *kept_new(const struct session *session, const struct node *node, guint *count);

// Of a group that is not ours, what is ours in it is kept in its place.
static void keep_below(const struct session *session, const struct node *group, GPtrArray *nodes,
                       guint *count)
{
    for (const struct node *n = group->first; n; n = n->next) {
        if (is_kept(n))
            g_ptr_array_add(nodes, kept_new(session, n, count));
        else if (n->is_group && !is_going(n))
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

static void add_freed(struct step *step, struct kept *kept, int32_t parent, int32_t previous,
                      int32_t next)
{
    struct freed *freed = g_new(struct freed, 1);
    *freed = (struct freed){kept, parent, previous, next};
    g_ptr_array_add(step->freed, freed);
}

static void keep_top(const struct session *session, struct step *step, const struct node *node,
                     guint *count)
{
    add_freed(step, kept_new(session, node, count), node->parent->id, id_of(node_previous(node)),
              id_of(node_next(node)));
}

// The outermost of what is kept of `node`.
static void collect(const struct session *session, struct step *step, const struct node *node,
                    bool groups_stay, guint *count)
{
    if (*count > UNDO_MAX_NODES)
        return;
    if (is_kept(node) && !(groups_stay && node->is_group)) {
        keep_top(session, step, node, count);
        return;
    }
    for (const struct node *n = is_going(node) ? NULL : node->first; n; n = n->next)
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

// --- making it again ----------------------------------------------------------------------------

struct restore {
    struct session *session;
    struct bundle *bundle;
    guint part;           // of it, the next
    GHashTable *ids;      // old -> new, of those that are made again
    GHashTable *replaced; // old id -> struct replaced
    struct told told;
};

// One that rings out can be called back; one that is freed, or has no gate, cannot.
static struct node *still_there(const struct session *session, const struct kept *kept)
{
    struct node *node = tree_find(&session->tree, kept->id);
    if (!node || node->is_group != kept->is_group || node->planned || node->dismissed ||
        node->panicked)
        return NULL;
    return node->is_group || !node->releasing || node_gate(node) ? node : NULL;
}

static bool can_be_made(const struct session *session, const struct kept *kept)
{
    return kept->is_group || catalog_find(&session->catalog, kept->synthdef->name);
}

// How many are to be made. Below what cannot be made nothing is.
static guint count_missing(const struct session *session, const struct kept *kept)
{
    guint count = !still_there(session, kept) && can_be_made(session, kept);
    for (guint i = 0; kept->nodes && i < kept->nodes->len; i++)
        count += count_missing(session, g_ptr_array_index(kept->nodes, i));
    return count;
}

// By name, since the definition may have been replaced.
static void fill(struct restore *r, struct node *synth, const struct kept *kept)
{
    const GPtrArray *parameters = kept->synthdef->parameters;
    for (guint i = 0; i < parameters->len; i++) {
        const struct synthdef_parameter *from = g_ptr_array_index(parameters, i);
        const struct synthdef_parameter *to = synthdef_parameter(synth->synthdef, from->name);
        for (int k = 0; to && k < MIN(from->size, to->size); k++) {
            synth->values[to->index + k] = kept->values[from->index + k];
            const struct mapping *mapping = &kept->maps[from->index + k];
            bool holds = mapping_holds(r->session, mapping, &r->told);
            synth->maps[to->index + k] = holds ? mapping->map : MAP_NONE;
        }
    }
}

static void answer_part(struct session *session, struct wait *wait, struct problem *problem)
{
    if (problem)
        call_fail(wait->call, problem);
    else
        call_succeed(wait->call, json_pack("{s:i}", "id", wait->node));
}

// A name that another has taken since is that one's.
static const char *free_name(const struct session *session, const struct kept *kept)
{
    const struct node *other = kept->name ? tree_find_name(&session->tree, kept->name) : NULL;
    return other && other->id != kept->id && !is_going(other) ? NULL : kept->name;
}

static void replaced_destroy(gpointer data)
{
    struct replaced *replaced = data;
    synthdef_unref(replaced->before);
    synthdef_unref(replaced->now);
    g_free(replaced);
}

// From now on it is remembered as it is made: every step speaks of the slots of one definition.
static void follow(struct restore *r, struct kept *kept, const struct node *node)
{
    int slots = synthdef_slots(node->synthdef);
    struct replaced *replaced = g_new(struct replaced, 1);
    *replaced = (struct replaced){kept->synthdef, synthdef_ref(node->synthdef)};
    g_hash_table_insert(r->replaced, GINT_TO_POINTER(kept->id), replaced);
    kept->synthdef = synthdef_ref(node->synthdef);
    g_free(kept->values);
    g_free(kept->maps);
    kept->values = g_memdup2(node->values, slots * sizeof *kept->values);
    kept->maps = g_new(struct mapping, slots);
    for (int i = 0; i < slots; i++)
        kept->maps[i] = mapping_of(r->session, node->maps[i]);
}

static int32_t make(struct restore *r, struct kept *kept, int action, int32_t target)
{
    struct session *session = r->session;
    struct placement where = {target, action};
    struct node *node = placement_plan(session, free_name(session, kept), &where, kept->is_group);
    const struct command *command = command_by_method(kept->is_group ? "group.new" : "synth.new");
    json_t *params = kept->is_group ? NULL : json_pack("{s:s}", "synthdef", kept->synthdef->name);
    struct call *call = bundle_begin_part(r->bundle, r->part++, command, params);
    suspects_note(session, call);
    if (kept->is_group) {
        batch_add(session->out, osc_message_new("/g_new", "iii", node->id, action, target));
    } else {
        node_set_synthdef(node, catalog_find(&session->catalog, kept->synthdef->name));
        fill(r, node, kept);
        if (node->synthdef != kept->synthdef)
            follow(r, kept, node);
        session_make_synth(session->out, node, action, target);
    }
    wait_add(session, WAIT_GO, call, kept->is_group ? "/g_new" : "/s_new", node->id, answer_part);
    g_hash_table_insert(r->ids, GINT_TO_POINTER(kept->id), GINT_TO_POINTER(node->id));
    told_node(&r->told, node->id, kept->id);
    return node->id;
}

static void call_back(struct restore *r, struct node *node, const struct kept *kept)
{
    struct batch *batch = r->session->out;
    const struct synthdef_parameter *gate = node_gate(node);
    if (!node->releasing)
        return;
    batch_release(batch, node, false);
    if (gate)
        batch_set(batch, node, gate->index, kept->values[gate->index]);
    node_note_change(r->session, node);
    told_node(&r->told, node->id, node->id);
}

// Its id, or -1 where it cannot be made.
static int32_t bring_back(struct restore *r, struct kept *kept, int action, int32_t target)
{
    struct node *node = still_there(r->session, kept);
    if (!node && !can_be_made(r->session, kept)) {
        told_skip(&r->told, "there is no SynthDef \"%s\" any more", kept->synthdef->name);
        return -1;
    }
    if (node)
        call_back(r, node, kept);
    int32_t id = node ? node->id : make(r, kept, action, target), last = -1;
    for (guint i = 0; kept->nodes && i < kept->nodes->len; i++) {
        int32_t made = bring_back(r, g_ptr_array_index(kept->nodes, i), last == -1 ? HEAD : AFTER,
                                  last == -1 ? id : last);
        last = made == -1 ? last : made;
    }
    if (!node && !kept->running)
        batch_add(r->session->out, osc_message_new("/n_run", "ii", id, 0));
    return id;
}

// --- where it stood -----------------------------------------------------------------------------

// A node that will be there when the bundle is carried out: of before, or of this bundle.
static const struct node *anchor(const struct restore *r, int32_t id)
{
    int32_t now = renumbered(r->ids, id);
    const struct node *node = tree_find(&r->session->tree, now);
    bool made = now != id;
    return node && (made || (!node->planned && !is_going(node))) ? node : NULL;
}

static const struct node *sibling(const struct restore *r, int32_t id, const struct node *parent)
{
    const struct node *node = anchor(r, id);
    return node && parent && node->parent == parent ? node : NULL;
}

// The first behind it that is not to be made itself.
static const struct node *next_sibling(const struct restore *r, const struct step *step, guint at,
                                       const struct node *parent)
{
    const struct freed *freed = g_ptr_array_index(step->freed, at);
    for (guint i = at + 1; i < step->freed->len && !sibling(r, freed->next, parent); i++) {
        const struct freed *behind = g_ptr_array_index(step->freed, i);
        if (behind->kept->id == freed->next)
            freed = behind;
    }
    return sibling(r, freed->next, parent);
}

static struct placement place_of(const struct restore *r, const struct step *step, guint at)
{
    const struct freed *freed = g_ptr_array_index(step->freed, at);
    const struct node *parent = anchor(r, freed->parent);
    const struct node *previous = sibling(r, freed->previous, parent);
    const struct room *room = session_room(r->session, "main");
    if (previous && previous->id != room->guard)
        return (struct placement){previous->id, AFTER};
    const struct node *next = next_sibling(r, step, at, parent);
    if (next)
        return (struct placement){next->id, BEFORE};
    // At the very end stands the guard.
    if (!parent || !parent->is_group || parent->id == TREE_ROOT)
        return (struct placement){room->group, TAIL};
    return (struct placement){parent->id, freed->previous == -1 ? HEAD : TAIL};
}

// --- the whole ----------------------------------------------------------------------------------

struct restored {
    struct session *session;
    struct undo *undo; // NULL once the connection has gone
    struct call *call;
    struct told told;
};

void restored_forget(struct restored *restored)
{
    if (restored)
        restored->undo = NULL;
}

// What is not there now is tried again with the step, or with the undo after a redo.
static bool note_missing(const struct session *session, struct kept *kept)
{
    kept->missing = !still_there(session, kept);
    bool any = kept->missing;
    for (guint i = 0; kept->nodes && i < kept->nodes->len; i++)
        any = note_missing(session, g_ptr_array_index(kept->nodes, i)) || any;
    return any;
}

static void drop_failed(const struct session *session, struct told *told)
{
    for (size_t i = json_array_size(told->nodes); i-- > 0;) {
        json_int_t id = json_integer_value(json_array_get(told->nodes, i));
        if (tree_find(&session->tree, (int32_t)id))
            continue;
        json_array_remove(told->nodes, i);
        json_array_remove(told->was, i);
    }
}

static void say_back(const struct session *session, struct told *told)
{
    gsize count = json_array_size(told->nodes);
    if (count == 1) {
        int32_t id = (int32_t)json_integer_value(json_array_get(told->nodes, 0));
        g_autofree char *label = undo_label(tree_find(&session->tree, id), id);
        g_string_append_printf(told->words, "%s is back", label);
    } else {
        g_string_append_printf(told->words, "%d nodes are back", (int)count);
    }
}

static void on_restored(void *data, json_t *result, const struct problem *problem)
{
    struct restored *restored = data;
    struct session *session = restored->session;
    struct told *told = &restored->told;
    struct undo *undo = restored->undo;
    int failed = (int)json_integer_value(json_object_get(result, "failed"));
    bool missing = false;
    for (guint i = 0; undo && i < undo->restoring->freed->len; i++) {
        struct freed *freed = g_ptr_array_index(undo->restoring->freed, i);
        missing = note_missing(session, freed->kept) || missing;
    }
    drop_failed(session, told);
    bool in_vain = missing && json_array_size(told->nodes) == 0;
    if (failed > 0)
        told_skip(told, "scsynth could not make %d of them", failed);
    say_back(session, told);
    json_t *json = told_to_json(told);
    if (problem)
        call_fail(restored->call, problem_copy(problem));
    else
        call_succeed(restored->call, json_incref(json));
    json_decref(json);
    json_decref(result);
    g_free(restored);
    if (undo)
        undo_restored(session, undo, in_vain);
}

void undo_restore(struct session *session, struct call *call, struct undo *undo, struct step *step)
{
    struct restore r = {.session = session,
                        .ids = g_hash_table_new(NULL, NULL),
                        .replaced = g_hash_table_new_full(NULL, NULL, NULL, replaced_destroy)};
    guint count = 0;
    told_init(&r.told, true, "free");
    for (guint i = 0; i < step->freed->len; i++)
        count += count_missing(session, ((struct freed *)step->freed->pdata[i])->kept);
    r.bundle = bundle_begin(session, 0, count);
    for (guint i = 0; i < step->freed->len; i++) {
        const struct freed *freed = g_ptr_array_index(step->freed, i);
        struct placement where = place_of(&r, step, i);
        bring_back(&r, freed->kept, where.action, where.target);
    }
    undo_renumber(session, r.ids, r.replaced);
    g_hash_table_unref(r.ids);
    g_hash_table_unref(r.replaced);
    struct restored *restored = g_new(struct restored, 1);
    *restored = (struct restored){session, undo, call, r.told};
    undo->restored = restored;
    bundle_commit(session, r.bundle,
                  call_new(call->command, NULL, NULL, NULL, on_restored, restored));
}

// --- freeing it again ---------------------------------------------------------------------------

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
        if (!has_made(a, n) && !is_going(n))
            return true;
    return false;
}

static void take_again(struct again *a, struct node *node)
{
    if (!node->is_group || !has_others(a, node)) {
        keep_top(a->session, a->step, node, &a->count);
        return;
    }
    g_autofree char *label = undo_label(node, node->id);
    told_skip(&a->told, "%s stays, since something else is in it now", label);
    for (struct node *n = node->first; n; n = n->next)
        if (has_made(a, n) && is_kept(n))
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
            add_freed(a->step, each, old->id, before, -1);
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
    if (node && is_kept(node)) {
        take_again(a, node);
        keep_missing_of(a, kept, from);
        return;
    }
    told_skip(&a->told, "node %d is not there any more", kept->id);
    // Who was freed by somebody else since then is that one's to bring back.
    if (kept->missing)
        add_freed(a->step, g_steal_pointer(&before->kept), before->parent, before->previous,
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
