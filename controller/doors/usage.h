// SPDX-License-Identifier: GPL-3.0-or-later
// What a process uses, by /proc (proc(5)).
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "controller/core/usage.h"

// Fills in all but the name. False where there is no such process any more.
bool usage_read(pid_t pid, struct usage *usage);
