// SPDX-License-Identifier: GPL-3.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <gst/gst.h>
#include <pthread.h>

#include "pipeline/sound/hub.h"
#include "pipeline/webrtc/rtp.h"
#include "pipeline/webrtc/stage.h"
#include "pipeline/sound/sources.h"

struct subscriber {
    struct hub *hub;
    struct hub_sink *sink;
    atomic_int taken, released;
    int stalled;
    gint64 delay;     // microseconds that each packet takes
    atomic_bool held; // blocks while it is true
    bool broken;
};

static bool on_take(GstBuffer *packet, void *data)
{
    struct subscriber *subscriber = data;
    subscriber->taken++;
    if (subscriber->delay)
        g_usleep(subscriber->delay);
    while (atomic_load(&subscriber->held))
        g_usleep(1000);
    return !subscriber->broken;
}

static void on_released(void *data)
{
    struct subscriber *subscriber = data;
    subscriber->released++;
}

static void on_stalled(void *data)
{
    struct subscriber *subscriber = data;
    subscriber->stalled++;
    hub_unsubscribe(subscriber->hub, subscriber->sink);
}

static struct hub_sink *subscribe(struct hub *hub, struct subscriber *subscriber)
{
    subscriber->hub = hub;
    subscriber->sink =
        hub_subscribe(hub, &(struct hub_subscriber){on_take, on_released, on_stalled, subscriber});
    return subscriber->sink;
}

static void deliver(struct hub *hub, int packets)
{
    for (int i = 0; i < packets; i++) {
        GstBuffer *packet = gst_buffer_new_memdup("opus", 4);
        GST_BUFFER_OFFSET(packet) = i * 480;
        GST_BUFFER_PTS(packet) = i * 10 * GST_MSECOND;
        hub_deliver(hub, packet);
        gst_buffer_unref(packet);
    }
}

static void test_everyone_gets_every_packet(void **state)
{
    struct hub *hub = hub_create();
    struct subscriber a = {0}, b = {0};
    assert_true(hub_is_empty(hub));
    struct hub_sink *first = subscribe(hub, &a);
    deliver(hub, 3);
    struct hub_sink *second = subscribe(hub, &b);
    deliver(hub, 2);
    hub_unsubscribe(hub, first);
    assert_int_equal(a.released, 1);
    deliver(hub, 1);
    assert_int_equal(a.taken, 5);
    assert_int_equal(b.taken, 3);
    assert_int_equal(b.released, 0);
    hub_put_out_stalled(hub);
    assert_int_equal(b.stalled, 0);
    hub_unsubscribe(hub, second);
    assert_true(hub_is_empty(hub));
    assert_int_equal(b.released, 1);
    hub_destroy(hub);
}

static void test_a_broken_one_is_found_and_skipped(void **state)
{
    struct hub *hub = hub_create();
    struct subscriber good = {0}, bad = {.broken = true};
    struct hub_sink *first = subscribe(hub, &good);
    subscribe(hub, &bad);
    deliver(hub, 5);
    assert_int_equal(good.taken, 5);
    assert_int_equal(bad.taken, 1);
    hub_put_out_stalled(hub);
    hub_put_out_stalled(hub);
    assert_int_equal(bad.stalled, 1);
    assert_int_equal(bad.released, 1);
    assert_int_equal(good.stalled, 0);
    hub_unsubscribe(hub, first);
    hub_destroy(hub);
}

static void test_one_that_keeps_being_slow_is_found(void **state)
{
    struct hub *hub = hub_create();
    struct subscriber slow = {.delay = 20000};
    subscribe(hub, &slow);
    deliver(hub, 4);
    hub_put_out_stalled(hub);
    assert_int_equal(slow.stalled, 0);
    deliver(hub, 1);
    hub_put_out_stalled(hub);
    assert_int_equal(slow.stalled, 1);
    hub_destroy(hub);
}

static gpointer deliver_once(gpointer data)
{
    deliver(data, 1);
    return NULL;
}

static void on_stalled_forgivably(void *data)
{
    struct subscriber *subscriber = data;
    // Where nothing is forgiven it is told again and again, which has to end.
    if (++subscriber->stalled > 1)
        atomic_store(&subscriber->held, false);
    hub_rejoin(subscriber->sink);
}

