// SPDX-License-Identifier: GPL-3.0-or-later
#define GST_USE_UNSTABLE_API // webrtcbin
#include "pipeline/listener.h"

#include <gst/sdp/sdp.h>
#include <gst/webrtc/webrtc.h>
#include <string.h>

#include "common/error.h"
#include "common/log.h"
#include "pipeline/reports.h"
#include "pipeline/rtp.h"
#include "pipeline/sdp.h"

#define GATHER_TIME 1000   // ms that candidates may take to be in the description
#define CONNECT_TIME 15000 // ms until a listener who does not connect is given up
#define STATS_TIME 2000    // ms between reports
#define SILENT_REPORTS 10  // so many without news of what it has received: it is gone
#define OWN_PAYLOAD 111    // as browsers have it

struct listener {
    gatomicrefcount references; // of this struct: notes under way, the hub, the owner
    struct listener_context context;
    struct hub *hub;
    char *id, *room; // owned
    double since;
    enum listener_state state;
    bool over; // no more events

    struct sdp *offer;                    // owned: its offer, or NULL
    GPtrArray *promises;                  // owned: GstPromise, asked of webrtcbin
    GstElement *pipeline;                 // owned until the reaper has it
    GstElement *webrtc;                   // of the pipeline
    GstWebRTCRTPTransceiver *transceiver; // owned
    GstWebRTCDTLSTransport *dtls;         // owned
    bool described, complete;             // the description is out, all candidates are known
    struct rtp rtp;                       // the encoder thread's once it is in the hub
    struct hub_sink *sink;                // NULL outside the hub
    guint gather_timer, connect_timer, stats_timer; // sources of the main loop, or 0
    guint highest;                                  // packet that it last reported
    int silent;                                     // reports without news
};

// --- notes from other threads -------------------------------------------------------

struct note {
    struct listener *listener; // a reference
    void (*act)(struct listener *listener, const char *text, int number);
    char *text; // owned
    int number;
};

static void listener_unref(struct listener *listener)
{
    if (!g_atomic_ref_count_dec(&listener->references))
        return;
    sdp_destroy(listener->offer);
    g_free(listener->id);
    g_free(listener->room);
    g_free(listener);
}

static struct listener *listener_ref(struct listener *listener)
{
    g_atomic_ref_count_inc(&listener->references);
    return listener;
}

static void on_closure_gone(gpointer data, GClosure *closure)
{
    listener_unref(data);
}

static void note_free(gpointer data)
{
    struct note *note = data;
    listener_unref(note->listener);
    g_free(note->text);
    g_free(note);
}

static gboolean note_run(gpointer data)
{
    struct note *note = data;
    if (!note->listener->over)
        note->act(note->listener, note->text, note->number);
    return G_SOURCE_REMOVE;
}

// Has `act` run in the main loop, if the listener is still there then.
static void post(struct listener *listener,
                 void (*act)(struct listener *listener, const char *text, int number),
                 const char *text, int number)
{
    struct note *note = g_new0(struct note, 1);
    note->listener = listener_ref(listener);
    note->act = act;
    note->text = g_strdup(text);
    note->number = number;
    g_idle_add_full(G_PRIORITY_DEFAULT, note_run, note, note_free);
}

// --- the end --------------------------------------------------------------------------

static void end(struct listener *listener, int refused, const char *detail)
{
    if (listener->over)
        return;
    listener->over = true;
    listener->state = LISTENER_CLOSED;
    listener->context.events->ended(listener, refused, detail, listener->context.events->data);
}

static void act_end(struct listener *listener, const char *text, int number)
{
    end(listener, number, text);
}

static void on_released(void *data)
{
    struct listener *listener = data;
    rtp_clear(&listener->rtp);
    reaper_take(listener->context.reaper, listener->pipeline);
    listener_unref(listener);
}

static void clear_timers(struct listener *listener)
{
    g_clear_handle_id(&listener->gather_timer, g_source_remove);
    g_clear_handle_id(&listener->connect_timer, g_source_remove);
    g_clear_handle_id(&listener->stats_timer, g_source_remove);
}

static void on_interrupt(gpointer promise, gpointer data)
{
    gst_promise_interrupt(promise);
}

void listener_destroy(struct listener *listener)
{
    listener->over = true;
    clear_timers(listener);
    g_signal_handlers_disconnect_by_data(listener->webrtc, listener);
    if (listener->dtls)
        g_signal_handlers_disconnect_by_data(listener->dtls, listener);
    g_clear_object(&listener->dtls);
    g_clear_object(&listener->transceiver);
    // One that webrtcbin has not come to by now will never be kept.
    g_ptr_array_foreach(listener->promises, on_interrupt, NULL);
    g_clear_pointer(&listener->promises, g_ptr_array_unref);
    if (listener->sink)
        hub_unsubscribe(listener->hub, listener->sink);
    else
        on_released(listener_ref(listener));
    listener_unref(listener);
}

