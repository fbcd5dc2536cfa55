// SPDX-License-Identifier: GPL-3.0-or-later
// One event a line on stderr, as text or as JSON.
#include "common/log.h"

#include <fcntl.h>
#include <jansson.h>
#include <unistd.h>

#include "tests/unit/fake_asserts.h"

struct tape {
    int fd, stderr_fd;
};

static int set_up_tape(void **state)
{
    struct tape *tape = g_new0(struct tape, 1);
    tape->stderr_fd = dup(STDERR_FILENO);
    g_autofree char *path = NULL;
    tape->fd = g_file_open_tmp("farfield-XXXXXX", &path, NULL);
    unlink(path);
    dup2(tape->fd, STDERR_FILENO);
    *state = tape;
    return 0;
}

static int tear_down_tape(void **state)
{
    struct tape *tape = *state;
    if (tape->stderr_fd >= 0) {
        dup2(tape->stderr_fd, STDERR_FILENO);
        close(tape->stderr_fd);
    }
    close(tape->fd);
    g_free(tape);
    return 0;
}

// What was written, each line without its time. stderr is itself again from then on.
static char *written(struct tape *tape)
{
    char bytes[65536];
    ssize_t length = pread(tape->fd, bytes, sizeof bytes - 1, 0);
    dup2(tape->stderr_fd, STDERR_FILENO);
    bytes[length] = '\0';
    g_auto(GStrv) lines = g_strsplit(bytes, "\n", -1);
    GString *text = g_string_new(NULL);
    for (int i = 0; lines[i] && *lines[i]; i++) {
        assert_true(strlen(lines[i]) > 28 && lines[i][10] == 'T' && lines[i][26] == 'Z');
        g_string_append_printf(text, "%s\n", lines[i] + 28);
    }
    return g_string_free(text, FALSE);
}

static void events_are_lines_of_text(void **state)
{
    log_setup("tester", LOG_INFO_LEVEL, false);
    log_info("a.plain", NULL);
    log_warning("a.fields", "{s:i s:s s:s s:b s:f}", "n", 5, "word", "bare", "words",
                "two \"quoted\"\nlines", "flag", 1, "number", 0.5);
    log_error("a.empty", "{s:s s:n}", "text", "", "nothing");
    log_debug("a.debug", NULL);
    assert_text(written(*state),
                "tester info a.plain\n"
                "tester warning a.fields n=5 word=bare words=\"two \\\"quoted\\\"\\nlines\" "
                "flag=true number=0.5\n"
                "tester error a.empty text=\"\" nothing=null\n");
}

static void events_are_objects(void **state)
{
    struct tape *tape = *state;
    log_setup("tester", LOG_DEBUG_LEVEL, true);
    log_debug("a.fields", "{s:i s:s}", "n", 5, "text", "two\nlines");
    // A field may not pass for the event's own.
    log_debug("a.fields", "{s:s}", "event", "other");
    char bytes[4096];
    ssize_t length = pread(tape->fd, bytes, sizeof bytes - 1, 0);
    dup2(tape->stderr_fd, STDERR_FILENO);
    bytes[length] = '\0';
    g_auto(GStrv) lines = g_strsplit(bytes, "\n", -1);
    assert_int_equal(g_strv_length(lines), 3);
    json_t *first = json_loads(lines[0], 0, NULL), *second = json_loads(lines[1], 0, NULL);
    assert_string_equal(json_string_value(json_object_get(first, "level")), "debug");
    assert_string_equal(json_string_value(json_object_get(first, "program")), "tester");
    assert_string_equal(json_string_value(json_object_get(first, "event")), "a.fields");
    assert_int_equal(json_integer_value(json_object_get(first, "n")), 5);
    assert_string_equal(json_string_value(json_object_get(first, "text")), "two\nlines");
    assert_string_equal(json_string_value(json_object_get(second, "event")), "a.fields");
    json_decref(first);
    json_decref(second);
}

static void what_cannot_be_packed_is_still_an_event(void **state)
{
    log_setup("tester", LOG_INFO_LEVEL, false);
    log_info("a.bytes", "{s:s}", "text", "\xff\xfe");
    assert_text(written(*state), "tester info a.bytes fields=unprintable\n");
}

static void glib_s_messages_are_events_too(void **state)
{
    log_setup("tester", LOG_INFO_LEVEL, false);
    g_log("lib", G_LOG_LEVEL_WARNING, "it is %d", 5);
    assert_text(written(*state), "tester warning glib domain=lib message=\"it is 5\"\n");
}

static void a_closed_stderr_stops_nothing(void **state)
{
    log_setup("tester", LOG_INFO_LEVEL, false);
    close(STDERR_FILENO);
    log_info("a.plain", NULL);
    assert_text(written(*state), "");
}

// Who taps hears what is written, of its own thread alone.
static void on_tapped(void *data, enum log_level level, const char *event, const json_t *fields)
{
    char *text = fields ? json_dumps(fields, JSON_COMPACT) : NULL;
    g_string_append_printf(data, "%s %s %s; ", log_level_name(level), event, text ? text : "-");
    free(text);
}

static gpointer log_elsewhere(gpointer data)
{
    log_error("a.thread", NULL);
    return NULL;
}

static void a_tap_hears_what_is_written(void **state)
{
    g_autoptr(GString) heard = g_string_new(NULL);
    log_setup("tester", LOG_INFO_LEVEL, false);
    log_tap(on_tapped, heard);
    log_info("a.plain", NULL);
    log_debug("a.silence", NULL);
    log_error("a.fields", "{s:i}", "n", 5);
    g_thread_join(g_thread_new("other", log_elsewhere, NULL));
    log_tap(NULL, NULL);
    log_error("a.late", NULL);
    assert_string_equal(heard->str, "info a.plain -; error a.fields {\"n\":5}; ");
    assert_has(written(*state), "tester error a.thread\n");
}

static void levels_have_names(void **state)
{
    assert_string_equal(log_level_name(LOG_WARNING_LEVEL), "warning");
    assert_int_equal(log_level_from("error"), LOG_ERROR_LEVEL);
    assert_int_equal(log_level_from("warning"), LOG_WARNING_LEVEL);
    assert_int_equal(log_level_from("debug"), LOG_DEBUG_LEVEL);
    assert_int_equal(log_level_from("anything"), LOG_INFO_LEVEL);
    assert_int_equal(log_level_from(NULL), LOG_INFO_LEVEL);
}

int main(void)
{
#define TAPED(test) cmocka_unit_test_setup_teardown(test, set_up_tape, tear_down_tape)
    const struct CMUnitTest tests[] = {
        TAPED(events_are_lines_of_text),
        TAPED(events_are_objects),
        TAPED(what_cannot_be_packed_is_still_an_event),
        TAPED(glib_s_messages_are_events_too),
        TAPED(a_closed_stderr_stops_nothing),
        TAPED(a_tap_hears_what_is_written),
        cmocka_unit_test(levels_have_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
