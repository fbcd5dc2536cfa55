// SPDX-License-Identifier: GPL-3.0-or-later
// Who listens, by WHEP or by a WebSocket. The pipeline holds the connections; this is what the
// controller knows of them. Their signaling is signaling.h's.
#pragma once

#include "controller/core/listening/awaited.h"
#include "controller/core/listening/ice_session.h"
#include "controller/core/listening/reception.h"
#include "controller/core/session.h"

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
    bool counted;           // since the last listener.stats
    struct awaited awaited; // the pipeline's offer or answer
    bool restarting;        // what is awaited is another ICE session: without it, this one goes on
    char *next_ufrag;       // owned: the client's name of that, or NULL
    bool offered;           // the description that we gave is an offer
    int candidates;         // that its client has sent, of this ICE session
    struct ice_session ice;
};

// The listener named by the call's parameter "listener", of the client that calls; NULL with the
// call answered by 404.
struct listener *listener_of_call(struct session *session, struct call *call);

// The same of whichever WebSocket made it, which has lost it then: a change of the network takes
// the connection along, and the server does not hear of it.
struct listener *listener_adopted(struct session *session, struct call *call);

// Unguessable: 32 hexadecimal digits. The caller frees it.
char *listener_new_id(const struct session *session);

// One that is not known yet. It belongs to the session.
struct listener *listener_add(struct session *session, const char *id, const char *room,
                              enum stream_mode mode);
// Tells all who subscribed that it has changed.
void listener_emit(struct session *session, const struct listener *listener);
// Tells its client and all; one that is LISTENER_CLOSED is forgotten, and `detail` (or NULL) is
// what a call that waits is told.
void listener_set_state(struct session *session, struct listener *listener,
                        enum listener_state state, const char *detail);

// Has the pipeline take it down and forgets it.
void listener_close(struct session *session, struct listener *listener, const char *why);

// Has the room encoded for it in another mode. False where the pipeline is away.
bool listener_set_mode(struct session *session, struct listener *listener, enum stream_mode mode);

// The mode that it gets.
const char *listener_served(const struct listener *listener);

json_t *listener_to_json(const struct session *session, const struct listener *listener);
