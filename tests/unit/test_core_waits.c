// SPDX-License-Identifier: GPL-3.0-or-later
// Calls that wait for scsynth, and a scsynth whose answers fail, are late, lost, or said twice.
#include "tests/unit/fake_asserts.h"

static struct fake_answer *play(struct fake_session *f, const char *name)
{
    g_autofree char *params = g_strdup_printf("{'synthdef': '%s'}", name);
    return fake_call(f, "synth.new", params);
}

// A synth 1000 that runs and has been answered for.
static void start(struct fake_session *f)
{
    play(f, "sine");
    fake_run(f, FAKE_MS(2));
    fake_reply(f, "/n_go 1000 1 -1 -1 0");
    fake_reply(f, "/synced 3");
    fake_forget(f);
}

// --- /fail --------------------------------------------------------------------------------------

static void fails_of_new_nodes_go_in_the_order_of_asking(void **state)
{
    struct fake_session *f = *state;
    struct fake_answer *a = play(f, "sine"), *b = play(f, "plain"), *c = play(f, "bell");
    struct fake_answer *group = fake_call(f, "group.new", NULL);
    fake_run(f, FAKE_MS(2));
    fake_reply(f, "/n_go 1000 1 -1 -1 0");
    fake_reply(f, "/fail /s_new 'SynthDef not found\n'");
    fake_reply(f, "/fail /s_new 'duplicate node ID'");
    fake_reply(f, "/fail /g_new 'Group 1 not found'");
    assert_int_equal(a->status, 200);
    assert_answer(b, "502 scsynth refused /s_new: SynthDef not found");
    assert_answer(c, "502 scsynth refused /s_new: duplicate node ID");
    assert_answer(group, "404 scsynth refused /g_new: Group 1 not found");
}

static void a_missing_node_is_404(void **state)
{
    struct fake_session *f = *state;
    start(f);
    struct fake_answer *set = fake_call(f, "node.set", "{'id': 1000, 'controls': {'freq': 1}}");
    fake_run(f, FAKE_MS(2));
    fake_reply(f, "/fail /n_set 'Node 1000 not found'");
    assert_answer(set, "404 scsynth refused /n_set: Node 1000 not found");
    // Its end was lost; now it is known.
    assert_has(
        fake_events(f, "nodes"),
        "node.ended {\"id\":1000,\"parent\":1,\"by\":null,\"client\":null,\"client_id\":0,\"time\":1.700001e9}");
    assert_tree(f, "0(1() 2)");
}

// So scsynth calls a target that is a synth where a group is needed.
static void a_synth_that_is_no_group_stays(void **state)
{
    struct fake_session *f = *state;
    start(f);
    fake_reply(f, "/fail /s_new 'Group 1000 not found'");
    assert_tree(f, "0(1(1000) 2)");
}

static void to_free_what_is_gone_is_no_failure(void **state)
{
    struct fake_session *f = *state;
    start(f);
    struct fake_answer *freed = fake_call(f, "node.free", "{'id': 1000}");
    fake_run(f, FAKE_MS(2));
    fake_reply(f, "/fail /n_free 'Node 1000 not found'");
    assert_answer(freed, "200 {}");
    assert_tree(f, "0(1() 2)");
}

static void a_fail_of_another_node_or_command_is_not_ours(void **state)
{
    struct fake_session *f = *state;
    start(f);
    struct fake_answer *set = fake_call(f, "node.set", "{'id': 1000, 'controls': {'freq': 1}}");
    fake_run(f, FAKE_MS(2));
    fake_reply(f, "/fail /n_set 'Node 77 not found'");
    fake_reply(f, "/fail /n_free 'Node 77 not found'");
    fake_reply(f, "/fail /s_new 'SynthDef not found'");
    fake_reply(f, "/fail /b_alloc 'no'");
    fake_reply(f, "/fail");
    fake_reply(f, "/fail 1 2 3");
    assert_waiting(set);
    fake_reply(f, "/synced 4");
    assert_int_equal(set->status, 200);
}

