// SPDX-License-Identifier: GPL-3.0-or-later
// The UDP port that takes OSC from controllers of addresses that are allowed.
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "controller/core/osc/osc.h"

struct osc_in;
struct osc_sender; // of one message

struct osc_in_ports {
    void *data;
    // A message, borrowed. `sender` is to be handed to osc_in_done() once, then or later.
    void (*on_message)(void *data, const struct osc_message *message, struct osc_sender *sender);
};

// Listens at a numeric address. `allow` are addresses and networks ("192.168.1.0/24") separated by
// spaces. NULL with `error` where one of them is none, or the port is taken.
struct osc_in *osc_in_open(const char *address, int port, const char *allow,
                           const struct osc_in_ports *ports, GError **error);
// No sender may be left.
void osc_in_close(struct osc_in *in);

// The message has been dealt with: `wrong` is what its sender is told at /farfield/error, as often
// as not too often, or NULL.
void osc_in_done(struct osc_sender *sender, const char *wrong);
