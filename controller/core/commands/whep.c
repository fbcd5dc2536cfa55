// SPDX-License-Identifier: GPL-3.0-or-later
// Listening by WHEP (draft-ietf-wish-whep), the client making the offer. A session is named by an
// unguessable id, which is all that PATCH and DELETE ask for besides the key.
#include <string.h>

#include "controller/core/commands/commands.h"
#include "controller/core/listeners.h"
#include "controller/core/session_own.h"

static void offer(struct session *session, struct call *call)
{
    gsize length;
    const char *bytes = call->body ? g_bytes_get_data(call->body, &length) : NULL;
    // As 400 reads to some players as "the server offers", bad SDP is 422.
    if (!bytes || memchr(bytes, 0, length) || !g_utf8_validate(bytes, length, NULL)) {
        call_fail(call, problem_new(422, "the body must be an SDP offer"));
        return;
    }
    g_autofree char *sdp = g_strndup(bytes, length);
    listener_open(session, call, sdp);
}

static bool send_fragment(struct session *session, struct listener *listener, const char *fragment)
{
    int mline = -1;
    g_auto(GStrv) lines = g_strsplit(fragment, "\n", -1);
    for (int i = 0; lines[i]; i++) {
        const char *line = g_strchomp(lines[i]);
        bool good = true;
        if (g_str_has_prefix(line, "m="))
            mline++;
        else if (g_str_has_prefix(line, "a=candidate:"))
            good = listener_candidate(session, listener, line + 2, MAX(mline, 0));
        else if (strcmp(line, "a=end-of-candidates") == 0)
            good = listener_candidate(session, listener, "", MAX(mline, 0));
        if (!good)
            return false;
    }
    return true;
}

static void trickle(struct session *session, struct call *call)
{
    struct listener *listener = listener_of_call(session, call);
    if (!listener)
        return;
    gsize length;
    const char *bytes = call->body ? g_bytes_get_data(call->body, &length) : NULL;
    if (!bytes || length > LINK_MAX_SDP || memchr(bytes, 0, length) ||
        !g_utf8_validate(bytes, length, NULL)) {
        call_fail(call, problem_new(422, "the body must be an SDP fragment with candidates"));
        return;
    }
    g_autofree char *fragment = g_strndup(bytes, length);
    if (send_fragment(session, listener, fragment))
        call_succeed(call, NULL);
    else
        call_fail(call, problem_new(503, "the pipeline is away"));
}

static void end(struct session *session, struct call *call)
{
    struct listener *listener = listener_of_call(session, call);
    if (!listener)
        return;
    listener_close(session, listener, "left");
    call_succeed(call, NULL);
}

#define ROOM                                                                                       \
    {                                                                                              \
        "room", PARAM_STRING, true, "name of the room"                                             \
    }
#define LISTENER                                                                                   \
    {                                                                                              \
        "listener", PARAM_STRING, true, "id from the Location header"                              \
    }

static const struct command offer_row = {
    "whep.offer",
    "POST",
    "/v1/rooms/{room}/whep",
    SCOPE_LISTEN,
    BODY_SDP,
    BODY_SDP,
    201,
    "/v1/rooms/{room}/whep/{listener}",
    .rest_only = true,
    .words = "Listens to a room: an SDP offer is answered by an SDP answer.",
    .params = {ROOM, LISTENER_MODE, LISTENER_CLIENT},
    .handle = offer,
};
static void whep_probe(struct session *session, struct call *call)
{
    const char *room = call_string(call, "room");
    if (session_room(session, room))
        call_succeed(call, NULL);
    else
        call_fail(call, problem_new(404, "there is no room \"%s\"", room));
}

static const struct command probe_row = {
    "whep.probe",
    "GET",
    "/v1/rooms/{room}/whep",
    SCOPE_LISTEN,
    BODY_NONE,
    BODY_NONE,
    204,
    .rest_only = true,
    .words = "Whether a room can be listened to here.",
    .params = {ROOM},
    .example = "{\"room\":\"main\"}",
    .handle = whep_probe,
};
static const struct command trickle_row = {
    "whep.trickle",
    "PATCH",
    "/v1/rooms/{room}/whep/{listener}",
    SCOPE_LISTEN,
    BODY_SDPFRAG,
    BODY_NONE,
    204,
    .rest_only = true,
    .words = "Further ICE candidates of the client (RFC 8840).",
    .params = {ROOM, LISTENER},
    .handle = trickle,
};
static const struct command end_row = {
    "whep.end",
    "DELETE",
    "/v1/rooms/{room}/whep/{listener}",
    SCOPE_LISTEN,
    BODY_NONE,
    BODY_NONE,
    200,
    .rest_only = true,
    .words = "Stops listening.",
    .params = {ROOM, LISTENER},
    .handle = end,
};

const struct command *const whep_commands[] = {&offer_row, &probe_row, &trickle_row, &end_row,
                                               NULL};
