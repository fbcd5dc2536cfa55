// SPDX-License-Identifier: GPL-3.0-or-later
// What the arguments of scsynth's commands may be: each word of a grammar (osc_rules.h) is a row,
// with the function that checks one argument or as many as a count before it has said.
#pragma once

#include <stdint.h>

#include "controller/core/osc/osc.h"
#include "controller/core/api/problem.h"
#include "controller/core/tree.h"

struct session;

// One message that is being checked.
struct check {
    struct session *session;
    struct osc_message *message;
    const char *path;    // before the names of fields
    const char *grammar; // whole
    struct check *outer; // whose completion message this is, NULL for none
    struct problem *problem;
    guint at; // next argument

    // What arguments before have said, for those behind.
    struct synthdef *synthdef; // whose controls are named, NULL of a group
    int slots;                 // of those controls
    int32_t room;              // how many slots, buses or samples there are from the named one on
    int32_t count;
    int32_t number; // buffer, or the node that is to be moved
    int32_t action; // add action
    struct node *container;
    GHashTable *made, *moved; // ids, of this message and those around it
};

struct token {
    const char *name, *words;
    bool (*check)(struct check *c);
};

// Ended by a row without a name.
extern const struct token osc_token_table[];

// For the checks: the argument at `at`, NULL behind the last.
struct osc_arg *check_arg(struct check *c);
// Sets the problem; always false.
bool check_fail(struct check *c, int status, const char *format, ...) G_GNUC_PRINTF(3, 4);
// Take the next argument, a number of any type that is given the one that is wanted.
bool check_int(struct check *c, int64_t min, int64_t max, int32_t *value);
bool check_value(struct check *c);
// The next argument where it is a string, not yet taken; else NULL with the problem.
const char *check_string(struct check *c);
bool check_completion(struct check *c);
// All arguments that are left.
bool check_grammar(struct check *c, const char *grammar);

// osc_nodes.c
bool check_node(struct check *c);
bool check_controlled(struct check *c);
bool check_any_node(struct check *c);
bool check_any_group(struct check *c);
bool check_synth(struct check *c);
bool check_emptied(struct check *c);
bool check_new_node(struct check *c);
bool check_action(struct check *c);
bool check_target(struct check *c);
bool check_order(struct check *c);
bool check_place(struct check *c);
bool check_head_of(struct check *c);
bool check_tail_of(struct check *c);
bool check_moved(struct check *c);
bool check_before(struct check *c);
bool check_after(struct check *c);
