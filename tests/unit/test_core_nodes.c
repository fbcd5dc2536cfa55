// SPDX-License-Identifier: GPL-3.0-or-later
// Each command about nodes: what leaves for scsynth, and what its replies make of it.
#include "tests/unit/fake_asserts.h"

// Node `id` is there, behind `previous` in the room's group.
static void start(struct fake_session *f, const char *params, int id, int previous)
{
    g_autofree char *go = g_strdup_printf("/n_go %d 1 %d -1 0", id, previous);
    g_autofree char *synced = NULL;
    struct fake_answer *a = fake_call(f, "synth.new", params);
    fake_run(f, FAKE_MS(2));
    fake_reply(f, go);
    synced = g_strdup_printf("/synced %d", f->session->sync - 1);
    fake_reply(f, synced);
    assert_int_equal(a->status, 200);
    fake_forget(f);
}

static void say_synced(struct fake_session *f)
{
    g_autofree char *text = g_strdup_printf("/synced %d", f->session->sync - 1);
    fake_reply(f, text);
}

static void synth_new(void **state)
{
    struct fake_session *f = *state;
    struct fake_answer *a =
        fake_call(f, "synth.new", "{'synthdef': 'sine', 'controls': {'freq': 660, 'amp': 0.1}}");
    assert_sent(f, "/s_new sine 1000 0 1 freq 660f; /sync 3");
    assert_waiting(a);
    fake_reply(f, "/n_go 1000 1 -1 -1 0");
    assert_answer(
        a,
        "200 {\"id\":1000,\"kind\":\"synth\",\"name\":null,\"parent\":1,\"synthdef\":\"sine\","
        "\"controls\":{\"out\":0,\"freq\":660,\"amp\":0.1,\"gate\":1},"
        "\"maps\":{},\"releasing\":false,\"running\":true,\"own\":true,\"client\":0,\"system\":false,"
        "\"room\":\"main\"}");
    assert_has(fake_events(f, "nodes"), "node.started {\"node\":{\"id\":1000,");
    assert_sent(f, "");
    say_synced(f);
}

static void synth_new_stands_where_it_is_told(void **state)
{
    struct fake_session *f = *state;
    start(f, "{'synthdef': 'sine'}", 1000, -1);
    static const char *const actions[] = {"before", "after", "replace"};
    static const char *const sent[] = {"/s_new plain 1001 2 1000; /sync 4",
                                       "/s_new plain 1002 3 1000; /sync 5",
                                       "/s_new plain 1003 4 1000; /sync 6"};
    for (int i = 0; i < 3; i++) {
        g_autofree char *params =
            g_strdup_printf("{'synthdef': 'plain', 'target': 1000, 'action': '%s'}", actions[i]);
        fake_call(f, "synth.new", params);
        assert_sent(f, sent[i]);
    }
    fake_call(f, "synth.new", "{'synthdef': 'plain', 'target': 0, 'action': 'tail'}");
    // Nothing stands behind the guard, which is node 2.
    assert_sent(f, "/s_new plain 1004 2 2; /sync 7");
}

static void synth_new_sends_arrays_by_index(void **state)
{
    struct fake_session *f = *state;
    fake_call(f, "synth.new",
              "{'synthdef': 'chord', 'controls': {'freqs': [9, 2, 7], 'i_bus': 4, 't_hit': 1}}");
    assert_sent(f, "/s_new chord 1000 0 1 i_bus 4f 0 9f 2 7f t_hit 1f; /sync 3");
    fake_call(f, "synth.new", "{'synthdef': 'chord', 'controls': {'freqs': 8}}");
    assert_sent(f, "/s_new chord 1001 0 1 0 8f; /sync 4");
}

