// SPDX-License-Identifier: GPL-3.0-or-later
// What strangers ask of the doors: read as it is meant, or refused with the status that fits.
#include "pipeline/doors/ask.h"

#include "common/error.h"
#include "tests/unit/fake_asserts.h"

// "ROOM KIND MODE TOKEN", or the status; arguments are separated by spaces.
static char *asked(const char *path, const char *arguments)
{
    struct ask ask;
    g_autoptr(GError) error = NULL;
    g_auto(GStrv) words = g_strsplit(arguments, " ", -1);
    if (!*arguments)
        g_clear_pointer(&words[0], g_free);
    if (!ask_read(&ask, path, (const char *const *)words, &error))
        return g_strdup_printf("%d", error->code);
    return g_strdup_printf("%s %s %s %s", ask.room, listener_kind_name(ask.kind),
                           stream_mode_name(ask.mode), ask.token);
}

static void good_requests_are_read(void **state)
{
    assert_text(asked("/v1/rooms/main/audio", ""), "main websocket balanced ");
    assert_text(asked("/v1/rooms/main/audio", "token=a.b format=opus"),
                "main websocket balanced a.b");
    assert_text(asked("/v1/rooms/main/audio", "format=s16 token=a mode=safe"), "main pcm safe a");
    assert_text(asked("/v1/rooms/a b/listen.webm", "mode=lowest token="), "a b webm lowest ");
    assert_text(asked("/v1/rooms/x/listen.ogg", "token=="), "x ogg balanced =");
}

static void others_are_refused(void **state)
{
    static const char *const cases[][3] = {
        {"", "", "404"},
        {"/", "", "404"},
        {"/v1/rooms/", "", "404"},
        {"/v1/rooms/main", "", "404"},
        {"/v1/rooms//audio", "", "404"},
        {"/v1/rooms/main/", "", "404"},
        {"/v1/rooms/main/audio/", "", "404"},
        {"/v1/rooms/main/listen.mp3", "", "404"},
        {"/v1/rooms/a/b/audio", "", "404"},
        {"v1/rooms/main/audio", "", "404"},
        {"/v1/rooms/main/audio", "mode=best", "422"},
        {"/v1/rooms/main/audio", "mode=", "422"},
        {"/v1/rooms/main/audio", "mode", "422"},
        {"/v1/rooms/main/audio", "=x", "422"},
        {"/v1/rooms/main/audio", "tokens=x", "422"},
        {"/v1/rooms/main/audio", "tok=x", "422"},
        {"/v1/rooms/main/audio", "token=x token=x", "422"},
        {"/v1/rooms/main/audio", "format=mp3", "422"},
        {"/v1/rooms/main/audio", "format=s16 format=opus", "422"},
        {"/v1/rooms/main/listen.ogg", "format=opus", "422"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++)
        assert_text(asked(cases[i][0], cases[i][1]), cases[i][2]);
    g_autofree char *name = g_strnfill(128, 'x');
    g_autofree char *path = g_strdup_printf("/v1/rooms/%s/audio", name);
    assert_text(asked(path, ""), "404");
    g_autofree char *token = g_strdup_printf("token=%s%s%s", name, name, "x");
    assert_text(asked("/v1/rooms/main/audio", token), "403");
}

// "clock T", "mode MODE", or what is wrong.
static char *said(const char *text)
{
    struct said said;
    g_autoptr(GError) error = NULL;
    g_autofree char *json = g_strdelimit(g_strdup(text), "'", '"');
    g_autofree char *t = NULL;
    if (said_read(&said, json, strlen(json), &error) && said.t)
        t = json_dumps(said.t, JSON_ENCODE_ANY);
    char *result = error ? g_strdup(error->message)
                   : said.type == SAID_CLOCK
                       ? g_strdup_printf("clock %s", t ? t : "")
                       : g_strdup_printf("mode %s", stream_mode_name(said.mode));
    said_clear(&said);
    return result;
}

static void messages_are_read_or_refused(void **state)
{
    assert_text(said("{'type':'clock'}"), "clock ");
    assert_text(said("{'type':'clock','t':5}"), "clock 5");
    assert_text(said("{'t':'x','type':'clock','more':[]}"), "clock \"x\"");
    assert_text(said("{'type':'mode','mode':'safe'}"), "mode safe");
    static const char *const cases[][2] = {
        {"", "a JSON object is expected"},
        {"[]", "a JSON object is expected"},
        {"{'type':'clock','type':'clock'}", "a JSON object is expected"},
        {"{}", "type must be clock or mode"},
        {"{'type':1}", "type must be clock or mode"},
        {"{'type':'clock','t':null}", "t must be a number, or a string of at most 64 bytes"},
        {"{'type':'mode'}", "mode is balanced, lowest or safe"},
        {"{'type':'mode','mode':7}", "mode is balanced, lowest or safe"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++)
        assert_text(said(cases[i][0]), cases[i][1]);
    g_autofree char *spaces = g_strnfill(ASK_MAX_SAID, ' ');
    g_autofree char *endless = g_strconcat("{}", spaces, NULL);
    assert_text(said(endless), "a message is at most 1024 bytes");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_requests_are_read),
        cmocka_unit_test(others_are_refused),
        cmocka_unit_test(messages_are_read_or_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
