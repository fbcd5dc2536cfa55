// SPDX-License-Identifier: GPL-3.0-or-later
// What somebody has under a finger, and who is told. Ada is connection a, client 1; b is client 2.
#include "controller/core/holds.h"

#include "tests/unit/fake_asserts.h"

struct two {
    struct client *a, *b;
};

static void call(struct fake_session *f, struct client *client, const char *method,
                 const char *params)
{
    g_autofree char *text = g_strdup_printf(
        "{'jsonrpc': '2.0', 'id': 1, 'method': '%s', 'params': %s}", method, params);
    fake_receive(f, client, text);
}

// Two that watch, a sine 1000 and a group 1001.
static struct two connect(struct fake_session *f)
{
    struct two two = {fake_connect(f, "a", true), fake_connect(f, "b", true)};
    call(f, two.a, "subscribe", "{'topics': ['nodes']}");
    call(f, two.b, "subscribe", "{'topics': ['nodes']}");
    call(f, two.a, "client.name", "{'name': ' Ada '}");
    fake_call(f, "synth.new", "{'synthdef': 'sine'}");
    fake_call(f, "group.new", NULL);
    fake_run(f, FAKE_MS(2));
    fake_reply(f, "/n_go 1000 1 -1 -1 0");
    fake_reply(f, "/n_go 1001 1 -1 1000 1 -1 -1");
    g_free(fake_received(f));
    fake_forget(f);
    return two;
}

static void all_others_are_told(void **state)
{
    struct fake_session *f = *state;
    struct two two = connect(f);
    f->now = f->session->now = FAKE_MS(1100000);
    call(f, two.a, "node.hold", "{'id': 1000, 'controls': ['freq', 'amp'], 'seconds': 5}");
    static const char held[] = "{\"id\":1000,\"controls\":[\"freq\",\"amp\"],\"by\":\"Ada\","
                               "\"client\":1,\"until\":1700001105.0}";
    g_autofree char *expected =
        g_strdup_printf("b {\"jsonrpc\":\"2.0\",\"method\":\"node.held\",\"params\":%s}\n"
                        "a {\"jsonrpc\":\"2.0\",\"id\":1,\"result\":%s}",
                        held, held);
    assert_text(fake_received(f), expected);
    // Nothing leaves for scsynth, and whoever sets it does.
    assert_sent(f, "");
    call(f, two.b, "node.set", "{'id': 1000, 'controls': {'freq': 330}}");
    assert_sent(f, "/n_set 1000 freq 330f; /sync 4");
}

static void it_ends_by_itself(void **state)
{
    struct fake_session *f = *state;
    struct two two = connect(f);
    call(f, two.a, "node.hold", "{'id': 1000, 'controls': ['freq'], 'seconds': 5}");
    fake_pass(f, FAKE_MS(3000));
    // Again: the time begins anew.
    call(f, two.a, "node.hold", "{'id': 1000, 'controls': ['freq'], 'seconds': 5}");
    fake_forget(f);
    fake_pass(f, FAKE_MS(4999));
    assert_text(fake_events(f, "nodes"), "");
    fake_run(f, FAKE_MS(2));
    assert_text(fake_events(f, "nodes"), "node.held {\"id\":1000,\"controls\":[],\"by\":\"Ada\","
                                         "\"client\":1,\"until\":null} held/1/1000");
    assert_int_equal(f->session->holds.due, 0);
}

static void what_is_let_go_is_told(void **state)
{
    struct fake_session *f = *state;
    struct two two = connect(f);
    call(f, two.a, "node.hold", "{'id': 1000, 'controls': ['freq', 'amp']}");
    call(f, two.a, "node.hold", "{'id': 1001, 'controls': ['freq']}");
    assert_has(fake_received(f), "node 1001 has no control");
    fake_reply(f, "/n_move 1000 1001 -1 -1 0");
    call(f, two.a, "node.hold", "{'id': 1001, 'controls': ['freq']}");
    fake_forget(f);
    call(f, two.a, "node.unhold", "{'id': 1000, 'controls': ['freq', 'nonsense']}");
    assert_has(fake_events(f, "nodes"), "{\"id\":1000,\"controls\":[\"amp\"],");
    // Not held, or another's: nothing to tell.
    call(f, two.a, "node.unhold", "{'id': 1000, 'controls': ['freq']}");
    call(f, two.b, "node.unhold", "{'id': 1000}");
    call(f, two.b, "node.unhold", "{}");
    assert_text(fake_events(f, "nodes"), "");
    call(f, two.a, "node.unhold", "{}");
    g_autofree char *told = fake_events(f, "nodes");
    assert_has(g_strdup(told), "{\"id\":1000,\"controls\":[],");
    assert_has(g_strdup(told), "{\"id\":1001,\"controls\":[],");
    g_free(fake_received(f));
    call(f, two.a, "node.unhold", "{'controls': ['freq']}");
    assert_has(fake_received(f), "\"field\":\"id\",\"detail\":\"is needed with controls\"");
}

static void who_leaves_lets_go(void **state)
{
    struct fake_session *f = *state;
    struct two two = connect(f);
    call(f, two.a, "node.hold", "{'id': 1000, 'controls': ['freq']}");
    call(f, two.b, "node.hold", "{'id': 1000, 'controls': ['freq']}");
    fake_forget(f);
    fake_leave(f, two.a);
    assert_text(fake_events(f, "nodes"), "node.held {\"id\":1000,\"controls\":[],\"by\":\"Ada\","
                                         "\"client\":1,\"until\":null} held/1/1000");
    assert_int_equal(f->session->holds.all->len, 1);
    // Of a node that has ended nobody holds anything.
    fake_reply(f, "/n_end 1000 1 -1 -1 0");
    assert_int_equal(f->session->holds.all->len, 0);
    assert_lacks(fake_events(f, "nodes"), "node.held");
    call(f, two.b, "node.hold", "{'id': 1000, 'controls': ['freq']}");
    assert_has(fake_received(f), "there is no node 1000");
}

