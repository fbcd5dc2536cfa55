// SPDX-License-Identifier: GPL-3.0-or-later
// Whatever any client does, the room's group and its guard run, and the guard is last.
#include "tests/unit/fake_asserts.h"

static void what_comes_behind_the_guard_is_stepped_over(void **state)
{
    struct fake_session *f = *state;
    fake_reply(f, "/n_go 67109864 0 2 -1 1 -1 -1");
    assert_sent(f, "/g_tail 0 2");
    assert_tree(f, "0(1() 2 67109864())");
    fake_reply(f, "/n_move 2 0 67109864 -1 0");
    assert_tree(f, "0(1() 67109864() 2)");
    assert_sent(f, "");
    fake_reply(f, "/n_move 67109864 0 2 -1 1 -1 -1");
    assert_sent(f, "/g_tail 0 2");
}

static void the_guard_is_taken_out_of_any_group(void **state)
{
    struct fake_session *f = *state;
    fake_reply(f, "/n_go 67109864 0 1 2 1 -1 -1");
    fake_reply(f, "/n_move 2 67109864 -1 -1 0");
    assert_sent(f, "/g_tail 0 2");
}

static void a_guard_that_was_freed_is_made_again(void **state)
{
    struct fake_session *f = *state;
    fake_reply(f, "/n_end 2 0 1 -1 0");
    assert_sent(f, "/s_new farfield_guard 2 1 0 bus 0f");
    fake_reply(f, "/n_go 2 0 1 -1 0");
    assert_tree(f, "0(1() 2)");
    assert_true(tree_find(&f->session->tree, 2)->system);
}

static void a_guard_that_was_paused_goes_on(void **state)
{
    struct fake_session *f = *state;
    fake_reply(f, "/n_off 2 0 1 -1 0");
    assert_sent(f, "/n_run 2 1");
    fake_reply(f, "/n_off 1 0 -1 2 1 -1 -1");
    assert_sent(f, "/n_run 1 1");
    fake_reply(f, "/n_off 0 -1 -1 -1 1 1 2");
    assert_sent(f, "/n_run 0 1");
}

static void a_room_whose_group_was_freed_gets_another(void **state)
{
    struct fake_session *f = *state;
    fake_call(f, "synth.new", "{'synthdef': 'sine'}");
    fake_run(f, FAKE_MS(2));
    fake_reply(f, "/n_go 1000 1 -1 -1 0");
    fake_forget(f);
    fake_reply(f, "/n_end 1000 1 -1 -1 0");
    fake_reply(f, "/n_end 1 0 -1 2 1 -1 -1");
    assert_sent(f, "/g_new 1 0 0");
    fake_reply(f, "/n_go 1 0 -1 2 1 -1 -1");
    assert_tree(f, "0(1() 2)");
    assert_sent(f, "");
}

// /g_freeAll 0, as sclang's panic key sends it.
static void a_room_that_lost_both_gets_both(void **state)
{
    struct fake_session *f = *state;
    fake_reply(f, "/n_end 1 0 -1 2 1 -1 -1");
    fake_reply(f, "/n_end 2 0 -1 -1 0");
    assert_sent(f, "/g_new 1 0 0");
    fake_reply(f, "/n_go 1 0 -1 -1 1 -1 -1");
    assert_sent(f, "/s_new farfield_guard 2 1 0 bus 0f");
    fake_reply(f, "/n_go 2 0 1 -1 0");
    assert_tree(f, "0(1() 2)");
}

// Lost on the way: asked for first, since two of one id cannot be, then made.
static void a_guard_that_does_not_come_is_asked_for(void **state)
{
    struct fake_session *f = *state;
    fake_reply(f, "/n_end 2 0 1 -1 0");
    assert_sent(f, "/s_new farfield_guard 2 1 0 bus 0f");
    fake_run(f, SESSION_STATUS_INTERVAL);
    assert_has(fake_sent(f), "/n_query 1; /n_query 2");
    fake_reply(f, "/n_info 1 0 -1 -1 1 -1 -1");
    fake_reply(f, "/fail /n_query 'Node 2 not found'");
    fake_run(f, SESSION_STATUS_INTERVAL);
    assert_has(fake_sent(f), "/s_new farfield_guard 2 1 0 bus 0f");
    fake_run(f, SESSION_STATUS_INTERVAL);
    fake_forget(f);
    fake_reply(f, "/n_info 2 0 1 -1 0");
    assert_tree(f, "0(1() 2)");
    fake_run(f, 2 * SESSION_STATUS_INTERVAL);
    assert_text(fake_sent(f), "");
}

