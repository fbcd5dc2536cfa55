// SPDX-License-Identifier: GPL-3.0-or-later
// What we and one listener agree upon: descriptions and candidates until there is a connection, and
// further ICE sessions while it lasts. Who offers first is the listener or we.
//
// All of it belongs to the main loop.
#pragma once

#include "pipeline/webrtc/peer.h"
#include "pipeline/webrtc/rtp.h"
#include "pipeline/webrtc/sdp.h"

struct negotiation;

struct negotiation_events {
    // Our offer, or our answer to its offer; to its restart, a fragment.
    void (*described)(const char *sdp, bool offer, void *data);
    // A candidate of ours that came too late for the description; "" ends them.
    void (*candidate)(const char *candidate, int mline, void *data);
    // The peer takes packets. Once.
    void (*connected)(void *data);
    // Nothing follows; `refused` is an HTTP status where nothing was described, 0 otherwise.
    void (*failed)(int refused, const char *detail, void *data);
    void *data;
};

// Begins to answer `offer`, which it takes over, or to make one (NULL). Redundancy is proposed
// where the listener may come to need it. `stage` and `reaper` must outlive it.
struct negotiation *negotiation_create(struct stage *stage, struct reaper *reaper,
                                       struct sdp *offer, bool redundant,
                                       const struct negotiation_events *events);
// Tells nothing from now on.
void negotiation_stop(struct negotiation *negotiation);
// No one may push into its peer any more.
void negotiation_destroy(struct negotiation *negotiation);

// As listener.h has them.
bool negotiation_answer(struct negotiation *negotiation, const char *sdp, GError **error);
bool negotiation_restart(struct negotiation *negotiation, const char *ufrag, const char *password,
                         GError **error);
void negotiation_add_candidate(struct negotiation *negotiation, const char *candidate,
                               const char *mid, int mline);
const char *negotiation_ufrag(const struct negotiation *negotiation);
const char *negotiation_their_ufrag(const struct negotiation *negotiation);

struct peer *negotiation_peer(const struct negotiation *negotiation);
// How packets are to be; agreed once it is connected.
const struct rtp *negotiation_rtp(const struct negotiation *negotiation);
