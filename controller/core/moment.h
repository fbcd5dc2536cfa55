// SPDX-License-Identifier: GPL-3.0-or-later
// When something is to be: `at`, `in`, `beats` and `phase` of bundle.send and scene.recall.
#pragma once

#include "controller/core/session.h"

// Microseconds of Unix time, 0 for at once; what cannot be adds an entry to `problem`.
int64_t moment_of_call(struct session *session, const struct call *call, struct problem *problem);

#define MOMENT_PARAMS                                                                                \
    {"at", PARAM_NUMBER, false, "when, in Unix time", .unit = "seconds"},                            \
        {"in",     PARAM_NUMBER,           false, "how much later", .unit = "seconds",               \
         .min = 0, .max = BUNDLES_FARTHEST},                                                         \
        {"beats",         PARAM_NUMBER, false, "at the next multiple of so many beats of the clock", \
         .min = 1.0 / 64, .max = 1024},                                                              \
    {                                                                                                \
        "phase", PARAM_NUMBER, false, "and so many beats after it", .min = 0, .max = 1024            \
    }
