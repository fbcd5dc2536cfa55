// SPDX-License-Identifier: GPL-3.0-or-later
// From a scsynth that answers to one that is as it should be, and what is brought back.
#include "tests/unit/fake_asserts.h"

#define LOAD                                                                                       \
    "/d_load /defs/bell; /d_load /defs/chord; /d_load /defs/farfield_guard; /d_load /defs/plain; " \
    "/d_load /defs/sine; "

static void say_synced(struct fake_session *f)
{
    g_autofree char *text = g_strdup_printf("/synced %d", f->session->sync - 1);
    fake_reply(f, text);
}

// Another program may answer on its port before our own is there.
static void does_not_ask_before_scsynth_is_expected(void **state)
{
    struct fake_session *f = *state;
    session_server_gone(f->session, false, f->now);
    f->statuses = 0;
    fake_run(f, FAKE_MS(1000));
    fake_alive(f);
    assert_int_equal(f->statuses, 0);
    assert_int_equal(f->session->state, SERVER_LOST);
    session_server_expected(f->session, f->now);
    fake_run(f, 0);
    assert_int_equal(f->statuses, 1);
}

static void knocks_until_scsynth_answers(void **state)
{
    struct fake_session *f = *state;
    session_tick(f->session, f->now);
    assert_int_equal(f->statuses, 1);
    fake_run(f, FAKE_MS(100));
    assert_int_equal(f->statuses, 3);
    assert_int_equal(f->session->state, SERVER_LOST);
}

static void goes_through_the_steps(void **state)
{
    struct fake_session *f = *state;
    fake_alive(f);
    assert_sent(f, "/version; /notify 1 0");
    assert_has(fake_events(f, "server"), "\"state\":\"starting\"");
    fake_reply(f, "/version.reply scsynth 3 13 .0 main abcdef");
    fake_reply(f, "/done /notify 0 16");
    assert_sent(f, "/g_queryTree 0 1");
    fake_reply(f, "/g_queryTree.reply 1 0 0");
    assert_sent(f, LOAD "/sync 1");
    say_synced(f);
    assert_sent(f, "/g_new 1 0 0; /s_new farfield_guard 2 1 0 bus 0f; /sync 2");
    fake_reply(f, "/n_go 1 0 -1 -1 1 -1 -1");
    fake_reply(f, "/n_go 2 0 1 -1 0");
    assert_int_equal(f->session->state, SERVER_STARTING);
    say_synced(f);
    assert_int_equal(f->session->state, SERVER_RUNNING);
    assert_int_equal(f->session->epoch, 1);
    assert_string_equal(f->session->status.version, "3.13.0");
    assert_has(fake_events(f, "server"), "\"state\":\"running\",\"epoch\":1");
    assert_tree(f, "0(1() 2)");
    assert_sent(f, "");
}

static void an_old_barrier_ends_no_step(void **state)
{
    struct fake_session *f = *state;
    fake_alive(f);
    fake_reply(f, "/done /notify 0 16");
    fake_reply(f, "/g_queryTree.reply 1 0 0");
    fake_forget(f);
    fake_reply(f, "/synced 0");
    fake_reply(f, "/synced 77");
    assert_sent(f, "");
    say_synced(f);
    assert_has(fake_sent(f), "/s_new farfield_guard");
}

static void is_told_that_it_is_registered_already(void **state)
{
    struct fake_session *f = *state;
    fake_alive(f);
    fake_reply(f, "/fail /notify 'notify: already registered' 5");
    assert_int_equal(f->session->client_id, 5);
    fake_forget(f);
    fake_reply(f, "/g_queryTree.reply 1 0 0");
    say_synced(f);
    assert_has(fake_sent(f), "/g_new 335544321 0 0; /s_new farfield_guard 335544322 1 0");
}

static void a_notify_that_cannot_be_used_is_waited_out(void **state)
{
    static const char *const answers[] = {
        "/fail /notify 'too many users'",
        "/done /notify 1000 16",
        "/done /notify -1 16",
        "/done /notify 32 64",
        "/done /notify",
        "/done",
    };
    for (gsize i = 0; i < G_N_ELEMENTS(answers); i++) {
        struct fake_session *f = fake_session_create();
        fake_alive(f);
        fake_forget(f);
        fake_reply(f, answers[i]);
        if (strcmp(answers[i], "/done /notify") != 0)
            assert_int_equal(f->session->boot_step, 1);
        fake_run(f, 6000000);
        assert_true(f->lost >= 1);
        fake_session_destroy(f);
    }
}

