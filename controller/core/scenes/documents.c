// SPDX-License-Identifier: GPL-3.0-or-later
#include "controller/core/scenes/documents.h"

#include <stdbool.h>
#include <string.h>

void document_check_name(const char *field, const char *name, struct problem *problem)
{
    bool good = *name && strcmp(name, ".") != 0 && strcmp(name, "..") != 0;
    for (const char *at = name; *at; at++)
        good = good && *at != '/' && (guchar)*at >= 0x20 && *at != 0x7f;
    if (!good)
        problem_add(problem, field, "must be a name without slashes and control characters");
}
