// SPDX-License-Identifier: GPL-3.0-or-later
// Every relay that the pipeline sends.
#pragma once

#include "common/relay.h"
#include "pipeline/sound/room.h"

struct relayers;

// `tell` hears how a relay is now: when it has begun or cannot (its status is not 0), each second,
// and when its room goes.
struct relayers *relayers_create(void (*tell)(const struct relay *relay, void *data), void *data);
void relayers_destroy(struct relayers *relayers);

// Begins one in a room, NULL where there is none of that name.
void relayers_start(struct relayers *relayers, struct room *room, const struct relay *wanted);
void relayers_stop(struct relayers *relayers, const char *id);
// Ends all of a room that goes.
void relayers_stop_room(struct relayers *relayers, const char *room);

// To be called ten times a second.
void relayers_poll(struct relayers *relayers);

// How each is now: struct relay. The caller owns it.
GPtrArray *relayers_list(const struct relayers *relayers);
