// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/agent.h"

#include <glib.h>
#include <string.h>

// All browsers say they are Mozilla, and most that they are Chrome and Safari too: the first of
// these that is found is what it is.
static const struct {
    const char *product, *name;
} browsers[] = {
    {"Edg/", "Edge"},        {"OPR/", "Opera"},
    {"Firefox/", "Firefox"}, {"HeadlessChrome/", "Chromium"},
    {"Chrome/", "Chromium"}, {"CriOS/", "Chrome"},
    {"FxiOS/", "Firefox"},   {"Version/", "Safari"},
};

static char *browser(const char *text)
{
    for (gsize i = 0; i < G_N_ELEMENTS(browsers); i++) {
        const char *found = strstr(text, browsers[i].product);
        if (!found)
            continue;
        const char *version = found + strlen(browsers[i].product);
        return g_strdup_printf("%s %.*s", browsers[i].name, (int)strspn(version, G_CSET_DIGITS),
                               version);
    }
    return g_strdup("a browser");
}

// "mpv 0.35.0" of "mpv/0.35.0 (linux)"; what is no product at all stays as it is.
static char *product(const char *text)
{
    gsize length = strcspn(text, " ");
    const char *slash = memchr(text, '/', length);
    if (!slash)
        return g_strdup(text);
    return g_strdup_printf("%.*s %.*s", (int)(slash - text), text,
                           (int)(length - (slash - text) - 1), slash + 1);
}

char *agent_name(const char *text)
{
    if (!text)
        return NULL;
    g_autofree char *valid = g_utf8_make_valid(text, -1);
    g_autofree char *name = g_str_has_prefix(valid, "Mozilla/") ? browser(valid) : product(valid);
    GString *clean = g_string_new(NULL);
    int count = 0;
    for (const char *c = name; *c && count < AGENT_MAX; c = g_utf8_next_char(c)) {
        if (!g_unichar_isprint(g_utf8_get_char(c)))
            continue;
        g_string_append_unichar(clean, g_utf8_get_char(c));
        count++;
    }
    g_strstrip(clean->str);
    if (*clean->str)
        return g_string_free(clean, FALSE);
    g_string_free(clean, TRUE);
    return NULL;
}