static struct hub_sink *subscribe_forgivably(struct hub *hub, struct subscriber *subscriber)
{
    subscriber->sink = hub_subscribe(
        hub, &(struct hub_subscriber){on_take, on_released, on_stalled_forgivably, subscriber});
    return subscriber->sink;
}

static void test_one_that_rejoins_goes_on(void **state)
{
    struct hub *hub = hub_create();
    struct subscriber slow = {.delay = 20000};
    subscribe_forgivably(hub, &slow);
    deliver(hub, 6);
    assert_int_equal(slow.taken, 5);
    hub_put_out_stalled(hub);
    assert_int_equal(slow.stalled, 1);
    slow.delay = 0;
    deliver(hub, 2);
    hub_put_out_stalled(hub);
    assert_int_equal(slow.taken, 7);
    assert_int_equal(slow.stalled, 1);
    assert_int_equal(slow.released, 0);
    hub_unsubscribe(hub, slow.sink);
    assert_int_equal(slow.released, 1);
    hub_destroy(hub);
}

static void test_a_long_call_is_forgiven_while_it_lasts(void **state)
{
    struct hub *hub = hub_create();
    struct subscriber slow = {.held = true};
    subscribe_forgivably(hub, &slow);
    GThread *encoder = g_thread_new("encoder", deliver_once, hub);
    gint64 end = g_get_monotonic_time() + 5 * G_TIME_SPAN_SECOND, forgiven;
    do {
        assert_true(g_get_monotonic_time() < end);
        g_usleep(1000);
        forgiven = g_get_monotonic_time(); // or later
        hub_put_out_stalled(hub);
    } while (slow.stalled == 0);
    assert_int_equal(slow.stalled, 1);
    // It counts from then on: 250 ms are not over.
    for (int i = 0; i < 100; i++) {
        g_usleep(1000);
        hub_put_out_stalled(hub);
        if (g_get_monotonic_time() - forgiven < 250 * G_TIME_SPAN_MILLISECOND)
            assert_int_equal(slow.stalled, 1);
    }
    atomic_store(&slow.held, false);
    g_thread_join(encoder);
    deliver(hub, 1);
    assert_int_equal(slow.taken, 2);
    hub_unsubscribe(hub, slow.sink);
    assert_int_equal(slow.released, 1);
    hub_destroy(hub);
}

static gpointer deliver_some(gpointer data)
{
    deliver(data, 3);
    return NULL;
}

static void test_release_waits_for_the_call_under_way(void **state)
{
    struct hub *hub = hub_create();
    struct subscriber slow = {.delay = 200000};
    struct hub_sink *sink = subscribe(hub, &slow);
    GThread *encoder = g_thread_new("encoder", deliver_some, hub);
    while (slow.taken == 0)
        g_usleep(1000);
    hub_unsubscribe(hub, sink);
    assert_int_equal(slow.released, 0);
    g_thread_join(encoder);
    assert_int_equal(slow.taken, 1);
    assert_int_equal(slow.released, 1);
    hub_destroy(hub);
}

// --- many ------------------------------------------------------------------------------------

#define MANY 70

struct crowd {
    struct hub *hub;
    struct member {
        struct subscriber subscriber; // first, so that it serves as `data`
        _Atomic guint64 next;         // offset of the packet that is to come
        int misplaced;
        atomic_bool busy;
    } members[MANY];
};

static bool on_take_in_order(GstBuffer *packet, void *data)
{
    struct member *member = data;
    member->misplaced +=
        GST_BUFFER_OFFSET(packet) < member->next || atomic_exchange(&member->busy, true);
    member->next = GST_BUFFER_OFFSET(packet) + 1;
    bool good = on_take(packet, &member->subscriber);
    atomic_store(&member->busy, false);
    return good;
}

static void on_held(void *data)
{
    struct subscriber *subscriber = data;
    on_stalled(data);
    atomic_store(&subscriber->held, false);
}

static void join(struct crowd *crowd, int i)
{
    struct member *member = &crowd->members[i];
    member->next = 0; // its half may be behind the one that it was in
    member->subscriber.hub = crowd->hub;
    member->subscriber.sink = hub_subscribe(
        crowd->hub, &(struct hub_subscriber){on_take_in_order, on_released, on_held, member});
}

