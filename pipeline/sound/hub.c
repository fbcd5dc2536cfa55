// SPDX-License-Identifier: GPL-3.0-or-later
// Locks and counts are those of C and POSIX, which ThreadSanitizer understands; GLib's are not
// (make tsan).
#include "pipeline/sound/hub.h"

#include <pthread.h>
#include <stdatomic.h>

#include "common/log.h"
#include "pipeline/sound/priority.h"

#define SLOW (10 * G_TIME_SPAN_MILLISECOND)   // a call that takes as long is held against it
#define SLOW_CALLS 5                          // so many in a row are too many
#define STUCK (250 * G_TIME_SPAN_MILLISECOND) // a call that takes as long will not return
#define GIVE_UP 20                            // looks at the same walk under way: it will not end
#define MOST 32                               // subscribers whom the encoder's thread serves itself
#define FEW 16                                // left, and it serves them all itself again
#define QUEUED 32                             // packets that a lane may be behind

struct hub_sink {
    atomic_int references;
    struct hub_subscriber subscriber;
    atomic_bool left;
    atomic_bool stalled;
    _Atomic gint64 called; // when the call under way began, 0 between calls
    int slow;              // calls in a row; its lane's thread alone
};

// Never changed once it is in a lane.
struct list {
    atomic_int references;
    GPtrArray *sinks; // owned: struct hub_sink
};

// One part of the subscribers.
struct lane {
    struct hub *hub;
    struct list *list;      // owned
    GQueue queue;           // owned: GstBuffer
    pthread_cond_t changed; // the queue, or `ending`
    bool threaded;          // its thread serves it, not the encoder's
    bool ending;            // the thread is to end when it has served what is queued
    GThread *thread;        // owned: the last one that it had, or NULL; the main loop alone
    _Atomic gint64 walking; // when the walk under way began, 0 between walks
    gint64 watched;         // the walk that was last seen under way; the main loop alone
    int looks;              // in a row at that one
};

#define LANES 2

struct hub {
    pthread_mutex_t lock; // guards what follows, but not what a list holds
    struct lane lanes[LANES];
};

static void sink_unref(gpointer data)
{
    struct hub_sink *sink = data;
    if (atomic_fetch_sub(&sink->references, 1) > 1)
        return;
    sink->subscriber.released(sink->subscriber.data);
    g_free(sink);
}

static gpointer sink_ref(gconstpointer data, gpointer unused)
{
    struct hub_sink *sink = (struct hub_sink *)data;
    atomic_fetch_add(&sink->references, 1);
    return sink;
}

static struct list *list_new(GPtrArray *sinks)
{
    struct list *list = g_new0(struct list, 1);
    atomic_init(&list->references, 1);
    list->sinks = sinks;
    return list;
}

static void list_unref(struct list *list)
{
    if (atomic_fetch_sub(&list->references, 1) > 1)
        return;
    g_ptr_array_unref(list->sinks);
    g_free(list);
}

// With the lock held. The caller owns the reference.
static struct list *list_take(struct lane *lane)
{
    atomic_fetch_add(&lane->list->references, 1);
    return lane->list;
}

// --- packets ------------------------------------------------------------------------------

static void deliver_one(struct hub_sink *sink, GstBuffer *packet)
{
    gint64 begin = g_get_monotonic_time();
    atomic_store(&sink->called, begin);
    bool good = sink->subscriber.take(packet, sink->subscriber.data);
    atomic_store(&sink->called, 0);
    sink->slow = g_get_monotonic_time() - begin >= SLOW ? sink->slow + 1 : 0;
    if (good && sink->slow < SLOW_CALLS)
        return;
    sink->slow = 0;
    atomic_store(&sink->stalled, true);
}

// Takes over the reference to the list.
static void walk(struct lane *lane, struct list *list, GstBuffer *packet)
{
    atomic_store(&lane->walking, g_get_monotonic_time());
    for (guint i = 0; i < list->sinks->len; i++) {
        struct hub_sink *sink = g_ptr_array_index(list->sinks, i);
        if (!atomic_load(&sink->left) && !atomic_load(&sink->stalled))
            deliver_one(sink, packet);
    }
    atomic_store(&lane->walking, 0);
    list_unref(list);
}

