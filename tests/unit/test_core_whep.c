// SPDX-License-Identifier: GPL-3.0-or-later
// What WHEP adds to signaling: fragments, entity tags of ICE sessions, counter-offers.
#include "controller/core/listening/fragment.h"
#include "controller/core/listening/ice_session.h"
#include "controller/core/listening/listeners.h"
#include "controller/core/api/rest.h"
#include "tests/unit/fake_asserts.h"

#define PASSWORD "0123456789012345678901"
#define SESSION(ufrag) "a=ice-ufrag:" ufrag "\r\na=ice-pwd:" PASSWORD "\r\n"
#define OFFER "v=0\r\n" SESSION("them")
#define FRAGMENT "application/trickle-ice-sdpfrag"

// --- fragments --------------------------------------------------------------------------------

static char *fragment_text(const char *text)
{
    struct problem *problem = NULL;
    struct fragment *fragment = fragment_read(text, &problem);
    GString *shown = g_string_new(NULL);
    if (problem)
        g_string_append_printf(shown, "%d %s", problem->status, problem->detail);
    else
        g_string_append_printf(shown, "%s/%s", fragment->ufrag ? fragment->ufrag : "-",
                               fragment->password ? fragment->password : "-");
    for (guint i = 0; fragment && i < fragment->candidates->len; i++) {
        const struct fragment_candidate *candidate = fragment->candidates->pdata[i];
        g_string_append_printf(shown, " [%s %d %s]", candidate->mid ? candidate->mid : "-",
                               candidate->mline, candidate->text);
    }
    problem_destroy(problem);
    fragment_destroy(fragment);
    return g_string_free(shown, FALSE);
}

static void fragments_are_read(void **state)
{
    assert_text(fragment_text(""), "-/-");
    assert_text(
        fragment_text(
            "a=ice-options:trickle\r\na=group:BUNDLE 0 1\r\n" SESSION("abcd") "m=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:a\r\n" SESSION(
                "abcd") "a=candidate:1 1 UDP 1 10.0.0.1 9 typ host\r\na=end-of-candidates\r\n"),
        "abcd/" PASSWORD " [a 0 candidate:1 1 UDP 1 10.0.0.1 9 typ host]");
    // Lines that end by LF alone, candidates before and beside a section, none at the end.
    assert_text(
        fragment_text("a=candidate:x\nm=video 9 X 0\na=candidate:y\na=mid:v\nm=audio 9 X 0\n"
                      "a=candidate:z"),
        "-/- [- 0 candidate:x] [- 0 candidate:y] [- 1 candidate:z]");
}

static void what_is_no_fragment_is_422(void **state)
{
    assert_text(fragment_text("hello"), "422 SDP fragment: a line is not \"x=...\"");
    assert_text(fragment_text("\r\na=mid:0\r\n"), "422 SDP fragment: a line is not \"x=...\"");
    assert_text(fragment_text("a=mid:\x01"), "422 SDP fragment: a line is not \"x=...\"");
    assert_text(fragment_text("a=mid:\xff"), "422 SDP fragment: a line is not \"x=...\"");
    assert_text(fragment_text("a=ice-pwd:" PASSWORD),
                "422 SDP fragment: ice-pwd comes without ice-ufrag");
    assert_has(fragment_text("a=ice-ufrag:abc\r\n"),
               "422 SDP fragment: ice-ufrag must be one word of 4");
    assert_has(fragment_text(SESSION("abcd") SESSION("efgh")),
               "422 SDP fragment: ice-ufrag must be one");
    assert_has(fragment_text("a=ice-ufrag:abcd\r\na=ice-pwd:no\r\n"),
               "422 SDP fragment: ice-pwd must be");
    GString *many = g_string_new(NULL);
    for (int i = 0; i < 65; i++)
        g_string_append(many, "m=audio 9 X 0\n");
    assert_text(fragment_text(many->str), "422 SDP fragment: there are too many media sections");
    g_string_truncate(many, 0);
    for (int i = 0; i < 200; i++)
        g_string_append(many, "a=candidate:x\n");
    g_autofree char *text = fragment_text(many->str);
    g_auto(GStrv) pieces = g_strsplit(text, "[", -1);
    assert_int_equal(g_strv_length(pieces) - 1, FRAGMENT_MAX_CANDIDATES);
    g_string_free(many, TRUE);
}

