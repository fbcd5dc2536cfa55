// SPDX-License-Identifier: GPL-3.0-or-later
// Nodes that were freed: how they come back.
#include "controller/core/commands/nodes.h"
#include "controller/core/undo/undo_own.h"

enum { HEAD, TAIL, BEFORE, AFTER }; // add actions

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
    return other && other->id != kept->id && !undo_is_going(other) ? NULL : kept->name;
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
    int32_t now = undo_renumbered(r->ids, id);
    const struct node *node = tree_find(&r->session->tree, now);
    bool made = now != id;
    return node && (made || (!node->planned && !undo_is_going(node))) ? node : NULL;
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
