// SPDX-License-Identifier: GPL-3.0-or-later
// OSC that plays us: which call a message makes.
#include "controller/core/osc/osc_in.h"

#include "tests/unit/fake_asserts.h"

struct outcome {
    int times;
    char *wrong; // owned
};

static void on_answer(void *data, json_t *result, const struct problem *problem)
{
    struct outcome *outcome = data;
    outcome->times++;
    outcome->wrong = problem ? problem_to_text(problem) : NULL;
    json_decref(result);
}

static int set_up_synths(void **state)
{
    set_up_running(state);
    struct fake_session *f = *state;
    fake_call(f, "synth.new", "{'synthdef': 'sine', 'name': 'my lead'}");
    fake_call(f, "synth.new", "{'synthdef': 'chord'}");
    fake_run(f, FAKE_MS(2));
    fake_reply(f, "/n_go 1000 1 -1 -1 0");
    fake_reply(f, "/n_go 1001 1 1000 -1 0");
    fake_run(f, FAKE_MS(2));
    fake_forget(f);
    return 0;
}

// What is sent to scsynth then, or what is wrong.
static char *receive(struct fake_session *f, struct osc_message *message)
{
    struct outcome outcome = {0};
    osc_in_receive(f->session, message, on_answer, &outcome, f->now);
    osc_message_destroy(message);
    assert_int_equal(outcome.times, 1);
    fake_run(f, FAKE_MS(2));
    g_autofree char *sent = fake_sent(f);
    assert_true(!outcome.wrong || *sent == '\0');
    return outcome.wrong ? outcome.wrong : g_steal_pointer(&sent);
}

#define SENDS(text, expected) assert_text(receive(*state, fake_message(text)), expected)

static void controls_are_set(void **state)
{
    SENDS("/farfield/node/1000/freq 660.5", "/n_set 1000 freq 660.5f");
    SENDS("/farfield/node/1000/freq 660", "/n_set 1000 freq 660f");
    SENDS("/farfield/node/my%20lead/amp 0.5", "/n_set 1000 amp 0.5f");
    SENDS("/farfield/node/1001/freqs 5 6.5", "/n_set 1001 0 5f 1 6.5f");
    SENDS("/farfield/node/1001/1 7", "/n_set 1001 1 7f");
}

// Nobody waits: no /sync, and no place among the calls that do.
static void nothing_is_waited_for(void **state)
{
    struct fake_session *f = *state;
    for (int i = 0; i < 30000; i++) {
        struct outcome outcome = {0};
        struct osc_message *message = osc_message_new("/farfield/node/1000/freq", "i", i);
        osc_in_receive(f->session, message, on_answer, &outcome, f->now);
        osc_message_destroy(message);
        assert_true(outcome.times == 1 && !outcome.wrong);
    }
    assert_int_equal(f->session->waits.length, 0);
    fake_run(f, FAKE_MS(2));
    assert_text(fake_sent(f), "/n_set 1000 freq 29999f");
}

static void what_no_node_takes_is_refused(void **state)
{
    SENDS("/farfield/node/7/freq 1", "there is no node 7");
    SENDS("/farfield/node/99999999999/freq 1", "there is no node \"99999999999\"");
    SENDS("/farfield/node/lead/freq 1", "there is no node \"lead\"");
    SENDS("/farfield/node/2/bus 1", "node 2 is Farfield's own");
    SENDS("/farfield/node/1000/freq", "a control takes numbers");
    SENDS("/farfield/node/1000/freq a", "a control takes numbers");
    SENDS("/farfield/node/1000/freq 1 a", "a control takes numbers");
    SENDS("/farfield/node/1000/freq inf", "a control takes numbers");
    SENDS("/farfield/node/1000/freq nan", "a control takes numbers");
    SENDS("/farfield/node/1000/freq '{/quit}'", "a control takes numbers");
    SENDS("/farfield/node/1000/freq 1 2",
          "the node cannot be set: controls.freq has 1 values, not 2");
    SENDS("/farfield/node/1000/freq/x 1", "it is /farfield/node/ID_OR_NAME/CONTROL");
    SENDS("/farfield/node//freq 1", "it is /farfield/node/ID_OR_NAME/CONTROL");
    SENDS("/farfield/node/1000/ 1", "it is /farfield/node/ID_OR_NAME/CONTROL");
    SENDS("/farfield/node/%ff/freq 1", "it has an escape that is none");
    SENDS("/farfield/node/1000/%zz 1", "it has an escape that is none");
    SENDS("/farfield/nodes/1000/freq 1", "there is nothing at this address");
    SENDS("/farfield", "there is nothing at this address");
}