static void no_fail_takes_the_root_or_a_stranger(void **state)
{
    struct fake_session *f = *state;
    static const char *const fails[] = {
        "/fail /n_query 'Node 0 not found'",    "/fail /n_free 'Group 0 not found'",
        "/fail /n_query 'Node -5 not found'",   "/fail /n_query 'Node 99999999999999 not found'",
        "/fail /n_query 'Node  not found'",     "/fail /n_query Node",
        "/fail /n_query 'Node 4294967296 not'", "/fail /n_query 'Group 12345 not found'",
    };
    for (gsize i = 0; i < G_N_ELEMENTS(fails); i++)
        fake_reply(f, fails[i]);
    assert_tree(f, "0(1() 2)");
}

static void a_fail_that_is_not_utf8_is_told_all_the_same(void **state)
{
    struct fake_session *f = *state;
    struct fake_answer *a = play(f, "sine");
    fake_run(f, FAKE_MS(2));
    fake_reply(f, "/fail /s_new 'caf\xe9'");
    assert_int_equal(a->status, 502);
    assert_has(fake_text(a), "caf\xef\xbf\xbd");
}

// --- deadlines ----------------------------------------------------------------------------------

static void no_answer_is_504(void **state)
{
    struct fake_session *f = *state;
    start(f);
    struct fake_answer *set = fake_call(f, "node.set", "{'id': 1000, 'controls': {'freq': 1}}");
    fake_alive(f);
    for (int i = 0; i < 49; i++) {
        fake_run(f, FAKE_MS(100));
        fake_alive(f);
    }
    assert_waiting(set);
    fake_run(f, FAKE_MS(600));
    assert_answer(set, "504 scsynth did not answer /n_set in time");
    fake_reply(f, "/synced 4"); // too late
    assert_int_equal(set->times, 1);
}

static void a_node_overdue_is_asked_for(void **state)
{
    struct fake_session *f = *state;
    struct fake_answer *a = play(f, "sine"), *b = play(f, "sine"), *c = play(f, "sine");
    fake_run(f, FAKE_MS(2));
    fake_reply(f, "/synced 3");
    fake_reply(f, "/n_go 1001 1 -1 -1 0");
    fake_forget(f);
    fake_run(f, FAKE_MS(499));
    assert_text(fake_sent(f), "");
    assert_waiting(a);
    fake_run(f, FAKE_MS(10));
    assert_text(fake_sent(f), "/n_query 1000; /n_query 1002");
    fake_reply(f, "/n_info 1000 1 1001 -1 0");
    assert_int_equal(a->status, 200);
    assert_int_equal(b->status, 200);
    fake_reply(f, "/fail /n_query 'Node 1002 not found'");
    assert_answer(c, "404 node 1002 is not there");
    assert_tree(f, "0(1(1001 1000) 2)");
}

static void a_node_overdue_that_stays_unheard_of_is_504(void **state)
{
    struct fake_session *f = *state;
    struct fake_answer *synth = play(f, "sine");
    struct fake_answer *group = fake_call(f, "group.new", NULL);
    fake_run(f, FAKE_MS(2));
    fake_reply(f, "/synced 3");
    fake_run(f, FAKE_MS(1100));
    assert_answer(synth, "504 scsynth did not answer /s_new in time");
    assert_answer(group, "504 scsynth did not answer /g_new in time");
}

// scsynth holds 1024 answers about nodes, and would lose the rest.
static void many_overdue_are_asked_for_a_part_at_a_time(void **state)
{
    struct fake_session *f = *state;
    for (int i = 0; i < 1200; i++)
        fake_call(f, "group.new", NULL);
    fake_run(f, FAKE_MS(2));
    fake_reply(f, "/synced 3");
    fake_forget(f);
    int parts[3] = {500, 500, 200};
    fake_run(f, FAKE_MS(480));
    for (int i = 0; i < 3; i++) {
        fake_run(f, FAKE_MS(50));
        char *sent = fake_sent(f);
        g_auto(GStrv) queries = g_strsplit(sent, "/n_query", -1);
        assert_int_equal(g_strv_length(queries) - 1, parts[i]);
        g_free(sent);
    }
}

