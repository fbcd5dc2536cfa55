// SPDX-License-Identifier: GPL-3.0-or-later
// The doors of those who listen without WebRTC: an HTTP and WebSocket server on stream-port, as
// docs/streaming.md describes it to clients. All of it belongs to the main loop.
//
// A room's packets come once for all who listen to the same stream (tap.h). Each connection has a
// place of its own among them and is written to when its socket takes more; no one has a queue. One
// who falls behind by more than is allowed goes on with what is new.
#pragma once

#include <gst/gst.h>
#include <stdbool.h>

#include "common/config.h"
#include "common/link.h"
#include "pipeline/link.h"
#include "pipeline/sound/room.h"

struct doors;

struct doors_ports {
    struct room *(*room)(const char *name, void *data); // NULL where there is none
    bool (*full)(void *data);                           // no more may listen
    void *data;
};

// Opens the port, or goes on trying. The controller hears of it, and of who comes and goes, by
// `link`. NULL with `error` where a setting is wrong.
struct doors *doors_create(GMainLoop *loop, const struct config *config, struct link *link,
                           const struct doors_ports *ports, GError **error);
void doors_destroy(struct doors *doors);

// Tells the controller whether the port is open.
void doors_tell(struct doors *doors);

// Those who listen.
guint doors_count(const struct doors *doors);
// Adds a struct link_listener for each.
void doors_list(const struct doors *doors, GPtrArray *list);

// To be called some times a second: tells stats.
void doors_tick(struct doors *doors);

// Ends one, whose id may be unknown; false then.
bool doors_drop(struct doors *doors, const char *id, const char *detail);
// The same for another mode; false, too, where it has none.
bool doors_set_mode(struct doors *doors, const char *id, enum stream_mode mode);
// Ends all in a room, which may then go, or all at all (NULL).
void doors_drop_room(struct doors *doors, const char *room, const char *detail);
// Lets nobody in any more.
void doors_lock(struct doors *doors);
// Connections, with those that are still being said why they end.
guint doors_remaining(const struct doors *doors);