static struct osc_message *command(const char *method, const char *json)
{
    g_autofree char *address = g_strconcat("/farfield/cmd/", method, NULL);
    g_autofree char *text = g_strdelimit(g_strdup(json), "'", '"');
    return osc_message_new(address, "s", text);
}

#define COMMAND(method, json, expected)                                                            \
    assert_text(receive(*state, command(method, json)), expected)

static void commands_are_called(void **state)
{
    COMMAND("node.set", "{'id': 1000, 'controls': {'freq': 5}}", "/n_set 1000 freq 5f");
    SENDS("/farfield/cmd/node.run id 1000 run 1", "run must be true or false");
    SENDS("/farfield/cmd/node.release 1000", "/n_set 1000 gate 0f");
    COMMAND("node.set", "{'id': 1000", "the argument is not JSON: '}' expected near end of file");
    COMMAND("node.set", "{'id': 1, 'id': 2}",
            "the argument is not JSON: duplicate object key near '\"id\"'");
    SENDS("/farfield/cmd/node.set id 1000 controls", "the arguments are one JSON object, or names "
                                                     "and values");
    SENDS("/farfield/cmd/node.set 5 5", "the arguments are one JSON object, or names and values");
    SENDS("/farfield/cmd/node.set", "id is required");
    SENDS("/farfield/cmd/nothing", "there is nothing at this address");
}

static void a_button_calls_when_it_is_pressed(void **state)
{
    SENDS("/farfield/cmd/server.panic 0", "");
    SENDS("/farfield/cmd/server.panic 0.0", "");
    SENDS("/farfield/cmd/server.panic a", "the arguments are one JSON object, or names and values");
    struct outcome outcome = {0};
    struct fake_session *f = *state;
    struct osc_message *message = fake_message("/farfield/cmd/server.panic 1.0");
    osc_in_receive(f->session, message, on_answer, &outcome, f->now);
    osc_message_destroy(message);
    fake_run(f, FAKE_MS(2));
    assert_has(fake_sent(f), "/g_deepFree 0");
    g_autofree char *synced = g_strdup_printf("/synced %d", f->session->sync - 1);
    fake_reply(f, synced);
    assert_true(outcome.times == 1 && !outcome.wrong);
}

static void only_what_plays_can_be_called(void **state)
{
    gsize count;
    const struct command *const *rows = command_table(&count);
    int may = 0;
    for (gsize i = 0; i < count; i++) {
        may += osc_in_may_call(rows[i]);
        if (osc_in_may_call(rows[i]))
            assert_true(rows[i]->scope == SCOPE_PLAY && !rows[i]->websocket_only);
    }
    assert_true(may >= 10);
    static const char *const refused[] = {"server.restart", "synthdef.add", "synthdef.delete",
                                          "listener.list",  "node.list",    "auth",
                                          "webrtc.listen",  "whep.offer",   "health.live"};
    for (gsize i = 0; i < G_N_ELEMENTS(refused); i++) {
        g_autofree char *expected = g_strdup_printf("%s cannot be called by OSC", refused[i]);
        assert_text(receive(*state, command(refused[i], "{}")), expected);
    }
}

int main(void)
{
#define SYNTHS(test) cmocka_unit_test_setup_teardown(test, set_up_synths, tear_down)
    const struct CMUnitTest tests[] = {
        SYNTHS(controls_are_set),
        SYNTHS(nothing_is_waited_for),
        SYNTHS(what_no_node_takes_is_refused),
        SYNTHS(commands_are_called),
        SYNTHS(a_button_calls_when_it_is_pressed),
        SYNTHS(only_what_plays_can_be_called),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
