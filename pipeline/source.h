// SPDX-License-Identifier: GPL-3.0-or-later
// One room's sound: a thread that turns what JACK gives into evenly paced Opus packets, or silence
// for as long as JACK gives nothing.
#pragma once

#include <gst/gst.h>

#include "pipeline/capture.h"
#include "pipeline/encoder.h"
#include "pipeline/hub.h"
#include "pipeline/level.h"

struct source;

// Begins at once. `capture` and `hub` must outlive it; packets are stamped with the running time
// of a pipeline whose clock is the system's monotonic one and whose base time is `base`.
struct source *source_create(struct capture *capture, struct hub *hub,
                             const struct encoder_settings *settings, GstClockTime base);
void source_destroy(struct source *source);

// What sounded since the last call.
struct level source_take_level(struct source *source);
