// SPDX-License-Identifier: GPL-3.0-or-later
#include "controller/core/api/rpc.h"

#include <string.h>

// JSON-RPC 2.0, section 5.1.
enum {
    CODE_PARSE_ERROR = -32700,
    CODE_INVALID_REQUEST = -32600,
    CODE_NO_METHOD = -32601,
    CODE_INVALID_PARAMS = -32602,
    CODE_REFUSED = -32000, // ours: the problem is in error.data
};

struct rpc {
    struct session *session;
    struct rpc_ports ports;
    GPtrArray *clients; // struct client, owned
    int clients_made;   // so far, by which the next is numbered
};

struct client {
    struct rpc *rpc;
    void *connection;
    char *host;  // owned: the Host that it asked, or NULL
    char *agent; // owned: its User-Agent, or NULL
    int number;  // from 1 on
    char *name;  // owned
    bool authorised;
    unsigned topics;    // bits, in the order of RPC_TOPICS
    GQueue outstanding; // struct reply
};

// The answers to an array of requests leave together, written out as they come.
struct group {
    GString *answers; // owned: "[...,..."
    int missing;      // answers that are not there yet, and 1 while the array is being read
};

// Where the answer to one request goes.
struct reply {
    struct client *client; // NULL when it has gone
    json_t *id;            // owned
    struct group *group;   // NULL for a request by itself
    GList link;            // client::outstanding
};

struct rpc *rpc_create(struct session *session, const struct rpc_ports *ports)
{
    struct rpc *rpc = g_new0(struct rpc, 1);
    rpc->session = session;
    rpc->ports = *ports;
    rpc->clients = g_ptr_array_new();
    return rpc;
}

void rpc_destroy(struct rpc *rpc)
{
    if (!rpc)
        return;
    g_assert(rpc->clients->len == 0);
    g_ptr_array_unref(rpc->clients);
    g_free(rpc);
}

struct client *rpc_client_create(struct rpc *rpc, void *connection, bool authorised)
{
    struct client *client = g_new0(struct client, 1);
    client->rpc = rpc;
    client->connection = connection;
    client->authorised = authorised;
    client->number = ++rpc->clients_made;
    rpc_client_rename(client, "");
    g_queue_init(&client->outstanding);
    g_ptr_array_add(rpc->clients, client);
    return client;
}

void rpc_client_destroy(struct client *client, int64_t now)
{
    g_ptr_array_remove_fast(client->rpc->clients, client);
    for (GList *link = client->outstanding.head; link; link = link->next)
        ((struct reply *)link->data)->client = NULL;
    session_client_gone(client->rpc->session, client, now);
    g_free(client->host);
    g_free(client->agent);
    g_free(client->name);
    g_free(client);
}

int rpc_client_number(const struct client *client)
{
    return client->number;
}

const char *rpc_client_name(const struct client *client)
{
    return client->name;
}

void rpc_client_rename(struct client *client, const char *name)
{
    g_free(client->name);
    client->name = *name ? g_strdup(name) : g_strdup_printf("client %d", client->number);
}

bool rpc_client_authorised(const struct client *client)
{
    return client->authorised;
}

void rpc_client_describe(struct client *client, const char *host, const char *agent)
{
    g_free(client->host);
    g_free(client->agent);
    client->host = g_strdup(host);
    client->agent = g_strdup(agent);
}

void rpc_client_authorise(struct client *client)
{
    client->authorised = true;
    client->rpc->ports.trust(client->rpc->ports.data, client->connection);
}

static GBytes *dump(const json_t *message)
{
    char *text = json_dumps(message, JSON_COMPACT | JSON_REAL_PRECISION(15));
    return g_bytes_new_with_free_func(text, strlen(text), free, text);
}

static void send_json(struct client *client, json_t *message)
{
    g_autoptr(GBytes) text = dump(message);
    client->rpc->ports.send(client->rpc->ports.data, client->connection, text, NULL);
    json_decref(message);
}

