// SPDX-License-Identifier: GPL-3.0-or-later
// Buses that have been allocated through Farfield. Each client of a scsynth has a share of its
// buses, cut as SuperCollider's Server.newBusAllocators does, so that no two ever take the same.
#pragma once

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

// What scsynth is started with (-c, -a, -i, -o).
#define BUSES_CONTROL 16384
#define BUSES_AUDIO 1024
#define BUSES_HARDWARE 4
#define BUSES_MAX_CHANNELS 256 // of one

struct bus {
    bool audio;
    int index, channels;
    char *name;    // owned, NULL without one
    float *values; // owned: of a control bus, as last set or read
    guint serial;  // that no other ever has, whatever its index
};

struct buses {
    GPtrArray *all;         // struct bus, by index, control buses first
    int first[2], count[2]; // our share, of control and audio buses; no count while it is unknown
    guint made;             // so far
};

void buses_init(struct buses *buses);
void buses_clear(struct buses *buses);

// Cuts our share. Those from outside of a new share are forgotten.
void buses_share(struct buses *buses, int client_id, int max_logins);

// Takes `channels` free neighbours of our share; NULL where there are none.
struct bus *buses_add(struct buses *buses, bool audio, int channels, const char *name);
// The same at this very place, as saved before; NULL if it is taken or not ours.
struct bus *buses_add_at(struct buses *buses, bool audio, int index, int channels,
                         const char *name);
void buses_remove(struct buses *buses, struct bus *bus);

// By "c12", "a20" or a name; of an id the bus must begin there. NULL if there is none.
struct bus *buses_find(const struct buses *buses, const char *text);

// The MAP_* (controller/core/tree.h) that a text means: any bus that scsynth has by its index, or
// one of ours by its name. MAP_NONE where there is none. `channels`, which may be NULL, gets how
// many follow each other there: of one of ours its own, of others 1 at least.
int32_t buses_resolve(const struct buses *buses, const char *text, int *channels);

// The serial of the one of ours that a MAP_* leads to; 0 where it is none of ours.
guint buses_serial(const struct buses *buses, int32_t map);

// A control bus is known to have this value. The bus of ours that it belongs to, or NULL.
const struct bus *buses_note(struct buses *buses, int index, float value);

// "c12"; the caller frees it.
char *bus_id(const struct bus *bus);
json_t *bus_to_json(const struct bus *bus);
