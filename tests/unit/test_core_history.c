// SPDX-License-Identifier: GPL-3.0-or-later
// The last ten minutes in figures.
#include "controller/core/history.h"

#include "tests/unit/fake_asserts.h"

static void begin(struct fake_session *f)
{
    f->session->history.interval = HISTORY_INTERVAL;
    fake_pass(f, 0);
}

static const json_t *figures(struct fake_session *f)
{
    struct fake_answer *answer = fake_call(f, "server.history", NULL);
    assert_int_equal(answer->status, 200);
    return json_object_get(answer->json, "figures");
}

static void a_figure_tells_how_it_is(void **state)
{
    struct fake_session *f = *state;
    fake_reply(f, "/status.reply 1 20 3 2 30 1.5 2.5 48000.0 48001.0");
    session_on_output(f->session, "late 0.1", f->now);
    session_on_output(f->session, "alloc failed", f->now);
    fake_pipeline_says(f, "{'type': 'capture', 'capture': {'jack': true, 'rate': 48000, "
                          "'connected': 2, 'xruns': 4}}");
    fake_forget(f);
    begin(f);
    assert_has(fake_events(f, "history"),
               "\"cpu\":1.5,\"cpu_peak\":2.5,\"synths\":3,\"ugens\":20,\"groups\":2,\"late\":1,"
               "\"failures\":1,\"xruns\":4,\"memory\":2097152.0,\"listeners\":0,\"loss\":null,"
               "\"delay\":null}");
    assert_has(fake_text(fake_call(f, "server.history", NULL)),
               "200 {\"interval\":2.0,\"figures\":[{\"time\":1.7");
}

static void one_each_two_seconds_for_ten_minutes(void **state)
{
    struct fake_session *f = *state;
    begin(f);
    assert_int_equal(json_array_size(figures(f)), 1);
    for (int i = 1; i < HISTORY_MAX; i++) {
        fake_pass(f, HISTORY_INTERVAL - 1);
        assert_int_equal(json_array_size(figures(f)), i);
        fake_pass(f, 1);
        assert_int_equal(json_array_size(figures(f)), i + 1);
    }
    double first = json_number_value(json_object_get(json_array_get(figures(f), 0), "time"));
    fake_pass(f, HISTORY_INTERVAL);
    assert_int_equal(json_array_size(figures(f)), HISTORY_MAX);
    assert_float_equal(json_number_value(json_object_get(json_array_get(figures(f), 0), "time")),
                       first + 2, 1e-3);
}

static void the_loop_is_asked_to_come_by(void **state)
{
    struct fake_session *f = *state;
    begin(f);
    fake_forget(f);
    fake_run(f, 3 * HISTORY_INTERVAL);
    g_autofree char *told = fake_events(f, "history");
    g_auto(GStrv) each = g_strsplit(told, "\n", -1);
    assert_int_equal(g_strv_length(each), 3);
}

// What it had is not what is now; counts go on.
static void a_lost_scsynth_has_no_load(void **state)
{
    struct fake_session *f = *state;
    fake_reply(f, "/status.reply 1 20 3 2 30 1.5 2.5 48000.0 48001.0");
    session_on_output(f->session, "late 0.1", f->now);
    session_server_gone(f->session, true, f->now);
    fake_forget(f);
    begin(f);
    assert_has(fake_events(f, "history"), "\"cpu\":0.0,\"cpu_peak\":0.0,\"synths\":0,\"ugens\":0,"
                                          "\"groups\":0,\"late\":1,");
}

static void listeners_tell_of_delay_and_loss(void **state)
{
    struct fake_session *f = *state;
    struct client *a = fake_connect(f, "a", true);
    fake_pipeline_says(f, "{'type': 'pipeline.hello', 'listeners': []}");
    for (int i = 0; i < 2; i++) {
        fake_receive(f, a, "{'jsonrpc': '2.0', 'id': 1, 'method': 'webrtc.listen'}");
        const char *told = strstr(f->link->pdata[f->link->len - 1], "\"listener\":\"");
        g_autofree char *id = g_strndup(told + 12, 32);
        g_autofree char *report = g_strdup_printf(
            "{'jsonrpc': '2.0', 'id': 1, 'method': 'listener.report', 'params': {'id': '%s', "
            "'delay': %s}}",
            id, i ? "0.3" : "0.1");
        fake_receive(f, a, report);
    }
    fake_forget(f);
    begin(f);
    assert_has(fake_events(f, "history"), "\"listeners\":2,\"loss\":null,\"delay\":0.2}");
    // Of those who have long been silent nothing is known.
    fake_pass(f, 10500000);
    assert_has(fake_events(f, "history"), "\"delay\":null}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUNNING(a_figure_tells_how_it_is),         RUNNING(one_each_two_seconds_for_ten_minutes),
        RUNNING(the_loop_is_asked_to_come_by),     RUNNING(a_lost_scsynth_has_no_load),
        RUNNING(listeners_tell_of_delay_and_loss),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