static void synth_new_says_what_is_wrong_with_each_field(void **state)
{
    struct fake_session *f = *state;
    struct fake_answer *a = fake_call(f, "synth.new",
                                      "{'synthdef': 'sin', 'target': 77, 'room': 'attic', "
                                      "'controls': {'freq': 1}}");
    assert_answer(a, "422 the synth cannot be made; synthdef: there is no SynthDef \"sin\"; did "
                     "you mean \"sine\"?; room: there is no room \"attic\"; target: there is no "
                     "node 77");
    a = fake_call(f, "synth.new",
                  "{'synthdef': 'chord', 'controls': {'freqs': [1, 2, 3, 4], 'frq': 1}}");
    assert_answer(a, "422 the synth cannot be made; controls.freqs: has 3 values, not 4; "
                     "controls.frq: SynthDef \"chord\" has no such control; it has: freqs, t_hit, "
                     "i_bus, amp");
    a = fake_call(f, "synth.new", "{'synthdef': 'sine', 'action': 'head|tail'}");
    assert_has(fake_text(a), "action: must be one of head|tail|before|after|replace");
    a = fake_call(f, "synth.new", "{'synthdef': 'farfield_guard'}");
    assert_answer(a,
                  "422 the synth cannot be made; synthdef: \"farfield_guard\" is Farfield's own");
    a = fake_call(f, "synth.new", "{'synthdef': 'sine', 'target': 2, 'action': 'head'}");
    assert_has(fake_text(a), "target: node 2 is a synth; a group is needed for head and tail");
    a = fake_call(f, "synth.new", "{'synthdef': 'sine', 'target': 0, 'action': 'after'}");
    assert_has(fake_text(a), "target: nothing can stand beside the root group");
    a = fake_call(f, "synth.new", "{'synthdef': 'sine', 'target': 2, 'action': 'replace'}");
    assert_has(fake_text(a), "target: node 2 is Farfield's own");
    assert_sent(f, "");
}

static void group_new(void **state)
{
    struct fake_session *f = *state;
    struct fake_answer *a = fake_call(f, "group.new", "{'action': 'tail'}");
    assert_sent(f, "/g_new 1000 1 1; /sync 3");
    fake_reply(f, "/n_go 1000 1 -1 -1 1 -1 -1");
    assert_answer(
        a,
        "200 {\"id\":1000,\"kind\":\"group\",\"name\":null,\"parent\":1,\"running\":true,\"own\":"
        "true,\"client\":0,\"system\":false,\"room\":\"main\"}");
    a = fake_call(f, "group.new", "{'target': 1000, 'action': 'replace'}");
    assert_has(fake_text(a), "waiting");
    assert_sent(f, "/g_new 1001 4 1000; /sync 4");
}

// A group that takes a synth's place and has ended again before anybody looked.
static void what_ends_at_once_is_still_answered(void **state)
{
    struct fake_session *f = *state;
    struct fake_answer *group = fake_call(f, "group.new", NULL);
    struct fake_answer *synth = fake_call(f, "synth.new", "{'synthdef': 'bell'}");
    fake_run(f, FAKE_MS(2));
    fake_reply(f, "/n_go 1000 1 -1 -1 1 -1 -1");
    fake_reply(f, "/n_end 1000 1 -1 -1 1 -1 -1");
    fake_reply(f, "/n_go 1001 1 -1 -1 0");
    fake_reply(f, "/n_end 1001 1 -1 -1 0");
    say_synced(f);
    assert_int_equal(group->status, 200);
    assert_int_equal(synth->status, 200);
    assert_tree(f, "0(1() 2)");
}

static void node_set(void **state)
{
    struct fake_session *f = *state;
    start(f, "{'synthdef': 'sine'}", 1000, -1);
    struct fake_answer *a =
        fake_call(f, "node.set", "{'id': 1000, 'controls': {'freq': 660, 'amp': 0.5}}");
    assert_sent(f, "/n_set 1000 freq 660f amp 0.5f; /sync 4");
    assert_waiting(a);
    fake_reply(f, "/synced 4");
    assert_has(fake_text(a), "\"freq\":660,\"amp\":0.5,\"gate\":1");
    a = fake_call(f, "node.set", "{'id': 1000, 'run': false, 'controls': {'freq': 1}}");
    assert_sent(f, "/n_set 1000 freq 1f; /n_run 1000 0; /sync 5");
    fake_reply(f, "/n_off 1000 1 -1 -1 0");
    fake_reply(f, "/synced 5");
    assert_has(fake_text(a), "\"running\":false");
    fake_run(f, FAKE_MS(10));
    a = fake_call(f, "node.set", "{'id': 1000, 'release': true}");
    assert_sent(f, "/n_set 1000 gate 0f; /sync 6");
    fake_reply(f, "/synced 6");
    assert_has(fake_text(a), "\"releasing\":true");
    a = fake_call(f, "node.set", "{'id': 1000}");
    assert_sent(f, "/sync 7");
    fake_reply(f, "/synced 7");
    assert_int_equal(a->status, 200);
}