static void names_are_found_in_descriptions(void **state)
{
    assert_text(fragment_find_ufrag(OFFER), "them");
    assert_text(fragment_find_ufrag("v=0\na=ice-ufrag:abcd"), "abcd");
    assert_null(fragment_find_ufrag("v=0\r\n"));
    assert_null(fragment_find_ufrag("v=0\r\na=ice-ufrag:a b\r\n"));
}

// --- entity tags --------------------------------------------------------------------------------

static int judge(const struct ice_session *ice, const char *if_match, const char *text)
{
    struct problem *problem = NULL;
    struct fragment *fragment = fragment_read(text, &problem);
    assert_non_null(fragment);
    int verdict = (int)ice_session_judge(ice, if_match, fragment);
    fragment_destroy(fragment);
    return verdict;
}

static void sessions_are_told_apart(void **state)
{
    struct ice_session ice = {0};
    ice_session_set(&ice, "ours", "them");
    static const struct {
        const char *if_match, *fragment;
        enum ice_verdict verdict;
    } first[] = {
        {NULL, "", ICE_TRICKLE},
        {NULL, SESSION("them"), ICE_TRICKLE},
        {"\"ours\"", SESSION("them"), ICE_TRICKLE},
        {"*", SESSION("them"), ICE_TRICKLE},
        {"\"else\", \"ours\"", "", ICE_TRICKLE},
        {"\"else\"", SESSION("them"), ICE_STALE},
        {"W/\"ours\"", SESSION("them"), ICE_STALE},
        {"ours", SESSION("them"), ICE_STALE},
        {"", "", ICE_STALE},
        {NULL, SESSION("next"), ICE_RESTART},
        {"*", SESSION("next"), ICE_RESTART},
        {"\"*\"", SESSION("next"), ICE_RESTART},
        {"\"ours\"", SESSION("next"), ICE_RESTART},
        {"\"else\"", SESSION("next"), ICE_STALE},
        {NULL, "a=ice-ufrag:next\r\n", ICE_STALE}, // no password
    };
    for (gsize i = 0; i < G_N_ELEMENTS(first); i++)
        if (judge(&ice, first[i].if_match, first[i].fragment) != (int)first[i].verdict)
            fail_msg("%s with %s", first[i].fragment, first[i].if_match);

    ice_session_set(&ice, "ours2", "next");
    static const struct {
        const char *if_match, *fragment;
        enum ice_verdict verdict;
    } second[] = {
        {NULL, "", ICE_UNCLEAR},
        {"\"ours2\"", "", ICE_TRICKLE},
        {NULL, SESSION("next"), ICE_TRICKLE},
        {"\"ours\"", SESSION("next"), ICE_STALE},
        {NULL, SESSION("them"), ICE_STALE}, // came late
        {"*", SESSION("them"), ICE_STALE},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(second); i++)
        if (judge(&ice, second[i].if_match, second[i].fragment) != (int)second[i].verdict)
            fail_msg("then %s with %s", second[i].fragment, second[i].if_match);
    for (int i = 0; i < 3 * ICE_SESSION_FORMER; i++) {
        g_autofree char *name = g_strdup_printf("name%d", i);
        ice_session_set(&ice, NULL, name);
    }
    assert_int_equal(ice.former.length, ICE_SESSION_FORMER);
    ice_session_clear(&ice);
}

// --- the verbs ----------------------------------------------------------------------------------

struct rig {
    struct fake_session *f;
    char *id, *params; // owned: of the listener
};

static void pipeline_says(struct rig *rig, const char *format, ...) G_GNUC_PRINTF(2, 3);

