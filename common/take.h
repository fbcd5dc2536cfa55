// SPDX-License-Identifier: GPL-3.0-or-later
// Reading members of a JSON object that came from elsewhere, one by one, each checked. False with
// an error of kind ERROR_INVALID, "WHAT: MEMBER must be EXPECTED".
#pragma once

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>

#include "common/mode.h"

struct taking {
    const char *what;   // the object, to whoever reads the error
    const json_t *json; // borrowed; what is no object has no members
    GError **error;
};

// The same for an object inside that one.
struct taking take_inside(const struct taking *take, const json_t *json);

// Always false.
bool take_fail(const struct taking *take, const char *member, const char *expected);

// Of `max` bytes at most; *text is freed first, and left alone where an optional one is not there.
bool take_text(const struct taking *take, const char *key, bool optional, size_t max, char **text);
bool take_number(const struct taking *take, const char *key, double min, double max,
                 double *number);
bool take_integer(const struct taking *take, const char *key, int min, int max, int *number);
bool take_mode(const struct taking *take, enum stream_mode *mode);
// The place of the member among so many words.
bool take_word(const struct taking *take, const char *key, const char *const *words, gsize count,
               const char *expected, int *word);
