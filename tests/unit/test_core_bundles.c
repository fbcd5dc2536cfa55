// SPDX-License-Identifier: GPL-3.0-or-later
// Several commands at one time, all or none; what is planned; the clock and the buses.
#include <math.h>

#include "controller/core/clock.h"
#include "controller/core/session_own.h"
#include "tests/unit/fake_asserts.h"

#define SINE "{'method': 'synth.new', 'params': {'synthdef': 'sine'}}"

static void commands_leave_as_one_bundle(void **state)
{
    struct fake_session *f = *state;
    struct fake_answer *a =
        fake_call(f, "bundle.send",
                  "{'commands': [{'method': 'group.new'}, {'method': 'synth.new', 'params': "
                  "{'synthdef': 'sine', 'target': '$0'}}, {'method': 'node.set', 'params': {'id': "
                  "'$1', 'controls': {'freq': 330}}}]}");
    assert_text(fake_sent(f), "/g_new 1000 0 1; /s_new sine 1001 0 1000; /n_set 1001 freq 330f");
    assert_waiting(a);
    assert_tree(f, "0(1() 2)");
    assert_sent(f, "/sync 3");
    fake_reply(f, "/n_go 1000 1 -1 -1 1 -1 -1");
    fake_reply(f, "/n_go 1001 1000 -1 -1 0");
    assert_waiting(a);
    fake_reply(f, "/synced 3");
    assert_has(fake_text(a), "\"failed\":0");
    assert_has(fake_text(a), "\"freq\":330");
    assert_tree(f, "0(1(1000(1001)) 2)");
}

static void one_wrong_command_undoes_all(void **state)
{
    struct fake_session *f = *state;
    fake_call(f, "synth.new", "{'synthdef': 'sine'}");
    fake_reply(f, "/n_go 1000 1 -1 -1 0");
    fake_run(f, FAKE_MS(50));
    fake_forget(f);
    struct fake_answer *a =
        fake_call(f, "bundle.send",
                  "{'commands': [{'method': 'node.set', 'params': {'id': 1000, 'controls': "
                  "{'freq': 1}}}, " SINE ", {'method': 'node.release', 'params': {'id': 1000}}, "
                  "{'method': 'node.free', 'params': {'id': 7}}]}");
    assert_answer(a, "422 the bundle was refused; nothing has happened; commands[3]: there is no "
                     "node 7");
    assert_sent(f, "");
    const struct node *node = tree_find(&f->session->tree, 1000);
    assert_true(node->values[1] == 440 && !node->releasing);
    assert_int_equal(f->session->tree.planned, 0);
    assert_null(tree_find(&f->session->tree, 1001));
}

static void what_scsynth_refuses_is_told_by_command(void **state)
{
    struct fake_session *f = *state;
    struct fake_answer *a = fake_call(f, "bundle.send", "{'commands': [" SINE ", " SINE "]}");
    fake_run(f, FAKE_MS(2));
    fake_reply(f, "/fail /s_new 'duplicate node ID'");
    assert_waiting(a);
    fake_reply(f, "/n_go 1001 1 -1 -1 0");
    assert_has(fake_text(a), "\"failed\":1");
    assert_has(fake_text(a), "duplicate node ID");
    assert_tree(f, "0(1(1001) 2)");
    assert_int_equal(f->session->tree.planned, 0);
}

static void a_bundle_of_later_is_given_to_scsynth_in_time(void **state)
{
    struct fake_session *f = *state;
    struct fake_answer *a = fake_call(f, "bundle.send", "{'in': 2, 'commands': [" SINE "]}");
    assert_has(fake_text(a), "\"results\":[{\"id\":1000}]");
    assert_has(fake_text(a), "\"scheduled\":true");
    fake_run(f, FAKE_MS(1700));
    assert_text(fake_sent(f), "");
    fake_run(f, FAKE_MS(100));
    assert_text(fake_sent(f), "@0.250 /s_new sine 1000 0 1");
    assert_has(fake_text(fake_call(f, "bundle.cancel", "{'bundle': 1}")), "409 scsynth has");
    fake_run(f, FAKE_MS(200));
    fake_reply(f, "/n_go 1000 1 -1 -1 0");
    fake_run(f, FAKE_MS(30));
    assert_has(fake_events(f, "bundles"), "bundle.done {\"bundle\":1,");
    assert_has(fake_text(fake_call(f, "bundle.list", NULL)), "\"bundles\":[]");
}