static void every_step_has_its_deadline(void **state)
{
    for (int steps = 0; steps < 4; steps++) {
        struct fake_session *f = fake_session_create();
        fake_alive(f);
        if (steps > 0)
            fake_reply(f, "/done /notify 0 16");
        if (steps > 1)
            fake_reply(f, "/g_queryTree.reply 1 0 0");
        if (steps > 2)
            say_synced(f);
        fake_run(f, 4900000);
        assert_int_equal(f->lost, 0);
        fake_run(f, 200000);
        assert_int_equal(f->lost, 1);
        assert_int_equal(f->session->state, SERVER_LOST);
        assert_int_equal(f->session->restarts, 1);
        fake_session_destroy(f);
    }
}

// Many definitions take long to load; scsynth answers meanwhile, if not to /status.
static void a_slow_boot_is_no_silence(void **state)
{
    struct fake_session *f = *state;
    fake_alive(f);
    fake_reply(f, "/done /notify 0 16");
    fake_reply(f, "/g_queryTree.reply 1 0 0");
    fake_run(f, FAKE_MS(4000));
    say_synced(f);
    say_synced(f);
    fake_run(f, FAKE_MS(100));
    assert_int_equal(f->session->state, SERVER_RUNNING);
    assert_int_equal(f->lost, 0);
}

static void silence_is_noticed(void **state)
{
    struct fake_session *f = *state;
    fake_alive(f);
    fake_run(f, SESSION_LOST_AFTER - FAKE_MS(10));
    assert_int_equal(f->session->state, SERVER_RUNNING);
    fake_run(f, SESSION_STATUS_INTERVAL);
    assert_int_equal(f->session->state, SERVER_LOST);
    assert_int_equal(f->lost, 1);
    assert_has(fake_events(f, "server"), "\"state\":\"lost\"");
}

// A controller that was stopped, or kept busy, finds the answers only after its clock has moved.
static void who_was_held_up_does_not_call_others_silent(void **state)
{
    struct fake_session *f = *state;
    fake_alive(f);
    fake_run(f, FAKE_MS(600));
    fake_pass(f, FAKE_MS(60000));
    assert_int_equal(f->session->state, SERVER_RUNNING);
    fake_alive(f);
    fake_run(f, SESSION_LOST_AFTER - FAKE_MS(10));
    assert_int_equal(f->session->state, SERVER_RUNNING);
    assert_int_equal(f->lost, 0);
}

static void asks_for_the_status_twice_a_second(void **state)
{
    struct fake_session *f = *state;
    f->statuses = 0;
    for (int i = 0; i < 4; i++) {
        fake_alive(f);
        fake_run(f, FAKE_MS(500));
    }
    assert_int_equal(f->statuses, 4);
    assert_int_equal(f->session->state, SERVER_RUNNING);
}

// --- what is brought back -----------------------------------------------------------------------

// scsynth has been lost and answers again; everything up to the restore.
static void come_back(struct fake_session *f, int client, const char *tree)
{
    g_autofree char *done = g_strdup_printf("/done /notify %d 16", client);
    fake_lose_server(f);
    fake_alive(f);
    fake_reply(f, done);
    fake_reply(f, tree);
    fake_forget(f);
    say_synced(f);
}

// A group with a synth that was set, one that is paused, behind it one of another kind.
static void populate(struct fake_session *f)
{
    fake_call(f, "group.new", NULL);
    fake_call(f, "synth.new", "{'synthdef': 'sine', 'controls': {'freq': 500}}");
    fake_call(f, "synth.new", "{'synthdef': 'plain'}");
    fake_call(f, "synth.new", "{'synthdef': 'chord', 'controls': {'freqs': [1, 5, 3]}}");
    fake_run(f, FAKE_MS(2));
    fake_reply(f, "/n_go 1000 1 -1 -1 1 -1 -1");
    fake_reply(f, "/n_go 1001 1000 -1 -1 0");
    fake_reply(f, "/n_go 1002 1000 1001 -1 0");
    fake_reply(f, "/n_go 1003 1 1000 -1 0");
    fake_notify(f, "node.set", "{'id': 1001, 'controls': {'amp': 0.25}}");
    fake_notify(f, "node.run", "{'id': 1002, 'run': false}");
    fake_run(f, FAKE_MS(2));
    fake_reply(f, "/n_off 1002 1000 1001 -1 0");
    assert_tree(f, "0(1(1000(1001 1002) 1003) 2)");
    fake_forget(f);
}

