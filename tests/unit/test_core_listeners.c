// SPDX-License-Identifier: GPL-3.0-or-later
// Signaling between callers and the pipeline, and who is known to listen.
#include "controller/core/listening/listeners.h"

#include "controller/core/api/rpc.h"
#include "tests/unit/fake_asserts.h"

#define SDP "v=0\r\n"

// The pipeline says something; ' stands for ".
static void pipeline_says(struct fake_session *f, const char *text)
{
    g_autofree char *json = g_strdelimit(g_strdup(text), "'", '"');
    g_autoptr(GError) error = NULL;
    struct link_message *message = link_message_decode(json, strlen(json), &error);
    if (!message)
        fail_msg("%s: %s", json, error->message);
    session_on_link(f->session, message, f->now);
    link_message_destroy(message);
}

static int set_up_linked(void **state)
{
    set_up_running(state);
    struct fake_session *f = *state;
    pipeline_says(f, "{'type': 'pipeline.hello', 'listeners': []}");
    pipeline_says(f, "{'type': 'capture', 'capture': {'jack': true, 'rate': 48000, 'connected': 2, "
                     "'xruns': 0}}");
    fake_forget(f);
    return 0;
}

static char *link_text(struct fake_session *f)
{
    g_ptr_array_add(f->link, NULL);
    char *text = g_strjoinv("\n", (char **)f->link->pdata);
    g_ptr_array_set_size(f->link, 0);
    return text;
}

static struct fake_answer *offer(struct fake_session *f)
{
    return fake_call_bytes(f, "whep.offer", "{'room': 'main'}", SDP, strlen(SDP));
}

// The id of the listener that was made last: our ports give bytes that are all alike.
static char *listener_id(struct fake_session *f)
{
    const char *told = strstr(f->link->pdata[f->link->len - 1], "\"listener\":\"");
    return g_strndup(told + 12, 32);
}

static void tells_the_pipeline_what_to_capture(void **state)
{
    struct fake_session *f = *state;
    pipeline_says(f, "{'type': 'pipeline.hello', 'listeners': []}");
    assert_text(
        link_text(f),
        "{\"type\":\"controller.hello\",\"rooms\":[{\"room\":\"main\","
        "\"sources\":[\"scsynth:out_1\",\"scsynth:out_2\"],\"bitrate\":128000,\"complexity\":9}]}");
}

static void whep_offer_answer_trickle_end(void **state)
{
    struct fake_session *f = *state;
    struct fake_answer *answer = offer(f);
    g_autofree char *id = listener_id(f);
    g_autofree char *listen = g_strdup_printf(
        "{\"type\":\"listen\",\"listener\":\"%s\",\"room\":\"main\",\"sdp\":\"v=0\\r\\n\",\"mode\":\"balanced\"}",
        id);
    assert_text(link_text(f), listen);
    assert_waiting(answer);
    assert_has(fake_events(f, "rooms"), "room.changed {\"room\":{\"name\":\"main\",\"group\":1,"
                                        "\"bitrate\":128000,\"complexity\":9,\"listeners\":1");
    g_autofree char *said =
        g_strdup_printf("{'type': 'answer', 'listener': '%s', 'sdp': 'v=0 answer'}", id);
    pipeline_says(f, said);
    g_autofree char *expected = g_strdup_printf("200 {\"listener\":\"%s\",\"room\":\"main\","
                                                "\"sdp\":\"v=0 answer\",\"ice_servers\":[],"
                                                "\"status\":201,\"etag\":null}",
                                                id);
    assert_answer(answer, expected);
    pipeline_says(f, said); // again

    g_autofree char *params = g_strdup_printf("{'room': 'main', 'listener': '%s'}", id);
    static const char fragment[] = "m=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:0\r\n"
                                   "a=candidate:1 1 UDP 1 10.0.0.1 9 typ host\r\n"
                                   "a=end-of-candidates\r\n";
    struct fake_answer *trickled =
        fake_call_bytes(f, "whep.patch", params, fragment, strlen(fragment));
    assert_answer(trickled, "200 {\"status\":204}");
    assert_has(link_text(f), "\"candidate\":\"candidate:1 1 UDP 1 10.0.0.1 9 typ host\","
                             "\"mline\":0,\"mid\":\"0\"}");
    g_autofree char *connected =
        g_strdup_printf("{'type': 'state', 'listener': '%s', 'state': 'connected'}", id);
    pipeline_says(f, connected);
    assert_has(fake_events(f, "listeners"), "\"state\":\"connected\"");
    assert_answer(fake_call(f, "whep.end", params), "200 {}");
    assert_has(link_text(f), "{\"type\":\"close\"");
    assert_has(fake_events(f, "listeners"), "\"state\":\"closed\"");
    assert_int_equal(fake_call(f, "whep.end", params)->status, 404);
}