// ' stands for ".
static void pipeline_says(struct rig *rig, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *json = g_strdelimit(g_strdup_vprintf(format, args), "'", '"');
    va_end(args);
    g_autoptr(GError) error = NULL;
    struct link_message *message = link_message_decode(json, strlen(json), &error);
    assert_null(error);
    session_on_link(rig->f->session, message, rig->f->now);
    link_message_destroy(message);
}

static char *link_text(struct rig *rig)
{
    g_ptr_array_add(rig->f->link, NULL);
    char *text = g_strjoinv("\n", (char **)rig->f->link->pdata);
    g_ptr_array_set_size(rig->f->link, 0);
    return text;
}

static int set_up(void **state)
{
    struct rig *rig = g_new0(struct rig, 1);
    void *f;
    set_up_running(&f);
    rig->f = f;
    pipeline_says(rig, "{'type': 'pipeline.hello', 'listeners': []}");
    pipeline_says(rig, "{'type': 'capture', 'capture': {'jack': true, 'rate': 48000, "
                       "'connected': 2, 'xruns': 0}}");
    fake_forget(rig->f);
    *state = rig;
    return 0;
}

static int clean_up(void **state)
{
    struct rig *rig = *state;
    fake_session_destroy(rig->f);
    g_free(rig->id);
    g_free(rig->params);
    g_free(rig);
    return 0;
}

static struct fake_answer *post(struct rig *rig, const char *body)
{
    struct fake_answer *answer =
        fake_patch(rig->f, "whep.offer", "{'room': 'main'}", "application/sdp", NULL, body);
    if (rig->f->link->len > 0) {
        const char *told = strstr(rig->f->link->pdata[rig->f->link->len - 1], "\"listener\":\"");
        rig->id = g_strndup(told + 12, 32);
        rig->params = g_strdup_printf("{'room': 'main', 'listener': '%s'}", rig->id);
    }
    return answer;
}

static void join(struct rig *rig)
{
    struct fake_answer *answer = post(rig, OFFER);
    pipeline_says(rig, "{'type': 'answer', 'listener': '%s', 'sdp': 'v=0\\r\\na=ice-ufrag:ours'}",
                  rig->id);
    assert_has(fake_text(answer), "\"status\":201,\"etag\":\"ours\"}");
    pipeline_says(rig, "{'type': 'state', 'listener': '%s', 'state': 'connected'}", rig->id);
    fake_forget(rig->f);
    g_free(link_text(rig));
}

static struct fake_answer *patch(struct rig *rig, const char *if_match, const char *body)
{
    return fake_patch(rig->f, "whep.patch", rig->params, FRAGMENT, if_match, body);
}

static void a_restart_is_answered_by_a_fragment(void **state)
{
    struct rig *rig = *state;
    join(rig);
    struct fake_answer *answer =
        patch(rig, "*", SESSION("next") "m=audio 9 X 0\r\na=mid:0\r\na=candidate:c\r\n");
    assert_waiting(answer);
    g_autofree char *told = g_strdup_printf(
        "{\"type\":\"restart\",\"listener\":\"%s\",\"ufrag\":\"next\",\"password\":\"" PASSWORD
        "\"}\n{\"type\":\"candidate\",\"listener\":\"%s\",\"candidate\":\"candidate:c\","
        "\"mline\":0,\"mid\":\"0\"}",
        rig->id, rig->id);
    assert_text(link_text(rig), told);
    assert_answer(patch(rig, "*", SESSION("more")), "409 its last request is still under way");
    pipeline_says(rig, "{'type': 'answer', 'listener': '%s', 'sdp': 'a=ice-ufrag:ours2\\r\\n'}",
                  rig->id);
    assert_has(fake_text(answer), "\"sdp\":\"a=ice-ufrag:ours2\\r\\n\",\"ice_servers\":[],"
                                  "\"status\":200,\"etag\":\"ours2\"}");
    assert_answer(fake_call(rig->f, "whep.show", rig->params), "200 {\"etag\":\"ours2\"}");
    assert_answer(patch(rig, NULL, SESSION("them")), "412 this is not of the present ICE session");
    assert_answer(patch(rig, NULL, ""),
                  "428 If-Match or ice-ufrag must say which ICE session these candidates are of");
    assert_answer(patch(rig, NULL, SESSION("next")), "200 {\"status\":204}");
}