static void node_set_of_a_closed_gate_is_a_release(void **state)
{
    struct fake_session *f = *state;
    start(f, "{'synthdef': 'sine'}", 1000, -1);
    fake_notify(f, "node.set", "{'id': 1000, 'controls': {'gate': 0}}");
    assert_true(tree_find(&f->session->tree, 1000)->releasing);
    fake_notify(f, "node.set", "{'id': 1000, 'controls': {'gate': 1}}");
    assert_false(tree_find(&f->session->tree, 1000)->releasing);
    assert_sent(f, "/n_set 1000 gate 1f");
}

static void node_set_says_what_is_wrong(void **state)
{
    struct fake_session *f = *state;
    start(f, "{'synthdef': 'chord'}", 1000, -1);
    struct fake_answer *a = fake_call(f, "node.set",
                                      "{'id': 1000, 'controls': {'i_bus': 1, 'freqs': [1, 2, 3, "
                                      "4], 'x': 1}}");
    assert_has(fake_text(a), "controls.i_bus: is fixed when the synth starts; controls.freqs: has "
                             "3 values, not 4; controls.x: SynthDef \"chord\" has no such control");
    assert_answer(fake_call(f, "node.set", "{'id': 55}"), "404 there is no node 55");
    assert_answer(fake_call(f, "node.set", "{'id': 2, 'run': false}"),
                  "403 node 2 is Farfield's own");
    assert_answer(fake_call(f, "node.run", "{'id': 0, 'run': false}"),
                  "403 node 0 is Farfield's own");
    assert_answer(fake_call(f, "node.release", "{'id': 1}"), "403 node 1 is Farfield's own");
    assert_answer(fake_call(f, "node.free", "{'id': 2}"), "403 node 2 is Farfield's own");
    assert_sent(f, "");
}

static void node_set_of_a_group_reaches_all_below(void **state)
{
    struct fake_session *f = *state;
    fake_call(f, "group.new", NULL);
    fake_run(f, FAKE_MS(2));
    fake_reply(f, "/n_go 1000 1 -1 -1 1 -1 -1");
    for (int i = 1; i <= 3; i++)
        fake_call(f, "synth.new",
                  i == 2 ? "{'synthdef': 'bell', 'target': 1000}"
                         : "{'synthdef': 'sine', 'target': 1000}");
    fake_run(f, FAKE_MS(2));
    fake_reply(f, "/n_go 1001 1000 -1 -1 0");
    fake_reply(f, "/n_go 1002 1000 1001 -1 0");
    fake_reply(f, "/n_go 1003 1000 1002 -1 0");
    say_synced(f);
    fake_forget(f);
    fake_call(f, "node.set", "{'id': 1000, 'controls': {'amp': 0.3}}");
    assert_sent(f, "/n_set 1001 amp 0.3f; /n_set 1003 amp 0.3f; /sync 5");
    struct fake_answer *a = fake_call(f, "node.set", "{'id': 1000, 'controls': {'wobble': 1}}");
    assert_has(fake_text(a), "controls.wobble: no synth in group 1000 has such a control");
    fake_run(f, FAKE_MS(10));
    // The gates are closed, what has none is freed; the group goes when its last synth has.
    fake_call(f, "node.release", "{'id': 1000}");
    assert_sent(f, "/n_set 1001 gate 0f; /n_free 1002; /n_set 1003 gate 0f; /sync 6");
    fake_reply(f, "/n_end 1002 1000 1001 1003 0");
    fake_reply(f, "/n_end 1001 1000 -1 1003 0");
    assert_sent(f, "");
    fake_reply(f, "/n_end 1003 1000 -1 -1 0");
    assert_sent(f, "/n_free 1000");
    fake_reply(f, "/n_end 1000 1 -1 -1 1 -1 -1");
    assert_tree(f, "0(1() 2)");
}

static void an_empty_group_is_released_by_freeing(void **state)
{
    struct fake_session *f = *state;
    fake_call(f, "group.new", NULL);
    fake_run(f, FAKE_MS(2));
    fake_reply(f, "/n_go 1000 1 -1 -1 1 -1 -1");
    fake_forget(f);
    fake_call(f, "node.release", "{'id': 1000}");
    assert_sent(f, "/n_free 1000; /sync 4");
}

