// SPDX-License-Identifier: GPL-3.0-or-later
// What the files of undo share.
#pragma once

#include "controller/core/undo/undo.h"

// A bus that a control is mapped to. By its index alone it might be somebody else's by now.
struct mapping {
    int32_t map;  // MAP_*
    guint serial; // of one of ours, 0 else
};

// One slot of one synth.
struct change {
    int32_t node;
    int slot;
    float from, to;
    struct mapping map_from, map_to;
};

// A node that was there.
struct kept {
    int32_t id;
    bool is_group, running;
    bool missing;              // it was to come back, and has not
    char *name;                // owned, NULL without one
    struct synthdef *synthdef; // owned reference, NULL of a group
    float *values;             // owned
    struct mapping *maps;      // owned
    GPtrArray *nodes;          // owned: struct kept, of a group
};

// The outermost of those that were freed, and where it stood: ids, -1 for none.
struct freed {
    struct kept *kept; // owned
    int32_t parent, previous, next;
};

enum step_kind { STEP_CONTROLS, STEP_FREE, STEP_TOO_MUCH };

struct step {
    enum step_kind kind;
    char *what;       // owned: what moves are told from others by, NULL if not of controls
    int64_t at;       // when it was done last
    GArray *changes;  // owned: struct change, of STEP_CONTROLS
    GPtrArray *freed; // owned: struct freed, of STEP_FREE, in the order in which they ran
    bool gently;      // they were let ring out
    bool in_vain;     // nothing came back when it was taken back
    bool overtaken;   // something else was done while it was taken back
    gsize bytes;
};

// The stacks of one connection; the last is at the tail.
struct undo {
    GQueue done, undone;       // struct step
    struct step *restoring;    // owned: whose nodes scsynth makes right now, NULL if none
    struct restored *restored; // that tells when it has
    GQueue held;               // struct call, that wait for it
    gsize bytes;
};

// A synth that came back made of another definition than before: owned references.
struct replaced {
    struct synthdef *before, *now;
};

// What there is to say of a step that has been taken back or done again.
struct told {
    const char *member; // "undone" or "redone"
    const char *what;   // "controls" or "free"
    GString *words;     // owned
    json_t *nodes;      // owned: ids, in order
    json_t *was;        // owned: ids that they had before
    json_t *skipped;    // owned: words
};

void told_init(struct told *told, bool back, const char *what);
// The result of the call, which ends what was told.
json_t *told_to_json(struct told *told);
void told_node(struct told *told, int32_t id, int32_t was);
void told_skip(struct told *told, const char *format, ...) G_GNUC_PRINTF(2, 3);
// Answers with it when scsynth has done what was sent by `address`. Takes `json`.
void undo_answer_when_synced(struct session *session, struct call *call, const char *address,
                             json_t *json);
// "sine 1000", "group 1001", or the name in quotes.
char *undo_label(const struct node *node, int32_t id);

struct step *step_new(const struct session *session, enum step_kind kind);
void step_destroy(struct step *step);
struct undo *undo_of(struct session *session, struct client *client);
// Puts a step that has just been made onto the stack: what had been taken back is forgotten. Takes
// it.
void undo_push(struct session *session, struct client *client, struct step *step);
// Has `step`, which is of a stack, count what it takes now.
void undo_recount(struct session *session, struct undo *undo, struct step *step);
// Every step speaks of the new ids: `ids` maps old ones to new ones, `replaced` (struct replaced)
// says by the old ids whose slots are others.
void undo_renumber(struct session *session, GHashTable *ids, GHashTable *replaced);
// The step that is being taken back is: it goes where it can be done again, or, where nothing came
// back, where it was. The calls that waited for it have their turn.
void undo_restored(struct session *session, struct undo *undo, bool in_vain);

struct mapping mapping_of(const struct session *session, int32_t map);
// Whether it leads where it led; words where it does not.
bool mapping_holds(const struct session *session, const struct mapping *mapping, struct told *told);

// undo_controls.c: sets what a step says, and answers the call.
void undo_controls(struct session *session, struct call *call, struct step *step, bool back);
gsize undo_controls_size(const struct step *step);
// undo_free.c
// On its way out already.
bool undo_is_going(const struct node *node);
// As scenes have it: what ends by itself is not of the state, nor what nobody knows how to make.
bool undo_is_kept(const struct node *node);
// Remembers a node with what is kept below it, as the last of the step; adds to `count`.
void undo_keep(const struct session *session, struct step *step, const struct node *node,
               guint *count);
// Takes `kept`.
void undo_add_freed(struct step *step, struct kept *kept, int32_t parent, int32_t previous,
                    int32_t next);
gsize undo_free_size(const struct session *session, const struct step *step);
void freed_destroy(gpointer freed);
void freed_renumber(struct freed *freed, GHashTable *ids);
int32_t undo_renumbered(GHashTable *ids, int32_t id);

// undo_restore.c: makes the nodes of a step again, and answers the call.
void undo_restore(struct session *session, struct call *call, struct undo *undo, struct step *step);
// The connection has gone.
void restored_forget(struct restored *restored);

// undo_again.c: frees them again, and answers the call.
void undo_free_again(struct session *session, struct call *call, struct undo *undo,
                     struct step *step);
