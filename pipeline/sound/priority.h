// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

enum priority { PRIORITY_NORMAL, PRIORITY_NICE, PRIORITY_REALTIME };

// Gives the calling thread the lowest realtime priority, or the niceness of desktop sound servers
// where that is not allowed, or nothing where neither is; says which.
enum priority priority_raise(void);
