// SPDX-License-Identifier: GPL-3.0-or-later
// JSON-RPC 2.0 over WebSocket connections, and the events that they subscribe to. Text in, text
// out; whoever owns the sockets calls in and is called.
#pragma once

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "controller/core/session.h"

#define RPC_PROTOCOL "farfield.v1"
#define RPC_MAX_MESSAGE (6 * 1024 * 1024) // a SynthDef of 4 MiB in base64
#define RPC_MAX_BATCH 1000
#define RPC_MAX_ANSWERS (1024 * 1024) // bytes of a batch's answers beyond which the rest is refused
#define RPC_MAX_OUTSTANDING 10000     // calls of one client without an answer

// The topics of `subscribe`, in the order of their bits.
#define RPC_TOPICS                                                                                     \
    "nodes|server|meters|rooms|listeners|synthdefs|log|buses|buffers|bundles|clock|scenes|recordings|" \
    "relays|history"

struct rpc_ports {
    void *data;
    // Sends a text message on a connection. `key` as in session_ports::emit.
    void (*send)(void *data, void *connection, GBytes *text, const char *key);
    // The client has brought its key.
    void (*trust)(void *data, void *connection);
};

struct rpc; // every client

struct rpc *rpc_create(struct session *session, const struct rpc_ports *ports);
void rpc_destroy(struct rpc *rpc);

// A new connection. Without `authorised` only `auth` and what is open to all can be called.
struct client *rpc_client_create(struct rpc *rpc, void *connection, bool authorised);
// The connection is gone; answers that are still due go nowhere.
void rpc_client_destroy(struct client *client, int64_t now);
bool rpc_client_authorised(const struct client *client);
// The Host that it asked and the User-Agent by which it has come; may be NULL.
void rpc_client_describe(struct client *client, const char *host, const char *agent);

// A text message: a request, a notification, or an array of them.
void rpc_receive(struct client *client, const char *text, gsize length, int64_t now);

// The ports of the session that lead here. All take `params`.
void rpc_emit(struct rpc *rpc, const char *topic, const char *event, json_t *params,
              const char *key);
// The same, but not to `except`.
void rpc_emit_others(struct rpc *rpc, const struct client *except, const char *topic,
                     const char *event, json_t *params, const char *key);
void rpc_notify(struct client *client, const char *method, json_t *params);

// For the commands subscribe, unsubscribe and auth.
void rpc_client_subscribe(struct client *client, const char *topic, bool on);
json_t *rpc_client_topics(const struct client *client);
void rpc_client_authorise(struct client *client);

// What others are told of it: a number that no other connection has had, and a name.
int rpc_client_number(const struct client *client);
const char *rpc_client_name(const struct client *client);
// "" gives it the name that it had at first.
void rpc_client_rename(struct client *client, const char *name);
