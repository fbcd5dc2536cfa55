// SPDX-License-Identifier: GPL-3.0-or-later
// Who listens, by WHEP or by a WebSocket. The pipeline holds the connections; this is what the
// controller knows of them and the signaling that is under way.
#pragma once

#include "controller/core/listening/ice_session.h"
#include "controller/core/listening/reception.h"
#include "controller/core/session.h"

#define LISTENER_MAX_CANDIDATES 64

struct listener {
    char *id;   // owned: unguessable, since it is all that a WHEP resource asks for
    char *room; // owned
    enum listener_kind kind;
    enum listener_state state;
    enum stream_mode mode; // as wished
    double since;          // Unix time in seconds
    struct client *client; // the WebSocket it belongs to, NULL for WHEP
    char *agent;           // owned: name of its program, NULL where it gave none
    struct reception reception;
    bool counted;      // since the last listener.stats
    struct call *call; // waits for the pipeline's offer or answer, NULL if none does
    int64_t deadline;  // of that
    bool restarting;   // what the call wants is another ICE session: without it, this one goes on
    char *next_ufrag;  // owned: the client's name of that, or NULL
    bool offered;      // the description that we gave is an offer
    int candidates;    // that its client has sent, of this ICE session
    struct ice_session ice;
};

// Unguessable: 32 hexadecimal digits. The caller frees it.
char *listener_new_id(const struct session *session);

// Makes a listener for the call's parameters "room" and "mode", asks the pipeline for it and keeps
// the call for the answer. `sdp` is the client's offer, or NULL to be made one. Answers the call
// itself when that cannot be.
void listener_open(struct session *session, struct call *call, const char *sdp);

// The listener named by the call's parameter "listener", of the client that calls; NULL with the
// call answered by 404.
struct listener *listener_of_call(struct session *session, struct call *call);

// The same of whichever WebSocket made it, which has lost it then: a change of the network takes
// the connection along, and the server does not hear of it.
struct listener *listener_adopted(struct session *session, struct call *call);

// Begins another ICE session, by words of the client's, which may be NULL where we have offered.
// The call is answered by the pipeline's offer or fragment; at once where that cannot be, false
// then.
bool listener_restart(struct session *session, struct listener *listener, struct call *call,
                      const char *ufrag, const char *password);

// Passes on the client's answer to our offer; the call is answered when the pipeline has taken it.
void listener_answer(struct session *session, struct listener *listener, struct call *call,
                     const char *sdp);

// Passes on one ICE candidate; "" ends them; `mid` names its section, or is NULL. False where the
// pipeline is away.
bool listener_candidate(struct session *session, struct listener *listener, const char *candidate,
                        const char *mid, int mline);

// Has the pipeline take it down and forgets it.
void listener_close(struct session *session, struct listener *listener, const char *why);

// Has the room encoded for it in another mode. False where the pipeline is away.
bool listener_set_mode(struct session *session, struct listener *listener, enum stream_mode mode);

// The mode that it gets.
const char *listener_served(const struct listener *listener);

json_t *listener_to_json(const struct session *session, const struct listener *listener);
