// SPDX-License-Identifier: GPL-3.0-or-later
// Changes of controls: how they are noticed, and how they are taken back.
#include <string.h>

#include "controller/core/commands/nodes.h"
#include "controller/core/controls.h"
#include "controller/core/undo/undo_own.h"

struct undo_watch {
    struct client *client; // borrowed
    struct step *step;     // owned: with what was before
    bool too_much;
};

gsize undo_controls_size(const struct step *step)
{
    return step->changes->len * sizeof(struct change);
}

// --- noticing -----------------------------------------------------------------------------------

static int compare_names(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void add_names(GPtrArray *names, const json_t *object)
{
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)object, name, value) g_ptr_array_add(names, (gpointer)name);
}

// "1000 amp freq", in whatever order they came.
static char *what_of(const struct node *top, const json_t *controls, const json_t *maps)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    add_names(names, controls);
    add_names(names, maps);
    g_ptr_array_sort(names, compare_names);
    GString *what = g_string_new(NULL);
    g_string_append_printf(what, "%d", top->id);
    for (guint i = 0; i < names->len; i++)
        g_string_append_printf(what, " %s", (const char *)names->pdata[i]);
    return g_string_free(what, FALSE);
}

// Triggers, gates and what cannot be set are no state.
static bool is_remembered(const struct node *synth, int slot)
{
    const struct synthdef_parameter *p = synthdef_parameter_at(synth->synthdef, slot);
    return p && p->rate != RATE_TRIGGER && p->rate != RATE_SCALAR && p != node_gate(synth);
}

static void note_before(const struct session *session, struct undo_watch *watch,
                        const struct node *synth, int slot)
{
    if (!is_remembered(synth, slot))
        return;
    struct change change = {.node = synth->id,
                            .slot = slot,
                            .from = synth->values[slot],
                            .map_from = mapping_of(session, synth->maps[slot])};
    watch->too_much = watch->too_much || watch->step->changes->len >= UNDO_MAX_CHANGES;
    if (!watch->too_much)
        g_array_append_val(watch->step->changes, change);
}

// An array sets as many as it has, a map as many as the bus has channels: all of the control.
static void watch_names(const struct session *session, struct undo_watch *watch,
                        const struct node *synth, const json_t *object, bool are_maps)
{
    const char *name;
    json_t *value;
    int slot, size;
    json_object_foreach((json_t *)object, name, value)
    {
        if (!controls_find(synth->synthdef, name, &slot, &size))
            continue;
        int count = are_maps ? size : json_is_array(value) ? (int)json_array_size(value) : 1;
        for (int i = 0; i < MIN(count, size); i++)
            note_before(session, watch, synth, slot + i);
    }
}

struct undo_watch *undo_watch(struct session *session, const struct call *call, struct node *top,
                              const json_t *controls, const json_t *maps)
{
    if (!call->client || session->bundle)
        return NULL;
    struct undo_watch *watch = g_new0(struct undo_watch, 1);
    watch->client = call->client;
    watch->step = step_new(session, STEP_CONTROLS);
    watch->step->what = what_of(top, controls, maps);
    for (struct node *n = top; n && !watch->too_much; n = tree_next_below(n, top)) {
        if (!n->synthdef || n->planned || n->system)
            continue;
        watch_names(session, watch, n, controls, false);
        watch_names(session, watch, n, maps, true);
    }
    return watch;
}

// Whether it is set to anything else now, of which `change` is told.
static bool see_after(struct session *session, struct change *change)
{
    const struct node *node = tree_find(&session->tree, change->node);
    change->to = node->values[change->slot];
    change->map_to = mapping_of(session, node->maps[change->slot]);
    return change->to != change->from || change->map_to.map != change->map_from.map;
}

static struct change *find_change(const GArray *changes, const struct change *wanted, guint hint)
{
    for (guint i = 0; i < changes->len; i++) {
        // The same controls come in the same order.
        struct change *each = &g_array_index(changes, struct change, (hint + i) % changes->len);
        if (each->node == wanted->node && each->slot == wanted->slot)
            return each;
    }
    return NULL;
}

// Keeps what was before the first of the moves.
static void merge(struct step *step, const GArray *changes)
{
    for (guint i = 0; i < changes->len; i++) {
        const struct change *change = &g_array_index(changes, struct change, i);
        struct change *before = find_change(step->changes, change, i);
        if (before) {
            before->to = change->to;
            before->map_to = change->map_to;
        } else {
            g_array_append_val(step->changes, *change);
        }
    }
}

static void keep_changed(struct session *session, GArray *changes)
{
    guint kept = 0;
    for (guint i = 0; i < changes->len; i++) {
        struct change *change = &g_array_index(changes, struct change, i);
        if (see_after(session, change))
            g_array_index(changes, struct change, kept++) = *change;
    }
    g_array_set_size(changes, kept);
}

static void drop_ended(const struct session *session, GArray *changes)
{
    guint kept = 0;
    for (guint i = 0; i < changes->len; i++) {
        struct change change = g_array_index(changes, struct change, i);
        if (tree_find(&session->tree, change.node))
            g_array_index(changes, struct change, kept++) = change;
    }
    g_array_set_size(changes, kept);
}

// Whether each goes on from where `last` left it, which somebody else may have changed since.
static bool goes_on(const GArray *last, const GArray *changes, guint *fresh)
{
    *fresh = 0;
    for (guint i = 0; i < changes->len; i++) {
        const struct change *change = &g_array_index(changes, struct change, i);
        const struct change *before = find_change(last, change, i);
        *fresh += !before;
        if (before && (before->to != change->from || before->map_to.map != change->map_from.map))
            return false;
    }
    return true;
}

