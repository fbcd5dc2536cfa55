// SPDX-License-Identifier: GPL-3.0-or-later
// What protects ears and encoder, and what the meters show. Pure.
#pragma once

#include <stddef.h>
#include <stdint.h>

#define LEVEL_FLOOR -200.0 // dBFS that silence reads as

struct level {
    double peak[2];   // linear
    double square[2]; // sum of squares
    uint64_t frames;
};

// Makes `count` interleaved stereo frames safe to hear: NaN and infinity become silence, the rest
// is clipped to -1..1.
void level_clean(float *frames, size_t count);

// Adds interleaved stereo frames that are clean.
void level_add(struct level *level, const float *frames, size_t count);

// Peak and RMS in dBFS by channel, at least LEVEL_FLOOR.
void level_read(const struct level *level, double peak[2], double rms[2]);
