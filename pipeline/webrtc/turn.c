// SPDX-License-Identifier: GPL-3.0-or-later
#include "pipeline/webrtc/turn.h"

#include <glib.h>

void turn_init(struct turn *turn, int block)
{
    *turn = (struct turn){.block = block, .boundary = -1};
}

void turn_begin(struct turn *turn, int block)
{
    g_assert(!turn_is_under_way(turn));
    turn->next = block == turn->block ? 0 : block;
    turn->boundary = -1;
}

bool turn_is_under_way(const struct turn *turn)
{
    return turn->next != 0;
}

// The lengths of two streams divide each other, so multiples of the longer are boundaries of both.
static int64_t shared_boundary(const struct turn *turn, int64_t sample)
{
    int64_t longer = MAX(turn->block, turn->next);
    return (sample + longer - 1) / longer * longer;
}

bool turn_takes(struct turn *turn, int64_t sample, int block)
{
    if (turn->next == 0)
        return block == turn->block;
    if (block == turn->block)
        return turn->boundary < 0 || sample < turn->boundary;
    if (block != turn->next)
        return false;
    if (turn->boundary < 0)
        turn->boundary = shared_boundary(turn, sample + block + TURN_WARMTH);
    if (sample < turn->boundary)
        return false;
    turn_init(turn, block);
    return true;
}
