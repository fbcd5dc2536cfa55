// SPDX-License-Identifier: GPL-3.0-or-later
// What every listener's pipeline has in common, and making one.
#pragma once

#include <gst/gst.h>
#include <stdbool.h>

#include "common/config.h"

#define STAGE_SOURCES 256

struct stage {
    GstClock *clock;           // owned
    GstClockTime base;         // running time is the clock's time less this
    GPtrArray *servers;        // owned: struct ice_server
    char **addresses;          // owned: under which we are reached from outside
    int first_port, last_port; // UDP; 0 is any
    guint32 first_source;      // random
    guint32 sources;           // how many there were
};

// False with `error` naming the setting that is wrong, or the part of GStreamer that is missing.
bool stage_init(struct stage *stage, const struct config *config, GError **error);
void stage_clear(struct stage *stage);

// The synchronisation source for another listener's RTP. After STAGE_SOURCES of them the first one
// comes again: it need be unique to a session only, of which each listener has its own (RFC 3550,
// section 8), and GStreamer never forgets the text of one that it has seen (GQuark).
guint32 stage_next_source(struct stage *stage);

// A pipeline, in state NULL, that holds one webrtcbin, also returned in `webrtc` without a
// reference. Its clock never stops and nothing of it waits for the clock.
GstElement *stage_make_pipeline(const struct stage *stage, GstElement **webrtc);

// Makes and drops one peer. The first of a process takes 0.1 to 2 s of a core, since it makes an
// RSA key: to be called on a thread of its own, before any other is made.
void stage_warm_up(const struct stage *stage);
