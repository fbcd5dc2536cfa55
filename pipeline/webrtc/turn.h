// SPDX-License-Identifier: GPL-3.0-or-later
// Going over from one stream of a room to another while it plays, without a gap or a repeat. Pure.
//
// For a moment a listener gets both streams, told apart by the length of their packets. The first
// packet of the new one sets the place: a boundary that both share, TURN_WARMTH later, since an
// encoder that has only begun is up to 5 dB off for a decoder that comes from another. Up to it the
// old one's packets are taken, from it on the new one's.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define TURN_WARMTH 2400 // frames: 50 ms

struct turn {
    int block;        // frames in a packet of the stream that is heard
    int next;         // of the one it goes over to, 0 when it stays
    int64_t boundary; // first sample that is heard from that one, -1 while not known
};

void turn_init(struct turn *turn, int block);

// Only when it is not turning already.
void turn_begin(struct turn *turn, int block);
bool turn_is_under_way(const struct turn *turn);

// Whether a packet of `block` frames that begins at `sample` is for the listener.
bool turn_takes(struct turn *turn, int64_t sample, int block);