static void a_restart_that_fails_changes_nothing(void **state)
{
    struct rig *rig = *state;
    join(rig);
    struct fake_answer *answer = patch(rig, NULL, SESSION("next"));
    pipeline_says(rig, "{'type': 'refused', 'listener': '%s', 'status': 409, 'detail': 'no'}",
                  rig->id);
    assert_answer(answer, "409 no");
    answer = patch(rig, NULL, SESSION("next"));
    for (int i = 0; i < 51; i++) {
        fake_alive(rig->f);
        rig->f->session->pipeline.heard_at = rig->f->now;
        fake_run(rig->f, FAKE_MS(100));
    }
    assert_answer(answer, "504 the pipeline did not answer in time");
    assert_answer(fake_call(rig->f, "whep.show", rig->params), "200 {\"etag\":\"ours\"}");
    assert_answer(patch(rig, "\"ours\"", SESSION("them")), "200 {\"status\":204}");
    rig->f->pipeline_away = true;
    assert_answer(patch(rig, NULL, SESSION("next")), "503 the pipeline is away");
}

static void an_offer_of_no_use_gets_another_in_return(void **state)
{
    struct rig *rig = *state;
    struct fake_answer *answer = post(rig, OFFER);
    pipeline_says(rig, "{'type': 'offer', 'listener': '%s', 'sdp': 'a=ice-ufrag:ours'}", rig->id);
    assert_has(fake_text(answer), "\"status\":406,\"etag\":\"ours\"}");
    g_free(link_text(rig));
    struct fake_answer *taken =
        fake_patch(rig->f, "whep.patch", rig->params, "application/sdp; charset=utf-8", NULL, "A");
    g_autofree char *told =
        g_strdup_printf("{\"type\":\"answer\",\"listener\":\"%s\",\"sdp\":\"A\"}", rig->id);
    assert_text(link_text(rig), told);
    assert_waiting(taken);
    pipeline_says(rig, "{'type': 'state', 'listener': '%s', 'state': 'connecting'}", rig->id);
    assert_answer(taken, "200 {\"status\":204}");
    taken = fake_patch(rig->f, "whep.patch", rig->params, "application/sdp", NULL, "A");
    pipeline_says(rig, "{'type': 'refused', 'listener': '%s', 'status': 422, 'detail': 'bad'}",
                  rig->id);
    assert_answer(taken, "422 bad");
    assert_int_equal(fake_call(rig->f, "whep.show", rig->params)->status, 404);
}

static void who_sends_nothing_is_made_an_offer(void **state)
{
    struct rig *rig = *state;
    struct fake_answer *answer = post(rig, "");
    assert_lacks(link_text(rig), "sdp");
    pipeline_says(rig, "{'type': 'offer', 'listener': '%s', 'sdp': 'O'}", rig->id);
    assert_has(fake_text(answer), "\"sdp\":\"O\",\"ice_servers\":[],\"status\":406");
}

static void refusals_change_nothing(void **state)
{
    struct rig *rig = *state;
    join(rig);
    assert_answer(fake_patch(rig->f, "whep.patch", rig->params, "application/sdp", NULL, "A"),
                  "409 no offer waits for an answer here");
    assert_answer(patch(rig, NULL, "nonsense"), "422 SDP fragment: a line is not \"x=...\"");
    assert_answer(patch(rig, NULL, "a=mid:\xff"),
                  "422 the body must be an SDP fragment, or an SDP answer");
    g_autofree char *elsewhere = g_strdup_printf("{'room': 'attic', 'listener': '%s'}", rig->id);
    static const char *const methods[] = {"whep.patch", "whep.show", "whep.end"};
    for (gsize i = 0; i < G_N_ELEMENTS(methods); i++)
        assert_answer(fake_call(rig->f, methods[i], elsewhere), "404 there is no such listener");
    assert_text(link_text(rig), "");
    // DELETE looks at no entity tag.
    assert_answer(fake_patch(rig->f, "whep.end", rig->params, NULL, "\"else\"", ""), "200 {}");
}

