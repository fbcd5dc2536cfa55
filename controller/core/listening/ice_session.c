// SPDX-License-Identifier: GPL-3.0-or-later
#include "controller/core/listening/ice_session.h"

#include <string.h>

void ice_session_clear(struct ice_session *ice)
{
    g_clear_pointer(&ice->ours, g_free);
    g_clear_pointer(&ice->theirs, g_free);
    g_queue_clear_full(&ice->former, g_free);
}

void ice_session_set(struct ice_session *ice, const char *ours, const char *theirs)
{
    if (ours && g_strcmp0(ours, ice->ours) != 0) {
        g_free(ice->ours);
        ice->ours = g_strdup(ours);
    }
    if (!theirs || g_strcmp0(theirs, ice->theirs) == 0)
        return;
    if (ice->theirs)
        g_queue_push_head(&ice->former, ice->theirs);
    ice->theirs = g_strdup(theirs);
    if (ice->former.length > ICE_SESSION_FORMER)
        g_free(g_queue_pop_tail(&ice->former));
}

// RFC 9110, section 13.1.1: "*", or a list of tags of which one is the same and not weak.
static bool tag_matches(const char *if_match, const char *tag)
{
    g_auto(GStrv) tags = g_strsplit(if_match, ",", 16);
    g_autofree char *own = g_strdup_printf("\"%s\"", tag ? tag : "");
    for (int i = 0; tags[i]; i++) {
        const char *given = g_strstrip(tags[i]);
        // The draft's own example quotes the star.
        if (strcmp(given, "*") == 0 || strcmp(given, "\"*\"") == 0 || strcmp(given, own) == 0)
            return true;
    }
    return false;
}

static bool is_former(const struct ice_session *ice, const char *name)
{
    return g_queue_find_custom((GQueue *)&ice->former, name, (GCompareFunc)strcmp) != NULL;
}

enum ice_verdict ice_session_judge(const struct ice_session *ice, const char *if_match,
                                   const struct fragment *fragment)
{
    if (if_match && !tag_matches(if_match, ice->ours))
        return ICE_STALE;
    if (!fragment->ufrag)
        return if_match || ice->former.length == 0 ? ICE_TRICKLE : ICE_UNCLEAR;
    if (g_strcmp0(fragment->ufrag, ice->theirs) == 0)
        return ICE_TRICKLE;
    return fragment->password && ice->theirs && !is_former(ice, fragment->ufrag) ? ICE_RESTART
                                                                                 : ICE_STALE;
}
