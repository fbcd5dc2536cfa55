// SPDX-License-Identifier: GPL-3.0-or-later
#include <string.h>

#include "controller/core/placement.h"
#include "controller/core/scenes/scene_recall.h"
#include "controller/core/session_own.h"

#define MAX_SKIPPED 50 // controls that are named

enum { HEAD, TAIL, BEFORE, AFTER }; // add actions

// --- buses --------------------------------------------------------------------------------------

// Of the same name or without one, and of the same shape: its number stays, and with it what other
// clients know of it.
static struct bus *same_bus(const struct recall *r, const char *name, bool audio, int channels)
{
    const GPtrArray *all = r->session->buses.all;
    for (guint i = 0; i < all->len; i++) {
        struct bus *bus = g_ptr_array_index(all, i);
        if (bus->audio == audio && bus->channels == channels && g_strcmp0(bus->name, name) == 0 &&
            !g_ptr_array_find(r->buses, bus, NULL))
            return bus;
    }
    return NULL;
}

void recall_forget_bus(struct session *session, struct bus *bus)
{
    g_autofree char *id = bus_id(bus);
    buses_remove(&session->buses, bus);
    session->ports.emit(session->ports.data, "buses", "bus.removed", json_pack("{s:s}", "id", id),
                        NULL);
    session_model_changed(session);
}

// A name is one bus's alone: the scene's takes it.
static struct bus *new_bus(struct recall *r, const char *name, bool audio, int channels)
{
    struct buses *buses = &r->session->buses;
    struct bus *before = name ? buses_find(buses, name) : NULL;
    struct bus *bus = buses_add(buses, audio, channels, NULL);
    if (!bus)
        return NULL;
    if (before)
        g_clear_pointer(&before->name, g_free);
    bus->name = g_strdup(name);
    g_ptr_array_add(r->fresh, bus);
    if (before)
        session_bus_changed(r->session, before);
    session_bus_changed(r->session, bus);
    return bus;
}

bool recall_take_buses(struct recall *r, struct problem *problem)
{
    const json_t *buses = json_object_get(r->wish->scene, "buses");
    bool reuse = r->wish->replace && r->wish->fade == 0;
    for (size_t i = 0; i < json_array_size(buses); i++) {
        const json_t *wanted = json_array_get(buses, i);
        bool audio = strcmp(json_string_value(json_object_get(wanted, "rate")), "audio") == 0;
        int channels = (int)json_integer_value(json_object_get(wanted, "channels"));
        const char *name = json_string_value(json_object_get(wanted, "name"));
        struct bus *bus = reuse ? same_bus(r, name, audio, channels) : NULL;
        bus = bus ? bus : new_bus(r, name, audio, channels);
        if (!bus) {
            problem_add(problem, "buses", "no %d %s buses next to each other are free for bus %zu",
                        channels, audio ? "audio" : "control", i);
            return false;
        }
        g_ptr_array_add(r->buses, bus);
    }
    return true;
}

void recall_give_back(struct recall *r)
{
    for (guint i = 0; i < r->fresh->len; i++)
        recall_forget_bus(r->session, g_ptr_array_index(r->fresh, i));
    g_ptr_array_set_size(r->fresh, 0);
}

void recall_write_buses(struct recall *r)
{
    const json_t *buses = json_object_get(r->wish->scene, "buses");
    for (guint i = 0; i < r->buses->len; i++) {
        struct bus *bus = g_ptr_array_index(r->buses, i);
        const json_t *values = json_object_get(json_array_get(buses, i), "values");
        g_autofree float *floats = g_new0(float, bus->channels);
        for (int k = 0; k < bus->channels; k++)
            floats[k] = (float)json_number_value(json_array_get(values, k));
        if (!bus->audio)
            batch_set_bus(r->session->out, bus, floats, bus->channels);
    }
}

// --- nodes --------------------------------------------------------------------------------------

static void answer_part(struct session *session, struct wait *wait, struct problem *problem)
{
    if (problem)
        call_fail(wait->call, problem);
    else
        call_succeed(wait->call, json_pack("{s:i}", "id", wait->node));
}

static struct node *plan_node(struct recall *r, const char *name, int action, int32_t target,
                              bool is_group)
{
    struct placement where = {target, action};
    return placement_plan(r->session, name, &where, is_group);
}

static void send_node(struct recall *r, struct node *node, int action, int32_t target)
{
    const char *address = node->is_group ? "/g_new" : "/s_new";
    const struct command *command = command_by_method(node->is_group ? "group.new" : "synth.new");
    json_t *params = node->is_group ? NULL : json_pack("{s:s}", "synthdef", node->synthdef->name);
    struct call *call = bundle_begin_part(r->bundle, r->part++, command, params);
    suspects_note(r->session, call);
    if (node->is_group)
        batch_add(r->session->out, osc_message_new(address, "iii", node->id, action, target));
    else
        session_make_synth(r->session->out, node, action, target);
    wait_add(r->session, WAIT_GO, call, address, node->id, answer_part);
}

static struct node *plan_group(struct recall *r, const char *name, int action, int32_t target)
{
    struct node *node = plan_node(r, name, action, target, true);
    send_node(r, node, action, target);
    return node;
}

static int32_t map_of(const struct recall *r, const json_t *value)
{
    const json_t *index = json_object_get(value, "bus");
    if (!index)
        return json_is_string(value) ? node_map_parse(json_string_value(value)) : MAP_NONE;
    const struct bus *bus = g_ptr_array_index(r->buses, (guint)json_integer_value(index));
    int at = bus->index + (int)json_integer_value(json_object_get(value, "channel"));
    return bus->audio ? MAP_AUDIO(at) : MAP_CONTROL(at);
}

