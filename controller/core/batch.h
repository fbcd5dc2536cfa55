// SPDX-License-Identifier: GPL-3.0-or-later
// What goes to scsynth with the next bundle. Control changes are merged: of each control of each
// node only the latest value leaves, while the order against everything else is kept.
//
// A batch that is carried out at once changes the mirror with each call. One that belongs to a
// bundle of later notes what will change instead, as effects, so that it can still be dropped.
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "controller/core/buses.h"
#include "controller/core/osc/osc.h"
#include "controller/core/tree.h"

// Controls of one message, with names of up to 255 characters: it fits a datagram.
#define BATCH_MAX_CONTROLS 200

enum effect_kind { EFFECT_VALUE, EFFECT_MAP, EFFECT_RELEASING, EFFECT_BUS };

struct effect {
    enum effect_kind kind;
    int32_t node; // or the index of a control bus
    int slot;     // of EFFECT_VALUE and EFFECT_MAP
    float value;  // of EFFECT_VALUE, EFFECT_BUS and, 0 or 1, EFFECT_RELEASING
    int32_t map;  // of EFFECT_MAP
    const struct synthdef_parameter *set; // of a value: its control, borrowed until it is written
};

struct batch {
    GPtrArray *messages; // struct osc_message
    GPtrArray *dirty; // struct node, borrowed from the tree: controls to be sent after `messages`
    GArray *effects;  // struct effect, of a bundle's; NULL where all is carried out at once
    guint written;    // effects whose messages are in `messages`
    int64_t time;     // when it is carried out, on the session's clock; 0 for at once
};

void batch_init(struct batch *batch);
// The same, for a bundle that is carried out at `time`.
void batch_init_later(struct batch *batch, int64_t time);
void batch_clear(struct batch *batch);
bool batch_is_empty(const struct batch *batch);

// Appends a message, which the batch owns from then on; control changes so far go before it.
void batch_add(struct batch *batch, struct osc_message *message);

// Sets a control, which ends its being mapped, as /n_set does; sends it with the others. `slot` is
// within the definition.
void batch_set(struct batch *batch, struct node *node, int slot, float value);
// Maps a control to a bus, or to none (MAP_NONE).
void batch_map(struct batch *batch, struct node *node, int slot, int32_t map);
// Notes that a node is on its way out, or is not any more; sends nothing.
void batch_release(struct batch *batch, struct node *node, bool releasing);
// Sets the values of a control bus, from its first channel on.
void batch_set_bus(struct batch *batch, struct bus *bus, const float *values, int count);

// Names a control in a message: by its name where it is one slot, inside an array by its index.
void control_add(struct osc_message *message, const struct synthdef_parameter *p, int slot);
// Maps a control of a node as MAP_* says, or ends what it is mapped to now.
struct osc_message *map_message(const struct node *node, int slot, int32_t map);

// What an effect does to its node or bus, which is there.
void effect_on_node(const struct effect *effect, struct node *node);

// To be called before a node is freed from the tree.
void batch_forget(struct batch *batch, struct node *node);

// Takes everything out, in order. The caller owns the array, which frees its messages.
GPtrArray *batch_take(struct batch *batch);