void listener_unblock(struct listener *listener)
{
    gst_pad_send_event(listener->rtp.pad, gst_event_new_flush_start());
}

// --- connected ------------------------------------------------------------------------

static bool on_packet(GstBuffer *packet, void *data)
{
    struct listener *listener = data;
    return rtp_push(&listener->rtp, packet);
}

static gboolean on_stats_time(gpointer data)
{
    struct listener *listener = data;
    struct link_stats stats;
    guint before = listener->highest;
    reports_read(listener->webrtc, &stats, &listener->highest);
    listener->silent = before == listener->highest ? listener->silent + 1 : 0;
    listener->context.events->stats(listener, &stats, listener->context.events->data);
    // One who never reported may be a client without RTCP; ICE watches over that one.
    if (before == 0 || listener->silent < SILENT_REPORTS)
        return G_SOURCE_CONTINUE;
    listener->stats_timer = 0;
    end(listener, 0, "no report of what it hears for 20 s");
    return G_SOURCE_REMOVE;
}

static void become_connected(struct listener *listener)
{
    listener->state = LISTENER_CONNECTED;
    g_clear_handle_id(&listener->connect_timer, g_source_remove);
    listener->sink =
        hub_subscribe(listener->hub, &(struct hub_subscriber){.take = on_packet,
                                                              .released = on_released,
                                                              .data = listener_ref(listener)});
    listener->stats_timer = g_timeout_add(STATS_TIME, on_stats_time, listener);
    listener->context.events->connected(listener, listener->context.events->data);
}

static void act_connection(struct listener *listener, const char *text, int state)
{
    if (state == GST_WEBRTC_PEER_CONNECTION_STATE_CONNECTED && !listener->sink)
        become_connected(listener);
    else if (state == GST_WEBRTC_PEER_CONNECTION_STATE_FAILED)
        end(listener, 0, "connection failed");
    else if (state == GST_WEBRTC_PEER_CONNECTION_STATE_CLOSED)
        end(listener, 0, "left");
}

static void on_connection_state(GObject *webrtc, GParamSpec *spec, gpointer data)
{
    GstWebRTCPeerConnectionState state;
    g_object_get(webrtc, "connection-state", &state, NULL);
    post(data, act_connection, NULL, state);
}

static void on_dtls_state(GObject *dtls, GParamSpec *spec, gpointer data)
{
    GstWebRTCDTLSTransportState state;
    g_object_get(dtls, "state", &state, NULL);
    if (state == GST_WEBRTC_DTLS_TRANSPORT_STATE_CLOSED)
        post(data, act_end, "left", 0);
    else if (state == GST_WEBRTC_DTLS_TRANSPORT_STATE_FAILED)
        post(data, act_end, "connection failed", 0);
}

static GstBusSyncReply on_bus_message(GstBus *bus, GstMessage *message, gpointer data)
{
    if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_ERROR) {
        g_autoptr(GError) error = NULL;
        gst_message_parse_error(message, &error, NULL);
        post(data, act_end, error->message, 0);
    }
    gst_message_unref(message);
    return GST_BUS_DROP;
}

// --- describing -------------------------------------------------------------------------

static void watch_dtls(struct listener *listener)
{
    g_autoptr(GObject) sender = NULL;
    g_object_get(listener->transceiver, "sender", &sender, NULL);
    if (sender)
        g_object_get(sender, "transport", &listener->dtls, NULL);
    if (listener->dtls)
        g_signal_connect_data(listener->dtls, "notify::state", G_CALLBACK(on_dtls_state),
                              listener_ref(listener), on_closure_gone, 0);
}

static char *own_description(struct listener *listener, GError **error)
{
    g_autoptr(GstWebRTCSessionDescription) local = NULL;
    g_object_get(listener->webrtc, "local-description", &local, NULL);
    g_autofree char *text = local ? gst_sdp_message_as_text(local->sdp) : g_strdup("");
    struct sdp *own = sdp_read(text, SDP_OWN, error);
    if (!own)
        return NULL;
    struct sdp_music music = {.fec = listener->context.stage->fec, .complete = listener->complete};
    char *description = listener->offer ? sdp_write_answer(own, listener->offer, &music)
                                        : sdp_write_offer(own, &music);
    sdp_destroy(own);
    return description;
}

