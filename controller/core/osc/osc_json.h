// SPDX-License-Identifier: GPL-3.0-or-later
// OSC messages as the API writes them: {"address": "/n_set", "args": [1000, "freq", 440]}. An
// argument is a number, a string, {"type": "i|f|d|s", "value": x}, {"message": {...}} for a
// completion message, or {"blob": "..."} for the bytes of one in base64.
#pragma once

#include <jansson.h>

#include "controller/core/osc/osc.h"
#include "controller/core/api/problem.h"

// NULL where it is none, with what is wrong added to `problem`; the names of fields begin with
// `path` ("" or "message.").
struct osc_message *osc_from_json(const json_t *json, const char *path, struct problem *problem);

// The same way round: numbers as they are, null for what JSON cannot say (NaN, infinity). The
// caller owns it.
json_t *osc_to_json(const struct osc_message *message);
