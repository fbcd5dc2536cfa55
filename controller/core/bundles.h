// SPDX-License-Identifier: GPL-3.0-or-later
// Bundles: several commands that are carried out at one time, all or none.
//
// Every command is checked, and what it would send is written, when the bundle is asked for: one
// that is wrong undoes them all. Nodes that are to start get their ids then and stand in the tree
// as planned, so that later bundles can speak of them. What is written is kept here until shortly
// before its time and then given to scsynth with an OSC timetag; until then it can be cancelled,
// and outlives a scsynth that ends.
#pragma once

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "controller/core/batch.h"

struct session;
struct call;
struct command;

#define BUNDLES_MAX 1000          // that wait for their time
#define BUNDLES_MAX_COMMANDS 5000 // of one
#define BUNDLES_MAX_WAITING 20000 // commands of all that wait for their time
#define BUNDLES_LEAD 250000       // microseconds before its time at which scsynth gets one
#define BUNDLES_SETTLE 20000      // after its time, when it has surely been carried out
#define BUNDLES_FARTHEST 86400    // seconds ahead

struct bundle_part {
    struct bundle *bundle;
    const char *method;
    int32_t node;            // that it is about, 0 for none
    json_t *answer;          // owned: the result, NULL while there is none
    struct problem *problem; // owned: why it failed, NULL else
};

struct bundle {
    struct session *session;
    int number;
    int64_t time;              // microseconds of Unix time; 0 for at once
    double late;               // seconds by which its time had passed when it was asked for
    struct batch batch;        // what it does
    GPtrArray *messages;       // owned: struct osc_message, once all is written
    GQueue waits;              // struct wait, until scsynth has it
    struct bundle_part *parts; // owned
    guint count, answered;
    struct bundle_part *part; // the one that is being written
    bool is_sent;             // scsynth has it
    bool is_done;             // its effects are the mirror's
    struct call *call; // to be answered when all parts have been, NULL if it has been already
    // Called once for who made it: when its effects are the mirror's, or when it is dropped.
    void (*then)(struct session *session, const struct bundle *bundle, void *data, bool done);
    void *then_data;
    GList link; // bundles::all
};

struct bundles {
    GQueue all;    // struct bundle, by time
    int last;      // number
    guint removed; // how many have been taken out
};

// Begins one: commands write into it until bundle_commit() or bundle_drop(). `time` is Unix time in
// microseconds, 0 for now. Returns it.
struct bundle *bundle_begin(struct session *session, int64_t time, guint commands);
// Carries out one command of it; its place among them is `index`. NULL, or what is wrong with it,
// owned by the caller. `params` is taken over.
struct problem *bundle_run(struct session *session, struct bundle *bundle, guint index,
                           const char *method, json_t *params);
// Begins one command of it that the caller carries out by itself, and gives the call that it has to
// answer, or to have answered by a wait.
struct call *bundle_begin_part(struct bundle *bundle, guint index, const struct command *command,
                               json_t *params);
// All commands are right: it goes its way. Calls waiting for it are answered by `call`, once all
// has been carried out, or at once where that is to be later.
void bundle_commit(struct session *session, struct bundle *bundle, struct call *call);
// One was wrong: nothing has happened.
void bundle_drop(struct session *session, struct bundle *bundle);

void bundles_init(struct bundles *bundles);
struct bundle *bundles_find(const struct bundles *bundles, int number);
// Commands of all that wait for their time.
guint bundles_waiting(const struct bundles *bundles);
// False where scsynth has it already.
bool bundle_cancel(struct session *session, struct bundle *bundle, const char *why);
// Those whose time has not come are cancelled.
void bundles_cancel_all(struct session *session, const char *why);
void bundles_tick(struct session *session);
int64_t bundles_next(const struct session *session); // 0 if none
// scsynth has lost what it had been given.
void bundles_server_lost(struct session *session);

// BUNDLE of docs/api.md. The caller owns it.
json_t *bundle_to_json(const struct bundle *bundle);