static void a_listener_that_is_not_wanted_is_404(void **state)
{
    struct fake_session *f = *state;
    struct client *a = fake_connect(f, "a", true);
    fake_receive(f, a, "{'jsonrpc': '2.0', 'id': 1, 'method': 'webrtc.listen'}");
    g_autofree char *id = listener_id(f);
    // Another's connection cannot be ended, answered or fed, not even by who knows its name.
    struct client *b = fake_connect(f, "b", true);
    static const char *const calls[] = {"'webrtc.bye', 'params': {'listener': '%s'}",
                                        "'webrtc.answer', 'params': {'listener': '%s', 'sdp': 'x'}",
                                        "'webrtc.candidate', 'params': {'listener': '%s', "
                                        "'candidate': ''}"};
    for (gsize i = 0; i < G_N_ELEMENTS(calls); i++) {
        g_autofree char *format =
            g_strconcat("{'jsonrpc': '2.0', 'id': 2, 'method': ", calls[i], "}", NULL);
        char **parts = g_strsplit(format, "%s", 2);
        g_autofree char *text = g_strjoin(id, parts[0], parts[1], NULL);
        g_strfreev(parts);
        fake_receive(f, b, text);
        assert_has(fake_received(f), "\"status\":404");
    }
    g_autofree char *params = g_strdup_printf("{'room': 'main', 'listener': '%s'}", id);
    assert_int_equal(fake_call(f, "whep.end", params)->status, 404);
    fake_leave(f, a);
    assert_has(link_text(f), "{\"type\":\"close\"");
    assert_int_equal(g_hash_table_size(f->session->listeners), 0);
}

static void the_server_offers_on_a_websocket(void **state)
{
    struct fake_session *f = *state;
    struct client *a = fake_connect(f, "a", true);
    fake_receive(f, a,
                 "{'jsonrpc': '2.0', 'id': 1, 'method': 'webrtc.listen', 'params': {'room': "
                 "'main'}}");
    g_autofree char *id = listener_id(f);
    assert_lacks(link_text(f), "sdp");
    g_autofree char *said = g_strdup_printf("{'type': 'offer', 'listener': '%s', 'sdp': 'O'}", id);
    pipeline_says(f, said);
    assert_has(fake_received(f), "\"sdp\":\"O\",\"ice_servers\":[]}");
    g_autofree char *candidate = g_strdup_printf(
        "{'type': 'candidate', 'listener': '%s', 'candidate': 'c', 'mline': 0}", id);
    pipeline_says(f, candidate);
    g_autofree char *expected =
        g_strdup_printf("a {\"jsonrpc\":\"2.0\",\"method\":\"webrtc.candidate\",\"params\":{"
                        "\"listener\":\"%s\",\"candidate\":\"c\",\"mline\":0}}",
                        id);
    assert_text(fake_received(f), expected);
    g_autofree char *answer = g_strdup_printf("{'jsonrpc': '2.0', 'id': 2, 'method': "
                                              "'webrtc.answer', 'params': {'listener': '%s', "
                                              "'sdp': 'A'}}",
                                              id);
    fake_receive(f, a, answer);
    assert_has(link_text(f), "\"sdp\":\"A\"");
    assert_text(fake_received(f), "");
    g_autofree char *taken =
        g_strdup_printf("{'type': 'state', 'listener': '%s', 'state': 'connecting'}", id);
    pipeline_says(f, taken);
    assert_text(fake_received(f), "a {\"jsonrpc\":\"2.0\",\"id\":2,\"result\":{}}");
    g_autofree char *restart = g_strdup_printf("{'jsonrpc': '2.0', 'id': 3, 'method': "
                                               "'webrtc.restart', 'params': {'listener': '%s'}}",
                                               id);
    fake_receive(f, a, restart);
    g_autofree char *told = g_strdup_printf("{\"type\":\"restart\",\"listener\":\"%s\"}", id);
    assert_text(link_text(f), told);
    pipeline_says(f, said);
    assert_has(fake_received(f), "\"id\":3,\"result\":{\"listener\":\"");
    g_autofree char *closed = g_strdup_printf(
        "{'type': 'state', 'listener': '%s', 'state': 'closed', 'detail': 'gone'}", id);
    fake_forget(f);
    pipeline_says(f, closed);
    assert_has(fake_received(f), "\"method\":\"webrtc.state\",\"params\":{\"listener\":\"");
}

