// SPDX-License-Identifier: GPL-3.0-or-later
// One room's sound: a thread that turns what JACK gives into evenly paced blocks for the room's
// streams, or silence for as long as JACK gives nothing.
#pragma once

#include <gst/gst.h>

#include "pipeline/sound/capture.h"
#include "pipeline/sound/level.h"
#include "pipeline/sound/stream.h"
#include "pipeline/sound/tape.h"

struct source;

#define SOURCE_STREAMS 3

// Begins at once, in blocks of the shortest stream. `capture` and `streams` (ended by NULL where
// they are fewer) must outlive it; running time is that of a pipeline whose clock is the system's
// monotonic one and whose base time is `base`.
struct source *source_create(struct capture *capture, struct stream *const streams[SOURCE_STREAMS],
                             GstClockTime base);
void source_destroy(struct source *source);

// What sounded since the last call.
struct level source_take_level(struct source *source);

// From now on, and until it is removed, what listeners hear goes onto the tape, too: at 48 kHz,
// without a gap, whether JACK is there or not. At most SOURCE_TAPES at once.
#define SOURCE_TAPES 64
void source_add_tape(struct source *source, struct tape *tape);
void source_remove_tape(struct source *source, struct tape *tape);

// Times that JACK has been late for this room, since the start.
int source_xruns(const struct source *source);
