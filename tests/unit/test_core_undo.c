// SPDX-License-Identifier: GPL-3.0-or-later
// Taking back, against a scsynth that has a life of its own. Connections a and b; a group 1000 with
// a sine 1001 and a plain 1002 in it, and a sine 1003 behind it.
#include "controller/core/undo/undo_own.h"

#include "tests/unit/fake_asserts.h"
#include "tests/unit/fake_scsynth.h"

struct stage {
    struct fake_session *f;
    struct fake_scsynth *s;
    struct client *a, *b;
};

static void settle(struct stage *t)
{
    fake_scsynth_run(t->s, FAKE_MS(40));
}

// The answer of connection `client` to a call, without what else it was sent.
static char *ask(struct stage *t, struct client *client, const char *method, const char *params)
{
    g_autofree char *text =
        g_strdup_printf("{'jsonrpc': '2.0', 'id': 'q', 'method': '%s', 'params': %s}", method,
                        params ? params : "{}");
    g_free(fake_received(t->f));
    fake_receive(t->f, client, text);
    settle(t);
    g_autofree char *received = fake_received(t->f);
    g_auto(GStrv) lines = g_strsplit(received, "\n", -1);
    for (int i = 0; lines[i]; i++) {
        char *result = strstr(lines[i], "\"result\":");
        char *detail = strstr(lines[i], "\"message\":");
        if (result)
            return g_strndup(result + 9, strlen(result + 9) - 1);
        if (detail)
            return g_strdup_printf("%.*s", (int)(strchr(detail + 11, '"') - detail - 11),
                                   detail + 11);
    }
    return g_strdup("no answer");
}

static void act(struct stage *t, struct client *client, const char *method, const char *params)
{
    g_autofree char *answer = ask(t, client, method, params);
    if (*answer != '{')
        fail_msg("%s %s: %s", method, params, answer);
}

#define assert_asked(t, client, method, params, expected)                                          \
    assert_text(ask(t, client, method, params), expected)
#define assert_trees(t, expected)                                                                  \
    do {                                                                                           \
        assert_text(fake_tree((t)->f), expected);                                                  \
        assert_text(fake_scsynth_tree((t)->s), expected);                                          \
    } while (0)

static int set_up_stage(void **state)
{
    struct stage *t = g_new0(struct stage, 1);
    t->f = fake_session_create();
    t->s = fake_scsynth_create(t->f, 1);
    fake_scsynth_run(t->s, FAKE_MS(100));
    t->a = fake_connect(t->f, "a", true);
    t->b = fake_connect(t->f, "b", true);
    act(t, t->a, "group.new", "{'action': 'tail'}");
    act(t, t->a, "synth.new", "{'synthdef': 'sine', 'target': 1000, 'action': 'tail'}");
    act(t, t->a, "synth.new", "{'synthdef': 'plain', 'target': 1000, 'action': 'tail'}");
    act(t, t->a, "synth.new", "{'synthdef': 'sine', 'action': 'tail'}");
    assert_trees(t, "0(1(1000(1001 1002) 1003) 2)");
    *state = t;
    return 0;
}

static int tear_down_stage(void **state)
{
    struct stage *t = *state;
    fake_scsynth_destroy(t->s);
    fake_session_destroy(t->f);
    g_free(t);
    return 0;
}

static double value(struct stage *t, int32_t id, int slot)
{
    const struct node *node = tree_find(&t->f->session->tree, id);
    assert_non_null(node);
    return node->values[slot];
}

// --- controls -----------------------------------------------------------------------------------

#define UNDONE(what, words, nodes, was, skipped)                                                   \
    "{\"undone\":{\"what\":\"" what "\",\"words\":\"" words "\",\"nodes\":" nodes ",\"was\":" was  \
    ",\"skipped\":" skipped "}}"
#define REDONE(what, words, nodes, was, skipped)                                                   \
    "{\"redone\":{\"what\":\"" what "\",\"words\":\"" words "\",\"nodes\":" nodes ",\"was\":" was  \
    ",\"skipped\":" skipped "}}"

