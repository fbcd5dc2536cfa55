// SPDX-License-Identifier: GPL-3.0-or-later
// JSON-RPC 2.0 as it is spoken on a WebSocket, and the events that it carries.
#include "controller/core/api/rpc.h"
#include "tests/unit/fake_asserts.h"

#define assert_received(f, expected) assert_text(fake_received(f), expected)

static void an_answer_carries_its_id(void **state)
{
    struct fake_session *f = *state;
    struct client *a = fake_connect(f, "a", true);
    fake_receive(f, a, "{'jsonrpc': '2.0', 'id': 7, 'method': 'health.live'}");
    fake_receive(f, a, "{'jsonrpc': '2.0', 'id': 'x', 'method': 'health.live', 'params': {}}");
    fake_receive(f, a, "{'jsonrpc': '2.0', 'id': 1.5, 'method': 'health.live'}");
    fake_receive(f, a, "{'jsonrpc': '2.0', 'id': null, 'method': 'health.live'}");
    assert_received(f, "a {\"jsonrpc\":\"2.0\",\"id\":7,\"result\":{\"live\":true}}\n"
                       "a {\"jsonrpc\":\"2.0\",\"id\":\"x\",\"result\":{\"live\":true}}\n"
                       "a {\"jsonrpc\":\"2.0\",\"id\":1.5,\"result\":{\"live\":true}}\n"
                       "a {\"jsonrpc\":\"2.0\",\"id\":null,\"result\":{\"live\":true}}");
}

static void what_is_not_json_is_a_parse_error(void **state)
{
    struct fake_session *f = *state;
    struct client *a = fake_connect(f, "a", true);
    static const char *const texts[] = {
        "",       "{",          "nonsense",  "{'a': 1, 'a': 2}", "[1,",
        "'\xff'", "{'a': NaN}", "'\\u0000'", "{'id': 1e999}"};
    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
        fake_receive(f, a, texts[i]);
        g_autofree char *text = fake_received(f);
        if (!g_str_has_prefix(text, "a {\"jsonrpc\":\"2.0\",\"error\":{\"code\":-32700,"
                                    "\"message\":\"not JSON: ") ||
            !g_str_has_suffix(text, "},\"id\":null}"))
            fail_msg("%s is answered by %s", texts[i], text);
    }
    g_autofree char *deep = g_strnfill(100000, '[');
    fake_receive(f, a, deep);
    assert_has(fake_received(f), "-32700");
}

static void what_is_no_request_is_invalid(void **state)
{
    struct fake_session *f = *state;
    struct client *a = fake_connect(f, "a", true);
    static const char *const texts[] = {
        "{}",
        "[]",
        "[1]",
        "{'jsonrpc': '1.0', 'id': 1, 'method': 'health.live'}",
        "{'id': 1, 'method': 'health.live'}",
        "{'jsonrpc': '2.0', 'id': 1}",
        "{'jsonrpc': '2.0', 'id': 1, 'method': 5}",
        "{'jsonrpc': '2.0', 'id': {}, 'method': 'health.live'}",
        "{'jsonrpc': '2.0', 'id': [1], 'method': 'health.live'}",
        "{'jsonrpc': '2.0', 'id': 1, 'method': 'health.live', 'params': [1]}",
        "{'jsonrpc': '2.0', 'id': 1, 'method': 'health.live', 'params': null}",
        "{'jsonrpc': 2, 'method': 'health.live'}",
    };
    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
        fake_receive(f, a, texts[i]);
        assert_has(fake_received(f), "\"code\":-32600");
    }
}

