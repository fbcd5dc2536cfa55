// SPDX-License-Identifier: GPL-3.0-or-later
#include "pipeline/sound/bitrate.h"

#include <glib.h>

#define LOSSY 0.1     // share of lost packets
#define QUARTER 4     // of the reports have to be lossy
#define QUIET_TURNS 3 // 30 s
#define LEAST_BITRATE 32000

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
