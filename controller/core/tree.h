// SPDX-License-Identifier: GPL-3.0-or-later
// The mirror of scsynth's node tree. It is told what happened; it never sends anything.
#pragma once

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "controller/core/synthdef.h"

#define TREE_ROOT 0

struct node {
    int32_t id;
    bool is_group;
    bool running;
    bool own;       // made through Farfield
    bool system;    // a room's group or guard
    bool panicked;  // freed by a panic that scsynth has been sent
    bool releasing; // its gate has been closed
    bool confirmed; // this scsynth has it; false for what is still to be brought back
    bool changed;   // an event about it is due
    char *room;     // owned, NULL outside every room
    struct node *parent, *previous, *next;
    struct node *first, *last; // of a group

    // A synth's definition as it was when the synth started, NULL while it is unknown (another
    // client's synth, until a query has answered). `values` has a slot for each of its controls.
    struct synthdef *synthdef; // owned reference
    float *values;             // owned
    guint8 *dirty;             // owned: 1 for each slot that scsynth has not been told of
    bool is_dirty;             // some slot is, and the node is in the batch's list
};

struct tree {
    GHashTable *nodes; // id -> struct node, owns them; holds at least the root group 0
};

void tree_init(struct tree *tree);
void tree_clear(struct tree *tree);

struct node *tree_find(const struct tree *tree, int32_t id);

// Puts a node below `parent` behind its sibling `previous` (-1: first; unknown: last), as /n_go and
// /n_move say it. A node that is there already is moved. NULL if there is no such group, or if the
// node would come to stand below itself.
struct node *tree_place(struct tree *tree, int32_t id, int32_t parent, int32_t previous,
                        bool is_group);

// Gives the node another id, which must be free.
void tree_renumber(struct tree *tree, struct node *node, int32_t id);

// Takes the node out, with all below it.
void tree_remove(struct tree *tree, struct node *node);

// Depth-first, in the order in which scsynth runs them; NULL after the last. Start with the root.
struct node *tree_next(const struct node *node);
// The same, but NULL where `top` and what is below it ends.
struct node *tree_next_below(const struct node *node, const struct node *top);

// Number of slots of a definition's controls.
int synthdef_slots(const struct synthdef *synthdef);

// Gives a synth its definition and default values. Takes a reference.
void node_set_synthdef(struct node *node, struct synthdef *synthdef);

// The node as the API shows it (NODE of docs/api.md). The caller owns it.
json_t *node_to_json(const struct node *node);
