// SPDX-License-Identifier: GPL-3.0-or-later
// REST, WHEP and the panel's files over HTTP, by libmicrohttpd on the GLib loop.
#pragma once

#include <glib.h>

#include "controller/core/api/access.h"
#include "controller/core/session.h"

// Limits; those of bodies are in controller/core/api/rest.h.
#define HTTP_MAX_CONNECTIONS 1000
#define HTTP_MAX_OF_ONE_ADDRESS 500 // a proxy is one address, too
#define HTTP_MAX_HEADER 32768
#define HTTP_MAX_REFUSED (16 * 1024 * 1024) // of a body that is read only to be refused
#define HTTP_IDLE_SECONDS 30
#define HTTP_MAX_UPLOADS 8 // files on their way at once

struct http;

// Listens; `session` and `access` must outlive it. NULL with `error` where the port is taken.
struct http *http_open(const char *address, int port, const char *web_dir, struct session *session,
                       const struct access *access, GError **error);

// From now on files of at most `max` bytes are taken; they go to `dir` while they are on their way.
void http_take_uploads(struct http *http, const char *dir, guint64 max);

// Every call must have been answered before: session_stop().
void http_close(struct http *http);