static void a_new_websocket_takes_over_by_a_restart(void **state)
{
    struct fake_session *f = *state;
    struct client *a = fake_connect(f, "a", true), *b = fake_connect(f, "b", true);
    fake_receive(f, a, "{'jsonrpc': '2.0', 'id': 1, 'method': 'webrtc.listen'}");
    g_autofree char *id = listener_id(f);
    g_autofree char *said = g_strdup_printf("{'type': 'offer', 'listener': '%s', 'sdp': 'O'}", id);
    pipeline_says(f, said);
    g_autofree char *restart = g_strdup_printf(
        "{'jsonrpc': '2.0', 'id': 2, 'method': 'webrtc.restart', 'params': {'listener': '%s'}}",
        id);
    fake_receive(f, b, restart);
    fake_forget(f);
    pipeline_says(f, said);
    assert_has(fake_received(f), "b {\"jsonrpc\":\"2.0\",\"id\":2,\"result\"");
    fake_leave(f, a);
    assert_int_equal(g_hash_table_size(f->session->listeners), 1);
    fake_leave(f, b);
    assert_int_equal(g_hash_table_size(f->session->listeners), 0);
}

static void bad_offers_are_422(void **state)
{
    struct fake_session *f = *state;
    assert_answer(fake_call_bytes(f, "whep.offer", "{'room': 'main'}", "\xff", 1),
                  "422 the body must be an SDP offer");
    assert_answer(fake_call_bytes(f, "whep.offer", "{'room': 'main'}", "v\0x", 3),
                  "422 the body must be an SDP offer");
    assert_answer(fake_call_bytes(f, "whep.offer", "{'room': 'attic'}", SDP, strlen(SDP)),
                  "404 there is no room \"attic\"");
}

static void what_the_pipeline_refuses_is_told(void **state)
{
    struct fake_session *f = *state;
    struct fake_answer *answer = offer(f);
    g_autofree char *id = listener_id(f);
    g_autofree char *said = g_strdup_printf(
        "{'type': 'refused', 'listener': '%s', 'status': 422, 'detail': 'no audio in it'}", id);
    pipeline_says(f, said);
    assert_answer(answer, "422 no audio in it");
    assert_int_equal(g_hash_table_size(f->session->listeners), 0);
}

static void a_pipeline_that_is_silent_is_504(void **state)
{
    struct fake_session *f = *state;
    struct fake_answer *answer = offer(f);
    for (int i = 0; i < 51; i++) {
        fake_alive(f);
        f->session->pipeline.heard_at = f->now; // it goes on with its meters
        fake_run(f, FAKE_MS(100));
    }
    assert_answer(answer, "504 the pipeline did not answer in time");
    assert_has(link_text(f), "{\"type\":\"close\"");
    assert_int_equal(g_hash_table_size(f->session->listeners), 0);
}

static void a_pipeline_that_hangs_is_given_up(void **state)
{
    struct fake_session *f = *state;
    struct fake_answer *answer = offer(f);
    f->session->pipeline.heard_at = f->now;
    for (int64_t t = 0; t < SESSION_PIPELINE_LOST; t += FAKE_MS(100)) {
        assert_int_equal(f->pipelines_lost, 0);
        fake_alive(f);
        fake_run(f, FAKE_MS(100));
    }
    assert_int_equal(f->pipelines_lost, 1);
    assert_answer(answer, "503 the pipeline was lost before it answered");
    assert_false(f->session->pipeline.linked);
}

