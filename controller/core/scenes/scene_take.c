// SPDX-License-Identifier: GPL-3.0-or-later
#include <math.h>
#include <string.h>

#include "controller/core/scenes/references.h"
#include "controller/core/scenes/scene_fade.h"
#include "controller/core/scenes/scene_load.h"
#include "controller/core/scenes/scenes.h"
#include "controller/core/session_own.h"

struct taking {
    struct session *session;
    const json_t *top;      // the list that rooms stand in
    GHashTable *references; // struct synthdef -> references_of() it
    GArray *buffers;        // int: numbers of the scene's
    int left_out;
};

static const guint8 *references(struct taking *t, struct synthdef *synthdef)
{
    guint8 *known = g_hash_table_lookup(t->references, synthdef);
    if (!known)
        g_hash_table_insert(t->references, synthdef, known = references_of(synthdef));
    return known;
}

// --- controls -----------------------------------------------------------------------------------

// {"bus", "channel"?} where the bus of that number is one of ours, or NULL.
static json_t *bus_reference(const struct taking *t, bool audio, double number)
{
    const GPtrArray *all = t->session->buses.all;
    for (guint i = 0; i < all->len; i++) {
        const struct bus *bus = g_ptr_array_index(all, i);
        int channel = bus->audio == audio && number >= bus->index &&
                              number < bus->index + bus->channels && number == floor(number)
                          ? (int)number - bus->index
                          : -1;
        if (channel < 0)
            continue;
        return channel ? json_pack("{s:i s:i}", "bus", (int)i, "channel", channel)
                       : json_pack("{s:i}", "bus", (int)i);
    }
    return NULL;
}

// A value as it is kept: a reference where it is the number of a bus or buffer of the scene.
static json_t *take_value(struct taking *t, enum control_reference reference, json_t *value)
{
    double number = json_number_value(value);
    json_t *taken = NULL;
    if (reference == REFERS_AUDIO_BUS || reference == REFERS_CONTROL_BUS)
        taken = bus_reference(t, reference == REFERS_AUDIO_BUS, number);
    for (guint i = 0; reference == REFERS_BUFFER && !taken && i < t->buffers->len; i++)
        if (g_array_index(t->buffers, int, i) == number)
            taken = json_pack("{s:i}", "buffer", (int)i);
    return taken ? taken : json_incref(value);
}

static json_t *take_control(struct taking *t, const struct synthdef_parameter *p,
                            const guint8 *refers, json_t *shown)
{
    if (!json_is_array(shown))
        return take_value(t, refers[p->index], shown);
    json_t *list = json_array();
    for (int k = 0; k < p->size; k++)
        json_array_append_new(list, take_value(t, refers[p->index + k], json_array_get(shown, k)));
    return list;
}

// A trigger is of the moment.
static json_t *take_controls(struct taking *t, const struct node *node, const json_t *shown)
{
    json_t *controls = json_object();
    const guint8 *refers = references(t, node->synthdef);
    for (guint i = 0; i < node->synthdef->parameters->len; i++) {
        const struct synthdef_parameter *p = g_ptr_array_index(node->synthdef->parameters, i);
        json_t *value = json_object_get(json_object_get(shown, "controls"), p->name);
        if (p->rate != RATE_TRIGGER && !json_is_null(value))
            json_object_set_new(controls, p->name, take_control(t, p, refers, value));
    }
    return controls;
}

// --- nodes --------------------------------------------------------------------------------------

static bool is_reserved(const struct node *node)
{
    return node->synthdef && g_str_has_prefix(node->synthdef->name, CATALOG_RESERVED);
}

// What ends by itself or is on its way out is not of the state, nor what nobody knows how to make.
static bool is_kept(const struct node *node)
{
    return node->own && !node->system && !node->releasing && !node->planned &&
           (node->is_group || (node->synthdef && !node->synthdef->one_shot &&
                               !g_str_has_prefix(node->synthdef->name, CATALOG_RESERVED)));
}

// --- maps ---------------------------------------------------------------------------------------

static json_t *take_map(const struct taking *t, const struct node *node, int slot)
{
    int32_t map = node->maps[slot];
    if (map == MAP_NONE)
        return json_null();
    json_t *reference = bus_reference(t, map < 0, map_bus(map));
    g_autofree char *text = node_map_text(node, slot);
    return reference ? reference : json_string(text);
}

static bool is_mapped(const struct node *node, const struct synthdef_parameter *p)
{
    bool mapped = false;
    for (int k = 0; k < p->size; k++)
        mapped = mapped || node->maps[p->index + k] != MAP_NONE;
    return mapped;
}

static json_t *take_maps(const struct taking *t, const struct node *node)
{
    json_t *maps = json_object();
    for (guint i = 0; i < node->synthdef->parameters->len; i++) {
        const struct synthdef_parameter *p = g_ptr_array_index(node->synthdef->parameters, i);
        if (!is_mapped(node, p))
            continue;
        json_t *list = json_array();
        for (int k = 0; k < p->size; k++)
            json_array_append_new(list, take_map(t, node, p->index + k));
        json_object_set(maps, p->name, p->size == 1 ? json_array_get(list, 0) : list);
        json_decref(list);
    }
    return maps;
}

