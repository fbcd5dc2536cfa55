// SPDX-License-Identifier: GPL-3.0-or-later
#include "pipeline/webrtc/listener.h"

#include <string.h>

#include "common/error.h"
#include "common/ice.h"
#include "common/log.h"
#include "pipeline/webrtc/adapt.h"
#include "pipeline/webrtc/feed.h"
#include "pipeline/webrtc/peer.h"
#include "pipeline/webrtc/reports.h"
#include "pipeline/webrtc/rtp.h"
#include "pipeline/webrtc/sdp.h"

#define GATHER_TIME 1000   // ms that candidates may take to be in the description
#define GATHER_TIMES 3     // so often at most where there is none; then no port was free
#define CONNECT_TIME 15000 // ms until a listener who does not connect is given up
#define OFFER_TIME 30000   // the same of one who is offered (draft-ietf-wish-whep, section 4.3)
#define STATS_TIME 2000    // ms between reports
#define SILENT_REPORTS 10  // so many without news of what it has received: it is gone
#define OWN_PAYLOAD 111    // as browsers have it, and the two below
#define OWN_RED 63
#define OWN_CAPTURE_ID 1

struct listener {
    struct listener_context context;
    struct room *room;
    char *id; // owned
    double since;
    enum listener_state state;
    bool over; // `ended` was called

    struct sdp *offer;         // owned: its offer, or NULL
    struct peer *peer;         // owned
    bool described;            // our description is out
    bool answered;             // and so is its answer to our offer, the last one
    bool restarted;            // that ICE session is not the first
    char *ufrag, *their_ufrag; // owned: of the ICE session; NULL while unknown

    struct rtp rtp;    // how its packets are to be, as far as it is agreed
    struct feed *feed; // owned
    bool fed;          // it has begun

    guint gather_timer, connect_timer, stats_timer; // sources of the main loop, or 0
    int gathered_times;                             // that there was no candidate yet
    guint highest;                                  // packet that it last reported
    double lost;                                    // packets until then
    struct adapt adapt;
    int silent; // reports without news
};

// --- the end --------------------------------------------------------------------------

static void end(struct listener *listener, int refused, const char *detail)
{
    if (listener->over)
        return;
    listener->over = true;
    listener->state = LISTENER_CLOSED;
    listener->context.events->ended(listener, refused, detail, listener->context.events->data);
}

static void on_stopped(void *data)
{
    struct listener *listener = data;
    peer_destroy(listener->peer);
    sdp_destroy(listener->offer);
    g_free(listener->ufrag);
    g_free(listener->their_ufrag);
    g_free(listener->id);
    g_free(listener);
}

void listener_destroy(struct listener *listener)
{
    listener->over = true;
    g_clear_handle_id(&listener->gather_timer, g_source_remove);
    g_clear_handle_id(&listener->connect_timer, g_source_remove);
    g_clear_handle_id(&listener->stats_timer, g_source_remove);
    feed_stop(listener->feed);
}

static void on_stalled(void *data)
{
    struct listener *listener = data;
    feed_unblock(listener->feed);
    end(listener, 0, "stalled: its packets held up the others");
}

// --- connected ------------------------------------------------------------------------

// `before` and `listener->highest` are packets, the second the one that it reported now.
static void follow_loss(struct listener *listener, const struct link_stats *stats, guint before)
{
    double lost = stats->lost - listener->lost;
    listener->lost = stats->lost;
    if (before == 0 || listener->highest <= before)
        return;
    double share = CLAMP(lost / (listener->highest - before), 0, 1);
    room_note_loss(listener->room, listener->adapt.served, share);
    if (adapt_report(&listener->adapt, share)) {
        feed_set_mode(listener->feed, listener->adapt.served);
        log_info("listener.served", "{s:s s:s s:f}", "listener", listener->id, "mode",
                 stream_mode_name(listener->adapt.served), "lost", share);
    }
}

static gboolean on_stats_time(gpointer data)
{
    struct listener *listener = data;
    struct link_stats stats;
    guint before = listener->highest;
    reports_read(peer_webrtc(listener->peer), &stats, &listener->highest);
    feed_count(listener->feed, &stats);
    follow_loss(listener, &stats, before);
    stats.mode = listener->adapt.served;
    listener->silent = before == listener->highest ? listener->silent + 1 : 0;
    listener->context.events->stats(listener, &stats, listener->context.events->data);
    // One who never reported may be a client without RTCP; ICE watches over that one.
    if (before == 0 || listener->silent < SILENT_REPORTS)
        return G_SOURCE_CONTINUE;
    listener->stats_timer = 0;
    end(listener, 0, "no report of what it hears for 20 s");
    return G_SOURCE_REMOVE;
}

