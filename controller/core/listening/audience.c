// SPDX-License-Identifier: GPL-3.0-or-later
#include "controller/core/listening/audience.h"

#include <string.h>

#include "controller/core/listening/listeners.h"

void audience_add(struct room *room, const struct link_stats *grown)
{
    if (!room)
        return;
    room->sent.packets += grown->packets;
    room->sent.bytes += grown->bytes;
    room->sent.lost += grown->lost;
}

void audience_of(const struct session *session, const struct room *room, struct audience *audience)
{
    *audience = (struct audience){0};
    GHashTableIter iter;
    gpointer each;
    g_hash_table_iter_init(&iter, session->listeners);
    while (g_hash_table_iter_next(&iter, NULL, &each)) {
        const struct listener *listener = each;
        if (strcmp(listener->room, room->name) != 0)
            continue;
        audience->count[listener->kind][listener->reception.stats.mode]++;
        audience->bitrate += MAX(listener->reception.bitrate, 0);
        audience->lost += listener->reception.lost;
        audience->expected += listener->reception.expected;
    }
}

// Takes no notice of 0.
static void count(json_t *counts, const char *name, int more)
{
    json_int_t before = json_integer_value(json_object_get(counts, name));
    if (more > 0)
        json_object_set_new(counts, name, json_integer(before + more));
}

json_t *audience_to_json(const struct session *session, const struct room *room)
{
    struct audience all;
    audience_of(session, room, &all);
    json_t *kinds = json_object(), *modes = json_object();
    for (int kind = 0; kind < LISTENER_KINDS; kind++) {
        for (int mode = 0; mode < STREAM_MODES; mode++) {
            count(kinds, listener_kind_name(kind), all.count[kind][mode]);
            count(modes, stream_mode_name(mode), all.count[kind][mode]);
        }
    }
    json_t *loss = all.expected > 0 ? json_real(all.lost / all.expected) : json_null();
    return json_pack("{s:o s:o s:f s:o s:I s:I s:I}", "kinds", kinds, "modes", modes, "bitrate",
                     all.bitrate, "loss", loss, "packets", (json_int_t)room->sent.packets, "bytes",
                     (json_int_t)room->sent.bytes, "lost", (json_int_t)room->sent.lost);
}

static json_t *take_figures(struct session *session, const struct room *room)
{
    json_t *figures = json_array();
    GHashTableIter iter;
    gpointer each;
    g_hash_table_iter_init(&iter, session->listeners);
    while (g_hash_table_iter_next(&iter, NULL, &each)) {
        struct listener *listener = each;
        if (!listener->counted || strcmp(listener->room, room->name) != 0)
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
