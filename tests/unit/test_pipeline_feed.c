// SPDX-License-Identifier: GPL-3.0-or-later
// A listener's packets from the stream to its pad, and its end when the pad blocks or refuses.
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "pipeline/webrtc/feed.h"

#define BLOCK 480

struct rig {
    struct room room; // of one stream
    struct feed *feed;
    struct rtp rtp;
    GstPad *pad; // owned
    int stalled;
    bool stopped;
    atomic_int got;
    atomic_bool held;
    GstFlowReturn answer;
};

static GstFlowReturn on_chain(GstPad *pad, GstObject *parent, GstBuffer *buffer)
{
    struct rig *rig = g_object_get_data(G_OBJECT(pad), "rig");
    gst_buffer_unref(buffer);
    atomic_fetch_add(&rig->got, 1);
    while (atomic_load(&rig->held))
        g_usleep(1000);
    return rig->answer;
}

// As webrtcbin's elements do, this one lets go when it is flushed.
static gboolean on_event(GstPad *pad, GstObject *parent, GstEvent *event)
{
    struct rig *rig = g_object_get_data(G_OBJECT(pad), "rig");
    if (GST_EVENT_TYPE(event) == GST_EVENT_FLUSH_START)
        atomic_store(&rig->held, false);
    gst_event_unref(event);
    return TRUE;
}

static void on_stalled(void *data)
{
    struct rig *rig = data;
    rig->stalled++;
    feed_unblock(rig->feed);
    feed_stop(rig->feed);
}

static void on_stopped(void *data)
{
    struct rig *rig = data;
    rig->stopped = true;
}

static struct rig *rig_create(void)
{
    struct rig *rig = g_new0(struct rig, 1);
    rig->room.streams[0] = stream_create(&(struct encoder_settings){128000, 5, BLOCK, false});
    for (int i = 0; i < STREAM_MODES; i++)
        rig->room.of_mode[i] = rig->room.streams[0];
    rig->pad = gst_object_ref_sink(gst_pad_new("sink", GST_PAD_SINK));
    g_object_set_data(G_OBJECT(rig->pad), "rig", rig);
    gst_pad_set_chain_function(rig->pad, on_chain);
    gst_pad_set_event_function(rig->pad, on_event);
    gst_pad_set_active(rig->pad, TRUE);
    struct feed_events events = {.stalled = on_stalled, .stopped = on_stopped, .data = rig};
    rig->feed = feed_create(&rig->room, MODE_BALANCED, &events);
    rtp_init(&rig->rtp, 111, 1);
    feed_start(rig->feed, &rig->rtp, gst_object_ref(rig->pad), NULL);
    return rig;
}

static gpointer play(gpointer data)
{
    static const float silence[2 * BLOCK];
    struct rig *rig = data;
    for (int n = 0; n < 10; n++) {
        struct stream_stamp stamp = {n * BLOCK, n * 10 * GST_MSECOND, n * 10000};
        stream_push(rig->room.streams[0], silence, BLOCK, &stamp);
    }
    return NULL;
}

// The main loop of the pipeline, as far as it has to do with this.
static bool run_until(struct rig *rig, const bool *done)
{
    gint64 end = g_get_monotonic_time() + 5 * G_TIME_SPAN_SECOND;
    while (!*done && g_get_monotonic_time() < end) {
        room_put_out_stalled(&rig->room);
        g_main_context_iteration(NULL, FALSE);
        g_usleep(5000);
    }
    return *done;
}

static void rig_destroy(struct rig *rig)
{
    gst_object_unref(rig->pad);
    stream_destroy(rig->room.streams[0]);
    g_free(rig);
}

static void test_packets_arrive_until_it_is_stopped(void **state)
{
    struct rig *rig = rig_create();
    play(rig);
    assert_int_equal(rig->got, 10);
    feed_stop(rig->feed);
    assert_true(run_until(rig, &rig->stopped));
    play(rig);
    assert_int_equal(rig->got, 10);
    assert_int_equal(rig->stalled, 0);
    rig_destroy(rig);
}

static void test_one_whose_pad_blocks_is_put_out(void **state)
{
    struct rig *rig = rig_create();
    atomic_store(&rig->held, true);
    GThread *encoder = g_thread_new("encoder", play, rig);
    assert_true(run_until(rig, &rig->stopped));
    g_thread_join(encoder);
    assert_int_equal(rig->stalled, 1);
    assert_int_equal(rig->got, 1);
    rig_destroy(rig);
}

static void test_one_whose_pad_refuses_is_put_out(void **state)
{
    struct rig *rig = rig_create();
    rig->answer = GST_FLOW_ERROR;
    play(rig);
    assert_true(run_until(rig, &rig->stopped));
    assert_int_equal(rig->stalled, 1);
    assert_int_equal(rig->got, 1);
    rig_destroy(rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_packets_arrive_until_it_is_stopped),
        cmocka_unit_test(test_one_whose_pad_blocks_is_put_out),
        cmocka_unit_test(test_one_whose_pad_refuses_is_put_out),
    };
    gst_init(NULL, NULL);
    return cmocka_run_group_tests_name("pipeline feed", tests, NULL, NULL);
}
