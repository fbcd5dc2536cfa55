// SPDX-License-Identifier: GPL-3.0-or-later
// One way in which a room is encoded: blocks of its sound in, Opus packets to its hub.
//
// A packet's PTS is the running time at which its first sample was captured, OFFSET the number of
// that sample since the room began (48 kHz), OFFSET_END the capture in microseconds of Unix time.
// Packets begin at multiples of their own length, so that a listener can go over from one stream
// of a room to another where both have a boundary.
#pragma once

#include <gst/gst.h>

#include "pipeline/sound/encoder.h"
#include "pipeline/sound/hub.h"

struct stream;

// When and where a block was captured.
struct stream_stamp {
    int64_t sample;    // number of its first one
    GstClockTime time; // running time
    int64_t microtime; // Unix time, microseconds
};

struct stream *stream_create(const struct encoder_settings *settings);
// Every subscriber must have left, and the source be gone.
void stream_destroy(struct stream *stream);

struct hub *stream_hub(struct stream *stream);
int stream_block(const struct stream *stream); // frames in a packet

// For the source's thread. Blocks divide the packet's length and follow each other; without a
// subscriber they cost nothing, and a first one gets a stream that begins afresh.
void stream_push(struct stream *stream, const float *frames, int count,
                 const struct stream_stamp *stamp);

// From the next packet on; any thread.
void stream_tune(struct stream *stream, int bitrate, int complexity);
int stream_complexity(struct stream *stream);

// For a listener whose decoder comes over from another stream. What it remembers of that one is
// wrong for Opus's speech layer, which carries the error correction, and would make it play up to 2
// dB too loud for a moment: packets of the next 100 ms lean on none before them. The music layer
// does better without (its pitch filter would be switched off, 5 dB). Any thread.
void stream_freshen(struct stream *stream);
