// SPDX-License-Identifier: GPL-3.0-or-later
// The pipeline's own doors: the same packets without WebRTC, on a port of its own, so that sound
// never passes through the control loop. The controller says where they are, and gives leave.
#pragma once

#include "controller/core/session.h"

// The address of the stream that the call's parameters "room" and "mode" name, of a kind but
// KIND_WEBRTC, with a token for one listener, good until `expires`, Unix time in seconds. The
// caller frees it.
char *stream_address(const struct session *session, const struct call *call,
                     enum listener_kind kind, gint64 expires);

// Where they are, as a source of a page's Content-Security-Policy. The caller frees it.
char *stream_source(const struct session *session);

// Why the doors are shut, owned by the caller; NULL while they are open.
char *stream_doors_trouble(const struct session *session);

// Why none can be listened to now, owned by the caller; NULL where they can.
struct problem *stream_trouble(const struct session *session, const char *room);