static void a_room_without_jack_is_409(void **state)
{
    struct rig *rig = *state;
    pipeline_says(rig, "{'type': 'capture', 'capture': {'jack': false, 'rate': 0, "
                       "'connected': 0, 'xruns': 0}}");
    assert_answer(post(rig, OFFER), "409 nothing is heard here now: JACK is away");
    assert_text(link_text(rig), "");
}

static void a_restarted_controller_learns_the_sessions(void **state)
{
    struct rig *rig = *state;
    pipeline_says(rig, "{'type': 'pipeline.hello', 'listeners': [{'listener': 'x', 'room': 'main', "
                       "'state': 'connected', 'since': 5, 'ufrag': 'ours', "
                       "'their_ufrag': 'them'}]}");
    rig->params = g_strdup("{'room': 'main', 'listener': 'x'}");
    assert_answer(fake_call(rig->f, "whep.show", rig->params), "200 {\"etag\":\"ours\"}");
    assert_answer(patch(rig, "\"else\"", SESSION("them")),
                  "412 this is not of the present ICE session");
    assert_answer(patch(rig, NULL, SESSION("them")), "200 {\"status\":204}");
    g_free(link_text(rig));
    struct fake_answer *answer = patch(rig, NULL, SESSION("next"));
    assert_has(link_text(rig), "\"type\":\"restart\"");
    pipeline_says(rig, "{'type': 'state', 'listener': 'x', 'state': 'closed', 'detail': 'gone'}");
    assert_answer(answer, "503 gone");
}

// --- headers ------------------------------------------------------------------------------------

static void answers_have_their_status_and_tag(void **state)
{
    const struct command *offer = command_by_method("whep.offer");
    json_t *result = json_pack("{s:s s:i s:s}", "sdp", "x", "status", 406, "etag", "a+/b");
    assert_int_equal(rest_status(offer, result), 406);
    assert_text(rest_etag(offer, result), "\"a+/b\"");
    // These mean something else in what is JSON.
    assert_int_equal(rest_status(command_by_method("node.show"), result), 200);
    assert_null(rest_etag(command_by_method("node.show"), result));
    json_decref(result);
    assert_int_equal(rest_status(offer, NULL), 201);
    assert_text(rest_accepts("POST", "/v1/rooms/main/whep"), "application/sdp");
    assert_text(rest_accepts("PATCH", "/v1/rooms/main/whep/x"),
                "application/trickle-ice-sdpfrag, application/sdp");
    assert_null(rest_accepts("POST", "/v1/rooms/main/whep/x"));
    json_t *server =
        json_pack("{s:s s:s s:s}", "urls", "turn:a", "username", "u\"x", "credential", "p\\y");
    assert_has(rest_ice_link(server), "username=\"u\\\"x\"; credential=\"p\\\\y\"");
    json_decref(server);
}

int main(void)
{
#define RIG(test) cmocka_unit_test_setup_teardown(test, set_up, clean_up)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fragments_are_read),
        cmocka_unit_test(what_is_no_fragment_is_422),
        cmocka_unit_test(names_are_found_in_descriptions),
        cmocka_unit_test(sessions_are_told_apart),
        RIG(a_restart_is_answered_by_a_fragment),
        RIG(a_restart_that_fails_changes_nothing),
        RIG(an_offer_of_no_use_gets_another_in_return),
        RIG(who_sends_nothing_is_made_an_offer),
        RIG(refusals_change_nothing),
        RIG(a_room_without_jack_is_409),
        RIG(a_restarted_controller_learns_the_sessions),
        cmocka_unit_test(answers_have_their_status_and_tag),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
