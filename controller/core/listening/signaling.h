// SPDX-License-Identifier: GPL-3.0-or-later
// Offers, answers and candidates between clients and the pipeline: each listener has at most one
// call that waits for the pipeline's answer, with a deadline.
#pragma once

#include "controller/core/listening/listeners.h"

#define LISTENER_MAX_CANDIDATES 64

// Makes a listener for the call's parameters "room" and "mode", asks the pipeline for it and keeps
// the call for the answer. `sdp` is the client's offer, or NULL to be made one. Answers the call
// itself when that cannot be.
void signaling_open(struct session *session, struct call *call, const char *sdp);

// Begins another ICE session, by words of the client's, which may be NULL where we have offered.
// The call is answered by the pipeline's offer or fragment; at once where that cannot be, false
// then.
bool signaling_restart(struct session *session, struct listener *listener, struct call *call,
                       const char *ufrag, const char *password);

// Passes on the client's answer to our offer; the call is answered when the pipeline has taken it.
void signaling_answer(struct session *session, struct listener *listener, struct call *call,
                      const char *sdp);

// Passes on one ICE candidate; "" ends them; `mid` names its section, or is NULL. False where the
// pipeline is away.
bool signaling_candidate(struct session *session, struct listener *listener, const char *candidate,
                         const char *mid, int mline);

// The STUN and TURN servers as RTCPeerConnection takes them: [{"urls", "username", "credential"}],
// opened now. The caller owns it.
json_t *signaling_ice_servers(const struct session *session);

// Fails the call that waits, if one does.
void signaling_fail(struct session *session, struct listener *listener, int status,
                    const char *detail);

// The pipeline has taken an answer.
void signaling_on_taken(struct session *session, struct listener *listener);
// LINK_OFFER, LINK_ANSWER, LINK_CANDIDATE or LINK_REFUSED.
void signaling_on_link(struct session *session, struct listener *listener,
                       const struct link_message *message);
