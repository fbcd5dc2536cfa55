// SPDX-License-Identifier: GPL-3.0-or-later
#include "pipeline/webrtc/listeners.h"

#include "common/error.h"
#include "common/log.h"
#include "pipeline/webrtc/listener.h"
#include "pipeline/webrtc/pending.h"

struct listeners {
    struct link *link;
    GHashTable *present;     // owned: id -> struct listener
    GThread *warm_up;        // owned, until it has ended
    guint opening;           // source of on_warm(), from the end of it on
    struct pending *pending; // owned: who is still to be let in, and what they were told since
    struct listener_events events;
    struct listener_context context;
};

// --- telling the controller -----------------------------------------------------------

static void tell_state(struct listeners *listeners, const char *id, enum listener_state state,
                       const char *detail)
{
    struct link_message message = {
        .type = LINK_STATE, .listener = (char *)id, .state = state, .detail = (char *)detail};
    link_send(listeners->link, &message);
}

static void tell_refused(struct listeners *listeners, const char *id, int status,
                         const char *detail)
{
    struct link_message message = {
        .type = LINK_REFUSED, .listener = (char *)id, .status = status, .detail = (char *)detail};
    link_send(listeners->link, &message);
    log_info("listener.refused", "{s:s s:i s:s}", "listener", id, "status", status, "detail",
             detail);
}

// --- what listeners say -----------------------------------------------------------------

static void on_described(struct listener *listener, const char *sdp, bool offer, void *data)
{
    struct listeners *listeners = data;
    link_send(listeners->link, &(struct link_message){.type = offer ? LINK_OFFER : LINK_ANSWER,
                                                      .listener = (char *)listener_id(listener),
                                                      .sdp = (char *)sdp});
}

static void on_candidate(struct listener *listener, const char *candidate, int mline, void *data)
{
    struct listeners *listeners = data;
    link_send(listeners->link, &(struct link_message){.type = LINK_CANDIDATE,
                                                      .listener = (char *)listener_id(listener),
                                                      .candidate = (char *)candidate,
                                                      .mline = mline});
}

static void on_connected(struct listener *listener, void *data)
{
    log_info("listener.connected", "{s:s s:s s:s}", "listener", listener_id(listener), "room",
             listener_room(listener), "kind", listener_kind_name(KIND_WEBRTC));
    tell_state(data, listener_id(listener), LISTENER_CONNECTED, NULL);
}

static void on_stats(struct listener *listener, const struct link_stats *stats, void *data)
{
    struct listeners *listeners = data;
    link_send(listeners->link, &(struct link_message){.type = LINK_STATS,
                                                      .listener = (char *)listener_id(listener),
                                                      .stats = *stats});
}

static void tell_closed(struct listeners *listeners, const char *id, const char *detail)
{
    log_info("listener.closed", "{s:s s:s}", "listener", id, "detail", detail);
    tell_state(listeners, id, LISTENER_CLOSED, detail);
}

static void drop_listener(struct listeners *listeners, struct listener *listener,
                          const char *detail)
{
    tell_closed(listeners, listener_id(listener), detail);
    g_hash_table_remove(listeners->present, listener_id(listener));
}

static void on_ended(struct listener *listener, int refused, const char *detail, void *data)
{
    struct listeners *listeners = data;
    if (refused) {
        tell_refused(listeners, listener_id(listener), refused, detail);
        g_hash_table_remove(listeners->present, listener_id(listener));
    } else {
        drop_listener(listeners, listener, detail);
    }
}

// --- coming -------------------------------------------------------------------------------

// One who offers nothing that we could use is made an offer instead.
static struct listener *add(struct listeners *listeners, struct room *room,
                            const struct link_message *message, GError **error)
{
    g_autoptr(GError) useless = NULL;
    struct listener_wish wish = {
        .id = message->listener, .mode = message->mode, .offer = message->sdp};
    struct listener *listener = listener_create(&listeners->context, room, &wish, &useless);
    if (g_error_matches(useless, FARFIELD_ERROR, ERROR_UNUSABLE)) {
        wish.offer = NULL;
        return listener_create(&listeners->context, room, &wish, error);
    }
    if (!listener)
        g_propagate_error(error, g_steal_pointer(&useless));
    return listener;
}

