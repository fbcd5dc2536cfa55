// SPDX-License-Identifier: GPL-3.0-or-later
// Control values as callers write them, {"freq": 440, "ratios": [1, 2]}, against a SynthDef. A
// control may also be given by its index, {"3": 440}; an array there goes on into those behind it.
#pragma once

#include <jansson.h>
#include <stdbool.h>

#include "controller/core/batch.h"
#include "controller/core/buses.h"
#include "controller/core/api/problem.h"
#include "controller/core/synthdefs/synthdef.h"
#include "controller/core/tree.h"

// Where a control's slots begin and how many there are: of a name its parameter's, of an index all
// from there on. False where there is none.
bool controls_find(const struct synthdef *synthdef, const char *name, int *slot, int *size);

// Whether every name is a parameter and every array fits; each that does not adds an entry to
// `problem`. A scalar parameter can be given only where a synth starts. `controls` has passed
// command_validate() and may be NULL.
bool controls_check(const struct synthdef *synthdef, const json_t *controls, bool starting,
                    struct problem *problem);

// Writes checked controls into the values of a synth to be.
void controls_fill(const struct synthdef *synthdef, const json_t *controls, float *values);

// Sets checked controls of a running synth. Names that it lacks are passed over.
void controls_set(struct batch *batch, struct node *node, const json_t *controls);

// The same of {"freq": "c12", "amp": null}: buses that controls are to be mapped to, of as many
// channels as `buses` (controller/core/buses.h) says, or null for their own values again.
bool maps_check(const struct synthdef *synthdef, const struct buses *buses, const json_t *maps,
                struct problem *problem);
// Only whether the buses are there, where there are several definitions.
bool maps_check_buses(const struct buses *buses, const json_t *maps, struct problem *problem);
void maps_fill(const struct synthdef *synthdef, const struct buses *buses, const json_t *maps,
               int32_t *slots);
void maps_set(struct batch *batch, struct node *node, const struct buses *buses,
              const json_t *maps);