static void a_pipeline_that_is_away_is_503(void **state)
{
    struct fake_session *f = *state;
    struct fake_answer *answer = offer(f);
    session_link_lost(f->session, f->now);
    assert_answer(answer, "503 the pipeline was lost before it answered");
    assert_answer(offer(f), "503 the pipeline is away; try again in a moment");
}

static void a_pipeline_that_comes_back_tells_who_is_there(void **state)
{
    struct fake_session *f = *state;
    struct fake_answer *answer = offer(f);
    g_autofree char *id = listener_id(f);
    session_link_lost(f->session, f->now);
    pipeline_says(f, "{'type': 'pipeline.hello', 'listeners': [{'listener': 'kept', 'room': "
                     "'main', 'state': 'connected', 'since': 5}]}");
    assert_int_equal(answer->status, 503);
    assert_int_equal(g_hash_table_size(f->session->listeners), 1);
    assert_answer(fake_call(f, "listener.show", "{'id': 'kept'}"),
                  "200 {\"id\":\"kept\",\"room\":\"main\",\"state\":\"connected\","
                  "\"mode\":\"balanced\",\"served\":\"balanced\",\"since\":5.0,"
                  "\"transport\":\"whep\",\"kind\":\"webrtc\","
                  "\"client\":null,\"packets\":0,\"bytes\":0,\"lost\":0,\"bitrate\":null,"
                  "\"loss\":null,\"round_trip\":null,\"jitter\":null,\"delay\":null,"
                  "\"report\":null}");
    g_autofree char *params = g_strdup_printf("{'id': '%s'}", id);
    assert_answer(fake_call(f, "listener.show", params), "404 there is no such listener");
    assert_has(fake_events(f, "listeners"), "\"state\":\"closed\"");
}

static void says_stats(struct fake_session *f, int packets, int bytes, int lost, int expected)
{
    g_autofree char *text = g_strdup_printf(
        "{'type': 'stats', 'listener': 'x', 'stats': {'packets': %d, 'bytes': %d, 'lost': %d, "
        "'expected': %d, 'round_trip': 0.02, 'jitter': 0.001, 'mode': 'balanced'}}",
        packets, bytes, lost, expected);
    pipeline_says(f, text);
}

// The pipeline is heard all the time.
static void pass(struct fake_session *f, int seconds)
{
    for (int i = 0; i < 10 * seconds; i++) {
        fake_pass(f, 100000);
        pipeline_says(f, "{'type': 'meter', 'room': 'main', 'peak': [0, 0], 'rms': [0, 0]}");
    }
}

static void set_up_x(struct fake_session *f)
{
    pipeline_says(f, "{'type': 'pipeline.hello', 'listeners': [{'listener': 'x', 'room': 'main', "
                     "'state': 'connected', 'since': 5}]}");
    fake_forget(f);
}

static void rates_are_of_the_last_interval(void **state)
{
    struct fake_session *f = *state;
    set_up_x(f);
    says_stats(f, 100, 1000, 0, 0);
    pass(f, 2);
    says_stats(f, 300, 33000, 0, 0); // no report of the listener's yet
    assert_has(fake_text(fake_call(f, "listener.show", "{'id': 'x'}")),
               "\"bitrate\":128000.0,\"loss\":null");
    says_stats(f, 400, 49000, 5, 7000);
    pass(f, 2);
    says_stats(f, 500, 65000, 30, 7100);
    assert_has(fake_text(fake_call(f, "listener.show", "{'id': 'x'}")),
               "\"bitrate\":64000.0,\"loss\":0.25");
    // The last report holds until there is another; late packets may make the count smaller.
    pass(f, 2);
    says_stats(f, 600, 81000, 30, 7100);
    assert_has(fake_text(fake_call(f, "listener.show", "{'id': 'x'}")), "\"loss\":0.25");
    pass(f, 2);
    says_stats(f, 700, 97000, 28, 7300);
    assert_has(fake_text(fake_call(f, "listener.show", "{'id': 'x'}")), "\"loss\":0.0");
    assert_has(fake_text(fake_call(f, "room.show", "{'room': 'main'}")), "\"lost\":30}");
}

