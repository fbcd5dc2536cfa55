// SPDX-License-Identifier: GPL-3.0-or-later
// Where clients find the other ports of this server.
#pragma once

// "ws://example.org:8081/", by the name that the caller knows us by, which is the one that its
// page's origin will have: `host` as it was asked, "example.org:8080", or NULL where that is not
// known, for `fallback`, the address that is listened on. The caller frees it.
char *address_url(const char *scheme, const char *host, const char *fallback, int port);
