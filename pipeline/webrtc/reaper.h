// SPDX-License-Identifier: GPL-3.0-or-later
// Takes pipelines down. Stopping webrtcbin waits for its own threads, so neither they nor the main
// loop nor an encoder may do it.
#pragma once

#include <gst/gst.h>
#include <stdbool.h>

struct reaper;

struct reaper *reaper_create(void);
// Waits for what is under way, at most `patience` microseconds; what hangs is left behind.
void reaper_destroy(struct reaper *reaper, gint64 patience);

// Says that a pipeline has been made, which will be handed over one day.
void reaper_expect(struct reaper *reaper);

// Stops `pipeline` and drops the reference that it takes over. Any thread may call it.
void reaper_take(struct reaper *reaper, GstElement *pipeline);

// For the main loop, now and then: when a pipeline hangs, says so and sees to it that the next
// ones are not held up.
void reaper_check(struct reaper *reaper);

// Pipelines that are expected, or not gone yet.
unsigned reaper_remaining(struct reaper *reaper);