static bool is_one_move(const struct session *session, const struct step *last,
                        const struct step *step)
{
    guint fresh;
    if (!last || last->kind != STEP_CONTROLS || strcmp(last->what, step->what) != 0 ||
        session->now - last->at >= UNDO_MERGE || !goes_on(last->changes, step->changes, &fresh))
        return false;
    // Of a group synths come and go while its control is turned.
    if (last->changes->len + fresh > UNDO_MAX_CHANGES)
        drop_ended(session, last->changes);
    return last->changes->len + fresh <= UNDO_MAX_CHANGES;
}

static void remember(struct session *session, struct undo_watch *watch)
{
    struct undo *undo = undo_of(session, watch->client);
    struct step *last = g_queue_peek_tail(&undo->done);
    if (is_one_move(session, last, watch->step) && undo->undone.length == 0 && !undo->restoring) {
        merge(last, watch->step->changes);
        last->at = session->now;
        undo_recount(session, undo, last);
        return;
    }
    struct step *fresh = g_steal_pointer(&watch->step);
    // A control that was named twice is one.
    GArray *all = g_steal_pointer(&fresh->changes);
    fresh->changes = g_array_new(FALSE, FALSE, sizeof(struct change));
    merge(fresh, all);
    g_array_unref(all);
    undo_push(session, watch->client, fresh);
}

void undo_changed(struct session *session, struct undo_watch *watch)
{
    if (!watch)
        return;
    keep_changed(session, watch->step->changes);
    if (watch->too_much)
        undo_push(session, watch->client, step_new(session, STEP_TOO_MUCH));
    else if (watch->step->changes->len > 0)
        remember(session, watch);
    step_destroy(watch->step);
    g_free(watch);
}

// --- taking back --------------------------------------------------------------------------------

// "freq", or "ratios[1]".
static char *control_label(const struct node *node, int slot)
{
    const struct synthdef_parameter *p = synthdef_parameter_at(node->synthdef, slot);
    return p->size == 1 ? g_strdup(p->name) : g_strdup_printf("%s[%d]", p->name, slot - p->index);
}

static void set(struct session *session, const struct change *change, bool back)
{
    struct node *node = tree_find(&session->tree, change->node);
    float value = back ? change->from : change->to;
    int32_t map = back ? change->map_from.map : change->map_to.map;
    int slot = change->slot;
    if (node->values[slot] != value || map == MAP_NONE)
        batch_set(session->out, node, slot, value);
    if (map != MAP_NONE)
        batch_map(session->out, node, slot, map);
    node_note_change(session, node);
}

// False, with words, where it is not to be touched.
static bool may_set(struct session *session, const struct change *change, bool back,
                    struct told *told)
{
    const struct node *node = tree_find(&session->tree, change->node);
    if (!node || node->planned || node->dismissed || node->panicked || !node->synthdef ||
        change->slot >= synthdef_slots(node->synthdef)) {
        told_skip(told, "node %d is not there any more", change->node);
        return false;
    }
    if (node->values[change->slot] == (back ? change->to : change->from) &&
        node->maps[change->slot] == (back ? change->map_to.map : change->map_from.map))
        return true;
    g_autofree char *label = undo_label(node, node->id);
    g_autofree char *control = control_label(node, change->slot);
    told_skip(told, "%s of %s has been set by somebody else since", control, label);
    return false;
}

// Of a map that leads nowhere any more the value below it is what is left.
static void check_map(const struct session *session, struct change *change, bool back,
                      struct told *told)
{
    struct mapping *mapping = back ? &change->map_from : &change->map_to;
    if (!mapping_holds(session, mapping, told))
        *mapping = mapping_of(session, MAP_NONE);
}

// Of one control by its value, of several by their number.
static void say(struct session *session, const struct step *step, guint set_now, bool back,
                struct told *told)
{
    if (set_now == 0) {
        g_string_append(told->words, "nothing is changed");
    } else if (step->changes->len > 1) {
        g_string_append_printf(told->words, "%u control%s %s %s again", set_now,
                               set_now == 1 ? "" : "s", set_now == 1 ? "is" : "are",
                               back ? "as before" : "changed");
    } else {
        const struct change *change = &g_array_index(step->changes, struct change, 0);
        const struct node *node = tree_find(&session->tree, change->node);
        g_autofree char *label = undo_label(node, node->id);
        g_autofree char *control = control_label(node, change->slot);
        g_autofree char *map = node_map_text(node, change->slot);
        g_string_append_printf(told->words, "%s of %s is ", control, label);
        if (map)
            g_string_append_printf(told->words, "mapped to %s again", map);
        else
            g_string_append_printf(told->words, "%g again", node->values[change->slot]);
    }
}

void undo_controls(struct session *session, struct call *call, struct step *step, bool back)
{
    struct told told;
    guint set_now = 0;
    int32_t last = -1;
    told_init(&told, back, "controls");
    for (guint i = 0; i < step->changes->len; i++) {
        struct change *change = &g_array_index(step->changes, struct change, i);
        if (!may_set(session, change, back, &told))
            continue;
        check_map(session, change, back, &told);
        set(session, change, back);
        set_now++;
        if (change->node != last)
            told_node(&told, change->node, change->node);
        last = change->node;
    }
    say(session, step, set_now, back, &told);
    json_t *json = told_to_json(&told);
    if (set_now == 0 || !call_is_awaited(call))
        call_succeed(call, json);
    else
        undo_answer_when_synced(session, call, "/n_set", json);
}