static void unknown_methods_and_wrong_params_have_their_codes(void **state)
{
    struct fake_session *f = *state;
    struct client *a = fake_connect(f, "a", true);
    fake_receive(f, a, "{'jsonrpc': '2.0', 'id': 1, 'method': 'node.explode'}");
    assert_received(f, "a {\"jsonrpc\":\"2.0\",\"error\":{\"code\":-32601,\"message\":\"there is "
                       "no such method\"},\"id\":1}");
    fake_receive(f, a, "{'jsonrpc': '2.0', 'id': 1, 'method': 'whep.offer', 'params': {}}");
    assert_has(fake_received(f), "\"code\":-32601");
    fake_receive(f, a, "{'jsonrpc': '2.0', 'id': 2, 'method': 'node.show', 'params': {'id': '5'}}");
    assert_received(f, "a {\"jsonrpc\":\"2.0\",\"error\":{\"code\":-32602,\"message\":\"id must "
                       "be a whole number\",\"data\":{\"type\":\"urn:farfield:problem:"
                       "invalid\",\"title\":\"The input is not valid\",\"status\":422,\"detail\":"
                       "\"id must be a whole number\",\"errors\":[{\"field\":\"id\","
                       "\"detail\":\"must be a whole number\"}]}},\"id\":2}");
    fake_receive(f, a, "{'jsonrpc': '2.0', 'id': 3, 'method': 'node.show', 'params': {'id': 5}}");
    assert_received(f, "a {\"jsonrpc\":\"2.0\",\"error\":{\"code\":-32000,\"message\":\"there is "
                       "no node 5\",\"data\":{\"type\":\"urn:farfield:problem:not-found\","
                       "\"title\":\"There is no such thing\",\"status\":404,\"detail\":\"there is "
                       "no node 5\"}},\"id\":3}");
}

static void notifications_are_never_answered(void **state)
{
    struct fake_session *f = *state;
    struct client *a = fake_connect(f, "a", true);
    fake_receive(f, a, "{'jsonrpc': '2.0', 'method': 'health.live'}");
    fake_receive(f, a, "{'jsonrpc': '2.0', 'method': 'node.explode'}");
    fake_receive(f, a, "{'jsonrpc': '2.0', 'method': 'node.set', 'params': {'id': 5}}");
    fake_receive(f, a, "{'jsonrpc': '2.0', 'method': 'synth.new', 'params': {'synthdef': 'sine'}}");
    fake_receive(f, a, "{'jsonrpc': '2.0', 'method': 'node.free', 'params': {'id': 'x'}}");
    fake_receive(f, a, "[{'jsonrpc': '2.0', 'method': 'health.live'}]");
    assert_sent(f, "/s_new sine 1000 0 1; /sync 3");
    fake_reply(f, "/n_go 1000 1 -1 -1 0");
    assert_received(f, "");
}

static void a_batch_is_answered_together(void **state)
{
    struct fake_session *f = *state;
    struct client *a = fake_connect(f, "a", true);
    fake_receive(f, a,
                 "[{'jsonrpc': '2.0', 'id': 1, 'method': 'synth.new', 'params': {'synthdef': "
                 "'plain'}}, {'jsonrpc': '2.0', 'id': 2, 'method': 'health.live'}, 5, "
                 "{'jsonrpc': '2.0', 'method': 'health.live'}, "
                 "{'jsonrpc': '2.0', 'id': 3, 'method': 'nothing'}]");
    assert_received(f, "");
    assert_sent(f, "/s_new plain 1000 0 1; /sync 3");
    fake_reply(f, "/n_go 1000 1 -1 -1 0");
    g_autofree char *text = fake_received(f);
    assert_non_null(strstr(text, "a [{\"jsonrpc\":\"2.0\",\"id\":2,\"result\":{\"live\":true}},"
                                 "{\"jsonrpc\":\"2.0\",\"error\":{\"code\":-32600,"));
    assert_non_null(
        strstr(text, "\"id\":3},{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"id\":1000,"));
    assert_null(strchr(text, '\n'));
}

static void a_batch_has_its_bound(void **state)
{
    struct fake_session *f = *state;
    struct client *a = fake_connect(f, "a", true);
    for (int count = RPC_MAX_BATCH; count <= RPC_MAX_BATCH + 1; count++) {
        g_autoptr(GString) text = g_string_new("[");
        for (int i = 0; i < count; i++)
            g_string_append_printf(text,
                                   "%s{\"jsonrpc\":\"2.0\",\"id\":%d,\"method\":\"health.live\"}",
                                   i ? "," : "", i);
        g_string_append_c(text, ']');
        rpc_receive(a, text->str, text->len, f->now);
        assert_has(fake_received(f),
                   count == RPC_MAX_BATCH ? "\"id\":999,\"result\"" : "1 to 1000 requests");
    }
}

