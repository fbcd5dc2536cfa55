// SPDX-License-Identifier: GPL-3.0-or-later
// Tokens: what fits, and everything near it that does not.
#include "common/token.h"

#include "common/error.h"
#include "tests/unit/fake_asserts.h"

static char *check(const char *text, const char *room, const char *kind, gint64 now)
{
    g_autoptr(GError) error = NULL;
    char *listener = NULL;
    if (token_check("secret", text, room, kind, now, &listener, &error))
        return listener;
    assert_null(listener);
    return g_strdup_printf("%d", error->code);
}

#define CHECK(expected, ...)                                                                       \
    do {                                                                                           \
        g_autofree char *got = check(__VA_ARGS__);                                                 \
        assert_string_equal(got, expected);                                                        \
    } while (0)

static const struct token leave = {"main", "webm", "a0", 1000};

static void good_until_it_expires(void **state)
{
    g_autofree char *text = token_sign("secret", &leave);
    assert_true(g_str_has_prefix(text, "1000.a0."));
    assert_int_equal(strlen(text), strlen("1000.a0.") + 64);
    CHECK("a0", text, "main", "webm", 0);
    CHECK("a0", text, "main", "webm", 999);
    CHECK("401", text, "main", "webm", 1000);
    CHECK("401", text, "main", "webm", 5000);
}

static void of_a_recording_is_none_of_a_room(void **state)
{
    // Whatever they are called.
    struct token recording = {"main", "recording.audio", "a0", 1000};
    g_autofree char *text = token_sign("secret", &recording);
    CHECK("a0", text, "main", "recording.audio", 999);
    CHECK("403", text, "main", "webm", 999);
    g_autofree char *room = token_sign("secret", &leave);
    CHECK("403", room, "main", "recording.audio", 999);
}

static void good_for_nothing_else(void **state)
{
    g_autofree char *text = token_sign("secret", &leave);
    CHECK("403", text, "other", "webm", 0);
    CHECK("403", text, "main", "ogg", 0);
    CHECK("403", text, "main\n", "webm", 0);
    g_autofree char *forged = token_sign("Secret", &leave);
    CHECK("403", forged, "main", "webm", 0);
    g_autofree char *longer = g_strconcat("1", text, NULL);
    CHECK("403", longer, "main", "webm", 0);
    g_autofree char *more = g_strconcat(text, ".", NULL);
    CHECK("403", more, "main", "webm", 0);
    // Every single character counts.
    for (char *at = text; *at; at++) {
        char was = *at;
        *at = was == '1' ? '2' : '1';
        CHECK("403", text, "main", "webm", 0);
        *at = was;
    }
    CHECK("a0", text, "main", "webm", 0);
}

static void nonsense_is_refused(void **state)
{
    CHECK("401", NULL, "main", "webm", 0);
    CHECK("401", "", "main", "webm", 0);
    static const char *const texts[] = {
        ".",        "..",     "...",       "1000",
        "1000.a0",  "-1.a0.", "1e3.a0.00", "99999999999999999999.a0.00",
        "\xff\xfe", "%s%n"};
    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++)
        CHECK("403", texts[i], "main", "webm", 0);
    g_autofree char *endless = g_strnfill(100000, '1');
    CHECK("403", endless, "main", "webm", 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_until_it_expires),
        cmocka_unit_test(of_a_recording_is_none_of_a_room),
        cmocka_unit_test(good_for_nothing_else),
        cmocka_unit_test(nonsense_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
