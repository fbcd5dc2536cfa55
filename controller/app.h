// SPDX-License-Identifier: GPL-3.0-or-later
// The controller: owns the loop and every module, and is the only place where they meet.
#pragma once

#include "common/config.h"

// Runs until SIGINT, SIGTERM or SIGHUP, or until something is wrong that only a person can mend.
// The value is the process's exit status.
int app_run(const struct config *config);
