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

// Where a node that is there is to move, which cannot be into itself.
void placement_of_move(struct session *session, const struct call *call, const struct node *node,
                       struct placement *where, struct problem *problem);
// The message that moves it, and its address.
const char *placement_move_address(const struct placement *where);
struct osc_message *placement_move_message(const struct node *node, const struct placement *where);

// A node of a new number, and of that name or none (NULL), that stands there from now on as
// planned.
struct node *placement_plan(struct session *session, const char *name,
                            const struct placement *where, bool is_group);

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
        {"name", PARAM_STRING, false, "name of the node; another node that has it loses it",       \
         .max = 64},                                                                               \
    {                                                                                              \
        "room", PARAM_STRING, false, "room whose group is meant without a target",                 \
            .fallback = "\"main\""                                                                 \
    }
#define MOVE_PARAMS(required)                                                                      \
    {"target", PARAM_INTEGER,    required, "group to move into, or node to move beside",           \
     .min = 0, .max = G_MAXINT32},                                                                 \
    {                                                                                              \
        "action", PARAM_STRING, false, "where against the target; head if absent",                 \
            .choices = "head|tail|before|after"                                                    \
    }
