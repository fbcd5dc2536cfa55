// SPDX-License-Identifier: GPL-3.0-or-later
// Relays of rooms, as they are wanted: the pipeline sends them, and is asked again for each when it
// has been restarted. A controller that was restarted learns them from the pipeline.
#pragma once

#include "controller/core/listening/awaited.h"
#include "controller/core/session.h"

struct relaying {
    struct relay *relay;  // owned
    struct awaited start; // until the pipeline says whether it has begun
};

// NULL for one that has not begun, too.
struct relaying *relays_find(const struct session *session, const char *id);

// The commands' work; each answers its call, now or when the pipeline has.
void relays_start(struct session *session, struct call *call);
void relays_free(struct session *session, struct call *call, struct relaying *relaying);

json_t *relays_to_json(const struct session *session); // the oldest first
json_t *relaying_to_json(const struct relaying *relaying);
