// SPDX-License-Identifier: GPL-3.0-or-later
#include "pipeline/webrtc/rtp.h"

#include <string.h>

#include "pipeline/sound/encoder.h"
#include "pipeline/webrtc/rtp_bytes.h"

GstCaps *rtp_caps(const struct rtp *rtp)
{
    return gst_caps_new_simple("application/x-rtp", "media", G_TYPE_STRING, "audio",
                               "encoding-name", G_TYPE_STRING, "OPUS", "clock-rate", G_TYPE_INT,
                               48000, "encoding-params", G_TYPE_STRING, "2", "payload", G_TYPE_INT,
                               (int)rtp->payload, "ssrc", G_TYPE_UINT, rtp->ssrc, NULL);
}

void rtp_init(struct rtp *rtp, int payload, guint32 ssrc)
{
    // In the lower half, so that nobody takes the first rollover for an old packet (RFC
    // 3711, 3.3.1).
    *rtp = (struct rtp){.payload = payload,
                        .sequence = g_random_int_range(0, 1 << 15),
                        .ssrc = ssrc,
                        .origin = g_random_int()};
}

void rtp_attach(struct rtp *rtp, GstPad *pad, struct shortcut *shortcut)
{
    rtp->pad = pad;
    rtp->shortcut = shortcut;
    g_autoptr(GstCaps) caps = rtp_caps(rtp);
    GstSegment segment;
    gst_segment_init(&segment, GST_FORMAT_TIME);
    gst_pad_send_event(rtp->pad, gst_event_new_stream_start("farfield"));
    gst_pad_send_event(rtp->pad, gst_event_new_caps(caps));
    gst_pad_send_event(rtp->pad, gst_event_new_segment(&segment));
}

void rtp_set_red(struct rtp *rtp, int red)
{
    rtp->opus = rtp->payload;
    rtp->payload = red;
}

void rtp_set_plain(struct rtp *rtp)
{
    rtp->payload = rtp->opus;
    rtp->opus = 0;
}

void rtp_clear(struct rtp *rtp)
{
    g_clear_pointer(&rtp->shortcut, shortcut_destroy);
    g_clear_object(&rtp->pad);
    gst_clear_buffer(&rtp->previous);
}

// --- packets -------------------------------------------------------------------------------

#define EXTENSION 16       // with abs-capture-time inside, RFC 8285 in its one-byte form
#define REDUNDANT 4        // RFC 2198: of the packet before
#define PRIMARY 1          // of the packet itself
#define MOST_CARRIED 600   // bytes of the packet before, so that the whole fits into a datagram
#define CAPTURE_EVERY 4800 // frames between capture times; the receiver fills in those between
#define LONG_WAY 64        // packets, of which one goes through the pad

static gsize put_header(const struct rtp *rtp, guint8 *at, const GstBuffer *packet, bool extended)
{
    struct rtp_header header = {.extended = extended,
                                .marker = !rtp->begun,
                                .payload = rtp->payload,
                                .sequence = (guint16)rtp->sequence,
                                .time = rtp->origin + (guint32)GST_BUFFER_OFFSET(packet),
                                .ssrc = rtp->ssrc};
    rtp_write_header(&header, at);
    return RTP_FIXED;
}

static gsize put_capture_time(const struct rtp *rtp, guint8 *at, const GstBuffer *packet)
{
    memset(at, 0, EXTENSION);
    GST_WRITE_UINT16_BE(at, 0xbede);
    GST_WRITE_UINT16_BE(at + 2, (EXTENSION - 4) / 4);
    at[4] = rtp->capture_id << 4 | 7;
    rtp_write_time(GST_BUFFER_OFFSET_END(packet), at + 5);
    return EXTENSION;
}

// What a long packet carries along, or NULL.
static GstBuffer *carried(const struct rtp *rtp, const GstBuffer *packet)
{
    const GstBuffer *previous = rtp->previous;
    gint64 frames = previous ? (gint64)(packet->offset - previous->offset) : 0;
    return frames == MAX_BLOCK && gst_buffer_get_size(rtp->previous) <= MOST_CARRIED ? rtp->previous
                                                                                     : NULL;
}

static gsize put_red(const struct rtp *rtp, guint8 *at, GstBuffer *before)
{
    if (before)
        GST_WRITE_UINT32_BE(at, 0x80000000u | (guint32)rtp->opus << 24 | MAX_BLOCK << 10 |
                                    (guint32)gst_buffer_get_size(before));
    gsize length = before ? REDUNDANT : 0;
    at[length] = rtp->opus;
    return length + PRIMARY;
}

static gsize put_opus(guint8 *at, GstBuffer *packet)
{
    return gst_buffer_extract(packet, 0, at, MAX_PACKET);
}

static bool push(struct rtp *rtp, const GstBuffer *packet, const guint8 *bytes, gsize size)
{
    GstBuffer *out = gst_buffer_new_memdup(bytes, size);
    GST_BUFFER_PTS(out) = GST_BUFFER_PTS(packet);
    GST_BUFFER_DURATION(out) = GST_BUFFER_DURATION(packet);
    return gst_pad_chain(rtp->pad, out) == GST_FLOW_OK;
}

bool rtp_push(struct rtp *rtp, GstBuffer *packet)
{
    _Alignas(guint32) guint8
        bytes[RTP_FIXED + EXTENSION + REDUNDANT + PRIMARY + MOST_CARRIED + MAX_PACKET + SRTP_TAG];
    bool stamped = rtp->capture_id && GST_BUFFER_OFFSET(packet) % CAPTURE_EVERY == 0;
    GstBuffer *before = rtp->opus ? carried(rtp, packet) : NULL;
    gsize size = put_header(rtp, bytes, packet, stamped);
    if (stamped)
        size += put_capture_time(rtp, bytes + size, packet);
    gsize header = size;
    if (rtp->opus)
        size += put_red(rtp, bytes + size, before);
    if (before)
        size += put_opus(bytes + size, before);
    size += put_opus(bytes + size, packet);
    guint64 index = rtp->sequence++;
    rtp->begun = true;
    if (rtp->opus)
        gst_buffer_replace(&rtp->previous, packet);
    if (!rtp->shortcut || index % LONG_WAY == 0)
        return push(rtp, packet, bytes, size);
    shortcut_send(rtp->shortcut, &(struct srtp_packet){rtp->ssrc, index, bytes, header, size});
    return true;
}
