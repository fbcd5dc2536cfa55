// SPDX-License-Identifier: GPL-3.0-or-later
// Every recording that runs.
#pragma once

#include <glib.h>

#include "common/config.h"
#include "common/recording.h"
#include "pipeline/sound/room.h"

struct recorders;

// `tell` hears how a recording is now: each second, and whenever that changes.
struct recorders *recorders_create(const struct config *config,
                                   void (*tell)(const struct recording *recording, void *data),
                                   void *data);
// Waits until each has ended: recorders_stop() comes before.
void recorders_destroy(struct recorders *recorders);

// Begins one in a room, NULL where there is none of that name; `tell` hears where that fails.
void recorders_start(struct recorders *recorders, struct room *room,
                     const struct recording *wanted);
// Ends the one of an id, those of a room, or all. `detail` as in recorder_stop().
void recorders_stop(struct recorders *recorders, const char *id, const char *detail);
void recorders_stop_room(struct recorders *recorders, const char *room, const char *detail);
void recorders_stop_all(struct recorders *recorders, const char *detail);

// To be called ten times a second.
void recorders_poll(struct recorders *recorders);

// How each is now: struct recording. The caller owns it.
GPtrArray *recorders_list(const struct recorders *recorders);
guint recorders_remaining(const struct recorders *recorders);
