// SPDX-License-Identifier: GPL-3.0-or-later
// The musical clock that all clients share: beats that go on from one moment of Unix time.
#pragma once

#include <jansson.h>
#include <stdint.h>

struct clock {
    double tempo; // beats a minute
    double beat;  // that it was at `time`
    int64_t time; // microseconds of Unix time
    int beats_per_bar;
};

// 120 beats a minute from `time` on, four to the bar.
void clock_init(struct clock *clock, int64_t time);

double clock_beat_at(const struct clock *clock, int64_t time);
int64_t clock_time_of(const struct clock *clock, double beat);

// The first multiple of `quantum` beats, and `phase` beats behind it, that is not before `time`.
double clock_next(const struct clock *clock, double quantum, double phase, int64_t time);

// Goes on from the beat of `time` with another tempo.
void clock_set_tempo(struct clock *clock, double tempo, int64_t time);

// CLOCK of docs/api.md, as it is at `time`. The caller owns it.
json_t *clock_to_json(const struct clock *clock, int64_t time);