static void a_change_takes_effect_when_its_time_has_come(void **state)
{
    struct fake_session *f = *state;
    fake_call(f, "synth.new", "{'synthdef': 'sine'}");
    fake_reply(f, "/n_go 1000 1 -1 -1 0");
    fake_call(f, "bundle.send",
              "{'in': 1, 'commands': [{'method': 'node.set', 'params': {'id': 1000, 'controls': "
              "{'freq': 1, 'amp': 0}}}, {'method': 'node.map', 'params': {'id': 1000, 'controls': "
              "{'out': 'a7'}}}, {'method': 'node.release', 'params': {'id': 1000}}]}");
    const struct node *node = tree_find(&f->session->tree, 1000);
    fake_run(f, FAKE_MS(900));
    assert_has(fake_sent(f), "/n_set 1000 freq 1f amp 0f; /n_mapa 1000 0 7; /n_set 1000 gate 0f");
    assert_true(node->values[1] == 440 && node->maps[0] == MAP_NONE && !node->releasing);
    fake_run(f, FAKE_MS(200));
    assert_true(node->values[1] == 1 && node->values[3] == 0 && node->maps[0] == MAP_AUDIO(7));
    assert_true(node->releasing);
}

static void what_is_planned_can_be_spoken_of_by_later_bundles_only(void **state)
{
    struct fake_session *f = *state;
    fake_call(f, "bundle.send", "{'in': 2, 'commands': [" SINE "]}");
    assert_answer(fake_call(f, "node.set", "{'id': 1000, 'controls': {'freq': 1}}"),
                  "409 node 1000 will not have started by then");
    assert_has(fake_text(fake_call(f, "bundle.send",
                                   "{'in': 1, 'commands': [{'method': 'node.free', 'params': "
                                   "{'id': 1000}}]}")),
               "422");
    assert_has(fake_text(fake_call(f, "bundle.send",
                                   "{'in': 3, 'commands': [{'method': 'node.free', 'params': "
                                   "{'id': 1000}}]}")),
               "200");
    assert_has(fake_text(fake_call(f, "node.show", "{'id': 1000}")), "\"planned\":true");
    assert_lacks(fake_text(fake_call(f, "node.list", NULL)), "\"id\":1000");
}

static void no_group_moves_below_itself_whatever_the_order(void **state)
{
    struct fake_session *f = *state;
    fake_call(f, "group.new", NULL);
    fake_call(f, "group.new", NULL);
    fake_reply(f, "/n_go 1000 1 -1 -1 1 -1 -1");
    fake_reply(f, "/n_go 1001 1 1000 -1 1 -1 -1");
    fake_run(f, FAKE_MS(5));
    static const char there[] = "{'method': 'node.move', 'params': {'id': 1000, 'target': 1001}}";
    static const char back[] = "{'id': 1001, 'target': 1000}";
    g_autofree char *both =
        g_strdup_printf("{'commands': [%s, {'method': 'node.move', 'params': %s}]}", there, back);
    assert_has(fake_text(fake_call(f, "bundle.send", both)), "422");
    g_autofree char *later = g_strdup_printf("{'in': 5, 'commands': [%s]}", there);
    assert_has(fake_text(fake_call(f, "bundle.send", later)), "200");
    assert_has(fake_text(fake_call(f, "node.move", back)), "422 the node cannot be moved; target");
    assert_has(fake_text(fake_call(f, "node.set", back)), "422 the node cannot be set; target");
    assert_has(fake_text(fake_call(f, "osc.send", "{'address': '/g_head', 'args': [1000, 1001]}")),
               "409");
    assert_answer(fake_call(f, "bundle.cancel", "{'bundle': 2}"), "200 {}");
    fake_notify(f, "node.move", "{'id': 1000, 'target': 1001}");
    assert_has(fake_text(fake_call(f, "node.move", back)), "422");
    fake_run(f, FAKE_MS(2));
    fake_reply(f, "/n_move 1000 1001 -1 -1 1 -1 -1");
    fake_reply(f, "/synced 5");
    assert_has(fake_text(fake_call(f, "node.move", back)), "cannot move beside or into itself");
}