static void a_fresh_scsynth_gets_everything_in_order(void **state)
{
    struct fake_session *f = *state;
    populate(f);
    come_back(f, 0, "/g_queryTree.reply 1 0 0");
    assert_sent(f, "/s_new farfield_guard 2 1 0 bus 0f; /g_new 1 0 0; /g_new 1000 1 1; "
                   "/s_new sine 1001 1 1000 freq 500f amp 0.25f; "
                   "/s_new plain 1002 1 1000; /n_run 1002 0; "
                   "/s_new chord 1003 1 1 1 5f; /sync 5");
    fake_reply(f, "/n_go 1 0 -1 -1 1 -1 -1");
    fake_reply(f, "/n_go 1000 1 -1 -1 1 -1 -1");
    fake_reply(f, "/n_go 1001 1000 -1 -1 0");
    fake_reply(f, "/n_go 1002 1000 1001 -1 0");
    fake_reply(f, "/n_off 1002 1000 1001 -1 0");
    fake_reply(f, "/n_go 1003 1 1000 -1 0");
    fake_reply(f, "/n_go 2 0 1 -1 0");
    say_synced(f);
    assert_tree(f, "0(1(1000(1001 1002) 1003) 2)");
    assert_int_equal(f->session->epoch, 2);
    struct fake_answer *shown = fake_call(f, "node.show", "{'id': 1001}");
    assert_has(fake_text(shown), "\"controls\":{\"out\":0,\"freq\":500,\"amp\":0.25");
    assert_false(tree_find(&f->session->tree, 1002)->running);
}

static void what_does_not_come_back_is_said_to_have_ended(void **state)
{
    struct fake_session *f = *state;
    populate(f);
    come_back(f, 0, "/g_queryTree.reply 1 0 0");
    fake_reply(f, "/n_go 1 0 -1 -1 1 -1 -1");
    fake_reply(f, "/n_go 1000 1 -1 -1 1 -1 -1");
    fake_reply(f, "/n_go 1001 1000 -1 -1 0");
    fake_reply(f, "/fail /s_new 'SynthDef not found'");
    fake_reply(f, "/n_go 2 0 1 -1 0");
    fake_forget(f);
    say_synced(f);
    // It may only not have been heard of.
    assert_sent(f, "/n_query 1002; /n_query 1003; /sync 6");
    fake_reply(f, "/fail /n_query 'Node 1002 not found'");
    fake_reply(f, "/n_info 1003 1 1000 -1 0");
    say_synced(f);
    assert_tree(f, "0(1(1000(1001) 1003) 2)");
    assert_has(
        fake_events(f, "nodes"),
        "node.ended {\"id\":1002,\"parent\":1000,\"by\":null,\"client\":null,\"client_id\":null,\"time\":1.700001e9}");
}

static void what_was_over_is_not_struck_again(void **state)
{
    struct fake_session *f = *state;
    fake_call(f, "synth.new", "{'synthdef': 'bell'}");
    fake_call(f, "synth.new", "{'synthdef': 'sine'}");
    fake_call(f, "synth.new", "{'synthdef': 'sine'}");
    fake_run(f, FAKE_MS(2));
    fake_reply(f, "/n_go 1000 1 -1 -1 0");
    fake_reply(f, "/n_go 1001 1 1000 -1 0");
    fake_reply(f, "/n_go 1002 1 1001 -1 0");
    fake_reply(f, "/n_go 67109864 0 1 2 0"); // another client's: theirs to bring back
    fake_notify(f, "node.release", "{'id': 1001}");
    fake_run(f, FAKE_MS(2));
    come_back(f, 0, "/g_queryTree.reply 1 0 0");
    assert_sent(f, "/s_new farfield_guard 2 1 0 bus 0f; /g_new 1 0 0; /s_new sine 1002 1 1; "
                   "/sync 5");
}

// One that ends in order tells of each node's end first; what was freed here does not come back.
static void ends_that_scsynths_own_end_brings_are_undone(void **state)
{
    struct fake_session *f = *state;
    populate(f);
    fake_call(f, "node.free", "{'id': 1003}");
    fake_run(f, FAKE_MS(2));
    fake_reply(f, "/n_end 1003 1 -1 -1 0");
    fake_reply(f, "/n_end 1001 1000 -1 1002 0");
    fake_reply(f, "/n_end 1002 1000 -1 -1 0");
    fake_reply(f, "/n_end 1000 1 -1 -1 1 -1 -1");
    fake_reply(f, "/n_end 1 0 -1 2 1 -1 -1");
    fake_reply(f, "/n_end 2 0 -1 -1 0");
    assert_tree(f, "0()");
    fake_lose_server(f);
    assert_tree(f, "0(1(1000(1001 1002)))");
}

