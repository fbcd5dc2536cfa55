// SPDX-License-Identifier: GPL-3.0-or-later
// Connections that have not asked for anything yet. One address may have so many of them, that who
// opens them for nothing shuts the port to himself alone; those that have asked do not count, so a
// proxy, which is one address for all, may have as many as it needs.
#pragma once

#include <glib.h>
#include <libwebsockets.h>
#include <stdbool.h>

#define STRANGERS_OF_ONE                                                                           \
    128 // as many as the kernel lets come at once, of a proxy that has lost us, say

struct strangers;

struct strangers *strangers_create(void);
void strangers_destroy(struct strangers *strangers);

// Whether the address that the socket `fd` comes from may have one more.
bool strangers_may_come(const struct strangers *strangers, int fd);
// Counts a connection from now on until it leaves, which may be said more than once.
void strangers_enter(struct strangers *strangers, struct lws *wsi);
void strangers_leave(struct strangers *strangers, struct lws *wsi);
