// SPDX-License-Identifier: GPL-3.0-or-later
// The pipeline's end of common/link.h: a WebSocket client that connects for ever. What is sent
// while there is no connection is dropped, since a hello tells everything anew.
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "common/link.h"

struct link;

// What libwebsockets has to say in this process, to the doors, too, goes to the log from now on.
void link_set_log(void);

struct link_handler {
    void (*connected)(void *data); // the place to say hello
    void (*message)(const struct link_message *message, void *data);
    void *data;
};

// `url` is ws://HOST:PORT/PATH or wss:; NULL with `error` when it is not.
struct link *link_create(GMainLoop *loop, const char *url, const char *token,
                         const struct link_handler *handler, GError **error);
void link_destroy(struct link *link);

// Queues a message. Meters are dropped first where the controller reads slowly; when even the rest
// piles up, the connection is closed and begun anew.
void link_send(struct link *link, const struct link_message *message);

// Whether everything has been sent, or there is no one to send it to.
bool link_is_idle(const struct link *link);
