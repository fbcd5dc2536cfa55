// SPDX-License-Identifier: GPL-3.0-or-later
// Listening without WebRTC as the controller sees it: addresses, tokens, and who has come.
#include "controller/core/listening/streams.h"

#include "common/token.h"
#include "controller/core/api/rpc.h"
#include "tests/unit/fake_asserts.h"

static int set_up_open(void **state)
{
    set_up_running(state);
    struct fake_session *f = *state;
    f->session->stream_port = 8082;
    g_free(f->session->address);
    f->session->address = g_strdup("::1");
    f->session->stream_token = g_strdup("secret");
    fake_pipeline_says(f, "{'type': 'pipeline.hello', 'listeners': []}");
    fake_pipeline_says(f, "{'type': 'streams', 'port': 8082}");
    fake_forget(f);
    return 0;
}

// The member of what room.streams answers, without its token; which is good for `kind`.
static char *address(struct fake_session *f, const char *params, const char *member,
                     const char *kind)
{
    struct fake_answer *answer = fake_call(f, "room.streams", params);
    assert_int_equal(answer->status, 200);
    gint64 expires = (gint64)json_number_value(json_object_get(answer->json, "expires"));
    const char *url = json_string_value(json_object_get(answer->json, member));
    const char *token = strstr(url, "token=") + strlen("token=");
    g_autofree char *bare = g_strndup(token, strcspn(token, "&"));
    g_autofree char *listener = NULL;
    g_autoptr(GError) error = NULL;
    assert_true(token_check("secret", bare, "main", kind, expires - 1, &listener, &error));
    assert_false(token_check("secret", bare, "main", kind, expires, &listener, &error));
    assert_int_equal(expires, FAKE_EPOCH + f->now / G_USEC_PER_SEC + TOKEN_SECONDS);
    return g_strdup_printf("%.*s%s", (int)(token - url), url, token + strlen(bare));
}

static void addresses_have_tokens_of_their_own(void **state)
{
    struct fake_session *f = *state;
    // By REST without a Host: the address that is listened on.
    assert_text(address(f, "{'room': 'main'}", "audio", "websocket"),
                "ws://[::1]:8082/v1/rooms/main/audio?token=&mode=balanced");
    assert_text(address(f, "{'room': 'main', 'mode': 'safe'}", "pcm", "pcm"),
                "ws://[::1]:8082/v1/rooms/main/audio?token=&format=s16&mode=safe");
    assert_text(address(f, "{'room': 'main', 'mode': 'lowest'}", "webm", "webm"),
                "http://[::1]:8082/v1/rooms/main/listen.webm?token=&mode=lowest");
    g_free(f->session->stream_url);
    f->session->stream_url = g_strdup("https://example.org/stream/");
    assert_text(address(f, "{'room': 'main'}", "ogg", "ogg"),
                "https://example.org/stream/v1/rooms/main/listen.ogg?token=&mode=balanced");
    assert_text(address(f, "{'room': 'main'}", "audio", "websocket"),
                "wss://example.org/stream/v1/rooms/main/audio?token=&mode=balanced");
    assert_text(stream_source(f->session), "https://example.org");
}

static void the_host_that_was_asked_is_told(void **state)
{
    struct fake_session *f = *state;
    struct client *a = fake_connect(f, "a", true);
    rpc_client_describe(a, "studio.local:8081", NULL);
    fake_receive(f, a,
                 "{'jsonrpc': '2.0', 'id': 1, 'method': 'room.streams', 'params': {'room': "
                 "'main'}}");
    assert_has(fake_received(f), "ws://studio.local:8082/v1/rooms/main/audio?token=");
    assert_text(stream_source(f->session), "*:8082");
}

static void what_cannot_be_heard_has_no_address(void **state)
{
    struct fake_session *f = *state;
    assert_answer(fake_call(f, "room.streams", "{'room': 'cellar'}"),
                  "404 there is no room \"cellar\"");
    fake_pipeline_says(f, "{'type': 'streams', 'port': 0, 'detail': 'taken'}");
    assert_answer(fake_call(f, "room.webm", "{'room': 'main'}"),
                  "503 the pipeline cannot listen on port 8082 (stream-port)");
    session_link_lost(f->session, f->now);
    assert_answer(fake_call(f, "room.ogg", "{'room': 'main'}"),
                  "503 the pipeline is away; try again in a moment");
    f->session->stream_port = 0;
    assert_answer(fake_call(f, "room.audio", "{'room': 'main'}"),
                  "503 only WebRTC is served here (stream-port is 0)");
}

static void who_comes_by_a_door_is_shown_until_gone(void **state)
{
    struct fake_session *f = *state;
    fake_pipeline_says(f, "{'type': 'joined', 'listener': 'x', 'room': 'main', 'kind': 'ogg', "
                          "'mode': 'safe', 'since': 5, 'client': 'mpv 0.35.0'}");
    assert_has(fake_events(f, "listeners"), "\"transport\":\"http\",\"kind\":\"ogg\"");
    struct fake_answer *shown = fake_call(f, "listener.show", "{'id': 'x'}");
    assert_has(fake_text(shown), "\"state\":\"connected\",\"mode\":\"safe\"");
    assert_has(fake_text(shown), "\"client\":\"mpv 0.35.0\"");
    assert_has(fake_text(fake_call(f, "room.list", "{}")), "\"listeners\":1");
    // Once more, in another mode.
    fake_pipeline_says(f, "{'type': 'joined', 'listener': 'x', 'room': 'main', 'kind': 'ogg', "
                          "'mode': 'lowest', 'since': 5}");
    assert_has(fake_text(fake_call(f, "listener.show", "{'id': 'x'}")), "\"mode\":\"lowest\"");
    fake_pipeline_says(f, "{'type': 'state', 'listener': 'x', 'state': 'closed'}");
    assert_answer(fake_call(f, "listener.show", "{'id': 'x'}"), "404 there is no such listener");
    assert_has(fake_text(fake_call(f, "room.list", "{}")), "\"listeners\":0");
}

static void a_listener_is_sent_away(void **state)
{
    struct fake_session *f = *state;
    fake_pipeline_says(f, "{'type': 'joined', 'listener': 'x', 'room': 'main', 'kind': 'pcm', "
                          "'since': 5}");
    assert_answer(fake_call(f, "listener.set", "{'id': 'x', 'mode': 'safe'}"),
                  "409 samples have no mode");
    fake_forget(f);
    assert_int_equal(fake_call(f, "listener.end", "{'id': 'x'}")->status, 200);
    assert_has(fake_linked(f), "{\"type\":\"close\",\"listener\":\"x\"");
    assert_answer(fake_call(f, "listener.end", "{'id': 'x'}"), "404 there is no such listener");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(addresses_have_tokens_of_their_own, set_up_open, tear_down),
        cmocka_unit_test_setup_teardown(the_host_that_was_asked_is_told, set_up_open, tear_down),
        cmocka_unit_test_setup_teardown(what_cannot_be_heard_has_no_address, set_up_open,
                                        tear_down),
        cmocka_unit_test_setup_teardown(who_comes_by_a_door_is_shown_until_gone, set_up_open,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_listener_is_sent_away, set_up_open, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