static void node_run(void **state)
{
    struct fake_session *f = *state;
    start(f, "{'synthdef': 'sine'}", 1000, -1);
    struct fake_answer *a = fake_call(f, "node.run", "{'id': 1000, 'run': false}");
    assert_sent(f, "/n_run 1000 0; /sync 4");
    fake_reply(f, "/n_off 1000 1 -1 -1 0");
    fake_reply(f, "/synced 4");
    assert_has(fake_text(a), "\"running\":false");
    a = fake_call(f, "node.run", "{'id': 1000, 'run': true}");
    assert_sent(f, "/n_run 1000 1; /sync 5");
    fake_reply(f, "/n_on 1000 1 -1 -1 0");
    fake_reply(f, "/synced 5");
    assert_has(fake_text(a), "\"running\":true");
}

// The envelope of a synth that has not sounded yet would never open, and so never end.
static void what_has_not_sounded_yet_is_freed(void **state)
{
    struct fake_session *f = *state;
    start(f, "{'synthdef': 'sine'}", 1000, -1);
    fake_call(f, "node.release", "{'id': 1000}");
    assert_sent(f, "/n_free 1000; /sync 4");
}

static void node_release(void **state)
{
    struct fake_session *f = *state;
    start(f, "{'synthdef': 'sine'}", 1000, -1);
    start(f, "{'synthdef': 'plain'}", 1001, 1000);
    fake_run(f, FAKE_MS(10));
    struct fake_answer *a = fake_call(f, "node.release", "{'id': 1000}");
    assert_sent(f, "/n_set 1000 gate 0f; /sync 5");
    fake_reply(f, "/synced 5");
    assert_answer(a, "200 {}");
    assert_non_null(tree_find(&f->session->tree, 1000)); // it rings out
    a = fake_call(f, "node.release", "{'id': 1001}");
    assert_sent(f, "/n_free 1001; /sync 6");
    fake_reply(f, "/n_end 1001 1 1000 -1 0");
    fake_reply(f, "/synced 6");
    assert_answer(a, "200 {}");
    assert_tree(f, "0(1(1000) 2)");
}

static void node_free(void **state)
{
    struct fake_session *f = *state;
    start(f, "{'synthdef': 'sine'}", 1000, -1);
    struct fake_answer *a = fake_call(f, "node.free", "{'id': 1000}");
    struct fake_answer *b = fake_call(f, "node.free", "{'id': 1000}");
    assert_sent(f, "/n_free 1000; /n_free 1000; /sync 4");
    fake_reply(f, "/n_end 1000 1 -1 -1 0");
    fake_reply(f, "/fail /n_free 'Node 1000 not found'");
    fake_reply(f, "/synced 4");
    assert_answer(a, "200 {}");
    assert_answer(b, "200 {}");
    assert_has(
        fake_events(f, "nodes"),
        "node.ended {\"id\":1000,\"parent\":1,\"by\":null,\"client\":null,\"client_id\":0,\"time\":1.700001e9}");
    assert_answer(fake_call(f, "node.free", "{'id': 1000}"), "404 there is no node 1000");
}

// A group's end takes along what was below, each with its event, inner ones first.
static void the_end_of_a_group(void **state)
{
    struct fake_session *f = *state;
    fake_reply(f, "/n_go 1000 1 -1 -1 1 -1 -1");
    fake_reply(f, "/n_go 1001 1000 -1 -1 1 -1 -1");
    fake_reply(f, "/n_go 1002 1001 -1 -1 0");
    fake_forget(f);
    fake_reply(f, "/n_end 1000 1 -1 -1 1 -1 -1");
    assert_text(
        fake_events(f, "nodes"),
        "node.ended {\"id\":1002,\"parent\":1001,\"by\":null,\"client\":null,\"client_id\":null,\"time\":1.700001e9} -\n"
        "node.ended {\"id\":1001,\"parent\":1000,\"by\":null,\"client\":null,\"client_id\":null,\"time\":1.700001e9} -\n"
        "node.ended {\"id\":1000,\"parent\":1,\"by\":null,\"client\":null,\"client_id\":null,\"time\":1.700001e9} -");
    fake_reply(f, "/n_end 1001 1000 -1 -1 1 -1 -1"); // told of again
    assert_text(fake_events(f, "nodes"), "");
}

