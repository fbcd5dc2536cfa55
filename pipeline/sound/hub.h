// SPDX-License-Identifier: GPL-3.0-or-later
// Who gets a room's packets.
//
// The encoder's thread hands each packet to every subscriber itself: no queue, no further thread.
// From 33 on, until there are but 16, two threads with a short queue each serve half of them, so
// that one core is not the end.
//
// Each walks over a snapshot of its list, which it holds by reference, and takes no lock while it
// calls; subscribing and leaving make a new list. A subscriber's `released` runs when no call into
// it is under way and none can follow, which is when it may be taken down.
//
// The price is that a subscriber that blocks holds up the others of its half, so each call is
// timed, and the main loop looks for offenders and has them leave.
#pragma once

#include <gst/gst.h>
#include <stdbool.h>

struct hub;
struct hub_sink;

struct hub_subscriber {
    // Takes one packet, which belongs to the caller and must not be changed: PTS is running time,
    // OFFSET the number of its first sample at 48 kHz. Called in order, one at a time, but on any
    // thread; must not block. False when the subscriber is broken.
    bool (*take)(GstBuffer *packet, void *data);
    // Runs once, on any thread.
    void (*released)(void *data);
    // On the main loop: it is broken, keeps being slow, or is stuck in a call right now. It must
    // leave before this returns, or hub_rejoin().
    void (*stalled)(void *data);
    void *data;
};

struct hub *hub_create(void);
// Every subscriber must have left.
void hub_destroy(struct hub *hub);

struct hub_sink *hub_subscribe(struct hub *hub, const struct hub_subscriber *subscriber);
void hub_unsubscribe(struct hub *hub, struct hub_sink *sink);

// For one that cannot block and is told that it is `stalled`: it was the machine that stood still.
// Goes on with the next packet, on the thread that it had.
void hub_rejoin(struct hub_sink *sink);

bool hub_is_empty(struct hub *hub);

// For the encoder's thread.
void hub_deliver(struct hub *hub, GstBuffer *packet);

// For the main loop, ten times a second: has offenders told that they are `stalled`. False where
// one of them has not returned from its call for two seconds, so that the others get nothing any
// more: that can only be mended by another process.
bool hub_put_out_stalled(struct hub *hub);
