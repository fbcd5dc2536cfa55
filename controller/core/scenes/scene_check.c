// SPDX-License-Identifier: GPL-3.0-or-later
// An import comes from anywhere: nothing in it is believed.
#include <float.h>
#include <math.h>
#include <string.h>

#include "controller/core/scenes/scenes.h"

#define MAX_ERRORS 20
#define MAX_CHANNELS 1024

struct check {
    struct problem *problem;
    GString *path; // "scene.nodes.3"
    int nodes, values;
    const json_t *buses, *buffers;
    GHashTable *rooms; // names, borrowed
    bool full;         // some bound was passed: the rest is not looked at
};

static void wrong(struct check *c, const char *member, const char *detail)
{
    g_autofree char *field =
        member ? g_strdup_printf("%s.%s", c->path->str, member) : g_strdup(c->path->str);
    if (json_array_size(c->problem->errors) < MAX_ERRORS)
        problem_add(c->problem, field, "%s", detail);
    else
        c->full = true;
}

// Goes one step down the path, and back by what it returns.
static gsize enter(struct check *c, const char *member, gsize index)
{
    gsize before = c->path->len;
    g_string_append_printf(c->path, ".%s.%zu", member, index);
    return before;
}

static void leave(struct check *c, gsize before)
{
    g_string_truncate(c->path, before);
}

static bool is_object(struct check *c, const json_t *value, const char *const *members)
{
    if (!json_is_object(value)) {
        wrong(c, NULL, "must be an object");
        return false;
    }
    const char *name;
    json_t *member;
    json_object_foreach((json_t *)value, name, member) if (!g_strv_contains(members, name))
        wrong(c, name, "is not known here");
    return true;
}

// A list of that member, or NULL; where it is missing, nothing is wrong.
static const json_t *list_of(struct check *c, const json_t *object, const char *member, gsize most)
{
    const json_t *list = json_object_get(object, member);
    if (!list || (json_is_array(list) && json_array_size(list) <= most))
        return list;
    g_autofree char *detail = g_strdup_printf("must be an array of at most %zu", most);
    wrong(c, member, detail);
    return NULL;
}

static void check_text(struct check *c, const json_t *object, const char *member, bool required)
{
    // As nodes, buses and buffers are named elsewhere.
    bool is_name = strcmp(member, "name") == 0;
    gsize most = is_name ? 64 : 255;
    g_autofree char *detail = g_strdup_printf("must be a string of 1 to %zu bytes", most);
    const json_t *value = json_object_get(object, member);
    const char *text = json_string_value(value);
    if (!value && !required)
        return;
    if (!text || !*text || strlen(text) > most)
        wrong(c, member, detail);
    else if (!is_name && strchr(text, '/'))
        wrong(c, member, "must have no slash");
}

static void check_flag(struct check *c, const json_t *object, const char *member)
{
    const json_t *value = json_object_get(object, member);
    if (value && !json_is_boolean(value))
        wrong(c, member, "must be true or false");
}

static void check_whole(struct check *c, const json_t *object, const char *member, json_int_t min,
                        json_int_t max, bool required)
{
    const json_t *value = json_object_get(object, member);
    json_int_t number = json_integer_value(value);
    g_autofree char *detail = g_strdup_printf(
        "must be a whole number from %" JSON_INTEGER_FORMAT " to %" JSON_INTEGER_FORMAT, min, max);
    if ((value || required) && (!json_is_integer(value) || number < min || number > max))
        wrong(c, member, detail);
}

static bool is_float(const json_t *value)
{
    return json_is_number(value) && fabs(json_number_value(value)) <= FLT_MAX;
}

static void check_list(struct check *c, const json_t *list, const char *name,
                       void (*check)(struct check *, const json_t *))
{
    for (size_t i = 0; i < json_array_size(list) && !c->full; i++) {
        gsize before = enter(c, name, i);
        check(c, json_array_get(list, i));
        leave(c, before);
    }
}

// --- buses and buffers --------------------------------------------------------------------------

