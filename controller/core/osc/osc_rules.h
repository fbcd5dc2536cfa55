// SPDX-License-Identifier: GPL-3.0-or-later
// What of scsynth's commands may be sent as they are (osc.send), and what not: a row for every
// command of the Server Command Reference. scsynth trusts its input, so whatever is sent is checked
// argument by argument against what it has (docs/server-commands.md is made from this).
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "controller/core/osc/osc.h"
#include "controller/core/api/problem.h"

struct session;

// How much may be asked for at once.
#define OSC_MAX_SIZE 60000        // bytes of a message; a datagram has 65,507
#define OSC_MAX_RANGE 8192        // samples or buses in one range: the answer fits a datagram
#define OSC_MAX_SAMPLES (1 << 24) // of a buffer: 64 MiB

struct osc_rule {
    const char *address;
    // The arguments, by the names of osc_token_table with blanks between. "(a b)+" may be repeated
    // and must be there, "(a b)*" may be repeated, "a?" may be left out. NULL where it is refused.
    const char *grammar;
    const char *reply;   // address of scsynth's answer, NULL where it answers nothing
    const char *words;   // what Farfield makes of it, or why it is refused
    const char *instead; // methods that do it better, or safely; NULL for none
};

// All rows, in the order of the Server Command Reference.
const struct osc_rule *osc_rules(gsize *count);
// NULL where scsynth has no such command.
const struct osc_rule *osc_rule_find(const char *address);

// Checks a message and every completion message in it, gives numbers the types that scsynth wants,
// a new node whose id is -1 an id of ours, and a place behind a guard the one before it. NULL when
// it may be sent, else what is wrong, with `path` before the names of fields ("" or "message.").
struct problem *osc_check(struct session *session, struct osc_message *message, const char *path);

// docs/server-commands.md; the caller frees it.
char *osc_rules_markdown(void);