static gboolean on_first_stats_time(gpointer data)
{
    struct listener *listener = data;
    listener->stats_timer = g_timeout_add(STATS_TIME, on_stats_time, listener);
    on_stats_time(listener);
    return G_SOURCE_REMOVE;
}

static void on_connected(void *data)
{
    struct listener *listener = data;
    if (listener->fed || listener->over)
        return;
    listener->fed = true;
    listener->state = LISTENER_CONNECTED;
    g_clear_handle_id(&listener->connect_timer, g_source_remove);
    feed_start(listener->feed, &listener->rtp, peer_pad(listener->peer),
               shortcut_create(peer_webrtc(listener->peer)));
    // Those who come at once, as after a restart, are not to be asked at once for ever.
    guint first = (guint)g_random_int_range(STATS_TIME / 4, STATS_TIME);
    listener->stats_timer = g_timeout_add(first, on_first_stats_time, listener);
    listener->context.events->connected(listener, listener->context.events->data);
}

static void on_failed(const char *detail, void *data)
{
    struct listener *listener = data;
    end(listener, listener->described ? 0 : ERROR_REFUSED, detail);
}

// --- describing -------------------------------------------------------------------------

static void set_text(char **text, const char *value)
{
    g_free(*text);
    *text = g_strdup(value);
}

// What webrtcbin says of our side, with what is ours to add.
static struct sdp *own_sdp(struct listener *listener, GError **error)
{
    g_autofree char *text = peer_description(listener->peer);
    struct sdp *own = sdp_read(text ? text : "", SDP_OWN, error);
    if (!own)
        return NULL;
    if (own->candidates->len == 0) {
        g_set_error(error, FARFIELD_ERROR, ERROR_UNAVAILABLE,
                    listener->context.stage->last_port
                        ? "none of the UDP ports of ice-ports is free"
                        : "this machine has no address that could be listened on");
        sdp_destroy(own);
        return NULL;
    }
    sdp_add_outside(own, (const char *const *)listener->context.stage->addresses);
    return own;
}

static struct sdp_music own_music(const struct listener *listener)
{
    const struct rtp *rtp = &listener->rtp;
    return (struct sdp_music){.payload = rtp->opus ? rtp->opus : rtp->payload,
                              .red = rtp->opus ? rtp->payload : 0,
                              .capture_id = rtp->capture_id,
                              .complete = peer_is_gathered(listener->peer)};
}

static void send_description(struct listener *listener, const struct sdp *own)
{
    struct sdp_music music = own_music(listener);
    g_autofree char *text = listener->offer ? sdp_write_answer(own, listener->offer, &music)
                                            : sdp_write_offer(own, &music);
    set_text(&listener->ufrag, own->ufrag);
    listener->context.events->described(listener, text, !listener->offer,
                                        listener->context.events->data);
}

static void describe(struct listener *listener)
{
    g_autoptr(GError) error = NULL;
    g_clear_handle_id(&listener->gather_timer, g_source_remove);
    struct sdp *own = own_sdp(listener, &error);
    if (!own) {
        end(listener, error->code == ERROR_UNAVAILABLE ? error->code : ERROR_INTERNAL,
            error->message);
        return;
    }
    listener->described = true;
    send_description(listener, own);
    sdp_destroy(own);
}

static gboolean on_gather_time(gpointer data)
{
    struct listener *listener = data;
    // A machine that is very busy has not even the first yet, without which nobody can reach us.
    g_autofree char *text = peer_description(listener->peer);
    if (!peer_is_gathered(listener->peer) && !(text && strstr(text, "a=candidate:")) &&
        ++listener->gathered_times < GATHER_TIMES)
        return G_SOURCE_CONTINUE;
    listener->gather_timer = 0;
    describe(listener);
    return G_SOURCE_REMOVE;
}

static void on_candidate(const char *candidate, void *data)
{
    struct listener *listener = data;
    // Until then it is put into the description.
    if (listener->described && !listener->over)
        listener->context.events->candidate(listener, candidate,
                                            listener->offer ? (int)listener->offer->audio : 0,
                                            listener->context.events->data);
}

