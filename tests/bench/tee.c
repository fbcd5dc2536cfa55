// SPDX-License-Identifier: GPL-3.0-or-later
// The peer of the listeners' benchmark: what one builds by the book, one GStreamer pipeline with
// `tee ! queue ! rtpopuspay ! webrtcbin` for each listener. Reads an SDP offer as a JSON string a
// line on stdin, writes the answer as a JSON string a line on stdout. Usage: tee SOURCE, where
// SOURCE is the description of what is encoded.
#define GST_USE_UNSTABLE_API
#include <gst/gst.h>
#include <gst/webrtc/webrtc.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

struct bench {
    GstElement *pipeline, *tee;
    GMainLoop *loop;
};

static void print_answer(GstElement *webrtc)
{
    GstWebRTCSessionDescription *local = NULL;
    g_object_get(webrtc, "local-description", &local, NULL);
    g_autofree char *sdp = gst_sdp_message_as_text(local->sdp);
    json_t *text = json_string(sdp);
    char *line = json_dumps(text, JSON_ENCODE_ANY);
    puts(line);
    fflush(stdout);
    free(line);
    json_decref(text);
    gst_webrtc_session_description_free(local);
}

static void on_gathering(GstElement *webrtc, GParamSpec *spec, gpointer data)
{
    GstWebRTCICEGatheringState state;
    g_object_get(webrtc, "ice-gathering-state", &state, NULL);
    if (state == GST_WEBRTC_ICE_GATHERING_STATE_COMPLETE)
        print_answer(webrtc);
}

static void on_answer(GstPromise *promise, gpointer data)
{
    GstWebRTCSessionDescription *answer = NULL;
    gst_structure_get(gst_promise_get_reply(promise), "answer", GST_TYPE_WEBRTC_SESSION_DESCRIPTION,
                      &answer, NULL);
    g_signal_emit_by_name(data, "set-local-description", answer, NULL);
    gst_webrtc_session_description_free(answer);
    gst_promise_unref(promise);
}

static void on_remote_set(GstPromise *promise, gpointer webrtc)
{
    gst_promise_unref(promise);
    g_signal_emit_by_name(webrtc, "create-answer", NULL,
                          gst_promise_new_with_change_func(on_answer, webrtc, NULL));
}

static int opus_payload(const char *sdp)
{
    const char *opus = g_strstr_len(sdp, -1, " opus/48000");
    while (opus && opus > sdp && opus[-1] != ':')
        opus--;
    return opus ? atoi(opus) : 111;
}

static void add_listener(struct bench *bench, const char *sdp)
{
    g_autofree char *description = g_strdup_printf(
        "queue name=q ! rtpopuspay pt=%d ! webrtcbin name=w bundle-policy=max-bundle latency=0",
        opus_payload(sdp));
    GstElement *bin = gst_parse_bin_from_description(description, FALSE, NULL);
    g_autoptr(GstElement) queue = gst_bin_get_by_name(GST_BIN(bin), "q");
    GstElement *webrtc = gst_bin_get_by_name(GST_BIN(bin), "w");
    g_autoptr(GstPad) pad = gst_element_get_static_pad(queue, "sink");
    gst_element_add_pad(bin, gst_ghost_pad_new("sink", pad));
    gst_bin_add(GST_BIN(bench->pipeline), bin);
    g_signal_connect(webrtc, "notify::ice-gathering-state", G_CALLBACK(on_gathering), NULL);
    // In this order: a tee that meets a queue which is not ready yet ends the whole stream.
    gst_element_sync_state_with_parent(bin);
    gst_element_link(bench->tee, bin);

    GstSDPMessage *message;
    gst_sdp_message_new_from_text(sdp, &message);
    GstWebRTCSessionDescription *offer =
        gst_webrtc_session_description_new(GST_WEBRTC_SDP_TYPE_OFFER, message);
    g_signal_emit_by_name(webrtc, "set-remote-description", offer,
                          gst_promise_new_with_change_func(on_remote_set, webrtc, NULL));
    gst_webrtc_session_description_free(offer);
}

static gboolean on_line(GIOChannel *channel, GIOCondition condition, gpointer data)
{
    struct bench *bench = data;
    g_autofree char *line = NULL;
    if (g_io_channel_read_line(channel, &line, NULL, NULL, NULL) != G_IO_STATUS_NORMAL) {
        g_main_loop_quit(bench->loop);
        return G_SOURCE_REMOVE;
    }
    json_t *offer = json_loads(line, JSON_DECODE_ANY, NULL);
    add_listener(bench, json_string_value(offer));
    json_decref(offer);
    return G_SOURCE_CONTINUE;
}

int main(int argc, char **argv)
{
    gst_init(&argc, &argv);
    struct bench bench = {.loop = g_main_loop_new(NULL, FALSE)};
    g_autofree char *description =
        g_strdup_printf("%s ! audioconvert ! audio/x-raw,rate=48000,channels=2 ! opusenc "
                        "audio-type=restricted-lowdelay frame-size=10 bitrate=128000 ! tee name=t "
                        "allow-not-linked=true",
                        argc > 1 ? argv[1] : "audiotestsrc is-live=true");
    bench.pipeline = gst_parse_launch(description, NULL);
    bench.tee = gst_bin_get_by_name(GST_BIN(bench.pipeline), "t");
    gst_element_set_state(bench.pipeline, GST_STATE_PLAYING);
    g_autoptr(GIOChannel) input = g_io_channel_unix_new(0);
    g_io_add_watch(input, G_IO_IN | G_IO_HUP, on_line, &bench);
    g_main_loop_run(bench.loop);
    // What webrtcbin does on its way down is not what is measured here.
    _Exit(0);
}
