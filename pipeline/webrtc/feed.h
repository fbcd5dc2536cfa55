// SPDX-License-Identifier: GPL-3.0-or-later
// What one WebRTC listener gets: RTP made from one of its room's streams, pushed into a pad by the
// encoder's thread, and from another stream when the mode changes, without a gap.
//
// Everything but `take` runs on the main loop.
#pragma once

#include <stdbool.h>

#include "pipeline/sound/room.h"
#include "pipeline/webrtc/rtp.h"

struct feed;

struct feed_events {
    // The pad refuses packets or holds up others: feed_stop() is due at once.
    void (*stalled)(void *data);
    // After feed_stop(), when no packet is under way any more: the pad may be taken down.
    void (*stopped)(void *data);
    void *data;
};

// `room` must outlive it.
struct feed *feed_create(struct room *room, enum stream_mode mode,
                         const struct feed_events *events);

// Begins to push packets as `rtp` says into `pad`, whose reference it takes over, and `shortcut`,
// which may be NULL. Once.
void feed_start(struct feed *feed, const struct rtp *rtp, GstPad *pad, struct shortcut *shortcut);
// Adds what went the short way to what webrtcbin knows of.
void feed_count(const struct feed *feed, struct link_stats *stats);
void feed_set_mode(struct feed *feed, enum stream_mode mode);

// Frees the encoder's thread from a call that is stuck in the pad, which is of no use after.
void feed_unblock(struct feed *feed);

// Ends it, and `stopped` follows; the feed is gone then.
void feed_stop(struct feed *feed);
