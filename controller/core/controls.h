// SPDX-License-Identifier: GPL-3.0-or-later
// Control values as callers write them, {"freq": 440, "ratios": [1, 2]}, against a SynthDef.
#pragma once

#include <jansson.h>
#include <stdbool.h>

#include "controller/core/batch.h"
#include "controller/core/problem.h"
#include "controller/core/synthdef.h"
#include "controller/core/tree.h"

// A slot for each control, filled with the defaults. The caller frees it.
float *controls_defaults(const struct synthdef *synthdef);

// Whether every name is a parameter and every array fits; each that does not adds an entry to
// `problem`. A scalar parameter can be given only where a synth starts. `controls` has passed
// command_validate() and may be NULL.
bool controls_check(const struct synthdef *synthdef, const json_t *controls, bool starting,
                    struct problem *problem);

// Writes checked controls into the values of a synth to be.
void controls_fill(const struct synthdef *synthdef, const json_t *controls, float *values);

// Sets checked controls of a running synth. Names that it lacks are passed over.
void controls_set(struct batch *batch, struct node *node, const json_t *controls);
