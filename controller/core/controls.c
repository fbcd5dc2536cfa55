// SPDX-License-Identifier: GPL-3.0-or-later
#include "controller/core/controls.h"

#include <stdlib.h>
#include <string.h>

// Named where one is asked for that is not there.
#define MAX_NAMES 20

static void add_unknown(const struct synthdef *synthdef, const char *field, struct problem *problem)
{
    g_autoptr(GString) names = g_string_new(NULL);
    for (guint i = 0; i < MIN(synthdef->parameters->len, MAX_NAMES); i++) {
        const struct synthdef_parameter *p = g_ptr_array_index(synthdef->parameters, i);
        g_string_append_printf(names, "%s%s", i ? ", " : "", p->name);
    }
    if (synthdef->parameters->len > MAX_NAMES)
        g_string_append(names, " ...");
    problem_add(problem, field, "SynthDef \"%s\" has no such control; it has: %s", synthdef->name,
                names->len ? names->str : "none");
}

bool controls_find(const struct synthdef *synthdef, const char *name, int *slot, int *size)
{
    const struct synthdef_parameter *p = synthdef_parameter(synthdef, name);
    if (p) {
        *slot = p->index;
        *size = p->size;
        return true;
    }
    gsize digits = strspn(name, G_CSET_DIGITS);
    if (digits == 0 || digits > 6 || name[digits] != '\0')
        return false;
    *slot = atoi(name);
    *size = synthdef_slots(synthdef) - *slot;
    return *size > 0;
}

static int value_count(const json_t *value)
{
    return json_is_array(value) ? (int)json_array_size(value) : 1;
}

static float value_at(const json_t *value, int k)
{
    return (float)json_number_value(json_is_array(value) ? json_array_get(value, k) : value);
}

static bool is_fixed(const struct synthdef *synthdef, int slot, int count)
{
    for (int i = slot; i < slot + count; i++) {
        const struct synthdef_parameter *p = synthdef_parameter_at(synthdef, i);
        if (p && p->rate == RATE_SCALAR)
            return true;
    }
    return false;
}

// The slots of a control of which `count` are wanted; false with an entry in `problem`.
static bool check_slots(const struct synthdef *synthdef, const char *list, const char *name,
                        int count, bool starting, struct problem *problem)
{
    int slot, size;
    bool known = controls_find(synthdef, name, &slot, &size);
    bool fixed = known && !starting && is_fixed(synthdef, slot, MIN(count, size));
    if (known && !fixed && count <= size)
        return true;
    if (json_array_size(problem->errors) >= MAX_NAMES)
        return false;
    g_autofree char *field = g_strconcat(list, ".", name, NULL);
    if (!known)
        add_unknown(synthdef, field, problem);
    else if (fixed)
        problem_add(problem, field, "is fixed when the synth starts");
    else
        problem_add(problem, field, "has %d values, not %d", size, count);
    return false;
}

bool controls_check(const struct synthdef *synthdef, const json_t *controls, bool starting,
                    struct problem *problem)
{
    const char *name;
    json_t *value;
    bool good = true;
    json_object_foreach((json_t *)controls, name, value) good &=
        check_slots(synthdef, "controls", name, value_count(value), starting, problem);
    return good;
}

void controls_fill(const struct synthdef *synthdef, const json_t *controls, float *values)
{
    const char *name;
    json_t *value;
    int slot, size;
    json_object_foreach((json_t *)controls, name, value)
    {
        controls_find(synthdef, name, &slot, &size);
        for (int k = 0; k < value_count(value); k++)
            values[slot + k] = value_at(value, k);
    }
}

void controls_set(struct batch *batch, struct node *node, const json_t *controls)
{
    const char *name;
    json_t *value;
    int slot, size;
    json_object_foreach((json_t *)controls, name, value)
    {
        if (!controls_find(node->synthdef, name, &slot, &size))
            continue;
        int count = MIN(value_count(value), size);
        if (is_fixed(node->synthdef, slot, count))
            continue;
        for (int k = 0; k < count; k++)
            batch_set(batch, node, slot + k, value_at(value, k));
    }
}

// A bus of one channel fills the first slot of an array; one of more, as many as fit.
static int map_count(const struct buses *buses, const json_t *bus, int size, int32_t *map)
{
    int channels = size;
    *map = MAP_NONE;
    if (json_is_string(bus))
        *map = buses_resolve(buses, json_string_value(bus), &channels);
    return MIN(channels, size);
}

bool maps_check_buses(const struct buses *buses, const json_t *maps, struct problem *problem)
{
    const char *name;
    json_t *bus;
    bool good = true;
    int32_t map;
    json_object_foreach((json_t *)maps, name, bus)
    {
        map_count(buses, bus, 1, &map);
        if (json_is_null(bus) || map != MAP_NONE)
            continue;
        g_autofree char *field = g_strconcat("map.", name, NULL);
        problem_add(problem, field, "there is no bus \"%s\"", json_string_value(bus));
        good = false;
    }
    return good;
}

bool maps_check(const struct synthdef *synthdef, const struct buses *buses, const json_t *maps,
                struct problem *problem)
{
    const char *name;
    json_t *bus;
    bool good = maps_check_buses(buses, maps, problem);
    json_object_foreach((json_t *)maps, name, bus) good &=
        check_slots(synthdef, "map", name, 1, false, problem);
    return good;
}

static int32_t next_map(int32_t map, int k)
{
    return map > 0 ? map + k : map < 0 ? map - k : map;
}

void maps_fill(const struct synthdef *synthdef, const struct buses *buses, const json_t *maps,
               int32_t *slots)
{
    const char *name;
    json_t *bus;
    int slot, size;
    int32_t map;
    json_object_foreach((json_t *)maps, name, bus)
    {
        controls_find(synthdef, name, &slot, &size);
        int count = map_count(buses, bus, synthdef_parameter(synthdef, name) ? size : 1, &map);
        for (int k = 0; k < count; k++)
            slots[slot + k] = next_map(map, k);
    }
}

void maps_set(struct batch *batch, struct node *node, const struct buses *buses, const json_t *maps)
{
    const char *name;
    json_t *bus;
    int slot, size;
    int32_t map;
    json_object_foreach((json_t *)maps, name, bus)
    {
        if (!controls_find(node->synthdef, name, &slot, &size))
            continue;
        bool array = synthdef_parameter(node->synthdef, name) != NULL;
        int count = map_count(buses, bus, array ? size : 1, &map);
        for (int k = 0; k < count && !is_fixed(node->synthdef, slot + k, 1); k++)
            batch_map(batch, node, slot + k, next_map(map, k));
    }
}
