// SPDX-License-Identifier: GPL-3.0-or-later
// Scenes made again: the messages of it, what becomes of what was there, and of what goes wrong.
#include "controller/core/scenes/scenes.h"

#include "tests/unit/fake_asserts.h"
#include "tests/unit/fake_scsynth.h"

static int set_up_world(void **state)
{
    struct fake_session *f = fake_session_create();
    fake_add_synthdef(f, "farfield_stash bus=0 stash=0 from=1 to=1 time=1");
    fake_add_synthdef(f, "farfield_unstash bus=0 stash=0 from=0 to=1 time=1");
    struct fake_scsynth *s = fake_scsynth_create(f, 1);
    fake_scsynth_run(s, FAKE_MS(20));
    assert_int_equal(f->session->state, SERVER_RUNNING);
    fake_forget(f);
    *state = s;
    return 0;
}

static int tear_down_world(void **state)
{
    struct fake_scsynth *s = *state;
    struct fake_session *f = s->session;
    fake_scsynth_destroy(s);
    fake_session_destroy(f);
    return 0;
}

static void put(struct fake_session *f, const char *rest)
{
    g_autofree char *params = g_strdup_printf(
        "{'name': 'x', 'scene': {'format': 'farfield.scene', 'version': 1%s}}", rest);
    g_autofree char *answer = fake_text(fake_call(f, "scene.put", params));
    if (!g_str_has_prefix(answer, "200"))
        fail_msg("%s", answer);
}

#define IN_ROOM(nodes) ", 'nodes': [{'kind': 'room', 'room': 'main', 'nodes': [" nodes "]}]"

static struct fake_answer *recall(struct fake_scsynth *s, const char *wish, int ms)
{
    struct fake_answer *answer = fake_call(s->session, "scene.recall", wish);
    fake_scsynth_run(s, FAKE_MS(ms));
    return answer;
}

static void one_bundle_makes_it_all_in_order(void **state)
{
    struct fake_scsynth *s = *state;
    struct fake_session *f = s->session;
    put(f, ", 'nodes': [{'kind': 'synth', 'synthdef': 'plain'},"
           "{'kind': 'synth', 'synthdef': 'plain'},"
           "{'kind': 'room', 'room': 'main', 'nodes': ["
           "{'kind': 'group', 'name': 'g', 'nodes': [{'kind': 'synth', 'synthdef': 'sine', "
           "'controls': {'freq': 330}}, {'kind': 'synth', 'synthdef': 'sine', 'running': false}]},"
           "{'kind': 'synth', 'synthdef': 'chord', 'controls': {'freqs': [7, 8]}}]},"
           "{'kind': 'synth', 'synthdef': 'plain', 'controls': {'amp': 0.25}}]");
    fake_forget(f);
    struct fake_answer *answer = recall(s, "{'name': 'x'}", 20);
    assert_has(fake_text(answer), "\"nodes\":[1000,1001,1002,1003,1004,1005,1006]");
    assert_has(fake_text(answer), "\"failed\":0");
    assert_has(fake_sent(f),
               "/s_new plain 1000 2 1; /s_new plain 1001 2 1; /g_new 1002 0 1; "
               "/s_new sine 1003 1 1002 freq 330f; /s_new sine 1004 1 1002; /n_run 1004 0; "
               "/s_new chord 1005 3 1002 0 7f 1 8f; /s_new plain 1006 3 1 amp 0.25f");
    assert_text(fake_tree(f), "0(1000 1001 1(1002(1003 1004) 1005) 1006 2)");
    g_autofree char *theirs = fake_scsynth_tree(s);
    assert_tree(f, theirs);
    assert_ptr_equal(tree_find_name(&f->session->tree, "g"), tree_find(&f->session->tree, 1002));
}

static void what_was_there_is_let_go_each_in_its_way(void **state)
{
    struct fake_scsynth *s = *state;
    struct fake_session *f = s->session;
    fake_scsynth_other(s, "/s_new plain 67109864 0 1");
    fake_call(f, "synth.new", "{'synthdef': 'sine'}");
    fake_call(f, "synth.new", "{'synthdef': 'plain'}");
    fake_call(f, "synth.new", "{'synthdef': 'bell'}");
    fake_call(f, "group.new", NULL);
    fake_scsynth_run(s, FAKE_MS(100));
    put(f, IN_ROOM("{'kind': 'synth', 'synthdef': 'sine'}"));
    fake_forget(f);
    recall(s, "{'name': 'x'}", 20);
    // The group is empty; a bell rings out; another client's is not ours.
    assert_has(fake_sent(f),
               "/s_new sine 1004 0 1; /n_free 1003; /n_free 1001; /n_set 1000 gate 0f");
    assert_text(fake_tree(f), "0(1(1004 1002 67109864) 2)");
}