static void ends_that_scsynth_outlives_are_not(void **state)
{
    struct fake_session *f = *state;
    populate(f);
    fake_reply(f, "/n_end 1001 1000 -1 1002 0");
    fake_alive(f);
    fake_lose_server(f);
    assert_lacks(fake_tree(f), "1001");
}

// scsynth was only out of reach: what it lacks has ended, and only the news of it was lost.
static void a_tree_that_is_still_there_is_kept(void **state)
{
    struct fake_session *f = *state;
    populate(f);
    come_back(f, 0,
              "/g_queryTree.reply 1 0 2 1 2 1000 1 1001 -1 sine 4 out 0.0 freq 1.0 amp 0.25 "
              "gate 1.0 1003 -1 chord 6 freqs 1.0 1 5.0 2 3.0 t_hit 0.0 i_bus 0.0 amp 0.5 "
              "2 -1 farfield_guard 1 bus 0.0");
    assert_sent(f, "/sync 5");
    assert_has(
        fake_events(f, "nodes"),
        "node.ended {\"id\":1002,\"parent\":1000,\"by\":null,\"client\":null,\"client_id\":null,\"time\":1.700001e9}");
    say_synced(f);
    assert_tree(f, "0(1(1000(1001) 1003) 2)");
    // What was wanted counts, not an answer that may be older.
    assert_true(tree_find(&f->session->tree, 1001)->values[1] == 500);
}

static void another_client_id_renumbers_what_is_ours(void **state)
{
    struct fake_session *f = *state;
    populate(f);
    come_back(f, 1, "/g_queryTree.reply 1 0 0");
    assert_sent(f, "/s_new farfield_guard 67108866 1 0 bus 0f; /g_new 67108865 0 0; "
                   "/g_new 67109864 1 67108865; "
                   "/s_new sine 67109865 1 67109864 freq 500f amp 0.25f; "
                   "/s_new plain 67109866 1 67109864; /n_run 67109866 0; "
                   "/s_new chord 67109867 1 67108865 1 5f; /sync 5");
}

// Another client's node that is told of before we know who we are must not be in the way.
static void nodes_told_of_before_login_change_nothing(void **state)
{
    struct fake_session *f = *state;
    populate(f);
    fake_lose_server(f);
    fake_alive(f);
    fake_reply(f, "/n_go 67109865 0 -1 -1 0");
    fake_reply(f, "/done /notify 1 16");
    assert_non_null(tree_find(&f->session->tree, 67109865));
    assert_true(tree_find(&f->session->tree, 67109865)->own);
}

// A controller that was restarted finds a tree that it does not know.
static void a_tree_is_adopted(void **state)
{
    struct fake_session *f = *state;
    fake_alive(f);
    fake_reply(f, "/done /notify 0 16");
    fake_reply(f, "/g_queryTree.reply 1 0 3 1 2 1000 1 1001 -1 sine 4 out 0.0 freq 500.0 amp c3 "
                  "gate 1.0 1002 -1 gone 4 a 1.0 list 2.0 2 3.0 gate 1.0 67108865 0 2 -1 "
                  "farfield_guard 1 bus 0.0");
    fake_forget(f);
    say_synced(f);
    assert_sent(f, "/sync 2");
    say_synced(f);
    assert_tree(f, "0(1(1000(1001) 1002) 67108865() 2)");
    struct fake_answer *a = fake_call(f, "node.show", "{'id': 1001}");
    assert_answer(
        a,
        "200 {\"id\":1001,\"kind\":\"synth\",\"name\":null,\"parent\":1000,\"synthdef\":\"sine\","
        "\"controls\":{\"out\":0,\"freq\":500,\"amp\":0.1,\"gate\":1},"
        "\"maps\":{\"amp\":\"c3\"},\"releasing\":false,\"running\":true,\"own\":true,\"client\":0,\"system\":false,"
        "\"room\":\"main\"}");
    // Of a definition that is not in the catalog all that is known is what was shown.
    a = fake_call(f, "node.show", "{'id': 1002}");
    assert_has(fake_text(a), "\"synthdef\":\"gone\",\"controls\":{\"a\":1,\"list\":[2,3],"
                             "\"gate\":1}");
    a = fake_call(f, "node.show", "{'id': 67108865}");
    assert_has(fake_text(a), "\"own\":false,");
    // New nodes get ids that are free.
    fake_run(f, FAKE_MS(2));
    fake_forget(f);
    fake_call(f, "synth.new", "{'synthdef': 'plain'}");
    assert_sent(f, "/s_new plain 1003 0 1; /sync 3");
}

