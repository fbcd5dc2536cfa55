// SPDX-License-Identifier: GPL-3.0-or-later
// STUN and TURN servers as the setting `ice-servers` names them.
#pragma once

#include <glib.h>
#include <stdbool.h>

struct ice_server {
    char *url;        // owned: "stun:host:port" or "turn:host:port?transport=udp" (RFC 7064, 7065)
    char *username;   // owned, NULL for STUN
    char *credential; // owned, NULL for STUN
};

// Parses a list separated by white space: stun:HOST[:PORT], turn:USER:PASSWORD@HOST[:PORT][?...],
// turns: likewise. Returns an array that frees its elements, or NULL with `error` naming the entry.
GPtrArray *ice_servers_parse(const char *text, GError **error);
