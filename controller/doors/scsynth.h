// SPDX-License-Identifier: GPL-3.0-or-later
// The way to scsynth and back: OSC over UDP, by liblo.
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "controller/core/osc/osc.h"

// A bundle is split where it would grow beyond this, bytes; scsynth reads up to 64 KiB.
#define SCSYNTH_MAX_BUNDLE 8192
// The same of a bundle with a time, which is to stay whole.
#define SCSYNTH_MAX_TIMED 60000

struct scsynth;

// Opens a socket on `local_port` that talks to scsynth at a numeric IPv4 address or "localhost".
// `on_message` is called on the loop, with a message that it borrows, for each that comes from
// there; what comes from elsewhere is dropped. NULL with `error` where the port is taken.
struct scsynth *scsynth_open(const char *address, int port, int local_port,
                             void (*on_message)(void *data, const struct osc_message *message),
                             void *data, GError **error);
void scsynth_close(struct scsynth *scsynth);

int scsynth_local_port(const struct scsynth *scsynth);

// Sends the messages (struct osc_message) in order, to be carried out now: one alone as it is,
// several as a bundle, or as many bundles as their size asks for.
void scsynth_send(struct scsynth *scsynth, const GPtrArray *messages);

// The same at `time`, microseconds of Unix time, or 0 for now: as few bundles as can be, all with
// that timetag, so that they are carried out at once.
void scsynth_send_at(struct scsynth *scsynth, const GPtrArray *messages, int64_t time);