static void what_is_set_after_a_bundle_stays(void **state)
{
    struct fake_session *f = *state;
    fake_call(f, "synth.new", "{'synthdef': 'sine'}");
    fake_reply(f, "/n_go 1000 1 -1 -1 0");
    fake_run(f, FAKE_MS(10));
    fake_call(f, "bundle.send",
              "{'in': 0.3, 'commands': [{'method': 'node.set', 'params': {'id': 1000, 'controls': "
              "{'freq': 1, 'amp': 0}}}]}");
    const struct node *node = tree_find(&f->session->tree, 1000);
    fake_run(f, FAKE_MS(305));
    assert_true(node->values[1] == 1);
    fake_notify(f, "node.set", "{'id': 1000, 'controls': {'freq': 3}}");
    fake_run(f, FAKE_MS(100));
    assert_true(node->values[1] == 3 && node->values[2] == 0);
}

static void what_is_on_its_way_when_a_bundle_takes_effect_comes_after_it(void **state)
{
    struct fake_session *f = *state;
    fake_call(f, "synth.new", "{'synthdef': 'sine'}");
    fake_reply(f, "/n_go 1000 1 -1 -1 0");
    fake_run(f, FAKE_MS(10));
    fake_call(f, "bundle.send",
              "{'in': 0.3, 'commands': [{'method': 'node.set', 'params': {'id': 1000, 'controls': "
              "{'freq': 1}}}]}");
    fake_run(f, FAKE_MS(299));
    f->session->flushed_at = f->now + FAKE_MS(2);
    fake_notify(f, "node.set", "{'id': 1000, 'controls': {'freq': 3}}");
    fake_forget(f);
    fake_pass(f, FAKE_MS(1));
    fake_run(f, FAKE_MS(100));
    assert_has(fake_sent(f), "/n_set 1000 freq 3f");
    assert_true(tree_find(&f->session->tree, 1000)->values[1] == 3);
}

static void a_bus_that_is_set_is_told_of_once(void **state)
{
    struct fake_session *f = *state;
    fake_call(f, "bus.new", "{'channels': 3}");
    fake_call(f, "bus.new", "{'channels': 1}");
    fake_run(f, FAKE_MS(10));
    fake_call(f, "bundle.send",
              "{'in': 0.3, 'commands': [{'method': 'bus.set', 'params': {'id': 'c0', 'values': "
              "[1, 2, 3]}}, {'method': 'bus.set', 'params': {'id': 'c3', 'values': [4]}}]}");
    fake_forget(f);
    fake_run(f, FAKE_MS(400));
    g_autofree char *events = fake_events(f, "buses");
    assert_has(g_strdup(events), "\"values\":[1,2,3]");
    assert_has(g_strdup(events), "\"values\":[4]");
    int lines = 0;
    for (const char *at = events; *at; at++)
        lines += *at == '\n';
    assert_true(lines <= 2);
}

static void bundles_hold_so_many_commands_in_all(void **state)
{
    struct fake_session *f = *state;
    fake_call(f, "synth.new", "{'synthdef': 'sine'}");
    fake_reply(f, "/n_go 1000 1 -1 -1 0");
    g_autoptr(GString) many = g_string_new("{'in': 5, 'commands': [");
    for (int i = 0; i < BUNDLES_MAX_COMMANDS; i++)
        g_string_append_printf(many, "%s{'method': 'node.set', 'params': {'id': 1000}}",
                               i ? "," : "");
    g_string_append(many, "]}");
    for (int i = 0; i < BUNDLES_MAX_WAITING / BUNDLES_MAX_COMMANDS; i++)
        assert_has(fake_text(fake_call(f, "bundle.send", many->str)), "200");
    assert_has(fake_text(fake_call(f, "bundle.send", "{'in': 1, 'commands': [" SINE "]}")),
               "422 the bundle was refused; nothing has happened; commands: more than 20000");
    assert_has(fake_text(fake_call(f, "bundle.send", "{'commands': [" SINE "]}")), "waiting");
}

