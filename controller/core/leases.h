// SPDX-License-Identifier: GPL-3.0-or-later
// Synths that last as long as somebody holds them: a note must not sound on after the page that
// played it is gone. The holder is a connection; when that is lost another may take the synth up
// within the lease, and else it is released.
#pragma once

#include <glib.h>

#define LEASE_SECONDS 10

struct session;
struct client;
struct node;

// The client holds the synth from now on, in place of whoever did.
void lease_take(struct session *session, struct node *synth, struct client *client);
// Nobody holds the synth, which was held: it is released after LEASE_SECONDS.
void lease_lapse(struct session *session, struct node *synth);
void leases_client_gone(struct session *session, const struct client *client);
void leases_tick(struct session *session);