static void describe(struct listener *listener)
{
    g_autoptr(GError) error = NULL;
    g_clear_handle_id(&listener->gather_timer, g_source_remove);
    listener->described = true;
    g_autofree char *description = own_description(listener, &error);
    if (!description) {
        end(listener, ERROR_INTERNAL, error->message);
        return;
    }
    watch_dtls(listener);
    listener->context.events->described(listener, description, !listener->offer,
                                        listener->context.events->data);
}

static gboolean on_gather_time(gpointer data)
{
    struct listener *listener = data;
    listener->gather_timer = 0;
    describe(listener);
    return G_SOURCE_REMOVE;
}

static void act_candidate(struct listener *listener, const char *text, int mline)
{
    // Until then webrtcbin has put it into the description.
    if (listener->described)
        listener->context.events->candidate(listener, text,
                                            listener->offer ? (int)listener->offer->audio : 0,
                                            listener->context.events->data);
}

static void on_candidate(GObject *webrtc, guint mline, char *candidate, gpointer data)
{
    post(data, act_candidate, candidate, mline);
}

static void act_gathered(struct listener *listener, const char *text, int number)
{
    listener->complete = true;
    if (listener->described)
        act_candidate(listener, "", 0);
    else
        describe(listener);
}

static void on_gathering_state(GObject *webrtc, GParamSpec *spec, gpointer data)
{
    GstWebRTCICEGatheringState state;
    g_object_get(webrtc, "ice-gathering-state", &state, NULL);
    if (state == GST_WEBRTC_ICE_GATHERING_STATE_COMPLETE)
        post(data, act_gathered, NULL, 0);
}

// --- negotiating ------------------------------------------------------------------------

static void act_failed(struct listener *listener, const char *text, int number)
{
    end(listener, listener->described ? 0 : ERROR_REFUSED, text);
}

// A request that fails ends the listener.
static void on_done(GstPromise *promise, gpointer data)
{
    const GstStructure *reply = gst_promise_wait(promise) == GST_PROMISE_RESULT_REPLIED
                                    ? gst_promise_get_reply(promise)
                                    : NULL;
    g_autoptr(GError) error = NULL;
    if (reply && gst_structure_get(reply, "error", G_TYPE_ERROR, &error, NULL))
        post(data, act_failed, error->message, 0);
}

static void on_listener_gone(gpointer data)
{
    listener_unref(data);
}

// Sends a request to webrtcbin.
static void request(struct listener *listener, const char *action, gpointer argument,
                    GstPromiseChangeFunc reply)
{
    GstPromise *promise =
        gst_promise_new_with_change_func(reply, listener_ref(listener), on_listener_gone);
    g_ptr_array_add(listener->promises, promise);
    g_signal_emit_by_name(listener->webrtc, action, argument, promise);
}

static void set_description(struct listener *listener, const char *side, GstWebRTCSDPType type,
                            const char *text)
{
    GstSDPMessage *message;
    gst_sdp_message_new(&message);
    gst_sdp_message_parse_buffer((const guint8 *)text, strlen(text), message);
    g_autoptr(GstWebRTCSessionDescription) description =
        gst_webrtc_session_description_new(type, message);
    request(listener, side, description, on_done);
}

static void act_created(struct listener *listener, const char *text, int type)
{
    set_description(listener, "set-local-description", type, text);
    listener->gather_timer = g_timeout_add(GATHER_TIME, on_gather_time, listener);
}

static void on_created(GstPromise *promise, gpointer data)
{
    struct listener *listener = data;
    const char *name = listener->offer ? "answer" : "offer";
    const GstStructure *reply = gst_promise_wait(promise) == GST_PROMISE_RESULT_REPLIED
                                    ? gst_promise_get_reply(promise)
                                    : NULL;
    g_autoptr(GstWebRTCSessionDescription) made = NULL;
    g_autoptr(GError) error = NULL;
    if (reply)
        gst_structure_get(reply, name, GST_TYPE_WEBRTC_SESSION_DESCRIPTION, &made, NULL);
    if (made) {
        g_autofree char *text = gst_sdp_message_as_text(made->sdp);
        post(listener, act_created, text, made->type);
    } else if (reply && gst_structure_get(reply, "error", G_TYPE_ERROR, &error, NULL)) {
        post(listener, act_failed, error->message, 0);
    }
}

static void negotiate(struct listener *listener)
{
    if (listener->offer) {
        g_autofree char *inner = sdp_write_inner(listener->offer);
        set_description(listener, "set-remote-description", GST_WEBRTC_SDP_TYPE_OFFER, inner);
    }
    request(listener, listener->offer ? "create-answer" : "create-offer", NULL, on_created);
}

