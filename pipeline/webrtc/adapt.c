// SPDX-License-Identifier: GPL-3.0-or-later
#include "pipeline/webrtc/adapt.h"

#define NOTICED 0.02 // share of lost packets that is heard
#define SEVERE 0.1
#define WELL 0.005
#define BAD_TIME 4 // seconds
#define GOOD_TIME 30

void adapt_init(struct adapt *adapt, enum stream_mode wished)
{
    *adapt = (struct adapt){.wished = wished, .served = wished};
}

bool adapt_report(struct adapt *adapt, double lost, int seconds)
{
    // Who asks for the lowest delay has chosen it over safety.
    if (adapt->wished != MODE_BALANCED)
        return false;
    adapt->bad = lost > NOTICED ? adapt->bad + seconds : 0;
    adapt->good = lost < WELL ? adapt->good + seconds : 0;
    if (adapt->served == MODE_BALANCED && (lost > SEVERE || adapt->bad >= BAD_TIME))
        adapt->served = MODE_SAFE;
    else if (adapt->served == MODE_SAFE && adapt->good >= GOOD_TIME)
        adapt->served = MODE_BALANCED;
    else
        return false;
    adapt->bad = adapt->good = 0;
    return true;
}
