// SPDX-License-Identifier: GPL-3.0-or-later
// One room: its capture, its source and its streams.
#pragma once

#include "common/link.h"
#include "pipeline/sound/bitrate.h"
#include "pipeline/sound/capture.h"
#include "pipeline/sound/source.h"
#include "pipeline/sound/stream.h"

struct room {
    char *name;                             // owned
    struct capture *capture;                // owned
    struct source *source;                  // owned
    struct stream *streams[SOURCE_STREAMS]; // owned; one for each length of packet
    struct stream *of_mode[STREAM_MODES];   // of those; modes of the same length share one
    struct bitrate safe;                    // of MODE_SAFE
    gint64 decided;                         // when that was last looked at
};

struct room_settings {
    const char *jack_server;
    bool local;                      // the room main is played by the JACK server's driver, too
    struct encoder_settings encoder; // of MODE_BALANCED, the others follow from it
    GstClockTime base;               // see source.h
};

struct room *room_create(const struct room_settings *settings, const struct link_room *wanted);
// Its listeners must have left.
void room_destroy(struct room *room);

// Changes what it captures and how it is encoded.
void room_follow(struct room *room, const struct link_room *wanted);

// Bits a second that were set; MODE_SAFE may take fewer just now.
int room_bitrate(const struct room *room);

// The level since the last call, as a LINK_METER whose strings belong to the room.
struct link_message room_meter(struct room *room);

// For the main loop, ten times a second: listeners that hold up others leave. False where one does
// so for good (hub_put_out_stalled()).
bool room_put_out_stalled(struct room *room);

// One report of a listener who is served so: the share of packets that it lost lately.
void room_note_loss(struct room *room, enum stream_mode served, double lost);
