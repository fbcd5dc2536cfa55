// SPDX-License-Identifier: GPL-3.0-or-later
// One webrtcbin that sends audio, in a pipeline of its own, as the main loop sees it.
//
// webrtcbin works in threads of its own, and so does what it calls; none of that is seen here: its
// signals and promises become notes to the main loop, in order. Taking one down is where it hurts:
// in the middle of a negotiation webrtcbin 1.22 loses threads and sockets, so a peer that is
// destroyed then keeps still until it has settled, and only then goes to the reaper.
#pragma once

#include <gst/gst.h>
#include <stdbool.h>

#include "pipeline/webrtc/reaper.h"
#include "pipeline/webrtc/stage.h"

struct peer;

// Called by the main loop, and not after peer_destroy().
struct peer_events {
    void (*gathered)(void *data); // every candidate of ours is known
    void (*candidate)(const char *candidate, void *data);
    void (*connected)(void *data);
    void (*failed)(const char *detail, void *data); // or left: there is nothing to wait for
    void *data;
};

// `caps` are those of the RTP packets that will come.
struct peer *peer_create(const struct stage *stage, struct reaper *reaper, const GstCaps *caps,
                         const struct peer_events *events);
// No one may push into its pad any more.
void peer_destroy(struct peer *peer);

// Where RTP packets go; the caller owns the reference.
GstPad *peer_pad(struct peer *peer);

// Begins to make an offer, or to answer one.
void peer_offer(struct peer *peer);
void peer_answer(struct peer *peer, const char *offer);

// Takes the answer to the offer, or one candidate.
void peer_accept(struct peer *peer, const char *answer);
void peer_add_candidate(struct peer *peer, const char *candidate);

// Begins a new ICE session (RFC 8445, section 9) on the sockets that there are; DTLS and RTP go on
// by the pair of addresses in use until another is found. The words of our side, which the peer
// keeps, are put into `ufrag` and `password`. False before there is a description.
bool peer_restart(struct peer *peer, const char **ufrag, const char **password);
// Those of the other side, whose candidates are for this session from then on.
void peer_set_session(struct peer *peer, const char *ufrag, const char *password);

// Our description so far, with the candidates that are known; the caller owns it. NULL before
// there is one.
char *peer_description(struct peer *peer);

// Whether every candidate of ours is in it.
bool peer_is_gathered(const struct peer *peer);

// For reports.h.
GstElement *peer_webrtc(const struct peer *peer);
