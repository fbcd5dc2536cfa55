// SPDX-License-Identifier: GPL-3.0-or-later
//
// Time in a source is the number of its next block. Blocks follow each other without a gap, from
// JACK or as silence, so that a listener's clock never jumps: when JACK falls silent the blocks go
// on by the monotonic clock, and when it speaks again its first frames are put where they belong
// between the last silent block and the next.
#include "pipeline/sound/source.h"

#include <stdatomic.h>
#include <string.h>
#include <time.h>

#include "common/log.h"
#include "pipeline/sound/convert.h"
#include "pipeline/sound/pace.h"
#include "pipeline/sound/priority.h"

#define READ_FRAMES 2048
#define PATIENCE (40 * G_TIME_SPAN_MILLISECOND) // JACK may be late by as much before it is silent

struct source {
    struct capture *capture;
    struct stream *streams[SOURCE_STREAMS];
    struct convert *convert; // owned
    struct pace pace;
    GstClockTime base;
    int block;      // frames at 48 kHz
    int64_t length; // of a block, microseconds, as all times here
    int64_t next;   // number of the next block
    int64_t sent;   // when the last one was due
    bool sounding;
    GThread *thread; // owned
    atomic_bool stopping;

    GMutex lock; // guards what follows, for moments
    struct level level;
    GPtrArray *tapes; // owned: struct tape, owned by others
};

static void meter(struct source *source, const float *frames, size_t count)
{
    g_mutex_lock(&source->lock);
    level_add(&source->level, frames, count);
    g_mutex_unlock(&source->lock);
}

static void put_on_tapes(struct source *source, const float *frames)
{
    g_mutex_lock(&source->lock);
    for (guint i = 0; i < source->tapes->len; i++)
        tape_write(g_ptr_array_index(source->tapes, i), frames, source->block);
    g_mutex_unlock(&source->lock);
}

static void sleep_until(int64_t due)
{
    struct timespec until = {due / G_USEC_PER_SEC, due % G_USEC_PER_SEC * 1000};
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
}

// `captured` is when its first frame came from JACK.
static void send_block(struct source *source, const float *frames, int64_t captured)
{
    struct stream_stamp stamp = {
        .sample = source->next++ * source->block,
        .time = captured * GST_USECOND - source->base,
        .microtime = captured + g_get_real_time() - g_get_monotonic_time(),
    };
    put_on_tapes(source, frames);
    for (int i = 0; i < SOURCE_STREAMS && source->streams[i]; i++)
        stream_push(source->streams[i], frames, source->block, &stamp);
}

static void follow_rate(struct source *source)
{
    int rate = capture_rate(source->capture);
    if (convert_rate(source->convert) == rate)
        return;
    convert_destroy(source->convert);
    source->convert = convert_create(rate, source->block);
}

static void read_frames(struct source *source, size_t count)
{
    float frames[2 * READ_FRAMES];
    while (count > 0) {
        size_t n = capture_read(source->capture, frames, MIN(count, READ_FRAMES));
        level_clean(frames, n);
        meter(source, frames, n);
        convert_push(source->convert, frames, n);
        count -= n;
    }
}

static void begin_silence(struct source *source)
{
    source->sounding = false;
    convert_clear(source->convert);
    // What is left of an unfinished block must not pass for new sound.
    capture_skip(source->capture, capture_filled(source->capture));
    log_debug("source.silent", NULL);
}

// Puts the first frames of JACK at the place that their time has between two silent blocks.
static void begin_sound(struct source *source)
{
    follow_rate(source);
    convert_clear(source->convert);
    pace_init(&source->pace, source->length);
    int64_t rate = capture_rate(source->capture);
    int64_t filled = capture_filled(source->capture);
    int64_t elapsed = CLAMP(capture_heard(source->capture) - source->sent, 0, source->length);
    int64_t wanted = elapsed * rate / G_USEC_PER_SEC;
    if (filled > wanted)
        capture_skip(source->capture, filled - wanted);
    else
        convert_push_silence(source->convert, (wanted - filled) * CONVERT_RATE / rate);
    source->sounding = true;
    log_debug("source.sounding", "{s:i}", "rate", (int)rate);
}

