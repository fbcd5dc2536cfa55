// SPDX-License-Identifier: GPL-3.0-or-later
//
// The room's thread puts its blocks on the tape; the recorder's thread looks ten times a second
// what is there and writes it. Each second's worth of frames the file is made to say how long it
// is, the disk is looked at, and the main loop is told. A part ends where the next frames could
// make it too large, between two frames, so that the parts put together are the whole.
#include "pipeline/recording/recorder.h"

#include <string.h>
#include <unistd.h>

#include "common/error.h"
#include "common/log.h"
#include "pipeline/recording/part.h"
#include "pipeline/sound/tape.h"

#define TAPE_FRAMES 524288 // 11 s that the disk may stand still
#define CHUNK 1024         // frames
#define PAUSE (100 * G_TIME_SPAN_MILLISECOND)
#define SYNC_SECONDS 10

struct recorder {
    struct shelf *shelf;
    struct source *source; // NULL when it has been left
    struct tape *tape;     // owned
    GThread *thread;       // owned
    int xruns;             // of the room when it began

    // The thread's. It alone changes the recording's parts, and so may read them without the lock.
    struct part *part;   // owned
    guint64 frames;      // written
    guint64 told;        // of them when the main loop was told last
    guint64 shelved;     // bytes that the shelf knows of
    int seconds_to_sync; // until the next

    GMutex lock; // guards what follows
    GCond wake;
    bool stopping, changed;
    struct recording *recording; // owned
};

// --- telling ------------------------------------------------------------------------------------

static void set_part(struct recorder *r, struct recording_part part)
{
    GArray *parts = r->recording->parts;
    g_array_index(parts, struct recording_part, parts->len - 1) = part;
}

// The last part as it is now.
static void publish(struct recorder *r)
{
    g_mutex_lock(&r->lock);
    if (r->part)
        set_part(r, (struct recording_part){part_bytes(r->part), part_frames(r->part)});
    r->recording->lost = tape_lost(r->tape);
    r->changed = true;
    g_mutex_unlock(&r->lock);
}

static bool write_note(struct recorder *r, GError **error)
{
    struct recording *state = recorder_state(r);
    bool good = shelf_note(r->shelf, state, error);
    recording_destroy(state);
    return good;
}

// --- parts --------------------------------------------------------------------------------------

static bool begin_part(struct recorder *r, GError **error)
{
    struct recording_part none = {0};
    g_autofree char *name = recording_part_name(r->recording, r->recording->parts->len);
    g_autofree char *path = g_build_filename(r->shelf->dir, r->recording->id, name, NULL);
    r->part = part_create(path, r->recording->format, error);
    if (!r->part)
        return false;
    g_mutex_lock(&r->lock);
    g_array_append_val(r->recording->parts, none);
    if (r->recording->state == RECORDING_STARTING)
        r->recording->state = RECORDING_RUNNING;
    g_mutex_unlock(&r->lock);
    publish(r);
    return write_note(r, error);
}

static bool end_part(struct recorder *r, GError **error)
{
    struct recording_part whole;
    if (!r->part)
        return true;
    bool good = part_close(g_steal_pointer(&r->part), &whole, error);
    g_mutex_lock(&r->lock);
    set_part(r, whole);
    g_mutex_unlock(&r->lock);
    return good;
}

static bool next_part(struct recorder *r, GError **error)
{
    if (!end_part(r, error))
        return false;
    if (r->recording->parts->len < RECORDING_MAX_PARTS)
        return begin_part(r, error);
    g_set_error(error, FARFIELD_ERROR, ERROR_FULL, "a recording has at most %d parts",
                RECORDING_MAX_PARTS);
    return false;
}

// --- writing ------------------------------------------------------------------------------------

// What every second of sound brings.
static bool look_around(struct recorder *r, GError **error)
{
    bool sync = --r->seconds_to_sync <= 0;
    if (sync)
        r->seconds_to_sync = SYNC_SECONDS;
    part_update(r->part, sync);
    publish(r);
    r->told = r->frames;
    guint64 bytes = recording_bytes(r->recording), more = bytes - MIN(bytes, r->shelved);
    r->shelved = bytes;
    return shelf_may_go_on(r->shelf, more, error);
}

static bool write_frames(struct recorder *r, const float *frames, size_t count, GError **error)
{
    if (part_frames(r->part) > 0 &&
        part_bytes_after(r->part, count) > (guint64)r->recording->split && !next_part(r, error))
        return false;
    if (!part_write(r->part, frames, count, error))
        return false;
    r->frames += count;
    return r->frames - r->told < RECORDING_RATE || look_around(r, error);
}

static bool is_stopping(struct recorder *r)
{
    g_mutex_lock(&r->lock);
    bool stopping = r->stopping;
    g_mutex_unlock(&r->lock);
    return stopping;
}

static void wait_a_little(struct recorder *r)
{
    int64_t until = g_get_monotonic_time() + PAUSE;
    g_mutex_lock(&r->lock);
    while (!r->stopping && g_cond_wait_until(&r->wake, &r->lock, until))
        ;
    g_mutex_unlock(&r->lock);
}

