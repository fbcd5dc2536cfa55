// SPDX-License-Identifier: GPL-3.0-or-later
// How many bits a stream takes, by the reports of its listeners. Pure.
//
// Where many lose a lot although the stream has error correction, their lines are full rather than
// bad: it takes fewer bits, step by step, and more again later.
#pragma once

#include <stdbool.h>

struct bitrate {
    int full, now;      // bits a second
    int reports, lossy; // since the last decision
    int quiet;          // decisions in a row without a lossy report
};

void bitrate_init(struct bitrate *bitrate, int full);

// One report of a listener of the stream.
void bitrate_report(struct bitrate *bitrate, double lost);

// Once in ten seconds; whether `now` has changed.
bool bitrate_decide(struct bitrate *bitrate);