static void a_report_is_shown_with_its_age(void **state)
{
    struct fake_session *f = *state;
    set_up_x(f);
    assert_answer(fake_call(f, "listener.report", "{'id': 'nobody', 'delay': 0.02}"),
                  "404 there is no such listener");
    assert_answer(fake_call(f, "listener.report", "{'id': 'x'}"), "422 the report says nothing");
    static const char *const wrong[] = {"'delay': -0.1", "'delay': 61", "'concealed': 1.1",
                                        "'delay': '1'",  "'gaps': 0.5", "'more': 1"};
    for (gsize i = 0; i < G_N_ELEMENTS(wrong); i++) {
        g_autofree char *params = g_strdup_printf("{'id': 'x', %s}", wrong[i]);
        assert_int_equal(fake_call(f, "listener.report", params)->status, 422);
    }
    assert_has(fake_text(fake_call(f, "listener.show", "{'id': 'x'}")), "\"report\":null");
    assert_answer(fake_call(f, "listener.report",
                            "{'id': 'x', 'delay': 0.023, 'gaps': 2, 'player': 'worklet'}"),
                  "200 {}");
    assert_int_equal(fake_call(f, "listener.report", "{'id': 'x', 'delay': 9}")->status, 429);
    fake_pass(f, 500000);
    assert_has(fake_text(fake_call(f, "listener.show", "{'id': 'x'}")),
               "\"delay\":0.023,\"report\":{\"delay\":0.023,\"gaps\":2,\"player\":\"worklet\","
               "\"age\":0.5}");
    assert_answer(fake_call(f, "listener.report", "{'id': 'x', 'buffer': 0.01}"), "200 {}");
    assert_has(fake_text(fake_call(f, "listener.show", "{'id': 'x'}")),
               "\"delay\":null,\"report\":{\"buffer\":0.01,\"age\":0.0}");
}

static void counters_and_meters_are_told(void **state)
{
    struct fake_session *f = *state;
    set_up_x(f);
    says_stats(f, 10, 200, 1, 1000);
    assert_text(fake_events(f, "listeners"), ""); // they are gathered
    pass(f, 1);
    assert_has(
        fake_events(f, "listeners"),
        "listener.stats {\"room\":\"main\",\"audience\":{\"kinds\":{\"webrtc\":1},\"modes\":{"
        "\"balanced\":1},\"bitrate\":0.0,\"loss\":null,\"packets\":0,\"bytes\":0,"
        "\"lost\":0},\"listeners\":[{\"id\":\"x\",\"served\":\"balanced\",\"packets\":10,"
        "\"bytes\":200,\"lost\":1,\"bitrate\":null,\"loss\":null,\"round_trip\":0.02,"
        "\"jitter\":0.001,\"delay\":null,\"report\":null}]} -");
    // What a listener was sent before this controller knew of it counts for nothing.
    pass(f, 1);
    says_stats(f, 210, 32200, 11, 1100);
    says_stats(f, 210, 32200, 11, 1100);
    pass(f, 1);
    assert_has(fake_text(fake_call(f, "room.show", "{'room': 'main'}")),
               "\"packets\":200,\"bytes\":32000,\"lost\":10}");
    assert_has(fake_text(fake_call(f, "listener.show", "{'id': 'x'}")), "\"loss\":0.1,");
    fake_forget(f);
    pipeline_says(f, "{'type': 'meter', 'room': 'main', 'peak': [-6, -200], 'rms': [-9.5, -200]}");
    assert_text(fake_events(f, "meters"), "meter {\"room\":\"main\",\"peak\":[-6.0,-200.0],"
                                          "\"rms\":[-9.5,-200.0]} meter/main");
    assert_has(fake_text(fake_call(f, "room.show", "{'room': 'main'}")), "\"peak\":[-6.0,-200.0]");
    pipeline_says(f, "{'type': 'meter', 'room': 'attic', 'peak': [0, 0], 'rms': [0, 0]}");
    assert_text(fake_events(f, "meters"), "");
}