static void leave(struct crowd *crowd, int i)
{
    hub_unsubscribe(crowd->hub, crowd->members[i].subscriber.sink);
}

static struct crowd *gather(int count)
{
    struct crowd *crowd = g_new0(struct crowd, 1);
    crowd->hub = hub_create();
    for (int i = 0; i < count; i++)
        join(crowd, i);
    return crowd;
}

static bool all_took(struct crowd *crowd, int from, int packets)
{
    for (int i = from; i < MANY; i += 2)
        if (crowd->members[i].subscriber.taken < packets)
            return false;
    return true;
}

static void wait_for(struct crowd *crowd, int from, int packets)
{
    gint64 end = g_get_monotonic_time() + 10 * G_TIME_SPAN_SECOND;
    while (!all_took(crowd, from, packets)) {
        assert_true(g_get_monotonic_time() < end);
        g_usleep(1000);
    }
}

static void disperse(struct crowd *crowd)
{
    for (int i = 0; i < MANY; i++)
        assert_int_equal(crowd->members[i].misplaced, 0);
    hub_destroy(crowd->hub);
    g_free(crowd);
}

static void test_many_get_every_packet_in_order(void **state)
{
    struct crowd *crowd = gather(MANY);
    for (int n = 1; n <= 200; n++) {
        GstBuffer *packet = gst_buffer_new_memdup("opus", 4);
        GST_BUFFER_OFFSET(packet) = n;
        hub_deliver(crowd->hub, packet);
        gst_buffer_unref(packet);
        // No faster than the slowest.
        wait_for(crowd, 0, n);
        wait_for(crowd, 1, n);
    }
    hub_put_out_stalled(crowd->hub);
    for (int i = 0; i < MANY; i++) {
        leave(crowd, i);
        assert_int_equal(crowd->members[i].subscriber.stalled, 0);
    }
    assert_true(hub_is_empty(crowd->hub));
    disperse(crowd);
}

// Who comes goes to the half that is smaller: 0 and 1 are in different ones.
static void check_the_other_half(int stuck, int other)
{
    struct crowd *crowd = gather(MANY);
    struct member *member = &crowd->members[stuck];
    atomic_store(&member->subscriber.held, true);
    deliver(crowd->hub, 1);
    gint64 end = g_get_monotonic_time() + 5 * G_TIME_SPAN_SECOND;
    for (int n = 2; n <= 100; n++) {
        GstBuffer *packet = gst_buffer_new_memdup("opus", 4);
        GST_BUFFER_OFFSET(packet) = n;
        hub_deliver(crowd->hub, packet);
        gst_buffer_unref(packet);
        while (crowd->members[other].subscriber.taken < n && g_get_monotonic_time() < end)
            g_usleep(100);
    }
    assert_int_equal(crowd->members[other].subscriber.taken, 100);
    assert_true(member->subscriber.taken <= 1);
    while (!member->subscriber.stalled && g_get_monotonic_time() < end) {
        hub_put_out_stalled(crowd->hub);
        g_usleep(10000);
    }
    assert_int_equal(member->subscriber.stalled, 1);
    // Those behind it get what the queue has kept.
    while ((!member->subscriber.released || crowd->members[stuck + 2].next != 101) &&
           g_get_monotonic_time() < end)
        g_usleep(1000);
    assert_int_equal(member->subscriber.released, 1);
    assert_int_equal(crowd->members[stuck + 2].next, 101);
    assert_true(crowd->members[stuck + 2].subscriber.taken < 100);
    for (int i = 0; i < MANY; i++)
        if (i != stuck)
            leave(crowd, i);
    disperse(crowd);
}

static void test_a_stuck_one_holds_up_its_half_alone(void **state)
{
    check_the_other_half(0, 1);
    check_the_other_half(1, 0);
}

static gpointer deliver_for_a_while(gpointer data)
{
    for (int n = 1; n <= 300; n++) {
        GstBuffer *packet = gst_buffer_new_memdup("opus", 4);
        GST_BUFFER_OFFSET(packet) = n;
        hub_deliver(data, packet);
        gst_buffer_unref(packet);
        g_usleep(300);
    }
    return NULL;
}

