// SPDX-License-Identifier: GPL-3.0-or-later
// WebSockets: packets behind a header of their own, and what is said beside them, as
// docs/streaming.md has it.
#include <string.h>

#include "common/error.h"
#include "common/log.h"
#include "pipeline/doors/own.h"

#define MOST_TEXTS 16 // that wait to be sent
#define MOST_SAID 32  // messages in a second
#define MOST_FAULTS 10
#define HEADER 14 // bytes before each packet
#define QUIET 200 // ms

// --- what is said -------------------------------------------------------------------------------

static void put_out(struct visitor *visitor, const char *why)
{
    visitor->offended = true;
    visitor_end(visitor, why);
}

// Takes `json`. Who asks without reading the answers is put out.
static void say(struct visitor *visitor, json_t *json)
{
    char *text = json_dumps(json, JSON_COMPACT | JSON_REAL_PRECISION(17));
    json_decref(json);
    g_queue_push_tail(&visitor->texts, text);
    if (visitor->texts.length > MOST_TEXTS && !visitor->ending)
        put_out(visitor, "it does not read what it asks for");
    lws_callback_on_writable(visitor->wsi);
}

static void say_metadata(struct visitor *visitor)
{
    const struct tap_format *format = tap_format(visitor->channel->tap);
    json_t *json = json_pack("{s:s s:s s:s s:s s:i s:i s:f s:i s:i}", "type", "stream_metadata",
                             "listener", visitor->about.id, "room", visitor->about.room, "codec",
                             format->pcm ? "s16" : "opus", "sampleRate", 48000, "channels", 2,
                             "frame", format->samples / 48.0, "samples", format->samples, "preSkip",
                             format->pcm ? 0 : MUX_PRE_SKIP);
    if (!format->pcm)
        json_object_set_new(json, "mode", json_string(stream_mode_name(format->mode)));
    visitor->changed = false;
    say(visitor, json);
}

static void answer_clock(struct visitor *visitor, const struct said *said)
{
    json_t *json =
        json_pack("{s:s s:f}", "type", "clock", "time", (double)g_get_real_time() / G_USEC_PER_SEC);
    if (said->t)
        json_object_set(json, "t", said->t);
    say(visitor, json);
}

// A change of mode costs far more than to ask for it, and the controller hears of each.
static bool says_too_much(struct visitor *visitor)
{
    gint64 now = g_get_monotonic_time();
    if (now - visitor->second >= G_USEC_PER_SEC) {
        visitor->second = now;
        visitor->said = 0;
    }
    return ++visitor->said > MOST_SAID;
}

static void take_message(struct visitor *visitor, const char *text, gsize length)
{
    struct said said;
    g_autoptr(GError) error = NULL;
    if (visitor->ending)
        return;
    if (says_too_much(visitor)) {
        put_out(visitor, "too many messages at once");
        return;
    }
    if (!said_read(&said, text, length, &error))
        ;
    else if (said.type == SAID_CLOCK)
        answer_clock(visitor, &said);
    else if (!visitor_set_mode(visitor, said.mode))
        g_set_error_literal(&error, FARFIELD_ERROR, ERROR_INVALID, "s16 has no mode");
    said_clear(&said);
    if (!error)
        return;
    say(visitor, json_pack("{s:s s:s}", "type", "error", "message", error->message));
    if (++visitor->faults >= MOST_FAULTS)
        put_out(visitor, "too many messages that were no good");
}

// Closing while something is unread resets the connection, and what was said last never arrives.
static void wait_for_quiet(struct visitor *visitor)
{
    visitor->quiet = false;
    lws_set_timer_usecs(visitor->wsi, QUIET * LWS_US_PER_MS);
}

static int on_quiet(struct visitor *visitor)
{
    visitor->quiet = true;
    lws_callback_on_writable(visitor->wsi);
    return 0;
}

// A message may come in several pieces.
static int take_piece(struct visitor *visitor, const char *bytes, gsize length)
{
    if (visitor->ending) {
        wait_for_quiet(visitor);
        return 0;
    }
    GString *text = visitor->incoming;
    bool last =
        lws_is_final_fragment(visitor->wsi) && lws_remaining_packet_payload(visitor->wsi) == 0;
    // What is too long is refused as such at its end, and kept no longer than it takes to see so.
    g_string_append_len(text, bytes, (gssize)MIN(length, ASK_MAX_SAID + 1 - text->len));
    if (!last)
        return 0;
    take_message(visitor, text->str, lws_frame_is_binary(visitor->wsi) ? 0 : text->len);
    g_string_truncate(text, 0);
    return 0;
}

// --- what is sent -------------------------------------------------------------------------------

