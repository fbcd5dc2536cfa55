// SPDX-License-Identifier: GPL-3.0-or-later
// Starts jackd, scsynth and the pipeline in that order, starts each again when it ends, and ends
// them in the opposite order.
#pragma once

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>

#include "common/config.h"

struct supervisor;

struct supervisor_ports {
    void *data;
    // What "scsynth" or "jackd" has written; of what is wrong `complains` is true.
    void (*on_line)(void *data, const char *name, const char *line, bool complains);
    void (*on_scsynth_ready)(void *data); // its process takes messages
    // Its process has ended; `how` as in struct child_ports.
    void (*on_scsynth_gone)(void *data, const char *how);
    void (*on_changed)(void *data); // a process was started or has ended: supervisor_save()
    void (*on_stopped)(void *data); // all have ended after supervisor_stop()
    // A start failed again and again, before all worked.
    void (*on_hopeless)(void *data, const char *why);
};

// Buffers of a scsynth that says nothing else: ours has a thousand for each of 16 clients, another
// its default.
#define BUFFERS_OF_OURS 16384
#define BUFFERS_OF_OTHERS 1024

struct supervisor_plan {
    const char *run_dir;    // for named pipes
    const char *server_dir; // the only folder that scsynth may read and write, ends with '/'
    int scsynth_port;
    const char *link_url, *link_token;
    const char *recordings_dir;
    const char *pipeline_path; // the program
};

// Copies what it needs of `plan`.
struct supervisor *supervisor_create(const struct config *config,
                                     const struct supervisor_plan *plan,
                                     const struct supervisor_ports *ports, GError **error);
void supervisor_destroy(struct supervisor *supervisor);

// Adopts the processes that `saved` (supervisor_save() of an earlier controller, or NULL) names and
// that still run; starts the others.
void supervisor_start(struct supervisor *supervisor, const json_t *saved);
json_t *supervisor_save(const struct supervisor *supervisor);

// scsynth's -b, by the settings.
int supervisor_buffers(const struct config *config);

// All parts have come to work together: from now on each is started again however often it ends.
void supervisor_trust(struct supervisor *supervisor);

// Whether scsynth is started here.
bool supervisor_owns_scsynth(const struct supervisor *supervisor);

// Ends scsynth, which is then started again. False if it is not ours.
bool supervisor_kill_scsynth(struct supervisor *supervisor);

// Ends the pipeline, which is then started again, where it is ours.
void supervisor_kill_pipeline(struct supervisor *supervisor);

// Ends everything: pipeline, scsynth, jackd; each has two seconds before it is killed.
void supervisor_stop(struct supervisor *supervisor);
