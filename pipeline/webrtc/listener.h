// SPDX-License-Identifier: GPL-3.0-or-later
// One who listens by WebRTC: a pipeline that holds one webrtcbin and nothing else. RTP packets are
// pushed into its pad by the encoder's thread (see feed.h).
//
// All functions and all events belong to the main loop; webrtcbin's own threads only send notes
// there.
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "common/link.h"
#include "pipeline/webrtc/reaper.h"
#include "pipeline/sound/room.h"
#include "pipeline/webrtc/stage.h"

struct listener;

struct listener_events {
    // Our offer, or our answer to its offer; to its restart, a fragment.
    void (*described)(struct listener *listener, const char *sdp, bool offer, void *data);
    // A candidate of ours that came too late for the description; "" ends them.
    void (*candidate)(struct listener *listener, const char *candidate, int mline, void *data);
    void (*connected)(struct listener *listener, void *data);
    // Every two seconds while it is connected.
    void (*stats)(struct listener *listener, const struct link_stats *stats, void *data);
    // The connection is over; `refused` is an HTTP status when it never was offered or answered,
    // 0 otherwise. The owner destroys the listener, at once or later.
    void (*ended)(struct listener *listener, int refused, const char *detail, void *data);
    void *data;
};

// What all listeners share.
struct listener_context {
    struct stage *stage;
    struct reaper *reaper;
    const struct listener_events *events;
};

// What a listener asked for.
struct listener_wish {
    const char *id;
    enum stream_mode mode;
    const char *offer; // its SDP, NULL to be made one
};

// Begins to answer its offer, or to make one. `room` must outlive it. NULL with `error`
// (ERROR_REFUSED) when the offer will not do.
struct listener *listener_create(const struct listener_context *context, struct room *room,
                                 const struct listener_wish *wish, GError **error);

// Leaves the hub and hands its pipeline to the reaper.
void listener_destroy(struct listener *listener);

// Goes over to another stream of the room, while it plays and without a gap.
void listener_set_mode(struct listener *listener, enum stream_mode mode);

// Its answer to our offer.
bool listener_answer(struct listener *listener, const char *sdp, GError **error);

// Begins a new ICE session, while the sound goes on: with the words of its side, which we answer;
// or with NULL for both, when we offer, and listener_answer() is to come. False with `error`, and
// nothing changed, where that cannot be.
bool listener_restart(struct listener *listener, const char *ufrag, const char *password,
                      GError **error);

// A candidate of its; "" ends them. `mid` names its section where it is not NULL. What is of no use
// is ignored.
void listener_add_candidate(struct listener *listener, const char *candidate, const char *mid,
                            int mline);

const char *listener_id(const struct listener *listener);
const char *listener_room(const struct listener *listener);
enum listener_state listener_state(const struct listener *listener);
enum stream_mode listener_mode(const struct listener *listener); // as wished
// Names of the ICE session, ours and its; NULL as long as there is none.
const char *listener_ufrag(const struct listener *listener);
const char *listener_their_ufrag(const struct listener *listener);
double listener_since(const struct listener *listener); // seconds of Unix time
