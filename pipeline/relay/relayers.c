// SPDX-License-Identifier: GPL-3.0-or-later
#include "pipeline/relay/relayers.h"

#include <string.h>

#include "common/error.h"
#include "common/log.h"
#include "pipeline/relay/relayer.h"

#define POLLS 10 // of one second

struct relayers {
    GHashTable *running; // owned: id -> struct relayer
    unsigned polls;
    void (*tell)(const struct relay *relay, void *data);
    void *data;
};

struct relayers *relayers_create(void (*tell)(const struct relay *relay, void *data), void *data)
{
    struct relayers *relayers = g_new0(struct relayers, 1);
    relayers->running =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)relayer_destroy);
    relayers->tell = tell;
    relayers->data = data;
    return relayers;
}

void relayers_destroy(struct relayers *relayers)
{
    if (!relayers)
        return;
    g_hash_table_unref(relayers->running);
    g_free(relayers);
}

static void tell_ended(struct relayers *relayers, const struct relay *relay, const GError *error)
{
    struct relay *ended = relay_copy(relay);
    ended->status = error->code;
    g_free(ended->detail);
    ended->detail = g_strdup(error->message);
    relayers->tell(ended, relayers->data);
    relay_destroy(ended);
}

static struct relayer *start(struct relayers *relayers, struct room *room,
                             const struct relay *wanted, GError **error)
{
    if (g_hash_table_contains(relayers->running, wanted->id))
        g_set_error(error, FARFIELD_ERROR, ERROR_CONFLICT, "there is a relay of this id");
    else if (!room)
        g_set_error(error, FARFIELD_ERROR, ERROR_NOT_FOUND, "the pipeline has no such room");
    else if (g_hash_table_size(relayers->running) >= RELAY_MAX)
        g_set_error(error, FARFIELD_ERROR, ERROR_UNAVAILABLE, "there are %d relays already",
                    RELAY_MAX);
    else
        return relayer_create(room, wanted, error);
    return NULL;
}

void relayers_start(struct relayers *relayers, struct room *room, const struct relay *wanted)
{
    g_autoptr(GError) error = NULL;
    struct relayer *relayer = start(relayers, room, wanted, &error);
    if (!relayer) {
        log_warning("relay.refused", "{s:s s:s}", "relay", wanted->id, "detail", error->message);
        tell_ended(relayers, wanted, error);
        return;
    }
    log_info("relay.started", "{s:s s:s s:s s:i}", "relay", wanted->id, "room", wanted->room,
             "host", wanted->host, "port", wanted->port);
    g_hash_table_insert(relayers->running, g_strdup(wanted->id), relayer);
    relayers->tell(relayer_state(relayer), relayers->data);
}

void relayers_stop(struct relayers *relayers, const char *id)
{
    if (g_hash_table_remove(relayers->running, id))
        log_info("relay.stopped", "{s:s}", "relay", id);
}

void relayers_stop_room(struct relayers *relayers, const char *room)
{
    g_autoptr(GError) error =
        g_error_new_literal(FARFIELD_ERROR, ERROR_NOT_FOUND, "the room is gone");
    GHashTableIter iter;
    gpointer each;
    g_hash_table_iter_init(&iter, relayers->running);
    while (g_hash_table_iter_next(&iter, NULL, &each)) {
        const struct relay *relay = relayer_state(each);
        if (strcmp(relay->room, room) != 0)
            continue;
        tell_ended(relayers, relay, error);
        g_hash_table_iter_remove(&iter);
    }
}

void relayers_poll(struct relayers *relayers)
{
    GHashTableIter iter;
    gpointer each;
    if (++relayers->polls % POLLS != 0)
        return;
    g_hash_table_iter_init(&iter, relayers->running);
    while (g_hash_table_iter_next(&iter, NULL, &each))
        relayers->tell(relayer_state(each), relayers->data);
}

GPtrArray *relayers_list(const struct relayers *relayers)
{
    GPtrArray *list = g_ptr_array_new_with_free_func((GDestroyNotify)relay_destroy);
    GHashTableIter iter;
    gpointer each;
    g_hash_table_iter_init(&iter, relayers->running);
    while (g_hash_table_iter_next(&iter, NULL, &each))
        g_ptr_array_add(list, relay_copy(relayer_state(each)));
    return list;
}
