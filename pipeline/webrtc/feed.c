// SPDX-License-Identifier: GPL-3.0-or-later
#include "pipeline/webrtc/feed.h"

#include "pipeline/webrtc/turn.h"

struct feed {
    struct room *room;
    struct feed_events events;
    enum stream_mode mode;            // as wished
    struct hub *hub, *old_hub;        // that it hears, and that it is leaving
    struct hub_sink *sink, *old_sink; // in them, NULL outside
    gatomicrefcount users;            // the owner, and each hub that it is in
    bool stopping;

    GMutex lock; // guards what follows: two hubs may call at once
    struct turn turn;
    struct rtp rtp;
};

static struct stream *stream_of(const struct feed *feed, enum stream_mode mode)
{
    return feed->room->of_mode[mode];
}

struct feed *feed_create(struct room *room, enum stream_mode mode, const struct feed_events *events)
{
    struct feed *feed = g_new0(struct feed, 1);
    feed->room = room;
    feed->mode = mode;
    feed->events = *events;
    g_atomic_ref_count_init(&feed->users);
    g_mutex_init(&feed->lock);
    return feed;
}

// --- the end ------------------------------------------------------------------------------

static gboolean on_idle_gone(gpointer data)
{
    struct feed *feed = data;
    struct feed_events events = feed->events;
    rtp_clear(&feed->rtp);
    g_mutex_clear(&feed->lock);
    g_free(feed);
    events.stopped(events.data);
    return G_SOURCE_REMOVE;
}

// On any thread.
static void drop_user(void *data)
{
    struct feed *feed = data;
    if (g_atomic_ref_count_dec(&feed->users))
        g_idle_add_full(G_PRIORITY_DEFAULT, on_idle_gone, feed, NULL);
}

static void leave(struct hub *hub, struct hub_sink **sink)
{
    if (*sink)
        hub_unsubscribe(hub, g_steal_pointer(sink));
}

void feed_stop(struct feed *feed)
{
    feed->stopping = true;
    leave(feed->hub, &feed->sink);
    leave(feed->old_hub, &feed->old_sink);
    drop_user(feed);
}

// --- packets ------------------------------------------------------------------------------

static void settle(struct feed *feed);

static gboolean on_idle_turned(gpointer data)
{
    struct feed *feed = data;
    if (!feed->stopping)
        settle(feed);
    drop_user(feed);
    return G_SOURCE_REMOVE;
}

static bool on_packet(GstBuffer *packet, void *data)
{
    struct feed *feed = data;
    int block = (int)gst_util_uint64_scale_round(GST_BUFFER_DURATION(packet), 48000, GST_SECOND);
    bool good = true;
    g_mutex_lock(&feed->lock);
    bool turning = turn_is_under_way(&feed->turn);
    if (turn_takes(&feed->turn, GST_BUFFER_OFFSET(packet), block))
        good = rtp_push(&feed->rtp, packet);
    bool turned = turning && !turn_is_under_way(&feed->turn);
    g_mutex_unlock(&feed->lock);
    if (turned) {
        g_atomic_ref_count_inc(&feed->users);
        g_idle_add_full(G_PRIORITY_DEFAULT, on_idle_turned, feed, NULL);
    }
    return good;
}

static void on_stalled(void *data)
{
    struct feed *feed = data;
    feed->events.stalled(feed->events.data);
}

static struct hub_sink *join(struct feed *feed, struct hub *hub)
{
    struct hub_subscriber subscriber = {
        .take = on_packet, .released = drop_user, .stalled = on_stalled, .data = feed};
    g_atomic_ref_count_inc(&feed->users);
    return hub_subscribe(hub, &subscriber);
}

// --- modes --------------------------------------------------------------------------------

static void begin_turn(struct feed *feed, struct stream *stream)
{
    g_mutex_lock(&feed->lock);
    turn_begin(&feed->turn, stream_block(stream));
    g_mutex_unlock(&feed->lock);
    feed->old_hub = feed->hub;
    feed->old_sink = feed->sink;
    feed->hub = stream_hub(stream);
    stream_freshen(stream);
    feed->sink = join(feed, feed->hub);
}

// Leaves what it has gone over from; and goes on if the mode was changed meanwhile.
static void settle(struct feed *feed)
{
    struct stream *wished = stream_of(feed, feed->mode);
    leave(feed->old_hub, &feed->old_sink);
    if (stream_hub(wished) != feed->hub)
        begin_turn(feed, wished);
}

void feed_set_mode(struct feed *feed, enum stream_mode mode)
{
    feed->mode = mode;
    if (feed->sink && !feed->old_sink)
        settle(feed);
}

void feed_start(struct feed *feed, const struct rtp *rtp, GstPad *pad, struct shortcut *shortcut)
{
    struct stream *stream = stream_of(feed, feed->mode);
    turn_init(&feed->turn, stream_block(stream));
    feed->rtp = *rtp;
    rtp_attach(&feed->rtp, pad, shortcut);
    feed->hub = stream_hub(stream);
    feed->sink = join(feed, feed->hub);
}

void feed_count(const struct feed *feed, struct link_stats *stats)
{
    const struct shortcut *shortcut = feed->rtp.shortcut;
    stats->packets += shortcut ? shortcut_packets(shortcut) : 0;
    stats->bytes += shortcut ? shortcut_bytes(shortcut) : 0;
}

void feed_unblock(struct feed *feed)
{
    if (feed->rtp.pad)
        gst_pad_send_event(feed->rtp.pad, gst_event_new_flush_start());
}