static void listeners_are_called_by_their_program(void **state)
{
    struct fake_session *f = *state;
    fake_call_bytes(f, "whep.offer", "{'room': 'main', 'client': 'my\\nradio'}", SDP, strlen(SDP));
    assert_has(fake_events(f, "listeners"), "\"client\":\"myradio\"");
    struct client *a = fake_connect(f, "a", true);
    rpc_client_describe(a, NULL, "mpv/0.35.0 (linux)");
    fake_receive(f, a, "{'jsonrpc': '2.0', 'id': 1, 'method': 'webrtc.listen'}");
    assert_has(fake_events(f, "listeners"), "\"client\":\"mpv 0.35.0\"");
}

static void messages_about_nobody_change_nothing(void **state)
{
    struct fake_session *f = *state;
    pipeline_says(f, "{'type': 'offer', 'listener': 'nobody', 'sdp': 'x'}");
    pipeline_says(f, "{'type': 'state', 'listener': 'nobody', 'state': 'closed'}");
    pipeline_says(f, "{'type': 'controller.hello', 'rooms': []}");
    pipeline_says(f, "{'type': 'listen', 'listener': 'nobody', 'room': 'main'}");
    assert_text(fake_events(f, "listeners"), "");
}

static void readiness_names_what_is_missing(void **state)
{
    struct fake_session *f = *state;
    pipeline_says(f, "{'type': 'capture', 'capture': {'jack': false, 'rate': 0, 'connected': 0, "
                     "'xruns': 0}}");
    struct fake_answer *a = fake_call(f, "health.ready", NULL);
    assert_has(fake_text(a), "{\"ready\":false,\"parts\":{\"jack\":{\"ok\":false,\"detail\":\"the "
                             "pipeline finds no JACK server\"},\"scsynth\":{\"ok\":true");
    pipeline_says(f, "{'type': 'capture', 'capture': {'jack': true, 'rate': 48000, 'connected': 2, "
                     "'xruns': 0}}");
    a = fake_call(f, "health.ready", NULL);
    assert_has(fake_text(a), "{\"ready\":true");
    f->session->store_ok = false;
    a = fake_call(f, "health.ready", NULL);
    assert_has(fake_text(a), "\"store\":{\"ok\":false,\"detail\":\"not writable\"}");
}

static void what_this_is(void **state)
{
    struct fake_session *f = *state;
    g_autoptr(GPtrArray) servers = ice_servers_parse("stun:a:1 turn:u:p@b:2", "", NULL);
    f->session->ice_servers = servers;
    assert_has(fake_text(fake_call(f, "server.about", NULL)),
               "\"key_required\":false,\"links\":{\"panel\":\"/\"");
    assert_has(fake_text(fake_call(f, "server.about", NULL)),
               "\"ice_servers\":[{\"urls\":\"stun:a:1\"},{\"urls\":\"turn:b:2\",\"username\":\"u\","
               "\"credential\":\"p\"}]");
    f->session->api_key = g_strdup("k");
    assert_lacks(fake_text(fake_call(f, "server.about", NULL)), "credential");
    f->session->ice_servers = NULL;
}

int main(void)
{
#define LINKED(test) cmocka_unit_test_setup_teardown(test, set_up_linked, tear_down)
    const struct CMUnitTest tests[] = {
        LINKED(tells_the_pipeline_what_to_capture),
        LINKED(whep_offer_answer_trickle_end),
        LINKED(a_listener_that_is_not_wanted_is_404),
        LINKED(the_server_offers_on_a_websocket),
        LINKED(a_new_websocket_takes_over_by_a_restart),
        LINKED(bad_offers_are_422),
        LINKED(what_the_pipeline_refuses_is_told),
        LINKED(a_pipeline_that_is_silent_is_504),
        LINKED(a_pipeline_that_hangs_is_given_up),
        LINKED(a_pipeline_that_is_away_is_503),
        LINKED(a_pipeline_that_comes_back_tells_who_is_there),
        LINKED(rates_are_of_the_last_interval),
        LINKED(a_report_is_shown_with_its_age),
        LINKED(counters_and_meters_are_told),
        LINKED(listeners_are_called_by_their_program),
        LINKED(messages_about_nobody_change_nothing),
        LINKED(readiness_names_what_is_missing),
        LINKED(what_this_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
