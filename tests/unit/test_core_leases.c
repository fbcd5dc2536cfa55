// SPDX-License-Identifier: GPL-3.0-or-later
// Synths that last as long as a connection holds them. Ada is connection a, Bob is b.
#include "controller/core/leases.h"

#include "tests/unit/fake_asserts.h"

#define LEASE FAKE_MS(LEASE_SECONDS * 1000)

static void say_synced(struct fake_session *f)
{
    g_autofree char *text = g_strdup_printf("/synced %d", f->session->sync - 1);
    fake_reply(f, text);
}

static void call(struct fake_session *f, struct client *client, const char *method,
                 const char *params)
{
    g_autofree char *text = g_strdup_printf(
        "{'jsonrpc': '2.0', 'id': 1, 'method': '%s', 'params': %s}", method, params);
    fake_receive(f, client, text);
}

// Ada, who holds a sine 1000; what was recorded is cleared.
static struct client *connect(struct fake_session *f)
{
    struct client *ada = fake_connect(f, "a", true);
    call(f, ada, "synth.new", "{'synthdef': 'sine', 'held': true}");
    fake_run(f, FAKE_MS(2));
    fake_reply(f, "/n_go 1000 1 -1 -1 0");
    fake_run(f, FAKE_MS(300));
    fake_forget(f);
    return ada;
}

// Time passes, in which scsynth answers.
static void pass(struct fake_session *f, int64_t time)
{
    for (int64_t end = f->now + time; f->now < end;) {
        fake_alive(f);
        fake_run(f, MIN(end - f->now, FAKE_MS(500)));
    }
}

// For as long as that a note sounds on.
static void assert_goes_on(struct fake_session *f, int64_t time)
{
    pass(f, time);
    assert_text(fake_sent(f), "");
}

static void it_lasts_as_long_as_its_connection(void **state)
{
    struct fake_session *f = *state;
    struct client *ada = connect(f);
    assert_goes_on(f, 10 * LEASE);
    fake_leave(f, ada);
    assert_goes_on(f, LEASE - FAKE_MS(1));
    pass(f, FAKE_MS(5));
    assert_sent(f, "/n_set 1000 gate 0f");
    assert_goes_on(f, 10 * LEASE);
}

static void another_connection_takes_it_up(void **state)
{
    struct fake_session *f = *state;
    struct client *ada = connect(f);
    fake_leave(f, ada);
    assert_goes_on(f, LEASE / 2);
    struct client *again = fake_connect(f, "b", true);
    call(f, again, "synth.hold", "{'id': 1000}");
    assert_goes_on(f, 10 * LEASE);
    fake_leave(f, again);
    pass(f, LEASE + FAKE_MS(5));
    assert_sent(f, "/n_set 1000 gate 0f");
}

// A connection that is given up may be found gone long after the one that took its place.
static void who_took_it_up_holds_it_alone(void **state)
{
    struct fake_session *f = *state;
    struct client *ada = connect(f), *again = fake_connect(f, "b", true);
    call(f, again, "synth.hold", "{'id': 1000}");
    fake_leave(f, ada);
    assert_goes_on(f, 10 * LEASE);
    fake_leave(f, again);
}

static void who_leaves_before_it_began_holds_it_no_more(void **state)
{
    struct fake_session *f = *state;
    struct client *ada = fake_connect(f, "a", true);
    call(f, ada, "synth.new", "{'synthdef': 'sine', 'held': true}");
    fake_leave(f, ada);
    fake_run(f, FAKE_MS(2));
    fake_reply(f, "/n_go 1000 1 -1 -1 0");
    fake_forget(f);
    pass(f, LEASE + FAKE_MS(5));
    assert_sent(f, "/n_set 1000 gate 0f");
}