static void check_bus(struct check *c, const json_t *bus)
{
    static const char *const members[] = {"rate", "channels", "name", "values", NULL};
    if (!is_object(c, bus, members))
        return;
    const char *rate = json_string_value(json_object_get(bus, "rate"));
    bool control = g_strcmp0(rate, "control") == 0;
    if (!control && g_strcmp0(rate, "audio") != 0)
        wrong(c, "rate", "must be control or audio");
    check_whole(c, bus, "channels", 1, MAX_CHANNELS, true);
    check_text(c, bus, "name", false);
    const char *name = json_string_value(json_object_get(bus, "name"));
    if (name && node_map_parse(name) != MAP_NONE)
        wrong(c, "name", "must not look like a bus's number");
    const json_t *values =
        list_of(c, bus, "values", json_integer_value(json_object_get(bus, "channels")));
    for (size_t i = 0; i < json_array_size(values); i++)
        if (!control || !is_float(json_array_get(values, i))) {
            wrong(c, "values", "must be numbers, of a control bus");
            return;
        }
}

// As buffer.generate would.
static void check_wave(struct check *c, const json_t *wave)
{
    json_t *params = json_deep_copy(wave);
    json_object_set_new(params, "id", json_integer(0));
    struct problem *problem =
        json_is_object(wave) && !json_object_get(wave, "id")
            ? command_validate(command_by_method("buffer.generate"), params, false)
            : problem_new(422, "must be what buffer.generate takes");
    if (problem)
        wrong(c, "wave", problem->detail);
    problem_destroy(problem);
    json_decref(params);
}

static void check_run(struct check *c, const json_t *run)
{
    static const char *const members[] = {"start", "values", NULL};
    if (!is_object(c, run, members))
        return;
    check_whole(c, run, "start", 0, BUFFERS_MAX_SAMPLES, true);
    const char *values = json_string_value(json_object_get(run, "values"));
    if (!values || !*values)
        wrong(c, "values", "must be float32 in base64");
}

static void check_layer(struct check *c, const json_t *layer)
{
    static const char *const members[] = {"wave", "runs", NULL};
    const json_t *wave = json_object_get(layer, "wave"), *runs = json_object_get(layer, "runs");
    if (!is_object(c, layer, members))
        return;
    if (!wave == !runs)
        wrong(c, NULL, "must have either wave or runs");
    else if (wave)
        check_wave(c, wave);
    else
        check_list(c, list_of(c, layer, "runs", SCENE_MAX_LIST), "runs", check_run);
}

static void check_buffer(struct check *c, const json_t *buffer)
{
    static const char *const members[] = {"asset", "frames", "channels", "start",
                                          "name",  "layers", NULL};
    if (!is_object(c, buffer, members))
        return;
    check_text(c, buffer, "asset", false);
    check_text(c, buffer, "name", false);
    const char *name = json_string_value(json_object_get(buffer, "name"));
    if (name && g_ascii_isdigit(*name))
        wrong(c, "name", "must not begin with a digit");
    check_whole(c, buffer, "frames", 1, BUFFERS_MAX_SAMPLES, true);
    check_whole(c, buffer, "channels", 1, MAX_CHANNELS, true);
    check_whole(c, buffer, "start", 0, G_MAXINT32, false);
    check_list(c, list_of(c, buffer, "layers", BUFFERS_MAX_LAYERS), "layers", check_layer);
}

// --- nodes --------------------------------------------------------------------------------------

static bool is_bus_reference(const struct check *c, const json_t *value)
{
    const json_t *bus = json_object_get(value, "bus"), *channel = json_object_get(value, "channel");
    json_int_t index = json_integer_value(bus), at = json_integer_value(channel);
    if (!json_is_integer(bus) || index < 0 || (gsize)index >= json_array_size(c->buses))
        return false;
    json_int_t channels =
        json_integer_value(json_object_get(json_array_get(c->buses, (size_t)index), "channels"));
    return json_object_size(value) == (channel ? 2u : 1u) &&
           (!channel || json_is_integer(channel)) && at >= 0 && at < channels;
}

