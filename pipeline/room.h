// SPDX-License-Identifier: GPL-3.0-or-later
// One room: its capture, its encoder and its hub.
#pragma once

#include "common/link.h"
#include "pipeline/capture.h"
#include "pipeline/hub.h"
#include "pipeline/source.h"

struct room {
    char *name;              // owned
    struct capture *capture; // owned
    struct hub *hub;         // owned
    struct source *source;   // owned
};

struct room_settings {
    const char *jack_server;
    struct encoder_settings encoder;
    GstClockTime base; // see source.h
};

struct room *room_create(const struct room_settings *settings, const struct link_room *wanted);
// Its listeners must have left.
void room_destroy(struct room *room);

// The level since the last call, as a LINK_METER whose strings belong to the room.
struct link_message room_meter(struct room *room);
