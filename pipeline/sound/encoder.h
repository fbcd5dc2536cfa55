// SPDX-License-Identifier: GPL-3.0-or-later
// Stereo blocks at 48 kHz in, Opus packets out.
#pragma once

#include <gst/gst.h>
#include <stdbool.h>
#include <stdint.h>

struct encoder_settings {
    int bitrate;    // bits a second
    int complexity; // 0 to 10: the more, the better and the dearer
    int block;      // frames in a packet at 48 kHz: 120, 240, 480 or 960
    bool fec;       // in-band error correction; needs blocks of 480 or more
};

#define MAX_BLOCK 960   // frames in the longest packet
#define MAX_PACKET 1276 // bytes; RFC 6716: a frame is at most 1275, its header one

struct encoder;

struct encoder *encoder_create(const struct encoder_settings *settings);
void encoder_destroy(struct encoder *encoder);

// One packet in a buffer of its own, without times; the caller owns it. One that is `fresh` leans
// on none before it, and is a little larger or worse for it.
GstBuffer *encoder_encode(struct encoder *encoder, const float *frames, bool fresh);

void encoder_tune(struct encoder *encoder, int bitrate, int complexity);

// Forgets what came before, so that a stream may begin anew.
void encoder_reset(struct encoder *encoder);
