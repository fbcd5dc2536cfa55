// SPDX-License-Identifier: GPL-3.0-or-later
// Who may speak to us: what a browser says about the page that asks (Origin, RFC 6454) and about
// whom it thinks it is talking to (Host), and the key.
#pragma once

#include <glib.h>
#include <stdbool.h>

struct access {
    char **origins; // owned: further origins that are allowed, "https://example.org"; "*" is any
    char *address;  // owned: that we listen on
    int http_port;  // whose pages may use the WebSocket, too
    bool keyed;     // a key is asked for
};

// `origins` is the setting: separated by spaces.
void access_init(struct access *access, const char *origins, const char *address, int http_port,
                 bool keyed);
void access_clear(struct access *access);

// Whether an address reaches no further than this machine.
bool access_is_loopback(const char *address);

// Whether `host` is one, with a port or without, as it is to be written into addresses: letters,
// digits, ".", "_" and "-", or an IPv6 address in brackets. NULL and "" say nothing, and are good.
bool access_host_is_good(const char *host);

// Without a key a request must name this machine, or a page anywhere could reach us by a name of
// its own that it lets point here (DNS rebinding). `host` may be NULL, as HTTP/1.0 has it.
bool access_host_allowed(const struct access *access, const char *host);

// A page's origin must be of the host that it talks to, by that port or by ours of HTTP, or be
// allowed by the settings. What is not a page sends none (NULL) and is allowed.
bool access_origin_allowed(const struct access *access, const char *host, const char *origin);

// The key in "Bearer KEY", or NULL. Part of `authorization`.
const char *access_bearer(const char *authorization);
