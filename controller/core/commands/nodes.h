// SPDX-License-Identifier: GPL-3.0-or-later
// What the commands about nodes share.
#pragma once

#include "controller/core/placement.h"
#include "controller/core/session_own.h"

#define NODE_ID                                                                                    \
    {                                                                                              \
        "id", PARAM_INTEGER, true, "number of the node", .min = 0, .max = G_MAXINT32               \
    }

// Answers with the node that was waited for, or with what went wrong.
void node_answer(struct session *session, struct wait *wait, struct problem *problem);

// Somebody waits for an answer, or it was a notification and is done with.
void node_answer_when_synced(struct session *session, struct call *call, const char *address,
                             int32_t node,
                             void (*done)(struct session *, struct wait *, struct problem *));

// The same of a move to `where`, which is waited for in any case: until it is done nothing may move
// against it.
void node_answer_when_moved(struct session *session, struct call *call, const char *address,
                            int32_t node, const struct placement *where);

// The node of a call that wants to change it, or NULL with the call answered.
struct node *node_playable(struct session *session, struct call *call);

// Whoever reads the event of it wants to know that it was us.
void node_note_change(struct session *session, struct node *node);

// It and all below is freed by what is sent next.
void node_dismiss(struct session *session, struct node *top);

void node_run_now(struct session *session, struct node *node, bool run);
// By its gate where it has one, freed otherwise. A group goes when its last synth has.
void node_release_now(struct session *session, struct node *top);