static void a_change_is_taken_back_and_done_again(void **state)
{
    struct stage *t = *state;
    act(t, t->a, "node.set", "{'id': 1001, 'controls': {'freq': 500}}");
    fake_run(t->f, FAKE_MS(1100));
    act(t, t->a, "node.set", "{'id': 1001, 'controls': {'freq': 600, 'amp': 0.5}}");
    g_free(fake_sent(t->f));
    assert_asked(t, t->a, "session.undo", NULL,
                 UNDONE("controls", "2 controls are as before again", "[1001]", "[1001]", "[]"));
    assert_has(fake_sent(t->f), "/n_set 1001 freq 500f amp 0.1");
    assert_asked(t, t->a, "session.undo", NULL,
                 UNDONE("controls", "freq of sine 1001 is 440 again", "[1001]", "[1001]", "[]"));
    assert_asked(t, t->a, "session.undo", NULL, "there is nothing left to take back");
    assert_asked(t, t->a, "session.redo", NULL,
                 REDONE("controls", "freq of sine 1001 is 500 again", "[1001]", "[1001]", "[]"));
    assert_asked(t, t->a, "session.redo", NULL,
                 REDONE("controls", "2 controls are changed again", "[1001]", "[1001]", "[]"));
    assert_asked(t, t->a, "session.redo", NULL, "nothing has been taken back");
    assert_float_equal(value(t, 1001, 1), 600, 0);
    // What is done anew leaves nothing to be done again.
    act(t, t->a, "session.undo", NULL);
    act(t, t->a, "node.set", "{'id': 1001, 'controls': {'freq': 700}}");
    assert_asked(t, t->a, "session.redo", NULL, "nothing has been taken back");
}

static void moves_within_a_second_are_one(void **state)
{
    struct stage *t = *state;
    for (int i = 0; i < 30; i++) {
        g_autofree char *move = g_strdup_printf("{'id': 1001, 'controls': {'freq': %d}}", 450 + i);
        act(t, t->a, "node.set", move);
        fake_run(t->f, FAKE_MS(900));
    }
    // Another control, then the same again: three steps in all.
    act(t, t->a, "node.set", "{'id': 1001, 'controls': {'amp': 0.2}}");
    act(t, t->a, "node.set", "{'id': 1001, 'controls': {'freq': 900}}");
    act(t, t->a, "session.undo", NULL);
    assert_float_equal(value(t, 1001, 1), 479, 0);
    act(t, t->a, "session.undo", NULL);
    act(t, t->a, "session.undo", NULL);
    assert_float_equal(value(t, 1001, 1), 440, 0);
    assert_asked(t, t->a, "session.undo", NULL, "there is nothing left to take back");
    // A pad moves two, in either order; now and then one of them stays where it is.
    act(t, t->a, "node.set", "{'id': 1001, 'controls': {'freq': 1000}}");
    fake_run(t->f, FAKE_MS(1100));
    act(t, t->a, "node.set", "{'id': 1001, 'controls': {'freq': 1000, 'amp': 0.3}}");
    act(t, t->a, "node.set", "{'id': 1001, 'controls': {'amp': 0.3, 'freq': 1001}}");
    act(t, t->a, "session.undo", NULL);
    assert_float_equal(value(t, 1001, 1), 1000, 0);
    assert_float_equal(value(t, 1001, 2), 0.1, 1e-6);
}

static void what_others_have_set_since_stays(void **state)
{
    struct stage *t = *state;
    act(t, t->a, "node.set", "{'id': 1001, 'controls': {'freq': 500, 'amp': 0.5}}");
    act(t, t->b, "node.set", "{'id': 1001, 'controls': {'freq': 777}}");
    assert_asked(t, t->a, "session.undo", NULL,
                 UNDONE("controls", "1 control is as before again", "[1001]", "[1001]",
                        "[\"freq of sine 1001 has been set by somebody else since\"]"));
    assert_float_equal(value(t, 1001, 1), 777, 0);
    assert_float_equal(value(t, 1001, 2), 0.1, 1e-6);
    // Each has what is his own.
    assert_asked(t, t->b, "session.undo", NULL,
                 UNDONE("controls", "freq of sine 1001 is 500 again", "[1001]", "[1001]", "[]"));
    // By HTTP nobody takes back anything.
    fake_call(t->f, "node.set", "{'id': 1003, 'controls': {'freq': 500}}");
    settle(t);
    assert_asked(t, t->a, "session.undo", NULL, "there is nothing left to take back");
    assert_answer(fake_call(t->f, "session.undo", NULL), "405 session.undo needs a WebSocket");
}