static bool is_buffer_reference(const struct check *c, const json_t *value)
{
    const json_t *buffer = json_object_get(value, "buffer");
    json_int_t index = json_integer_value(buffer);
    return json_is_integer(buffer) && json_object_size(value) == 1 && index >= 0 &&
           (gsize)index < json_array_size(c->buffers);
}

static bool is_control_value(const struct check *c, const json_t *value)
{
    return is_float(value) || is_bus_reference(c, value) || is_buffer_reference(c, value);
}

static void check_control(struct check *c, const char *name, const json_t *value)
{
    bool good = is_control_value(c, value);
    if (json_is_array(value) && json_array_size(value) > 0) {
        good = true;
        for (size_t i = 0; i < json_array_size(value); i++)
            good = good && is_control_value(c, json_array_get(value, i));
    }
    c->values += json_is_array(value) ? (int)json_array_size(value) : 1;
    g_autofree char *member = g_strdup_printf("controls.%s", name);
    if (!good)
        wrong(c, member, "must be a number, a bus or a buffer of the scene, or an array of them");
}

static void check_controls(struct check *c, const json_t *synth)
{
    json_t *controls = json_object_get(synth, "controls"), *value;
    const char *name;
    if (controls && !json_is_object(controls))
        wrong(c, "controls", "must be an object of control names and values");
    json_object_foreach(controls, name, value) check_control(c, name, value);
}

// "c12", "a20": a bus by its number, where it is none of the scene's.
static bool is_bus_number(const json_t *value)
{
    const char *text = json_string_value(value);
    int32_t map = text ? node_map_parse(text) : MAP_NONE;
    return map != MAP_NONE && map <= BUSES_CONTROL && -map <= BUSES_AUDIO;
}

// Of an array each slot may have its own, or none.
static bool is_map(const struct check *c, const json_t *value, bool inside)
{
    bool good = is_bus_reference(c, value) || is_bus_number(value) ||
                (inside ? json_is_null(value) : json_array_size(value) > 0);
    for (size_t i = 0; !inside && good && i < json_array_size(value); i++)
        good = is_map(c, json_array_get(value, i), true);
    return good;
}

static void check_maps(struct check *c, const json_t *synth)
{
    json_t *maps = json_object_get(synth, "maps"), *value;
    const char *name;
    if (maps && !json_is_object(maps))
        wrong(c, "maps", "must be an object of control names and buses");
    json_object_foreach(maps, name, value)
    {
        g_autofree char *member = g_strdup_printf("maps.%s", name);
        c->values += json_is_array(value) ? (int)json_array_size(value) : 1;
        if (!is_map(c, value, false))
            wrong(c, member, "must be a bus of the scene, or one as c12 or a20");
    }
}

static void check_synth(struct check *c, const json_t *synth)
{
    static const char *const members[] = {"kind",     "synthdef", "name", "running",
                                          "controls", "maps",     NULL};
    const char *synthdef = json_string_value(json_object_get(synth, "synthdef"));
    is_object(c, synth, members);
    check_text(c, synth, "synthdef", true);
    if (synthdef && g_str_has_prefix(synthdef, CATALOG_RESERVED))
        wrong(c, "synthdef", "names that begin with " CATALOG_RESERVED " are Farfield's own");
    check_text(c, synth, "name", false);
    check_flag(c, synth, "running");
    check_controls(c, synth);
    check_maps(c, synth);
}

static void check_nodes(struct check *c, const json_t *parent, int depth);

static void check_group(struct check *c, const json_t *group, int depth)
{
    static const char *const members[] = {"kind", "name", "running", "nodes", NULL};
    is_object(c, group, members);
    check_text(c, group, "name", false);
    check_flag(c, group, "running");
    check_nodes(c, group, depth + 1);
}

