// SPDX-License-Identifier: GPL-3.0-or-later
#include "controller/core/buses.h"

#include <string.h>

#include "controller/core/api/numbers.h"
#include "controller/core/tree.h"

static void bus_destroy(gpointer data)
{
    struct bus *bus = data;
    g_free(bus->name);
    g_free(bus->values);
    g_free(bus);
}

void buses_init(struct buses *buses)
{
    *buses = (struct buses){g_ptr_array_new_with_free_func(bus_destroy)};
}

void buses_clear(struct buses *buses)
{
    g_clear_pointer(&buses->all, g_ptr_array_unref);
}

static bool is_in_share(const struct buses *buses, bool audio, int index, int channels)
{
    return channels > 0 && index >= buses->first[audio] &&
           index + channels <= buses->first[audio] + buses->count[audio];
}

void buses_share(struct buses *buses, int client_id, int max_logins)
{
    int clients = MAX(max_logins, 1), client = MAX(client_id, 0);
    buses->count[false] = BUSES_CONTROL / clients;
    buses->first[false] = buses->count[false] * client;
    buses->count[true] = (BUSES_AUDIO - BUSES_HARDWARE) / clients;
    buses->first[true] = BUSES_HARDWARE + buses->count[true] * client;
    for (guint i = buses->all->len; i-- > 0;) {
        const struct bus *bus = g_ptr_array_index(buses->all, i);
        if (!is_in_share(buses, bus->audio, bus->index, bus->channels))
            g_ptr_array_remove_index(buses->all, i);
    }
}

// Where in the list the first bus stands that begins at `index` or behind it.
static guint place_of(const struct buses *buses, bool audio, int index)
{
    guint i = 0;
    for (; i < buses->all->len; i++) {
        const struct bus *bus = g_ptr_array_index(buses->all, i);
        if (bus->audio > audio || (bus->audio == audio && bus->index >= index))
            break;
    }
    return i;
}

static bool is_free(const struct buses *buses, bool audio, int index, int channels)
{
    for (guint i = 0; i < buses->all->len; i++) {
        const struct bus *bus = g_ptr_array_index(buses->all, i);
        if (bus->audio == audio && bus->index < index + channels &&
            index < bus->index + bus->channels)
            return false;
    }
    return true;
}

struct bus *buses_add_at(struct buses *buses, bool audio, int index, int channels, const char *name)
{
    if (!is_in_share(buses, audio, index, channels) || !is_free(buses, audio, index, channels))
        return NULL;
    struct bus *bus = g_new(struct bus, 1);
    *bus = (struct bus){
        audio,        index, channels, g_strdup(name), audio ? NULL : g_new0(float, channels),
        ++buses->made};
    g_ptr_array_insert(buses->all, (gint)place_of(buses, audio, index), bus);
    return bus;
}

struct bus *buses_add(struct buses *buses, bool audio, int channels, const char *name)
{
    int index = buses->first[audio];
    for (guint i = place_of(buses, audio, 0); i < buses->all->len; i++) {
        const struct bus *bus = g_ptr_array_index(buses->all, i);
        if (bus->audio != audio || bus->index - index >= channels)
            break;
        index = bus->index + bus->channels;
    }
    return buses_add_at(buses, audio, index, channels, name);
}

void buses_remove(struct buses *buses, struct bus *bus)
{
    g_ptr_array_remove(buses->all, bus);
}

struct bus *buses_find(const struct buses *buses, const char *text)
{
    int32_t map = node_map_parse(text);
    for (guint i = 0; i < buses->all->len; i++) {
        struct bus *bus = g_ptr_array_index(buses->all, i);
        int32_t own = bus->audio ? MAP_AUDIO(bus->index) : MAP_CONTROL(bus->index);
        if (own == map || g_strcmp0(bus->name, text) == 0)
            return bus;
    }
    return NULL;
}

// The one that has this index among its channels, or NULL.
static struct bus *bus_around(const struct buses *buses, bool audio, int index)
{
    // Control buses come first, by index: the last one that begins at `index` or before it.
    guint low = 0, high = buses->all->len;
    while (low < high) {
        guint middle = (low + high) / 2;
        const struct bus *bus = g_ptr_array_index(buses->all, middle);
        if (bus->audio > audio || (bus->audio == audio && bus->index > index))
            high = middle;
        else
            low = middle + 1;
    }
    struct bus *bus = low ? g_ptr_array_index(buses->all, low - 1) : NULL;
    return bus && bus->audio == audio && index < bus->index + bus->channels ? bus : NULL;
}

guint buses_serial(const struct buses *buses, int32_t map)
{
    const struct bus *bus =
        map == MAP_NONE ? NULL : bus_around(buses, map < 0, map < 0 ? -map - 1 : map - 1);
    return bus ? bus->serial : 0;
}

const struct bus *buses_note(struct buses *buses, int index, float value)
{
    struct bus *bus = bus_around(buses, false, index);
    if (bus)
        bus->values[index - bus->index] = value;
    return bus;
}

int32_t buses_resolve(const struct buses *buses, const char *text, int *channels)
{
    const struct bus *bus = buses_find(buses, text);
    if (channels)
        *channels = bus ? bus->channels : 1;
    if (bus)
        return bus->audio ? MAP_AUDIO(bus->index) : MAP_CONTROL(bus->index);
    int32_t map = node_map_parse(text);
    bool there = map > 0 ? map <= BUSES_CONTROL : -map <= BUSES_AUDIO;
    return there ? map : MAP_NONE;
}

char *bus_id(const struct bus *bus)
{
    return g_strdup_printf("%c%d", bus->audio ? 'a' : 'c', bus->index);
}

json_t *bus_to_json(const struct bus *bus)
{
    g_autofree char *id = bus_id(bus);
    json_t *object =
        json_pack("{s:s s:s s:i s:i s:s?}", "id", id, "rate", bus->audio ? "audio" : "control",
                  "index", bus->index, "channels", bus->channels, "name", bus->name);
    if (!bus->audio) {
        json_t *values = json_array();
        for (int i = 0; i < bus->channels; i++)
            json_array_append_new(values, float_to_json(bus->values[i]));
        json_object_set_new(object, "values", values);
    }
    return object;
}