static void an_end_overdue_is_asked_for(void **state)
{
    struct fake_session *f = *state;
    start(f);
    struct fake_answer *freed = fake_call(f, "node.free", "{'id': 1000}");
    fake_run(f, FAKE_MS(2));
    fake_reply(f, "/synced 4");
    fake_forget(f);
    fake_run(f, FAKE_MS(510));
    assert_text(fake_sent(f), "/n_query 1000");
    fake_reply(f, "/fail /n_query 'Node 1000 not found'");
    assert_answer(freed, "200 {}");
    assert_tree(f, "0(1() 2)");
}

// --- lost, late, out of order, twice ------------------------------------------------------------

static void a_later_barrier_stands_for_a_lost_one(void **state)
{
    struct fake_session *f = *state;
    start(f);
    struct fake_answer *a = fake_call(f, "node.set", "{'id': 1000, 'controls': {'freq': 1}}");
    fake_run(f, FAKE_MS(2));
    struct fake_answer *b = fake_call(f, "node.set", "{'id': 1000, 'controls': {'freq': 2}}");
    assert_sent(f, "/n_set 1000 freq 1f; /sync 4\n/n_set 1000 freq 2f; /sync 5");
    fake_reply(f, "/synced 5");
    assert_int_equal(a->status, 200);
    assert_int_equal(b->status, 200);
    fake_reply(f, "/synced 4");
}

static void an_earlier_barrier_ends_no_later_wait(void **state)
{
    struct fake_session *f = *state;
    start(f);
    struct fake_answer *a = fake_call(f, "node.set", "{'id': 1000, 'controls': {'freq': 1}}");
    fake_run(f, FAKE_MS(2));
    struct fake_answer *b = fake_call(f, "node.set", "{'id': 1000, 'controls': {'freq': 2}}");
    fake_run(f, FAKE_MS(2));
    fake_reply(f, "/synced 4");
    fake_reply(f, "/synced 4");
    fake_reply(f, "/synced -1");
    fake_reply(f, "/synced");
    assert_int_equal(a->status, 200);
    assert_waiting(b);
    fake_reply(f, "/synced 5");
    assert_int_equal(b->status, 200);
}

static void a_barrier_before_the_nodes_it_follows(void **state)
{
    struct fake_session *f = *state;
    struct fake_answer *a = play(f, "sine");
    fake_run(f, FAKE_MS(2));
    fake_reply(f, "/synced 3");
    assert_waiting(a);
    fake_run(f, FAKE_MS(100));
    fake_reply(f, "/n_go 1000 1 -1 -1 0");
    assert_int_equal(a->status, 200);
}

static void everything_twice(void **state)
{
    struct fake_session *f = *state;
    struct fake_answer *a = play(f, "sine");
    fake_run(f, FAKE_MS(2));
    for (int i = 0; i < 2; i++)
        fake_reply(f, "/n_go 1000 1 -1 -1 0");
    for (int i = 0; i < 2; i++)
        fake_reply(f, "/synced 3");
    assert_int_equal(a->times, 1);
    g_autofree char *started = fake_events(f, "nodes");
    assert_null(strchr(started, '\n'));
    struct fake_answer *freed = fake_call(f, "node.free", "{'id': 1000}");
    fake_run(f, FAKE_MS(2));
    for (int i = 0; i < 2; i++)
        fake_reply(f, "/n_end 1000 1 -1 -1 0");
    for (int i = 0; i < 2; i++)
        fake_reply(f, "/synced 4");
    assert_int_equal(freed->times, 1);
    assert_tree(f, "0(1() 2)");
}