// A finger of somebody else on the same knob, between two moves that would be one.
static void what_others_set_between_two_moves_comes_back(void **state)
{
    struct stage *t = *state;
    act(t, t->a, "node.set", "{'id': 1001, 'controls': {'freq': 500}}");
    act(t, t->b, "node.set", "{'id': 1001, 'controls': {'freq': 777}}");
    act(t, t->a, "node.set", "{'id': 1001, 'controls': {'freq': 510}}");
    act(t, t->a, "session.undo", NULL);
    assert_float_equal(value(t, 1001, 1), 777, 0);
    assert_asked(t, t->a, "session.undo", NULL,
                 UNDONE("controls", "nothing is changed", "[]", "[]",
                        "[\"freq of sine 1001 has been set by somebody else since\"]"));
    // A map between them, too.
    act(t, t->b, "bus.new", "{'rate': 'control', 'name': 'lfo'}");
    act(t, t->a, "node.set", "{'id': 1003, 'controls': {'freq': 500}}");
    act(t, t->b, "node.map", "{'id': 1003, 'controls': {'freq': 'lfo'}}");
    act(t, t->a, "node.set", "{'id': 1003, 'controls': {'freq': 510}}");
    act(t, t->a, "session.undo", NULL);
    assert_int_not_equal(tree_find(&t->f->session->tree, 1003)->maps[1], MAP_NONE);
}

static void maps_are_taken_back_with_the_values_below(void **state)
{
    struct stage *t = *state;
    act(t, t->a, "bus.new", "{'rate': 'control', 'name': 'lfo'}");
    const struct bus *bus = g_ptr_array_index(t->f->session->buses.all, 0);
    act(t, t->a, "node.set", "{'id': 1001, 'controls': {'freq': 500}}");
    act(t, t->a, "node.map", "{'id': 1001, 'controls': {'freq': 'lfo'}}");
    fake_run(t->f, FAKE_MS(1100));
    act(t, t->a, "node.set", "{'id': 1001, 'controls': {'freq': 600}}");
    const struct node *node = tree_find(&t->f->session->tree, 1001);
    assert_int_equal(node->maps[1], MAP_NONE);
    g_autofree char *mapped = g_strdup_printf(
        UNDONE("controls", "freq of sine 1001 is mapped to c%d again", "[1001]", "[1001]", "[]"),
        bus->index);
    assert_asked(t, t->a, "session.undo", NULL, mapped);
    assert_int_equal(node->maps[1], MAP_CONTROL(bus->index));
    assert_float_equal(node->values[1], 500, 0);
    // The set and the map, which were of one second.
    assert_asked(t, t->a, "session.undo", NULL,
                 UNDONE("controls", "freq of sine 1001 is 440 again", "[1001]", "[1001]", "[]"));
    assert_int_equal(node->maps[1], MAP_NONE);
}

static void a_map_to_a_bus_that_is_gone_does_not_come_back(void **state)
{
    struct stage *t = *state;
    act(t, t->a, "bus.new", "{'rate': 'control', 'channels': 2, 'name': 'lfo'}");
    const struct bus *bus = g_ptr_array_index(t->f->session->buses.all, 0);
    int index = bus->index;
    act(t, t->a, "synth.new", "{'synthdef': 'sine', 'target': 1003, 'action': 'after'}");
    act(t, t->a, "node.map", "{'id': 1001, 'controls': {'freq': 'lfo'}}");
    act(t, t->a, "node.map", "{'id': 1004, 'controls': {'freq': 'lfo'}}");
    act(t, t->a, "node.free", "{'id': 1004}");
    act(t, t->a, "node.set", "{'id': 1001, 'controls': {'freq': 600}}");
    act(t, t->a, "bus.free", "{'id': 'lfo'}");
    act(t, t->b, "bus.new", "{'rate': 'control', 'channels': 2}");
    bus = g_ptr_array_index(t->f->session->buses.all, 0);
    assert_int_equal(bus->index, index);
    g_autofree char *gone = g_strdup_printf("[\"there is no bus c%d any more\"]", index);
    g_autofree char *undone = g_strdup_printf(
        UNDONE("controls", "freq of sine 1001 is 440 again", "[1001]", "[1001]", "%s"), gone);
    assert_asked(t, t->a, "session.undo", NULL, undone);
    const struct node *node = tree_find(&t->f->session->tree, 1001);
    assert_int_equal(node->maps[1], MAP_NONE);
    assert_float_equal(node->values[1], 440, 0);
    assert_asked(t, t->a, "session.redo", NULL,
                 REDONE("controls", "freq of sine 1001 is 600 again", "[1001]", "[1001]", "[]"));
    act(t, t->a, "session.undo", NULL);
    // Nor with a synth that was freed.
    g_autofree char *back =
        g_strdup_printf(UNDONE("free", "sine 1005 is back", "[1005]", "[1004]", "%s"), gone);
    assert_asked(t, t->a, "session.undo", NULL, back);
    assert_int_equal(tree_find(&t->f->session->tree, 1005)->maps[1], MAP_NONE);
}