static void on_gathered(void *data)
{
    struct listener *listener = data;
    if (listener->described)
        on_candidate("", listener);
    else if (!listener->over)
        describe(listener);
}

// --- what it sends ------------------------------------------------------------------------

static bool answer_fits(const struct listener *listener, const struct sdp *answer, GError **error)
{
    if (answer->payload == OWN_PAYLOAD && answer->audio == 0 && !listener->offer &&
        listener->described && !listener->answered)
        return true;
    g_set_error(error, FARFIELD_ERROR, ERROR_REFUSED, "SDP: the answer does not fit the offer");
    return false;
}

static void begin_session(struct listener *listener, const char *ufrag, const char *password)
{
    set_text(&listener->their_ufrag, ufrag);
    peer_set_session(listener->peer, ufrag, password);
}

static void take_first_answer(struct listener *listener, const struct sdp *answer)
{
    g_autofree char *inner = sdp_write_inner(answer, listener->rtp.payload);
    // What it does not take over from the offer it does not want.
    if (answer->capture_id != listener->rtp.capture_id)
        listener->rtp.capture_id = 0;
    if (listener->rtp.opus && answer->red != listener->rtp.payload)
        rtp_set_plain(&listener->rtp);
    set_text(&listener->their_ufrag, answer->ufrag);
    peer_accept(listener->peer, inner);
}

static void take_answer(struct listener *listener, const struct sdp *answer)
{
    listener->answered = true;
    if (!listener->restarted) {
        take_first_answer(listener, answer);
        return;
    }
    begin_session(listener, answer->ufrag, answer->password);
    for (guint i = 0; i < answer->candidates->len; i++)
        peer_add_candidate(listener->peer, g_ptr_array_index(answer->candidates, i));
}

bool listener_answer(struct listener *listener, const char *sdp, GError **error)
{
    struct sdp *answer = sdp_read(sdp, SDP_ANSWER, error);
    if (!answer)
        return false;
    bool fits = answer_fits(listener, answer, error);
    if (fits)
        take_answer(listener, answer);
    sdp_destroy(answer);
    return fits;
}

static const struct sdp_section *own_section(const struct listener *listener)
{
    return g_ptr_array_index(listener->offer->sections, listener->offer->audio);
}

static void send_fragment(struct listener *listener, const struct sdp *own)
{
    struct sdp_music music = own_music(listener);
    const char *mid = listener->offer ? own_section(listener)->mid : SDP_INNER_MID;
    g_autofree char *text = sdp_write_fragment(own, mid, &music);
    set_text(&listener->ufrag, own->ufrag);
    listener->context.events->described(listener, text, false, listener->context.events->data);
}

static bool may_restart(const struct listener *listener, const char *ufrag, const char *password,
                        GError **error)
{
    if (ufrag && (!ice_is_ufrag(ufrag) || !ice_is_password(password)))
        g_set_error(error, FARFIELD_ERROR, ERROR_REFUSED, "these cannot name an ICE session");
    else if (!ufrag && listener->offer)
        g_set_error(error, FARFIELD_ERROR, ERROR_REFUSED, "who has offered restarts ICE itself");
    else if (listener->state != LISTENER_CONNECTED)
        g_set_error(error, FARFIELD_ERROR, ERROR_CONFLICT, "it has not been connected yet");
    else
        return true;
    return false;
}

bool listener_restart(struct listener *listener, const char *ufrag, const char *password,
                      GError **error)
{
    const char *our_ufrag, *our_password;
    struct sdp *own =
        may_restart(listener, ufrag, password, error) ? own_sdp(listener, error) : NULL;
    if (!own)
        return false;
    if (!peer_restart(listener->peer, &our_ufrag, &our_password)) {
        g_set_error(error, FARFIELD_ERROR, ERROR_INTERNAL, "ICE cannot be restarted");
        sdp_destroy(own);
        return false;
    }
    sdp_set_session(own, our_ufrag, our_password);
    listener->restarted = true;
    listener->answered = false;
    if (ufrag) {
        begin_session(listener, ufrag, password);
        send_fragment(listener, own);
    } else {
        send_description(listener, own);
    }
    sdp_destroy(own);
    return true;
}

