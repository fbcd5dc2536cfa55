// SPDX-License-Identifier: GPL-3.0-or-later
// What scsynth's UGens take for granted and never check: how many inputs and outputs they have, at
// which rates they run, which inputs they read as audio, and which counts among their inputs they
// believe. The table (ugens.tab) is made by `make ugens` from an installed SuperCollider 3.13 and
// sc3-plugins, with what those cannot tell from sclang/ugens/rules.tab.
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "controller/core/synthdefs/scgf.h"

struct ugen {
    const char *name, *plugin;    // "SinOsc", "OscUGens"; "-" where scsynth itself has it
    const char *rates;            // of "scad": scalar, control, audio, demand
    const char *inputs, *outputs; // "2", or "2+" for two or more
    const char *rules;            // see sclang/ugens/rules.tab
};

// NULL where it is not known.
const struct ugen *ugen_find(const char *name);

// The realtime memory of scsynth, in bytes, that a definition's synth takes for sure at this sample
// rate: delay lines and local buffers whose size is a constant. `unit`, which may be NULL, gets the
// index of the unit that takes most, -1 if none takes any.
double ugens_memory(const struct scgf_definition *definition, double sample_rate, int *unit);

// True where scsynth can run every unit; else `error` (ERROR_INVALID) reads "byte 96: SinOsc (unit
// 3): expected 2 inputs, found 1".
bool ugens_check(const struct scgf_definition *definition, GError **error);
