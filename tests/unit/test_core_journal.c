// SPDX-License-Identifier: GPL-3.0-or-later
// What was said of late: kept, told, bounded. The fake's clock begins at 0 of the epoch.
#include "controller/core/journal.h"

#include "tests/unit/fake_asserts.h"

static void say(struct fake_session *f, const char *message)
{
    journal_note(f->session, LOG_INFO_LEVEL, "scsynth", message, NULL);
}

static void say_times(struct fake_session *f, int times)
{
    for (int i = 0; i < times; i++)
        say(f, "again");
}

static json_t *lines(struct fake_session *f, int count)
{
    g_autofree char *params = g_strdup_printf("{'count': %d}", count);
    struct fake_answer *answer = fake_call(f, "log.list", params);
    assert_int_equal(answer->status, 200);
    return json_object_get(answer->json, "lines");
}

static const char *last_message(struct fake_session *f)
{
    return json_string_value(json_object_get(json_array_get(lines(f, 1), 0), "message"));
}

static void a_line_is_kept_and_told(void **state)
{
    struct fake_session *f = *state;
    json_t *fields = json_pack("{s:s s:i s:[i]}", "name", "jackd", "pid", 7, "list", 1);
    journal_note(f->session, LOG_WARNING_LEVEL, "controller", "child.ended", fields);
    json_decref(fields);
    say(f, "late 0.1");
    journal_note(f->session, LOG_DEBUG_LEVEL, "controller", "http.library", NULL);
    assert_text(fake_events(f, "log"), "");
    fake_run(f, FAKE_MS(100));
    assert_text(fake_events(f, "log"),
                "log {\"number\":0,\"time\":1.700001e9,\"level\":\"warning\",\"source\":"
                "\"controller\",\"message\":\"child.ended\",\"fields\":{\"name\":\"jackd\",\"pid\":"
                "7,\"list\":\"[1]\"}} log/0\n"
                "log {\"number\":1,\"time\":1.700001e9,\"level\":\"info\",\"source\":\"scsynth\","
                "\"message\":\"late 0.1\"} log/1");
    // Once.
    fake_run(f, FAKE_MS(1000));
    assert_text(fake_events(f, "log"), "");
    assert_answer(fake_call(f, "log.list", "{'count': 1}"),
                  "200 {\"lines\":[{\"number\":1,\"time\":1.700001e9,\"level\":\"info\","
                  "\"source\":\"scsynth\",\"message\":\"late 0.1\"}]}");
    assert_int_equal(json_array_size(lines(f, 500)), 2);
}

static void five_hundred_are_kept(void **state)
{
    struct fake_session *f = *state;
    say_times(f, JOURNAL_MAX_LINES + 7);
    const json_t *all = lines(f, JOURNAL_MAX_LINES);
    assert_int_equal(json_array_size(all), JOURNAL_MAX_LINES);
    assert_int_equal(json_integer_value(json_object_get(json_array_get(all, 0), "number")), 7);
    assert_int_equal(fake_call(f, "log.list", "{'count': 501}")->status, 422);
    assert_int_equal(fake_call(f, "log.list", "{'count': 0}")->status, 422);
    assert_int_equal(
        json_array_size(json_object_get(fake_call(f, "log.list", NULL)->json, "lines")), 100);
}

static void so_many_at_once_are_told_and_the_rest_counted(void **state)
{
    struct fake_session *f = *state;
    say_times(f, JOURNAL_MAX_TOLD + 3);
    say(f, "the last");
    fake_run(f, FAKE_MS(100));
    g_autofree char *told = fake_events(f, "log");
    g_auto(GStrv) each = g_strsplit(told, "\n", -1);
    assert_int_equal(g_strv_length(each), JOURNAL_MAX_TOLD + 1);
    assert_string_equal(each[0],
                        "log {\"time\":1.700001e9,\"level\":\"warning\",\"source\":"
                        "\"controller\",\"message\":\"4 lines dropped here; log.list has the last "
                        "500\"} -");
    assert_non_null(strstr(each[1], "\"number\":4,"));
    assert_non_null(strstr(each[JOURNAL_MAX_TOLD], "the last"));
    // No more often than that.
    say(f, "soon");
    fake_run(f, FAKE_MS(50));
    assert_text(fake_events(f, "log"), "");
    fake_run(f, FAKE_MS(50));
    assert_has(fake_events(f, "log"), "\"soon\"");
}

// More than the ring holds are dropped, too.
static void a_flood_is_counted(void **state)
{
    struct fake_session *f = *state;
    say_times(f, 10 * JOURNAL_MAX_LINES);
    fake_run(f, FAKE_MS(100));
    assert_has(fake_events(f, "log"), "\"4980 lines dropped here;");
}