static void without_the_key_only_what_is_open_can_be_called(void **state)
{
    struct fake_session *f = *state;
    f->session->api_key = g_strdup("secret");
    struct client *a = fake_connect(f, "a", false);
    gsize count;
    const struct command *const *rows = command_table(&count);
    for (gsize i = 0; i < count; i++) {
        if (rows[i]->rest_only || rows[i]->scope == SCOPE_OPEN)
            continue;
        g_autofree char *text = g_strdup_printf(
            "{'jsonrpc': '2.0', 'id': 1, 'method': '%s', 'params': {}}", rows[i]->method);
        fake_receive(f, a, text);
        assert_has(fake_received(f), "\"message\":\"call auth with the key first\"");
    }
    fake_receive(f, a, "{'jsonrpc': '2.0', 'method': 'server.panic'}");
    assert_sent(f, "");
    fake_receive(f, a, "{'jsonrpc': '2.0', 'id': 1, 'method': 'auth', 'params': {'key': 'no'}}");
    assert_has(fake_received(f), "\"status\":401,\"detail\":\"that is not the key\"");
    assert_false(rpc_client_authorised(a));
    fake_receive(f, a,
                 "{'jsonrpc': '2.0', 'id': 1, 'method': 'auth', 'params': {'key': 'secret'}}");
    assert_received(f, "a {\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}");
    fake_receive(f, a, "{'jsonrpc': '2.0', 'id': 1, 'method': 'room.list'}");
    assert_has(fake_received(f), "\"result\"");
}

static void a_client_may_not_pile_up_calls(void **state)
{
    struct fake_session *f = *state;
    struct client *a = fake_connect(f, "a", true);
    for (int i = 0; i < RPC_MAX_OUTSTANDING; i++)
        fake_receive(f, a, "{'jsonrpc': '2.0', 'id': 1, 'method': 'group.new'}");
    assert_received(f, "");
    fake_receive(f, a, "{'jsonrpc': '2.0', 'id': 2, 'method': 'health.live'}");
    assert_has(fake_received(f), "too many requests are waiting for an answer");
    struct client *b = fake_connect(f, "b", true);
    fake_receive(f, b, "{'jsonrpc': '2.0', 'id': 2, 'method': 'health.live'}");
    assert_has(fake_received(f), "b {\"jsonrpc\":\"2.0\",\"id\":2,\"result\"");
}

static void who_has_gone_is_not_answered(void **state)
{
    struct fake_session *f = *state;
    struct client *a = fake_connect(f, "a", true);
    fake_receive(f, a, "{'jsonrpc': '2.0', 'id': 1, 'method': 'group.new'}");
    fake_receive(f, a, "[{'jsonrpc': '2.0', 'id': 2, 'method': 'group.new'}]");
    fake_receive(f, a, "{'jsonrpc': '2.0', 'id': 3, 'method': 'group.new'}");
    fake_run(f, FAKE_MS(2));
    fake_leave(f, a);
    fake_reply(f, "/n_go 1000 1 -1 -1 1 -1 -1");
    fake_reply(f, "/n_go 1001 1 -1 1000 1 -1 -1");
    assert_received(f, ""); // the third is answered when the session stops
    assert_tree(f, "0(1(1001() 1000()) 2)");
}

static void a_fail_that_is_not_utf8_reaches_the_client(void **state)
{
    struct fake_session *f = *state;
    struct client *a = fake_connect(f, "a", true);
    fake_receive(f, a, "{'jsonrpc': '2.0', 'id': 1, 'method': 'group.new'}");
    fake_run(f, FAKE_MS(2));
    fake_reply(f, "/fail /g_new 'caf\xe9'");
    assert_has(fake_received(f), "\"message\":\"scsynth refused /g_new: caf\xef\xbf\xbd\"");
}

