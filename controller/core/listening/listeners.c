// SPDX-License-Identifier: GPL-3.0-or-later
#include "controller/core/listening/listeners.h"

#include <string.h>

#include "common/agent.h"
#include "controller/core/leases.h"
#include "controller/core/listening/audience.h"
#include "controller/core/listening/signaling.h"
#include "controller/core/undo/undo.h"
#include "controller/core/session_own.h"

static const char *const states[] = {
    [LISTENER_CONNECTING] = "connecting",
    [LISTENER_CONNECTED] = "connected",
    [LISTENER_CLOSED] = "closed",
};

static void listener_destroy(gpointer data)
{
    struct listener *listener = data;
    g_free(listener->id);
    g_free(listener->room);
    g_free(listener->agent);
    reception_clear(&listener->reception);
    g_free(listener->next_ufrag);
    ice_session_clear(&listener->ice);
    g_free(listener);
}

void listeners_init(struct session *session)
{
    session->listeners = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, listener_destroy);
    session->left = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
}

void listeners_stop(struct session *session)
{
    GHashTableIter iter;
    gpointer listener;
    g_hash_table_iter_init(&iter, session->listeners);
    while (g_hash_table_iter_next(&iter, NULL, &listener))
        signaling_fail(session, listener, 503, "Farfield is shutting down");
}

void listeners_clear(struct session *session)
{
    g_clear_pointer(&session->listeners, g_hash_table_unref);
    g_clear_pointer(&session->left, g_hash_table_unref);
}

int listeners_in_room(const struct session *session, const char *room)
{
    int count = 0;
    GHashTableIter iter;
    gpointer listener;
    g_hash_table_iter_init(&iter, session->listeners);
    while (g_hash_table_iter_next(&iter, NULL, &listener))
        count += strcmp(((struct listener *)listener)->room, room) == 0;
    return count;
}

// How it came, and of WebRTC where its signaling is.
static const char *transport_of(const struct listener *listener)
{
    if (listener->kind == KIND_WEBRTC)
        return listener->client ? "websocket" : "whep";
    return listener->kind == KIND_WEBM || listener->kind == KIND_OGG ? "http" : "websocket";
}

const char *listener_served(const struct listener *listener)
{
    return stream_mode_name(listener->reception.stats.mode);
}

json_t *listener_to_json(const struct session *session, const struct listener *listener)
{
    json_t *object = json_pack(
        "{s:s s:s s:s s:s s:s s:f s:s s:s s:s?}", "id", listener->id, "room", listener->room,
        "state", states[listener->state], "mode", stream_mode_name(listener->mode), "served",
        listener_served(listener), "since", listener->since, "transport", transport_of(listener),
        "kind", listener_kind_name(listener->kind), "client", listener->agent);
    reception_to_json(&listener->reception, object, session->now);
    return object;
}

json_t *listeners_to_json(const struct session *session)
{
    json_t *list = json_array();
    GHashTableIter iter;
    gpointer listener;
    g_hash_table_iter_init(&iter, session->listeners);
    while (g_hash_table_iter_next(&iter, NULL, &listener))
        json_array_append_new(list, listener_to_json(session, listener));
    return list;
}

void listener_emit(struct session *session, const struct listener *listener)
{
    g_autofree char *key = g_strconcat("listener/", listener->id, NULL);
    session->ports.emit(session->ports.data, "listeners", "listener.changed",
                        json_pack("{s:o}", "listener", listener_to_json(session, listener)), key);
}

static void tell_client(struct session *session, const struct listener *listener,
                        const char *detail)
{
    if (!listener->client)
        return;
    json_t *params = json_pack("{s:s s:s s:s*}", "listener", listener->id, "state",
                               states[listener->state], "detail", detail);
    session->ports.notify(session->ports.data, listener->client, "webrtc.state", params);
}

void listener_set_state(struct session *session, struct listener *listener,
                        enum listener_state state, const char *detail)
{
    listener->state = state;
    tell_client(session, listener, detail);
    listener_emit(session, listener);
    if (state == LISTENER_CLOSED) {
        g_autofree char *room = g_strdup(listener->room);
        signaling_fail(session, listener, 503,
                       detail ? detail : "the pipeline closed the connection");
        g_hash_table_remove(session->listeners, listener->id);
        session_emit_room(session, room);
    }
}

struct listener *listener_of_call(struct session *session, struct call *call)
{
    const char *id = call_string(call, "listener");
    struct listener *listener = g_hash_table_lookup(session->listeners, id);
    if (listener && listener->client == call->client && listener->kind == KIND_WEBRTC)
        return listener;
    call_fail(call, problem_new(404, "there is no such listener"));
    return NULL;
}

struct listener *listener_adopted(struct session *session, struct call *call)
{
    struct listener *listener =
        g_hash_table_lookup(session->listeners, call_string(call, "listener"));
    if (listener && listener->client && call->client)
        listener->client = call->client;
    return listener_of_call(session, call);
}

struct listener *listener_add(struct session *session, const char *id, const char *room,
                              enum stream_mode mode)
{
    struct listener *listener = g_new0(struct listener, 1);
    listener->id = g_strdup(id);
    listener->room = g_strdup(room);
    listener->mode = mode;
    reception_init(&listener->reception, mode);
    g_hash_table_insert(session->listeners, listener->id, listener);
    return listener;
}

char *listener_new_id(const struct session *session)
{
    guint8 bytes[16];
    GString *id = g_string_new(NULL);
    session->ports.random(session->ports.data, bytes, sizeof bytes);
    for (gsize i = 0; i < sizeof bytes; i++)
        g_string_append_printf(id, "%02x", bytes[i]);
    return g_string_free(id, FALSE);
}