static void others_nodes_are_asked_about(void **state)
{
    struct fake_session *f = *state;
    fake_reply(f, "/n_go 67109864 1 -1 -1 0");
    assert_has(fake_events(f, "nodes"), "\"synthdef\":null,\"controls\":{}");
    struct fake_answer *a = fake_call(f, "node.set", "{'id': 67109864, 'controls': {'freq': 1}}");
    assert_answer(a, "409 what synth 67109864 is made of is not known yet; try again");
    fake_run(f, SESSION_QUERY_DELAY + FAKE_MS(2));
    assert_text(fake_sent(f), "/g_queryTree 1 1");
    fake_reply(f, "/g_queryTree.reply 1 1 1 67109864 -1 sine 4 out 0.0 freq 300.0 amp 0.5 gate "
                  "1.0");
    fake_run(f, SESSION_CHANGES_INTERVAL + FAKE_MS(2));
    assert_has(
        fake_events(f, "nodes"),
        "node.changed {\"node\":{\"id\":67109864,\"kind\":\"synth\",\"name\":null,\"parent\":1,"
        "\"synthdef\":\"sine\",\"controls\":{\"out\":0,\"freq\":300,");
    fake_call(f, "node.set", "{'id': 67109864, 'controls': {'freq': 1}}");
    assert_sent(f, "/n_set 67109864 freq 1f; /sync 3");
}

static void a_node_in_an_unknown_group_has_the_whole_asked_for(void **state)
{
    struct fake_session *f = *state;
    fake_reply(f, "/n_go 67109865 67109864 -1 -1 0");
    fake_run(f, SESSION_QUERY_DELAY + FAKE_MS(2));
    assert_text(fake_sent(f), "/g_queryTree 0 1");
    fake_reply(f, "/g_queryTree.reply 1 0 3 1 0 67109864 1 67109865 -1 sine 0 2 -1 farfield_guard "
                  "1 bus 0.0");
    assert_sent(f, "/n_query 67109864; /n_query 67109865");
    fake_reply(f, "/n_info 67109864 0 1 2 1 67109865 67109865");
    fake_reply(f, "/n_info 67109865 67109864 -1 -1 0");
    assert_tree(f, "0(1() 67109864(67109865) 2)");
    assert_has(fake_events(f, "nodes"), "node.started {\"node\":{\"id\":67109864,");
}

static void moves(void **state)
{
    struct fake_session *f = *state;
    start(f, "{'synthdef': 'sine'}", 1000, -1);
    start(f, "{'synthdef': 'sine'}", 1001, 1000);
    fake_reply(f, "/n_go 67109864 0 1 2 1 -1 -1");
    fake_forget(f);
    fake_reply(f, "/n_move 1000 67109864 -1 -1 0");
    assert_tree(f, "0(1(1001) 67109864(1000) 2)");
    fake_run(f, SESSION_CHANGES_INTERVAL + FAKE_MS(2));
    assert_has(fake_events(f, "nodes"), "\"parent\":67109864");
    assert_null(tree_find(&f->session->tree, 1000)->room);
    fake_reply(f, "/n_info 1000 1 1001 -1 0");
    assert_tree(f, "0(1(1001 1000) 67109864() 2)");
    assert_string_equal(tree_find(&f->session->tree, 1000)->room, "main");
}

// A query is answered by another way than nodes are told of, and may be older.
static void a_late_tree_moves_nothing_and_brings_nothing_back(void **state)
{
    struct fake_session *f = *state;
    fake_reply(f, "/n_go 5000 0 1 2 0");
    fake_reply(f, "/n_go 5001 0 5000 2 0");
    fake_reply(f, "/n_go 5002 0 5001 2 0");
    fake_reply(f, "/n_move 5000 0 5002 2 0");
    fake_reply(f, "/n_end 5001 0 1 5002 0");
    fake_run(f, FAKE_MS(50));
    fake_forget(f);
    fake_reply(f, "/g_queryTree.reply 1 0 5 1 0 5000 -1 plain 1 amp 0.25 5001 -1 plain 1 amp 0.25 "
                  "5002 -1 plain 1 amp 0.75 2 -1 farfield_guard 1 bus 0.0");
    assert_tree(f, "0(1() 5002 5000 2)");
    assert_has(fake_text(fake_call(f, "node.show", "{'id': 5002}")), "\"amp\":0.75");
    assert_sent(f, "/n_query 5001; /n_query 5002; /n_query 2");
    fake_reply(f, "/fail /n_query 'Node 5001 not found'");
    assert_tree(f, "0(1() 5002 5000 2)");
}