static void put_header(GByteArray *out, const struct packet *packet)
{
    guint32 sequence = GUINT32_TO_BE((guint32)packet->number);
    guint64 time = GUINT64_TO_BE((guint64)packet->time);
    guint16 length = GUINT16_TO_BE((guint16)packet->length);
    g_byte_array_append(out, (const guint8 *)&sequence, sizeof sequence);
    g_byte_array_append(out, (const guint8 *)&time, sizeof time);
    g_byte_array_append(out, (const guint8 *)&length, sizeof length);
}

static bool send_packets(struct visitor *visitor)
{
    GByteArray *out = doors_out(visitor->doors);
    struct packet *packet;
    while (out->len < DOORS_BURST && (packet = visitor_peek(visitor))) {
        put_header(out, packet);
        g_byte_array_append(out, packet->bytes, (guint)packet->length);
        visitor_took(visitor, packet);
    }
    return doors_write(visitor, LWS_WRITE_BINARY);
}

static bool send_text(struct visitor *visitor)
{
    g_autofree char *text = g_queue_pop_head(&visitor->texts);
    g_byte_array_append(doors_out(visitor->doors), (const guint8 *)text, (guint)strlen(text));
    return doors_write(visitor, LWS_WRITE_TEXT);
}

static int send_some(struct visitor *visitor)
{
    if (visitor->changed && !visitor->ending)
        say_metadata(visitor);
    guint64 skipped = visitor->ending ? 0 : visitor_catch_up(visitor);
    if (skipped)
        say(visitor, json_pack("{s:s s:I}", "type", "skipped", "packets", (json_int_t)skipped));
    if (visitor->ending && !visitor->farewell) {
        visitor->farewell = true;
        say(visitor, json_pack("{s:s s:s}", "type", "stream_end", "reason", visitor->ending));
    }
    bool good = true;
    if (!g_queue_is_empty(&visitor->texts)) {
        good = send_text(visitor);
    } else if (visitor->ending && visitor->offended && !visitor->quiet) {
        wait_for_quiet(visitor);
        return 0;
    } else if (visitor->ending) {
        lws_close_reason(visitor->wsi,
                         visitor->offended ? LWS_CLOSE_STATUS_POLICY_VIOLATION
                                           : LWS_CLOSE_STATUS_GOINGAWAY,
                         NULL, 0);
        return -1;
    } else {
        good = send_packets(visitor);
    }
    visitor_wait(visitor);
    return good ? 0 : -1;
}

// --- coming and going ---------------------------------------------------------------------------

static bool ask_for_socket(struct lws *wsi, struct ask *ask, GError **error)
{
    if (!doors_ask(wsi, ask, error))
        return false;
    if (ask->kind == KIND_WEBSOCKET || ask->kind == KIND_PCM)
        return true;
    g_set_error_literal(error, FARFIELD_ERROR, ERROR_INVALID, "no WebSocket is spoken here");
    return false;
}

int doors_confirm(struct lws *wsi, const char *upgrade)
{
    struct ask ask;
    g_autoptr(GError) error = NULL;
    g_autofree char *id = NULL;
    char header[256] = "";
    lws_hdr_copy(wsi, header, sizeof header, WSI_TOKEN_PROTOCOL);
    g_auto(GStrv) protocols = g_strsplit_set(header, ", ", -1);
    if (g_ascii_strcasecmp(upgrade, "websocket") != 0)
        g_set_error_literal(&error, FARFIELD_ERROR, ERROR_INVALID,
                            "HTTP/1.1 and WebSockets are spoken here");
    else if (!g_strv_contains((const char *const *)protocols, DOORS_PROTOCOL))
        g_set_error_literal(&error, FARFIELD_ERROR, ERROR_INVALID,
                            "the subprotocol must be " DOORS_PROTOCOL);
    else if (ask_for_socket(wsi, &ask, &error))
        doors_may(lws_context_user(lws_get_context(wsi)), &ask, &id, &error);
    return error ? doors_refuse(wsi, error) : 0;
}

static int open_socket(struct lws *wsi, struct doors_session *session)
{
    struct doors *doors = lws_context_user(lws_get_context(wsi));
    session->visitor = visitor_create(doors, wsi, &session->ask, NULL);
    return session->visitor ? 0 : -1;
}

int doors_on_socket(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
                    size_t length)
{
    struct doors_session *session = user;
    switch (reason) {
    case LWS_CALLBACK_FILTER_PROTOCOL_CONNECTION:
        return ask_for_socket(wsi, &session->ask, NULL) ? 0 : -1;
    case LWS_CALLBACK_ESTABLISHED:
        return open_socket(wsi, session);
    case LWS_CALLBACK_RECEIVE:
        return session->visitor ? take_piece(session->visitor, in, length) : -1;
    case LWS_CALLBACK_SERVER_WRITEABLE:
        return session->visitor ? send_some(session->visitor) : -1;
    case LWS_CALLBACK_TIMER:
        return session->visitor ? on_quiet(session->visitor) : 0;
    case LWS_CALLBACK_CLOSED:
        visitor_destroy(g_steal_pointer(&session->visitor));
        return 0;
    default:
        return 0;
    }
}
