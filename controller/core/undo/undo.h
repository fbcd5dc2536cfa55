// SPDX-License-Identifier: GPL-3.0-or-later
// Taking back: session.undo and session.redo.
//
// How it thinks. Each connection has its own two stacks of steps. A step is a change of controls,
// or nodes that were freed. A change holds what each control was before and after it: it is taken
// back where the control still is what it was after it, and left alone where somebody else has set
// it since. Freed nodes are remembered as a scene remembers them: what is ours, and does not end by
// itself, with controls, maps and names, in its place. They come back as one bundle, by new
// numbers, and every step that speaks of the old ones speaks of the new ones then.
//
// What is to come back and cannot is kept: where nothing of a step came back it is the next to be
// taken back once more, and what is missing of one that is done again comes with the next undo.
// What is done again frees what came back, and no group that others have put something into.
//
// Not remembered are triggers and gates, which are of the moment; what is done in bundles, by raw
// OSC and by HTTP, which has no connection; and what is too much.
#pragma once

#include <jansson.h>
#include <stdbool.h>

#include "controller/core/session.h"

#define UNDO_MAX_STEPS 100              // of a connection, and as many that were taken back
#define UNDO_MAX_BYTES (1024 * 1024)    // of a connection
#define UNDO_MAX_ALL (64 * 1024 * 1024) // bytes of all connections
#define UNDO_MAX_NODES 2000             // of one step
#define UNDO_MAX_CHANGES 4096           // controls of one step
#define UNDO_MAX_HELD 100               // calls that wait for a step that is being taken back
#define UNDO_MERGE 1000000              // microseconds within which moves of a control are one

struct undo_watch;

void undos_init(struct session *session);
void undos_clear(struct session *session);
void undo_client_gone(struct session *session, struct client *client);
// A definition has been replaced or removed: what is remembered may be all that still has it.
void undo_definition_gone(struct session *session);

// To be called around what changes controls of `top` or of the synths below it, as checked
// `controls` and `maps` say (NULL for none): remembers what they were. NULL where nobody is to
// remember it; undo_changed() takes it.
struct undo_watch *undo_watch(struct session *session, const struct call *call, struct node *top,
                              const json_t *controls, const json_t *maps);
void undo_changed(struct session *session, struct undo_watch *watch);

// To be called before `top` is freed, or let ring out (`gently`).
void undo_note_free(struct session *session, const struct call *call, struct node *top,
                    bool gently);
// The same of what is below it; of synths alone where groups stay.
void undo_note_free_below(struct session *session, const struct call *call, struct node *top,
                          bool groups_stay);

// Takes back the last step of the call's connection, or does again what was taken back last, and
// answers the call.
void undo_back(struct session *session, struct call *call);
void undo_again(struct session *session, struct call *call);