static void text_has_a_bound(void **state)
{
    struct fake_session *f = *state;
    g_autofree char *much = g_strnfill(JOURNAL_MAX_TEXT, 'x');
    say(f, much);
    assert_string_equal(last_message(f), much);
    g_autofree char *more = g_strconcat(much, "y", NULL);
    say(f, more);
    assert_int_equal(strlen(last_message(f)), JOURNAL_MAX_TEXT);
    assert_true(g_str_has_suffix(last_message(f), "xx…"));
    // Cut between two characters.
    g_autoptr(GString) wide = g_string_new(NULL);
    for (int i = 0; i < JOURNAL_MAX_TEXT; i++)
        g_string_append(wide, "ö");
    say(f, wide->str);
    assert_true(strlen(last_message(f)) <= JOURNAL_MAX_TEXT);
    assert_true(g_str_has_suffix(last_message(f), "öö…"));
    say(f, "\xff not text");
    assert_string_equal(last_message(f), "\xef\xbf\xbd not text");
}

static void fields_have_a_bound(void **state)
{
    struct fake_session *f = *state;
    json_t *fields = json_object();
    for (int i = 0; i < 2 * JOURNAL_MAX_FIELDS; i++) {
        g_autofree char *name = g_strdup_printf("f%d", i);
        json_object_set_new(fields, name, json_integer(i));
    }
    journal_note(f->session, LOG_ERROR_LEVEL, "controller", "much", fields);
    json_decref(fields);
    assert_int_equal(json_object_size(json_object_get(json_array_get(lines(f, 1), 0), "fields")),
                     JOURNAL_MAX_FIELDS);
}

static void secrets_are_hidden_wherever_they_are(void **state)
{
    struct fake_session *f = *state;
    journal_hide(&f->session->journal, "open sesame");
    journal_hide(&f->session->journal, "");
    journal_hide(&f->session->journal, NULL);
    g_autofree char *much = g_strnfill(JOURNAL_MAX_TEXT - 8, 'x');
    g_autofree char *cut = g_strconcat(much, "open sesame", NULL);
    json_t *fields =
        json_pack("{s:s s:[s]}", "a", "key=open sesame&open sesame", "b", "open sesame");
    journal_note(f->session, LOG_ERROR_LEVEL, "controller", "said open sesame", fields);
    json_decref(fields);
    say(f, cut);
    assert_has(fake_text(fake_call(f, "log.list", NULL)),
               "\"message\":\"said [hidden]\",\"fields\":{\"a\":\"key=[hidden]&[hidden]\","
               "\"b\":\"[\\\"[hidden]\\\"]\"}");
    assert_lacks(fake_text(fake_call(f, "log.list", NULL)), "open");
    // One that JSON writes otherwise.
    journal_hide(&f->session->journal, "a\"b\\c");
    fields = json_pack("{s:[s,{s:s}]}", "list", "of a\"b\\c", "a\"b\\c", "x");
    journal_note(f->session, LOG_ERROR_LEVEL, "controller", "quoted", fields);
    json_decref(fields);
    assert_has(fake_text(fake_call(f, "log.list", NULL)),
               "\"list\":\"[\\\"of [hidden]\\\",{\\\"[hidden]\\\":\\\"x\\\"}]\"");
}

// Telling fails, and says so, each time that it is told.
static void on_emit_again(void *data, const char *topic, const char *event, json_t *params,
                          const char *key)
{
    struct fake_session *f = data;
    if (strcmp(topic, "log") == 0) {
        g_ptr_array_add(f->events, g_strdup_printf("log log %s -", event));
        journal_note(f->session, LOG_ERROR_LEVEL, "controller", "telling.failed", NULL);
    }
    json_decref(params);
}

// Of a line that comes after a long silence nobody thinks that the loop had stood still.
static void a_line_after_a_silence_is_no_standstill(void **state)
{
    struct fake_session *f = *state;
    f->session->server_expected = false;
    fake_run(f, FAKE_MS(1000));
    assert_int_equal(f->session->tick_at, 0);
    f->now += FAKE_MS(10000);
    f->session->pipeline.linked = true;
    int64_t heard = f->session->pipeline.heard_at = f->now;
    say(f, "at last");
    assert_true(f->wake != 0 && f->wake < f->now);
    session_tick(f->session, f->now);
    assert_has(fake_events(f, "log"), "at last");
    assert_int_equal(f->session->pipeline.heard_at, heard);
}

static void what_telling_says_is_not_told(void **state)
{
    struct fake_session *f = *state;
    f->session->ports.emit = on_emit_again;
    say(f, "once");
    fake_run(f, FAKE_MS(2000));
    assert_text(fake_events(f, "log"), "log log -");
    assert_string_equal(last_message(f), "telling.failed");
    // Not later either: of the next one alone there is something to tell.
    say(f, "twice");
    fake_run(f, FAKE_MS(2000));
    assert_text(fake_events(f, "log"), "log log -");
    assert_int_equal(json_array_size(lines(f, 500)), 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        NEW(a_line_is_kept_and_told),
        NEW(five_hundred_are_kept),
        NEW(so_many_at_once_are_told_and_the_rest_counted),
        NEW(a_flood_is_counted),
        NEW(text_has_a_bound),
        NEW(fields_have_a_bound),
        NEW(secrets_are_hidden_wherever_they_are),
        NEW(a_line_after_a_silence_is_no_standstill),
        NEW(what_telling_says_is_not_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
