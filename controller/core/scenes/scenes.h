// SPDX-License-Identifier: GPL-3.0-or-later
// A scene: what is ours in scsynth at one moment, as a document that can be kept, exported and made
// again, here or in another Farfield (docs/scenes.md says what is in it).
//
// {"format": "farfield.scene", "version": 1, "tempo"?, "beats_per_bar"?,
//  "buses": [BUS], "buffers": [BUFFER], "nodes": [NODE]}
//
// NODEs stand nested and in the order in which they run: {"kind": "room", "room", "nodes"} (at the
// top alone; what stands beside it runs before or after that room), {"kind": "group", "name"?,
// "running"?, "nodes"}, {"kind": "synth", "synthdef", "name"?, "running"?,
// "controls"?, "maps"?}. Numbers of nodes, buses and buffers are no part of it: a control that
// holds one refers to the lists, {"bus": 0, "channel"?: 1} or {"buffer": 0}, as maps do.
#pragma once

#include "controller/core/session.h"

#define SCENE_FORMAT "farfield.scene"
#define SCENE_VERSION 1
#define SCENE_MAX_NODES 8192
#define SCENE_MAX_DEPTH 100
#define SCENE_MAX_VALUES 262144 // of all controls together
#define SCENE_MAX_LIST 1024     // buses, and buffers
#define SCENE_MAX_BYTES (4 * 1024 * 1024)
#define SCENE_MIN_TEMPO 1 // beats a minute
#define SCENE_MAX_TEMPO 1000
#define SCENE_MAX_BEATS 64 // of a bar

// The present state: our own nodes but for what ends by itself or is being released, those of
// others and Farfield's own not being ours. `left_out` gets how many synths of ours are not in it.
json_t *scene_take(struct session *session, int *left_out);

// Whether the document is one that may be kept: every member known and of its type, within all
// bounds. Adds an entry to `problem` for each that is not, up to a limit; names begin with "scene".
void scene_check(const json_t *scene, struct problem *problem);

// What a list of scenes shows: {"synths", "groups", "buses", "buffers"}.
json_t *scene_about(const json_t *scene);

struct scene_wish {
    const char *name;
    const json_t *scene; // that scene_check() has accepted
    bool replace;        // or else it is added to what there is
    int64_t time;        // microseconds of Unix time, 0 for at once
    double fade;         // seconds
};

// Makes it again, and answers the call: by 409, which names each, where a SynthDef, room or bus is
// missing, with nothing changed; else when all of it is there, or, where that is later, at once.
void scene_recall(struct session *session, struct call *call, const struct scene_wish *wish);
