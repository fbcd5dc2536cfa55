// SPDX-License-Identifier: GPL-3.0-or-later
// ICE, as far as both processes speak of it: the STUN and TURN servers that `ice-servers` names,
// and the two words that name and guard an ICE session.
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

struct ice_server {
    char *url;        // owned: "stun:host:port" or "turn:host:port?transport=udp" (RFC 7064, 7065)
    char *username;   // owned, NULL for STUN, and where a shared secret makes it
    char *credential; // owned, likewise
    char *secret;     // owned: shared with the TURN server, or NULL
};

// Parses a list separated by white space: stun:HOST[:PORT], turn:USER:PASSWORD@HOST[:PORT][?...],
// turns: likewise. TURN servers that come without USER:PASSWORD share `secret`, which is "" for
// none. Returns an array that frees its elements, or NULL with `error` naming the entry.
GPtrArray *ice_servers_parse(const char *text, const char *secret, GError **error);

// What opens a TURN server: its user and password, or those that its secret makes for the next
// ICE_LIFETIME seconds from `now`, Unix time (coturn's use-auth-secret: the user is the second in
// which that ends, the password the Base64 of its HMAC-SHA1). False, both NULL, for STUN. The
// caller frees both.
bool ice_server_open(const struct ice_server *server, int64_t now, char **username,
                     char **credential);
#define ICE_LIFETIME (12 * 3600)

// Parses "FIRST-LAST" into UDP ports; "" is 0 and 0, for any.
bool ice_ports_parse(const char *text, int *first, int *last, GError **error);

// Parses numeric addresses separated by white space. The caller frees them with g_strfreev(); NULL
// with `error` naming the one that is none.
char **ice_addresses_parse(const char *text, GError **error);

// Whether that can be an ICE session's name or password (RFC 8839, section 5.4); NULL cannot.
bool ice_is_ufrag(const char *text);
bool ice_is_password(const char *text);
#define ICE_MAX_WORD 256
