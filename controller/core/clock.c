// SPDX-License-Identifier: GPL-3.0-or-later
#include "controller/core/clock.h"

#include <math.h>

#define MINUTE 60e6 // microseconds

void clock_init(struct clock *clock, int64_t time)
{
    *clock = (struct clock){120, 0, time, 4};
}

double clock_beat_at(const struct clock *clock, int64_t time)
{
    return clock->beat + (double)(time - clock->time) * clock->tempo / MINUTE;
}

int64_t clock_time_of(const struct clock *clock, double beat)
{
    return clock->time + llround((beat - clock->beat) * MINUTE / clock->tempo);
}

double clock_next(const struct clock *clock, double quantum, double phase, int64_t time)
{
    double beat = clock_beat_at(clock, time);
    double next = ceil((beat - phase) / quantum) * quantum + phase;
    // A beat is known to a microsecond; that much before it is on it.
    return next - quantum >= beat - 1e-6 ? next - quantum : next;
}

void clock_set_tempo(struct clock *clock, double tempo, int64_t time)
{
    clock->beat = clock_beat_at(clock, time);
    clock->time = time;
    clock->tempo = tempo;
}

json_t *clock_to_json(const struct clock *clock, int64_t time)
{
    double beat = clock_beat_at(clock, time);
    double bar = floor(beat / clock->beats_per_bar);
    return json_pack("{s:f s:f s:f s:f s:i s:f}", "tempo", clock->tempo, "beat", beat, "bar", bar,
                     "phase", beat - bar * clock->beats_per_bar, "beats_per_bar",
                     clock->beats_per_bar, "time", (double)time / 1e6);
}
