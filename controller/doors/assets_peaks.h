// SPDX-License-Identifier: GPL-3.0-or-later
// Sound files as they are drawn: farfield-sound looks at them, so that nobody here waits.
#pragma once

#include "controller/core/session.h"

#define ASSETS_PEAKS_AT_ONCE 2      // more wait for their turn
#define ASSETS_PEAKS_DEADLINE 60000 // of one, ms

struct assets_peaks;

// `program` is farfield-sound; what it says goes to `session` (session_on_peaks()).
struct assets_peaks *assets_peaks_create(const char *program, struct session *session);
// Ends all that run; nobody is told.
void assets_peaks_destroy(struct assets_peaks *peaks);

// The port session_ports::read_peaks.
void assets_peaks_read(struct assets_peaks *peaks, guint ticket, const char *path, int pieces,
                       int points);
