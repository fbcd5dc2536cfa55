// SPDX-License-Identifier: GPL-3.0-or-later
// Recordings of rooms: those that the pipeline makes now, and those that are in the folder. The
// pipeline does the work and judges whether there is room on the disk; here is what is known of it.
#pragma once

#include "controller/core/listening/awaited.h"
#include "controller/core/session.h"

#define RECORDINGS_MAX 1000     // kept
#define RECORDINGS_MAX_STOPS 64 // calls that wait for the end of one

struct take {
    struct recording *recording; // owned
    struct awaited start;        // until the pipeline says whether it has begun
    GArray *stops;               // owned: struct awaited, each until the pipeline says how it ended
};

struct take *recordings_find(const struct session *session, const char *id);

// The commands' work; each answers its call, now or when the pipeline has.
void recordings_start(struct session *session, struct call *call);
void recordings_stop_one(struct session *session, struct call *call, struct take *take);
void recordings_delete(struct session *session, struct call *call, struct take *take);

json_t *recordings_to_json(const struct session *session); // the newest first
json_t *take_to_json(const struct take *take);
