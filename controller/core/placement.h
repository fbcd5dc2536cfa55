// SPDX-License-Identifier: GPL-3.0-or-later
// Where a new node is to stand: `target`, `action` and `room` of synth.new and group.new.
#pragma once

#include "controller/core/session.h"

struct placement {
    int32_t target;
    int action; // 0 head, 1 tail, 2 before, 3 after, 4 replace (Server Command Reference, /s_new)
};

// Adds an entry to `problem` for what cannot be.
void placement_of_call(struct session *session, const struct call *call, struct placement *where,
                       struct problem *problem);

#define PLACEMENT_ACTIONS "head|tail|before|after|replace"
#define PLACEMENT_PARAMS                                                                           \
    {"target", PARAM_INTEGER,                                                                      \
     false,    "node that the action refers to; the room's group if absent",                       \
     .min = 0, .max = G_MAXINT32},                                                                 \
        {"action",                                                                                 \
         PARAM_STRING,                                                                             \
         false,                                                                                    \
         "where the new node stands against the target",                                           \
         .choices = PLACEMENT_ACTIONS,                                                             \
         .fallback = "\"head\""},                                                                  \
    {                                                                                              \
        "room", PARAM_STRING, false, "room whose group is meant without a target",                 \
            .fallback = "\"main\""                                                                 \
    }
