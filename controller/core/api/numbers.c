// SPDX-License-Identifier: GPL-3.0-or-later
#include "controller/core/api/numbers.h"

#include <float.h>
#include <glib.h>
#include <math.h>

json_t *float_to_json(float value)
{
    if (isnan(value))
        return json_null();
    if (isinf(value))
        return json_real(copysign(FLT_MAX, value));
    if (fabsf(value) < 1e6f && value == rintf(value))
        return json_integer((json_int_t)value);
    // Nine digits tell any two floats apart.
    static const char *const formats[] = {"%.6g", "%.7g", "%.8g", "%.9g"};
    char text[G_ASCII_DTOSTR_BUF_SIZE];
    for (gsize i = 0; i < G_N_ELEMENTS(formats); i++) {
        g_ascii_formatd(text, sizeof text, formats[i], value);
        if ((float)g_ascii_strtod(text, NULL) == value)
            break;
    }
    return json_real(g_ascii_strtod(text, NULL));
}
