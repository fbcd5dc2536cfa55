// SPDX-License-Identifier: GPL-3.0-or-later
// What becomes of listeners who lose packets, by their own reports. Pure.
//
// One who keeps losing some is served by the stream with error correction until it has been well
// for a while; what becomes of that stream is sound/bitrate.h's.
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