static void answers_in_the_wrong_order(void **state)
{
    struct fake_session *f = *state;
    struct fake_answer *one = play(f, "sine"), *two = play(f, "sine"), *three = play(f, "sine");
    fake_run(f, FAKE_MS(2));
    fake_reply(f, "/synced 3");
    fake_reply(f, "/tr 1002 0 1.0");
    fake_reply(f, "/n_go 1002 1 -1 1001 0");
    fake_reply(f, "/n_go 1000 1 -1 -1 0");
    fake_reply(f, "/n_go 1001 1 -1 1000 0");
    assert_int_equal(one->status, 200);
    assert_int_equal(two->status, 200);
    assert_int_equal(three->status, 200);
    assert_int_equal(json_integer_value(json_object_get(three->json, "id")), 1002);
}

// --- the end ------------------------------------------------------------------------------------

static void all_are_told_when_scsynth_is_lost(void **state)
{
    struct fake_session *f = *state;
    start(f);
    struct fake_answer *answers[] = {
        play(f, "sine"),
        fake_call(f, "group.new", NULL),
        fake_call(f, "node.set", "{'id': 1000, 'controls': {'freq': 1}}"),
        fake_call(f, "node.run", "{'id': 1000, 'run': false}"),
        fake_call(f, "node.free", "{'id': 1000}"),
        fake_call(f, "node.release", "{'id': 1000}"),
        fake_call(f, "server.panic", NULL),
    };
    fake_lose_server(f);
    for (gsize i = 0; i < G_N_ELEMENTS(answers); i++)
        assert_answer(answers[i],
                      "503 scsynth was lost before it answered; it is being started again");
}

static void all_are_told_when_we_stop(void **state)
{
    struct fake_session *f = *state;
    struct fake_answer *a = play(f, "sine");
    session_stop(f->session, f->now);
    assert_answer(a, "503 Farfield is shutting down");
    assert_answer(play(f, "sine"), "503 Farfield is shutting down");
}

static void no_more_wait_than_there_is_room_for(void **state)
{
    struct fake_session *f = *state;
    // Those whom nobody hears are fewer, so that one who only sends cannot shut the others out.
    for (int i = 0; i < SESSION_MAX_WAITS; i++)
        fake_notify(f, "group.new", NULL);
    assert_int_equal(f->session->waits.length, SESSION_MAX_NOTIFIED);
    for (int i = SESSION_MAX_NOTIFIED; i < SESSION_MAX_WAITS; i++)
        fake_call(f, "group.new", NULL);
    assert_answer(play(f, "sine"), "503 too many commands are waiting for scsynth");
    // Reading and panic are always possible.
    assert_has(fake_text(fake_call(f, "node.list", NULL)), "nodes");
    assert_answer(fake_call(f, "server.panic", NULL), "waiting");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUNNING(fails_of_new_nodes_go_in_the_order_of_asking),
        RUNNING(a_missing_node_is_404),
        RUNNING(a_synth_that_is_no_group_stays),
        RUNNING(to_free_what_is_gone_is_no_failure),
        RUNNING(a_fail_of_another_node_or_command_is_not_ours),
        RUNNING(no_fail_takes_the_root_or_a_stranger),
        RUNNING(a_fail_that_is_not_utf8_is_told_all_the_same),
        RUNNING(no_answer_is_504),
        RUNNING(a_node_overdue_is_asked_for),
        RUNNING(a_node_overdue_that_stays_unheard_of_is_504),
        RUNNING(many_overdue_are_asked_for_a_part_at_a_time),
        RUNNING(an_end_overdue_is_asked_for),
        RUNNING(a_later_barrier_stands_for_a_lost_one),
        RUNNING(an_earlier_barrier_ends_no_later_wait),
        RUNNING(a_barrier_before_the_nodes_it_follows),
        RUNNING(everything_twice),
        RUNNING(answers_in_the_wrong_order),
        RUNNING(all_are_told_when_scsynth_is_lost),
        RUNNING(all_are_told_when_we_stop),
        RUNNING(no_more_wait_than_there_is_room_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
