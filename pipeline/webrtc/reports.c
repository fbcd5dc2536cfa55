// SPDX-License-Identifier: GPL-3.0-or-later
#include "pipeline/webrtc/reports.h"

#define CLOCK_RATE 48000.0

static void read_own(const GstStructure *source, struct link_stats *stats)
{
    guint64 packets = 0, octets = 0;
    gst_structure_get(source, "packets-sent", G_TYPE_UINT64, &packets, "octets-sent", G_TYPE_UINT64,
                      &octets, NULL);
    stats->packets += packets;
    stats->bytes += octets;
}

static void read_theirs(const GstStructure *source, struct link_stats *stats, guint *highest)
{
    gboolean reported = FALSE;
    guint round_trip = 0, jitter = 0;
    int lost = 0;
    gst_structure_get(source, "have-rb", G_TYPE_BOOLEAN, &reported, NULL);
    if (!reported)
        return;
    gst_structure_get(source, "rb-packetslost", G_TYPE_INT, &lost, "rb-jitter", G_TYPE_UINT,
                      &jitter, "rb-round-trip", G_TYPE_UINT, &round_trip, "rb-exthighestseq",
                      G_TYPE_UINT, highest, NULL);
    stats->lost = lost;
    stats->expected = *highest;
    stats->jitter = jitter / CLOCK_RATE;
    if (round_trip > 0)
        stats->round_trip = round_trip / 65536.0; // 16.16 fixed point
}

static GstStructure *session_stats(GstElement *webrtc)
{
    g_autoptr(GstElement) rtpbin = gst_bin_get_by_name(GST_BIN(webrtc), "rtpbin");
    g_autoptr(GObject) session = NULL;
    GstStructure *all = NULL;
    if (rtpbin)
        g_signal_emit_by_name(rtpbin, "get-internal-session", 0, &session);
    if (session)
        g_object_get(session, "stats", &all, NULL);
    return all;
}

void reports_read(GstElement *webrtc, struct link_stats *stats, guint *highest)
{
    *stats = (struct link_stats){.round_trip = -1, .jitter = -1};
    g_autoptr(GstStructure) all = session_stats(webrtc);
    const GValue *value = all ? gst_structure_get_value(all, "source-stats") : NULL;
    if (!value)
        return;
    G_GNUC_BEGIN_IGNORE_DEPRECATIONS // the session still speaks in value arrays
        GValueArray *sources = g_value_get_boxed(value);
    for (guint i = 0; i < sources->n_values; i++) {
        const GstStructure *source = gst_value_get_structure(g_value_array_get_nth(sources, i));
        gboolean internal = FALSE;
        gst_structure_get_boolean(source, "internal", &internal);
        if (internal)
            read_own(source, stats);
        else
            read_theirs(source, stats, highest);
    }
    G_GNUC_END_IGNORE_DEPRECATIONS
}