static void what_is_added_leaves_what_there_is(void **state)
{
    struct fake_scsynth *s = *state;
    struct fake_session *f = s->session;
    put(f, IN_ROOM("{'kind': 'synth', 'synthdef': 'sine', 'name': 'lead'}"));
    recall(s, "{'name': 'x'}", 20);
    recall(s, "{'name': 'x', 'mode': 'add'}", 20);
    assert_text(fake_tree(f), "0(1(1001 1000) 2)");
    assert_int_equal(tree_find_name(&f->session->tree, "lead")->id, 1001);
}

#define WIRED                                                                                      \
    ", 'buses': [{'rate': 'control', 'channels': 2, 'name': 'lfo', 'values': [1, 2]},"             \
    "{'rate': 'audio', 'channels': 1}]" IN_ROOM(                                                   \
        "{'kind': 'synth', 'synthdef': 'sine', 'controls': {'out': {'bus': 1}},"                   \
        "'maps': {'freq': {'bus': 0, 'channel': 1}, 'amp': 'c9'}}")

static void numbers_of_buses_are_those_of_here(void **state)
{
    struct fake_scsynth *s = *state;
    struct fake_session *f = s->session;
    fake_call(f, "bus.new", "{'rate': 'audio', 'channels': 3}");
    fake_call(f, "bus.new", "{'rate': 'control', 'channels': 1}");
    fake_scsynth_run(s, FAKE_MS(20));
    put(f, WIRED);
    fake_forget(f);
    recall(s, "{'name': 'x', 'mode': 'add'}", 20);
    assert_has(fake_sent(f), "/c_setn 1 2 1f 2f; /s_new sine 1000 0 1 out 7f freq c2 amp c9");
    assert_int_equal(f->session->buses.all->len, 4);
    // Again, in its place: those of the same shape keep their numbers, the others go.
    recall(s, "{'name': 'x'}", 20);
    assert_has(fake_sent(f), "/c_setn 1 2 1f 2f; /s_new sine 1001 0 1 out 7f freq c2 amp c9");
    assert_int_equal(f->session->buses.all->len, 2);
}

static void buses_that_do_not_fit_are_an_answer_and_nothing_else(void **state)
{
    struct fake_scsynth *s = *state;
    struct fake_session *f = s->session;
    put(f, ", 'buses': [{'rate': 'audio', 'channels': 2}, {'rate': 'audio', 'channels': 900}]");
    fake_forget(f);
    assert_answer(recall(s, "{'name': 'x'}", 20),
                  "409 the scene cannot be recalled; nothing has changed; buses: no 900 audio "
                  "buses next to each other are free for bus 1");
    assert_int_equal(f->session->buses.all->len, 0);
    assert_text(fake_sent(f), "");
}

static void controls_of_another_definition_are_passed_over_and_named(void **state)
{
    struct fake_scsynth *s = *state;
    struct fake_session *f = s->session;
    put(f, IN_ROOM("{'kind': 'synth', 'synthdef': 'plain', 'controls': {'amp': [1, 2], 'colour': 3,"
                   "'amp2': 1}, 'maps': {'shade': 'c1'}}"));
    struct fake_answer *answer = recall(s, "{'name': 'x'}", 20);
    assert_has(fake_text(answer),
               "\"skipped\":[\"plain.amp\",\"plain.colour\",\"plain.amp2\",\"plain.shade\"]");
    assert_text(fake_tree(f), "0(1(1000) 2)");
}

