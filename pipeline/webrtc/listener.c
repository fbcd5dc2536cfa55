// SPDX-License-Identifier: GPL-3.0-or-later
#include "pipeline/webrtc/listener.h"

#include "common/log.h"
#include "pipeline/webrtc/adapt.h"
#include "pipeline/webrtc/feed.h"
#include "pipeline/webrtc/negotiation.h"
#include "pipeline/webrtc/reports.h"

#define STATS_TIME 2000   // ms between reports
#define SILENT_REPORTS 10 // so many without news of what it has received: it is gone

struct listener {
    struct listener_context context;
    struct room *room;
    char *id; // owned
    double since;
    enum listener_state state;
    bool over; // `ended` was called

    struct negotiation *negotiation; // owned
    struct feed *feed;               // owned

    guint stats_timer; // source of the main loop, or 0
    guint highest;     // packet that it last reported
    double lost;       // packets until then
    struct adapt adapt;
    int silent; // reports without news
};

// --- the end --------------------------------------------------------------------------

static void end(int refused, const char *detail, void *data)
{
    struct listener *listener = data;
    if (listener->over)
        return;
    listener->over = true;
    listener->state = LISTENER_CLOSED;
    negotiation_stop(listener->negotiation);
    listener->context.events->ended(listener, refused, detail, listener->context.events->data);
}

static void on_stopped(void *data)
{
    struct listener *listener = data;
    negotiation_destroy(listener->negotiation);
    g_free(listener->id);
    g_free(listener);
}

void listener_destroy(struct listener *listener)
{
    listener->over = true;
    negotiation_stop(listener->negotiation);
    g_clear_handle_id(&listener->stats_timer, g_source_remove);
    feed_stop(listener->feed);
}

static void on_stalled(void *data)
{
    struct listener *listener = data;
    feed_unblock(listener->feed);
    end(0, "stalled: its packets held up the others", listener);
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
    int seconds = (listener->silent + 1) * STATS_TIME / 1000;
    if (adapt_report(&listener->adapt, share, seconds)) {
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
    reports_read(peer_webrtc(negotiation_peer(listener->negotiation)), &stats, &listener->highest);
    feed_count(listener->feed, &stats);
    follow_loss(listener, &stats, before);
    stats.mode = listener->adapt.served;
    listener->silent = before == listener->highest ? listener->silent + 1 : 0;
    listener->context.events->stats(listener, &stats, listener->context.events->data);
    // One who never reported may be a client without RTCP; ICE watches over that one.
    if (before == 0 || listener->silent < SILENT_REPORTS)
        return G_SOURCE_CONTINUE;
    listener->stats_timer = 0;
    end(0, "no report of what it hears for 20 s", listener);
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
    struct peer *peer = negotiation_peer(listener->negotiation);
    listener->state = LISTENER_CONNECTED;
    feed_start(listener->feed, negotiation_rtp(listener->negotiation), peer_pad(peer),
               shortcut_create(peer_webrtc(peer)));
    // Those who come at once, as after a restart, are not to be asked at once for ever.
    guint first = (guint)g_random_int_range(STATS_TIME / 4, STATS_TIME);
    listener->stats_timer = g_timeout_add(first, on_first_stats_time, listener);
    listener->context.events->connected(listener, listener->context.events->data);
}

// --- negotiation ------------------------------------------------------------------------

static void on_described(const char *sdp, bool offer, void *data)
{
    struct listener *listener = data;
    listener->context.events->described(listener, sdp, offer, listener->context.events->data);
}

static void on_candidate(const char *candidate, int mline, void *data)
{
    struct listener *listener = data;
    listener->context.events->candidate(listener, candidate, mline, listener->context.events->data);
}

bool listener_answer(struct listener *listener, const char *sdp, GError **error)
{
    return negotiation_answer(listener->negotiation, sdp, error);
}

bool listener_restart(struct listener *listener, const char *ufrag, const char *password,
                      GError **error)
{
    return negotiation_restart(listener->negotiation, ufrag, password, error);
}

void listener_add_candidate(struct listener *listener, const char *candidate, const char *mid,
                            int mline)
{
    negotiation_add_candidate(listener->negotiation, candidate, mid, mline);
}

// --- life ---------------------------------------------------------------------------------

// Takes over `offer`.
static void begin(struct listener *listener, struct sdp *offer)
{
    struct feed_events feed_events = {
        .stalled = on_stalled, .stopped = on_stopped, .data = listener};
    struct negotiation_events events = {.described = on_described,
                                        .candidate = on_candidate,
                                        .connected = on_connected,
                                        .failed = end,
                                        .data = listener};
    // Who wants the lowest delay may read packets by itself, and would not know redundant ones.
    bool redundant = listener->adapt.wished != MODE_LOWEST;
    listener->feed = feed_create(listener->room, listener->adapt.wished, &feed_events);
    listener->negotiation = negotiation_create(listener->context.stage, listener->context.reaper,
                                               offer, redundant, &events);
}

struct listener *listener_create(const struct listener_context *context, struct room *room,
                                 const struct listener_wish *wish, GError **error)
{
    struct sdp *offer = wish->offer ? sdp_read(wish->offer, SDP_OFFER, error) : NULL;
    if (wish->offer && !offer)
        return NULL;
    struct listener *listener = g_new0(struct listener, 1);
    listener->context = *context;
    listener->room = room;
    adapt_init(&listener->adapt, wish->mode);
    listener->id = g_strdup(wish->id);
    listener->since = g_get_real_time() / 1e6;
    begin(listener, offer);
    return listener;
}

void listener_set_mode(struct listener *listener, enum stream_mode mode)
{
    adapt_init(&listener->adapt, mode);
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
    return negotiation_ufrag(listener->negotiation);
}

const char *listener_their_ufrag(const struct listener *listener)
{
    return negotiation_their_ufrag(listener->negotiation);
}

double listener_since(const struct listener *listener)
{
    return listener->since;
}
