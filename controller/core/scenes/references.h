// SPDX-License-Identifier: GPL-3.0-or-later
// Which controls of a SynthDef hold the number of a bus or a buffer. Where the same sound is made
// again in another place the numbers are others, so that these are not to be kept as values.
#pragma once

#include <glib.h>

#include "controller/core/synthdefs/synthdef.h"

enum control_reference { REFERS_NOWHERE, REFERS_AUDIO_BUS, REFERS_CONTROL_BUS, REFERS_BUFFER };

// For each slot what the graph does with it: a control that is the bus input of Out, In and their
// like, at their rate, or the buffer input of a UGen that has one; also what is named "buf...".
// One that is reckoned with first (out + 2) is not seen. The caller frees the bytes.
guint8 *references_of(const struct synthdef *synthdef);
