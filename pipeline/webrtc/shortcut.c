// SPDX-License-Identifier: GPL-3.0-or-later
#include "pipeline/webrtc/shortcut.h"

#include <gst/rtp/gstrtcpbuffer.h>
#include <nice/agent.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "common/log.h"

// Of srtpenc's "rtp-cipher" and "rtp-auth".
enum { CIPHER_AES_128 = 1 };
enum { AUTHENTICATION_32 = 1, AUTHENTICATION_80 = 2 };

struct shortcut {
    gatomicrefcount references; // the owner's, and that of the signal's handler
    NiceAgent *agent;           // owned until it is destroyed
    guint stream, component;
    struct srtp srtp;
    GObject *session; // owned until it is destroyed
    gulong handler;
    _Atomic uint64_t packets, bytes;
};

static void shortcut_unref(struct shortcut *shortcut)
{
    if (g_atomic_ref_count_dec(&shortcut->references))
        g_free(shortcut);
}

static void on_handler_gone(gpointer data, GClosure *closure)
{
    shortcut_unref(data);
}

// --- what webrtcbin is made of ----------------------------------------------------------------

// The caller owns the reference.
static GstElement *find(GstElement *webrtc, const char *factory)
{
    g_autoptr(GstIterator) iterator =
        gst_bin_iterate_all_by_element_factory_name(GST_BIN(webrtc), factory);
    g_auto(GValue) value = G_VALUE_INIT;
    return gst_iterator_next(iterator, &value) == GST_ITERATOR_OK ? g_value_dup_object(&value)
                                                                  : NULL;
}

static bool read_key(GstElement *webrtc, struct srtp *srtp)
{
    g_autoptr(GstElement) srtpenc = find(webrtc, "srtpenc");
    g_autoptr(GstBuffer) key = NULL, mki = NULL;
    int cipher, authentication;
    guint8 bytes[SRTP_KEY];
    if (!srtpenc)
        return false;
    g_object_get(srtpenc, "key", &key, "mki", &mki, "rtp-cipher", &cipher, "rtp-auth",
                 &authentication, NULL);
    bool known = cipher == CIPHER_AES_128 &&
                 (authentication == AUTHENTICATION_32 || authentication == AUTHENTICATION_80);
    if (!known || mki || !key || gst_buffer_get_size(key) != SRTP_KEY)
        return false;
    gst_buffer_extract(key, 0, bytes, SRTP_KEY);
    srtp_init(srtp, bytes, authentication == AUTHENTICATION_32 ? 4 : 10);
    return true;
}

static bool find_agent(GstElement *webrtc, struct shortcut *shortcut)
{
    g_autoptr(GstElement) sink = find(webrtc, "nicesink");
    if (sink)
        g_object_get(sink, "agent", &shortcut->agent, "stream", &shortcut->stream, "component",
                     &shortcut->component, NULL);
    return shortcut->agent;
}

// --- sender reports --------------------------------------------------------------------------

static gboolean on_rtcp(GObject *session, GstBuffer *buffer, gboolean early, gpointer data)
{
    struct shortcut *shortcut = data;
    GstRTCPBuffer rtcp = GST_RTCP_BUFFER_INIT;
    GstRTCPPacket packet;
    guint32 ssrc, time, packets, octets;
    guint64 clock;
    if (!gst_rtcp_buffer_map(buffer, GST_MAP_READWRITE, &rtcp))
        return FALSE;
    if (gst_rtcp_buffer_get_first_packet(&rtcp, &packet) &&
        gst_rtcp_packet_get_type(&packet) == GST_RTCP_TYPE_SR) {
        gst_rtcp_packet_sr_get_sender_info(&packet, &ssrc, &clock, &time, &packets, &octets);
        gst_rtcp_packet_sr_set_sender_info(&packet, ssrc, clock, time,
                                           packets + (guint32)shortcut_packets(shortcut),
                                           octets + (guint32)shortcut_bytes(shortcut));
    }
    gst_rtcp_buffer_unmap(&rtcp);
    return FALSE;
}

static void watch_reports(GstElement *webrtc, struct shortcut *shortcut)
{
    g_autoptr(GstElement) rtpbin = find(webrtc, "rtpbin");
    if (rtpbin)
        g_signal_emit_by_name(rtpbin, "get-internal-session", 0, &shortcut->session);
    if (!shortcut->session)
        return;
    g_atomic_ref_count_inc(&shortcut->references);
    shortcut->handler = g_signal_connect_data(shortcut->session, "on-sending-rtcp",
                                              G_CALLBACK(on_rtcp), shortcut, on_handler_gone, 0);
}

// --- life --------------------------------------------------------------------------------------

struct shortcut *shortcut_create(GstElement *webrtc)
{
    struct shortcut *shortcut = g_new0(struct shortcut, 1);
    g_atomic_ref_count_init(&shortcut->references);
    if (!read_key(webrtc, &shortcut->srtp) || !find_agent(webrtc, shortcut)) {
        log_warning("shortcut.none", NULL);
        shortcut_destroy(shortcut);
        return NULL;
    }
    watch_reports(webrtc, shortcut);
    return shortcut;
}

void shortcut_destroy(struct shortcut *shortcut)
{
    if (!shortcut)
        return;
    if (shortcut->session)
        g_signal_handler_disconnect(shortcut->session, shortcut->handler);
    g_clear_object(&shortcut->session);
    g_clear_object(&shortcut->agent);
    shortcut_unref(shortcut);
}

void shortcut_send(struct shortcut *shortcut, const struct srtp_packet *packet)
{
    size_t size = srtp_protect(&shortcut->srtp, packet);
    nice_agent_send(shortcut->agent, shortcut->stream, shortcut->component, size,
                    (const char *)packet->bytes);
    atomic_fetch_add_explicit(&shortcut->packets, 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&shortcut->bytes, packet->size - packet->header,
                              memory_order_relaxed);
}

uint64_t shortcut_packets(const struct shortcut *shortcut)
{
    return atomic_load_explicit(&shortcut->packets, memory_order_relaxed);
}

uint64_t shortcut_bytes(const struct shortcut *shortcut)
{
    return atomic_load_explicit(&shortcut->bytes, memory_order_relaxed);
}
