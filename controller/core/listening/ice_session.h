// SPDX-License-Identifier: GPL-3.0-or-later
// Which ICE session a connection is in, as HTTP sees it (draft-ietf-wish-whep and RFC 9725, "HTTP
// PATCH"): the entity tag is the session's name on our side. PATCH requests may arrive in any
// order, and not every player sends If-Match, so the names that the client has used tell, too.
// Pure.
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "controller/core/listening/fragment.h"

#define ICE_SESSION_FORMER 8

struct ice_session {
    char *ours, *theirs; // owned: the names (ufrag) of both sides, NULL while unknown
    GQueue former;       // owned: char *, names of the client that are over; the latest, first
};

enum ice_verdict {
    ICE_TRICKLE, // more candidates of this session
    ICE_RESTART, // the beginning of another
    ICE_UNCLEAR, // 428: it may be of this one or of one that is over
    ICE_STALE,   // 412: of one that is over, or of none
};

void ice_session_clear(struct ice_session *ice);
// The names as they are now; either may be NULL for no change. They are copied.
void ice_session_set(struct ice_session *ice, const char *ours, const char *theirs);

// What a fragment that comes with this If-Match (NULL for none) is.
enum ice_verdict ice_session_judge(const struct ice_session *ice, const char *if_match,
                                   const struct fragment *fragment);
