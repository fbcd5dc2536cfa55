// SPDX-License-Identifier: GPL-3.0-or-later
// The command table: every operation is one row, from which REST, JSON-RPC, validation, the
// permission check and the reference documentation come.
//
// A call is one use of a row. Whoever makes it (REST, WebSocket) hands over parsed input; the row's
// handler either answers at once or keeps the call until scsynth or the pipeline has spoken. Every
// call is answered exactly once, by call_succeed() or call_fail().
#pragma once

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>

#include "controller/core/problem.h"

struct session;
struct client;

enum param_type {
    PARAM_STRING,
    PARAM_NUMBER,
    PARAM_INTEGER,
    PARAM_BOOLEAN,
    PARAM_CONTROLS, // {"name": number or [numbers]}
    PARAM_STRINGS,  // array of strings
};

struct param {
    const char *name;
    enum param_type type;
    bool required;
    const char *words;
    const char *unit;     // NULL without one
    const char *choices;  // PARAM_STRING, PARAM_STRINGS: "a|b|c", NULL for any
    double min, max;      // numbers; both 0 for any. Strings: most bytes in max, 0 for 255
    const char *fallback; // JSON text of what is assumed, NULL for nothing
};

// What a key must allow. There is one key so far, and it allows everything.
enum scope { SCOPE_OPEN, SCOPE_LISTEN, SCOPE_READ, SCOPE_PLAY, SCOPE_ADMIN };

enum body { BODY_NONE, BODY_JSON, BODY_SDP, BODY_SDPFRAG, BODY_SYNTHDEF };

struct call;

struct command {
    const char *method; // JSON-RPC: "node.set"
    const char *verb;   // REST; NULL where there is none
    const char *path;   // "/v1/nodes/{id}"
    enum scope scope;
    enum body body;       // what the REST request carries
    enum body answer;     // what its answer carries: BODY_JSON, BODY_SDP or BODY_NONE
    int status;           // of a success
    const char *location; // template of the Location header, from the result: "/v1/nodes/{id}"
    bool websocket_only;  // needs a connection that lasts
    bool rest_only;       // makes sense in HTTP only
    bool waits;           // keeps even a notification until scsynth has answered
    bool urgent;          // is let through however many wait
    const char *words;
    struct param params[8]; // ended by a row without a name
    void (*handle)(struct session *session, struct call *call);
};

// Exactly one of `result` (owned by the callee from then on) and `problem` (borrowed) is not NULL.
typedef void (*call_reply)(void *data, json_t *result, const struct problem *problem);

struct call {
    const struct command *command;
    json_t *params;        // owned; an object, after validation with the fallbacks filled in
    GBytes *body;          // owned; SDP or SynthDef bytes, NULL else
    struct client *client; // the WebSocket it came by, NULL for REST
    call_reply reply;      // NULL for a JSON-RPC notification
    void *data;            // for reply
    const char *host;      // borrowed while it is handled: the Host that was asked, NULL if unknown
};

// All rows, sorted by method. `count` may be NULL.
const struct command *const *command_table(gsize *count);

// The row of a JSON-RPC method, or NULL.
const struct command *command_by_method(const char *method);

// The row for a verb and path; on success the path's parameters are set in `params` as strings.
// NULL with `allowed` (a comma-separated list of verbs, owned by the caller) set when the path is
// known under other verbs, NULL when it is not known at all.
const struct command *command_by_path(const char *verb, const char *path, json_t *params,
                                      char **allowed);

// Checks `params` (an object) against the row: types, ranges, unknown names; fills in fallbacks.
// `loose` lets numbers and booleans be given as strings, as paths and queries do.
// NULL when all is well, else a problem with an entry for each field.
struct problem *command_validate(const struct command *command, json_t *params, bool loose);

// Makes a call that owns what it is given; `params` may be NULL.
struct call *call_new(const struct command *command, json_t *params, GBytes *body,
                      struct client *client, call_reply reply, void *data);
// Answers and frees the call. `result` may be NULL for "nothing to say"; it is taken over, as is
// `problem`.
void call_succeed(struct call *call, json_t *result);
void call_fail(struct call *call, struct problem *problem);

// Parameters of a validated call.
const char *call_string(const struct call *call, const char *name); // NULL if not given
double call_number(const struct call *call, const char *name);      // 0 if not given
int call_integer(const struct call *call, const char *name);        // 0 if not given
bool call_flag(const struct call *call, const char *name);
bool call_has(const struct call *call, const char *name);
