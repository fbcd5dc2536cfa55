// SPDX-License-Identifier: GPL-3.0-or-later
// RTP for one listener (RFC 3550, 7587): Opus packets in, RTP packets pushed into a pad. Each
// listener has its own sequence from its own start, so that none takes another's start for a loss.
#pragma once

#include <gst/gst.h>
#include <stdbool.h>

struct rtp {
    GstPad *pad; // owned
    guint8 payload;
    guint16 sequence;
    guint32 ssrc, origin; // origin: RTP time of sample 0
    bool begun;
};

// Synchronisation source, first sequence number and time are random, as they should be.
void rtp_init(struct rtp *rtp, int payload);

// Takes over the reference to `pad`, which must be active, and tells it what will come.
void rtp_attach(struct rtp *rtp, GstPad *pad);
void rtp_clear(struct rtp *rtp);

// The caps of what it pushes; the caller owns them.
GstCaps *rtp_caps(const struct rtp *rtp);

// Pushes one packet as hub.h describes it; false when the pad refuses it.
bool rtp_push(struct rtp *rtp, GstBuffer *packet);
