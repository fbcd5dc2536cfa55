// SPDX-License-Identifier: GPL-3.0-or-later
#include "controller/core/audience.h"

#include <string.h>

#include "controller/core/listeners.h"

void audience_add(struct room *room, const struct link_stats *grown)
{
    if (!room)
        return;
    room->sent.packets += grown->packets;
    room->sent.bytes += grown->bytes;
    room->sent.lost += grown->lost;
}

static GPtrArray *those_in(const struct session *session, const struct room *room)
{
    GPtrArray *found = g_ptr_array_new();
    GHashTableIter iter;
    gpointer each;
    g_hash_table_iter_init(&iter, session->listeners);
    while (g_hash_table_iter_next(&iter, NULL, &each))
        if (strcmp(((struct listener *)each)->room, room->name) == 0)
            g_ptr_array_add(found, each);
    return found;
}

static void count(json_t *counts, const char *name)
{
    json_int_t before = json_integer_value(json_object_get(counts, name));
    json_object_set_new(counts, name, json_integer(before + 1));
}

json_t *audience_to_json(const struct session *session, const struct room *room)
{
    json_t *kinds = json_object(), *modes = json_object();
    double bitrate = 0, lost = 0, expected = 0;
    g_autoptr(GPtrArray) all = those_in(session, room);
    for (guint i = 0; i < all->len; i++) {
        const struct listener *listener = g_ptr_array_index(all, i);
        count(kinds, listener_kind(listener));
        count(modes, listener_served(listener));
        bitrate += MAX(listener->reception.bitrate, 0);
        lost += listener->reception.lost;
        expected += listener->reception.expected;
    }
    json_t *loss = expected > 0 ? json_real(lost / expected) : json_null();
    return json_pack("{s:o s:o s:f s:o s:f s:f s:f}", "kinds", kinds, "modes", modes, "bitrate",
                     bitrate, "loss", loss, "packets", room->sent.packets, "bytes",
                     room->sent.bytes, "lost", room->sent.lost);
}

void audience_each(const struct session *session, const struct room *room,
                   void (*each)(const char *kind, const char *mode, int count, void *data),
                   void *data)
{
    json_t *doors = json_object(), *modes, *number;
    g_autoptr(GPtrArray) all = those_in(session, room);
    for (guint i = 0; i < all->len; i++) {
        const struct listener *listener = g_ptr_array_index(all, i);
        const char *kind = listener_kind(listener);
        if (!json_object_get(doors, kind))
            json_object_set_new(doors, kind, json_object());
        count(json_object_get(doors, kind), listener_served(listener));
    }
    const char *kind, *mode;
    json_object_foreach(doors, kind, modes) json_object_foreach(modes, mode, number)
        each(kind, mode, (int)json_integer_value(number), data);
    json_decref(doors);
}

static json_t *take_figures(struct session *session, const struct room *room)
{
    json_t *figures = json_array();
    g_autoptr(GPtrArray) all = those_in(session, room);
    for (guint i = 0; i < all->len; i++) {
        struct listener *listener = g_ptr_array_index(all, i);
        if (!listener->counted)
            continue;
        listener->counted = false;
        json_t *entry =
            json_pack("{s:s s:s}", "id", listener->id, "served", listener_served(listener));
        reception_to_json(&listener->reception, entry, session->now);
        json_array_append_new(figures, entry);
    }
    return figures;
}

void audience_emit(struct session *session)
{
    session->stats_at = 0;
    GHashTableIter iter;
    gpointer each;
    g_hash_table_iter_init(&iter, session->rooms);
    while (g_hash_table_iter_next(&iter, NULL, &each)) {
        const struct room *room = each;
        json_t *figures = take_figures(session, room);
        if (json_array_size(figures) == 0) {
            json_decref(figures);
            continue;
        }
        session->ports.emit(session->ports.data, "listeners", "listener.stats",
                            json_pack("{s:s s:o s:o}", "room", room->name, "audience",
                                      audience_to_json(session, room), "listeners", figures),
                            NULL);
    }
}
