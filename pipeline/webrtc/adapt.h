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
    int bad, good; // seconds that the last reports span, all of them bad, or all good
};

// Also where the wish has changed: what was reported before says nothing any more.
void adapt_init(struct adapt *adapt, enum stream_mode wished);

// Takes in one report: the share of packets, 0 to 1, that were lost in the `seconds` since the one
// before, of which browsers let five pass. Whether `served` has changed.
bool adapt_report(struct adapt *adapt, double lost, int seconds);
