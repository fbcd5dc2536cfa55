// SPDX-License-Identifier: GPL-3.0-or-later
// A sound as it is drawn, which lies in one file or in several that follow each other.
#pragma once

#include <jansson.h>

// {"channels": [{"min": [...], "max": [...]}]}: the lowest and the highest sample of each of
// `points` stretches of about the same length, or of each frame where there are fewer; null where
// none is a number. NULL where it cannot be read. Of several pieces the first lies at `path`, the
// others at "PATH.1", "PATH.2" and so on.
json_t *peaks_of_files(const char *path, int pieces, int points);