static void a_fade_stands_around_both_and_is_gone_at_its_end(void **state)
{
    struct fake_scsynth *s = *state;
    struct fake_session *f = s->session;
    put(f,
        IN_ROOM("{'kind': 'synth', 'synthdef': 'plain'}, {'kind': 'synth', 'synthdef': 'sine'}"));
    recall(s, "{'name': 'x'}", 20);
    fake_call(f, "group.new", NULL);
    fake_scsynth_run(s, FAKE_MS(20));
    fake_forget(f);
    struct fake_answer *answer = recall(s, "{'name': 'x', 'fade': 1}", 20);
    assert_has(fake_text(answer), "\"nodes\":[1008,1009]");
    // stash, the old, stash, the new, unstash.
    assert_text(fake_tree(f), "0(1(1003 1004(1002() 1000 1001) 1005 1006(1008 1009) 1007) 2)");
    assert_has(fake_sent(f),
               "/s_new farfield_stash 1003 0 1 stash 4f; /g_new 1004 3 1003; "
               "/n_order 1 1004 1002 1000 1001; /s_new farfield_stash 1005 3 1004 stash 4f to 0f; "
               "/g_new 1006 3 1005; /s_new farfield_unstash 1007 3 1006 stash 4f; "
               "/s_new plain 1008 1 1006; /s_new sine 1009 1 1006");
    assert_int_equal(f->session->buses.all->len, 1);
    fake_scsynth_run(s, FAKE_MS(1500));
    assert_has(fake_sent(f),
               "/n_free 1004 1005; /n_order 2 1006 1008 1009; /n_free 1003 1006 1007");
    assert_text(fake_tree(f), "0(1(1008 1009) 2)");
    assert_int_equal(f->session->buses.all->len, 0);
    assert_int_equal(f->session->fades->len, 0);
}

// What fades is not to come back, what fades in is; and the end comes all the same.
static void scsynth_may_crash_in_the_middle_of_a_fade(void **state)
{
    struct fake_scsynth *s = *state;
    struct fake_session *f = s->session;
    put(f, IN_ROOM("{'kind': 'synth', 'synthdef': 'plain'}"));
    recall(s, "{'name': 'x'}", 20);
    recall(s, "{'name': 'x', 'fade': 1}", 100);
    fake_lose_server(f);
    fake_scsynth_restart(s);
    fake_scsynth_run(s, FAKE_MS(300));
    assert_int_equal(f->session->state, SERVER_RUNNING);
    assert_null(tree_find(&f->session->tree, 1000));
    fake_scsynth_run(s, FAKE_MS(1500));
    assert_text(fake_tree(f), "0(1(1006) 2)");
    g_autofree char *theirs = fake_scsynth_tree(s);
    assert_tree(f, theirs);
    assert_int_equal(f->session->fades->len, 0);
}

// Its end is the bundle behind it, and goes with it.
static void one_whose_time_comes_while_scsynth_is_away_takes_its_fade_along(void **state)
{
    struct fake_scsynth *s = *state;
    struct fake_session *f = s->session;
    put(f, IN_ROOM("{'kind': 'synth', 'synthdef': 'plain'}"));
    recall(s, "{'name': 'x', 'in': 1, 'fade': 0.1}", 20);
    assert_int_equal(f->session->bundles.all.length, 2);
    session_server_gone(f->session, false, f->now);
    fake_run(f, FAKE_MS(2000));
    assert_int_equal(f->session->bundles.all.length, 0);
    assert_int_equal(f->session->fades->len, 0);
    assert_int_equal(f->session->buses.all->len, 0);
    assert_int_equal(f->session->tree.planned, 0);
}

static void a_later_one_is_planned_and_can_be_called_off(void **state)
{
    struct fake_scsynth *s = *state;
    struct fake_session *f = s->session;
    put(f, WIRED);
    fake_call(f, "synth.new", "{'synthdef': 'sine'}");
    fake_scsynth_run(s, FAKE_MS(20));
    fake_forget(f);
    struct fake_answer *answer = recall(s, "{'name': 'x', 'in': 3, 'fade': 1}", 500);
    assert_has(fake_text(answer), "\"scheduled\":true");
    assert_text(fake_sent(f), "");
    int bundle = (int)json_integer_value(json_object_get(answer->json, "bundle"));
    assert_int_equal(f->session->bundles.all.length, 2);
    g_autofree char *which = g_strdup_printf("{'bundle': %d}", bundle);
    assert_answer(fake_call(f, "bundle.cancel", which), "200 {}");
    assert_int_equal(f->session->bundles.all.length, 0);
    assert_int_equal(f->session->buses.all->len, 0);
    assert_int_equal(f->session->tree.planned, 0);
    fake_scsynth_run(s, FAKE_MS(5000));
    assert_text(fake_tree(f), "0(1(1000) 2)");
}

