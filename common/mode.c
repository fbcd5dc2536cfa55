// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/mode.h"

#include <glib.h>

static const char *const names[STREAM_MODES] = {
    [MODE_BALANCED] = "balanced",
    [MODE_LOWEST] = "lowest",
    [MODE_SAFE] = "safe",
};

const char *stream_mode_name(enum stream_mode mode)
{
    return names[mode];
}

bool stream_mode_of_name(const char *name, enum stream_mode *mode)
{
    for (int i = 0; i < STREAM_MODES; i++) {
        if (g_strcmp0(name, names[i]) == 0) {
            *mode = (enum stream_mode)i;
            return true;
        }
    }
    return false;
}
