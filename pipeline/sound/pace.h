// SPDX-License-Identifier: GPL-3.0-or-later
// When to send a frame. Pure: times are passed in.
//
// JACK periods rarely divide an Opus frame, so frames get ready unevenly: at 128 samples after 8 or
// 10.7 ms instead of 10, at 1024 in bursts of two or three. A listener's jitter buffer answers
// bursts with delay. Frame n is ready at n * length + offset + something between 0 and one period;
// the offset is the smallest that was seen lately, since lateness only ever adds. Sending at
// n * length + offset + the largest something makes the stream even, and costs one period at most.
#pragma once

#include <stdint.h>

#define PACE_SLOTS 8

struct pace {
    int64_t length;                              // of a frame, microseconds, as all times here
    int64_t per_slot;                            // frames
    int64_t slot;                                // number of the slot being filled
    int64_t least[PACE_SLOTS], most[PACE_SLOTS]; // offsets seen, by slot; a second in all
};

void pace_init(struct pace *pace, int64_t length);

// When to send frame number `n`, which was ready at `ready`, of a source with this JACK period:
// from `ready` to `ready + period`. Frame numbers rise.
int64_t pace_due(struct pace *pace, int64_t n, int64_t ready, int64_t period);

// When the first sample of frame `n`, for which pace_due() was asked, came in: as even as the
// source's own clock, whatever delayed the frame on this machine.
int64_t pace_began(const struct pace *pace, int64_t n);