static void who_is_told_to_be_last_is_last(void **state)
{
    struct fake_session *f = *state;
    fake_reply(f, "/n_go 5000 0 1 2 0");
    fake_reply(f, "/n_go 5001 0 5000 2 0");
    fake_run(f, FAKE_MS(50));
    fake_forget(f);
    fake_reply(f, "/n_move 2 0 5000 -1 0"); // a move of 5001 was lost
    assert_tree(f, "0(1() 5000 5001 2)");
    assert_sent(f, "");
}

#define GROUP(id, by)                                                                              \
    "{\"node\":{\"id\":" #id ",\"kind\":\"group\",\"name\":null,\"parent\":1,\"running\":true,"    \
    "\"own\":true,\"client\":0,\"system\":false,\"room\":\"main\"},\"by\":null,\"client\":null,"   \
    "\"client_id\":" by ",\"time\":1.700001e9"

// Each place is told when it is taken, so that who hears of all has scsynth's order.
static void where_a_node_stands_is_told(void **state)
{
    struct fake_session *f = *state;
    fake_reply(f, "/n_go 1000 1 -1 -1 1 -1 -1");
    fake_reply(f, "/n_go 1001 1 1000 -1 1 -1 -1");
    assert_text(
        fake_events(f, "nodes"),
        "node.started " GROUP(1000, "0") ",\"previous\":null} -\n"
                                         "node.started " GROUP(1001, "0") ",\"previous\":1000} -");
    fake_reply(f, "/n_move 1001 1 -1 1000 1 -1 -1");
    fake_reply(f, "/n_move 1001 1 1000 -1 1 -1 -1");
    assert_text(fake_events(f, "nodes"),
                "node.changed " GROUP(1001, "null") ",\"previous\":null} -\n"
                                                    "node.changed " GROUP(
                                                        1001, "null") ",\"previous\":1000} -");
    fake_reply(f, "/n_info 1001 1 1000 -1 1 -1 -1"); // where it is known to be
    fake_run(f, FAKE_MS(100));
    assert_text(fake_events(f, "nodes"), "");
    // What changes besides says nothing of places.
    fake_reply(f, "/n_on 1001 1 1000 -1 1 -1 -1");
    fake_run(f, FAKE_MS(100));
    assert_text(fake_events(f, "nodes"), "node.changed " GROUP(1001, "null") "} node/1001");
}

// When its /n_go was lost, /n_move and /n_info tell of a node just as well.
static void a_node_first_heard_of_by_a_move(void **state)
{
    struct fake_session *f = *state;
    struct fake_answer *a = fake_call(f, "synth.new", "{'synthdef': 'sine'}");
    fake_run(f, FAKE_MS(2));
    fake_forget(f);
    fake_reply(f, "/n_move 1000 1 -1 -1 0");
    assert_has(fake_text(a),
               "200 {\"id\":1000,\"kind\":\"synth\",\"name\":null,\"parent\":1,\"synthdef\":"
               "\"sine\"");
    assert_has(fake_events(f, "nodes"), "node.started {\"node\":{\"id\":1000,");
    assert_true(tree_find(&f->session->tree, 1000)->own);
    assert_true(tree_find(&f->session->tree, 1000)->confirmed);
}

static void what_triggers_say_changes_nothing(void **state)
{
    struct fake_session *f = *state;
    fake_reply(f, "/tr 1000 7 0.5");
    fake_reply(f, "/anything 1000 7 0.5");
    fake_reply(f, "/done /d_load");
    fake_reply(f, "/late 1 2 3");
    assert_tree(f, "0(1() 2)");
    assert_sent(f, "");
}

// --- ids ----------------------------------------------------------------------------------------

static void ids_wrap_around_what_is_taken(void **state)
{
    struct fake_session *f = *state;
    start(f, "{'synthdef': 'sine'}", 1000, -1);
    start(f, "{'synthdef': 'sine'}", 1001, 1000);
    f->session->next_node = (1 << IDS_SHIFT) - 1;
    fake_call(f, "synth.new", "{'synthdef': 'plain'}");
    fake_call(f, "synth.new", "{'synthdef': 'plain'}");
    assert_sent(f, "/s_new plain 67108863 0 1; /s_new plain 1002 0 1; /sync 5");
    // Ids that are asked for but not there yet are taken, too.
    f->session->next_node = 1000;
    fake_call(f, "synth.new", "{'synthdef': 'plain'}");
    assert_sent(f, "/s_new plain 1003 0 1; /sync 6");
}

