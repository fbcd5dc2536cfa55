// SPDX-License-Identifier: GPL-3.0-or-later
// scsynth tells of nodes that begin, end and move, but of no control or bus that was set, and not
// of a node before it has begun. So this is noted as the message is sent.
#include <string.h>

#include "controller/core/session_own.h"

// A run of a message's controls, from the argument that names the first.
struct run {
    const struct osc_message *message;
    guint name;   // argument
    guint values; // first argument of the values, one of which serves all where `same`
    int count;
    bool same;
    bool maps; // the value is a bus, audio where `audio`; those behind it follow it
    bool audio;
};

// -1 where the synth has no such control.
static int first_slot(const struct synthdef *synthdef, const struct osc_message *message, guint at)
{
    if (osc_type(message, at) != 's')
        return osc_int(message, at);
    const struct synthdef_parameter *p = synthdef_parameter(synthdef, osc_string(message, at));
    return p ? p->index : -1;
}

static int32_t map_of(const struct run *run, int i)
{
    int bus = osc_int(run->message, run->values);
    return bus < 0 ? MAP_NONE : run->audio ? MAP_AUDIO(bus + i) : MAP_CONTROL(bus + i);
}

static void set_run(struct session *session, struct node *node, const struct run *run)
{
    int slot = first_slot(node->synthdef, run->message, run->name);
    int slots = synthdef_slots(node->synthdef);
    for (int i = 0; slot >= 0 && i < run->count && slot + i < slots; i++) {
        const struct synthdef_parameter *p = synthdef_parameter_at(node->synthdef, slot + i);
        if (!p || p->rate == RATE_SCALAR)
            continue;
        struct effect effect = {run->maps ? EFFECT_MAP : EFFECT_VALUE, node->id, slot + i};
        if (run->maps)
            effect.map = map_of(run, i);
        else
            effect.value = (float)osc_number(run->message, run->values + (run->same ? 0 : i));
        effect_on_node(&effect, node);
    }
    if (slot < 0)
        return;
    const struct synthdef_parameter *gate = node_gate(node);
    if (gate && !run->maps && gate->index >= slot && gate->index < slot + run->count)
        session_note_release(node);
    session_note_cause(session, node);
    node->set_at = session->now;
    session_node_changed(session, node);
}

static void set_below(struct session *session, const struct run *run)
{
    struct node *top = tree_find(&session->tree, osc_int(run->message, 0));
    for (struct node *n = top; n; n = tree_next_below(n, top))
        if (n->synthdef)
            set_run(session, n, run);
}

static void apply_set(struct session *session, const struct osc_message *message)
{
    bool many = strcmp(message->address, "/n_setn") == 0;
    bool fill = strcmp(message->address, "/n_fill") == 0;
    for (guint at = 1; at < message->args->len;) {
        int count = many || fill ? osc_int(message, at + 1) : 1;
        guint values = at + (many || fill ? 2 : 1);
        struct run run = {message, at, values, count, .same = fill};
        set_below(session, &run);
        at = values + (many ? (guint)count : 1);
    }
}

static void apply_map(struct session *session, const struct osc_message *message)
{
    bool audio = g_str_has_prefix(message->address, "/n_mapa");
    bool many = g_str_has_suffix(message->address, "n");
    for (guint at = 1; at < message->args->len; at += many ? 3 : 2) {
        struct run run = {
            message, at, at + 1, many ? osc_int(message, at + 2) : 1, .maps = true, .audio = audio};
        set_below(session, &run);
    }
}

static void apply_buses(struct session *session, const struct osc_message *message)
{
    bool many = strcmp(message->address, "/c_setn") == 0;
    bool fill = strcmp(message->address, "/c_fill") == 0;
    const struct bus *bus = NULL;
    for (guint at = 0; at < message->args->len;) {
        int count = many || fill ? osc_int(message, at + 1) : 1;
        guint values = at + (many || fill ? 2 : 1);
        for (int i = 0; i < count; i++)
            bus = session_note_bus(session, bus, osc_int(message, at) + i,
                                   (float)osc_number(message, values + (many ? (guint)i : 0)));
        at = values + (many ? (guint)count : 1);
    }
    if (bus)
        session_bus_changed(session, bus);
}

static void note_buffer(struct session *session, const struct osc_message *message)
{
    gpointer number = GINT_TO_POINTER(osc_int(message, 0));
    if (strcmp(message->address, "/b_alloc") == 0)
        g_hash_table_insert(session->buffers.raw, number,
                            GUINT_TO_POINTER(osc_int(message, 1) * MAX(osc_int(message, 2), 1)));
    else
        g_hash_table_remove(session->buffers.raw, number);
}

static struct node *plan(struct session *session, const struct osc_message *message, guint at,
                         bool is_group)
{
    struct node *target = tree_find(&session->tree, osc_int(message, at + 2));
    struct node *node = tree_plan(&session->tree, osc_int(message, at), osc_int(message, at + 1),
                                  target, is_group, session_when(session));
    node->own = true;
    session_note_cause(session, node);
    return node;
}

static void plan_groups(struct session *session, const struct osc_message *message)
{
    for (guint at = 0; at < message->args->len; at += 3)
        plan(session, message, at, true);
}

static void plan_synth(struct session *session, const struct osc_message *message)
{
    struct synthdef *synthdef = catalog_find(&session->catalog, osc_string(message, 0));
    struct node *node = plan(session, message, 1, false);
    // A variant's values are not known; scsynth is asked for them.
    if (!synthdef)
        return;
    node_set_synthdef(node, synthdef);
    for (guint at = 4; at + 1 < message->args->len; at += 2) {
        int slot = first_slot(synthdef, message, at);
        if (slot < 0 || slot >= synthdef_slots(synthdef))
            continue;
        if (osc_type(message, at + 1) == 's')
            node->maps[slot] = node_map_parse(osc_string(message, at + 1));
        else
            node->values[slot] = (float)osc_number(message, at + 1);
    }
}

void osc_apply(struct session *session, const struct osc_message *message)
{
    static const struct {
        const char *address;
        void (*apply)(struct session *session, const struct osc_message *message);
    } effects[] = {
        {"/n_set", apply_set},    {"/n_setn", apply_set},    {"/n_fill", apply_set},
        {"/n_map", apply_map},    {"/n_mapn", apply_map},    {"/n_mapa", apply_map},
        {"/n_mapan", apply_map},  {"/c_set", apply_buses},   {"/c_setn", apply_buses},
        {"/c_fill", apply_buses}, {"/g_new", plan_groups},   {"/p_new", plan_groups},
        {"/s_new", plan_synth},   {"/b_alloc", note_buffer}, {"/b_free", note_buffer},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(effects); i++)
        if (strcmp(effects[i].address, message->address) == 0)
            effects[i].apply(session, message);
    for (guint i = 0; i < message->args->len; i++)
        if (osc_nested(message, i))
            osc_apply(session, osc_nested(message, i));
}
