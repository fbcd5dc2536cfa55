// SPDX-License-Identifier: GPL-3.0-or-later
#include "pipeline/sound/tape.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>

#define FRAME (2 * sizeof(float))

struct tape {
    size_t size;
    _Atomic size_t written,
        taken; // frames since the start; only the writer, the reader moves its own
    // A loss on its way to the reader: so many silent frames belong before frame `gap_at`. The
    // writer sets it while it is 0, the reader counts it down.
    _Atomic size_t gap;
    size_t gap_at;
    size_t owed; // the writer's: a loss that goes on
    _Atomic guint64 lost;
    float frames[][2];
};

struct tape *tape_create(size_t size)
{
    struct tape *tape = g_malloc0(sizeof *tape + size * FRAME);
    tape->size = size;
    return tape;
}

void tape_destroy(struct tape *tape)
{
    g_free(tape);
}

static void copy_in(struct tape *tape, size_t at, const float *frames, size_t count)
{
    size_t start = at % tape->size, first = MIN(count, tape->size - start);
    memcpy(tape->frames[start], frames, first * FRAME);
    memcpy(tape->frames[0], frames + 2 * first, (count - first) * FRAME);
}

static void copy_out(const struct tape *tape, size_t at, float *frames, size_t count)
{
    size_t start = at % tape->size, first = MIN(count, tape->size - start);
    memcpy(frames, tape->frames[start], first * FRAME);
    memcpy(frames + 2 * first, tape->frames[0], (count - first) * FRAME);
}

// Whether frames may be added. A loss ends when half the ring is free, not at the first chance:
// one long hole is better than many.
static bool has_room(const struct tape *tape, size_t written, size_t count)
{
    size_t room = tape->size - (written - atomic_load_explicit(&tape->taken, memory_order_acquire));
    if (tape->owed == 0)
        return room >= count;
    return room >= MAX(count, tape->size / 2) &&
           atomic_load_explicit(&tape->gap, memory_order_acquire) == 0;
}

void tape_write(struct tape *tape, const float *frames, size_t count)
{
    size_t written = atomic_load_explicit(&tape->written, memory_order_relaxed);
    if (!has_room(tape, written, count)) {
        tape->owed += count;
        atomic_fetch_add_explicit(&tape->lost, count, memory_order_relaxed);
        return;
    }
    if (tape->owed) {
        tape->gap_at = written;
        atomic_store_explicit(&tape->gap, tape->owed, memory_order_release);
        tape->owed = 0;
    }
    copy_in(tape, written, frames, count);
    atomic_store_explicit(&tape->written, written + count, memory_order_release);
}

size_t tape_read(struct tape *tape, float *frames, size_t count)
{
    // In this order: who sees the frames behind a gap sees the gap.
    size_t written = atomic_load_explicit(&tape->written, memory_order_acquire);
    size_t gap = atomic_load_explicit(&tape->gap, memory_order_acquire);
    size_t taken = atomic_load_explicit(&tape->taken, memory_order_relaxed);
    size_t n = MIN(count, (gap ? MIN(tape->gap_at, written) : written) - taken);
    if (n == 0 && gap) {
        n = MIN(count, gap);
        memset(frames, 0, n * FRAME);
        atomic_store_explicit(&tape->gap, gap - n, memory_order_release);
        return n;
    }
    copy_out(tape, taken, frames, n);
    atomic_store_explicit(&tape->taken, taken + n, memory_order_release);
    return n;
}

guint64 tape_lost(const struct tape *tape)
{
    return atomic_load_explicit(&tape->lost, memory_order_relaxed);
}