static void the_sweep_goes_on_behind_what_has_ended(void **state)
{
    struct fake_session *f = *state;
    for (int i = 0; i < 3; i++) {
        g_autofree char *text = g_strdup_printf("/n_go %d 1 %d -1 0", 1000 + i, i ? 999 + i : -1);
        fake_reply(f, text);
    }
    f->session->sweep_node = 1001;
    fake_reply(f, "/n_end 1001 1 1000 1002 0");
    assert_int_equal(f->session->sweep_node, 1002);
    fake_reply(f, "/n_end 1002 1 1000 -1 0");
    assert_int_equal(f->session->sweep_node, 2);
}

static void names_are_not_for_bundles(void **state)
{
    struct fake_session *f = *state;
    fake_call(f, "synth.new", "{'synthdef': 'sine'}");
    fake_reply(f, "/n_go 1000 1 -1 -1 0");
    fake_call(f, "bus.new", NULL);
    assert_has(fake_text(fake_call(f, "bundle.send",
                                   "{'commands': [{'method': 'node.set', 'params': {'id': 1000, "
                                   "'name': 'lead'}}]}")),
               "422 the bundle was refused; nothing has happened; commands[0].name: is given at");
    assert_has(fake_text(fake_call(f, "bundle.send",
                                   "{'commands': [{'method': 'bus.set', 'params': {'id': 'c0', "
                                   "'name': 'lfo'}}]}")),
               "422 the bundle was refused; nothing has happened; commands[0].name: is given at");
    assert_null(tree_find_name(&f->session->tree, "lead"));
    assert_null(buses_find(&f->session->buses, "lfo"));
}

// Each message fits a datagram, whichever way the values come.
static void assert_fitting(void *data, const struct osc_message *message)
{
    int *controls = data;
    assert_true(osc_size(message) <= 60000);
    if (strcmp(message->address, "/n_set") == 0)
        *controls += ((int)message->args->len - 1) / 2;
    else if (strcmp(message->address, "/s_new") == 0)
        *controls += ((int)message->args->len - 4) / 2;
}

static void ten_thousand_controls_fit_datagrams(void **state)
{
    struct fake_session *f = *state;
    g_autoptr(GString) defaults = g_string_new("many a=0");
    g_autoptr(GString) values = g_string_new("[1");
    for (int i = 1; i < 10000; i++) {
        g_string_append(defaults, ",0");
        g_string_append_printf(values, ",%d", 1 + i % 7);
    }
    g_string_append_c(values, ']');
    fake_add_synthdef(f, defaults->str);
    int controls = 0;
    f->on_message = assert_fitting;
    f->data = &controls;
    g_autofree char *made =
        g_strdup_printf("{'synthdef': 'many', 'controls': {'a': %s}}", values->str);
    fake_call(f, "synth.new", made);
    fake_run(f, FAKE_MS(2));
    assert_int_equal(controls, 10000);
    fake_reply(f, "/n_go 1000 1 -1 -1 0");
    g_autofree char *set = g_strdup_printf("{'id': 1000, 'controls': {'a': %s}}", values->str);
    fake_call(f, "node.set", set);
    fake_run(f, FAKE_MS(2));
    assert_int_equal(controls, 20000);
    g_autofree char *bundle =
        g_strdup_printf("{'in': 0.3, 'commands': [{'method': 'node.set', 'params': %s}]}", set);
    fake_call(f, "bundle.send", bundle);
    fake_run(f, FAKE_MS(200));
    assert_int_equal(controls, 30000);
    f->on_message = NULL;
}

static void what_is_no_number_is_told_once(void **state)
{
    struct fake_session *f = *state;
    fake_call(f, "synth.new", "{'synthdef': 'sine'}");
    fake_reply(f, "/n_go 1000 1 -1 -1 0");
    fake_run(f, FAKE_MS(300));
    struct node *node = tree_find(&f->session->tree, 1000);
    f->session->swept_at = f->session->now;
    assert_true(sweep_value(f->session, node, 1, NAN, MAP_NONE));
    assert_false(sweep_value(f->session, node, 1, NAN, MAP_NONE));
    assert_true(sweep_value(f->session, node, 1, 2, MAP_NONE));
    // What was set while a step asked, and before the one after it, is newer than its answer.
    fake_notify(f, "node.set", "{'id': 1000, 'controls': {'freq': 5}}");
    fake_run(f, FAKE_MS(90));
    f->session->swept_at = f->session->now;
    assert_false(sweep_value(f->session, node, 1, 2, MAP_NONE));
    assert_true(node->values[1] == 5);
}