static int hub_threads(void)
{
    g_autoptr(GDir) tasks = g_dir_open("/proc/self/task", 0, NULL);
    const char *task;
    int count = 0;
    while ((task = g_dir_read_name(tasks))) {
        g_autofree char *path = g_strdup_printf("/proc/self/task/%s/comm", task);
        g_autofree char *name = NULL;
        count += g_file_get_contents(path, &name, NULL, NULL) && strcmp(name, "hub\n") == 0;
    }
    return count;
}

static void wait_for_threads(int wanted)
{
    gint64 end = g_get_monotonic_time() + 10 * G_TIME_SPAN_SECOND;
    while (hub_threads() != wanted && g_get_monotonic_time() < end)
        g_usleep(1000);
    assert_int_equal(hub_threads(), wanted);
}

#define STEADY 16 // members who stay from beginning to end

struct encoder {
    struct crowd *crowd;
    atomic_int sent;
    atomic_bool ending;
};

static bool steady_took(struct crowd *crowd, int packets)
{
    for (int i = 0; i < STEADY; i++)
        if (crowd->members[i].subscriber.taken < packets)
            return false;
    return true;
}

// No faster than the slowest of those who stay, for ten seconds at most.
static gpointer deliver_in_step(gpointer data)
{
    struct encoder *encoder = data;
    gint64 end = g_get_monotonic_time() + 10 * G_TIME_SPAN_SECOND;
    while (!atomic_load(&encoder->ending) && g_get_monotonic_time() < end) {
        GstBuffer *packet = gst_buffer_new_memdup("opus", 4);
        GST_BUFFER_OFFSET(packet) = encoder->sent + 1;
        hub_deliver(encoder->crowd->hub, packet);
        gst_buffer_unref(packet);
        encoder->sent++;
        while (!steady_took(encoder->crowd, encoder->sent) && g_get_monotonic_time() < end)
            g_usleep(100);
    }
    return NULL;
}

static void wait_for_more(struct encoder *encoder)
{
    int wanted = encoder->sent + 10;
    gint64 end = g_get_monotonic_time() + 5 * G_TIME_SPAN_SECOND;
    while (encoder->sent < wanted && g_get_monotonic_time() < end)
        g_usleep(1000);
    assert_true(encoder->sent >= wanted);
}

// Back and forth while packets come: each gets every one of them, in order.
static void test_threads_come_with_many_and_go(void **state)
{
    struct encoder encoder = {.crowd = gather(STEADY)};
    GThread *thread = g_thread_new("encoder", deliver_in_step, &encoder);
    for (int turn = 0; turn < 10; turn++) {
        for (int i = STEADY; i < 33; i++)
            join(encoder.crowd, i);
        wait_for_threads(2);
        wait_for_more(&encoder);
        for (int i = STEADY; i < 33; i++)
            leave(encoder.crowd, i);
        wait_for_threads(0);
        wait_for_more(&encoder);
    }
    atomic_store(&encoder.ending, true);
    g_thread_join(thread);
    for (int i = 0; i < STEADY; i++) {
        assert_int_equal(encoder.crowd->members[i].subscriber.taken, encoder.sent);
        leave(encoder.crowd, i);
    }
    disperse(encoder.crowd);
}

static void test_a_thread_serves_what_is_queued_before_it_ends(void **state)
{
    struct crowd *crowd = gather(33);
    wait_for_threads(2);
    atomic_store(&crowd->members[0].subscriber.held, true);
    deliver(crowd->hub, 5);
    for (int i = STEADY; i < 33; i++)
        leave(crowd, i);
    atomic_store(&crowd->members[0].subscriber.held, false);
    wait_for_threads(0);
    for (int i = 0; i < STEADY; i++) {
        assert_int_equal(crowd->members[i].subscriber.taken, 5);
        leave(crowd, i);
    }
    disperse(crowd);
}

