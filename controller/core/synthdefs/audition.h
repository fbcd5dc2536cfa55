// SPDX-License-Identifier: GPL-3.0-or-later
// Hearing a definition before anybody else does: what a render of it by a scsynth of its own
// showed. The render is the business of controller/doors/audition.h; here is what to play, what was
// heard, and how it is told.
#pragma once

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>

#include "controller/core/synthdefs/synthdef.h"

#define AUDITION_RATE 48000     // Hz
#define AUDITION_SECONDS 2      // that are rendered
#define AUDITION_GATE 1.5       // s, when the gate is closed, so that the release is heard too
#define AUDITION_MAX_CHANNELS 8 // that are listened to
#define AUDITION_SILENT 1e-5    // peak below which nothing is heard: -100 dBFS

enum audition_policy { AUDITION_OFF, AUDITION_WARN, AUDITION_STRICT };

struct audition {
    int signal;           // that ended scsynth, 0 for none
    bool timed_out;       // it took longer than it was given, or hung
    bool alloc_failed;    // some unit did not get the memory that it asked for
    char *skipped;        // owned: why there was no render, NULL where there was one
    gint64 not_finite;    // samples that are NaN or infinite
    double dc, peak, rms; // of full scale; DC and RMS of the channel that has most
    double cost;          // processor time, of realtime on one core
};

void audition_destroy(struct audition *audition);
struct audition *audition_copy(const struct audition *audition);

// "warn" and so on; what else is AUDITION_OFF.
enum audition_policy audition_policy(const char *setting);

// How many output channels a render of it has.
int audition_channels(const struct synthdef *synthdef);
// The score for scsynth -N that loads the definition from `path` and plays it with its defaults on
// bus 0; with a NULL definition one that plays nothing. The caller unrefs it.
GBytes *audition_score(const struct synthdef *synthdef, const char *path);
// Measures `count` interleaved samples: not_finite, dc, peak, rms.
void audition_measure(struct audition *audition, const float *samples, gsize count, int channels);

bool audition_is_silent(const struct audition *audition);
// Why it is bad to play, NULL where it is not: it crashed, hung, gave what is no number, or costs
// more than a core has. A sentence, borrowed.
const char *audition_complaint(const struct audition *audition);

// AUDITION of docs/synthdefs.md, and back; NULL where it is none. The caller owns the result.
json_t *audition_to_json(const struct audition *audition);
struct audition *audition_from_json(const json_t *json);