// Candidates of a bundle are for its first section, which need not be the audio.
static bool is_ours(const struct listener *listener, const char *mid, guint mline)
{
    if (!listener->offer)
        return mid ? strcmp(mid, SDP_INNER_MID) == 0 : mline == 0;
    for (guint i = 0; i < listener->offer->sections->len; i++) {
        const struct sdp_section *section = g_ptr_array_index(listener->offer->sections, i);
        if (mid ? g_strcmp0(mid, section->mid) == 0 : i == mline)
            return section == own_section(listener) || section->bundled;
    }
    return false;
}

void listener_add_candidate(struct listener *listener, const char *candidate, const char *mid,
                            int mline)
{
    g_autofree char *clean =
        is_ours(listener, mid, (guint)mline) ? sdp_clean_candidate(candidate) : NULL;
    if (clean)
        peer_add_candidate(listener->peer, clean);
}

// --- life ---------------------------------------------------------------------------------

static gboolean on_connect_time(gpointer data)
{
    struct listener *listener = data;
    listener->connect_timer = 0;
    end(listener, listener->described ? 0 : ERROR_TIMEOUT, "no connection in time");
    return G_SOURCE_REMOVE;
}

// Redundancy is agreed upon with all who may come to need it, since it cannot be later; until they
// are served safely it is a byte a packet. Who wants the lowest delay may read packets by itself.
static void propose_rtp(struct listener *listener)
{
    const struct sdp *offer = listener->offer;
    int red = offer ? offer->red : OWN_RED;
    rtp_init(&listener->rtp, offer ? offer->payload : OWN_PAYLOAD);
    listener->rtp.capture_id = offer ? offer->capture_id : OWN_CAPTURE_ID;
    if (red && listener->adapt.wished != MODE_LOWEST)
        rtp_set_red(&listener->rtp, red);
}

static void make_peer(struct listener *listener)
{
    struct peer_events events = {.gathered = on_gathered,
                                 .candidate = on_candidate,
                                 .connected = on_connected,
                                 .failed = on_failed,
                                 .data = listener};
    struct feed_events feed_events = {
        .stalled = on_stalled, .stopped = on_stopped, .data = listener};
    propose_rtp(listener);
    g_autoptr(GstCaps) caps = rtp_caps(&listener->rtp);
    listener->peer = peer_create(listener->context.stage, listener->context.reaper, caps, &events);
    listener->feed = feed_create(listener->room, listener->adapt.wished, &feed_events);
}

static void negotiate(struct listener *listener)
{
    if (listener->offer) {
        g_autofree char *inner = sdp_write_inner(listener->offer, listener->rtp.payload);
        peer_answer(listener->peer, inner);
    } else {
        peer_offer(listener->peer);
    }
    listener->gather_timer = g_timeout_add(GATHER_TIME, on_gather_time, listener);
    listener->connect_timer =
        g_timeout_add(listener->offer ? CONNECT_TIME : OFFER_TIME, on_connect_time, listener);
}

struct listener *listener_create(const struct listener_context *context, struct room *room,
                                 const struct listener_wish *wish, GError **error)
{
    struct sdp *theirs = wish->offer ? sdp_read(wish->offer, SDP_OFFER, error) : NULL;
    if (wish->offer && !theirs)
        return NULL;
    struct listener *listener = g_new0(struct listener, 1);
    listener->context = *context;
    listener->room = room;
    adapt_init(&listener->adapt, wish->mode);
    listener->id = g_strdup(wish->id);
    listener->since = g_get_real_time() / 1e6;
    listener->offer = theirs;
    listener->their_ufrag = theirs ? g_strdup(theirs->ufrag) : NULL;
    make_peer(listener);
    negotiate(listener);
    return listener;
}

void listener_set_mode(struct listener *listener, enum stream_mode mode)
{
    adapt_wish(&listener->adapt, mode);
    feed_set_mode(listener->feed, mode);
}

const char *listener_id(const struct listener *listener)
{
    return listener->id;
}

const char *listener_room(const struct listener *listener)
{
    return listener->room->name;
}

enum listener_state listener_state(const struct listener *listener)
{
    return listener->state;
}

enum stream_mode listener_mode(const struct listener *listener)
{
    return listener->adapt.wished;
}

const char *listener_ufrag(const struct listener *listener)
{
    return listener->ufrag;
}

const char *listener_their_ufrag(const struct listener *listener)
{
    return listener->their_ufrag;
}

double listener_since(const struct listener *listener)
{
    return listener->since;
}