static void events_go_to_who_asked_for_their_topic(void **state)
{
    struct fake_session *f = *state;
    struct client *a = fake_connect(f, "a", true), *b = fake_connect(f, "b", true);
    fake_receive(f, a,
                 "{'jsonrpc': '2.0', 'id': 1, 'method': 'subscribe', 'params': {'topics': "
                 "['server', 'nodes']}}");
    fake_receive(f, b,
                 "{'jsonrpc': '2.0', 'id': 1, 'method': 'subscribe', 'params': {'topics': "
                 "['meters']}}");
    assert_received(f, "a {\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"topics\":[\"nodes\","
                       "\"server\"]}}\n"
                       "b {\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"topics\":[\"meters\"]}}");
    fake_reply(f, "/n_go 1000 1 -1 -1 1 -1 -1");
    assert_received(
        f,
        "a {\"jsonrpc\":\"2.0\",\"method\":\"node.started\",\"params\":{\"node\":{"
        "\"id\":1000,\"kind\":\"group\",\"name\":null,\"parent\":1,\"running\":true,\"own\":true,"
        "\"client\":0,\"system\":false,\"room\":\"main\"},\"by\":null,\"client\":null,\"client_id\":0,\"time\":1700001000.1,"
        "\"previous\":null}}");
    fake_receive(f, a,
                 "{'jsonrpc': '2.0', 'id': 1, 'method': 'unsubscribe', 'params': {'topics': "
                 "['nodes']}}");
    fake_forget(f);
    fake_reply(f, "/n_end 1000 1 -1 -1 1 -1 -1");
    assert_received(f, "");
    fake_receive(f, a,
                 "{'jsonrpc': '2.0', 'id': 1, 'method': 'subscribe', 'params': {'topics': "
                 "['nodes', 'weather']}}");
    assert_has(fake_received(f), "\"field\":\"topics\",\"detail\":\"must be one of nodes|");
}

static void a_topic_is_a_whole_word(void **state)
{
    struct fake_session *f = *state;
    struct client *a = fake_connect(f, "a", true);
    static const char *const words[] = {"node", "n", "nodes|server", "s", ""};
    for (gsize i = 0; i < G_N_ELEMENTS(words); i++) {
        g_autofree char *text = g_strdup_printf("{'jsonrpc': '2.0', 'id': 1, 'method': "
                                                "'subscribe', 'params': {'topics': ['%s']}}",
                                                words[i]);
        fake_receive(f, a, text);
        assert_has(fake_received(f), "\"code\":-32602");
    }
}

// The same text goes to all who get it, and a slow reader's queue may keep the last of a key.
static void each_kind_of_event_has_its_key(void **state)
{
    struct fake_session *f = *state;
    fake_forget(f);
    fake_alive(f);
    fake_reply(f, "/n_go 1000 1 -1 -1 1 -1 -1");
    fake_reply(f, "/n_off 1000 1 -1 -1 1 -1 -1");
    fake_run(f, FAKE_MS(50));
    fake_reply(f, "/n_end 1000 1 -1 -1 1 -1 -1");
    fake_add_synthdef(f, "new amp=1");
    session_remove_synthdef(f->session, "new", ORIGIN_SHIPPED, f->now);
    static const char *const expected[] = {
        "server server.status ",       "server.status",
        "nodes node.started ",         "-",
        "nodes node.changed ",         "node/1000",
        "nodes node.ended ",           "-",
        "synthdefs synthdef.changed ", "-",
        "synthdefs synthdef.removed ", "-",
    };
    assert_int_equal(f->events->len, G_N_ELEMENTS(expected) / 2);
    for (guint i = 0; i < f->events->len; i++) {
        const char *event = f->events->pdata[i];
        if (!g_str_has_prefix(event, expected[2 * i]) ||
            strcmp(strrchr(event, ' ') + 1, expected[2 * i + 1]) != 0)
            fail_msg("%s", event);
    }
}

static void secrets_are_compared_whole(void **state)
{
    assert_true(session_secrets_equal("", ""));
    assert_true(session_secrets_equal("key", "key"));
    assert_false(session_secrets_equal("key", "key "));
    assert_false(session_secrets_equal("key", "ke"));
    assert_false(session_secrets_equal("key", ""));
    assert_false(session_secrets_equal("key", "Key"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUNNING(an_answer_carries_its_id),
        RUNNING(what_is_not_json_is_a_parse_error),
        RUNNING(what_is_no_request_is_invalid),
        RUNNING(unknown_methods_and_wrong_params_have_their_codes),
        RUNNING(notifications_are_never_answered),
        RUNNING(a_batch_is_answered_together),
        RUNNING(a_batch_has_its_bound),
        RUNNING(without_the_key_only_what_is_open_can_be_called),
        RUNNING(a_client_may_not_pile_up_calls),
        RUNNING(who_has_gone_is_not_answered),
        RUNNING(a_fail_that_is_not_utf8_reaches_the_client),
        RUNNING(events_go_to_who_asked_for_their_topic),
        RUNNING(a_topic_is_a_whole_word),
        RUNNING(each_kind_of_event_has_its_key),
        cmocka_unit_test(secrets_are_compared_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
