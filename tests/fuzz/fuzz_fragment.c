// SPDX-License-Identifier: GPL-3.0-or-later
// SDP fragments of ICE from anybody: refused with a reason, or read into what is within its bounds
// and judged. The first line is If-Match, the second the client's name so far; either may be empty.
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/ice.h"
#include "controller/core/listening/ice_session.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct fragment *fragment)
{
    if ((fragment->ufrag && !ice_is_ufrag(fragment->ufrag)) ||
        (fragment->password && (!ice_is_password(fragment->password) || !fragment->ufrag)) ||
        fragment->candidates->len > FRAGMENT_MAX_CANDIDATES)
        abort();
    for (guint i = 0; i < fragment->candidates->len; i++) {
        const struct fragment_candidate *candidate = g_ptr_array_index(fragment->candidates, i);
        if (!g_str_has_prefix(candidate->text, "candidate:") || candidate->mline < 0 ||
            candidate->mline > 63)
            abort();
    }
}

static void judge(const struct fragment *fragment, const char *if_match, const char *theirs)
{
    struct ice_session ice = {0};
    ice_session_set(&ice, "ours", "old0");
    ice_session_set(&ice, NULL, *theirs ? theirs : NULL);
    enum ice_verdict verdict = ice_session_judge(&ice, *if_match ? if_match : NULL, fragment);
    if (verdict == ICE_RESTART &&
        (!fragment->ufrag || !fragment->password || g_strcmp0(fragment->ufrag, ice.theirs) == 0))
        abort();
    ice_session_clear(&ice);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autofree char *text = g_strndup((const char *)data, size);
    g_auto(GStrv) pieces = g_strsplit(text, "\n", 3);
    if (g_strv_length(pieces) < 3)
        return 0;
    struct problem *problem = NULL;
    struct fragment *fragment = fragment_read(pieces[2], &problem);
    if (!fragment == !problem)
        abort();
    if (fragment) {
        check(fragment);
        judge(fragment, pieces[0], pieces[1]);
    }
    g_autofree char *found = fragment_find_ufrag(text);
    if (found && !ice_is_ufrag(found))
        abort();
    fragment_destroy(fragment);
    problem_destroy(problem);
    return 0;
}
