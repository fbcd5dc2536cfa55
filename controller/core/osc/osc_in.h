// SPDX-License-Identifier: GPL-3.0-or-later
// OSC that plays us, as TouchOSC and hardware send it (docs/osc.md):
//
//   /farfield/node/ID_OR_NAME/CONTROL value ...     sets a control, or an array's
//   /farfield/cmd/METHOD {"json"} | name value ...  a command of the table
//   /farfield/cmd/METHOD 1                          one that takes nothing: a button; 0 does
//   nothing
//
// A datagram's source can be forged, so only what plays can be had here: nothing that is kept on
// disk, ends a process or tells a secret.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "controller/core/api/command.h"
#include "controller/core/osc/osc.h"

// Whether OSC may call this row.
bool osc_in_may_call(const struct command *command);

// Makes the message's call. `reply` is called once, at once where nothing is wrong and scsynth is
// not to be waited for.
void osc_in_receive(struct session *session, const struct osc_message *message, call_reply reply,
                    void *data, int64_t now);