static void what_is_called_off_was_never_there(void **state)
{
    struct fake_session *f = *state;
    fake_call(f, "bundle.send", "{'in': 2, 'commands': [" SINE "]}");
    assert_answer(fake_call(f, "bundle.cancel", "{'bundle': 1}"), "200 {}");
    assert_answer(fake_call(f, "node.show", "{'id': 1000}"), "404 there is no node 1000");
    fake_run(f, FAKE_MS(3000));
    assert_text(fake_sent(f), "");
    fake_call(f, "bundle.send", "{'in': 2, 'commands': [" SINE "]}");
    fake_call(f, "server.panic", NULL);
    assert_has(fake_events(f, "bundles"), "bundle.cancelled {\"bundle\":2,\"reason\":\"panic\"}");
}

static void a_bundle_outlives_scsynth(void **state)
{
    struct fake_session *f = *state;
    fake_call(f, "bundle.send", "{'in': 1, 'commands': [" SINE "]}");
    fake_run(f, FAKE_MS(800));
    assert_has(fake_sent(f), "@0.2");
    fake_lose_server(f);
    fake_session_boot(f, 0);
    fake_run(f, FAKE_MS(5));
    // The boot has taken 100 ms, and had its messages forgotten: it was given again in it.
    const struct node *node = tree_find(&f->session->tree, 1000);
    assert_true(node && node->planned);
    fake_reply(f, "/n_go 1000 1 -1 -1 0");
    assert_tree(f, "0(1(1000) 2)");
}

static void a_bundle_whose_time_comes_while_scsynth_is_away_is_called_off(void **state)
{
    struct fake_session *f = *state;
    fake_call(f, "bundle.send", "{'in': 0.5, 'commands': [" SINE "]}");
    fake_lose_server(f);
    fake_run(f, FAKE_MS(600));
    assert_has(fake_events(f, "bundles"), "\"reason\":\"scsynth was away\"");
    assert_int_equal(f->session->tree.planned, 0);
}

static void a_node_that_did_not_come_is_planned_no_more(void **state)
{
    struct fake_session *f = *state;
    struct fake_answer *a = fake_call(f, "group.new", NULL);
    struct fake_answer *b = fake_call(f, "synth.new", "{'synthdef': 'sine', 'target': 1000}");
    fake_run(f, FAKE_MS(2));
    fake_reply(f, "/fail /g_new 'duplicate node ID'");
    assert_has(fake_text(a), "502");
    fake_reply(f, "/fail /s_new 'Group 1000 not found'");
    assert_has(fake_text(b), "404");
    assert_int_equal(f->session->tree.planned, 0);
    assert_tree(f, "0(1() 2)");
}

static void several_may_wait_for_one_node(void **state)
{
    struct fake_session *f = *state;
    fake_call(f, "synth.new", "{'synthdef': 'sine'}");
    fake_reply(f, "/n_go 1000 1 -1 -1 0");
    struct fake_answer *a = fake_call(f, "node.free", "{'id': 1000}");
    struct fake_answer *b = fake_call(f, "node.free", "{'id': 1000}");
    fake_run(f, FAKE_MS(2));
    fake_reply(f, "/n_end 1000 1 -1 -1 0");
    assert_answer(a, "200 {}");
    assert_answer(b, "200 {}");
}

