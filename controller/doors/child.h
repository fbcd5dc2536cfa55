// SPDX-License-Identifier: GPL-3.0-or-later
// A process that the controller starts and watches, and that may outlive it: a controller that
// starts again adopts what the last one left running.
//
// A child has a session of its own, so that Ctrl-C reaches it only through us. What it prints goes
// through a named pipe that it holds open itself and never waits for: it can neither die of a
// reader that is gone nor block on one that is slow.
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct child;

struct child_ports {
    void *data;
    void (*on_line)(void *data, const char *line); // NULL: its output goes to our stderr
    // It has ended. `how` reads "exit status 1", "signal 9" or, for an adopted one, "gone".
    void (*on_exit)(void *data, const char *how);
};

// `pipe` is the path of the named pipe, used when there is an on_line.
struct child *child_create(const char *name, const char *pipe, const struct child_ports *ports);
// Forgets the process without ending it.
void child_destroy(struct child *child);

// `argv` and `environment` (added to ours, "KEY=value") end with NULL.
bool child_start(struct child *child, char **argv, char **environment, GError **error);

// Takes over a running process by its number and start time; false if it is gone.
bool child_adopt(struct child *child, pid_t pid, uint64_t start_time);

// 0 while it does not run.
pid_t child_pid(const struct child *child);
// Clock ticks after boot at which it was started, which tells it from a later process of its
// number.
uint64_t child_start_time(const struct child *child);

// Sends a signal to a child that runs.
void child_signal(const struct child *child, int signal);