static struct listener *find(const struct listeners *listeners, const char *id)
{
    return id ? g_hash_table_lookup(listeners->present, id) : NULL;
}

static bool may_come(struct listeners *listeners, const struct room *room, bool full,
                     const struct link_message *message, GError **error)
{
    if (find(listeners, message->listener) || pending_has(listeners->pending, message->listener))
        g_set_error(error, FARFIELD_ERROR, ERROR_CONFLICT, "there is a listener of this id");
    else if (!room)
        g_set_error(error, FARFIELD_ERROR, ERROR_NOT_FOUND, "there is no room \"%s\"",
                    message->room);
    else if (full)
        g_set_error(error, FARFIELD_ERROR, ERROR_UNAVAILABLE, "no more may listen at once");
    else
        return true;
    return false;
}

// Has it done in its turn. Who cannot be served in full is not served at all.
static void do_later(struct listeners *listeners, struct room *room,
                     const struct link_message *message)
{
    if (pending_add(listeners->pending, room, message))
        return;
    pending_remove(listeners->pending, message->listener);
    g_hash_table_remove(listeners->present, message->listener);
    tell_refused(listeners, message->listener, ERROR_UNAVAILABLE, "too many come at once");
}

void listeners_add(struct listeners *listeners, struct room *room, bool full,
                   const struct link_message *message)
{
    g_autoptr(GError) error = NULL;
    if (may_come(listeners, room, full, message, &error))
        do_later(listeners, room, message);
    else
        tell_refused(listeners, message->listener, error->code, error->message);
}

static void let_in(struct listeners *listeners, struct room *room,
                   const struct link_message *message)
{
    g_autoptr(GError) error = NULL;
    struct listener *listener = add(listeners, room, message, &error);
    if (listener)
        g_hash_table_insert(listeners->present, (char *)listener_id(listener), listener);
    else
        tell_refused(listeners, message->listener, error->code, error->message);
}

// --- what the controller says to one --------------------------------------------------------

static void take_answer(struct listeners *listeners, struct listener *listener, const char *sdp)
{
    g_autoptr(GError) error = NULL;
    if (listener_answer(listener, sdp, &error)) {
        // Whose answer it is wants to know that it was taken.
        tell_state(listeners, listener_id(listener), listener_state(listener), NULL);
        return;
    }
    tell_refused(listeners, listener_id(listener), error->code, error->message);
    g_hash_table_remove(listeners->present, listener_id(listener));
}

static void restart(struct listeners *listeners, struct listener *listener,
                    const struct link_message *message)
{
    g_autoptr(GError) error = NULL;
    if (listener_restart(listener, message->ufrag, message->password, &error))
        log_info("listener.restarted", "{s:s}", "listener", listener_id(listener));
    else
        tell_refused(listeners, listener_id(listener), error->code, error->message);
}

static void tell_one(struct listeners *listeners, struct listener *listener,
                     const struct link_message *message)
{
    if (message->type == LINK_ANSWER)
        take_answer(listeners, listener, message->sdp);
    else if (message->type == LINK_CANDIDATE)
        listener_add_candidate(listener, message->candidate, message->mid, message->mline);
    else if (message->type == LINK_RESTART)
        restart(listeners, listener, message);
    else if (message->type == LINK_MODE)
        listener_set_mode(listener, message->mode);
}

static void on_turn(struct room *room, const struct link_message *message, void *data)
{
    struct listeners *listeners = data;
    struct listener *listener = find(listeners, message->listener);
    if (message->type == LINK_LISTEN)
        let_in(listeners, room, message);
    else if (listener) // who was refused in the meantime has been told
        tell_one(listeners, listener, message);
}