static void notes_that_come_and_go_make_a_step_no_longer(void **state)
{
    struct stage *t = *state;
    for (int i = 0; i < UNDO_MAX_CHANGES + 10; i++) {
        act(t, t->b, "synth.new", "{'synthdef': 'sine', 'target': 1000, 'action': 'tail'}");
        g_autofree char *move = g_strdup_printf("{'id': 1000, 'controls': {'amp': 0.%d}}", i + 11);
        act(t, t->a, "node.set", move);
        g_autofree char *end = g_strdup_printf("{'id': %d}", 1004 + i);
        act(t, t->b, "node.free", end);
    }
    const struct undo *undo = undo_of(t->f->session, t->a);
    const struct step *last = g_queue_peek_tail((GQueue *)&undo->done);
    assert_in_range(last->changes->len, 1, UNDO_MAX_CHANGES);
    act(t, t->a, "session.undo", NULL);
    assert_float_equal(value(t, 1001, 2), 0.1, 1e-6);
}

static void a_group_is_one_step(void **state)
{
    struct stage *t = *state;
    act(t, t->a, "node.set", "{'id': 1000, 'controls': {'amp': 0.7}}");
    act(t, t->b, "node.free", "{'id': 1002}");
    assert_asked(t, t->a, "session.undo", NULL,
                 UNDONE("controls", "1 control is as before again", "[1001]", "[1001]",
                        "[\"node 1002 is not there any more\"]"));
    // Filling, too.
    act(t, t->a, "node.fill", "{'id': 1001, 'control': 'freq', 'count': 2, 'value': 0.25}");
    assert_asked(t, t->a, "session.undo", NULL,
                 UNDONE("controls", "2 controls are as before again", "[1001]", "[1001]", "[]"));
}

static void what_is_of_the_moment_is_not_remembered(void **state)
{
    struct stage *t = *state;
    act(t, t->a, "synth.new", "{'synthdef': 'chord'}");
    act(t, t->a, "node.set", "{'id': 1004, 'controls': {'t_hit': 1}}");
    // It has ended when its gate had closed.
    g_free(ask(t, t->a, "node.set", "{'id': 1001, 'controls': {'gate': 0}}"));
    assert_trees(t, "0(1(1004 1000(1002) 1003) 2)");
    act(t, t->a, "node.set", "{'id': 1003, 'controls': {'freq': 440}}");
    assert_asked(t, t->a, "session.undo", NULL, "there is nothing left to take back");
}

static void so_many_steps_are_kept(void **state)
{
    struct stage *t = *state;
    for (int i = 0; i < UNDO_MAX_STEPS + 5; i++) {
        g_autofree char *move = g_strdup_printf("{'id': 1001, 'controls': {'freq': %d}}", 500 + i);
        act(t, t->a, "node.set", move);
        act(t, t->a, "node.set", "{'id': 1003, 'controls': {'amp': 0}}");
        fake_run(t->f, FAKE_MS(1100));
    }
    g_autofree char *answer = NULL;
    int undone = 0;
    for (; undone < 2 * UNDO_MAX_STEPS; undone++) {
        g_free(answer);
        answer = ask(t, t->a, "session.undo", NULL);
        if (*answer != '{')
            break;
    }
    assert_int_equal(undone, UNDO_MAX_STEPS);
    assert_float_equal(value(t, 1001, 1), 504, 0);
    fake_leave(t->f, t->a);
    assert_int_equal(t->f->session->undo_bytes, 0);
}

// --- freeing ------------------------------------------------------------------------------------

static void a_synth_comes_back_as_it_was(void **state)
{
    struct stage *t = *state;
    act(t, t->a, "bus.new", "{'rate': 'control', 'name': 'lfo'}");
    const struct bus *bus = g_ptr_array_index(t->f->session->buses.all, 0);
    act(t, t->a, "node.set",
        "{'id': 1001, 'controls': {'freq': 500}, 'map': {'amp': 'lfo'}, "
        "'name': 'lead', 'run': false}");
    act(t, t->a, "node.free", "{'id': 1001}");
    assert_trees(t, "0(1(1000(1002) 1003) 2)");
    g_free(fake_sent(t->f));
    assert_asked(t, t->a, "session.undo", NULL,
                 UNDONE("free", "\\\"lead\\\" is back", "[1004]", "[1001]", "[]"));
    g_autofree char *sent =
        g_strdup_printf("/s_new sine 1004 2 1002 freq 500f amp c%d; /n_run 1004 0", bus->index);
    assert_has(fake_sent(t->f), sent);
    assert_trees(t, "0(1(1000(1004 1002) 1003) 2)");
    const struct node *node = tree_find(&t->f->session->tree, 1004);
    assert_string_equal(node->name, "lead");
    assert_false(node->running);
    assert_int_equal(node->maps[2], MAP_CONTROL(bus->index));
    // The step before speaks of the new number.
    assert_asked(t, t->a, "session.undo", NULL,
                 UNDONE("controls", "2 controls are as before again", "[1004]", "[1004]", "[]"));
    assert_float_equal(value(t, 1004, 1), 440, 0);
    act(t, t->a, "session.redo", NULL);
    assert_asked(t, t->a, "session.redo", NULL,
                 REDONE("free", "1 node is freed again", "[1004]", "[1004]", "[]"));
    assert_trees(t, "0(1(1000(1002) 1003) 2)");
    act(t, t->a, "session.undo", NULL);
    assert_trees(t, "0(1(1000(1005 1002) 1003) 2)");
    assert_float_equal(value(t, 1005, 1), 500, 0);
}

