// SPDX-License-Identifier: GPL-3.0-or-later
// Of each control only the latest value leaves, and nothing overtakes what it follows.
#include "tests/unit/fake_asserts.h"

static int set_up_synths(void **state)
{
    set_up_running(state);
    struct fake_session *f = *state;
    fake_call(f, "synth.new", "{'synthdef': 'sine'}");
    fake_call(f, "synth.new", "{'synthdef': 'chord'}");
    fake_run(f, FAKE_MS(2));
    fake_reply(f, "/n_go 1000 1 -1 -1 0");
    fake_reply(f, "/n_go 1001 1 1000 -1 0");
    fake_reply(f, "/synced 3");
    fake_run(f, FAKE_MS(100));
    fake_forget(f);
    return 0;
}

static void set(struct fake_session *f, int id, const char *control, double value)
{
    g_autofree char *params =
        g_strdup_printf("{'id': %d, 'controls': {'%s': %g}}", id, control, value);
    fake_notify(f, "node.set", params);
}

static void a_thousand_changes_are_one_message(void **state)
{
    struct fake_session *f = *state;
    for (int i = 0; i < 1000; i++)
        set(f, 1000, i % 2 ? "freq" : "amp", i);
    assert_sent(f, "/n_set 1000 freq 999f amp 998f");
    assert_sent(f, "");
}

static void a_slider_costs_one_message_a_millisecond(void **state)
{
    struct fake_session *f = *state;
    for (int i = 0; i < 10000; i++) {
        set(f, 1000, "freq", i);
        fake_run(f, 10);
    }
    fake_run(f, FAKE_MS(2));
    assert_in_range(f->sent->len, 95, 102);
    assert_string_equal(f->sent->pdata[f->sent->len - 1], "/n_set 1000 freq 9999f");
}

static void the_first_change_leaves_at_once(void **state)
{
    struct fake_session *f = *state;
    set(f, 1000, "freq", 1);
    assert_true(f->wake <= f->now);
    session_tick(f->session, f->now);
    assert_text(fake_sent(f), "/n_set 1000 freq 1f");
}

static void several_nodes_leave_in_the_order_of_their_first_change(void **state)
{
    struct fake_session *f = *state;
    set(f, 1001, "amp", 1);
    set(f, 1000, "amp", 2);
    set(f, 1001, "amp", 3);
    assert_sent(f, "/n_set 1001 amp 3f; /n_set 1000 amp 2f");
}

static void nothing_overtakes_a_new_node(void **state)
{
    struct fake_session *f = *state;
    set(f, 1000, "freq", 1);
    fake_notify(f, "synth.new", "{'synthdef': 'plain', 'target': 1000, 'action': 'after'}");
    set(f, 1000, "freq", 2);
    fake_notify(f, "node.run", "{'id': 1000, 'run': false}");
    set(f, 1000, "freq", 3);
    assert_sent(f, "/n_set 1000 freq 1f; /s_new plain 1002 3 1000; /n_set 1000 freq 2f; "
                   "/n_run 1000 0; /n_set 1000 freq 3f; /sync 4");
}

static void nothing_follows_the_end_of_a_node(void **state)
{
    struct fake_session *f = *state;
    set(f, 1000, "freq", 1);
    fake_notify(f, "node.free", "{'id': 1000}");
    set(f, 1001, "amp", 1);
    assert_sent(f, "/n_set 1000 freq 1f; /n_free 1000; /n_set 1001 amp 1f; /sync 4");
    set(f, 1000, "freq", 2);
    fake_reply(f, "/n_end 1000 1 -1 1001 0");
    assert_sent(f, "");
}

static void arrays_go_by_index(void **state)
{
    struct fake_session *f = *state;
    fake_notify(f, "node.set", "{'id': 1001, 'controls': {'freqs': [5, 6], 'amp': 1}}");
    fake_notify(f, "node.set", "{'id': 1001, 'controls': {'freqs': [7]}}");
    assert_sent(f, "/n_set 1001 0 7f 1 6f amp 1f");
}

static void a_trigger_is_over_when_it_has_left(void **state)
{
    struct fake_session *f = *state;
    set(f, 1001, "t_hit", 1);
    assert_true(tree_find(&f->session->tree, 1001)->values[3] == 1);
    assert_sent(f, "/n_set 1001 t_hit 1f");
    assert_true(tree_find(&f->session->tree, 1001)->values[3] == 0);
    set(f, 1001, "t_hit", 1);
    assert_sent(f, "/n_set 1001 t_hit 1f");
}

static void the_same_value_again_is_sent_again(void **state)
{
    struct fake_session *f = *state;
    set(f, 1000, "freq", 440);
    assert_sent(f, "/n_set 1000 freq 440f");
}

static void a_large_value_keeps_its_bits(void **state)
{
    struct fake_session *f = *state;
    fake_notify(f, "node.set",
                "{'id': 1000, 'controls': {'freq': 3.4028234e38, 'amp': 16777217, 'out': -0.1}}");
    assert_sent(f, "/n_set 1000 out -0.1f freq 3.402823e+38f amp 1.677722e+07f");
    assert_true(tree_find(&f->session->tree, 1000)->values[2] == 16777216.0f);
}

int main(void)
{
#define SYNTHS(test) cmocka_unit_test_setup_teardown(test, set_up_synths, tear_down)
    const struct CMUnitTest tests[] = {
        SYNTHS(a_thousand_changes_are_one_message),
        SYNTHS(a_slider_costs_one_message_a_millisecond),
        SYNTHS(the_first_change_leaves_at_once),
        SYNTHS(several_nodes_leave_in_the_order_of_their_first_change),
        SYNTHS(nothing_overtakes_a_new_node),
        SYNTHS(nothing_follows_the_end_of_a_node),
        SYNTHS(arrays_go_by_index),
        SYNTHS(a_trigger_is_over_when_it_has_left),
        SYNTHS(the_same_value_again_is_sent_again),
        SYNTHS(a_large_value_keeps_its_bits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
