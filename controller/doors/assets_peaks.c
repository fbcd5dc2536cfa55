// SPDX-License-Identifier: GPL-3.0-or-later
#include "controller/doors/assets_peaks.h"

#include <gio/gio.h>
#include <glib/gstdio.h>

#include "common/log.h"

struct assets_peaks {
    char *program; // owned
    struct session *session;
    GQueue waiting;     // struct look, that have not begun
    GPtrArray *running; // struct look
    guint idle;         // source that begins what waits, 0 for none
};

// One file that is looked at.
struct look {
    struct assets_peaks *peaks; // NULL when that is gone
    guint ticket;
    char *path; // owned, as are the files: PATH, PATH.1 and so on
    int pieces, points;
    GSubprocess *process; // owned
    guint timer;
};

static void look_destroy(struct look *look)
{
    if (look->timer)
        g_source_remove(look->timer);
    g_unlink(look->path);
    for (int i = 1; i < look->pieces; i++) {
        g_autofree char *piece = g_strdup_printf("%s.%d", look->path, i);
        g_unlink(piece);
    }
    g_clear_object(&look->process);
    g_free(look->path);
    g_free(look);
}

struct assets_peaks *assets_peaks_create(const char *program, struct session *session)
{
    struct assets_peaks *peaks = g_new0(struct assets_peaks, 1);
    peaks->program = g_strdup(program);
    peaks->session = session;
    peaks->running = g_ptr_array_new();
    return peaks;
}

void assets_peaks_destroy(struct assets_peaks *peaks)
{
    struct look *look;
    if (!peaks)
        return;
    if (peaks->idle)
        g_source_remove(peaks->idle);
    while ((look = g_queue_pop_head(&peaks->waiting)))
        look_destroy(look);
    for (guint i = 0; i < peaks->running->len; i++) {
        look = g_ptr_array_index(peaks->running, i);
        look->peaks = NULL;
        g_subprocess_force_exit(look->process);
    }
    g_ptr_array_unref(peaks->running);
    g_free(peaks->program);
    g_free(peaks);
}

static void start_next(struct assets_peaks *peaks);

static void conclude(const struct look *look, const char *output)
{
    json_t *answer = output ? json_loads(output, 0, NULL) : NULL;
    const json_t *channels = json_object_get(answer, "channels");
    struct problem *problem = NULL;
    if (!channels) {
        log_error("buffer.peaks", "{s:s}", "reason", "farfield-sound ended without an answer");
        problem = problem_new(500, "the buffer cannot be drawn");
    }
    session_on_peaks(look->peaks->session, look->ticket, channels, problem, g_get_monotonic_time());
    json_decref(answer);
}

static void on_looked(GObject *process, GAsyncResult *result, gpointer data)
{
    struct look *look = data;
    struct assets_peaks *peaks = look->peaks;
    g_autofree char *output = NULL;
    g_subprocess_communicate_utf8_finish(G_SUBPROCESS(process), result, &output, NULL, NULL);
    if (peaks) {
        g_ptr_array_remove(peaks->running, look);
        conclude(look, output);
        start_next(peaks);
    }
    look_destroy(look);
}

static gboolean on_deadline(gpointer data)
{
    struct look *look = data;
    look->timer = 0;
    g_subprocess_force_exit(look->process);
    return G_SOURCE_REMOVE;
}

static void start(struct look *look)
{
    g_autofree char *pieces = g_strdup_printf("%d", look->pieces);
    g_autofree char *points = g_strdup_printf("%d", look->points);
    look->process = g_subprocess_new(G_SUBPROCESS_FLAGS_STDOUT_PIPE, NULL, look->peaks->program,
                                     "--peaks", look->path, pieces, points, NULL);
    if (!look->process) {
        conclude(look, NULL);
        look_destroy(look);
        return;
    }
    g_ptr_array_add(look->peaks->running, look);
    look->timer = g_timeout_add(ASSETS_PEAKS_DEADLINE, on_deadline, look);
    g_subprocess_communicate_utf8_async(look->process, NULL, NULL, on_looked, look);
}

static void start_next(struct assets_peaks *peaks)
{
    struct look *look;
    while (peaks->running->len < ASSETS_PEAKS_AT_ONCE && (look = g_queue_pop_head(&peaks->waiting)))
        start(look);
}

static gboolean on_idle(gpointer data)
{
    struct assets_peaks *peaks = data;
    peaks->idle = 0;
    start_next(peaks);
    return G_SOURCE_REMOVE;
}

void assets_peaks_read(struct assets_peaks *peaks, guint ticket, const char *path, int pieces,
                       int points)
{
    struct look *look = g_new0(struct look, 1);
    look->peaks = peaks;
    look->ticket = ticket;
    look->path = g_strdup(path);
    look->pieces = pieces;
    look->points = points;
    g_queue_push_tail(&peaks->waiting, look);
    // Not before the session is done with what asks.
    if (!peaks->idle)
        peaks->idle = g_idle_add(on_idle, peaks);
}