// No stack of this size can be had.
static void test_without_threads_the_encoder_serves_all(void **state)
{
    pthread_attr_t usual, vast;
    pthread_getattr_default_np(&usual);
    pthread_getattr_default_np(&vast);
    pthread_attr_setstacksize(&vast, (size_t)1 << 47);
    pthread_setattr_default_np(&vast);
    struct crowd *crowd = gather(MANY);
    pthread_setattr_default_np(&usual);
    pthread_attr_destroy(&usual);
    pthread_attr_destroy(&vast);
    assert_int_equal(hub_threads(), 0);
    deliver(crowd->hub, 100);
    for (int i = 0; i < MANY; i++) {
        assert_int_equal(crowd->members[i].subscriber.taken, 100);
        leave(crowd, i);
    }
    disperse(crowd);
}

static void test_joining_and_leaving_while_called(void **state)
{
    struct crowd *crowd = gather(MANY / 2 - 4); // few, at first
    bool in[MANY] = {false};
    for (int i = 0; i < MANY / 2 - 4; i++)
        in[i] = true;
    GThread *encoder = g_thread_new("encoder", deliver_for_a_while, crowd->hub);
    g_autoptr(GRand) chance = g_rand_new_with_seed(1);
    for (int turn = 0; turn < 1000; turn++) {
        int i = g_rand_int_range(chance, 0, MANY);
        struct member *member = &crowd->members[i];
        if (in[i]) {
            leave(crowd, i);
            in[i] = false;
        } else if (!member->subscriber.sink || member->subscriber.released) {
            member->subscriber.released = 0;
            join(crowd, i);
            in[i] = true;
        }
        if (turn % 10 == 0)
            hub_put_out_stalled(crowd->hub);
        g_usleep(50);
    }
    g_thread_join(encoder);
    for (int i = 0; i < MANY; i++)
        if (in[i])
            leave(crowd, i);
    gint64 end = g_get_monotonic_time() + 5 * G_TIME_SPAN_SECOND;
    for (int i = 0; i < MANY; i++)
        while (crowd->members[i].subscriber.sink && !crowd->members[i].subscriber.released &&
               g_get_monotonic_time() < end)
            g_usleep(1000);
    for (int i = 0; i < MANY; i++)
        assert_int_equal(crowd->members[i].subscriber.released,
                         crowd->members[i].subscriber.sink != NULL);
    disperse(crowd);
}

// --- a listener's pad that blocks, as a webrtcbin in trouble would -------------------------

static bool on_push(GstBuffer *packet, void *data)
{
    return rtp_push(data, packet);
}

static void on_nothing(void *data)
{
}

// Where the listener's pad is let go.
struct stuck {
    struct rtp rtp;
    struct hub *hub;
    struct hub_sink *sink;
    bool stalled;
};

static void on_stuck(void *data)
{
    struct stuck *stuck = data;
    stuck->stalled = true;
    gst_pad_send_event(stuck->rtp.pad, gst_event_new_flush_start());
    hub_unsubscribe(stuck->hub, stuck->sink);
}

static GstPadProbeReturn on_block(GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
    return GST_PAD_PROBE_OK;
}

static void test_one_that_blocks_is_found_and_let_go(void **state)
{
    GstElement *sink = gst_element_factory_make("fakesink", NULL);
    g_object_set(sink, "sync", FALSE, "async", FALSE, NULL);
    GstPad *pad = gst_element_get_static_pad(sink, "sink");
    struct hub *hub = hub_create();
    struct stuck stuck = {.hub = hub};
    rtp_init(&stuck.rtp, 111, 0x01020304);
    gst_element_set_state(sink, GST_STATE_PLAYING);
    rtp_attach(&stuck.rtp, pad, NULL);
    struct subscriber good = {0};
    // Its first member is what on_push() takes.
    stuck.sink =
        hub_subscribe(hub, &(struct hub_subscriber){on_push, on_nothing, on_stuck, &stuck});
    struct hub_sink *other = subscribe(hub, &good);
    deliver(hub, 2);
    hub_put_out_stalled(hub);
    assert_false(stuck.stalled);

    gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_BLOCK | GST_PAD_PROBE_TYPE_BUFFER, on_block, NULL,
                      NULL);
    GThread *encoder = g_thread_new("encoder", deliver_some, hub);
    gint64 begin = g_get_monotonic_time();
    while (!stuck.stalled && g_get_monotonic_time() - begin < 5 * G_TIME_SPAN_SECOND) {
        hub_put_out_stalled(hub);
        g_usleep(10000);
    }
    assert_true(stuck.stalled);
    assert_true(g_get_monotonic_time() - begin >= 200 * G_TIME_SPAN_MILLISECOND);
    g_thread_join(encoder);
    assert_int_equal(good.taken, 5);

    hub_unsubscribe(hub, other);
    hub_destroy(hub);
    gst_element_set_state(sink, GST_STATE_NULL);
    rtp_clear(&stuck.rtp);
    gst_object_unref(sink);
}