static json_t *error_answer(const json_t *id, int code, const char *message, json_t *data)
{
    // scsynth's words may be in the message, and need not be UTF-8.
    g_autofree char *valid = g_utf8_make_valid(message, -1);
    json_t *error = json_pack("{s:i s:s}", "code", code, "message", valid);
    if (data)
        json_object_set_new(error, "data", data);
    json_t *answer = json_pack("{s:s s:o}", "jsonrpc", "2.0", "error", error);
    json_object_set_new(answer, "id", id ? json_incref((json_t *)id) : json_null());
    return answer;
}

static void finish_group(struct client *client, struct group *group)
{
    if (--group->missing > 0)
        return;
    if (client && group->answers->len > 1) {
        g_string_append_c(group->answers, ']');
        g_autoptr(GBytes) text = g_string_free_to_bytes(g_steal_pointer(&group->answers));
        client->rpc->ports.send(client->rpc->ports.data, client->connection, text, NULL);
    } else {
        g_string_free(group->answers, TRUE);
    }
    g_free(group);
}

static void append_answer(struct group *group, json_t *answer)
{
    g_autoptr(GBytes) text = dump(answer);
    gsize length;
    const char *bytes = g_bytes_get_data(text, &length);
    if (group->answers->len > 1)
        g_string_append_c(group->answers, ',');
    g_string_append_len(group->answers, bytes, length);
    json_decref(answer);
}

// One answer: at once, or when all of its array are there.
static void deliver(struct client *client, struct group *group, json_t *answer)
{
    if (group)
        append_answer(group, answer);
    else
        send_json(client, answer);
}

static void on_reply(void *data, json_t *result, const struct problem *problem)
{
    struct reply *reply = data;
    struct client *client = reply->client;
    if (client) {
        g_queue_unlink(&client->outstanding, &reply->link);
        json_t *answer;
        if (problem)
            answer = error_answer(reply->id, problem->errors ? CODE_INVALID_PARAMS : CODE_REFUSED,
                                  problem->detail, problem_to_json(problem));
        else
            answer =
                json_pack("{s:s s:O s:O}", "jsonrpc", "2.0", "id", reply->id, "result", result);
        deliver(client, reply->group, answer);
    }
    json_decref(result);
    if (reply->group)
        finish_group(client, reply->group);
    json_decref(reply->id);
    g_free(reply);
}

static struct reply *reply_new(struct client *client, json_t *id, struct group *group)
{
    struct reply *reply = g_new0(struct reply, 1);
    reply->client = client;
    reply->id = json_incref(id);
    reply->group = group;
    if (group)
        group->missing++;
    reply->link.data = reply;
    g_queue_push_tail_link(&client->outstanding, &reply->link);
    return reply;
}

static void refuse(struct client *client, const json_t *id, struct group *group, int code,
                   const char *message)
{
    deliver(client, group, error_answer(id, code, message, NULL));
}

static bool may_call(const struct client *client, const struct command *command)
{
    return client->authorised || command->scope == SCOPE_OPEN;
}

static bool is_request(const json_t *request)
{
    const json_t *id = json_object_get(request, "id");
    const json_t *params = json_object_get(request, "params");
    return json_is_object(request) && json_is_string(json_object_get(request, "method")) &&
           g_strcmp0(json_string_value(json_object_get(request, "jsonrpc")), "2.0") == 0 &&
           (!id || json_is_string(id) || json_is_number(id) || json_is_null(id)) &&
           (!params || json_is_object(params));
}

