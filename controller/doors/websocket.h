// SPDX-License-Identifier: GPL-3.0-or-later
// WebSocket servers, by libwebsockets on the GLib loop: text messages in, text messages out, with
// a bound on what may wait for a slow reader.
//
// What a slow reader has not got yet is thinned out before it is closed: a message that has a key
// takes the place of one of the same key that still waits.
#pragma once

#include <glib.h>
#include <stdbool.h>

#define WEBSOCKET_MAX_QUEUE (8 * 1024 * 1024) // bytes that wait; more closes the connection
#define WEBSOCKET_MAX_CONNECTIONS 1000
// Of those whose key is still to come: how many, how long a message, how many seconds.
#define WEBSOCKET_MAX_STRANGERS 100
#define WEBSOCKET_STRANGER_MESSAGE 4096
#define WEBSOCKET_STRANGER_SECONDS 10

struct websockets;       // the library's context
struct websocket_server; // one port
struct websocket;        // one connection

struct websocket_ports {
    void *data;
    // Whether a client may connect; NULL arguments are headers that it did not send. What is put
    // into `authorised` is handed to on_open.
    bool (*may_open)(void *data, const char *host, const char *origin, const char *authorization,
                     bool *authorised);
    // What on_open gives back goes with every other call. `host` is the Host that it
    // asked, `agent` its User-Agent, either of them NULL without one.
    void *(*on_open)(void *data, struct websocket *websocket, bool authorised, const char *host,
                     const char *agent);
    void (*on_text)(void *connection, const char *text, gsize length);
    void (*on_close)(void *connection);
};

// Works on `loop`, which must outlive it.
struct websockets *websockets_create(GMainLoop *loop);
// Closes every connection, with on_close for each.
void websockets_destroy(struct websockets *websockets);

// Listens on `address` and `port` (0: a free one) for clients of one subprotocol. Messages longer
// than `max_message` bytes close the connection. NULL with `error` where the port is taken.
struct websocket_server *websocket_listen(struct websockets *websockets, const char *address,
                                          int port, const char *protocol, gsize max_message,
                                          const struct websocket_ports *ports, GError **error);
int websocket_server_port(const struct websocket_server *server);

// The client has shown who it is: from now on it may take its time and write as much as any.
void websocket_trust(struct websocket *websocket);

// Queues a message.
void websocket_send(struct websocket *websocket, GBytes *text, const char *key);

// Closes with a reason that the client is told, once what is queued has been written.
void websocket_close(struct websocket *websocket, int code, const char *reason);
