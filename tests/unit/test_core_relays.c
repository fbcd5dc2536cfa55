// SPDX-License-Identifier: GPL-3.0-or-later
// Relays between callers and a pipeline that may be late, refuse, or come back empty.
#include "controller/core/listening/relays.h"
#include "controller/core/session_own.h"

#include "tests/unit/fake_asserts.h"

#define KEY "AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0e"
#define HELLO "{'type':'pipeline.hello','listeners':[]}"

static char *relay(const char *id, const char *counts)
{
    return g_strdup_printf("{'id':'%s','room':'main','host':'192.0.2.7','port':5002,'rtcp_port':0,"
                           "'payload':111,'ssrc':7,'ttl':0,'mode':'balanced','since':%s}",
                           id, counts);
}

// What it says of a relay, whose members from `since` on are given.
static void told(struct fake_session *f, const char *id, const char *counts)
{
    g_autofree char *json = relay(id, counts);
    g_autofree char *text = g_strdup_printf("{'type':'relayed','relay':%s}", json);
    fake_pipeline_says(f, text);
}

#define BEGUN "5.0,'packets':0,'bytes':0,'errors':0"

static int set_up_linked(void **state)
{
    set_up_running(state);
    struct fake_session *f = *state;
    fake_pipeline_says(f, HELLO);
    fake_forget(f);
    g_free(fake_linked(f));
    return 0;
}

static struct fake_answer *ask(struct fake_session *f)
{
    return fake_call(f, "relay.new", "{'host': '192.0.2.7', 'port': 5002, 'ssrc': 7}");
}

static void begin_as(struct fake_session *f, const char *id)
{
    struct fake_answer *answer = ask(f);
    told(f, id, BEGUN);
    assert_int_equal(answer->status, 200);
    fake_forget(f);
    g_free(fake_linked(f));
}

static void begin(struct fake_session *f)
{
    begin_as(f, "r1");
}

static void is_answered_when_it_has_begun(void **state)
{
    struct fake_session *f = *state;
    struct fake_answer *answer = ask(f);
    assert_has(fake_linked(f), "{\"type\":\"relay\",\"relay\":{\"id\":\"r1\",\"room\":\"main\","
                               "\"host\":\"192.0.2.7\",\"port\":5002,\"rtcp_port\":0,");
    assert_waiting(answer);
    // Nobody hears of what may be refused.
    assert_answer(fake_call(f, "relay.list", NULL), "200 {\"relays\":[]}");
    assert_answer(fake_call(f, "relay.show", "{'id': 'r1'}"), "404 there is no relay \"r1\"");
    told(f, "r1", BEGUN);
    assert_answer(answer,
                  "200 {\"id\":\"r1\",\"room\":\"main\",\"host\":\"192.0.2.7\",\"port\":5002,"
                  "\"payload\":111,\"ssrc\":7,\"mode\":\"balanced\",\"since\":5.0,"
                  "\"packets\":0,\"bytes\":0,\"errors\":0,\"srtp\":false}");
    assert_has(fake_events(f, "relays"), "relay.changed {\"relay\":{\"id\":\"r1\",");
    told(f, "r1", "5.0,'packets':9,'bytes':900,'errors':0");
    assert_has(fake_text(fake_call(f, "relay.show", "{'id': 'r1'}")), "\"packets\":9,");
    assert_text(fake_events(f, "relays"), "");
    told(f, "r1", "5.0,'packets':9,'bytes':900,'errors':1,'detail':'Connection refused'");
    assert_has(fake_events(f, "relays"), "\"detail\":\"Connection refused\"");
}

static void a_key_is_for_the_pipeline_alone(void **state)
{
    struct fake_session *f = *state;
    struct fake_answer *answer =
        fake_call(f, "relay.new", "{'host': '192.0.2.7', 'port': 5002, 'srtp_key': '" KEY "'}");
    assert_has(fake_linked(f), "\"srtp_key\":\"" KEY "\"");
    told(f, "r1", BEGUN ",'srtp_key':'" KEY "'");
    assert_has(fake_text(answer), "\"srtp\":true");
    assert_lacks(fake_text(answer), KEY);
    assert_lacks(fake_text(fake_call(f, "relay.list", NULL)), KEY);
    assert_lacks(fake_events(f, "relays"), KEY);
}

static void what_the_pipeline_refuses_is_forgotten(void **state)
{
    struct fake_session *f = *state;
    struct fake_answer *answer = ask(f);
    told(f, "r1", BEGUN ",'status':422,'detail':'no route'");
    assert_answer(answer, "422 no route");
    assert_answer(fake_call(f, "relay.list", NULL), "200 {\"relays\":[]}");
}

static void a_late_pipeline_is_told_to_stop(void **state)
{
    struct fake_session *f = *state;
    struct fake_answer *answer = ask(f);
    g_free(fake_linked(f));
    fake_pass(f, 5000000);
    assert_answer(answer, "504 the pipeline did not answer in time");
    told(f, "r1", BEGUN);
    assert_has(fake_linked(f), "{\"type\":\"relay.stop\",\"id\":\"r1\"}");
    assert_answer(fake_call(f, "relay.list", NULL), "200 {\"relays\":[]}");
}

static void without_a_pipeline_nothing_changes(void **state)
{
    struct fake_session *f = *state;
    struct fake_answer *answer = ask(f);
    session_link_lost(f->session, f->now);
    assert_answer(answer, "503 the pipeline was lost before it answered");
    assert_answer(ask(f), "503 the pipeline is away; try again in a moment");
    fake_pipeline_says(f, HELLO);
    begin_as(f, "r3");
    session_link_lost(f->session, f->now);
    assert_answer(fake_call(f, "relay.free", "{'id': 'r3'}"),
                  "503 the pipeline is away; try again in a moment");
    assert_has(fake_text(fake_call(f, "relay.list", NULL)), "\"id\":\"r3\"");
}

