// SPDX-License-Identifier: GPL-3.0-or-later
#include "pipeline/rtp.h"

#include <gst/rtp/gstrtpbuffer.h>

GstCaps *rtp_caps(const struct rtp *rtp)
{
    return gst_caps_new_simple("application/x-rtp", "media", G_TYPE_STRING, "audio",
                               "encoding-name", G_TYPE_STRING, "OPUS", "clock-rate", G_TYPE_INT,
                               48000, "encoding-params", G_TYPE_STRING, "2", "payload", G_TYPE_INT,
                               (int)rtp->payload, "ssrc", G_TYPE_UINT, rtp->ssrc, NULL);
}

void rtp_init(struct rtp *rtp, int payload)
{
    *rtp = (struct rtp){.payload = payload,
                        .sequence = g_random_int(),
                        .ssrc = g_random_int(),
                        .origin = g_random_int()};
}

void rtp_attach(struct rtp *rtp, GstPad *pad)
{
    rtp->pad = pad;
    g_autoptr(GstCaps) caps = rtp_caps(rtp);
    GstSegment segment;
    gst_segment_init(&segment, GST_FORMAT_TIME);
    gst_pad_send_event(rtp->pad, gst_event_new_stream_start("farfield"));
    gst_pad_send_event(rtp->pad, gst_event_new_caps(caps));
    gst_pad_send_event(rtp->pad, gst_event_new_segment(&segment));
}

void rtp_clear(struct rtp *rtp)
{
    g_clear_object(&rtp->pad);
}

bool rtp_push(struct rtp *rtp, GstBuffer *packet)
{
    GstBuffer *out = gst_rtp_buffer_new_allocate(0, 0, 0);
    GstRTPBuffer header = GST_RTP_BUFFER_INIT;
    gst_rtp_buffer_map(out, GST_MAP_WRITE, &header);
    gst_rtp_buffer_set_payload_type(&header, rtp->payload);
    gst_rtp_buffer_set_seq(&header, rtp->sequence++);
    gst_rtp_buffer_set_timestamp(&header, rtp->origin + (guint32)GST_BUFFER_OFFSET(packet));
    gst_rtp_buffer_set_ssrc(&header, rtp->ssrc);
    gst_rtp_buffer_set_marker(&header, !rtp->begun);
    gst_rtp_buffer_unmap(&header);
    rtp->begun = true;
    out = gst_buffer_append(out, gst_buffer_ref(packet));
    GST_BUFFER_PTS(out) = GST_BUFFER_PTS(packet);
    GST_BUFFER_DURATION(out) = GST_BUFFER_DURATION(packet);
    return gst_pad_chain(rtp->pad, out) == GST_FLOW_OK;
}
