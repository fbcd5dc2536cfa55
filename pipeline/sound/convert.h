// SPDX-License-Identifier: GPL-3.0-or-later
// Stereo frames at JACK's rate in, blocks of the encoder's length at 48 kHz out.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define CONVERT_RATE 48000

struct convert;

// `rate` is JACK's, Hz. Blocks are `block` frames long.
struct convert *convert_create(int rate, size_t block);
void convert_destroy(struct convert *convert);

int convert_rate(const struct convert *convert);

// Adds frames, interleaved.
void convert_push(struct convert *convert, const float *frames, size_t count);

// Adds silence that is `count` frames long at 48 kHz.
void convert_push_silence(struct convert *convert, size_t count);

// Frames at JACK's rate that are still missing for a block; 0 when one is there.
size_t convert_missing(const struct convert *convert);

// Takes one block into `frames`, or returns false when none is complete.
bool convert_pull(struct convert *convert, float *frames);

// Drops what is held.
void convert_clear(struct convert *convert);