static void the_clock_is_the_scene_s_when_it_replaces(void **state)
{
    struct fake_scsynth *s = *state;
    struct fake_session *f = s->session;
    put(f, ", 'tempo': 90, 'beats_per_bar': 3");
    recall(s, "{'name': 'x', 'mode': 'add'}", 20);
    assert_true(f->session->clock.tempo == 120);
    recall(s, "{'name': 'x', 'in': 1}", 500);
    assert_true(f->session->clock.tempo == 120);
    fake_scsynth_run(s, FAKE_MS(700));
    assert_true(f->session->clock.tempo == 90 && f->session->clock.beats_per_bar == 3);
}

static void a_kept_scene_that_is_damaged_is_not_made(void **state)
{
    struct fake_scsynth *s = *state;
    struct fake_session *f = s->session;
    put(f, IN_ROOM("{'kind': 'synth', 'synthdef': 'plain'}"));
    json_t *body = json_object_get(json_object_get(f->stored, "scene//x"), "body");
    json_object_set_new(body, "version", json_integer(7));
    fake_forget(f);
    assert_has(fake_text(recall(s, "{'name': 'x'}", 20)), "500 the scene as it is kept is damaged");
    assert_text(fake_sent(f), "");
}

#define WORLD(test) cmocka_unit_test_setup_teardown(test, set_up_world, tear_down_world)

// One that frees what it need not keep must not meet what another is loading.
static void two_are_not_recalled_at_once(void **state)
{
    struct fake_scsynth *s = *state;
    struct fake_session *f = s->session;
    put(f, ", 'buffers': [{'frames': 10, 'channels': 1}]");
    struct fake_answer *first = fake_call(f, "scene.recall", "{'name': 'x'}");
    assert_waiting(first);
    assert_has(fake_text(fake_call(f, "scene.recall", "{'name': 'x'}")), "409 another scene");
    fake_lose_server(f);
    assert_has(fake_text(first), "503");
    fake_scsynth_restart(s);
    fake_scsynth_run(s, FAKE_MS(50));
    assert_lacks(fake_text(fake_call(f, "scene.recall", "{'name': 'x'}")), "409 another scene");
}

// Nor must one be replaced whose nodes scsynth has not told of: nobody would free them.
static void what_is_being_made_is_not_replaced(void **state)
{
    struct fake_scsynth *s = *state;
    struct fake_session *f = s->session;
    put(f, IN_ROOM("{'kind': 'synth', 'synthdef': 'plain'}"));
    struct fake_answer *first = fake_call(f, "scene.recall", "{'name': 'x', 'fade': 0.5}");
    assert_has(fake_text(fake_call(f, "scene.recall", "{'name': 'x', 'fade': 0.5}")),
               "409 another scene is being recalled");
    fake_scsynth_run(s, FAKE_MS(50));
    assert_has(fake_text(first), "200 {");
    assert_has(fake_text(recall(s, "{'name': 'x', 'fade': 0.5}", 50)), "200 {");
    fake_scsynth_run(s, FAKE_MS(1500));
    assert_text(fake_tree(f), "0(1(1009) 2)");
    assert_int_equal(f->session->fades->len, 0);
    fake_call(f, "scene.recall", "{'name': 'x', 'fade': 0.5}");
    fake_lose_server(f);
    fake_scsynth_restart(s);
    fake_scsynth_run(s, FAKE_MS(50));
    assert_has(fake_text(recall(s, "{'name': 'x'}", 50)), "200 {");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD(one_bundle_makes_it_all_in_order),
        WORLD(two_are_not_recalled_at_once),
        WORLD(what_is_being_made_is_not_replaced),
        WORLD(what_was_there_is_let_go_each_in_its_way),
        WORLD(what_is_added_leaves_what_there_is),
        WORLD(numbers_of_buses_are_those_of_here),
        WORLD(buses_that_do_not_fit_are_an_answer_and_nothing_else),
        WORLD(controls_of_another_definition_are_passed_over_and_named),
        WORLD(a_fade_stands_around_both_and_is_gone_at_its_end),
        WORLD(scsynth_may_crash_in_the_middle_of_a_fade),
        WORLD(one_whose_time_comes_while_scsynth_is_away_takes_its_fade_along),
        WORLD(a_later_one_is_planned_and_can_be_called_off),
        WORLD(the_clock_is_the_scene_s_when_it_replaces),
        WORLD(a_kept_scene_that_is_damaged_is_not_made),
    };
    return cmocka_run_group_tests_name("recall", tests, NULL, NULL);
}