static void buses_are_shared_out_by_client(void **state)
{
    struct buses buses;
    buses_init(&buses);
    buses_share(&buses, 15, 16);
    struct bus *a = buses_add(&buses, false, 4, "a");
    struct bus *b = buses_add(&buses, false, 1, NULL);
    struct bus *c = buses_add(&buses, true, 2, NULL);
    assert_int_equal(a->index, 15 * 1024);
    assert_int_equal(b->index, 15 * 1024 + 4);
    assert_int_equal(c->index, 4 + 15 * 63);
    buses_remove(&buses, a);
    // It goes where it fits.
    assert_int_equal(buses_add(&buses, false, 5, NULL)->index, 15 * 1024 + 5);
    assert_int_equal(buses_add(&buses, false, 3, NULL)->index, 15 * 1024);
    assert_null(buses_add(&buses, true, 64, NULL));
    assert_null(buses_add_at(&buses, false, 15 * 1024 + 4, 1, NULL));
    assert_null(buses_add_at(&buses, false, 15 * 1024 - 1, 1, NULL));
    assert_int_equal(buses_resolve(&buses, "c5", NULL), MAP_CONTROL(5));
    assert_int_equal(buses_resolve(&buses, "a1023", NULL), MAP_AUDIO(1023));
    assert_int_equal(buses_resolve(&buses, "a1024", NULL), MAP_NONE);
    assert_int_equal(buses_resolve(&buses, "c16384", NULL), MAP_NONE);
    assert_int_equal(buses_resolve(&buses, "c", NULL), MAP_NONE);
    assert_int_equal(buses_resolve(&buses, "c-1", NULL), MAP_NONE);
    assert_int_equal(buses_resolve(&buses, "c123456789", NULL), MAP_NONE);
    assert_int_equal(buses_resolve(&buses, "", NULL), MAP_NONE);
    buses_share(&buses, 3, 16);
    assert_int_equal(buses.all->len, 0);
    buses_clear(&buses);
}

static void arrays_are_mapped_over_the_channels_of_a_bus(void **state)
{
    struct fake_session *f = *state;
    fake_call(f, "bus.new", "{'channels': 2, 'name': 'pair', 'values': [1, 2]}");
    assert_sent(f, "/c_setn 0 2 0f 0f; /c_setn 0 2 1f 2f; /sync 3");
    fake_call(f, "synth.new", "{'synthdef': 'chord', 'map': {'freqs': 'pair', 'amp': 'c9'}}");
    assert_sent(f, "/s_new chord 1000 0 1 0 c0 1 c1 amp c9; /sync 4");
    fake_reply(f, "/n_go 1000 1 -1 -1 0");
    fake_call(f, "node.map", "{'id': 1000, 'controls': {'amp': null}}");
    assert_sent(f, "/n_map 1000 5 -1; /sync 5");
    fake_call(f, "node.set", "{'id': 1000, 'controls': {'freqs': 5}}");
    assert_sent(f, "/n_set 1000 0 5f; /sync 6");
    const struct node *node = tree_find(&f->session->tree, 1000);
    assert_true(node->maps[0] == MAP_NONE && node->maps[1] == MAP_CONTROL(1));
    // It comes back as it was.
    fake_lose_server(f);
    fake_alive(f);
    fake_reply(f, "/done /notify 0 16");
    fake_reply(f, "/g_queryTree.reply 1 0 0");
    g_autofree char *synced = g_strdup_printf("/synced %d", f->session->sync - 1);
    fake_forget(f);
    fake_reply(f, synced);
    assert_has(fake_sent(f), "/c_setn 0 2 1f 2f; ");
    g_autofree char *again = g_strdup_printf("/synced %d", f->session->sync - 1);
    fake_reply(f, again);
}

static void the_clock_goes_on_through_changes_of_tempo(void **state)
{
    struct clock clock;
    clock_init(&clock, 1000000);
    assert_true(clock_beat_at(&clock, 2000000) == 2);
    clock_set_tempo(&clock, 60, 2000000);
    assert_true(clock_beat_at(&clock, 3000000) == 3);
    assert_int_equal(clock_time_of(&clock, 5), 5000000);
    assert_true(clock_next(&clock, 4, 0, 3000000) == 4);
    assert_true(clock_next(&clock, 4, 1, 3000000) == 5);
    assert_true(clock_next(&clock, 1, 0, 3000000) == 3);
    assert_true(clock_next(&clock, 1, 0, 3000001) == 3 || clock_next(&clock, 1, 0, 3000001) == 4);
    assert_true(clock_next(&clock, 0.25, 0, 3100000) == 3.25);
}

static void bundles_start_on_the_beat(void **state)
{
    struct fake_session *f = *state;
    fake_call(f, "clock.set", "{'tempo': 60, 'beat': 0}");
    struct fake_answer *a =
        fake_call(f, "bundle.send", "{'beats': 4, 'phase': 2, 'commands': [" SINE "]}");
    double at = json_number_value(json_object_get(a->json, "at"));
    assert_true(fabs(at - (double)(f->now / 1000) / 1000 - FAKE_EPOCH - 2) < 1e-3);
}

