// SPDX-License-Identifier: GPL-3.0-or-later
// Reads OSC 1.0 from bytes that anybody may have sent. Either everything is as the specification
// has it (sizes, padding with zeros, nothing left over), or nothing is taken.
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "controller/core/osc/osc.h"

#define OSC_READ_MAX_DEPTH 8      // of messages within messages, and of bundles within bundles
#define OSC_READ_MAX_ARGS 8192    // of one message
#define OSC_READ_MAX_MESSAGES 256 // of one packet

// Whether a message may have this address: a slash, then letters that can be seen and that are no
// pattern (scsynth knows "quit" without a slash, too, and commands by number). `error`
// (ERROR_INVALID) says what is wrong.
bool osc_address_check(const char *address, GError **error);

// One message. Of the types i, f, s and d are taken as they are, S as a string, h as a double, T
// and F as 1 and 0; a blob must be a message itself. NULL with `error` (ERROR_INVALID), which names
// the byte.
struct osc_message *osc_read_message(const guint8 *bytes, gsize length, GError **error);

// A message, or a bundle whose messages are taken in order, whatever its timetag. They are added to
// `messages` (struct osc_message, owned by whoever owns the array), none where there is an error.
bool osc_read_packet(const guint8 *bytes, gsize length, GPtrArray *messages, GError **error);
