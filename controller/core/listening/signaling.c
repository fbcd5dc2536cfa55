// SPDX-License-Identifier: GPL-3.0-or-later
#include "controller/core/listening/signaling.h"

#include "common/agent.h"
#include "common/ice.h"
#include "controller/core/session_own.h"

// --- the call that waits ------------------------------------------------------------------------

static void keep_call(struct session *session, struct listener *listener, struct call *call)
{
    awaited_begin(&listener->awaited, call, session->now);
    session->joining++;
}

static struct call *take_call(struct session *session, struct listener *listener)
{
    session->joining -= listener->awaited.call != NULL;
    listener->restarting = false;
    g_clear_pointer(&listener->next_ufrag, g_free);
    return awaited_end(&listener->awaited);
}

void signaling_fail(struct session *session, struct listener *listener, int status,
                    const char *detail)
{
    struct call *call = take_call(session, listener);
    if (call)
        call_fail(call, problem_new(status, "%s", detail));
}

void signaling_expire(struct session *session)
{
    if (session->joining == 0)
        return;
    g_autoptr(GPtrArray) late = g_ptr_array_new();
    GHashTableIter iter;
    gpointer each;
    g_hash_table_iter_init(&iter, session->listeners);
    while (g_hash_table_iter_next(&iter, NULL, &each)) {
        struct listener *listener = each;
        if (awaited_ends_by(&listener->awaited, session->now))
            g_ptr_array_add(late, listener);
    }
    for (guint i = 0; i < late->len; i++) {
        struct listener *listener = g_ptr_array_index(late, i);
        bool lives = listener->restarting;
        signaling_fail(session, listener, 504, "the pipeline did not answer in time");
        if (!lives)
            listener_close(session, listener, "the pipeline did not answer in time");
    }
}

int64_t signaling_deadline(const struct session *session)
{
    int64_t next = 0;
    if (session->joining == 0)
        return next;
    GHashTableIter iter;
    gpointer each;
    g_hash_table_iter_init(&iter, session->listeners);
    while (g_hash_table_iter_next(&iter, NULL, &each))
        next = awaited_earlier(&((const struct listener *)each)->awaited, next);
    return next;
}

// --- what opens STUN and TURN servers -----------------------------------------------------------

json_t *signaling_ice_servers(const struct session *session)
{
    json_t *list = json_array();
    const GPtrArray *servers = session->ice_servers;
    for (guint i = 0; servers && i < servers->len; i++) {
        const struct ice_server *server = g_ptr_array_index(servers, i);
        g_autofree char *username = NULL, *credential = NULL;
        json_t *entry = json_pack("{s:s}", "urls", server->url);
        if (ice_server_open(server, (int64_t)session_real_seconds(session), &username,
                            &credential)) {
            json_object_set_new(entry, "username", json_string(username));
            json_object_set_new(entry, "credential", json_string(credential));
        }
        json_array_append_new(list, entry);
    }
    return list;
}

// --- what clients ask ---------------------------------------------------------------------------

void signaling_open(struct session *session, struct call *call, const char *sdp)
{
    const char *room = call_string(call, "room");
    if (!session_room(session, room)) {
        call_fail(call, problem_new(404, "there is no room \"%s\"", room));
        return;
    }
    g_autofree char *id = listener_new_id(session);
    struct link_message listen = {
        .type = LINK_LISTEN, .listener = id, .room = (char *)room, .sdp = (char *)sdp};
    stream_mode_of_name(call_string(call, "mode"), &listen.mode);
    if (!session->pipeline.linked || !session->ports.to_pipeline(session->ports.data, &listen)) {
        call_fail(call, problem_new(503, "the pipeline is away; try again in a moment"));
        return;
    }
    struct listener *listener = listener_add(session, id, room, listen.mode);
    reception_begin(&listener->reception, session->now);
    const char *given = call_string(call, "client");
    listener->agent = agent_name(given ? given : call->agent);
    listener->since = session_real_seconds(session);
    listener->client = call->client;
    listener->offered = sdp == NULL;
    g_autofree char *ufrag = sdp ? fragment_find_ufrag(sdp) : NULL;
    ice_session_set(&listener->ice, NULL, ufrag);
    keep_call(session, listener, call);
    listener_emit(session, listener);
    session_emit_room(session, listener->room);
}

