// SPDX-License-Identifier: GPL-3.0-or-later
// The pipeline as the session knows it: whether it is there, what it captures, and to whom what it
// says goes.
#include <string.h>

#include "common/log.h"
#include "controller/core/session_own.h"

static void on_meter(struct session *session, const struct link_message *message)
{
    struct room *room = session_room(session, message->room);
    if (!room)
        return;
    memcpy(room->peak, message->peak, sizeof room->peak);
    memcpy(room->rms, message->rms, sizeof room->rms);
    g_autofree char *key = g_strconcat("meter/", room->name, NULL);
    session->ports.emit(session->ports.data, "meters", "meter",
                        json_pack("{s:s s:[ff] s:[ff]}", "room", room->name, "peak",
                                  message->peak[0], message->peak[1], "rms", message->rms[0],
                                  message->rms[1]),
                        key);
}

void session_send_rooms(struct session *session)
{
    struct link_message hello = {.type = LINK_CONTROLLER_HELLO};
    hello.rooms = g_ptr_array_new_with_free_func((GDestroyNotify)link_room_destroy);
    GHashTableIter iter;
    gpointer each;
    g_hash_table_iter_init(&iter, session->rooms);
    while (g_hash_table_iter_next(&iter, NULL, &each)) {
        const struct room *room = each;
        struct link_room *entry = g_new0(struct link_room, 1);
        entry->name = g_strdup(room->name);
        for (int c = 0; c < LINK_CHANNELS; c++)
            entry->sources[c] = g_strdup_printf("scsynth:out_%d", room->bus + c + 1);
        entry->bitrate = room->encoding.bitrate;
        entry->complexity = room->encoding.complexity;
        g_ptr_array_add(hello.rooms, entry);
    }
    session->ports.to_pipeline(session->ports.data, &hello);
    g_ptr_array_unref(hello.rooms);
}

static void on_hello(struct session *session, const struct link_message *message)
{
    session->pipeline.linked = true;
    session_send_rooms(session);
    listeners_on_hello(session, message->listeners);
    recordings_on_hello(session, message->recordings);
    relays_on_hello(session, message->relays);
    log_info("pipeline.linked", "{s:i}", "listeners", (int)message->listeners->len);
}

void session_on_link(struct session *session, const struct link_message *message, int64_t now)
{
    session->now = now;
    session->pipeline.heard_at = now;
    switch (message->type) {
    case LINK_PIPELINE_HELLO:
        on_hello(session, message);
        break;
    case LINK_METER:
        on_meter(session, message);
        break;
    case LINK_RECORDING:
        recordings_on_link(session, message->recording);
        break;
    case LINK_STREAMS:
        session->pipeline.stream_port = message->port;
        if (message->detail)
            log_warning("pipeline.streams", "{s:s}", "detail", message->detail);
        break;
    case LINK_RELAYED:
        relays_on_link(session, message->relay);
        break;
    case LINK_CAPTURE:
        session->pipeline.jack = message->jack;
        session->pipeline.rate = message->rate;
        session->pipeline.connected = message->connected;
        session->pipeline.xruns = message->xruns;
        session_emit_status(session);
        break;
    default:
        if (message->listener)
            listeners_on_link(session, message);
        break;
    }
    session_schedule(session);
}

void session_link_lost(struct session *session, int64_t now)
{
    session->now = now;
    if (session->pipeline.linked)
        log_warning("pipeline.unlinked", NULL);
    session->pipeline = (struct pipeline_state){0};
    listeners_link_lost(session);
    recordings_link_lost(session);
    relays_link_lost(session);
    session_schedule(session);
}

// It says ten times a second how loud each room is; one that hangs is replaced.
void pipeline_expire(struct session *session)
{
    if (!session->pipeline.linked ||
        session->now - session->pipeline.heard_at < SESSION_PIPELINE_LOST)
        return;
    log_error("pipeline.silent", NULL);
    session_link_lost(session, session->now);
    session->ports.pipeline_lost(session->ports.data);
}

int64_t pipeline_deadline(const struct session *session)
{
    return session->pipeline.linked ? session->pipeline.heard_at + SESSION_PIPELINE_LOST : 0;
}
