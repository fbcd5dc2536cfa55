// SPDX-License-Identifier: GPL-3.0-or-later
// Ranges, units and words of a SynthDef's parameters: a JSON file beside the .scsyndef, or what
// SuperCollider's own ControlSpecs say about a well-known name.
#pragma once

#include <glib.h>
#include <jansson.h>

#include "controller/core/synthdefs/synthdef.h"

#define SIDECAR_MAX_BYTES (256 * 1024)

// Reads a sidecar. Unknown members are let through; a member of the wrong type, a range that is not
// finite or not min < max, an exponential range that touches or crosses 0 are refused: NULL, with
// `error` naming the member. The caller owns the result.
json_t *sidecar_parse(const char *text, gsize length, GError **error);

// What SuperCollider's ControlSpec of this name says, as a member of "parameters"; NULL where the
// name is not known. The caller owns it.
json_t *sidecar_well_known(const char *name);

// Forgets what is known about a parameter's meaning and takes it from `entry`, its member of the
// sidecar's "parameters" (NULL if none), then from its name for what is still open.
void sidecar_describe_parameter(struct synthdef_parameter *parameter, const json_t *entry);
