// SPDX-License-Identifier: GPL-3.0-or-later
// The last ten minutes in figures, each of one moment: server.history and the topic `history`.
#pragma once

#include <glib.h>
#include <jansson.h>
#include <stdint.h>

#define HISTORY_INTERVAL 2000000 // microseconds between two
#define HISTORY_MAX 300          // figures: ten minutes

struct session;

struct history {
    GQueue figures;   // json_t *, oldest first
    int64_t interval; // HISTORY_INTERVAL; 0 for never
    int64_t due;      // when the next is to be taken, 0 before the first tick
};

void history_init(struct history *history);
void history_clear(struct history *history);
void history_tick(struct session *session);
// {"interval", "figures"}, oldest first.
json_t *history_to_json(const struct history *history);
