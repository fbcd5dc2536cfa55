// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <stdbool.h>

// How a room is encoded for a listener: the shorter a packet, the shorter the delay and the dearer.
enum stream_mode {
    MODE_BALANCED, // as opus-frame-ms says, 10 ms
    MODE_LOWEST,   // 5 ms
    MODE_SAFE,     // 20 ms with error correction
};
#define STREAM_MODES 3

// "balanced", "lowest" or "safe".
const char *stream_mode_name(enum stream_mode mode);
// False where there is no such mode.
bool stream_mode_of_name(const char *name, enum stream_mode *mode);
