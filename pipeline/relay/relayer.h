// SPDX-License-Identifier: GPL-3.0-or-later
// One relay at work: a subscriber of its room's hub that writes each packet as RTP (RFC 3550,
// 7587), or SRTP (RFC 3711), into a datagram. A datagram that cannot go is counted and forgotten:
// nothing here waits.
#pragma once

#include "common/relay.h"
#include "pipeline/sound/room.h"

struct relayer;

// Begins at once. NULL with `error` where the machine has no socket for it.
struct relayer *relayer_create(struct room *room, const struct relay *wanted, GError **error);
// Ends it; it is gone once the encoder's thread has let go of it.
void relayer_destroy(struct relayer *relayer);

// What it was asked for, with what it has counted until now; it belongs to the relayer. For the
// main loop.
const struct relay *relayer_state(struct relayer *relayer);