// Whether it was there, or was to come.
static bool close_one(struct listeners *listeners, const struct link_message *message)
{
    const char *detail = message->detail ? message->detail : "left";
    bool was_pending = pending_remove(listeners->pending, message->listener);
    struct listener *listener = find(listeners, message->listener);
    if (listener)
        drop_listener(listeners, listener, detail);
    else if (was_pending)
        tell_closed(listeners, message->listener, detail);
    return listener || was_pending;
}

bool listeners_take(struct listeners *listeners, const struct link_message *message)
{
    if (!message->listener)
        return false;
    if (message->type == LINK_CLOSE)
        return close_one(listeners, message);
    struct listener *listener = find(listeners, message->listener);
    if (pending_has(listeners->pending, message->listener))
        do_later(listeners, NULL, message);
    else if (listener)
        tell_one(listeners, listener, message);
    else
        return false;
    return true;
}

// --- all of them ----------------------------------------------------------------------------

guint listeners_count(const struct listeners *listeners)
{
    return g_hash_table_size(listeners->present) + pending_joins(listeners->pending);
}

void listeners_list(const struct listeners *listeners, GPtrArray *list)
{
    GHashTableIter iter;
    gpointer value;
    g_hash_table_iter_init(&iter, listeners->present);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        struct link_listener *entry = g_new0(struct link_listener, 1);
        entry->id = g_strdup(listener_id(value));
        entry->room = g_strdup(listener_room(value));
        entry->state = listener_state(value);
        entry->mode = listener_mode(value);
        entry->since = listener_since(value);
        entry->ufrag = g_strdup(listener_ufrag(value));
        entry->their_ufrag = g_strdup(listener_their_ufrag(value));
        g_ptr_array_add(list, entry);
    }
}

void listeners_forget_pending(struct listeners *listeners)
{
    pending_clear(listeners->pending);
}

void listeners_drop_room(struct listeners *listeners, const char *room, const char *detail)
{
    for (char *id; (id = pending_join_of(listeners->pending, room)); g_free(id)) {
        tell_closed(listeners, id, detail);
        pending_remove(listeners->pending, id);
    }
    g_autoptr(GList) all = g_hash_table_get_values(listeners->present);
    for (GList *l = all; l; l = l->next)
        if (!room || g_strcmp0(listener_room(l->data), room) == 0)
            drop_listener(listeners, l->data, detail);
}

// --- life -----------------------------------------------------------------------------------

static gboolean on_warm(gpointer data)
{
    struct listeners *listeners = data;
    g_thread_join(g_steal_pointer(&listeners->warm_up));
    pending_open(listeners->pending);
    return G_SOURCE_REMOVE;
}

// The link and the other doors do not wait for it.
static gpointer warm_up(gpointer data)
{
    struct listeners *listeners = data;
    stage_warm_up(listeners->context.stage);
    listeners->opening = g_idle_add(on_warm, listeners);
    return NULL;
}

struct listeners *listeners_create(struct stage *stage, struct reaper *reaper, struct link *link)
{
    struct listeners *listeners = g_new0(struct listeners, 1);
    listeners->link = link;
    listeners->pending = pending_create(on_turn, listeners);
    listeners->present =
        g_hash_table_new_full(g_str_hash, g_str_equal, NULL, (GDestroyNotify)listener_destroy);
    listeners->events = (struct listener_events){.described = on_described,
                                                 .candidate = on_candidate,
                                                 .connected = on_connected,
                                                 .stats = on_stats,
                                                 .ended = on_ended,
                                                 .data = listeners};
    listeners->context =
        (struct listener_context){.stage = stage, .reaper = reaper, .events = &listeners->events};
    listeners->warm_up = g_thread_new("warm-up", warm_up, listeners);
    return listeners;
}

void listeners_destroy(struct listeners *listeners)
{
    if (!listeners)
        return;
    if (listeners->warm_up) {
        g_thread_join(listeners->warm_up);
        g_source_remove(listeners->opening);
    }
    pending_destroy(listeners->pending);
    g_hash_table_unref(listeners->present);
    g_free(listeners);
}
