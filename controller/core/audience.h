// SPDX-License-Identifier: GPL-3.0-or-later
// All who listen to a room, taken together.
#pragma once

#include <jansson.h>

#include "controller/core/session.h"

// Adds what a listener was sent to what its room (NULL for none) has sent.
void audience_add(struct room *room, const struct link_stats *grown);

// How many listen by which door and in which mode, what they are sent now, and what of it is lost.
json_t *audience_to_json(const struct session *session, const struct room *room);

// Calls `each` with every door and mode of a room that has listeners, and how many.
void audience_each(const struct session *session, const struct room *room,
                   void (*each)(const char *kind, const char *mode, int count, void *data),
                   void *data);

// Tells listener.stats of each room whose listeners have new figures.
void audience_emit(struct session *session);
