// SPDX-License-Identifier: GPL-3.0-or-later
// What an answer over HTTP looks like: its headers, and its body of JSON, SDP or a panel's file.
#pragma once

#include <jansson.h>
#include <microhttpd.h>

#include "controller/core/api/command.h"
#include "controller/core/api/problem.h"

// A header of the request, NULL where it has none; the connection owns it.
const char *http_header(struct MHD_Connection *connection, const char *name);

// Pages of other origins that are allowed may read the answer.
void http_add_cors(struct MHD_Response *response, struct MHD_Connection *connection);

// An answer that is a problem, and one that is the result of a command (not of BODY_FILE). The
// caller owns them.
struct MHD_Response *http_problem(const struct problem *problem);
struct MHD_Response *http_result(const struct command *command, const json_t *result);
// A problem of who may not ask that; `allow` says what may be, NULL for no word of it.
struct MHD_Response *http_refusal(struct MHD_Connection *connection, const struct problem *problem,
                                  const char *allow);

// Sends an answer, which it takes.
enum MHD_Result http_queue(struct MHD_Connection *connection, int status,
                           struct MHD_Response *response);
// Sends a refusal. Takes `problem`.
enum MHD_Result http_refuse(struct MHD_Connection *connection, struct problem *problem,
                            const char *allow);
// Says which methods there are at a path of the API.
enum MHD_Result http_answer_options(struct MHD_Connection *connection, const char *path);

// The panel.
struct http_panel {
    char *dir;              // owned: where its files are
    char *streams;          // owned: what its pages may reach besides this server
    struct http_gzip *gzip; // owned
};

void http_panel_init(struct http_panel *panel, const char *dir, const char *streams);
void http_panel_clear(struct http_panel *panel);
// Sends a file of it.
enum MHD_Result http_answer_file(const struct http_panel *panel, struct MHD_Connection *connection,
                                 const char *verb, const char *path);