bool listener_set_mode(struct session *session, struct listener *listener, enum stream_mode mode)
{
    struct link_message message = {.type = LINK_MODE, .listener = listener->id, .mode = mode};
    if (!session->ports.to_pipeline(session->ports.data, &message))
        return false;
    listener->mode = mode;
    listener_emit(session, listener);
    return true;
}

void listener_close(struct session *session, struct listener *listener, const char *why)
{
    struct link_message close = {
        .type = LINK_CLOSE, .listener = listener->id, .detail = (char *)why};
    // The pipeline may be out of reach and still send to this listener: it is told when it is back.
    if (!session->ports.to_pipeline(session->ports.data, &close))
        g_hash_table_add(session->left, g_strdup(listener->id));
    listener_set_state(session, listener, LISTENER_CLOSED, why);
}

void session_client_gone(struct session *session, struct client *client, int64_t now)
{
    session->now = now;
    holds_drop(session, client, -1, NULL);
    leases_client_gone(session, client);
    undo_client_gone(session, client);
    for (struct node *n = tree_find(&session->tree, TREE_ROOT); n; n = tree_next(n))
        n->asker = n->asker == client ? NULL : n->asker;
    g_autoptr(GPtrArray) gone = g_ptr_array_new();
    GHashTableIter iter;
    gpointer each;
    g_hash_table_iter_init(&iter, session->listeners);
    while (g_hash_table_iter_next(&iter, NULL, &each))
        if (((struct listener *)each)->client == client)
            g_ptr_array_add(gone, each);
    for (guint i = 0; i < gone->len; i++) {
        struct listener *listener = g_ptr_array_index(gone, i);
        listener->client = NULL;
        listener_close(session, listener, "its WebSocket was closed");
    }
    session_schedule(session);
}

// --- what the pipeline says ---------------------------------------------------------------------

static void count_listener(struct session *session, struct listener *listener,
                           const struct link_stats *stats)
{
    struct link_stats grown;
    reception_count(&listener->reception, stats, session->now, &grown);
    audience_add(session_room(session, listener->room), &grown);
    listener->counted = true;
    if (!session->stats_at)
        session->stats_at = session->now + SESSION_STATS_INTERVAL;
}

// The same state again says that an answer was taken.
static void on_state(struct session *session, struct listener *listener,
                     const struct link_message *message)
{
    if (message->state != listener->state)
        listener_set_state(session, listener, message->state, message->detail);
    else
        signaling_on_taken(session, listener);
}

// One listens by a door of the pipeline's own, or does so in another mode.
static void on_joined(struct session *session, const struct link_message *message)
{
    struct listener *listener = g_hash_table_lookup(session->listeners, message->listener);
    if (!listener) {
        listener = listener_add(session, message->listener, message->room, message->mode);
        reception_begin(&listener->reception, session->now);
        listener->agent = agent_name(message->client);
    }
    listener->kind = message->kind;
    listener->state = LISTENER_CONNECTED;
    listener->mode = message->mode;
    listener->since = message->since;
    listener_emit(session, listener);
    session_emit_room(session, message->room);
}

void listeners_on_link(struct session *session, const struct link_message *message)
{
    if (message->type == LINK_JOINED) {
        on_joined(session, message);
        return;
    }
    struct listener *listener = g_hash_table_lookup(session->listeners, message->listener);
    if (!listener)
        return;
    switch (message->type) {
    case LINK_OFFER:
    case LINK_ANSWER:
    case LINK_CANDIDATE:
    case LINK_REFUSED:
        signaling_on_link(session, listener, message);
        break;
    case LINK_STATE:
        on_state(session, listener, message);
        break;
    case LINK_STATS:
        count_listener(session, listener, &message->stats);
        break;
    default:
        break;
    }
}

// The pipeline's list is the truth: listeners that it lacks are gone, those it has are learnt.
void listeners_on_hello(struct session *session, const GPtrArray *list)
{
    g_autoptr(GHashTable) there = g_hash_table_new(g_str_hash, g_str_equal);
    for (guint i = 0; i < list->len; i++) {
        const struct link_listener *told = g_ptr_array_index(list, i);
        if (g_hash_table_contains(session->left, told->id)) {
            struct link_message close = {.type = LINK_CLOSE, .listener = told->id};
            session->ports.to_pipeline(session->ports.data, &close);
            continue;
        }
        struct listener *listener = g_hash_table_lookup(session->listeners, told->id);
        if (!listener)
            listener = listener_add(session, told->id, told->room, told->mode);
        listener->kind = told->kind;
        if (!listener->agent)
            listener->agent = agent_name(told->client);
        listener->state = told->state;
        listener->since = told->since;
        ice_session_set(&listener->ice, told->ufrag, told->their_ufrag);
        g_hash_table_add(there, told->id);
        listener_emit(session, listener);
    }
    g_hash_table_remove_all(session->left);
    g_autoptr(GList) all = g_hash_table_get_values(session->listeners);
    for (GList *link = all; link; link = link->next) {
        struct listener *listener = link->data;
        if (!g_hash_table_contains(there, listener->id))
            listener_set_state(session, listener, LISTENER_CLOSED, "the pipeline was restarted");
    }
}

void listeners_link_lost(struct session *session)
{
    g_autoptr(GList) all = g_hash_table_get_values(session->listeners);
    for (GList *link = all; link; link = link->next)
        signaling_fail(session, link->data, 503, "the pipeline was lost before it answered");
}