static void run_request(struct client *client, json_t *request, struct group *group, int64_t now)
{
    json_t *id = json_object_get(request, "id");
    if (!is_request(request)) {
        refuse(client, json_is_string(id) || json_is_number(id) ? id : NULL, group,
               CODE_INVALID_REQUEST,
               "a request is {\"jsonrpc\": \"2.0\", \"method\": text, \"params\": object, "
               "\"id\": text or number}");
        return;
    }
    const char *method = json_string_value(json_object_get(request, "method"));
    const struct command *command = command_by_method(method);
    // To a notification nothing is ever answered.
    if (!command || command->rest_only) {
        if (id)
            refuse(client, id, group, CODE_NO_METHOD, "there is no such method");
        return;
    }
    if (!may_call(client, command)) {
        struct problem *problem = problem_new(401, "call auth with the key first");
        if (id)
            deliver(client, group,
                    error_answer(id, CODE_REFUSED, problem->detail, problem_to_json(problem)));
        problem_destroy(problem);
        return;
    }
    if (group && group->answers->len > RPC_MAX_ANSWERS) {
        if (id)
            refuse(client, id, group, CODE_REFUSED, "the answers to this batch are too long");
        return;
    }
    if (id && client->outstanding.length >= RPC_MAX_OUTSTANDING) {
        refuse(client, id, group, CODE_REFUSED, "too many requests are waiting for an answer");
        return;
    }
    struct reply *reply = id ? reply_new(client, id, group) : NULL;
    json_t *params = json_object_get(request, "params");
    struct call *call =
        call_new(command, json_incref(params), NULL, client, reply ? on_reply : NULL, reply);
    call->host = client->host;
    call->agent = client->agent;
    session_call(client->rpc->session, call, false, now);
}

static void run_array(struct client *client, json_t *requests, int64_t now)
{
    size_t count = json_array_size(requests), i;
    if (count == 0 || count > RPC_MAX_BATCH) {
        refuse(client, NULL, NULL, CODE_INVALID_REQUEST, "a batch holds 1 to 1000 requests");
        return;
    }
    struct group *group = g_new0(struct group, 1);
    group->answers = g_string_new("[");
    group->missing = 1;
    json_t *request;
    json_array_foreach(requests, i, request) run_request(client, request, group, now);
    finish_group(client, group);
}

void rpc_receive(struct client *client, const char *text, gsize length, int64_t now)
{
    json_error_t failure;
    json_t *message = json_loadb(text, length, JSON_REJECT_DUPLICATES, &failure);
    if (!message) {
        g_autofree char *detail =
            g_strdup_printf("not JSON: %s, at byte %d", failure.text, failure.position);
        refuse(client, NULL, NULL, CODE_PARSE_ERROR, detail);
        return;
    }
    if (json_is_array(message))
        run_array(client, message, now);
    else
        run_request(client, message, NULL, now);
    json_decref(message);
}

static unsigned topic_bit(const char *topic)
{
    unsigned bit = 1;
    gsize length = strlen(topic);
    for (const char *at = RPC_TOPICS; at; bit <<= 1) {
        if (strncmp(at, topic, length) == 0 && (at[length] == '|' || at[length] == '\0'))
            return bit;
        at = strchr(at, '|');
        at = at ? at + 1 : NULL;
    }
    return 0;
}

void rpc_client_subscribe(struct client *client, const char *topic, bool on)
{
    unsigned bit = topic_bit(topic);
    client->topics = on ? client->topics | bit : client->topics & ~bit;
}

json_t *rpc_client_topics(const struct client *client)
{
    json_t *list = json_array();
    g_auto(GStrv) topics = g_strsplit(RPC_TOPICS, "|", -1);
    for (int i = 0; topics[i]; i++)
        if (client->topics & 1u << i)
            json_array_append_new(list, json_string(topics[i]));
    return list;
}

static json_t *notification(const char *method, json_t *params)
{
    return json_pack("{s:s s:s s:o}", "jsonrpc", "2.0", "method", method, "params", params);
}

void rpc_emit(struct rpc *rpc, const char *topic, const char *event, json_t *params,
              const char *key)
{
    rpc_emit_others(rpc, NULL, topic, event, params, key);
}

// Written out once for all who get it.
void rpc_emit_others(struct rpc *rpc, const struct client *except, const char *topic,
                     const char *event, json_t *params, const char *key)
{
    unsigned bit = topic_bit(topic);
    g_autoptr(GBytes) text = NULL;
    json_t *message = notification(event, params);
    for (guint i = 0; i < rpc->clients->len; i++) {
        struct client *client = g_ptr_array_index(rpc->clients, i);
        if (!(client->topics & bit) || client == except)
            continue;
        if (!text)
            text = dump(message);
        rpc->ports.send(rpc->ports.data, client->connection, text, key);
    }
    json_decref(message);
}

void rpc_notify(struct client *client, const char *method, json_t *params)
{
    send_json(client, notification(method, params));
}
