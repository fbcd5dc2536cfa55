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

#include "controller/core/api/problem.h"

struct session;
struct client;

enum param_type {
    PARAM_STRING,
    PARAM_NUMBER,
    PARAM_INTEGER,
    PARAM_BOOLEAN,
    PARAM_CONTROLS, // {"name": number or [numbers]}
    PARAM_MAPS,     // {"name": "bus" or null}
    PARAM_STRINGS,  // array of strings
    PARAM_NUMBERS,  // array of numbers that fit a float32
    PARAM_OBJECT,   // any object, which the handler checks
    PARAM_ID,       // string or whole number, which becomes a string
    PARAM_OBJECTS,  // array of objects, which the handler checks
    PARAM_ARRAY,    // array of anything, likewise
};

// The most that a string holds where its row says nothing else, bytes.
#define PARAM_MAX_STRING 255

struct param {
    const char *name;
    enum param_type type;
    bool required;
    const char *words;
    const char *unit;     // NULL without one
    const char *choices;  // PARAM_STRING, PARAM_STRINGS: "a|b|c", NULL for any
    double min, max;      // numbers; both 0 for any. Strings: most bytes in max, 0 for
                          // PARAM_MAX_STRING. Arrays but of strings: fewest and most members
    const char *fallback; // JSON text of what is assumed, NULL for nothing
};

// What a key must allow. There is one key so far, and it allows everything.
enum scope { SCOPE_OPEN, SCOPE_LISTEN, SCOPE_READ, SCOPE_PLAY, SCOPE_ADMIN };

// BODY_FILE is an answer only, and of rows that are `rest_only`: the result is {"path", "type",
// "filename"?, "delete"?} (controller/doors/http_send.h), of which HTTP makes the file's bytes.
// BODY_UPLOAD is a request only: JSON, or a file that goes to the disk as it comes (call::upload).
// BODY_METRICS is the "text" of the result, as an answer only.
// BODY_SDP_PATCH is a request only: a BODY_SDPFRAG or a BODY_SDP, which call::type tells. An answer
// of BODY_SDP or BODY_SDPFRAG is the result's member "sdp", empty without it; "status" may take the
// place of the row's, and "etag" becomes a header.
enum body {
    BODY_NONE,
    BODY_JSON,
    BODY_SDP,
    BODY_SDPFRAG,
    BODY_SDP_PATCH,
    BODY_SYNTHDEF,
    BODY_FILE,
    BODY_UPLOAD,
    BODY_METRICS
};

struct call;

struct command {
    const char *method; // JSON-RPC: "node.set"
    const char *verb;   // REST; NULL where there is none
    const char *path;   // "/v1/nodes/{id}"
    enum scope scope;
    enum body body;   // what the REST request carries
    enum body answer; // what its answer carries: BODY_JSON, _SDP, _SDPFRAG, _FILE, _METRICS, _NONE
    int status;       // of a success
    const char *location; // template of the Location header, from the result: "/v1/nodes/{id}",
                          // or "{+url}" where it is one already
    bool websocket_only;  // needs a connection that lasts
    bool rest_only;       // makes sense in HTTP only
    bool waits;           // keeps even a notification until scsynth has answered
    bool bundled;         // can be part of a bundle
    bool urgent;          // is let through however many wait
    bool by_token;        // a token for its method and parameter "id" does in place of the key
    unsigned max_body;    // bytes of a body, where they are not the usual ones of its kind
    const char *words;
    const char *result;      // name of what a success answers, of schemas.h; NULL for nothing
    const char *example;     // JSON text of params that can be run; NULL where none makes sense
    struct param params[12]; // ended by a row without a name
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
    bool hasty;            // the reply is to say what is wrong, and need not wait for scsynth
    const char *upload; // borrowed: path of a file that came as body, deleted once it is answered
    // Headers of the request, borrowed while it is handled; NULL if there is none.
    const char *host;     // that was asked
    const char *type;     // of the body
    const char *if_match; // what it is for
    const char *agent;    // that asks
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

// Whether somebody waits for what scsynth says.
bool call_is_awaited(const struct call *call);

// Parameters of a validated call.
const char *call_string(const struct call *call, const char *name); // NULL if not given
double call_number(const struct call *call, const char *name);      // 0 if not given
int call_integer(const struct call *call, const char *name);        // 0 if not given
bool call_flag(const struct call *call, const char *name);
bool call_has(const struct call *call, const char *name);
