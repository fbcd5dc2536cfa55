// SPDX-License-Identifier: GPL-3.0-or-later
// All who listen to a room, taken together.
#pragma once

#include <jansson.h>

#include "controller/core/session.h"

struct audience {
    int count[LISTENER_KINDS][STREAM_MODES]; // of listeners, by the mode that they get
    double bitrate;                          // bits a second, to all
    double lost, expected;                   // packets of late, of those who tell
};

void audience_of(const struct session *session, const struct room *room, struct audience *audience);

// Adds what a listener was sent to what its room (NULL for none) has sent.
void audience_add(struct room *room, const struct link_stats *grown);

// How many listen by which door and in which mode, what they are sent now, and what of it is lost.
json_t *audience_to_json(const struct session *session, const struct room *room);

// Tells listener.stats of each room whose listeners have new figures.
void audience_emit(struct session *session);
