// SPDX-License-Identifier: GPL-3.0-or-later
#include "controller/core/listening/streams.h"

#include <string.h>

#include "common/token.h"
#include "controller/core/listening/address.h"
#include "controller/core/listening/listeners.h"
#include "controller/core/session_own.h"

static const struct {
    const char *leaf, *query;
    bool websocket;
} kinds[] = {
    [KIND_WEBSOCKET] = {"audio", "", true},
    [KIND_PCM] = {"audio", "&format=s16", true},
    [KIND_WEBM] = {"listen.webm", "", false},
    [KIND_OGG] = {"listen.ogg", "", false},
};

// "ws://example.org:8082", without a slash behind it.
static char *base_of(const struct session *session, const char *host, bool websocket)
{
    const char *set = session->stream_url;
    char *base = set && *set ? g_strconcat(websocket ? "ws" : "http", set + strlen("http"), NULL)
                             : address_url(websocket ? "ws" : "http", host, session->address,
                                           session->stream_port);
    while (g_str_has_suffix(base, "/"))
        base[strlen(base) - 1] = '\0';
    return base;
}

char *stream_address(const struct session *session, const struct call *call,
                     enum listener_kind kind, gint64 expires)
{
    const char *room = call_string(call, "room");
    g_autofree char *id = listener_new_id(session);
    struct token leave = {room, listener_kind_name(kind), id, expires};
    g_autofree char *token = token_sign(session->stream_token, &leave);
    g_autofree char *base = base_of(session, call->host, kinds[kind].websocket);
    g_autofree char *escaped = g_uri_escape_string(room, NULL, FALSE);
    return g_strdup_printf("%s/v1/rooms/%s/%s?token=%s%s&mode=%s", base, escaped, kinds[kind].leaf,
                           token, kinds[kind].query, call_string(call, "mode"));
}

char *stream_source(const struct session *session)
{
    const char *set = session->stream_url;
    if (!set || !*set)
        return g_strdup_printf("*:%d", session->stream_port);
    const char *host = strstr(set, "://") + 3;
    return g_strndup(set, (gsize)(host - set) + strcspn(host, "/"));
}

char *stream_doors_trouble(const struct session *session)
{
    if (session->stream_port == 0)
        return g_strdup("only WebRTC is served here (stream-port is 0)");
    if (!session->pipeline.linked)
        return g_strdup("the pipeline is away; try again in a moment");
    if (session->pipeline.stream_port == 0)
        return g_strdup_printf("the pipeline cannot listen on port %d (stream-port)",
                               session->stream_port);
    return NULL;
}

struct problem *stream_trouble(const struct session *session, const char *room)
{
    if (!session_room(session, room))
        return problem_new(404, "there is no room \"%s\"", room);
    g_autofree char *shut = stream_doors_trouble(session);
    return shut ? problem_new(503, "%s", shut) : NULL;
}
