// SPDX-License-Identifier: GPL-3.0-or-later
// The ICE agent that webrtcbin has inside (libnice), for what webrtcbin 1.22 cannot do: begin
// another ICE session (RFC 8445, section 9) on the same sockets. DTLS and RTP know nothing of it
// and go on, by the pair of addresses in use until the new session has found another. The agent
// locks itself.
#pragma once

#include <glib-object.h>
#include <stdbool.h>

struct agent;

// Of a webrtcbin and one of its DTLS transports.
struct agent *agent_create(GObject *webrtc, GObject *dtls);
void agent_destroy(struct agent *agent);

// Forgets the other side's words and candidates. Our new words, which the agent keeps, are put into
// `ufrag` and `password`.
bool agent_restart(struct agent *agent, const char **ufrag, const char **password);

// The other side's words and one candidate ("candidate:...") of the new session.
void agent_set_session(struct agent *agent, const char *ufrag, const char *password);
void agent_add_candidate(struct agent *agent, const char *candidate);