static void a_new_pipeline_is_asked_again(void **state)
{
    struct fake_session *f = *state;
    begin(f);
    session_link_lost(f->session, f->now);
    fake_pipeline_says(f, HELLO);
    assert_has(fake_linked(f), "{\"type\":\"relay\",\"relay\":{\"id\":\"r1\",");
    // One that has it is not.
    session_link_lost(f->session, f->now);
    fake_pipeline_says(f, "{'type':'pipeline.hello','listeners':[],'relays':[{'id':'r1',"
                          "'room':'main','host':'192.0.2.7','port':5002,'rtcp_port':0,"
                          "'payload':111,'ssrc':7,'ttl':0,'mode':'balanced','since':5.0,"
                          "'packets':5,'bytes':5,'errors':0}]}");
    assert_lacks(fake_linked(f), "\"relay\"");
    assert_has(fake_text(fake_call(f, "relay.show", "{'id': 'r1'}")), "\"packets\":5,");
}

// RFC 3711, 9.1: the same key, source and number would encrypt two packets alike.
static void no_key_stream_is_used_twice(void **state)
{
    struct fake_session *f = *state;
    fake_call(f, "relay.new", "{'host': '192.0.2.7', 'port': 5002, 'srtp_key': '" KEY "'}");
    told(f, "r1", BEGUN ",'srtp_key':'" KEY "'");
    g_free(fake_linked(f));
    session_link_lost(f->session, f->now);
    fake_pipeline_says(f, HELLO);
    g_autofree char *again = fake_linked(f);
    assert_has(g_strdup(again), "\"srtp_key\":\"" KEY "\"");
    assert_lacks(g_strdup(again), "\"ssrc\":7,");
    assert_answer(
        fake_call(f, "relay.new",
                  "{'host': '192.0.2.7', 'port': 5002, 'ssrc': 7, 'srtp_key': '" KEY "'}"),
        "422 the relay cannot be made; ssrc: is made up for SRTP, so that no key stream is "
        "used twice");
}

static void a_new_controller_learns_them(void **state)
{
    struct fake_session *f = *state;
    g_autofree char *known = relay("r3", "5.0,'packets':5,'bytes':5,'errors':0");
    g_autofree char *hello =
        g_strdup_printf("{'type':'pipeline.hello','listeners':[],'relays':[%s]}", known);
    fake_pipeline_says(f, hello);
    assert_has(fake_events(f, "relays"), "relay.changed {\"relay\":{\"id\":\"r3\"");
    assert_int_equal(fake_call(f, "relay.free", "{'id': 'r3'}")->status, 200);
    assert_has(fake_linked(f), "{\"type\":\"relay.stop\",\"id\":\"r3\"}");
    assert_has(fake_events(f, "relays"), "relay.removed {\"id\":\"r3\"}");
}

static void what_was_given_up_is_stopped_when_the_link_is_back(void **state)
{
    struct fake_session *f = *state;
    ask(f);
    session_link_lost(f->session, f->now);
    g_autofree char *counts =
        g_strdup_printf("%.3f,'packets':5,'bytes':5,'errors':0", session_real_seconds(f->session));
    g_autofree char *begun = relay("r1", counts);
    g_autofree char *hello =
        g_strdup_printf("{'type':'pipeline.hello','listeners':[],'relays':[%s]}", begun);
    g_free(fake_linked(f));
    fake_pipeline_says(f, hello);
    assert_has(fake_linked(f), "{\"type\":\"relay.stop\",\"id\":\"r1\"}");
    assert_answer(fake_call(f, "relay.list", NULL), "200 {\"relays\":[]}");
}

static void more_than_the_most_are_refused(void **state)
{
    struct fake_session *f = *state;
    for (int i = 1; i <= RELAY_MAX; i++) {
        g_autofree char *id = g_strdup_printf("r%d", i);
        ask(f);
        told(f, id, BEGUN);
    }
    assert_answer(ask(f), "429 there are 16 relays already, which is the most");
    fake_call(f, "relay.free", "{'id': 'r5'}");
    g_free(fake_linked(f));
    ask(f);
    // Who ends the fifth once more ends nobody else's.
    assert_has(fake_linked(f), "\"id\":\"r18\"");
}

static void scsynth_is_not_sent_to(void **state)
{
    struct fake_session *f = *state;
    f->session->server_port = 5002;
    assert_answer(fake_call(f, "relay.new", "{'host': '127.0.0.1', 'port': 5002}"),
                  "422 the relay cannot be made; port: is scsynth's");
    assert_answer(fake_call(f, "relay.new", "{'host': '::1', 'port': 5004, 'rtcp_port': 5002}"),
                  "422 the relay cannot be made; rtcp_port: is scsynth's");
    assert_waiting(ask(f));
}

#define LINKED(test) cmocka_unit_test_setup_teardown(test, set_up_linked, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        LINKED(is_answered_when_it_has_begun),
        LINKED(a_key_is_for_the_pipeline_alone),
        LINKED(what_the_pipeline_refuses_is_forgotten),
        LINKED(a_late_pipeline_is_told_to_stop),
        LINKED(without_a_pipeline_nothing_changes),
        LINKED(a_new_pipeline_is_asked_again),
        LINKED(no_key_stream_is_used_twice),
        LINKED(a_new_controller_learns_them),
        LINKED(what_was_given_up_is_stopped_when_the_link_is_back),
        LINKED(more_than_the_most_are_refused),
        LINKED(scsynth_is_not_sent_to),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
