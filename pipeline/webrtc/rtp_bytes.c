// SPDX-License-Identifier: GPL-3.0-or-later
#include "pipeline/webrtc/rtp_bytes.h"

#include <gst/gst.h>
#include <string.h>

#define UNIX_EPOCH 2208988800u // of NTP, seconds

void rtp_write_header(const struct rtp_header *header, guint8 *at)
{
    at[0] = 0x80 | (header->extended ? 0x10 : 0);
    at[1] = (header->marker ? 0x80 : 0) | header->payload;
    GST_WRITE_UINT16_BE(at + 2, header->sequence);
    GST_WRITE_UINT32_BE(at + 4, header->time);
    GST_WRITE_UINT32_BE(at + 8, header->ssrc);
}

void rtp_write_time(guint64 microtime, guint8 *at)
{
    guint64 seconds = microtime / G_USEC_PER_SEC + UNIX_EPOCH;
    guint64 fraction = ((microtime % G_USEC_PER_SEC) << 32) / G_USEC_PER_SEC;
    guint64 time = GUINT64_TO_BE(seconds << 32 | fraction);
    memcpy(at, &time, sizeof time);
}
