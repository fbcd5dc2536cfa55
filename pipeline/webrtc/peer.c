// SPDX-License-Identifier: GPL-3.0-or-later
#define GST_USE_UNSTABLE_API // webrtcbin
#include "pipeline/webrtc/peer.h"

#include <gst/sdp/sdp.h>
#include <gst/webrtc/webrtc.h>
#include <string.h>

#include "common/log.h"
#include "pipeline/webrtc/agent.h"

#define SETTLE_TIME 2000 // ms that a negotiation may take to end by itself

struct peer {
    gatomicrefcount references; // the owner's, and one for whatever may still send a note
    struct reaper *reaper;
    struct peer_events events;
    GstElement *pipeline;                 // owned until the reaper has it
    GstElement *webrtc;                   // of the pipeline
    GstWebRTCRTPTransceiver *transceiver; // owned
    GstWebRTCDTLSTransport *dtls;         // owned
    GPtrArray *promises;                  // owned: GstPromise, asked of webrtcbin
    int asked;                            // of them not kept yet
    bool gathering, gathered;
    struct agent *agent; // owned: there once ICE was restarted, of which webrtcbin knows nothing
    bool destroyed;
    guint settle_timer; // source of the main loop, or 0
};

// --- notes ----------------------------------------------------------------------------

struct note {
    struct peer *peer; // a reference
    void (*act)(struct peer *peer, const char *text, int number);
    char *text; // owned
    int number;
};

static void peer_unref(struct peer *peer)
{
    if (g_atomic_ref_count_dec(&peer->references))
        g_free(peer);
}

static struct peer *peer_ref(struct peer *peer)
{
    g_atomic_ref_count_inc(&peer->references);
    return peer;
}

static void on_data_gone(gpointer data)
{
    peer_unref(data);
}

static void on_closure_gone(gpointer data, GClosure *closure)
{
    peer_unref(data);
}

static void note_free(gpointer data)
{
    struct note *note = data;
    peer_unref(note->peer);
    g_free(note->text);
    g_free(note);
}

static void take_down_when_settled(struct peer *peer);

static gboolean note_run(gpointer data)
{
    struct note *note = data;
    note->act(note->peer, note->text, note->number);
    take_down_when_settled(note->peer);
    return G_SOURCE_REMOVE;
}

// Has `act` run in the main loop; it must see for itself whether the peer was destroyed meanwhile.
static void post(struct peer *peer, void (*act)(struct peer *peer, const char *text, int number),
                 const char *text, int number)
{
    struct note *note = g_new0(struct note, 1);
    note->peer = peer_ref(peer);
    note->act = act;
    note->text = g_strdup(text);
    note->number = number;
    g_idle_add_full(G_PRIORITY_DEFAULT, note_run, note, note_free);
}

// --- what webrtcbin says -----------------------------------------------------------------

static void act_failed(struct peer *peer, const char *text, int number)
{
    if (!peer->destroyed)
        peer->events.failed(text, peer->events.data);
}

static void act_connected(struct peer *peer, const char *text, int number)
{
    if (!peer->destroyed)
        peer->events.connected(peer->events.data);
}

static void act_gathered(struct peer *peer, const char *text, int number)
{
    peer->gathered = true;
    if (!peer->destroyed)
        peer->events.gathered(peer->events.data);
}

static void act_candidate(struct peer *peer, const char *text, int number)
{
    if (!peer->destroyed)
        peer->events.candidate(text, peer->events.data);
}

static void on_candidate(GObject *webrtc, guint mline, char *candidate, gpointer data)
{
    post(data, act_candidate, candidate, 0);
}

static void on_gathering_state(GObject *webrtc, GParamSpec *spec, gpointer data)
{
    GstWebRTCICEGatheringState state;
    g_object_get(webrtc, "ice-gathering-state", &state, NULL);
    if (state == GST_WEBRTC_ICE_GATHERING_STATE_COMPLETE)
        post(data, act_gathered, NULL, 0);
}

static void on_connection_state(GObject *webrtc, GParamSpec *spec, gpointer data)
{
    GstWebRTCPeerConnectionState state;
    g_object_get(webrtc, "connection-state", &state, NULL);
    if (state == GST_WEBRTC_PEER_CONNECTION_STATE_CONNECTED)
        post(data, act_connected, NULL, 0);
    else if (state == GST_WEBRTC_PEER_CONNECTION_STATE_FAILED)
        post(data, act_failed, "connection failed", 0);
    else if (state == GST_WEBRTC_PEER_CONNECTION_STATE_CLOSED)
        post(data, act_failed, "left", 0);
}