// With the lock held. A lane that is held up loses the oldest packet, which is returned.
static GstBuffer *hand_over(struct lane *lane, GstBuffer *packet)
{
    GstBuffer *lost = lane->queue.length == QUEUED ? g_queue_pop_head(&lane->queue) : NULL;
    g_queue_push_tail(&lane->queue, gst_buffer_ref(packet));
    pthread_cond_signal(&lane->changed);
    return lost;
}

void hub_deliver(struct hub *hub, GstBuffer *packet)
{
    struct list *lists[LANES] = {NULL};
    GstBuffer *lost[LANES] = {NULL};
    pthread_mutex_lock(&hub->lock);
    for (int i = 0; i < LANES; i++)
        if (hub->lanes[i].threaded)
            lost[i] = hand_over(&hub->lanes[i], packet);
        else
            lists[i] = list_take(&hub->lanes[i]);
    pthread_mutex_unlock(&hub->lock);
    for (int i = 0; i < LANES; i++) {
        if (lists[i])
            walk(&hub->lanes[i], lists[i], packet);
        gst_clear_buffer(&lost[i]);
    }
}

// Until it ends the encoder's thread leaves the lane to it, so that packets stay in order.
static gpointer run_lane(gpointer data)
{
    struct lane *lane = data;
    struct hub *hub = lane->hub;
    priority_raise();
    pthread_mutex_lock(&hub->lock);
    while (!lane->ending || !g_queue_is_empty(&lane->queue)) {
        GstBuffer *packet = g_queue_pop_head(&lane->queue);
        if (!packet) {
            pthread_cond_wait(&lane->changed, &hub->lock);
            continue;
        }
        struct list *list = list_take(lane);
        pthread_mutex_unlock(&hub->lock);
        walk(lane, list, packet);
        gst_buffer_unref(packet);
        pthread_mutex_lock(&hub->lock);
    }
    lane->threaded = false;
    pthread_mutex_unlock(&hub->lock);
    return NULL;
}

// --- life -----------------------------------------------------------------------------------

struct hub *hub_create(void)
{
    struct hub *hub = g_new0(struct hub, 1);
    pthread_mutex_init(&hub->lock, NULL);
    for (int i = 0; i < LANES; i++) {
        hub->lanes[i].hub = hub;
        hub->lanes[i].list = list_new(g_ptr_array_new_with_free_func(sink_unref));
        pthread_cond_init(&hub->lanes[i].changed, NULL);
    }
    return hub;
}

// Whether the lane's thread serves it, which goes on where it was to end and has not yet.
static bool keep_thread(struct lane *lane)
{
    pthread_mutex_lock(&lane->hub->lock);
    lane->ending = false;
    bool threaded = lane->threaded;
    pthread_mutex_unlock(&lane->hub->lock);
    return threaded;
}

// The encoder, which takes the lock for each packet, does not wait for threads to end and begin:
// the new one finds its queue empty until the lane is its own. Where there is none to be had, the
// encoder's thread goes on serving the lane.
static void begin_lane(struct lane *lane)
{
    if (keep_thread(lane))
        return;
    if (lane->thread)
        g_thread_join(lane->thread);
    g_autoptr(GError) error = NULL;
    lane->thread = g_thread_try_new("hub", run_lane, lane, &error);
    if (!lane->thread) {
        log_warning("hub.thread", "{s:s}", "detail", error->message);
        return;
    }
    pthread_mutex_lock(&lane->hub->lock);
    lane->threaded = true;
    pthread_mutex_unlock(&lane->hub->lock);
}

static void begin_lanes(struct hub *hub)
{
    for (int i = 0; i < LANES; i++)
        begin_lane(&hub->lanes[i]);
}

static void end_lanes(struct hub *hub)
{
    pthread_mutex_lock(&hub->lock);
    for (int i = 0; i < LANES; i++) {
        hub->lanes[i].ending = true;
        pthread_cond_signal(&hub->lanes[i].changed);
    }
    pthread_mutex_unlock(&hub->lock);
}

