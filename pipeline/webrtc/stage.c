// SPDX-License-Identifier: GPL-3.0-or-later
#include "pipeline/webrtc/stage.h"

#define GST_USE_UNSTABLE_API // webrtcbin
#include <gst/webrtc/webrtc.h>
#include <string.h>

#include "common/error.h"
#include "common/ice.h"

// RFC 7065 has no place for a name and password; webrtcbin wants both inside, and "//".
static char *server_url(const struct ice_server *server)
{
    const char *host = strchr(server->url, ':') + 1;
    g_autofree char *scheme = g_strndup(server->url, host - server->url - 1);
    g_autofree char *user = NULL, *credential = NULL;
    if (!ice_server_open(server, g_get_real_time() / G_USEC_PER_SEC, &user, &credential))
        return g_strdup_printf("%s://%s", scheme, host);
    g_autofree char *name = g_uri_escape_string(user, NULL, FALSE);
    g_autofree char *password = g_uri_escape_string(credential, NULL, FALSE);
    return g_strdup_printf("%s://%s:%s@%s", scheme, name, password, host);
}

static bool is_complete(GError **error)
{
    static const char *const parts[] = {"webrtcbin", "nicesink", "dtlssrtpenc",
                                        "srtpenc",   "rtpbin",   "clocksync"};
    for (size_t i = 0; i < G_N_ELEMENTS(parts); i++) {
        g_autoptr(GstElementFactory) factory = gst_element_factory_find(parts[i]);
        if (!factory) {
            g_set_error(error, FARFIELD_ERROR, ERROR_UNAVAILABLE,
                        "GStreamer has no %s: install its plugins base, good, bad and nice",
                        parts[i]);
            return false;
        }
    }
    return true;
}

bool stage_init(struct stage *stage, const struct config *config, GError **error)
{
    *stage = (struct stage){0};
    if (!is_complete(error))
        return false;
    if (!ice_ports_parse(config_string(config, "ice-ports"), &stage->first_port, &stage->last_port,
                         error))
        return false;
    stage->servers = ice_servers_parse(config_string(config, "ice-servers"),
                                       config_string(config, "turn-secret"), error);
    if (!stage->servers)
        return false;
    stage->addresses = ice_addresses_parse(config_string(config, "ice-address"), error);
    if (!stage->addresses)
        return false;
    stage->clock = gst_system_clock_obtain();
    stage->base = gst_clock_get_time(stage->clock);
    stage->first_source = g_random_int();
    return true;
}

void stage_clear(struct stage *stage)
{
    g_clear_pointer(&stage->servers, g_ptr_array_unref);
    g_clear_pointer(&stage->addresses, g_strfreev);
    g_clear_object(&stage->clock);
}

guint32 stage_next_source(struct stage *stage)
{
    return stage->first_source + stage->sources++ % STAGE_SOURCES;
}

// libnice looks for a UPnP router by default, which takes 200 ms a join, and listens on TCP.
static void tame_agent(const struct stage *stage, GstElement *webrtc)
{
    g_autoptr(GObject) ice = NULL, agent = NULL;
    g_object_get(webrtc, "ice-agent", &ice, NULL);
    g_object_set(ice, "ice-tcp", FALSE, NULL);
    if (stage->last_port)
        g_object_set(ice, "min-rtp-port", stage->first_port, "max-rtp-port", stage->last_port,
                     NULL);
    g_object_get(ice, "agent", &agent, NULL);
    g_object_set(agent, "upnp", FALSE, "keepalive-conncheck", TRUE, "stun-pacing-timer", 5, NULL);
}

static void set_servers(const struct stage *stage, GstElement *webrtc)
{
    for (guint i = 0; i < stage->servers->len; i++) {
        g_autofree char *url = server_url(g_ptr_array_index(stage->servers, i));
        gboolean taken;
        if (g_str_has_prefix(url, "stun:"))
            g_object_set(webrtc, "stun-server", url, NULL);
        else
            g_signal_emit_by_name(webrtc, "add-turn-server", url, &taken);
    }
}

// webrtcbin holds each packet back until its time has come, which is long past, or was set by a
// sound card whose clock runs ahead of ours.
static void on_element(GstBin *bin, GstBin *parent, GstElement *element, gpointer data)
{
    GstElementFactory *factory = gst_element_get_factory(element);
    if (factory && strcmp(GST_OBJECT_NAME(factory), "clocksync") == 0)
        g_object_set(element, "sync", FALSE, NULL);
}

GstElement *stage_make_pipeline(const struct stage *stage, GstElement **webrtc)
{
    GstElement *pipeline = gst_pipeline_new(NULL);
    *webrtc = gst_element_factory_make("webrtcbin", NULL);
    g_assert(*webrtc); // stage_init() has found it
    g_object_set(*webrtc, "latency", 0, NULL);
    tame_agent(stage, *webrtc);
    set_servers(stage, *webrtc);
    g_signal_connect(pipeline, "deep-element-added", G_CALLBACK(on_element), NULL);
    gst_bin_add(GST_BIN(pipeline), *webrtc);
    gst_pipeline_use_clock(GST_PIPELINE(pipeline), stage->clock);
    gst_element_set_start_time(pipeline, GST_CLOCK_TIME_NONE);
    gst_element_set_base_time(pipeline, stage->base);
    return pipeline;
}

void stage_warm_up(const struct stage *stage)
{
    GstElement *webrtc;
    GstElement *pipeline = stage_make_pipeline(stage, &webrtc);
    gst_element_set_state(pipeline, GST_STATE_PLAYING);
    g_autoptr(GstCaps) caps = gst_caps_from_string(
        "application/x-rtp, media=audio, encoding-name=OPUS, payload=111, clock-rate=48000");
    g_autoptr(GObject) transceiver = NULL;
    g_signal_emit_by_name(webrtc, "add-transceiver", GST_WEBRTC_RTP_TRANSCEIVER_DIRECTION_SENDONLY,
                          caps, &transceiver);
    GstPromise *promise = gst_promise_new();
    g_signal_emit_by_name(webrtc, "create-offer", NULL, promise);
    gst_promise_wait(promise);
    gst_promise_unref(promise);
    gst_element_set_state(pipeline, GST_STATE_NULL);
    gst_object_unref(pipeline);
}