// The connection state above does not tell when the other side says goodbye.
static void on_dtls_state(GObject *dtls, GParamSpec *spec, gpointer data)
{
    GstWebRTCDTLSTransportState state;
    g_object_get(dtls, "state", &state, NULL);
    if (state == GST_WEBRTC_DTLS_TRANSPORT_STATE_CLOSED)
        post(data, act_failed, "left", 0);
    else if (state == GST_WEBRTC_DTLS_TRANSPORT_STATE_FAILED)
        post(data, act_failed, "connection failed", 0);
}

// A bus that nobody empties would hold on to webrtcbin.
static GstBusSyncReply on_bus_message(GstBus *bus, GstMessage *message, gpointer data)
{
    if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_ERROR) {
        g_autoptr(GError) error = NULL;
        gst_message_parse_error(message, &error, NULL);
        post(data, act_failed, error->message, 0);
    }
    gst_message_unref(message);
    return GST_BUS_DROP;
}

// --- what webrtcbin is asked ----------------------------------------------------------------

static void request(struct peer *peer, const char *action, gpointer argument,
                    GstPromiseChangeFunc reply)
{
    GstPromise *promise = gst_promise_new_with_change_func(reply, peer_ref(peer), on_data_gone);
    g_ptr_array_add(peer->promises, promise);
    peer->asked++;
    g_signal_emit_by_name(peer->webrtc, action, argument, promise);
}

static void act_kept(struct peer *peer, const char *error, int number)
{
    peer->asked--;
    if (error)
        act_failed(peer, error, 0);
}

static const GstStructure *reply_of(GstPromise *promise)
{
    return gst_promise_wait(promise) == GST_PROMISE_RESULT_REPLIED ? gst_promise_get_reply(promise)
                                                                   : NULL;
}

static void on_set(GstPromise *promise, gpointer data)
{
    const GstStructure *reply = reply_of(promise);
    g_autoptr(GError) error = NULL;
    if (reply)
        gst_structure_get(reply, "error", G_TYPE_ERROR, &error, NULL);
    post(data, act_kept, error ? error->message : NULL, 0);
}

static void set_description(struct peer *peer, const char *action, GstWebRTCSDPType type,
                            const char *text)
{
    GstSDPMessage *message;
    gst_sdp_message_new(&message);
    gst_sdp_message_parse_buffer((const guint8 *)text, strlen(text), message);
    g_autoptr(GstWebRTCSessionDescription) description =
        gst_webrtc_session_description_new(type, message);
    request(peer, action, description, on_set);
}

// The promise of this one was kept, too.
static void act_created(struct peer *peer, const char *text, int type)
{
    peer->asked--;
    if (peer->destroyed)
        return;
    peer->gathering = true;
    set_description(peer, "set-local-description", type, text);
}

static void on_created(GstPromise *promise, gpointer data)
{
    const GstStructure *reply = reply_of(promise);
    g_autoptr(GstWebRTCSessionDescription) made = NULL;
    g_autoptr(GError) error = NULL;
    if (reply &&
        (gst_structure_get(reply, "offer", GST_TYPE_WEBRTC_SESSION_DESCRIPTION, &made, NULL) ||
         gst_structure_get(reply, "answer", GST_TYPE_WEBRTC_SESSION_DESCRIPTION, &made, NULL))) {
        g_autofree char *text = gst_sdp_message_as_text(made->sdp);
        post(data, act_created, text, made->type);
        return;
    }
    if (reply)
        gst_structure_get(reply, "error", G_TYPE_ERROR, &error, NULL);
    post(data, act_kept, error ? error->message : "webrtcbin has no description", 0);
}

void peer_offer(struct peer *peer)
{
    request(peer, "create-offer", NULL, on_created);
}

void peer_answer(struct peer *peer, const char *offer)
{
    set_description(peer, "set-remote-description", GST_WEBRTC_SDP_TYPE_OFFER, offer);
    request(peer, "create-answer", NULL, on_created);
}

void peer_accept(struct peer *peer, const char *answer)
{
    set_description(peer, "set-remote-description", GST_WEBRTC_SDP_TYPE_ANSWER, answer);
}

void peer_add_candidate(struct peer *peer, const char *candidate)
{
    // webrtcbin may still have some of the session before on its way; the agent then finds that
    // nobody is there.
    if (peer->agent)
        agent_add_candidate(peer->agent, candidate);
    else
        g_signal_emit_by_name(peer->webrtc, "add-ice-candidate", 0, candidate);
}

static void watch_dtls(struct peer *peer)
{
    g_autoptr(GObject) sender = NULL;
    g_object_get(peer->transceiver, "sender", &sender, NULL);
    if (sender)
        g_object_get(sender, "transport", &peer->dtls, NULL);
    if (peer->dtls)
        g_signal_connect_data(peer->dtls, "notify::state", G_CALLBACK(on_dtls_state),
                              peer_ref(peer), on_closure_gone, 0);
}