// Whether the pipeline was told; otherwise the call is answered.
static bool ask(struct session *session, struct listener *listener, struct call *call,
                const struct link_message *message)
{
    if (listener->awaited.call) {
        struct problem *problem = problem_new(409, "its last request is still under way");
        problem->retry_after = 1;
        call_fail(call, problem);
        return false;
    }
    if (!session->ports.to_pipeline(session->ports.data, message)) {
        call_fail(call, problem_new(503, "the pipeline is away"));
        return false;
    }
    keep_call(session, listener, call);
    return true;
}

bool signaling_restart(struct session *session, struct listener *listener, struct call *call,
                       const char *ufrag, const char *password)
{
    struct link_message restart = {.type = LINK_RESTART,
                                   .listener = listener->id,
                                   .ufrag = (char *)ufrag,
                                   .password = (char *)password};
    if (!ask(session, listener, call, &restart))
        return false;
    listener->restarting = true;
    listener->next_ufrag = g_strdup(ufrag);
    listener->candidates = 0;
    return true;
}

void signaling_answer(struct session *session, struct listener *listener, struct call *call,
                      const char *sdp)
{
    struct link_message answer = {
        .type = LINK_ANSWER, .listener = listener->id, .sdp = (char *)sdp};
    g_autofree char *ufrag = fragment_find_ufrag(sdp);
    if (ask(session, listener, call, &answer))
        ice_session_set(&listener->ice, NULL, ufrag);
}

bool signaling_candidate(struct session *session, struct listener *listener, const char *candidate,
                         const char *mid, int mline)
{
    // Beyond what any client has they are passed over, so that no one can fill the link.
    if (listener->candidates++ >= LISTENER_MAX_CANDIDATES)
        return true;
    struct link_message message = {.type = LINK_CANDIDATE,
                                   .listener = listener->id,
                                   .candidate = (char *)candidate,
                                   .mid = (char *)mid,
                                   .mline = mline};
    return session->ports.to_pipeline(session->ports.data, &message);
}

// --- what the pipeline says ---------------------------------------------------------------------

// What a WHEP player has to be told besides: a server that offers, too, has refused its offer.
static int status_of_sdp(const struct listener *listener, bool offer)
{
    if (listener->restarting)
        return 200;
    return offer ? 406 : 201;
}

static void on_sdp(struct session *session, struct listener *listener,
                   const struct link_message *message)
{
    if (!listener->awaited.call)
        return;
    bool offer = message->type == LINK_OFFER;
    g_autofree char *ufrag = fragment_find_ufrag(message->sdp);
    ice_session_set(&listener->ice, ufrag, listener->next_ufrag);
    listener->offered = listener->offered || offer;
    json_t *result =
        json_pack("{s:s s:s s:s s:o}", "listener", listener->id, "room", listener->room, "sdp",
                  message->sdp, "ice_servers", signaling_ice_servers(session));
    if (!listener->client) {
        json_object_set_new(result, "status", json_integer(status_of_sdp(listener, offer)));
        json_object_set_new(result, "etag", ufrag ? json_string(ufrag) : json_null());
    }
    call_succeed(take_call(session, listener), result);
}

static void on_candidate(struct session *session, const struct listener *listener,
                         const struct link_message *message)
{
    if (listener->client)
        session->ports.notify(session->ports.data, listener->client, "webrtc.candidate",
                              json_pack("{s:s s:s s:i}", "listener", listener->id, "candidate",
                                        message->candidate, "mline", message->mline));
}

static void on_refused(struct session *session, struct listener *listener,
                       const struct link_message *message)
{
    const char *detail = message->detail ? message->detail : "the pipeline refused";
    bool lives = listener->restarting;
    signaling_fail(session, listener, message->status, detail);
    if (lives)
        return;
    listener_set_state(session, listener, LISTENER_CLOSED, detail);
}

void signaling_on_taken(struct session *session, struct listener *listener)
{
    if (listener->awaited.call)
        call_succeed(take_call(session, listener),
                     listener->client ? NULL : json_pack("{s:i}", "status", 204));
}

void signaling_on_link(struct session *session, struct listener *listener,
                       const struct link_message *message)
{
    if (message->type == LINK_CANDIDATE)
        on_candidate(session, listener, message);
    else if (message->type == LINK_REFUSED)
        on_refused(session, listener, message);
    else
        on_sdp(session, listener, message);
}
