// SPDX-License-Identifier: GPL-3.0-or-later
#include "controller/core/metrics.h"

#include "tests/unit/fake_asserts.h"

static void the_table_reads_as_prometheus_wants_it(void **state)
{
    struct fake_session *f = *state;
    json_t *metrics = metrics_to_json(f->session);
    g_autofree char *text = metrics_to_text(metrics);
    json_decref(metrics);
    assert_has(g_strdup(text), "# HELP farfield_scsynth_up 1 while scsynth runs and answers.\n"
                               "# TYPE farfield_scsynth_up gauge\nfarfield_scsynth_up 1\n#");
    assert_has(g_strdup(text), "\nfarfield_room_listeners{room=\"main\"} 0\n");
    assert_has(g_strdup(text),
               "\nfarfield_process_cpu_seconds_total{process=\"controller\"} 1.5\n");
    assert_has(g_strdup(text),
               "\nfarfield_process_resident_bytes{process=\"controller\"} 2097152\n");
}

static void the_same_as_json(void **state)
{
    struct fake_session *f = *state;
    assert_has(fake_text(fake_call(f, "stats.show", NULL)),
               "{\"name\":\"farfield_rooms\",\"type\":\"gauge\",\"help\":\"Rooms.\",\"samples\":[{"
               "\"labels\":{},\"value\":1.0}]}");
}

static void labels_are_escaped(void **state)
{
    json_t *metrics = json_pack("{s:[{s:s s:s s:s s:[{s:{s:s s:s} s:f}]}]}", "metrics", "name", "x",
                                "type", "gauge", "help", "h", "samples", "labels", "a", "q\"b\\\nc",
                                "b", "", "value", 0.1);
    g_autofree char *text = metrics_to_text(metrics);
    json_decref(metrics);
    assert_text(g_strdup(text), "# HELP x h\n# TYPE x gauge\nx{a=\"q\\\"b\\\\\\nc\",b=\"\"} "
                                "0.10000000000000001\n");
}

int main(void)
{
#define RUNNING(test) cmocka_unit_test_setup_teardown(test, set_up_running, tear_down)
    const struct CMUnitTest tests[] = {
        RUNNING(the_table_reads_as_prometheus_wants_it),
        RUNNING(the_same_as_json),
        RUNNING(labels_are_escaped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