// --- RTP ------------------------------------------------------------------------------------

static GstFlowReturn on_chain(GstPad *pad, GstObject *parent, GstBuffer *buffer)
{
    GPtrArray *got = g_object_get_data(G_OBJECT(pad), "got");
    g_ptr_array_add(got, buffer);
    return GST_FLOW_OK;
}

// What a pad of ours got.
static GPtrArray *collect(struct rtp *rtp)
{
    GPtrArray *got = g_ptr_array_new_with_free_func((GDestroyNotify)gst_buffer_unref);
    GstPad *pad = gst_pad_new("sink", GST_PAD_SINK);
    g_object_set_data(G_OBJECT(pad), "got", got);
    gst_pad_set_chain_function(pad, on_chain);
    gst_pad_set_active(pad, TRUE);
    rtp->sequence = 0xffff;
    rtp->origin = 0xffffff00;
    rtp_attach(rtp, gst_object_ref_sink(pad), NULL);
    return got;
}

static void push(struct rtp *rtp, int sample, const char *bytes)
{
    GstBuffer *packet = gst_buffer_new_memdup(bytes, strlen(bytes));
    GST_BUFFER_OFFSET(packet) = sample;
    GST_BUFFER_OFFSET_END(packet) = 1500000 + 1000000 * (guint64)sample / 48000;
    GST_BUFFER_PTS(packet) = gst_util_uint64_scale(sample, GST_SECOND, 48000);
    assert_true(rtp_push(rtp, packet));
    gst_buffer_unref(packet);
}

static void assert_bytes(const GPtrArray *got, guint i, const guint8 *expected, gsize length)
{
    guint8 bytes[64];
    assert_int_equal(gst_buffer_get_size(got->pdata[i]), length);
    gst_buffer_extract(got->pdata[i], 0, bytes, sizeof bytes);
    assert_memory_equal(bytes, expected, length);
}

static void test_rtp_bytes(void **state)
{
    struct rtp rtp;
    rtp_init(&rtp, 96, 0x01020304);
    g_autoptr(GPtrArray) got = collect(&rtp);
    push(&rtp, 0, "opus");
    push(&rtp, 480, "opus");
    static const guint8 expected[2][16] = {
        {0x80, 0xe0, 0xff, 0xff, 0xff, 0xff, 0xff, 0x00, 1, 2, 3, 4, 'o', 'p', 'u', 's'},
        {0x80, 0x60, 0x00, 0x00, 0x00, 0x00, 0x00, 0xe0, 1, 2, 3, 4, 'o', 'p', 'u', 's'}};
    assert_int_equal(got->len, 2);
    for (guint i = 0; i < 2; i++) {
        assert_bytes(got, i, expected[i], 16);
        assert_int_equal(GST_BUFFER_PTS((GstBuffer *)got->pdata[i]), i * 10 * GST_MSECOND);
    }
    rtp_clear(&rtp);
}

// The first packet and then one each 100 ms says when it was captured: 1.5 s of Unix time here.
static void test_rtp_capture_time(void **state)
{
    struct rtp rtp;
    rtp_init(&rtp, 96, 0x01020304);
    rtp.capture_id = 5;
    g_autoptr(GPtrArray) got = collect(&rtp);
    for (int sample = 0; sample <= 4800; sample += 480)
        push(&rtp, sample, "opus");
    static const guint8 expected[] = {
        0x90, 0xe0, 0xff, 0xff, 0xff, 0xff, 0xff, 0x00, 1, 2, 3, 4, 0xbe, 0xde, 0,   3,
        0x57, 0x83, 0xaa, 0x7e, 0x81, 0x80, 0,    0,    0, 0, 0, 0, 'o',  'p',  'u', 's'};
    assert_bytes(got, 0, expected, sizeof expected);
    for (guint i = 1; i < 10; i++)
        assert_int_equal(gst_buffer_get_size(got->pdata[i]), 16);
    assert_int_equal(gst_buffer_get_size(got->pdata[10]), sizeof expected);
    rtp_clear(&rtp);
}