static void a_group_comes_back_with_all_in_it_as_one_bundle(void **state)
{
    struct stage *t = *state;
    act(t, t->a, "group.new", "{'target': 1001, 'action': 'after'}");
    act(t, t->a, "synth.new", "{'synthdef': 'plain', 'target': 1004}");
    assert_trees(t, "0(1(1000(1001 1004(1005) 1002) 1003) 2)");
    act(t, t->a, "node.free", "{'id': 1000}");
    assert_trees(t, "0(1(1003) 2)");
    g_free(fake_sent(t->f));
    assert_asked(t, t->a, "session.undo", NULL,
                 UNDONE("free", "5 nodes are back", "[1006,1007,1008,1009,1010]",
                        "[1000,1001,1004,1005,1002]", "[]"));
    assert_has(fake_sent(t->f), "/g_new 1006 2 1003; /s_new sine 1007 0 1006; "
                                "/g_new 1008 3 1007; /s_new plain 1009 0 1008; "
                                "/s_new plain 1010 3 1008\n");
    assert_trees(t, "0(1(1006(1007 1008(1009) 1010) 1003) 2)");
}

static void all_of_a_panic_comes_back_in_its_place(void **state)
{
    struct stage *t = *state;
    act(t, t->a, "synth.new", "{'synthdef': 'bell', 'target': 1000}");
    act(t, t->a, "server.panic", NULL);
    assert_trees(t, "0(1(1000()) 2)");
    // The bell would have ended by itself.
    assert_asked(t, t->a, "session.undo", NULL,
                 UNDONE("free", "3 nodes are back", "[1005,1006,1007]", "[1001,1002,1003]", "[]"));
    assert_trees(t, "0(1(1000(1005 1006) 1007) 2)");
    act(t, t->a, "group.free_all", "{'id': 1000}");
    act(t, t->a, "session.undo", NULL);
    assert_trees(t, "0(1(1000(1008 1009) 1007) 2)");
    act(t, t->a, "group.deep_free", "{'id': 1}");
    assert_trees(t, "0(1(1000()) 2)");
    act(t, t->a, "session.undo", NULL);
    assert_trees(t, "0(1(1000(1010 1011) 1012) 2)");
}

static void where_its_place_has_gone_the_next_best_is_taken(void **state)
{
    struct stage *t = *state;
    // Its neighbours: the one before it, the one behind it, its group, and at last the room's.
    act(t, t->a, "synth.new", "{'synthdef': 'sine', 'target': 1001, 'action': 'after'}");
    assert_trees(t, "0(1(1000(1001 1004 1002) 1003) 2)");
    act(t, t->a, "node.free", "{'id': 1004}");
    act(t, t->b, "node.free", "{'id': 1001}");
    act(t, t->a, "session.undo", NULL);
    assert_trees(t, "0(1(1000(1005 1002) 1003) 2)");
    act(t, t->b, "synth.new", "{'synthdef': 'sine', 'target': 1002, 'action': 'before'}");
    act(t, t->b, "synth.new", "{'synthdef': 'sine', 'target': 1000, 'action': 'tail'}");
    assert_trees(t, "0(1(1000(1005 1006 1002 1007) 1003) 2)");
    act(t, t->a, "node.free", "{'id': 1002}");
    act(t, t->b, "node.free", "{'id': 1006}");
    act(t, t->b, "node.move", "{'id': 1007, 'target': 1, 'action': 'tail'}");
    act(t, t->a, "session.undo", NULL);
    assert_trees(t, "0(1(1000(1005 1008) 1003 1007) 2)");
    act(t, t->a, "node.free", "{'id': 1008}");
    act(t, t->b, "node.free", "{'id': 1000}");
    act(t, t->a, "session.undo", NULL);
    assert_trees(t, "0(1(1003 1007 1009) 2)");
}

