// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/agent.h"

#include <string.h>

#include "tests/unit/fake_asserts.h"

static void is_named(const char *text, const char *name)
{
    g_autofree char *found = agent_name(text);
    if (g_strcmp0(found, name) != 0)
        fail_msg("%s is called %s, not %s", text, found, name);
}

static void programs_are_called_as_people_call_them(void **state)
{
#define GECKO "AppleWebKit/537.36 (KHTML, like Gecko) "
    is_named("Mozilla/5.0 (X11; Linux x86_64) " GECKO "Chrome/156.0.0.0 Safari/537.36",
             "Chromium 156");
    is_named("Mozilla/5.0 (X11; Linux x86_64) " GECKO "HeadlessChrome/156.0.0.0 Safari/537.36",
             "Chromium 156");
    is_named("Mozilla/5.0 (Windows NT 10.0) " GECKO "Chrome/156.0 Safari/537.36 Edg/156.0.1",
             "Edge 156");
    is_named("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
             "Firefox 140");
    is_named("Mozilla/5.0 (Macintosh) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.2 "
             "Safari/605.1.15",
             "Safari 18");
    is_named("Mozilla/5.0 (something new)", "a browser");
    is_named("mpv/0.35.0 (linux)", "mpv 0.35.0");
    is_named("VLC/3.0.18 LibVLC/3.0.18", "VLC 3.0.18");
    is_named("mpv 0.35.0", "mpv 0.35.0");
    is_named("node", "node");
}

static void names_are_clean_and_short(void **state)
{
    is_named(NULL, NULL);
    is_named("", NULL);
    is_named(" \n\t ", NULL);
    is_named("one\nline\x01\x7f", "oneline");
    is_named("caf\xc3\xa9", "caf\xc3\xa9");
    g_autofree char *bad = agent_name("\xff\xfe");
    assert_true(bad && g_utf8_validate(bad, -1, NULL));
    g_autofree char *many = g_strnfill(5000, 'x');
    g_autofree char *cut = agent_name(many);
    assert_int_equal(strlen(cut), AGENT_MAX);
    is_named("/", NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(programs_are_called_as_people_call_them),
        cmocka_unit_test(names_are_clean_and_short),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