static void check_room(struct check *c, const json_t *room, int depth)
{
    static const char *const members[] = {"kind", "room", "nodes", NULL};
    const char *name = json_string_value(json_object_get(room, "room"));
    is_object(c, room, members);
    check_text(c, room, "room", true);
    if (depth > 0)
        wrong(c, "kind", "a room stands inside of nothing");
    else if (name && !g_hash_table_add(c->rooms, (gpointer)name))
        wrong(c, "room", "is there twice");
    check_nodes(c, room, depth + 1);
}

static void check_node(struct check *c, const json_t *node, int depth)
{
    const char *kind = json_string_value(json_object_get(node, "kind"));
    c->nodes++;
    if (g_strcmp0(kind, "synth") == 0)
        check_synth(c, node);
    else if (g_strcmp0(kind, "group") == 0)
        check_group(c, node, depth);
    else if (g_strcmp0(kind, "room") == 0)
        check_room(c, node, depth);
    else
        wrong(c, "kind", "must be room, group or synth");
}

static void check_bounds(struct check *c)
{
    if (c->full || (c->nodes <= SCENE_MAX_NODES && c->values <= SCENE_MAX_VALUES))
        return;
    g_autofree char *detail = g_strdup_printf("holds more than %d nodes or %d control values",
                                              SCENE_MAX_NODES, SCENE_MAX_VALUES);
    wrong(c, NULL, detail);
    c->full = true;
}

static void check_nodes(struct check *c, const json_t *parent, int depth)
{
    const json_t *nodes = list_of(c, parent, "nodes", SCENE_MAX_NODES);
    if (depth > SCENE_MAX_DEPTH && json_array_size(nodes) > 0) {
        wrong(c, "nodes", "are nested too deep");
        return;
    }
    for (size_t i = 0; i < json_array_size(nodes) && !c->full; i++) {
        gsize before = enter(c, "nodes", i);
        check_node(c, json_array_get(nodes, i), depth);
        check_bounds(c);
        leave(c, before);
    }
}

static void check_number(struct check *c, const json_t *scene, const char *member, double min,
                         double max)
{
    const json_t *value = json_object_get(scene, member);
    double number = json_number_value(value);
    g_autofree char *detail = g_strdup_printf("must be a number from %g to %g", min, max);
    if (value && (!json_is_number(value) || !(number >= min && number <= max)))
        wrong(c, member, detail);
}

static bool check_head(struct check *c, const json_t *scene)
{
    static const char *const members[] = {"format", "version", "tempo", "beats_per_bar",
                                          "buses",  "buffers", "nodes", NULL};
    const char *format = json_string_value(json_object_get(scene, "format"));
    const json_t *version = json_object_get(scene, "version");
    if (!is_object(c, scene, members))
        return false;
    if (g_strcmp0(format, SCENE_FORMAT) != 0)
        wrong(c, "format", "must be \"" SCENE_FORMAT "\"");
    else if (json_integer_value(version) > SCENE_VERSION)
        wrong(c, "version", "is of a newer Farfield than this one");
    else if (!json_is_integer(version) || json_integer_value(version) < 1)
        wrong(c, "version", "must be 1");
    else
        return true;
    return false;
}

void scene_check(const json_t *scene, struct problem *problem)
{
    g_autoptr(GString) path = g_string_new("scene");
    g_autoptr(GHashTable) rooms = g_hash_table_new(g_str_hash, g_str_equal);
    struct check c = {.problem = problem, .path = path, .rooms = rooms};
    if (!check_head(&c, scene))
        return;
    check_number(&c, scene, "tempo", SCENE_MIN_TEMPO, SCENE_MAX_TEMPO);
    check_whole(&c, scene, "beats_per_bar", 1, SCENE_MAX_BEATS, false);
    c.buses = list_of(&c, scene, "buses", SCENE_MAX_LIST);
    c.buffers = list_of(&c, scene, "buffers", SCENE_MAX_LIST);
    check_list(&c, c.buses, "buses", check_bus);
    check_list(&c, c.buffers, "buffers", check_buffer);
    check_nodes(&c, scene, 0);
}
