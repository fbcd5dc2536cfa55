// SPDX-License-Identifier: GPL-3.0-or-later
// What RTP looks like (RFC 3550), for all who write it: listeners' packets and relays'.
#pragma once

#include <glib.h>
#include <stdbool.h>

#define RTP_FIXED 12 // bytes of a header

struct rtp_header {
    bool extended; // an extension follows
    bool marker;
    guint8 payload;
    guint16 sequence;
    guint32 time, ssrc;
};

// Writes RTP_FIXED bytes (section 5.1), at a multiple of 4.
void rtp_write_header(const struct rtp_header *header, guint8 *at);

// Writes 8 bytes (section 4): microseconds of Unix time as seconds since 1900, and 32 bits of
// fraction.
void rtp_write_time(guint64 microtime, guint8 *at);
