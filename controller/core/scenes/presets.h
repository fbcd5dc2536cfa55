// SPDX-License-Identifier: GPL-3.0-or-later
// Presets: control values of one SynthDef that are kept by a name. They outlive the definition:
// what one of the same name has no control for any more is passed over where it is used, and shown
// as `unknown`.
#pragma once

#include "controller/core/session.h"

// Writes the preset's values into those of a synth to be, before those that are given by hand.
// False, with `problem` of a fitting status, where there is no such preset or it cannot be read.
bool preset_fill(struct session *session, const struct synthdef *synthdef, const char *name,
                 float *values, struct problem **problem);