// 65 KiB is what an answer can be: of a larger tree the controls are asked for one by one.
static void a_tree_too_large_for_one_answer(void **state)
{
    struct fake_session *f = *state;
    fake_alive(f);
    fake_reply(f, "/done /notify 0 16");
    fake_forget(f);
    fake_reply(f, "/fail /g_queryTree 'buffer overflow'");
    assert_sent(f, "/g_queryTree 0 0");
    fake_reply(f, "/g_queryTree.reply 0 0 2 1 1 1000 -1 sine 2 -1 farfield_guard");
    g_autofree char *sent = fake_sent(f);
    assert_non_null(strstr(sent, "/s_getn 1000 0 4"));
    assert_non_null(strstr(sent, "/d_load"));
    fake_reply(f, "/n_setn 1000 0 4 0.0 330.0 0.5 1.0");
    say_synced(f);
    say_synced(f);
    assert_tree(f, "0(1(1000) 2)");
    assert_has(fake_text(fake_call(f, "node.show", "{'id': 1000}")),
               "\"synthdef\":\"sine\",\"controls\":{\"out\":0,\"freq\":330,\"amp\":0.5,");
}

static void a_tree_too_large_for_any_answer(void **state)
{
    struct fake_session *f = *state;
    populate(f);
    fake_lose_server(f);
    fake_alive(f);
    fake_reply(f, "/done /notify 0 16");
    fake_reply(f, "/fail /g_queryTree 'buffer overflow'");
    fake_forget(f);
    fake_reply(f, "/fail /g_queryTree 'buffer overflow'");
    assert_has(fake_sent(f), "/d_load");
    say_synced(f);
    say_synced(f);
    assert_int_equal(f->session->state, SERVER_RUNNING);
    assert_tree(f, "0(1(1000(1001 1002) 1003) 2)");
}

static void what_was_on_the_way_is_lost(void **state)
{
    struct fake_session *f = *state;
    struct fake_answer *a = fake_call(f, "synth.new", "{'synthdef': 'sine'}");
    fake_lose_server(f);
    assert_answer(a, "503 scsynth was lost before it answered; it is being started again");
    assert_sent(f, "");
    fake_reply(f, "/n_go 1000 1 -1 -1 0"); // of one that is no more
    assert_null(tree_find(&f->session->tree, 1000));
    a = fake_call(f, "synth.new", "{'synthdef': 'sine'}");
    assert_answer(a, "503 scsynth is being started; try again in a moment");
}

// Another scsynth in the place of ours answers /status, and has none of our nodes.
static void a_scsynth_that_is_another_one_is_set_up(void **state)
{
    struct fake_session *f = *state;
    populate(f);
    fake_alive(f);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(f->session->state, SERVER_RUNNING);
        fake_reply(f, "/status.reply 1 0 0 1 0 0.5 1.5 48000.0 48000.0");
        fake_run(f, SESSION_STATUS_INTERVAL);
    }
    assert_int_equal(f->session->state, SERVER_STARTING);
    assert_int_equal(f->lost, 0); // it is not to be killed
    assert_has(fake_sent(f), "/notify 1 0");
    fake_reply(f, "/done /notify 0 16");
    fake_reply(f, "/g_queryTree.reply 1 0 0");
    fake_forget(f);
    say_synced(f);
    assert_has(fake_sent(f), "/s_new sine 1001 1 1000 freq 500f amp 0.25f");
    say_synced(f);
    say_synced(f); // nothing was heard of them: they are asked for
    assert_int_equal(f->session->epoch, 2);
}

// Its room's group is asked for after one of others was started anew on the same port.
static void a_scsynth_without_our_room_is_another_one(void **state)
{
    struct fake_session *f = *state;
    fake_call(f, "synth.new", "{'synthdef': 'sine'}");
    fake_run(f, FAKE_MS(2));
    fake_reply(f, "/n_go 1000 1 -1 -1 0");
    fake_forget(f);
    fake_reply(f, "/fail /n_query 'Node 1 not found'");
    fake_run(f, FAKE_MS(250));
    assert_true(f->session->state != SERVER_RUNNING);
    assert_non_null(tree_find(&f->session->tree, 1000));
    g_autofree char *events = fake_events(f, "nodes");
    assert_null(strstr(events, "node.ended"));
}