// Until it has been stopped, has the length that was asked for, or cannot go on.
static bool write_down(struct recorder *r, GError **error)
{
    float frames[2 * CHUNK];
    double seconds = r->recording->seconds;
    guint64 most = seconds > 0 ? (guint64)(seconds * RECORDING_RATE + 0.5) : G_MAXUINT64;
    while (r->frames < most) {
        // Asked before the tape is: nothing is put on it afterwards.
        bool stopping = is_stopping(r);
        size_t count = tape_read(r->tape, frames, MIN(CHUNK, most - r->frames));
        if (count == 0 && stopping)
            return true;
        if (count == 0)
            wait_a_little(r);
        else if (!write_frames(r, frames, count, error))
            return false;
    }
    return true;
}

// --- from its beginning to its end --------------------------------------------------------------

// A full disk ends a recording that is whole; everything else has it fail.
static void settle(struct recording *recording, const GError *error)
{
    bool is_whole = !error || (error->code == ERROR_FULL && recording->parts->len > 0);
    recording->state = is_whole ? RECORDING_DONE : RECORDING_FAILED;
    recording->status = is_whole ? 0 : error->code;
    if (!error)
        return;
    g_free(recording->detail);
    recording->detail = g_strdup(error->message);
}

static void log_end(const struct recording *last)
{
    log_info("recording.ended", "{s:s s:b s:f s:i s:s}", "recording", last->id, "failed",
             last->state == RECORDING_FAILED, "seconds",
             (double)recording_frames(last) / RECORDING_RATE, "lost", (int)last->lost, "detail",
             last->detail ? last->detail : "");
}

// Of one that has come to nothing, nothing is left.
static void put_away(struct recorder *r, struct recording *last)
{
    g_autoptr(GError) error = NULL;
    bool failed = last->state == RECORDING_FAILED;
    if (last->parts->len == 0 || (failed && recording_frames(last) == 0)) {
        shelf_remove(r->shelf, last);
        g_array_set_size(last->parts, 0);
    } else if (!shelf_note(r->shelf, last, &error)) {
        log_error("recording.note", "{s:s s:s}", "recording", last->id, "detail", error->message);
    }
}

// The main loop hears of it when nobody holds its folder any more: it may be deleted from then on.
static void end(struct recorder *r, int folder, const GError *error)
{
    struct recording *last = recorder_state(r);
    last->lost = tape_lost(r->tape);
    settle(last, error);
    if (folder >= 0) {
        put_away(r, last);
        close(folder);
    }
    log_end(last);
    g_mutex_lock(&r->lock);
    recording_destroy(r->recording);
    r->recording = last;
    r->changed = true;
    g_mutex_unlock(&r->lock);
}

static void *run(void *data)
{
    struct recorder *r = data;
    g_autoptr(GError) error = NULL;
    int folder = -1;
    if (shelf_may_begin(r->shelf, &error) &&
        (folder = shelf_make(r->shelf, r->recording->id, &error)) >= 0 && begin_part(r, &error))
        write_down(r, &error);
    end_part(r, error ? NULL : &error);
    end(r, folder, error);
    return NULL;
}

struct recorder *recorder_create(struct shelf *shelf, struct source *source,
                                 const struct recording *wanted)
{
    struct recorder *r = g_new0(struct recorder, 1);
    r->shelf = shelf;
    r->source = source;
    r->xruns = source_xruns(source);
    r->tape = tape_create(TAPE_FRAMES);
    r->seconds_to_sync = SYNC_SECONDS;
    r->recording = recording_copy(wanted);
    r->recording->state = RECORDING_STARTING;
    g_array_set_size(r->recording->parts, 0);
    g_mutex_init(&r->lock);
    g_cond_init(&r->wake);
    source_add_tape(source, r->tape);
    r->thread = g_thread_new("recorder", run, r);
    return r;
}

// For the main loop, which alone may ask the room.
static void count_xruns(struct recorder *r)
{
    if (!r->source)
        return;
    guint64 xruns = source_xruns(r->source) - r->xruns;
    g_mutex_lock(&r->lock);
    r->recording->xruns = xruns;
    g_mutex_unlock(&r->lock);
}

static void leave_source(struct recorder *r)
{
    count_xruns(r);
    if (r->source)
        source_remove_tape(r->source, r->tape);
    r->source = NULL;
}

void recorder_stop(struct recorder *r, const char *detail)
{
    leave_source(r);
    g_mutex_lock(&r->lock);
    if (recording_is_active(r->recording) && !r->stopping) {
        r->recording->state = RECORDING_STOPPING;
        g_free(r->recording->detail);
        r->recording->detail = g_strdup(detail);
        r->changed = true;
    }
    r->stopping = true;
    g_cond_signal(&r->wake);
    g_mutex_unlock(&r->lock);
}

void recorder_destroy(struct recorder *r)
{
    if (!r)
        return;
    g_assert(!r->source);
    g_thread_join(r->thread);
    tape_destroy(r->tape);
    recording_destroy(r->recording);
    g_cond_clear(&r->wake);
    g_mutex_clear(&r->lock);
    g_free(r);
}

struct recording *recorder_state(struct recorder *r)
{
    g_mutex_lock(&r->lock);
    struct recording *state = recording_copy(r->recording);
    g_mutex_unlock(&r->lock);
    return state;
}

struct recording *recorder_news(struct recorder *r)
{
    count_xruns(r);
    g_mutex_lock(&r->lock);
    struct recording *news = r->changed ? recording_copy(r->recording) : NULL;
    r->changed = false;
    g_mutex_unlock(&r->lock);
    return news;
}
