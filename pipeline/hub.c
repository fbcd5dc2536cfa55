// SPDX-License-Identifier: GPL-3.0-or-later
#include "pipeline/hub.h"

#include <stdatomic.h>

#define SLOW (10 * G_TIME_SPAN_MILLISECOND)   // a call that takes as long is held against it
#define SLOW_CALLS 5                          // so many in a row are too many
#define STUCK (250 * G_TIME_SPAN_MILLISECOND) // a call that takes as long will not return

struct hub_sink {
    gatomicrefcount references;
    struct hub_subscriber subscriber;
    atomic_bool left;
    atomic_bool stalled;
    _Atomic gint64 called; // when the call under way began, 0 between calls
    int slow;              // calls in a row; the encoder's thread alone
};

struct hub {
    GMutex lock;      // guards `sinks`, the pointer, not what a snapshot holds
    GPtrArray *sinks; // owned: struct hub_sink, never changed once it is here
};

static void sink_unref(struct hub_sink *sink)
{
    if (!g_atomic_ref_count_dec(&sink->references))
        return;
    sink->subscriber.released(sink->subscriber.data);
    g_free(sink);
}

static gpointer sink_ref(gconstpointer data, gpointer unused)
{
    struct hub_sink *sink = (struct hub_sink *)data;
    g_atomic_ref_count_inc(&sink->references);
    return sink;
}

struct hub *hub_create(void)
{
    struct hub *hub = g_new0(struct hub, 1);
    g_mutex_init(&hub->lock);
    hub->sinks = g_ptr_array_new_with_free_func((GDestroyNotify)sink_unref);
    return hub;
}

void hub_destroy(struct hub *hub)
{
    if (!hub)
        return;
    g_ptr_array_unref(hub->sinks);
    g_mutex_clear(&hub->lock);
    g_free(hub);
}

static GPtrArray *snapshot(struct hub *hub)
{
    g_mutex_lock(&hub->lock);
    GPtrArray *sinks = g_ptr_array_ref(hub->sinks);
    g_mutex_unlock(&hub->lock);
    return sinks;
}

static void replace_list(struct hub *hub, GPtrArray *sinks)
{
    g_mutex_lock(&hub->lock);
    GPtrArray *old = hub->sinks;
    hub->sinks = sinks;
    g_mutex_unlock(&hub->lock);
    g_ptr_array_unref(old);
}

// Only the main loop changes the list, so that it may be read there without the lock.
struct hub_sink *hub_subscribe(struct hub *hub, const struct hub_subscriber *subscriber)
{
    struct hub_sink *sink = g_new0(struct hub_sink, 1);
    g_atomic_ref_count_init(&sink->references);
    sink->subscriber = *subscriber;
    GPtrArray *sinks = g_ptr_array_copy(hub->sinks, sink_ref, NULL);
    g_ptr_array_add(sinks, sink);
    replace_list(hub, sinks);
    return sink;
}

void hub_unsubscribe(struct hub *hub, struct hub_sink *sink)
{
    atomic_store(&sink->left, true);
    GPtrArray *sinks = g_ptr_array_copy(hub->sinks, sink_ref, NULL);
    g_ptr_array_remove(sinks, sink);
    replace_list(hub, sinks);
}

bool hub_is_empty(struct hub *hub)
{
    g_mutex_lock(&hub->lock);
    bool empty = hub->sinks->len == 0;
    g_mutex_unlock(&hub->lock);
    return empty;
}

static void deliver_one(struct hub_sink *sink, GstBuffer *packet)
{
    gint64 begin = g_get_monotonic_time();
    atomic_store(&sink->called, begin);
    bool good = sink->subscriber.take(packet, sink->subscriber.data);
    atomic_store(&sink->called, 0);
    sink->slow = g_get_monotonic_time() - begin >= SLOW ? sink->slow + 1 : 0;
    if (!good || sink->slow >= SLOW_CALLS)
        atomic_store(&sink->stalled, true);
}

void hub_deliver(struct hub *hub, GstBuffer *packet)
{
    GPtrArray *sinks = snapshot(hub);
    for (guint i = 0; i < sinks->len; i++) {
        struct hub_sink *sink = g_ptr_array_index(sinks, i);
        if (!atomic_load(&sink->left) && !atomic_load(&sink->stalled))
            deliver_one(sink, packet);
    }
    g_ptr_array_unref(sinks);
}

static struct hub_sink *find_stalled(struct hub *hub)
{
    gint64 now = g_get_monotonic_time();
    for (guint i = 0; i < hub->sinks->len; i++) {
        struct hub_sink *sink = g_ptr_array_index(hub->sinks, i);
        gint64 called = atomic_load(&sink->called);
        if (atomic_load(&sink->stalled) || (called && now - called >= STUCK))
            return sink;
    }
    return NULL;
}

void hub_put_out_stalled(struct hub *hub)
{
    struct hub_sink *sink;
    while ((sink = find_stalled(hub)))
        sink->subscriber.stalled(sink->subscriber.data);
}
