// SPDX-License-Identifier: GPL-3.0-or-later
// One stream of a room, for those who listen by a door: its packets, which come as long as there is
// a tap, and a word to the main loop when there are more.
//
// However many listen, the room's encoder hands each packet over once. It goes into a ring
// (packets.h) that all of them read, each at its own place.
#pragma once

#include <gst/gst.h>

#include "pipeline/doors/packets.h"
#include "pipeline/sound/room.h"

struct tap;

// What a tap carries.
struct tap_format {
    bool pcm;              // 16-bit samples; otherwise Opus packets, of this mode
    enum stream_mode mode; // of Opus
    int samples;           // in a packet, at 48 kHz
};

// Samples in a packet of PCM.
#define TAP_PCM_SAMPLES 960
// How much is kept, ms.
#define TAP_KEEP 4000

// What the room has in that format. `arrived` is called by the main loop when there are new
// packets. The room must outlive it.
struct tap *tap_create(struct room *room, bool pcm, enum stream_mode mode,
                       void (*arrived)(struct tap *tap, void *data), void *data);
void tap_destroy(struct tap *tap);

const struct tap_format *tap_format(const struct tap *tap);
struct packets *tap_packets(const struct tap *tap);

// How many of its packets so many milliseconds are.
guint64 tap_count(const struct tap *tap, int milliseconds);