// Several that went at once find their place by what stood behind the last of them.
static void those_that_went_together_stay_together(void **state)
{
    struct stage *t = *state;
    act(t, t->a, "group.new", "{'target': 1001, 'action': 'before'}");
    act(t, t->a, "group.new", "{'target': 1002, 'action': 'after'}");
    assert_trees(t, "0(1(1000(1004() 1001 1002 1005()) 1003) 2)");
    act(t, t->a, "group.deep_free", "{'id': 1000}");
    act(t, t->b, "node.free", "{'id': 1004}");
    assert_trees(t, "0(1(1000(1005()) 1003) 2)");
    act(t, t->a, "session.undo", NULL);
    assert_trees(t, "0(1(1000(1006 1007 1005()) 1003) 2)");
}

// A sine of this scsynth ends as soon as its gate is closed.
static void what_was_let_go_comes_back(void **state)
{
    struct stage *t = *state;
    act(t, t->a, "node.release", "{'id': 1001}");
    assert_trees(t, "0(1(1000(1002) 1003) 2)");
    assert_asked(t, t->a, "session.undo", NULL,
                 UNDONE("free", "sine 1004 is back", "[1004]", "[1001]", "[]"));
    assert_float_equal(value(t, 1004, 3), 1, 0);
    // Done again, it is let go again.
    g_free(fake_sent(t->f));
    act(t, t->a, "session.redo", NULL);
    assert_has(fake_sent(t->f), "/n_set 1004 gate 0f");
    act(t, t->a, "session.undo", NULL);
    // A group with all in it.
    act(t, t->a, "node.release", "{'id': 1000}");
    assert_trees(t, "0(1(1003) 2)");
    act(t, t->a, "session.undo", NULL);
    assert_trees(t, "0(1(1006(1007 1008) 1003) 2)");
}

static void what_others_have_taken_stays_theirs(void **state)
{
    struct stage *t = *state;
    act(t, t->a, "node.set", "{'id': 1001, 'name': 'lead'}");
    act(t, t->a, "node.free", "{'id': 1001}");
    act(t, t->b, "node.set", "{'id': 1003, 'name': 'lead'}");
    act(t, t->a, "session.undo", NULL);
    assert_string_equal(tree_find(&t->f->session->tree, 1003)->name, "lead");
    assert_null(tree_find(&t->f->session->tree, 1004)->name);
}

static void what_cannot_be_made_comes_when_it_can(void **state)
{
    struct stage *t = *state;
    const char *away = UNDONE("free", "0 nodes are back", "[]", "[]",
                              "[\"there is no SynthDef \\\"plain\\\" any more\"]");
    act(t, t->a, "node.set", "{'id': 1003, 'controls': {'freq': 500}}");
    act(t, t->a, "node.free", "{'id': 1002}");
    session_remove_synthdef(t->f->session, "plain", ORIGIN_SHIPPED, t->f->now);
    assert_asked(t, t->a, "session.undo", NULL, away);
    // Once more the same; then it is in nobody's way.
    assert_asked(t, t->a, "session.undo", NULL, away);
    act(t, t->a, "session.undo", NULL);
    assert_float_equal(value(t, 1003, 1), 440, 0);
    act(t, t->a, "session.redo", NULL);
    assert_asked(t, t->a, "session.redo", NULL,
                 REDONE("free", "0 nodes are freed again", "[]", "[]",
                        "[\"node 1002 is not there any more\"]"));
    fake_add_synthdef(t->f, "plain freq=440 amp=0.1");
    assert_asked(t, t->a, "session.undo", NULL,
                 UNDONE("free", "plain 1004 is back", "[1004]", "[1002]", "[]"));
    assert_trees(t, "0(1(1000(1001 1004) 1003) 2)");
}

static void what_is_missing_in_a_group_comes_with_the_next_undo(void **state)
{
    struct stage *t = *state;
    act(t, t->a, "synth.new", "{'synthdef': 'sine', 'target': 1002, 'action': 'after'}");
    act(t, t->a, "node.free", "{'id': 1000}");
    session_remove_synthdef(t->f->session, "plain", ORIGIN_SHIPPED, t->f->now);
    act(t, t->a, "session.undo", NULL);
    assert_trees(t, "0(1(1005(1006 1007) 1003) 2)");
    act(t, t->a, "session.redo", NULL);
    assert_trees(t, "0(1(1003) 2)");
    fake_add_synthdef(t->f, "plain freq=440 amp=0.1");
    act(t, t->a, "session.undo", NULL);
    assert_trees(t, "0(1(1008(1009 1010 1011) 1003) 2)");
    assert_string_equal(tree_find(&t->f->session->tree, 1010)->synthdef->name, "plain");
}

