// SPDX-License-Identifier: GPL-3.0-or-later
// Listening without WebRTC: where a room's streams are, with leave to listen.
#include <string.h>

#include "common/token.h"
#include "controller/core/commands/commands.h"
#include "controller/core/session_own.h"
#include "controller/core/listening/streams.h"

static gint64 expiry(const struct session *session)
{
    return (gint64)session_real_seconds(session) + TOKEN_SECONDS;
}

static void add_address(const struct session *session, const struct call *call, json_t *result,
                        const char *member, enum listener_kind kind, gint64 expires)
{
    g_autofree char *url = stream_address(session, call, kind, expires);
    json_object_set_new(result, member, json_string(url));
}

static void streams(struct session *session, struct call *call)
{
    struct problem *trouble = stream_trouble(session, call_string(call, "room"));
    if (trouble) {
        call_fail(call, trouble);
        return;
    }
    gint64 expires = expiry(session);
    json_t *result = json_pack("{s:s s:s s:I}", "room", call_string(call, "room"), "mode",
                               call_string(call, "mode"), "expires", (json_int_t)expires);
    add_address(session, call, result, "audio", KIND_WEBSOCKET, expires);
    add_address(session, call, result, "pcm", KIND_PCM, expires);
    add_address(session, call, result, "webm", KIND_WEBM, expires);
    add_address(session, call, result, "ogg", KIND_OGG, expires);
    call_succeed(call, result);
}

static void redirect(struct session *session, struct call *call, enum listener_kind kind)
{
    struct problem *trouble = stream_trouble(session, call_string(call, "room"));
    if (trouble) {
        call_fail(call, trouble);
        return;
    }
    json_t *result = json_object();
    add_address(session, call, result, "url", kind, expiry(session));
    call_succeed(call, result);
}

static void redirect_audio(struct session *session, struct call *call)
{
    bool pcm = strcmp(call_string(call, "format"), "s16") == 0;
    redirect(session, call, pcm ? KIND_PCM : KIND_WEBSOCKET);
}

static void redirect_webm(struct session *session, struct call *call)
{
    redirect(session, call, KIND_WEBM);
}

static void redirect_ogg(struct session *session, struct call *call)
{
    redirect(session, call, KIND_OGG);
}

static const struct command streams_row = {
    "room.streams",
    "POST",
    "/v1/rooms/{room}/streams",
    SCOPE_LISTEN,
    BODY_JSON,
    BODY_JSON,
    200,
    .words = "Where a room can be heard without WebRTC: addresses that are good for a while.",
    .params = {ROOM_PARAM, ANY_MODE},
    .result = "streams",
    .example = "{\"room\":\"main\"}",
    .handle = streams,
};
static const struct command audio_row = {
    "room.audio",
    "GET",
    "/v1/rooms/{room}/audio",
    SCOPE_LISTEN,
    BODY_NONE,
    BODY_NONE,
    307,
    "{+url}",
    .rest_only = true,
    .words = "Where the WebSocket with a room's packets is.",
    .params = {ROOM_PARAM,
               ANY_MODE,
               {"format", PARAM_STRING, false, "Opus packets, or 16-bit samples",
                .choices = "opus|s16", .fallback = "\"opus\""}},
    .example = "{\"room\":\"main\"}",
    .handle = redirect_audio,
};
static const struct command webm_row = {
    "room.webm",
    "GET",
    "/v1/rooms/{room}/listen.webm",
    SCOPE_LISTEN,
    BODY_NONE,
    BODY_NONE,
    307,
    "{+url}",
    .rest_only = true,
    .words = "A room as WebM without end, for browsers and players.",
    .params = {ROOM_PARAM, ANY_MODE},
    .example = "{\"room\":\"main\"}",
    .handle = redirect_webm,
};
static const struct command ogg_row = {
    "room.ogg",
    "GET",
    "/v1/rooms/{room}/listen.ogg",
    SCOPE_LISTEN,
    BODY_NONE,
    BODY_NONE,
    307,
    "{+url}",
    .rest_only = true,
    .words = "A room as Ogg without end, for browsers and players.",
    .params = {ROOM_PARAM, ANY_MODE},
    .example = "{\"room\":\"main\"}",
    .handle = redirect_ogg,
};

const struct command *const stream_commands[] = {&audio_row, &ogg_row, &streams_row, &webm_row,
                                                 NULL};
