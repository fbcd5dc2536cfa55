// SPDX-License-Identifier: GPL-3.0-or-later
#include "pipeline/sound/level.h"

#include <math.h>

void level_clean(float *frames, size_t count)
{
    for (size_t i = 0; i < 2 * count; i++) {
        float x = frames[i];
        frames[i] = !isfinite(x) ? 0.0f : x > 1.0f ? 1.0f : x < -1.0f ? -1.0f : x;
    }
}

void level_add(struct level *level, const float *frames, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        for (int c = 0; c < 2; c++) {
            double x = frames[2 * i + c];
            level->peak[c] = fmax(level->peak[c], fabs(x));
            level->square[c] += x * x;
        }
    }
    level->frames += count;
}

static double decibel(double linear)
{
    return linear > 0 ? fmax(20 * log10(linear), LEVEL_FLOOR) : LEVEL_FLOOR;
}

void level_read(const struct level *level, double peak[2], double rms[2])
{
    for (int c = 0; c < 2; c++) {
        peak[c] = decibel(level->peak[c]);
        rms[c] = level->frames ? decibel(sqrt(level->square[c] / level->frames)) : LEVEL_FLOOR;
    }
}