static void beats_are_told_to_who_listens(void **state)
{
    struct fake_session *f = *state;
    fake_call(f, "clock.set", "{'tempo': 120, 'beat': 0.5}");
    fake_run(f, FAKE_MS(2000));
    assert_lacks(fake_events(f, "clock"), "clock.beat");
    struct client *client = fake_connect(f, "a", true);
    fake_receive(f, client,
                 "{'jsonrpc': '2.0', 'id': 1, 'method': 'subscribe', 'params': {'topics': "
                 "['clock']}}");
    fake_run(f, FAKE_MS(1100));
    g_autofree char *events = fake_events(f, "clock");
    int beats = 0;
    for (const char *at = events; (at = strstr(at, "clock.beat")); at++)
        beats++;
    assert_int_equal(beats, 4); // two, each with its own name as its key
    fake_leave(f, client);
}

static void names_and_buses_are_saved_and_learnt(void **state)
{
    struct fake_session *f = *state;
    fake_call(f, "bus.new", "{'name': 'lfo', 'values': [3]}");
    fake_call(f, "synth.new", "{'synthdef': 'sine', 'name': 'lead'}");
    fake_reply(f, "/n_go 1000 1 -1 -1 0");
    fake_run(f, FAKE_MS(300));
    assert_non_null(f->model);
    struct fake_session *other = fake_session_create();
    session_learn_model(other->session, f->model);
    assert_non_null(buses_find(&other->session->buses, "lfo"));
    fake_session_boot(other, 0);
    fake_reply(other, "/n_go 1000 1 -1 -1 0");
    assert_string_equal(tree_find(&other->session->tree, 1000)->name, "lead");
    // A file that somebody has damaged harms nobody.
    json_t *broken =
        json_pack("{s:[i,{},s], s:{s:s}, s:i}", "buses", 1, "x", "names", "a", "b", "clock", 7);
    session_learn_model(other->session, broken);
    json_decref(broken);
    fake_session_destroy(other);
}

static void another_clients_changes_are_found_by_asking(void **state)
{
    struct fake_session *f = *state;
    f->session->sweep_interval = FAKE_MS(2000);
    sweep_begin(f->session);
    fake_call(f, "synth.new", "{'synthdef': 'sine'}");
    fake_reply(f, "/n_go 1000 1 -1 -1 0");
    fake_run(f, FAKE_MS(1900));
    fake_forget(f);
    fake_run(f, FAKE_MS(200));
    assert_has(fake_sent(f), "/g_queryTree 0 1");
    fake_reply(f, "/g_queryTree.reply 1 0 2 1 1 1000 -1 sine 4 out 0.0 freq 333.0 amp c7 gate 1.0 "
                  "2 -1 farfield_guard 1 bus 0.0");
    const struct node *node = tree_find(&f->session->tree, 1000);
    assert_true(node->values[1] == 333 && node->maps[2] == MAP_CONTROL(7));
    fake_run(f, FAKE_MS(50));
    assert_has(fake_events(f, "nodes"), "\"by\":null,\"client\":null,\"client_id\":null,");
    fake_alive(f);
    // An answer that is older than what was set here since changes nothing.
    fake_run(f, FAKE_MS(2100));
    fake_call(f, "node.set", "{'id': 1000, 'controls': {'freq': 444}}");
    fake_reply(f, "/g_queryTree.reply 1 0 2 1 1 1000 -1 sine 4 out 0.0 freq 1.0 amp c7 gate 1.0 "
                  "2 -1 farfield_guard 1 bus 0.0");
    assert_true(node->values[1] == 444);
    // One that lacks a node has it asked for by itself.
    fake_run(f, FAKE_MS(5));
    fake_forget(f);
    fake_reply(f, "/g_queryTree.reply 1 0 2 1 0 2 -1 farfield_guard 1 bus 0.0");
    assert_sent(f, "/n_query 1000");
    fake_reply(f, "/fail /n_query 'Node 1000 not found'");
    assert_tree(f, "0(1() 2)");
}

