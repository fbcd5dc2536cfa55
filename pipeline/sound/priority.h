// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Gives the calling thread the lowest realtime priority, or the best niceness that is allowed;
// logs once when neither is.
void priority_raise(void);