static void test_rtp_redundancy(void **state)
{
    struct rtp rtp;
    rtp_init(&rtp, 111, 0x01020304);
    rtp_set_red(&rtp, 63);
    g_autoptr(GPtrArray) got = collect(&rtp);
    push(&rtp, 0, "one");
    push(&rtp, 960, "two");
    push(&rtp, 1440, "short"); // of another mode: what came before is not 20 ms away
    static const guint8 first[] = {0x80, 0xbf, 0xff, 0xff, 0xff, 0xff, 0xff, 0,
                                   1,    2,    3,    4,    111,  'o',  'n',  'e'};
    static const guint8 second[] = {0x80, 0x3f, 0, 0, 0,   0,   0x02, 0xc0, 1,   2,   3,  4,
                                    0xef, 0x0f, 0, 3, 111, 'o', 'n',  'e',  't', 'w', 'o'};
    static const guint8 third[] = {0x80, 0x3f, 0, 1,   0,   0,   0x04, 0xa0, 1,
                                   2,    3,    4, 111, 's', 'h', 'o',  'r',  't'};
    assert_bytes(got, 0, first, sizeof first);
    assert_bytes(got, 1, second, sizeof second);
    assert_bytes(got, 2, third, sizeof third);
    rtp_clear(&rtp);
}

static void test_sources_are_few(void **state)
{
    struct stage stage = {.first_source = 0xffffff80};
    g_autoptr(GHashTable) sources = g_hash_table_new(NULL, NULL);
    for (int i = 0; i < 1000; i++) {
        guint32 source = stage_next_source(&stage);
        // Those who are there at once have different ones.
        assert_true(g_hash_table_add(sources, GUINT_TO_POINTER(source)) || i >= STAGE_SOURCES);
    }
    assert_int_equal(g_hash_table_size(sources), STAGE_SOURCES);
}

static void test_names_of_sources(void **state)
{
    assert_true(sources_match("scsynth:out_1", "scsynth:out_1"));
    assert_true(sources_match("scsynth:out_1", "scsynth-01:out_1"));
    assert_false(sources_match("scsynth:out_1", "scsynth:out_10"));
    assert_false(sources_match("scsynth:out_1", "scsynth-1:out_1"));
    assert_false(sources_match("scsynth:out_1", "scsynth2:out_1"));
    assert_false(sources_match("scsynth:out_1", "scs:out_1"));
    assert_false(sources_match("scsynth", "scsynth"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_everyone_gets_every_packet),
        cmocka_unit_test(test_a_broken_one_is_found_and_skipped),
        cmocka_unit_test(test_one_that_keeps_being_slow_is_found),
        cmocka_unit_test(test_one_that_rejoins_goes_on),
        cmocka_unit_test(test_a_long_call_is_forgiven_while_it_lasts),
        cmocka_unit_test(test_release_waits_for_the_call_under_way),
        cmocka_unit_test(test_many_get_every_packet_in_order),
        cmocka_unit_test(test_a_stuck_one_holds_up_its_half_alone),
        cmocka_unit_test(test_threads_come_with_many_and_go),
        cmocka_unit_test(test_a_thread_serves_what_is_queued_before_it_ends),
        cmocka_unit_test(test_without_threads_the_encoder_serves_all),
        cmocka_unit_test(test_joining_and_leaving_while_called),
        cmocka_unit_test(test_one_that_blocks_is_found_and_let_go),
        cmocka_unit_test(test_rtp_bytes),
        cmocka_unit_test(test_rtp_capture_time),
        cmocka_unit_test(test_rtp_redundancy),
        cmocka_unit_test(test_sources_are_few),
        cmocka_unit_test(test_names_of_sources),
    };
    gst_init(NULL, NULL);
    return cmocka_run_group_tests_name("pipeline hub", tests, NULL, NULL);
}
