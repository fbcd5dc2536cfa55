// SPDX-License-Identifier: GPL-3.0-or-later
// What goes to scsynth with the next bundle. Control changes are merged: of each control of each
// node only the latest value leaves, while the order against everything else is kept.
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "controller/core/osc.h"
#include "controller/core/tree.h"

struct batch {
    GPtrArray *messages; // struct osc_message
    GPtrArray *dirty; // struct node, borrowed from the tree: controls to be sent after `messages`
};

void batch_init(struct batch *batch);
void batch_clear(struct batch *batch);
bool batch_is_empty(const struct batch *batch);

// Appends a message, which the batch owns from then on; control changes so far go before it.
void batch_add(struct batch *batch, struct osc_message *message);

// Notes a control's value: sets it in the node and marks the slot. `slot` is within the definition.
void batch_set(struct batch *batch, struct node *node, int slot, float value);

// To be called before a node is freed from the tree.
void batch_forget(struct batch *batch, struct node *node);

// Takes everything out, in order. The caller owns the array, which frees its messages.
GPtrArray *batch_take(struct batch *batch);