static float value_of(const struct recall *r, const json_t *value)
{
    const json_t *buffer = json_object_get(value, "buffer");
    if (buffer)
        return (float)g_array_index(r->buffers, int, json_integer_value(buffer));
    int32_t map = json_is_object(value) ? map_of(r, value) : MAP_NONE;
    return map ? (float)(ABS(map) - 1) : (float)json_number_value(value);
}

// The control that `name` means today, where `value` fits it.
static const struct synthdef_parameter *find_control(struct recall *r,
                                                     const struct synthdef *synthdef,
                                                     const char *name, const json_t *value)
{
    const struct synthdef_parameter *p = synthdef_parameter(synthdef, name);
    if (p && json_array_size(value) <= (gsize)p->size)
        return p;
    g_autofree char *text = g_strdup_printf("%s.%s", synthdef->name, name);
    if (json_object_size(r->skipped) < MAX_SKIPPED)
        json_object_set_new(r->skipped, text, json_true());
    return NULL;
}

static const json_t *element(const json_t *value, int k)
{
    return json_is_array(value) ? json_array_get(value, k) : k == 0 ? value : NULL;
}

static void fill_values(struct recall *r, struct node *synth, const json_t *wanted)
{
    const char *name;
    json_t *value;
    json_object_foreach(json_object_get(wanted, "controls"), name, value)
    {
        const struct synthdef_parameter *p = find_control(r, synth->synthdef, name, value);
        for (int k = 0; p && k < p->size && element(value, k); k++)
            synth->values[p->index + k] = value_of(r, element(value, k));
    }
    json_object_foreach(json_object_get(wanted, "maps"), name, value)
    {
        const struct synthdef_parameter *p = find_control(r, synth->synthdef, name, value);
        for (int k = 0; p && k < p->size && element(value, k); k++)
            synth->maps[p->index + k] = map_of(r, element(value, k));
    }
}

static struct node *make_synth(struct recall *r, const json_t *wanted, int action, int32_t target)
{
    const char *name = json_string_value(json_object_get(wanted, "name"));
    const char *synthdef = json_string_value(json_object_get(wanted, "synthdef"));
    struct node *node = plan_node(r, name, action, target, false);
    node_set_synthdef(node, catalog_find(&r->session->catalog, synthdef));
    fill_values(r, node, wanted);
    send_node(r, node, action, target);
    return node;
}

static int32_t make_node(struct recall *r, const json_t *wanted, int action, int32_t target)
{
    bool is_group = strcmp(json_string_value(json_object_get(wanted, "kind")), "group") == 0;
    const char *name = json_string_value(json_object_get(wanted, "name"));
    const struct node *node =
        is_group ? plan_group(r, name, action, target) : make_synth(r, wanted, action, target);
    int32_t id = node->id;
    json_array_append_new(r->made, json_integer(id));
    const json_t *nodes = json_object_get(wanted, "nodes");
    for (size_t i = 0; is_group && i < json_array_size(nodes); i++)
        make_node(r, json_array_get(nodes, i), TAIL, id);
    if (json_is_false(json_object_get(wanted, "running")))
        batch_add(r->session->out, osc_message_new("/n_run", "ii", id, 0));
    return id;
}

// --- their places -------------------------------------------------------------------------------

struct spot {
    enum fade_place place;
    int action;
    int32_t target;
};

// Each stands behind the one before it, or in the fade's group until the fade is over.
static void make_outer(struct recall *r, const json_t *wanted, struct spot *spot)
{
    if (r->fade) {
        int32_t id = make_node(r, wanted, TAIL, r->fade->new);
        g_array_append_val(r->fade->places[spot->place], id);
        return;
    }
    int32_t id = make_node(r, wanted, spot->action, spot->target);
    if (spot->action != BEFORE)
        *spot = (struct spot){spot->place, AFTER, id};
}

const struct room *recall_room(const struct recall *r)
{
    const json_t *nodes = json_object_get(r->wish->scene, "nodes");
    for (size_t i = 0; i < json_array_size(nodes); i++) {
        const char *name = json_string_value(json_object_get(json_array_get(nodes, i), "room"));
        if (name)
            return session_room(r->session, name);
    }
    return NULL;
}

void recall_make_nodes(struct recall *r)
{
    const json_t *nodes = json_object_get(r->wish->scene, "nodes");
    const struct room *room = recall_room(r);
    struct spot beside = {FADE_BEFORE_ROOM, room ? BEFORE : HEAD, room ? room->group : TREE_ROOT};
    for (size_t i = 0; i < json_array_size(nodes); i++) {
        const json_t *wanted = json_array_get(nodes, i);
        const char *name = json_string_value(json_object_get(wanted, "room"));
        if (!name) {
            make_outer(r, wanted, &beside);
            continue;
        }
        room = session_room(r->session, name);
        struct spot inside = {FADE_IN_ROOM, HEAD, room->group};
        const json_t *within = json_object_get(wanted, "nodes");
        for (size_t k = 0; k < json_array_size(within); k++)
            make_outer(r, json_array_get(within, k), &inside);
        beside = (struct spot){FADE_BEHIND_ROOM, AFTER, room->group};
    }
}

static struct node *plan_fade_group(void *data, int action, int32_t target)
{
    return plan_group(data, NULL, action, target);
}

static struct node *plan_fade_synth(void *data, struct synthdef *synthdef, int action,
                                    int32_t target, const float *values)
{
    struct recall *r = data;
    struct node *node = plan_node(r, NULL, action, target, false);
    node_set_synthdef(node, synthdef);
    memcpy(node->values, values, synthdef_slots(synthdef) * sizeof(float));
    send_node(r, node, action, target);
    return node;
}

struct fade_plan recall_fade_plan(struct recall *r)
{
    return (struct fade_plan){r, plan_fade_group, plan_fade_synth};
}
