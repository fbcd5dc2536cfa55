// SPDX-License-Identifier: GPL-3.0-or-later
// Listening by a WebSocket, the server making the offer:
// webrtc.listen -> offer, webrtc.answer, webrtc.candidate both ways, webrtc.bye; after a change of
// the network webrtc.restart -> offer, webrtc.answer.
#include "controller/core/commands/commands.h"
#include "controller/core/listening/signaling.h"

static void webrtc_listen(struct session *session, struct call *call)
{
    signaling_open(session, call, NULL);
}

static void answer(struct session *session, struct call *call)
{
    struct listener *listener = listener_of_call(session, call);
    if (listener)
        signaling_answer(session, listener, call, call_string(call, "sdp"));
}

static void restart(struct session *session, struct call *call)
{
    struct listener *listener = listener_adopted(session, call);
    if (listener)
        signaling_restart(session, listener, call, NULL, NULL);
}

static void candidate(struct session *session, struct call *call)
{
    struct listener *listener = listener_of_call(session, call);
    if (!listener)
        return;
    if (signaling_candidate(session, listener, call_string(call, "candidate"), NULL,
                            call_integer(call, "mline")))
        call_succeed(call, NULL);
    else
        call_fail(call, problem_new(503, "the pipeline is away"));
}

static void bye(struct session *session, struct call *call)
{
    struct listener *listener = listener_of_call(session, call);
    if (!listener)
        return;
    listener_close(session, listener, "left");
    call_succeed(call, NULL);
}

#define LISTENER                                                                                   \
    {                                                                                              \
        "listener", PARAM_STRING, true, "id that webrtc.listen gave"                               \
    }

static const struct command listen_row = {
    "webrtc.listen",
    .scope = SCOPE_LISTEN,
    .websocket_only = true,
    .words = "Begins to listen to a room; the result holds the server's offer.",
    .params = {{"room", PARAM_STRING, false, "name of the room", .fallback = "\"main\""},
               ANY_MODE,
               CLIENT_PARAM},
    .result = "offer",
    .example = "{\"room\":\"main\"}",
    .handle = webrtc_listen,
};
static const struct command answer_row = {
    "webrtc.answer",
    .scope = SCOPE_LISTEN,
    .websocket_only = true,
    .words = "The client's answer to the offer.",
    .params = {LISTENER, {"sdp", PARAM_STRING, true, "the answer", .max = LINK_MAX_SDP}},
    .handle = answer,
};
static const struct command candidate_row = {
    "webrtc.candidate",
    .scope = SCOPE_LISTEN,
    .websocket_only = true,
    .words = "One of the client's ICE candidates; an empty one ends them.",
    .params = {LISTENER,
               {"candidate", PARAM_STRING, true, "the candidate line", .max = 1024},
               {"mline", PARAM_INTEGER, false, "index of the media section", .max = 63,
                .fallback = "0"}},
    .handle = candidate,
};
static const struct command restart_row = {
    "webrtc.restart",
    .scope = SCOPE_LISTEN,
    .websocket_only = true,
    .words =
        "Another offer for the same connection, by which it finds a new way after the client's "
        "network has changed; webrtc.answer is to follow. The sound goes on meanwhile. A "
        "WebSocket that was opened since may ask, too: the listener is its own from then on.",
    .params = {LISTENER},
    .result = "offer",
    .handle = restart,
};
static const struct command bye_row = {
    "webrtc.bye",           .scope = SCOPE_LISTEN,
    .websocket_only = true, .words = "Stops listening.",
    .params = {LISTENER},   .handle = bye,
};

const struct command *const webrtc_commands[] = {&listen_row, &answer_row,  &candidate_row,
                                                 &bye_row,    &restart_row, NULL};
