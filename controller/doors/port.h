// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <gio/gio.h>

// A port of 127.0.0.1 that nobody holds, 0 if there is none. It is above those that the kernel
// gives to outgoing connections and to WebRTC, so that it is still free when who uses it is started
// again.
int port_free(GSocketType type);