bool listener_answer(struct listener *listener, const char *sdp, GError **error)
{
    struct sdp *answer = sdp_read(sdp, SDP_ANSWER, error);
    if (!answer)
        return false;
    g_autofree char *inner = sdp_write_inner(answer);
    bool fits = answer->payload == OWN_PAYLOAD && answer->audio == 0;
    sdp_destroy(answer);
    if (!fits || listener->offer || !listener->described) {
        g_set_error(error, FARFIELD_ERROR, ERROR_REFUSED, "SDP: the answer does not fit the offer");
        return false;
    }
    set_description(listener, "set-remote-description", GST_WEBRTC_SDP_TYPE_ANSWER, inner);
    return true;
}

void listener_add_candidate(struct listener *listener, const char *candidate, int mline)
{
    guint audio = listener->offer ? listener->offer->audio : 0;
    if (listener->offer && (guint)mline < listener->offer->sections->len) {
        const struct sdp_section *section =
            g_ptr_array_index(listener->offer->sections, (guint)mline);
        if (section->bundled)
            audio = mline;
    }
    g_autofree char *clean = sdp_clean_candidate(candidate);
    if (clean && (guint)mline == audio)
        g_signal_emit_by_name(listener->webrtc, "add-ice-candidate", 0, clean);
}

// --- making -------------------------------------------------------------------------------

static gboolean on_connect_time(gpointer data)
{
    struct listener *listener = data;
    listener->connect_timer = 0;
    end(listener, listener->described ? 0 : ERROR_TIMEOUT, "no connection within 15 s");
    return G_SOURCE_REMOVE;
}

static void connect_signals(struct listener *listener)
{
    static const struct {
        const char *name;
        GCallback callback;
    } signals[] = {{"on-ice-candidate", G_CALLBACK(on_candidate)},
                   {"notify::ice-gathering-state", G_CALLBACK(on_gathering_state)},
                   {"notify::connection-state", G_CALLBACK(on_connection_state)}};
    for (size_t i = 0; i < G_N_ELEMENTS(signals); i++)
        g_signal_connect_data(listener->webrtc, signals[i].name, signals[i].callback,
                              listener_ref(listener), on_closure_gone, 0);
    g_autoptr(GstBus) bus = gst_element_get_bus(listener->pipeline);
    gst_bus_set_sync_handler(bus, on_bus_message, listener_ref(listener), on_listener_gone);
}

static void make_pipeline(struct listener *listener)
{
    listener->pipeline = stage_make_pipeline(listener->context.stage, &listener->webrtc);
    GstPad *pad = gst_element_request_pad_simple(listener->webrtc, "sink_%u");
    rtp_init(&listener->rtp, pad, listener->offer ? listener->offer->payload : OWN_PAYLOAD);
    g_autoptr(GstCaps) caps = rtp_caps(&listener->rtp);
    g_object_get(pad, "transceiver", &listener->transceiver, NULL);
    g_object_set(listener->transceiver, "direction", GST_WEBRTC_RTP_TRANSCEIVER_DIRECTION_SENDONLY,
                 "codec-preferences", caps, NULL);
    connect_signals(listener);
    gst_element_set_state(listener->pipeline, GST_STATE_PLAYING);
    rtp_announce(&listener->rtp);
}

struct listener *listener_create(const struct listener_context *context, struct hub *hub,
                                 const char *id, const char *room, const char *offer,
                                 GError **error)
{
    struct sdp *theirs = offer ? sdp_read(offer, SDP_OFFER, error) : NULL;
    if (offer && !theirs)
        return NULL;
    struct listener *listener = g_new0(struct listener, 1);
    g_atomic_ref_count_init(&listener->references);
    listener->context = *context;
    listener->hub = hub;
    listener->id = g_strdup(id);
    listener->room = g_strdup(room);
    listener->since = g_get_real_time() / 1e6;
    listener->offer = theirs;
    listener->promises = g_ptr_array_new_with_free_func((GDestroyNotify)gst_promise_unref);
    make_pipeline(listener);
    listener->connect_timer = g_timeout_add(CONNECT_TIME, on_connect_time, listener);
    negotiate(listener);
    return listener;
}

const char *listener_id(const struct listener *listener)
{
    return listener->id;
}

const char *listener_room(const struct listener *listener)
{
    return listener->room;
}

enum listener_state listener_state(const struct listener *listener)
{
    return listener->state;
}

double listener_since(const struct listener *listener)
{
    return listener->since;
}