static void what_scsynth_refuses_is_tried_again(void **state)
{
    struct stage *t = *state;
    act(t, t->a, "node.free", "{'id': 1000}");
    t->s->refuse = 3;
    assert_asked(
        t, t->a, "session.undo", NULL,
        UNDONE("free", "0 nodes are back", "[]", "[]", "[\"scsynth could not make 3 of them\"]"));
    assert_trees(t, "0(1(1003) 2)");
    assert_asked(t, t->a, "session.undo", NULL,
                 UNDONE("free", "3 nodes are back", "[1007,1008,1009]", "[1004,1005,1006]", "[]"));
    assert_trees(t, "0(1(1007(1008 1009) 1003) 2)");
}

// A second undo does not set what the first one is still making.
static void what_comes_too_soon_waits(void **state)
{
    struct stage *t = *state;
    act(t, t->a, "node.set", "{'id': 1001, 'controls': {'freq': 500}}");
    act(t, t->a, "node.free", "{'id': 1001}");
    g_free(fake_sent(t->f));
    g_free(fake_received(t->f));
    fake_receive(t->f, t->a, "{'jsonrpc': '2.0', 'id': 'x', 'method': 'session.undo'}");
    fake_receive(t->f, t->a, "{'jsonrpc': '2.0', 'id': 'y', 'method': 'session.undo'}");
    assert_lacks(fake_sent(t->f), "/n_set");
    settle(t);
    assert_has(fake_received(t->f), "freq of sine 1004 is 440 again");
    assert_float_equal(value(t, 1004, 1), 440, 0);
    // Who goes meanwhile takes all with him.
    act(t, t->a, "node.free", "{'id': 1000}");
    fake_receive(t->f, t->a, "{'jsonrpc': '2.0', 'id': 'x', 'method': 'session.undo'}");
    fake_receive(t->f, t->a, "{'jsonrpc': '2.0', 'id': 'y', 'method': 'session.undo'}");
    fake_leave(t->f, t->a);
    settle(t);
    assert_int_equal(t->f->session->undo_bytes, 0);
}

static void what_others_have_put_in_stays(void **state)
{
    struct stage *t = *state;
    act(t, t->a, "node.free", "{'id': 1000}");
    act(t, t->a, "session.undo", NULL);
    assert_trees(t, "0(1(1004(1005 1006) 1003) 2)");
    act(t, t->b, "synth.new", "{'synthdef': 'sine', 'target': 1005, 'action': 'after'}");
    assert_trees(t, "0(1(1004(1005 1007 1006) 1003) 2)");
    assert_asked(t, t->a, "session.redo", NULL,
                 REDONE("free", "2 nodes are freed again", "[1005,1006]", "[1005,1006]",
                        "[\"group 1004 stays, since something else is in it now\"]"));
    assert_trees(t, "0(1(1004(1007) 1003) 2)");
    act(t, t->a, "session.undo", NULL);
    assert_trees(t, "0(1(1004(1008 1007 1009) 1003) 2)");
}

static void steps_follow_a_definition_that_was_replaced(void **state)
{
    struct stage *t = *state;
    act(t, t->a, "node.set", "{'id': 1001, 'controls': {'amp': 0.5}}");
    fake_run(t->f, FAKE_MS(1100));
    act(t, t->a, "node.set", "{'id': 1001, 'controls': {'freq': 500}}");
    act(t, t->a, "node.free", "{'id': 1001}");
    fake_add_synthdef(t->f, "sine releasable pan=0 gate=1 amp=0.3");
    act(t, t->a, "session.undo", NULL);
    assert_float_equal(value(t, 1004, 2), 0.5, 0);
    // There is no freq any more.
    assert_asked(t, t->a, "session.undo", NULL,
                 UNDONE("controls", "nothing is changed", "[]", "[]", "[]"));
    assert_asked(t, t->a, "session.undo", NULL,
                 UNDONE("controls", "amp of sine 1004 is 0.1 again", "[1004]", "[1004]", "[]"));
    assert_float_equal(value(t, 1004, 2), 0.1, 1e-6);
    assert_float_equal(value(t, 1004, 1), 1, 0);
}

