// SPDX-License-Identifier: GPL-3.0-or-later
// A scene is made again as one bundle: everything is checked and planned first, and then it is
// there at one time or not at all. Its buffers are loaded before (scene_load.h).
#pragma once

#include "controller/core/scenes/scene_fade.h"
#include "controller/core/scenes/scenes.h"

struct recall {
    struct session *session;
    const struct scene_wish *wish;
    struct bundle *bundle; // that is being made
    guint part;            // of it, the next
    const GArray *buffers; // int: numbers, by their place in the scene
    GPtrArray *buses;      // struct bus, by theirs
    GPtrArray *fresh;      // of them, those that were not there before
    const GArray *fresh_buffers;
    json_t *made;      // ids of all new nodes, in order
    json_t *skipped;   // {"synthdef.control": true} that the SynthDefs of today do not have
    struct fade *fade; // NULL without one
};

// scene_make.c: what the scene is made of, written into the bundle.

// Finds or allocates its buses; false with entries in `problem` where they do not fit.
bool recall_take_buses(struct recall *r, struct problem *problem);
// Frees those that are new.
void recall_give_back(struct recall *r);
void recall_forget_bus(struct session *session, struct bus *bus);
// Has them get their values.
void recall_write_buses(struct recall *r);
// The first room that the scene speaks of, or NULL.
const struct room *recall_room(const struct recall *r);
struct fade_plan recall_fade_plan(struct recall *r);
// All nodes, in their places or in those of the fade.
void recall_make_nodes(struct recall *r);
