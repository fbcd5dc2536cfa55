// SPDX-License-Identifier: GPL-3.0-or-later
// Plays scsynth for a fake session: keeps a node tree of its own, answers what it is sent, and has
// what it says lost, delayed, said twice or out of order, as a script or chance wants it.
#pragma once

#include <glib.h>

#include "tests/unit/fake_session.h"

struct fake_scsynth {
    struct fake_session *session;
    GHashTable *nodes;   // id -> struct fake_node
    GQueue outgoing;     // struct osc_message, that are still to be said
    GRand *rand;         // owned
    double lose, repeat; // chance of each notification
    bool lose_barriers;  // whether /synced is lost by that chance, too
    double hold;         // chance that a tree is said later than what came after it
    bool shuffle;        // notifications and other answers in any order
    int said, lost;
    int refuse; // so many of the next new nodes
};

// Is expected by `session`, and answers it from then on.
struct fake_scsynth *fake_scsynth_create(struct fake_session *session, guint32 seed);
void fake_scsynth_destroy(struct fake_scsynth *s);

// Another client sends a message.
void fake_scsynth_other(struct fake_scsynth *s, const char *text);
// Says what is to be said, and lets the session have its turns, until both are at rest or `time`
// (microseconds) has passed.
void fake_scsynth_run(struct fake_scsynth *s, int64_t time);
// It dies with all its nodes, and another one is there.
void fake_scsynth_restart(struct fake_scsynth *s);
// Its tree, as fake_tree() writes that of a session.
char *fake_scsynth_tree(const struct fake_scsynth *s);
