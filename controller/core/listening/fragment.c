// SPDX-License-Identifier: GPL-3.0-or-later
#include "controller/core/listening/fragment.h"

#include <string.h>

#include "common/ice.h"

#define MAX_SECTIONS 64
#define MAX_CANDIDATE 1024 // bytes
#define MAX_MID 64

static void candidate_destroy(gpointer data)
{
    struct fragment_candidate *candidate = data;
    g_free(candidate->text);
    g_free(candidate->mid);
    g_free(candidate);
}

void fragment_destroy(struct fragment *fragment)
{
    if (!fragment)
        return;
    g_free(fragment->ufrag);
    g_free(fragment->password);
    g_ptr_array_unref(fragment->candidates);
    g_free(fragment);
}

static const char *after(const char *line, const char *name)
{
    return g_str_has_prefix(line, name) ? line + strlen(name) : NULL;
}

// Every section of a bundle may repeat the same word; another would be of another transport.
static bool set_word(char **word, const char *value, bool (*fits)(const char *text))
{
    if (!fits(value) || (*word && strcmp(*word, value) != 0))
        return false;
    if (!*word)
        *word = g_strdup(value);
    return true;
}

struct reader {
    struct fragment *fragment;
    int mline;       // index of the section, -1 before the first
    const char *mid; // borrowed: of the section, or NULL
};

static void add_candidate(struct reader *reader, const char *text)
{
    GPtrArray *candidates = reader->fragment->candidates;
    if (candidates->len == FRAGMENT_MAX_CANDIDATES || strlen(text) > MAX_CANDIDATE)
        return;
    struct fragment_candidate *candidate = g_new0(struct fragment_candidate, 1);
    candidate->text = g_strdup(text);
    candidate->mid = g_strdup(reader->mid);
    candidate->mline = MAX(reader->mline, 0);
    g_ptr_array_add(candidates, candidate);
}

static bool is_line(const char *line)
{
    if (!g_ascii_islower(line[0]) || line[1] != '=' || !g_utf8_validate(line, -1, NULL))
        return false;
    for (const char *c = line; *c; c++)
        if (g_ascii_iscntrl(*c))
            return false;
    return true;
}

// NULL, or what is wrong.
static const char *read_line(struct reader *reader, const char *line)
{
    const char *value;
    if (!is_line(line))
        return "a line is not \"x=...\"";
    if (g_str_has_prefix(line, "m=")) {
        reader->mid = NULL;
        if (++reader->mline == MAX_SECTIONS)
            return "there are too many media sections";
    } else if ((value = after(line, "a=mid:"))) {
        reader->mid = value;
        if (strlen(value) > MAX_MID)
            return "a mid is too long";
    } else if ((value = after(line, "a=ice-ufrag:"))) {
        if (!set_word(&reader->fragment->ufrag, value, ice_is_ufrag))
            return "ice-ufrag must be one word of 4 to 256 letters, digits, + or /";
    } else if ((value = after(line, "a=ice-pwd:"))) {
        if (!set_word(&reader->fragment->password, value, ice_is_password))
            return "ice-pwd must be one word of 22 to 256 letters, digits, + or /";
    } else if (g_str_has_prefix(line, "a=candidate:")) {
        add_candidate(reader, line + strlen("a="));
    }
    return NULL;
}

static const char *read_lines(struct fragment *fragment, char **lines)
{
    struct reader reader = {.fragment = fragment, .mline = -1};
    const char *wrong = NULL;
    for (int i = 0; lines[i] && !wrong; i++) {
        size_t end = strlen(lines[i]);
        if (end > 0 && lines[i][end - 1] == '\r')
            lines[i][--end] = '\0';
        if (end > 0 || lines[i + 1])
            wrong = read_line(&reader, lines[i]);
    }
    if (!wrong && fragment->password && !fragment->ufrag)
        return "ice-pwd comes without ice-ufrag";
    return wrong;
}

struct fragment *fragment_read(const char *text, struct problem **problem)
{
    struct fragment *fragment = g_new0(struct fragment, 1);
    fragment->candidates = g_ptr_array_new_with_free_func(candidate_destroy);
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    const char *wrong = read_lines(fragment, lines);
    if (!wrong)
        return fragment;
    *problem = problem_new(422, "SDP fragment: %s", wrong);
    fragment_destroy(fragment);
    return NULL;
}

char *fragment_find_ufrag(const char *sdp)
{
    static const char name[] = "a=ice-ufrag:";
    const char *found = strstr(sdp, name);
    if (!found)
        return NULL;
    found += strlen(name);
    char *word = g_strndup(found, strcspn(found, "\r\n"));
    if (ice_is_ufrag(word))
        return word;
    g_free(word);
    return NULL;
}