// The news of a group's end may come behind what follows from it.
static void a_room_whose_end_is_told_late_has_ended(void **state)
{
    struct fake_session *f = *state;
    fake_reply(f, "/fail /n_query 'Node 1 not found'");
    fake_reply(f, "/n_end 1 0 -1 2 1 -1 -1");
    assert_sent(f, "/g_new 1 0 0");
    fake_reply(f, "/n_go 1 0 -1 2 1 -1 -1");
    fake_run(f, FAKE_MS(300));
    assert_true(f->session->state == SERVER_RUNNING);
    assert_tree(f, "0(1() 2)");
}

// Counts lag behind while nodes come and go.
static void counts_of_a_busy_scsynth_are_not_strange(void **state)
{
    struct fake_session *f = *state;
    for (int i = 0; i < 20; i++) {
        fake_reply(f, "/status.reply 1 0 7 1 0 0.5 1.5 48000.0 48000.0");
        fake_run(f, SESSION_STATUS_INTERVAL);
        fake_reply(f, i % 2 ? "/n_end 5000 1 -1 -1 0" : "/n_go 5000 1 -1 -1 0");
    }
    assert_int_equal(f->session->state, SERVER_RUNNING);
    assert_int_equal(f->session->epoch, 1);
}

static void counts_what_scsynth_complains_of(void **state)
{
    struct fake_session *f = *state;
    session_on_output(f->session, "late 0.013", f->now);
    session_on_output(f->session, "late 0.2", f->now);
    session_on_output(f->session, "alloc failed, increase server's memory", f->now);
    session_on_output(f->session, "it is never late", f->now);
    struct fake_answer *a = fake_call(f, "server.status", NULL);
    assert_has(fake_text(a), "\"late\":2,\"alloc_failed\":1");
}

static void shows_the_status(void **state)
{
    struct fake_session *f = *state;
    f->session->server_port = 57110;
    fake_reply(f, "/status.reply 1 12 3 4 5 0.25 1.5 48000.0 47999.5");
    struct fake_answer *a = fake_call(f, "server.status", NULL);
    assert_has(fake_text(a), "{\"state\":\"running\",\"epoch\":1,\"version\":\"\",\"sample_rate\":"
                             "47999.5,\"cpu\":{\"average\":0.25,\"peak\":1.5},\"ugens\":12,"
                             "\"synths\":3,\"groups\":4,\"synthdefs\":5,\"late\":0,"
                             "\"alloc_failed\":0,\"restarts\":0,\"client_id\":0,"
                             "\"max_logins\":16,\"port\":57110}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        NEW(does_not_ask_before_scsynth_is_expected),
        NEW(knocks_until_scsynth_answers),
        NEW(goes_through_the_steps),
        NEW(an_old_barrier_ends_no_step),
        NEW(is_told_that_it_is_registered_already),
        cmocka_unit_test(a_notify_that_cannot_be_used_is_waited_out),
        cmocka_unit_test(every_step_has_its_deadline),
        NEW(a_slow_boot_is_no_silence),
        RUNNING(silence_is_noticed),
        RUNNING(who_was_held_up_does_not_call_others_silent),
        RUNNING(asks_for_the_status_twice_a_second),
        RUNNING(a_fresh_scsynth_gets_everything_in_order),
        RUNNING(what_does_not_come_back_is_said_to_have_ended),
        RUNNING(what_was_over_is_not_struck_again),
        RUNNING(ends_that_scsynths_own_end_brings_are_undone),
        RUNNING(ends_that_scsynth_outlives_are_not),
        RUNNING(a_tree_that_is_still_there_is_kept),
        RUNNING(another_client_id_renumbers_what_is_ours),
        RUNNING(nodes_told_of_before_login_change_nothing),
        NEW(a_tree_is_adopted),
        NEW(a_tree_too_large_for_one_answer),
        RUNNING(a_tree_too_large_for_any_answer),
        RUNNING(what_was_on_the_way_is_lost),
        RUNNING(a_scsynth_that_is_another_one_is_set_up),
        RUNNING(a_room_whose_end_is_told_late_has_ended),
        RUNNING(a_scsynth_without_our_room_is_another_one),
        RUNNING(counts_of_a_busy_scsynth_are_not_strange),
        RUNNING(counts_what_scsynth_complains_of),
        RUNNING(shows_the_status),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