// --- nodes --------------------------------------------------------------------------------------

static void take_children(struct taking *t, const struct node *group, json_t *list);

static json_t *take_synth(struct taking *t, const struct node *node)
{
    json_t *shown = node_to_json(node);
    json_t *synth = json_pack("{s:s s:s s:o}", "kind", "synth", "synthdef", node->synthdef->name,
                              "controls", take_controls(t, node, shown));
    json_decref(shown);
    json_t *maps = take_maps(t, node);
    if (json_object_size(maps) > 0)
        json_object_set(synth, "maps", maps);
    json_decref(maps);
    return synth;
}

static json_t *take_group(struct taking *t, const struct node *node)
{
    json_t *nodes = json_array();
    take_children(t, node, nodes);
    return json_pack("{s:s s:o}", "kind", "group", "nodes", nodes);
}

static void take_node(struct taking *t, const struct node *node, json_t *list)
{
    json_t *taken = node->is_group ? take_group(t, node) : take_synth(t, node);
    if (node->name)
        json_object_set_new(taken, "name", json_string(node->name));
    if (!node->running)
        json_object_set_new(taken, "running", json_false());
    json_array_append_new(list, taken);
}

static void take_room(struct taking *t, const struct room *room, const struct node *group,
                      json_t *list)
{
    json_t *nodes = json_array();
    take_children(t, group, nodes);
    json_array_append_new(
        list, json_pack("{s:s s:s s:o}", "kind", "room", "room", room->name, "nodes", nodes));
}

static const struct room *room_of_group(const struct session *session, const struct node *node)
{
    const struct room *room = room_of_node(session, node);
    return room && room->group == node->id ? room : NULL;
}

// Of a group that is not ours, only what is ours in it is kept, in its place.
static void take_children(struct taking *t, const struct node *group, json_t *list)
{
    for (const struct node *n = group->first; n; n = n->next) {
        enum fade_part part = fades_part(t->session, n->id, G_MAXINT64);
        const struct room *room =
            list == t->top && n->is_group ? room_of_group(t->session, n) : NULL;
        // What fades in is kept as if it were in its place already.
        if (part == FADE_NEW_GROUP)
            take_children(t, n, list);
        else if (part == FADE_OTHER_PART)
            continue;
        else if (room)
            take_room(t, room, n, list);
        else if (is_kept(n))
            take_node(t, n, list);
        else if (n->is_group && !n->releasing)
            take_children(t, n, list);
        else
            t->left_out += n->own && !n->system && !n->planned && !is_reserved(n);
    }
}

static json_t *take_buses(const struct session *session)
{
    json_t *buses = json_array();
    for (guint i = 0; i < session->buses.all->len; i++) {
        json_t *bus = bus_to_json(g_ptr_array_index(session->buses.all, i));
        json_object_del(bus, "id");
        json_object_del(bus, "index");
        if (json_is_null(json_object_get(bus, "name")))
            json_object_del(bus, "name");
        json_array_append_new(buses, bus);
    }
    return buses;
}

json_t *scene_take(struct session *session, int *left_out)
{
    struct taking t = {.session = session};
    t.buffers = g_array_new(FALSE, FALSE, sizeof(int));
    json_t *buffers = scene_take_buffers(session, t.buffers);
    t.references = g_hash_table_new_full(NULL, NULL, NULL, g_free);
    json_t *nodes = json_array();
    t.top = nodes;
    take_children(&t, tree_find(&session->tree, TREE_ROOT), nodes);
    g_hash_table_unref(t.references);
    g_array_unref(t.buffers);
    *left_out = t.left_out;
    return json_pack("{s:s s:i s:f s:i s:o s:o s:o}", "format", SCENE_FORMAT, "version",
                     SCENE_VERSION, "tempo", session->clock.tempo, "beats_per_bar",
                     session->clock.beats_per_bar, "buses", take_buses(session), "buffers", buffers,
                     "nodes", nodes);
}

static void count(const json_t *nodes, int *synths, int *groups)
{
    size_t i;
    json_t *node;
    json_array_foreach((json_t *)nodes, i, node)
    {
        const char *kind = json_string_value(json_object_get(node, "kind"));
        *synths += strcmp(kind, "synth") == 0;
        *groups += strcmp(kind, "group") == 0;
        count(json_object_get(node, "nodes"), synths, groups);
    }
}

json_t *scene_about(const json_t *scene)
{
    int synths = 0, groups = 0;
    count(json_object_get(scene, "nodes"), &synths, &groups);
    return json_pack("{s:i s:i s:i s:i}", "synths", synths, "groups", groups, "buses",
                     (int)json_array_size(json_object_get(scene, "buses")), "buffers",
                     (int)json_array_size(json_object_get(scene, "buffers")));
}
