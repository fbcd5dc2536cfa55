// SPDX-License-Identifier: GPL-3.0-or-later
// What becomes of listeners who lose packets, by their own reports. Pure.
//
// One who keeps losing some is served by the stream with error correction until it has been well
// for a while. Where many of that stream lose a lot all the same, their lines are full rather than
// bad: the stream takes fewer bits, step by step, and more again later.
#pragma once

#include <stdbool.h>

#include "common/link.h"

struct adapt {
    enum stream_mode wished, served;
    int bad, good; // reports in a row
};

// Also where the wish has changed: what was reported before says nothing any more.
void adapt_init(struct adapt *adapt, enum stream_mode wished);

// Takes in one report, two seconds after the last: the share of packets that were lost since, 0 to
// 1. Whether `served` has changed.
bool adapt_report(struct adapt *adapt, double lost);

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
