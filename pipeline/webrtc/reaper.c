// SPDX-License-Identifier: GPL-3.0-or-later
#include "pipeline/webrtc/reaper.h"

#include "common/log.h"

#define DEADLINE (5 * G_TIME_SPAN_SECOND) // taking one down takes 3 to 50 ms

struct job {
    GstElement *pipeline; // owned
    gint64 begun;         // 0 while it waits for its turn
    bool hangs;
};

struct reaper {
    GThreadPool *pool; // owned
    GMutex lock;       // guards what follows
    GCond done;
    GPtrArray *jobs; // owned: struct job
    unsigned expected;
};

static void run(gpointer data, gpointer user_data)
{
    struct job *job = data;
    struct reaper *reaper = user_data;
    g_mutex_lock(&reaper->lock);
    job->begun = g_get_monotonic_time();
    g_mutex_unlock(&reaper->lock);

    gst_element_set_state(job->pipeline, GST_STATE_NULL);
    gst_object_unref(job->pipeline);

    g_mutex_lock(&reaper->lock);
    if (job->hangs)
        log_warning("reaper.late", NULL);
    g_ptr_array_remove_fast(reaper->jobs, job);
    g_cond_signal(&reaper->done);
    g_mutex_unlock(&reaper->lock);
}

struct reaper *reaper_create(void)
{
    struct reaper *reaper = g_new0(struct reaper, 1);
    g_mutex_init(&reaper->lock);
    g_cond_init(&reaper->done);
    reaper->jobs = g_ptr_array_new_with_free_func(g_free);
    reaper->pool = g_thread_pool_new(run, reaper, 1, TRUE, NULL);
    return reaper;
}

void reaper_destroy(struct reaper *reaper, gint64 patience)
{
    if (!reaper)
        return;
    gint64 until = g_get_monotonic_time() + patience;
    g_mutex_lock(&reaper->lock);
    while (reaper->jobs->len > 0 && g_cond_wait_until(&reaper->done, &reaper->lock, until))
        ;
    bool idle = reaper->jobs->len == 0;
    g_mutex_unlock(&reaper->lock);
    // Threads that hang still use the rest.
    if (!idle)
        return;
    g_thread_pool_free(reaper->pool, FALSE, TRUE);
    g_ptr_array_unref(reaper->jobs);
    g_cond_clear(&reaper->done);
    g_mutex_clear(&reaper->lock);
    g_free(reaper);
}

void reaper_expect(struct reaper *reaper)
{
    g_mutex_lock(&reaper->lock);
    reaper->expected++;
    g_mutex_unlock(&reaper->lock);
}

void reaper_take(struct reaper *reaper, GstElement *pipeline)
{
    struct job *job = g_new0(struct job, 1);
    job->pipeline = pipeline;
    g_mutex_lock(&reaper->lock);
    g_ptr_array_add(reaper->jobs, job);
    reaper->expected--;
    g_mutex_unlock(&reaper->lock);
    g_thread_pool_push(reaper->pool, job, NULL);
}

void reaper_check(struct reaper *reaper)
{
    gint64 now = g_get_monotonic_time();
    int found = 0;
    g_mutex_lock(&reaper->lock);
    for (guint i = 0; i < reaper->jobs->len; i++) {
        struct job *job = g_ptr_array_index(reaper->jobs, i);
        if (!job->begun || job->hangs || now - job->begun < DEADLINE)
            continue;
        job->hangs = true;
        found++;
    }
    g_mutex_unlock(&reaper->lock);
    if (found == 0)
        return;
    log_error("reaper.hangs", "{s:i}", "pipelines", found);
    g_thread_pool_set_max_threads(reaper->pool, g_thread_pool_get_max_threads(reaper->pool) + found,
                                  NULL);
}

unsigned reaper_remaining(struct reaper *reaper)
{
    g_mutex_lock(&reaper->lock);
    unsigned remaining = reaper->expected + reaper->jobs->len;
    g_mutex_unlock(&reaper->lock);
    return remaining;
}