static void panic_silences_at_once(void **state)
{
    struct fake_session *f = *state;
    for (int i = 0; i < 3; i++)
        fake_call(f, "synth.new", "{'synthdef': 'sine'}");
    fake_run(f, FAKE_MS(2));
    fake_reply(f, "/n_go 1000 1 -1 -1 0");
    fake_reply(f, "/n_go 1001 1 1000 -1 0");
    fake_reply(f, "/n_go 1002 1 1001 -1 0");
    fake_reply(f, "/synced 3");
    fake_forget(f);
    fake_notify(f, "node.set", "{'id': 1000, 'controls': {'freq': 1}}");
    struct fake_answer *a = fake_call(f, "server.panic", NULL);
    assert_sent(f, "/n_set 1000 freq 1f; /clearSched; /g_deepFree 0; "
                   "/s_new farfield_guard 2 1 0 bus 0f; /sync 4");
    fake_reply(f, "/n_end 1000 1 -1 1001 0");
    fake_reply(f, "/n_end 1001 1 -1 1002 0");
    fake_reply(f, "/n_end 1002 1 -1 -1 0");
    fake_reply(f, "/n_end 2 0 1 -1 0");
    assert_sent(f, "");
    fake_reply(f, "/n_go 2 0 1 -1 0");
    fake_reply(f, "/synced 4");
    assert_answer(a, "200 {\"freed\":3}");
    assert_tree(f, "0(1() 2)");
}

static void panic_without_scsynth_forgets_what_was_to_come_back(void **state)
{
    struct fake_session *f = *state;
    fake_call(f, "synth.new", "{'synthdef': 'sine'}");
    fake_run(f, FAKE_MS(2));
    fake_reply(f, "/n_go 1000 1 -1 -1 0");
    fake_lose_server(f);
    struct fake_answer *a = fake_call(f, "server.panic", NULL);
    assert_answer(a, "200 {\"freed\":1}");
    fake_alive(f);
    fake_reply(f, "/done /notify 0 16");
    fake_reply(f, "/g_queryTree.reply 1 0 0");
    fake_forget(f);
    g_autofree char *synced = g_strdup_printf("/synced %d", f->session->sync - 1);
    fake_reply(f, synced);
    assert_lacks(fake_sent(f), "sine");
}

static void changes_how_a_room_is_encoded(void **state)
{
    struct fake_session *f = *state;
    assert_has(fake_text(fake_call(f, "room.set", "{'room': 'main', 'bitrate': 64000}")),
               "\"bitrate\":64000,\"complexity\":9");
    assert_has(fake_text(fake_call(f, "room.set", "{'room': 'main', 'complexity': 0}")),
               "\"bitrate\":64000,\"complexity\":0");
    assert_has(fake_events(f, "rooms"), "\"bitrate\":64000");
    assert_has(g_strdup(f->link->pdata[f->link->len - 1]), "\"bitrate\":64000,\"complexity\":0");
    assert_answer(fake_call(f, "room.set", "{'room': 'attic', 'bitrate': 64000}"),
                  "404 there is no room \"attic\"");
    assert_has(fake_text(fake_call(f, "room.set", "{'room': 'main', 'bitrate': 5999}")), "bitrate");
    struct fake_answer *nothing = fake_call(f, "room.set", "{'room': 'main'}");
    assert_has(fake_text(nothing), "422 nothing is to be set");
    json_t *errors = json_object_get(nothing->json, "errors");
    assert_int_equal(json_array_size(errors), 2);
    const char *field = json_string_value(json_object_get(json_array_get(errors, 0), "field"));
    assert_string_equal(field, "bitrate");
}

static void shows_rooms(void **state)
{
    struct fake_session *f = *state;
    assert_answer(
        fake_call(f, "room.show", "{'room': 'main'}"),
        "200 {\"name\":\"main\",\"group\":1,\"bitrate\":128000,\"complexity\":9,\"listeners\":0,\"audience\":{\"kinds\":{},"
        "\"modes\":{},\"bitrate\":0.0,\"loss\":null,\"packets\":0,\"bytes\":0,\"lost\":0},"
        "\"recordings\":[],\"level\":{\"peak\":[-200.0,-200.0],\"rms\":[-200.0,-200.0]}}");
    assert_has(fake_text(fake_call(f, "room.list", NULL)), "200 {\"rooms\":[{\"name\":\"main\"");
    assert_answer(fake_call(f, "room.show", "{'room': 'attic'}"), "404 there is no room \"attic\"");
}

static void restarts_only_what_is_ours(void **state)
{
    struct fake_session *f = *state;
    assert_answer(fake_call(f, "server.restart", NULL),
                  "409 scsynth is not started by this controller");
    f->may_restart = true;
    assert_answer(fake_call(f, "server.restart", NULL), "200 {\"restarting\":true}");
    assert_int_equal(f->restarts, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUNNING(what_comes_behind_the_guard_is_stepped_over),
        RUNNING(the_guard_is_taken_out_of_any_group),
        RUNNING(a_guard_that_was_freed_is_made_again),
        RUNNING(a_guard_that_was_paused_goes_on),
        RUNNING(a_room_whose_group_was_freed_gets_another),
        RUNNING(a_room_that_lost_both_gets_both),
        RUNNING(a_guard_that_does_not_come_is_asked_for),
        RUNNING(panic_silences_at_once),
        RUNNING(panic_without_scsynth_forgets_what_was_to_come_back),
        RUNNING(changes_how_a_room_is_encoded),
        RUNNING(shows_rooms),
        RUNNING(restarts_only_what_is_ours),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
