// SPDX-License-Identifier: GPL-3.0-or-later
// RTP for one listener (RFC 3550, 7587): Opus packets in, RTP packets pushed into a pad, or sent
// the short way where there is one. Each listener has its own sequence from its own start, so that
// none takes another's start for a loss. Where it was agreed, packets say when they were captured,
// and long ones carry the one before along (RFC 2198), so that the loss of one is no loss.
#pragma once

#include <gst/gst.h>
#include <stdbool.h>

#include "pipeline/webrtc/shortcut.h"

struct rtp {
    GstPad *pad;               // owned
    struct shortcut *shortcut; // owned, or NULL
    guint8 payload;
    guint8 opus;          // payload type inside redundant packets, 0 where they are plain
    guint8 capture_id;    // of abs-capture-time, 0 for none
    GstBuffer *previous;  // owned: the packet before, or NULL
    guint64 sequence;     // of the next packet, which shows its last 16 bits
    guint32 ssrc, origin; // origin: RTP time of sample 0
    bool begun;
};

// First sequence number and time are random, as they should be; `ssrc` is the synchronisation
// source.
void rtp_init(struct rtp *rtp, int payload, guint32 ssrc);

// All packets are redundant ones from now on, of payload type `red`.
void rtp_set_red(struct rtp *rtp, int red);
void rtp_set_plain(struct rtp *rtp); // or not, after all

// Takes over the reference to `pad`, which must be active, and tells it what will come; takes over
// `shortcut`, too, which may be NULL.
void rtp_attach(struct rtp *rtp, GstPad *pad, struct shortcut *shortcut);
void rtp_clear(struct rtp *rtp);

// The caps of what it pushes; the caller owns them.
GstCaps *rtp_caps(const struct rtp *rtp);

// Sends one packet as hub.h describes it; false when the pad refuses it.
bool rtp_push(struct rtp *rtp, GstBuffer *packet);
