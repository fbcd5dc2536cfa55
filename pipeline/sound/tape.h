// SPDX-License-Identifier: GPL-3.0-or-later
// What lies between a room's sound and the thread that writes it down: a ring of stereo frames with
// one writer and one reader, neither of which ever waits. Where the reader is too slow, frames are
// lost; they come out as silence of the same length, so that what follows keeps its time.
#pragma once

#include <glib.h>
#include <stddef.h>

struct tape;

// Holds `size` frames, a power of two.
struct tape *tape_create(size_t size);
void tape_destroy(struct tape *tape);

// Adds frames, interleaved.
void tape_write(struct tape *tape, const float *frames, size_t count);

// Takes at most `count` frames; returns how many, 0 when all that was written has been taken.
size_t tape_read(struct tape *tape, float *frames, size_t count);

// Frames lost so far.
guint64 tape_lost(const struct tape *tape);
