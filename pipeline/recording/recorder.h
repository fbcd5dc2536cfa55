// SPDX-License-Identifier: GPL-3.0-or-later
// One recording: a thread that writes a room's sound to files. Sample for sample it is what the
// room's listeners hear, before it is encoded; the room never waits for the disk.
#pragma once

#include "common/recording.h"
#include "pipeline/recording/shelf.h"
#include "pipeline/sound/source.h"

struct recorder;

// Begins with what sounds from now on. `source` must live until recorder_stop(), `shelf` until the
// recorder is destroyed.
struct recorder *recorder_create(struct shelf *shelf, struct source *source,
                                 const struct recording *wanted);
// Waits until it has ended: recorder_stop() comes before.
void recorder_destroy(struct recorder *recorder);

// Ends it: what was heard until now is written. `detail` says why, NULL where it was asked for.
void recorder_stop(struct recorder *recorder, const char *detail);

// How it is now, owned by the caller; NULL where that has not changed since this was last asked.
struct recording *recorder_news(struct recorder *recorder);
// How it is now, owned by the caller.
struct recording *recorder_state(struct recorder *recorder);
