// SPDX-License-Identifier: GPL-3.0-or-later
#include "controller/core/leases.h"

#include "controller/core/commands/nodes.h"
#include "controller/core/session_own.h"

static void set_due(struct session *session, int64_t lapses)
{
    if (lapses && (!session->lease_due || lapses < session->lease_due))
        session->lease_due = lapses;
}

void lease_take(struct session *session, struct node *synth, struct client *client)
{
    synth->holder = client;
    synth->lapses = 0;
    session_model_changed(session);
}

void lease_lapse(struct session *session, struct node *synth)
{
    synth->holder = NULL;
    synth->lapses = session->now + LEASE_SECONDS * G_USEC_PER_SEC;
    set_due(session, synth->lapses);
}

void leases_client_gone(struct session *session, const struct client *client)
{
    for (struct node *n = tree_find(&session->tree, TREE_ROOT); n; n = tree_next(n))
        if (n->holder == client)
            lease_lapse(session, n);
    endings_client_gone(session, client);
}

// While scsynth is away nothing can be released; what it is brought back with is, then.
void leases_tick(struct session *session)
{
    if (!session->lease_due || session->lease_due > session->now ||
        session->state != SERVER_RUNNING)
        return;
    session->lease_due = 0;
    for (struct node *n = tree_find(&session->tree, TREE_ROOT); n; n = tree_next(n)) {
        if (n->lapses && n->lapses <= session->now) {
            n->lapses = 0;
            session_model_changed(session);
            node_release_now(session, n);
        }
        set_due(session, n->lapses);
    }
}
