// SPDX-License-Identifier: GPL-3.0-or-later
// Renders definitions to find out what they do: one at a time, by a scsynth -N that is niced, has a
// limit on memory, processor time and wall clock, a folder of its own, and dies with us. What was
// found is kept by the definition's content, so that no definition is rendered twice.
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "controller/core/synthdefs/audition.h"

struct auditions;

struct audition_ports {
    void *data;
    // A render has come to its end, or to nothing. `sum` is the definition's.
    void (*on_heard)(void *data, const char *sum, const struct audition *audition);
};

// `dir` is made if it is missing. `memory` is scsynth's realtime memory, KiB.
struct auditions *auditions_create(const char *dir, int memory, const struct audition_ports *ports);
// Ends a render that is under way.
void auditions_destroy(struct auditions *auditions);

// What is known of a definition, owned by the caller, or NULL, with on_heard() to follow. `again`
// renders it anew; `urgent` before all that wait.
struct audition *auditions_hear(struct auditions *auditions, const struct synthdef *synthdef,
                                bool again, bool urgent);