static void while_scsynth_is_away_it_waits(void **state)
{
    struct fake_session *f = *state;
    fake_leave(f, connect(f));
    fake_lose_server(f);
    fake_run(f, 2 * LEASE);
    assert_int_equal(f->session->state, SERVER_LOST);
    fake_alive(f);
    fake_reply(f, "/done /notify 0 16");
    fake_reply(f, "/g_queryTree.reply 1 0 0");
    say_synced(f);
    assert_has(fake_sent(f), "/s_new sine 1000 1 1");
    fake_reply(f, "/n_go 1 0 -1 -1 1 -1 -1");
    fake_reply(f, "/n_go 1000 1 -1 -1 0");
    fake_reply(f, "/n_go 2 0 1 -1 0");
    fake_run(f, FAKE_MS(10));
    assert_lacks(fake_sent(f), "gate");
    say_synced(f);
    fake_run(f, FAKE_MS(10));
    assert_has(fake_sent(f), "/n_set 1000 gate 0f");
}

// A scsynth that ends in order tells of each node's end first.
static void end_in_order(struct fake_session *f)
{
    fake_reply(f, "/n_end 1000 1 -1 -1 0");
    fake_reply(f, "/n_end 1 0 -1 2 1 -1 -1");
    fake_reply(f, "/n_end 2 0 -1 -1 0");
}

static void it_is_held_over_an_orderly_end_of_scsynth(void **state)
{
    struct fake_session *f = *state;
    struct client *ada = connect(f);
    end_in_order(f);
    fake_lose_server(f);
    const struct node *synth = tree_find(&f->session->tree, 1000);
    assert_ptr_equal(synth->holder, ada);
    fake_leave(f, ada);
    assert_null(synth->holder);
    assert_true(synth->lapses > 0);
}

static void who_leaves_while_scsynth_ends_holds_nothing(void **state)
{
    struct fake_session *f = *state;
    struct client *ada = connect(f);
    end_in_order(f);
    fake_leave(f, ada);
    fake_lose_server(f);
    const struct node *synth = tree_find(&f->session->tree, 1000);
    assert_null(synth->holder);
    assert_true(synth->lapses > 0);
}

static void the_next_controller_knows_of_it(void **state)
{
    struct fake_session *f = *state;
    struct client *ada = connect(f);
    struct fake_session *other = fake_session_create();
    session_learn_model(other->session, f->model);
    fake_session_boot(other, 0);
    fake_reply(other, "/n_go 1000 1 -1 -1 0");
    node_set_synthdef(tree_find(&other->session->tree, 1000),
                      catalog_find(&other->session->catalog, "sine"));
    fake_forget(other);
    pass(other, LEASE + FAKE_MS(5));
    assert_has(fake_sent(other), "/n_set 1000 gate 0f");
    fake_session_destroy(other);
    fake_leave(f, ada);
}

static void what_is_wrong_is_said(void **state)
{
    struct fake_session *f = *state;
    struct client *ada = connect(f);
    assert_answer(fake_call(f, "synth.new", "{'synthdef': 'sine', 'held': true}"),
                  "422 the synth cannot be made; held: needs a WebSocket, and no bundle");
    call(f, ada, "bundle.send",
         "{'commands': [{'method': 'synth.new', 'params': {'synthdef': 'sine', 'held': true}}]}");
    assert_has(fake_received(f), "\"commands[0].held\"");
    assert_sent(f, "");
    assert_answer(fake_call(f, "synth.hold", "{'id': 1000}"), "405 synth.hold needs a WebSocket");
    call(f, ada, "bundle.send",
         "{'in': 60, 'commands': [{'method': 'synth.new', 'params': {'synthdef': 'sine'}}]}");
    call(f, ada, "synth.hold", "{'id': 1001}");
    assert_has(fake_received(f), "node 1001 has not started yet");
    call(f, ada, "synth.hold", "{'id': 7}");
    assert_has(fake_received(f), "there is no node 7");
    call(f, ada, "synth.hold", "{'id': 1}");
    assert_has(fake_received(f), "node 1 is no synth that could be held");
    fake_leave(f, ada);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUNNING(it_lasts_as_long_as_its_connection),
        RUNNING(another_connection_takes_it_up),
        RUNNING(who_took_it_up_holds_it_alone),
        RUNNING(who_leaves_before_it_began_holds_it_no_more),
        RUNNING(while_scsynth_is_away_it_waits),
        RUNNING(it_is_held_over_an_orderly_end_of_scsynth),
        RUNNING(who_leaves_while_scsynth_ends_holds_nothing),
        RUNNING(the_next_controller_knows_of_it),
        RUNNING(what_is_wrong_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