bool peer_restart(struct peer *peer, const char **ufrag, const char **password)
{
    if (!peer->agent && peer->dtls)
        peer->agent = agent_create(G_OBJECT(peer->webrtc), G_OBJECT(peer->dtls));
    return peer->agent && agent_restart(peer->agent, ufrag, password);
}

void peer_set_session(struct peer *peer, const char *ufrag, const char *password)
{
    agent_set_session(peer->agent, ufrag, password);
}

char *peer_description(struct peer *peer)
{
    g_autoptr(GstWebRTCSessionDescription) local = NULL;
    g_object_get(peer->webrtc, "local-description", &local, NULL);
    if (!local)
        return NULL;
    if (!peer->dtls)
        watch_dtls(peer);
    return gst_sdp_message_as_text(local->sdp);
}

bool peer_is_gathered(const struct peer *peer)
{
    return peer->gathered;
}

GstElement *peer_webrtc(const struct peer *peer)
{
    return peer->webrtc;
}

// --- life ---------------------------------------------------------------------------------

static void connect_signals(struct peer *peer)
{
    static const struct {
        const char *name;
        GCallback callback;
    } signals[] = {{"on-ice-candidate", G_CALLBACK(on_candidate)},
                   {"notify::ice-gathering-state", G_CALLBACK(on_gathering_state)},
                   {"notify::connection-state", G_CALLBACK(on_connection_state)}};
    for (size_t i = 0; i < G_N_ELEMENTS(signals); i++)
        g_signal_connect_data(peer->webrtc, signals[i].name, signals[i].callback, peer_ref(peer),
                              on_closure_gone, 0);
    g_autoptr(GstBus) bus = gst_element_get_bus(peer->pipeline);
    gst_bus_set_sync_handler(bus, on_bus_message, peer_ref(peer), on_data_gone);
}

struct peer *peer_create(const struct stage *stage, struct reaper *reaper, const GstCaps *caps,
                         const struct peer_events *events)
{
    struct peer *peer = g_new0(struct peer, 1);
    g_atomic_ref_count_init(&peer->references);
    peer->reaper = reaper;
    peer->events = *events;
    peer->promises = g_ptr_array_new_with_free_func((GDestroyNotify)gst_promise_unref);
    peer->pipeline = stage_make_pipeline(stage, &peer->webrtc);
    reaper_expect(reaper);
    g_autoptr(GstPad) pad = gst_element_request_pad_simple(peer->webrtc, "sink_%u");
    g_object_get(pad, "transceiver", &peer->transceiver, NULL);
    g_object_set(peer->transceiver, "direction", GST_WEBRTC_RTP_TRANSCEIVER_DIRECTION_SENDONLY,
                 "codec-preferences", caps, NULL);
    connect_signals(peer);
    gst_element_set_state(peer->pipeline, GST_STATE_PLAYING);
    return peer;
}

GstPad *peer_pad(struct peer *peer)
{
    return gst_element_get_static_pad(peer->webrtc, "sink_0");
}

static void on_interrupt(gpointer promise, gpointer data)
{
    gst_promise_interrupt(promise);
}

static void take_down(struct peer *peer)
{
    g_clear_handle_id(&peer->settle_timer, g_source_remove);
    g_signal_handlers_disconnect_by_data(peer->webrtc, peer);
    if (peer->dtls)
        g_signal_handlers_disconnect_by_data(peer->dtls, peer);
    g_clear_object(&peer->dtls);
    g_clear_pointer(&peer->agent, agent_destroy);
    g_clear_object(&peer->transceiver);
    g_ptr_array_foreach(peer->promises, on_interrupt, NULL);
    g_clear_pointer(&peer->promises, g_ptr_array_unref);
    reaper_take(peer->reaper, g_steal_pointer(&peer->pipeline));
    peer_unref(peer);
}

static void take_down_when_settled(struct peer *peer)
{
    if (peer->destroyed && peer->pipeline && peer->asked == 0 &&
        (!peer->gathering || peer->gathered))
        take_down(peer);
}

static gboolean on_settle_time(gpointer data)
{
    struct peer *peer = data;
    log_warning("peer.unsettled", "{s:i}", "promises", peer->asked);
    peer->settle_timer = 0;
    take_down(peer);
    return G_SOURCE_REMOVE;
}

void peer_destroy(struct peer *peer)
{
    if (!peer)
        return;
    peer->destroyed = true;
    peer->settle_timer = g_timeout_add(SETTLE_TIME, on_settle_time, peer);
    take_down_when_settled(peer);
}
