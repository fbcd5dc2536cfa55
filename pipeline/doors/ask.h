// SPDX-License-Identifier: GPL-3.0-or-later
// What clients of the doors without WebRTC ask and say: pure readers of a stranger's bytes.
#pragma once

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>

#include "common/link.h"
#include "common/token.h"

// The longest text that a client may send by WebSocket, bytes.
#define ASK_MAX_SAID 1024

// A request's path and query.
struct ask {
    char room[128];
    enum listener_kind kind;
    enum stream_mode mode;
    char token[TOKEN_MAX + 1]; // "" where there is none
};

// Reads "/v1/rooms/main/listen.webm" and "token=...", both with their escapes undone; `arguments`
// ends with NULL. False with `error` of kind 404 for a path that is none of ours, 422 for an
// argument that is unknown, there twice, or wrong.
bool ask_read(struct ask *ask, const char *path, const char *const *arguments, GError **error);

enum said_type { SAID_CLOCK, SAID_MODE };

// A message by WebSocket.
struct said {
    enum said_type type;
    json_t *t;             // owned: CLOCK: what is to come back, NULL for nothing
    enum stream_mode mode; // MODE
};

// Clear it whatever is returned.
bool said_read(struct said *said, const char *text, gsize length, GError **error);
void said_clear(struct said *said);