// The one that is asked is not the one that was known, and nobody has said so.
static void another_scsynth_is_not_taken_for_the_end_of_all(void **state)
{
    struct fake_session *f = *state;
    fake_call(f, "synth.new", "{'synthdef': 'sine'}");
    fake_reply(f, "/n_go 1000 1 -1 -1 0");
    fake_run(f, FAKE_MS(50));
    fake_forget(f);
    fake_reply(f, "/g_queryTree.reply 1 0 0");
    assert_sent(f, "/n_query 1");
    fake_reply(f, "/fail /n_query 'Node 1 not found'");
    fake_reply(f, "/fail /n_query 'Node 1000 not found'");
    fake_run(f, FAKE_MS(250));
    assert_has(fake_sent(f), "/notify 1");
    assert_tree(f, "0(1(1000) 2)");
    fake_reply(f, "/done /notify 0 16");
    fake_reply(f, "/g_queryTree.reply 1 0 0");
    fake_forget(f);
    g_autofree char *synced = g_strdup_printf("/synced %d", f->session->sync - 1);
    fake_reply(f, synced);
    assert_has(fake_sent(f), "/s_new sine 1000 1 1");
    g_autofree char *again = g_strdup_printf("/synced %d", f->session->sync - 1);
    fake_reply(f, again);
}

static void a_large_group_is_gone_through_node_by_node(void **state)
{
    struct fake_session *f = *state;
    char text[64];
    for (int i = 0; i < 1000; i++) {
        g_snprintf(text, sizeof text, "/n_go %d 1 -1 -1 0", 67109864 + i);
        fake_reply(f, text);
        struct node *node = tree_find(&f->session->tree, 67109864 + i);
        node_set_synthdef(node, catalog_find(&f->session->catalog, "sine"));
    }
    fake_run(f, FAKE_MS(100));
    f->session->sweep_interval = FAKE_MS(2000);
    sweep_begin(f->session);
    fake_forget(f);
    fake_run(f, FAKE_MS(2050));
    g_autofree char *sent = fake_sent(f);
    assert_null(strstr(sent, "/g_queryTree"));
    int asked = 0;
    for (const char *at = sent; (at = strstr(at, "/s_getn")); at++)
        asked++;
    if (asked <= 10 || asked > 100)
        fail_msg("%d were asked for", asked);
    for (int i = 0; i < 4; i++) {
        fake_alive(f);
        fake_run(f, FAKE_MS(600));
    }
    assert_has(fake_sent(f), "/s_getn 67110863 0 4");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUNNING(commands_leave_as_one_bundle),
        RUNNING(one_wrong_command_undoes_all),
        RUNNING(what_scsynth_refuses_is_told_by_command),
        RUNNING(a_bundle_of_later_is_given_to_scsynth_in_time),
        RUNNING(a_change_takes_effect_when_its_time_has_come),
        RUNNING(what_is_planned_can_be_spoken_of_by_later_bundles_only),
        RUNNING(no_group_moves_below_itself_whatever_the_order),
        RUNNING(what_is_set_after_a_bundle_stays),
        RUNNING(what_is_on_its_way_when_a_bundle_takes_effect_comes_after_it),
        RUNNING(a_bus_that_is_set_is_told_of_once),
        RUNNING(bundles_hold_so_many_commands_in_all),
        RUNNING(the_sweep_goes_on_behind_what_has_ended),
        RUNNING(names_are_not_for_bundles),
        RUNNING(ten_thousand_controls_fit_datagrams),
        RUNNING(what_is_no_number_is_told_once),
        RUNNING(what_is_called_off_was_never_there),
        RUNNING(a_bundle_outlives_scsynth),
        RUNNING(a_bundle_whose_time_comes_while_scsynth_is_away_is_called_off),
        RUNNING(a_node_that_did_not_come_is_planned_no_more),
        RUNNING(several_may_wait_for_one_node),
        cmocka_unit_test(buses_are_shared_out_by_client),
        RUNNING(arrays_are_mapped_over_the_channels_of_a_bus),
        cmocka_unit_test(the_clock_goes_on_through_changes_of_tempo),
        RUNNING(bundles_start_on_the_beat),
        RUNNING(beats_are_told_to_who_listens),
        RUNNING(names_and_buses_are_saved_and_learnt),
        RUNNING(another_clients_changes_are_found_by_asking),
        RUNNING(another_scsynth_is_not_taken_for_the_end_of_all),
        RUNNING(a_large_group_is_gone_through_node_by_node),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