static void step_silence(struct source *source)
{
    static const float silence[2 * MAX_BLOCK];
    int64_t due = source->sent + source->length;
    if (capture_wait(source->capture, 1, due)) {
        begin_sound(source);
        return;
    }
    source->sent = due;
    meter(source, silence, source->block);
    send_block(source, silence, due - source->length);
}

static void step_sound(struct source *source)
{
    size_t missing = convert_missing(source->convert);
    int64_t period = capture_period(source->capture);
    int64_t patience = MAX(PATIENCE, 5 * period / 2);
    if (missing > 0) {
        int64_t deadline = source->sent + source->length + patience;
        if (capture_rate(source->capture) != convert_rate(source->convert) ||
            !capture_wait(source->capture, missing, deadline)) {
            begin_silence(source);
            return;
        }
        read_frames(source, missing);
        return;
    }
    float frames[2 * MAX_BLOCK];
    convert_pull(source->convert, frames);
    int64_t ready = capture_heard(source->capture);
    source->sent = pace_due(&source->pace, source->next, ready, period);
    sleep_until(source->sent);
    send_block(source, frames, pace_began(&source->pace, source->next));
}

static void raise_priority(void)
{
    static const char *const names[] = {"normal", "nice", "realtime"};
    enum priority priority = priority_raise();
    if (priority == PRIORITY_NORMAL)
        log_warning("source.priority", "{s:s s:s}", "scheduling", names[priority], "detail",
                    "neither realtime scheduling nor a better niceness is allowed here");
    else
        log_info("source.priority", "{s:s}", "scheduling", names[priority]);
}

static void *run(void *data)
{
    struct source *source = data;
    raise_priority();
    while (!atomic_load(&source->stopping)) {
        if (source->sounding)
            step_sound(source);
        else
            step_silence(source);
    }
    return NULL;
}

struct source *source_create(struct capture *capture, struct stream *const streams[SOURCE_STREAMS],
                             GstClockTime base)
{
    struct source *source = g_new0(struct source, 1);
    source->capture = capture;
    source->base = base;
    source->block = MAX_BLOCK;
    for (int i = 0; i < SOURCE_STREAMS && streams[i]; i++) {
        source->streams[i] = streams[i];
        source->block = MIN(source->block, stream_block(streams[i]));
    }
    source->length = (int64_t)source->block * G_USEC_PER_SEC / CONVERT_RATE;
    source->convert = convert_create(CONVERT_RATE, source->block);
    source->sent = g_get_monotonic_time();
    g_mutex_init(&source->lock);
    source->tapes = g_ptr_array_sized_new(SOURCE_TAPES);
    source->thread = g_thread_new("source", run, source);
    return source;
}

void source_destroy(struct source *source)
{
    if (!source)
        return;
    atomic_store(&source->stopping, true);
    g_thread_join(source->thread);
    convert_destroy(source->convert);
    g_ptr_array_unref(source->tapes);
    g_mutex_clear(&source->lock);
    g_free(source);
}

struct level source_take_level(struct source *source)
{
    g_mutex_lock(&source->lock);
    struct level level = source->level;
    source->level = (struct level){0};
    g_mutex_unlock(&source->lock);
    return level;
}

void source_add_tape(struct source *source, struct tape *tape)
{
    g_mutex_lock(&source->lock);
    g_assert(source->tapes->len < SOURCE_TAPES);
    g_ptr_array_add(source->tapes, tape);
    g_mutex_unlock(&source->lock);
}

void source_remove_tape(struct source *source, struct tape *tape)
{
    g_mutex_lock(&source->lock);
    g_ptr_array_remove_fast(source->tapes, tape);
    g_mutex_unlock(&source->lock);
}

int source_xruns(const struct source *source)
{
    return capture_state(source->capture).xruns;
}