static void who_comes_late_is_told_and_who_is_called_otherwise(void **state)
{
    struct fake_session *f = *state;
    struct two two = connect(f);
    f->now = f->session->now = FAKE_MS(1100000);
    call(f, two.a, "node.hold", "{'id': 1000, 'controls': ['freq'], 'seconds': 5}");
    struct client *c = fake_connect(f, "c", true);
    g_free(fake_received(f));
    call(f, c, "subscribe", "{'topics': ['server']}");
    assert_lacks(fake_received(f), "node.held");
    call(f, c, "subscribe", "{'topics': ['nodes']}");
    assert_has(fake_received(f),
               "c {\"jsonrpc\":\"2.0\",\"method\":\"node.held\",\"params\":{\"id\":1000,"
               "\"controls\":[\"freq\"],\"by\":\"Ada\",\"client\":1,\"until\":1700001105.0}}");
    // One's own holds are known.
    call(f, two.a, "subscribe", "{'topics': ['nodes']}");
    assert_lacks(fake_received(f), "node.held");
    fake_forget(f);
    call(f, two.a, "client.name", "{'name': 'Eve'}");
    assert_text(fake_events(f, "nodes"),
                "node.held {\"id\":1000,\"controls\":[\"freq\"],\"by\":\"Eve\",\"client\":1,"
                "\"until\":1.700001e9} held/1/1000");
}

static void one_holds_so_much(void **state)
{
    struct fake_session *f = *state;
    struct two two = connect(f);
    GString *names = g_string_new(NULL);
    g_autoptr(GString) parameters = g_string_new("many");
    for (int i = 0; i < 65; i++) {
        g_string_append_printf(names, "%s'c%d'", i ? ", " : "", i);
        g_string_append_printf(parameters, " c%d=0", i);
    }
    fake_add_synthdef(f, parameters->str);
    fake_call(f, "synth.new", "{'synthdef': 'many'}");
    fake_run(f, FAKE_MS(2));
    fake_reply(f, "/n_go 1002 1 -1 1001 0");
    g_free(fake_received(f));
    char *last = strrchr(names->str, ',');
    g_autofree char *too_many = g_strdup_printf("{'id': 1002, 'controls': [%s]}", names->str);
    call(f, two.a, "node.hold", too_many);
    assert_has(fake_received(f), "\"code\":-32602");
    *last = '\0';
    g_autofree char *most = g_strdup_printf("{'id': 1002, 'controls': [%s]}", names->str);
    call(f, two.a, "node.hold", most);
    assert_has(fake_received(f), "\"result\"");
    call(f, two.a, "node.hold", most); // again
    assert_has(fake_received(f), "\"result\"");
    call(f, two.a, "node.hold", "{'id': 1000, 'controls': ['freq']}");
    assert_has(fake_received(f), "one connection holds 64 controls at most");
    call(f, two.b, "node.hold", "{'id': 1000, 'controls': ['freq']}");
    assert_has(fake_received(f), "\"result\"");
    g_string_free(names, TRUE);
}

static void what_is_wrong_is_said(void **state)
{
    struct fake_session *f = *state;
    struct two two = connect(f);
    static const char *const wrong[] = {
        "{'id': 1000, 'controls': []}",
        "{'id': 1000, 'controls': ['nonsense']}",
        "{'id': 1000, 'controls': [1]}",
        "{'id': 1000}",
        "{'id': 1000, 'controls': ['freq'], 'seconds': 31}",
        "{'id': 1000, 'controls': ['freq'], 'seconds': 0}",
    };
    for (gsize i = 0; i < G_N_ELEMENTS(wrong); i++) {
        call(f, two.a, "node.hold", wrong[i]);
        assert_has(fake_received(f), "\"code\":-32602");
    }
    call(f, two.a, "node.hold", "{'id': 7, 'controls': ['freq']}");
    assert_has(fake_received(f), "there is no node 7");
    assert_int_equal(f->session->holds.all->len, 0);
    assert_answer(fake_call(f, "node.hold", "{'id': 1000, 'controls': ['freq']}"),
                  "405 node.hold needs a WebSocket");
}

static void a_client_has_a_name(void **state)
{
    struct fake_session *f = *state;
    struct two two = connect(f);
    call(f, two.b, "client.name", "{'name': ''}");
    assert_has(fake_received(f), "{\"client\":2,\"name\":\"client 2\"}");
    call(f, two.b, "client.name", "{'name': 'Zoë'}");
    assert_has(fake_received(f), "{\"client\":2,\"name\":\"Zoë\"}");
    call(f, two.b, "client.name", "{'name': 'two\\nlines'}");
    assert_has(fake_received(f), "must be one line");
    call(f, two.b, "client.name", "{'name': '123456789012345678901234567890123'}");
    assert_has(fake_received(f), "\"code\":-32602");
    call(f, two.b, "node.hold", "{'id': 1000, 'controls': ['freq']}");
    assert_has(fake_received(f), "\"by\":\"Zoë\",\"client\":2");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUNNING(all_others_are_told),
        RUNNING(it_ends_by_itself),
        RUNNING(what_is_let_go_is_told),
        RUNNING(who_leaves_lets_go),
        RUNNING(who_comes_late_is_told_and_who_is_called_otherwise),
        RUNNING(one_holds_so_much),
        RUNNING(what_is_wrong_is_said),
        RUNNING(a_client_has_a_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
