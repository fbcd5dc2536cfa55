// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/take.h"

#include <math.h>

#include "common/error.h"

struct taking take_inside(const struct taking *take, const json_t *json)
{
    return (struct taking){take->what, json, take->error};
}

bool take_fail(const struct taking *take, const char *member, const char *expected)
{
    g_set_error(take->error, FARFIELD_ERROR, ERROR_INVALID, "%s: %s must be %s", take->what, member,
                expected);
    return false;
}

bool take_text(const struct taking *take, const char *key, bool optional, size_t max, char **text)
{
    const json_t *value = json_object_get(take->json, key);
    if (!value && optional)
        return true;
    // jansson has refused NUL characters already.
    if (!json_is_string(value) || json_string_length(value) > max)
        return take_fail(take, key, "a string of fitting length");
    g_free(*text);
    *text = g_strdup(json_string_value(value));
    return true;
}

bool take_number(const struct taking *take, const char *key, double min, double max, double *number)
{
    const json_t *value = json_object_get(take->json, key);
    double n = json_number_value(value);
    if (!json_is_number(value) || !isfinite(n) || n < min || n > max)
        return take_fail(take, key, "a number in range");
    *number = n;
    return true;
}

bool take_integer(const struct taking *take, const char *key, int min, int max, int *number)
{
    const json_t *value = json_object_get(take->json, key);
    json_int_t n = json_integer_value(value);
    if (!json_is_integer(value) || n < min || n > max)
        return take_fail(take, key, "a number in range");
    *number = (int)n;
    return true;
}

bool take_mode(const struct taking *take, enum stream_mode *mode)
{
    return stream_mode_of_name(json_string_value(json_object_get(take->json, "mode")), mode) ||
           take_fail(take, "mode", "balanced, lowest or safe");
}

bool take_word(const struct taking *take, const char *key, const char *const *words, gsize count,
               const char *expected, int *word)
{
    const char *name = json_string_value(json_object_get(take->json, key));
    for (gsize i = 0; i < count; i++) {
        if (g_strcmp0(name, words[i]) == 0) {
            *word = (int)i;
            return true;
        }
    }
    return take_fail(take, key, expected);
}
