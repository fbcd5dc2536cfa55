// SPDX-License-Identifier: GPL-3.0-or-later
#include "pipeline/webrtc/adapt.h"

#include <glib.h>

// A listener:
#define NOTICED 0.02 // share of lost packets that is heard
#define SEVERE 0.1
#define WELL 0.005
#define BAD_REPORTS 2   // in a row: 4 s
#define GOOD_REPORTS 15 // 30 s

// A stream:
#define LOSSY 0.1
#define QUARTER 4     // of its reports have to be lossy
#define QUIET_TURNS 3 // 30 s
#define LEAST_BITRATE 32000

void adapt_init(struct adapt *adapt, enum stream_mode wished)
{
    *adapt = (struct adapt){.wished = wished, .served = wished};
}

bool adapt_report(struct adapt *adapt, double lost)
{
    // Who asks for the lowest delay has chosen it over safety.
    if (adapt->wished != MODE_BALANCED)
        return false;
    adapt->bad = lost > NOTICED ? adapt->bad + 1 : 0;
    adapt->good = lost < WELL ? adapt->good + 1 : 0;
    if (adapt->served == MODE_BALANCED && (lost > SEVERE || adapt->bad >= BAD_REPORTS))
        adapt->served = MODE_SAFE;
    else if (adapt->served == MODE_SAFE && adapt->good >= GOOD_REPORTS)
        adapt->served = MODE_BALANCED;
    else
        return false;
    adapt->bad = adapt->good = 0;
    return true;
}

void bitrate_init(struct bitrate *bitrate, int full)
{
    *bitrate = (struct bitrate){.full = full, .now = full};
}

void bitrate_report(struct bitrate *bitrate, double lost)
{
    bitrate->reports++;
    bitrate->lossy += lost > LOSSY;
}

bool bitrate_decide(struct bitrate *bitrate)
{
    int before = bitrate->now, least = MIN(LEAST_BITRATE, bitrate->full);
    bool many = bitrate->lossy > 0 && bitrate->lossy * QUARTER >= bitrate->reports;
    bitrate->quiet = bitrate->lossy > 0 ? 0 : bitrate->quiet + 1;
    if (many) {
        bitrate->now = MAX(before * 3 / 4, least);
    } else if (bitrate->quiet >= QUIET_TURNS && before < bitrate->full) {
        bitrate->now = MIN(before * 4 / 3 + 1, bitrate->full);
        bitrate->quiet = 0;
    }
    bitrate->reports = bitrate->lossy = 0;
    return bitrate->now != before;
}