// A definition that only a step still has counts as its own.
static void what_has_been_replaced_counts(void **state)
{
    struct stage *t = *state;
    act(t, t->a, "node.set", "{'id': 1003, 'controls': {'freq': 500}}");
    gsize one = t->f->session->undo_bytes;
    struct synthdef *heavy = catalog_find(&t->f->session->catalog, "plain");
    g_clear_pointer(&heavy->bytes, g_bytes_unref);
    heavy->bytes = g_bytes_new_take(g_malloc0(UNDO_MAX_BYTES / 2), UNDO_MAX_BYTES / 2);
    act(t, t->a, "node.free", "{'id': 1002}");
    assert_in_range(t->f->session->undo_bytes, one, one + 10000);
    fake_add_synthdef(t->f, "plain freq=440 amp=0.1");
    assert_in_range(t->f->session->undo_bytes, UNDO_MAX_BYTES / 2, UNDO_MAX_BYTES);
    // Another one is too much: the oldest go.
    act(t, t->a, "synth.new", "{'synthdef': 'plain', 'target': 1000}");
    heavy = catalog_find(&t->f->session->catalog, "plain");
    g_clear_pointer(&heavy->bytes, g_bytes_unref);
    heavy->bytes = g_bytes_new_take(g_malloc0(UNDO_MAX_BYTES / 2), UNDO_MAX_BYTES / 2);
    act(t, t->a, "node.free", "{'id': 1004}");
    fake_add_synthdef(t->f, "plain freq=440 amp=0.1");
    assert_in_range(t->f->session->undo_bytes, UNDO_MAX_BYTES / 2, UNDO_MAX_BYTES);
    act(t, t->a, "session.undo", NULL);
    assert_asked(t, t->a, "session.undo", NULL, "there is nothing left to take back");
}

static void what_is_too_much_says_so(void **state)
{
    struct stage *t = *state;
    act(t, t->a, "node.set", "{'id': 1003, 'controls': {'freq': 500}}");
    for (int i = 0; i <= UNDO_MAX_NODES; i++) {
        fake_call(t->f, "synth.new", "{'synthdef': 'plain', 'target': 1000}");
        if (i % 100 == 0)
            settle(t);
    }
    settle(t);
    act(t, t->a, "group.free_all", "{'id': 1000}");
    assert_asked(t, t->a, "session.undo", NULL, "that was too much to be remembered");
    // It stands in the way of nothing.
    assert_asked(t, t->a, "session.undo", NULL,
                 UNDONE("controls", "freq of sine 1003 is 440 again", "[1003]", "[1003]", "[]"));
}

static void without_scsynth_nothing_is_taken_back(void **state)
{
    struct stage *t = *state;
    act(t, t->a, "node.free", "{'id': 1001}");
    session_server_gone(t->f->session, true, t->f->now);
    g_free(fake_received(t->f));
    fake_receive(t->f, t->a, "{'jsonrpc': '2.0', 'id': 1, 'method': 'session.undo'}");
    assert_has(fake_received(t->f), "scsynth is being started");
    fake_scsynth_restart(t->s);
    fake_scsynth_run(t->s, FAKE_MS(2000));
    // The step is still there.
    assert_asked(t, t->a, "session.undo", NULL,
                 UNDONE("free", "sine 1004 is back", "[1004]", "[1001]", "[]"));
    assert_trees(t, "0(1(1000(1004 1002) 1003) 2)");
}

int main(void)
{
#define STAGED(test) cmocka_unit_test_setup_teardown(test, set_up_stage, tear_down_stage)
    const struct CMUnitTest tests[] = {
        STAGED(a_change_is_taken_back_and_done_again),
        STAGED(moves_within_a_second_are_one),
        STAGED(what_others_have_set_since_stays),
        STAGED(what_others_set_between_two_moves_comes_back),
        STAGED(maps_are_taken_back_with_the_values_below),
        STAGED(a_map_to_a_bus_that_is_gone_does_not_come_back),
        STAGED(notes_that_come_and_go_make_a_step_no_longer),
        STAGED(a_group_is_one_step),
        STAGED(what_is_of_the_moment_is_not_remembered),
        STAGED(so_many_steps_are_kept),
        STAGED(a_synth_comes_back_as_it_was),
        STAGED(a_group_comes_back_with_all_in_it_as_one_bundle),
        STAGED(all_of_a_panic_comes_back_in_its_place),
        STAGED(where_its_place_has_gone_the_next_best_is_taken),
        STAGED(those_that_went_together_stay_together),
        STAGED(what_was_let_go_comes_back),
        STAGED(what_others_have_taken_stays_theirs),
        STAGED(what_cannot_be_made_comes_when_it_can),
        STAGED(what_is_missing_in_a_group_comes_with_the_next_undo),
        STAGED(what_scsynth_refuses_is_tried_again),
        STAGED(what_comes_too_soon_waits),
        STAGED(what_others_have_put_in_stays),
        STAGED(steps_follow_a_definition_that_was_replaced),
        STAGED(what_has_been_replaced_counts),
        STAGED(what_is_too_much_says_so),
        STAGED(without_scsynth_nothing_is_taken_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
