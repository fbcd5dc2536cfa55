// SPDX-License-Identifier: GPL-3.0-or-later
// What the controller has said to those who come by WebRTC and what is still to be done: one thing
// each time that the main loop has nothing else to do, for letting one in takes milliseconds, and
// packets by the doors would wait for all who come at once. What is said to one stays in order.
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "common/link.h"

#define PENDING_MAX 1024 // messages

struct pending;
struct room;

typedef void (*pending_act)(struct room *room, const struct link_message *message, void *data);

struct pending *pending_create(pending_act act, void *data); // all wait until it is opened
void pending_destroy(struct pending *pending);

void pending_open(struct pending *pending);

// Puts a LISTEN, ANSWER, CANDIDATE, RESTART or MODE at the end; `room`, which is LISTEN's, must
// last until then. False where there are too many.
bool pending_add(struct pending *pending, struct room *room, const struct link_message *message);
// Whether something is pending for this listener.
bool pending_has(const struct pending *pending, const char *listener);
// Forgets what is pending for it; false where nothing was.
bool pending_remove(struct pending *pending, const char *listener);
void pending_clear(struct pending *pending);

// How many are to be let in.
guint pending_joins(const struct pending *pending);
// Who is to be let into this room, or any (NULL); NULL where nobody is. The caller frees it.
char *pending_join_of(const struct pending *pending, const char *room);