static void ids_are_of_our_client(void **state)
{
    struct fake_session *f = *state;
    fake_session_boot(f, 31);
    fake_call(f, "synth.new", "{'synthdef': 'plain'}");
    assert_sent(f, "/s_new plain 2080375784 0 2080374785; /sync 3");
}

// --- events -------------------------------------------------------------------------------------

static void changes_are_told_thirty_times_a_second(void **state)
{
    struct fake_session *f = *state;
    start(f, "{'synthdef': 'sine'}", 1000, -1);
    for (int i = 0; i < 1000; i++) {
        g_autofree char *params =
            g_strdup_printf("{'id': 1000, 'controls': {'freq': %d}}", 100 + i);
        fake_notify(f, "node.set", params);
        fake_run(f, FAKE_MS(1));
    }
    fake_run(f, FAKE_MS(50));
    g_autofree char *events = fake_events(f, "nodes");
    g_auto(GStrv) lines = g_strsplit(events, "\n", -1);
    int count = (int)g_strv_length(lines);
    assert_in_range(count, 28, 32);
    assert_non_null(strstr(lines[count - 1], "\"freq\":1099"));
    assert_true(g_str_has_suffix(lines[0], " node/1000"));
}

static void a_change_of_what_has_ended_is_not_told(void **state)
{
    struct fake_session *f = *state;
    start(f, "{'synthdef': 'sine'}", 1000, -1);
    fake_notify(f, "node.set", "{'id': 1000, 'controls': {'freq': 1}}");
    fake_reply(f, "/n_end 1000 1 -1 -1 0");
    fake_run(f, FAKE_MS(100));
    assert_text(
        fake_events(f, "nodes"),
        "node.ended {\"id\":1000,\"parent\":1,\"by\":null,\"client\":null,\"client_id\":0,\"time\":1.700001e9} -");
}

static void lists_in_the_order_of_execution(void **state)
{
    struct fake_session *f = *state;
    start(f, "{'synthdef': 'sine'}", 1000, -1);
    fake_reply(f, "/n_go 1001 1 -1 1000 0");
    struct fake_answer *a = fake_call(f, "node.list", NULL);
    const json_t *nodes = json_object_get(a->json, "nodes");
    static const int ids[] = {0, 1, 1001, 1000, 2};
    assert_int_equal(json_array_size(nodes), G_N_ELEMENTS(ids));
    for (gsize i = 0; i < G_N_ELEMENTS(ids); i++)
        assert_int_equal(json_integer_value(json_object_get(json_array_get(nodes, i), "id")),
                         ids[i]);
    assert_int_equal(json_integer_value(json_object_get(a->json, "epoch")), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUNNING(synth_new),
        RUNNING(synth_new_stands_where_it_is_told),
        RUNNING(synth_new_sends_arrays_by_index),
        RUNNING(synth_new_says_what_is_wrong_with_each_field),
        RUNNING(group_new),
        RUNNING(what_ends_at_once_is_still_answered),
        RUNNING(node_set),
        RUNNING(node_set_of_a_closed_gate_is_a_release),
        RUNNING(node_set_says_what_is_wrong),
        RUNNING(node_set_of_a_group_reaches_all_below),
        RUNNING(an_empty_group_is_released_by_freeing),
        RUNNING(node_run),
        RUNNING(what_has_not_sounded_yet_is_freed),
        RUNNING(node_release),
        RUNNING(node_free),
        RUNNING(the_end_of_a_group),
        RUNNING(others_nodes_are_asked_about),
        RUNNING(a_node_in_an_unknown_group_has_the_whole_asked_for),
        RUNNING(moves),
        RUNNING(a_late_tree_moves_nothing_and_brings_nothing_back),
        RUNNING(who_is_told_to_be_last_is_last),
        RUNNING(where_a_node_stands_is_told),
        RUNNING(a_node_first_heard_of_by_a_move),
        RUNNING(what_triggers_say_changes_nothing),
        RUNNING(ids_wrap_around_what_is_taken),
        NEW(ids_are_of_our_client),
        RUNNING(changes_are_told_thirty_times_a_second),
        RUNNING(a_change_of_what_has_ended_is_not_told),
        RUNNING(lists_in_the_order_of_execution),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
