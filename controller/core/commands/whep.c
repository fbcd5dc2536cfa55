// SPDX-License-Identifier: GPL-3.0-or-later
// Listening by WHEP (draft-ietf-wish-whep): the client makes the offer, or gets one by 406. A
// session is named by an unguessable id, which is all that PATCH and DELETE ask for besides the
// key.
#include <string.h>

#include "controller/core/commands/commands.h"
#include "controller/core/listening/fragment.h"
#include "controller/core/listening/signaling.h"
#include "controller/core/session_own.h"

#define RETRY_LIVE 2 // seconds, within which JACK usually is back

// The body as text, which the caller frees; NULL where it cannot be SDP.
static char *body_text(const struct call *call)
{
    gsize length = 0;
    const char *bytes = call->body ? g_bytes_get_data(call->body, &length) : NULL;
    if (length > LINK_MAX_SDP || (length > 0 && memchr(bytes, 0, length)) ||
        !g_utf8_validate(bytes ? bytes : "", length, NULL))
        return NULL;
    return g_strndup(bytes ? bytes : "", length);
}

static bool is_live(struct session *session, struct call *call)
{
    if (!session->pipeline.linked || session->pipeline.jack)
        return true;
    struct problem *problem = problem_new(409, "nothing is heard here now: JACK is away");
    problem->retry_after = RETRY_LIVE;
    call_fail(call, problem);
    return false;
}

static void offer(struct session *session, struct call *call)
{
    g_autofree char *sdp = body_text(call);
    // As 400 reads to some players as "the server offers", bad SDP is 422.
    if (!sdp)
        call_fail(call, problem_new(422, "the body must be an SDP offer"));
    else if (is_live(session, call))
        // Who sends nothing asks for an offer.
        signaling_open(session, call, *sdp ? sdp : NULL);
}

static void probe(struct session *session, struct call *call)
{
    const char *room = call_string(call, "room");
    if (session_room(session, room))
        call_succeed(call, NULL);
    else
        call_fail(call, problem_new(404, "there is no room \"%s\"", room));
}

static struct listener *listener_here(struct session *session, struct call *call)
{
    struct listener *listener = listener_of_call(session, call);
    if (!listener || strcmp(listener->room, call_string(call, "room")) == 0)
        return listener;
    call_fail(call, problem_new(404, "there is no such listener"));
    return NULL;
}

static bool send_candidates(struct session *session, struct listener *listener,
                            const struct fragment *fragment)
{
    for (guint i = 0; i < fragment->candidates->len; i++) {
        const struct fragment_candidate *candidate = g_ptr_array_index(fragment->candidates, i);
        if (!signaling_candidate(session, listener, candidate->text, candidate->mid,
                                 candidate->mline))
            return false;
    }
    return true;
}

static void trickle(struct session *session, struct listener *listener, struct call *call,
                    const struct fragment *fragment)
{
    if (send_candidates(session, listener, fragment))
        call_succeed(call, json_pack("{s:i}", "status", 204));
    else
        call_fail(call, problem_new(503, "the pipeline is away"));
}

static void take_fragment(struct session *session, struct listener *listener, struct call *call,
                          const struct fragment *fragment)
{
    switch (ice_session_judge(&listener->ice, call->if_match, fragment)) {
    case ICE_TRICKLE:
        trickle(session, listener, call, fragment);
        break;
    case ICE_RESTART:
        if (signaling_restart(session, listener, call, fragment->ufrag, fragment->password))
            send_candidates(session, listener, fragment);
        break;
    case ICE_UNCLEAR:
        call_fail(call, problem_new(428, "If-Match or ice-ufrag must say which ICE session these "
                                         "candidates are of"));
        break;
    case ICE_STALE:
        call_fail(call, problem_new(412, "this is not of the present ICE session"));
        break;
    }
}

static bool is_description(const struct call *call)
{
    static const char type[] = "application/sdp";
    return call->type && g_ascii_strncasecmp(call->type, type, strlen(type)) == 0;
}

static void take_answer(struct session *session, struct listener *listener, struct call *call,
                        const char *sdp)
{
    if (listener->offered)
        signaling_answer(session, listener, call, sdp);
    else
        call_fail(call, problem_new(409, "no offer waits for an answer here"));
}

static void patch(struct session *session, struct call *call)
{
    struct listener *listener = listener_here(session, call);
    if (!listener)
        return;
    g_autofree char *text = body_text(call);
    struct problem *problem = NULL;
    struct fragment *fragment = NULL;
    if (!text)
        call_fail(call, problem_new(422, "the body must be an SDP fragment, or an SDP answer"));
    else if (is_description(call))
        take_answer(session, listener, call, text);
    else if ((fragment = fragment_read(text, &problem)))
        take_fragment(session, listener, call, fragment);
    else
        call_fail(call, problem);
    fragment_destroy(fragment);
}

static void show(struct session *session, struct call *call)
{
    const struct listener *listener = listener_here(session, call);
    if (listener)
        call_succeed(call, json_pack("{s:s*}", "etag", listener->ice.ours));
}

static void end(struct session *session, struct call *call)
{
    struct listener *listener = listener_here(session, call);
    if (!listener)
        return;
    listener_close(session, listener, "left");
    call_succeed(call, NULL);
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
    .words =
        "Listens to a room: an SDP offer is answered by an SDP answer; or, where it has no use "
        "for our audio or there is none, by 406 with our offer, which whep.patch answers.",
    .params = {ROOM_PARAM, ANY_MODE, CLIENT_PARAM},
    .handle = offer,
};
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
    .params = {ROOM_PARAM},
    .example = "{\"room\":\"main\"}",
    .handle = probe,
};
static const struct command patch_row = {
    "whep.patch",
    "PATCH",
    "/v1/rooms/{room}/whep/{listener}",
    SCOPE_LISTEN,
    BODY_SDP_PATCH,
    BODY_SDPFRAG,
    200,
    .rest_only = true,
    .words = "Further ICE candidates of the client, or another ICE session (RFC 8840): an SDP "
             "fragment. If-Match tells which session is meant. Also the answer to our offer.",
    .params = {ROOM_PARAM, LISTENER},
    .handle = patch,
};
static const struct command show_row = {
    "whep.show",
    "GET",
    "/v1/rooms/{room}/whep/{listener}",
    SCOPE_LISTEN,
    BODY_NONE,
    BODY_NONE,
    204,
    .rest_only = true,
    .words = "Whether this session is still there, and by ETag its ICE session.",
    .params = {ROOM_PARAM, LISTENER},
    .handle = show,
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
    .params = {ROOM_PARAM, LISTENER},
    .handle = end,
};

const struct command *const whep_commands[] = {&offer_row, &probe_row, &patch_row,
                                               &show_row,  &end_row,   NULL};
