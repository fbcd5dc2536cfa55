// SPDX-License-Identifier: GPL-3.0-or-later
// Controls that somebody has under a finger right now: the others are told, so that they see it and
// do not wonder. It is information alone: anybody may set what somebody holds.
#pragma once

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#define HOLDS_MAX_OF_CLIENT 64 // controls
#define HOLDS_MAX 4096         // nodes that are held, of all clients
#define HOLDS_MAX_NAME 255     // bytes of a control's name
#define HOLDS_MAX_SECONDS 30

struct session;
struct client;
struct problem;

// What one client holds of one node.
struct hold {
    struct client *client;
    int32_t node;
    GPtrArray *controls; // owned char *
    int64_t until;
};

struct holds {
    GPtrArray *all; // struct hold
    int64_t due;    // when the first ends, 0 if there is none
};

void holds_init(struct holds *holds);
void holds_clear(struct holds *holds);

// Takes hold of controls (strings, which the node has), and has all of that node held until
// `until`. NULL, or a problem where it would be too many.
struct problem *holds_take(struct session *session, struct client *client, int32_t node,
                           const json_t *controls, int64_t until);
// Lets go of controls, all of the node's if NULL; of every node if that is -1.
void holds_drop(struct session *session, struct client *client, int32_t node,
                const json_t *controls);
// {"id", "controls", "by", "client", "until"}: what a client holds of a node, nothing perhaps.
json_t *holds_to_json(const struct session *session, struct client *client, int32_t node);

// Tells one client what all others hold now.
void holds_tell_present(struct session *session, struct client *client);
// Tells all others again what one holds, which has another name now.
void holds_tell_again(struct session *session, struct client *client);

void holds_tick(struct session *session);
// The node has ended, which has its own event.
void holds_forget_node(struct session *session, int32_t node);
