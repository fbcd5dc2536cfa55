// SPDX-License-Identifier: GPL-3.0-or-later
// What REST adds to the command table: which row a request means, how its parameters come together
// from path, query and body, and which headers an answer has. No HTTP library is seen here.
#pragma once

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>

#include "controller/core/api/command.h"

// The most that a body may hold, bytes; of an SDP see LINK_MAX_SDP.
#define REST_MAX_JSON (1024 * 1024)
#define REST_MAX_SYNTHDEF (4 * 1024 * 1024)

// The headers of a request that decide; NULL for those that it lacks.
struct rest_head {
    const char *verb, *path; // the path as it was written, escapes and all, without the query
    const char *content_type, *content_length;
    bool authorised;    // by the key
    const char *token;  // of the query, for rows that go `by_token`
    const char *secret; // that tokens are signed with
    gint64 now;         // seconds of Unix time
};

// The row, with the path's parameters set in `params`; or NULL with `problem`, and for 405 the
// value of Allow in `allowed`, both owned by the caller.
const struct command *rest_route(const struct rest_head *head, json_t *params,
                                 struct problem **problem, char **allowed);

// The verbs of a path, "GET, POST", for OPTIONS; NULL if there is nothing. The caller frees it.
char *rest_verbs(const char *path);

// The media types that a path takes by a verb, "application/sdp"; NULL where that is not possible
// there. The caller frees it.
char *rest_accepts(const char *verb, const char *path);

// The media type of a body, the first where several are taken.
const char *rest_body_type(enum body body);

// Of BODY_UPLOAD the most that JSON may be; what a file may be is a setting.
gsize rest_max_body(const struct command *command);

// Whether a body of BODY_UPLOAD, which begins with `first`, is a file and no JSON.
bool rest_is_file(const char *content_type, char first);

// One pair of the query, still escaped. What the path has given already stays.
void rest_add_query(json_t *params, const char *name, const char *value);

// The members of a JSON body, which join `params`. NULL when all is well.
struct problem *rest_add_json(json_t *params, const char *bytes, gsize length);

// Status and headers of a result. The strings are the caller's; NULL where there is no header.
int rest_status(const struct command *command, const json_t *result);
char *rest_etag(const struct command *command, const json_t *result);
char *rest_location(const struct command *command, const json_t *result);
// draft-ietf-wish-whep, section 4.5: a STUN or TURN server as a Link header.
char *rest_ice_link(const json_t *server);
