// SPDX-License-Identifier: GPL-3.0-or-later
// A sound file as it is drawn.
#pragma once

#include <jansson.h>

// {"channels": [{"min": [...], "max": [...]}]}: the lowest and the highest sample of each of
// `points` stretches of about the same length, or of each frame where there are fewer; null where
// none is a number. NULL where the file cannot be read.
json_t *peaks_of_file(const char *path, int points);
