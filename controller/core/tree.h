// SPDX-License-Identifier: GPL-3.0-or-later
// The mirror of scsynth's node tree. It is told what happened; it never sends anything.
#pragma once

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "controller/core/synthdefs/synthdef.h"

#define TREE_ROOT 0

struct client;

// What a control is mapped to: nothing, or a bus by its index.
#define MAP_NONE 0
#define MAP_CONTROL(bus) ((bus) + 1)
#define MAP_AUDIO(bus) (-(bus)-1)

// The index of that bus, of either kind; -1 of MAP_NONE.
static inline int map_bus(int32_t map)
{
    return map > 0 ? map - 1 : -map - 1;
}

struct node {
    int32_t id;
    bool is_group;
    bool running;
    bool own;        // made through Farfield
    bool system;     // a room's group or guard
    bool panicked;   // freed by a panic that scsynth has been sent
    bool dismissed;  // it was asked here to be freed
    bool releasing;  // its gate has been closed
    bool confirmed;  // this scsynth has it; false for what is still to be brought back
    bool changed;    // an event about it is due
    int64_t planned; // when it has been asked to start, on the session's clock; 0 once it is there
    int64_t came_at; // when it was heard to have started
    int64_t set_at;  // when a control was set here last
    // Who changed it last: the client of scsynth, -1 where that is not known; and that of Farfield,
    // NULL where it was none, or has gone.
    int cause;
    struct client *asker;
    struct client *holder; // of a synth: who holds it (leases.h), NULL for nobody
    int64_t lapses;        // when it is released unless somebody takes it up, 0 for never
    char *room;            // owned, NULL outside every room
    char *name;            // owned, NULL without one
    struct node *parent, *previous, *next;
    struct node *first, *last; // of a group

    // A synth's definition as it was when the synth started, NULL while it is unknown (another
    // client's synth, until a query has answered). `values` has a slot for each of its controls.
    struct synthdef *synthdef; // owned reference
    float *values;             // owned
    int32_t *maps;             // owned: MAP_*; a mapped control's value lies below the map
    guint8 *dirty;             // owned: 1 for each slot that scsynth has not been told of
    bool is_dirty;             // some slot is, and the node is in the batch's list
    struct shown *shown;       // owned: the node as it was shown last
};

struct tree {
    GHashTable *nodes; // id -> struct node, owns them; holds at least the root group 0
    GHashTable *names; // name -> struct node that is there and has it
    int planned;       // of the nodes, those that are not there yet
};

void tree_init(struct tree *tree);
void tree_clear(struct tree *tree);

struct node *tree_find(const struct tree *tree, int32_t id);

// Puts a node below `parent` behind its sibling `previous` (-1: first; unknown: last), as /n_go and
// /n_move say it. A node that is there already is moved. NULL if there is no such group, or if the
// node would come to stand below itself.
struct node *tree_place(struct tree *tree, int32_t id, int32_t parent, int32_t previous,
                        bool is_group);

// Puts a node where it is asked to be made by `action` against `target` (0 head, 1 tail, 2 before,
// 3 after, 4 replace), to start at `time`, not 0. `id` must be free and `target` be there.
struct node *tree_plan(struct tree *tree, int32_t id, int action, struct node *target,
                       bool is_group, int64_t time);
// It is there.
void tree_arrive(struct tree *tree, struct node *node);

// A node that is there, or NULL.
struct node *tree_find_name(const struct tree *tree, const char *name);
// Names a node, NULL for not at all. One that is there takes the name from another that has it.
void tree_name(struct tree *tree, struct node *node, const char *name);

// Gives the node another id, which must be free.
void tree_renumber(struct tree *tree, struct node *node, int32_t id);

// Takes the node out, with all below it.
void tree_remove(struct tree *tree, struct node *node);

// Depth-first, in the order in which scsynth runs them; NULL after the last. Start with the root.
struct node *tree_next(const struct node *node);
// The same, but NULL where `top` and what is below it ends.
struct node *tree_next_below(const struct node *node, const struct node *top);

// The first that is not below it; NULL after the last.
struct node *tree_next_behind(const struct node *node);

// Of its siblings, the one before and the one behind it that are there; NULL where there is none.
const struct node *node_previous(const struct node *node);
const struct node *node_next(const struct node *node);
// The first of a group that is there.
const struct node *node_first(const struct node *group);

// Gives a synth its definition and default values. Takes a reference.
void node_set_synthdef(struct node *node, struct synthdef *synthdef);

// The control that lets it ring out when it is set to 0, or NULL.
const struct synthdef_parameter *node_gate(const struct node *node);

// Where a control is mapped to, as scsynth writes it ("c12", "a20"); NULL where it is not. The
// caller frees it.
char *node_map_text(const struct node *node, int slot);
// The value of MAP_* that such a text means, MAP_NONE where it means none.
int32_t node_map_parse(const char *text);

// The room that it is in, NULL outside of every room.
void node_set_room(struct node *node, const char *room);

// The node as the API shows it. The caller owns a reference, to what others may have one to as
// well: it is not to be changed.
json_t *node_to_json(const struct node *node);
