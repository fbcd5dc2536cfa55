// SPDX-License-Identifier: GPL-3.0-or-later
// A ring of stereo frames between one writer, a JACK process callback, and one reader. Neither side
// ever waits, locks or allocates.
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#define RING_FRAMES 32768 // a power of two; the longest JACK period is 8192

struct ring {
    _Atomic size_t written,
        taken; // frames since the start; only the writer, the reader moves its own
    float frames[RING_FRAMES][2];
};

// Frames that wait to be read. Either side may ask.
size_t ring_filled(const struct ring *ring);

// Adds `count` frames, or none of them and false when they do not fit.
bool ring_write(struct ring *ring, const float *left, const float *right, size_t count);

// Takes at most `count` frames, interleaved; returns how many.
size_t ring_read(struct ring *ring, float *frames, size_t count);

// Drops the oldest `count` frames, or all; for the reader.
void ring_skip(struct ring *ring, size_t count);