void hub_destroy(struct hub *hub)
{
    if (!hub)
        return;
    end_lanes(hub);
    for (int i = 0; i < LANES; i++) {
        if (hub->lanes[i].thread)
            g_thread_join(hub->lanes[i].thread);
        list_unref(hub->lanes[i].list);
        pthread_cond_destroy(&hub->lanes[i].changed);
    }
    pthread_mutex_destroy(&hub->lock);
    g_free(hub);
}

// --- subscribers: only the main loop changes lists, and may read them without the lock --------

static void replace_list(struct lane *lane, GPtrArray *sinks)
{
    struct list *list = list_new(sinks);
    pthread_mutex_lock(&lane->hub->lock);
    struct list *old = lane->list;
    lane->list = list;
    pthread_mutex_unlock(&lane->hub->lock);
    list_unref(old);
}

static guint count(const struct hub *hub, int lane)
{
    return hub->lanes[lane].list->sinks->len;
}

static guint count_all(const struct hub *hub)
{
    return count(hub, 0) + count(hub, 1);
}

struct hub_sink *hub_subscribe(struct hub *hub, const struct hub_subscriber *subscriber)
{
    struct lane *lane = &hub->lanes[count(hub, 1) < count(hub, 0) ? 1 : 0];
    struct hub_sink *sink = g_new0(struct hub_sink, 1);
    atomic_init(&sink->references, 1);
    sink->subscriber = *subscriber;
    GPtrArray *sinks = g_ptr_array_copy(lane->list->sinks, sink_ref, NULL);
    g_ptr_array_add(sinks, sink);
    replace_list(lane, sinks);
    if (count_all(hub) == MOST + 1)
        begin_lanes(hub);
    return sink;
}

void hub_unsubscribe(struct hub *hub, struct hub_sink *sink)
{
    bool first = g_ptr_array_find(hub->lanes[0].list->sinks, sink, NULL);
    struct lane *lane = &hub->lanes[first ? 0 : 1];
    atomic_store(&sink->left, true);
    GPtrArray *sinks = g_ptr_array_copy(lane->list->sinks, sink_ref, NULL);
    g_ptr_array_remove(sinks, sink);
    replace_list(lane, sinks);
    if (count_all(hub) == FEW)
        end_lanes(hub);
}

void hub_rejoin(struct hub_sink *sink)
{
    gint64 called = atomic_load(&sink->called);
    // A call that is still under way counts from now on; one that has just ended stays ended.
    if (called)
        atomic_compare_exchange_strong(&sink->called, &called, g_get_monotonic_time());
    atomic_store(&sink->stalled, false);
}

bool hub_is_empty(struct hub *hub)
{
    pthread_mutex_lock(&hub->lock);
    bool empty = count_all(hub) == 0;
    pthread_mutex_unlock(&hub->lock);
    return empty;
}

static struct hub_sink *find_stalled_in(const GPtrArray *sinks)
{
    gint64 now = g_get_monotonic_time();
    for (guint i = 0; i < sinks->len; i++) {
        struct hub_sink *sink = g_ptr_array_index(sinks, i);
        gint64 called = atomic_load(&sink->called);
        if (atomic_load(&sink->stalled) || (called && now - called >= STUCK))
            return sink;
    }
    return NULL;
}

static struct hub_sink *find_stalled(struct hub *hub)
{
    struct hub_sink *sink = find_stalled_in(hub->lanes[0].list->sinks);
    return sink ? sink : find_stalled_in(hub->lanes[1].list->sinks);
}

// Counted by looks, not by time: where the whole process stood still, nothing was looked at.
static bool is_stuck(struct lane *lane)
{
    gint64 walking = atomic_load(&lane->walking);
    lane->looks = walking && walking == lane->watched ? lane->looks + 1 : 0;
    lane->watched = walking;
    return lane->looks >= GIVE_UP;
}

bool hub_put_out_stalled(struct hub *hub)
{
    struct hub_sink *sink;
    while ((sink = find_stalled(hub)))
        sink->subscriber.stalled(sink->subscriber.data);
    bool stuck = false;
    for (int i = 0; i < LANES; i++)
        stuck |= is_stuck(&hub->lanes[i]);
    return !stuck;
}
