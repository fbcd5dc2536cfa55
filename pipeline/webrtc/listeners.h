// SPDX-License-Identifier: GPL-3.0-or-later
// All who listen by WebRTC, and what is said between them and the controller.
#pragma once

#include "pipeline/link.h"
#include "pipeline/sound/room.h"
#include "pipeline/webrtc/reaper.h"
#include "pipeline/webrtc/stage.h"

struct listeners;

// `stage`, `reaper` and `link` must outlive it.
struct listeners *listeners_create(struct stage *stage, struct reaper *reaper, struct link *link);
void listeners_destroy(struct listeners *listeners);

// With those who are still to be let in.
guint listeners_count(const struct listeners *listeners);
// Adds a struct link_listener for each.
void listeners_list(const struct listeners *listeners, GPtrArray *list);

// LINK_LISTEN: lets one into a room, in its turn (pending.h), NULL where there is none of that
// name; refused where the server is `full`.
void listeners_add(struct listeners *listeners, struct room *room, bool full,
                   const struct link_message *message);
// What else the controller says to one; false where it is not among them.
bool listeners_take(struct listeners *listeners, const struct link_message *message);
// Forgets who is still to be let in, and that without a word: the link over which they asked is
// gone.
void listeners_forget_pending(struct listeners *listeners);
// Ends all in a room, which may then go, or all at all (NULL).
void listeners_drop_room(struct listeners *listeners, const char *room, const char *detail);
