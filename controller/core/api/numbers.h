// SPDX-License-Identifier: GPL-3.0-or-later
// Floats of scsynth as numbers of JSON.
#pragma once

#include <jansson.h>

// The shortest decimal that is the same float: 440, not 440.0, and 0.1, not 0.10000000149011612.
// JSON has no infinity and no NaN: the largest float of that sign, and null. The caller owns it.
json_t *float_to_json(float value);
