// SPDX-License-Identifier: GPL-3.0-or-later
// What concerns one WebSocket connection: its key and its topics.
#include <string.h>

#include "controller/core/commands/commands.h"
#include "controller/core/api/rpc.h"
#include "controller/core/holds.h"

static void change_topics(struct session *session, struct call *call, bool on)
{
    const json_t *topics = json_object_get(call->params, "topics");
    struct client *client = call->client;
    bool nodes = false;
    for (size_t i = 0; i < json_array_size(topics); i++) {
        const char *topic = json_string_value(json_array_get(topics, i));
        rpc_client_subscribe(call->client, topic, on);
        session->beats_wanted = session->beats_wanted || (on && strcmp(topic, "clock") == 0);
        nodes = nodes || (on && strcmp(topic, "nodes") == 0);
    }
    call_succeed(call, json_pack("{s:o}", "topics", rpc_client_topics(call->client)));
    // There is no other way to ask what others hold already.
    if (nodes)
        holds_tell_present(session, client);
}

static void subscribe(struct session *session, struct call *call)
{
    change_topics(session, call, true);
}

static void unsubscribe(struct session *session, struct call *call)
{
    change_topics(session, call, false);
}

static void auth(struct session *session, struct call *call)
{
    if (session_key_fits(session, call_string(call, "key"))) {
        rpc_client_authorise(call->client);
        call_succeed(call, NULL);
    } else {
        call_fail(call, problem_new(401, "that is not the key"));
    }
}

#define TOPICS                                                                                     \
    {                                                                                              \
        "topics", PARAM_STRINGS, true, "kinds of events", .choices = RPC_TOPICS                    \
    }

static const struct command subscribe_row = {
    "subscribe",
    .scope = SCOPE_READ,
    .websocket_only = true,
    .words = "Has events of these topics sent to this connection.",
    .params = {TOPICS},
    .result = "topics",
    .example = "{\"topics\":[\"nodes\",\"server\"]}",
    .handle = subscribe,
};
static const struct command unsubscribe_row = {
    "unsubscribe",
    .scope = SCOPE_READ,
    .websocket_only = true,
    .words = "Ends that.",
    .params = {TOPICS},
    .result = "topics",
    .example = "{\"topics\":[\"nodes\"]}",
    .handle = unsubscribe,
};
static const struct command auth_row = {
    "auth",
    .scope = SCOPE_OPEN,
    .websocket_only = true,
    .words = "Brings the key, for clients that cannot set a header.",
    .params = {{"key", PARAM_STRING, true, "the key"}},
    .handle = auth,
};

const struct command *const topic_commands[] = {&subscribe_row, &unsubscribe_row, &auth_row, NULL};
