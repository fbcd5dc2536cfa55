// SPDX-License-Identifier: GPL-3.0-or-later
// An SDP fragment of ICE (RFC 8840, section 9): further candidates of an ICE session, or the words
// that begin another. Whoever brings sound in or listens by HTTP sends it by PATCH. Pure.
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "controller/core/api/problem.h"

// More than any client has; what goes beyond is passed over.
#define FRAGMENT_MAX_CANDIDATES 64

struct fragment_candidate {
    char *text; // owned: "candidate:..."
    char *mid;  // owned: of the media section, NULL where it has none
    int mline;  // index of that section in the fragment, 0 to 63
};

struct fragment {
    char *ufrag, *password; // owned: of the client's ICE session, NULL where it does not say
    GPtrArray *candidates;  // owned: struct fragment_candidate
};

// NULL with `problem` (owned by the caller) where the text is no such fragment. Whether a candidate
// is of any use is not looked at.
struct fragment *fragment_read(const char *text, struct problem **problem);
void fragment_destroy(struct fragment *fragment);

// The first a=ice-ufrag of a whole description, if it can be one; the caller frees it.
char *fragment_find_ufrag(const char *sdp);
