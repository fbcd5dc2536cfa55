// SPDX-License-Identifier: GPL-3.0-or-later
// Recordings between callers, the pipeline and the folder.
#include "controller/core/listening/recordings.h"

#include "common/token.h"
#include "tests/unit/fake_asserts.h"

static int set_up_linked(void **state)
{
    set_up_running(state);
    struct fake_session *f = *state;
    f->session->recordings_dir = g_strdup("/recordings");
    fake_pipeline_says(f, "{'type': 'pipeline.hello', 'listeners': []}");
    fake_forget(f);
    return 0;
}

// The id of the recording that the pipeline was asked for last.
static char *last_id(const struct fake_session *f)
{
    const char *told = strstr(f->link->pdata[f->link->len - 1], "\"id\":\"");
    assert_non_null(told);
    return g_strndup(told + 6, strcspn(told + 6, "\""));
}

#define TAIL                                                                                       \
    "'room':'main','name':'take','format':'wav','started':5.0,'length':0,'split':2000000000,"      \
    "'lost':0,'xruns':0,'state':"

static char *recording(const char *id, const char *state_and_parts)
{
    return g_strdup_printf("{'id':'%s'," TAIL "%s}", id, state_and_parts);
}

static void told(struct fake_session *f, const char *id, const char *state_and_parts)
{
    g_autofree char *json = recording(id, state_and_parts);
    g_autofree char *text = g_strdup_printf("{'type':'recording','recording':%s}", json);
    fake_pipeline_says(f, text);
}

#define BEGUN "'recording','parts':[{'bytes':44,'frames':0}]"
#define SECOND "'recording','parts':[{'bytes':288044,'frames':48000}]"
#define DONE "'done','parts':[{'bytes':576044,'frames':96000}]"

// Starts one that runs; its id is the caller's.
static char *start(struct fake_session *f)
{
    struct fake_answer *answer = fake_call(f, "recording.start", "{'name': 'take'}");
    char *id = last_id(f);
    told(f, id, BEGUN);
    assert_int_equal(answer->status, 200);
    fake_forget(f);
    g_ptr_array_set_size(f->link, 0);
    return id;
}

static char *params(const char *id)
{
    return g_strdup_printf("{'id': '%s'}", id);
}

static struct fake_answer *call(struct fake_session *f, const char *method, const char *id)
{
    g_autofree char *text = params(id);
    return fake_call(f, method, text);
}

// Put into the folder as the pipeline would.
static void store(struct fake_session *f, const char *id, const char *state_and_parts)
{
    g_autofree char *text = recording(id, state_and_parts);
    g_strdelimit(text, "'", '"');
    g_autofree char *key = g_strconcat("recording/", id, NULL);
    json_object_set_new(f->stored, key, json_loads(text, 0, NULL));
}

// --- from start to end --------------------------------------------------------------------------

static void is_answered_when_it_has_begun(void **state)
{
    struct fake_session *f = *state;
    struct fake_answer *answer =
        fake_call(f, "recording.start", "{'format': 'flac', 'seconds': 2.5, 'split': 262144}");
    g_autofree char *id = last_id(f);
    assert_true(g_regex_match_simple("^[0-9]{8}-[0-9]{6}$", id, 0, 0));
    g_autofree char *asked = fake_linked(f);
    assert_has(g_strdup(asked), "{\"type\":\"record\",\"recording\":{\"id\":\"");
    assert_has(g_strdup(asked), "\"room\":\"main\",\"name\":\"\",\"format\":\"flac\",\"state\":"
                                "\"starting\",");
    assert_has(g_strdup(asked),
               "\"length\":2.5,\"split\":262144.0,\"lost\":0,\"xruns\":0,\"parts\":[]}}");
    assert_waiting(answer);
    // Nobody hears of what may be refused.
    assert_int_equal(call(f, "recording.show", id)->status, 404);
    assert_text(fake_events(f, "recordings"), "");
    told(f, id, BEGUN);
    g_autofree char *expected = g_strdup_printf(
        "200 {\"id\":\"%s\",\"room\":\"main\",\"name\":\"take\",\"format\":\"wav\",\"state\":"
        "\"recording\",\"started\":5.0,\"split\":2000000000,\"lost\":0,\"xruns\":0,\"parts\":[{\"part\":1,"
        "\"bytes\":44,\"seconds\":0.0}],\"bytes\":44,\"frames\":0,\"seconds\":0.0,\"rate\":48000,"
        "\"channels\":2}",
        id);
    assert_answer(answer, expected);
    assert_answer(call(f, "recording.show", id), expected);
    assert_has(fake_events(f, "rooms"), "\"recordings\":[\"");
}

static void tells_how_it_goes(void **state)
{
    struct fake_session *f = *state;
    g_autofree char *id = start(f);
    told(f, id, SECOND);
    g_autofree char *events = fake_events(f, "recordings");
    assert_has(g_strdup(events), "recording.changed {\"recording\":{\"id\":\"");
    assert_has(g_strdup(events), "\"seconds\":1.0,");
    assert_text(fake_events(f, "rooms"), "");
    told(f, id, "'done','detail':'the disk','parts':[]");
    assert_has(fake_events(f, "recordings"), "\"detail\":\"the disk\"");
    assert_has(fake_events(f, "rooms"), "\"recordings\":[]");
}

static void stop_waits_until_the_file_is_whole(void **state)
{
    struct fake_session *f = *state;
    g_autofree char *id = start(f);
    struct fake_answer *one = call(f, "recording.stop", id), *two = call(f, "recording.stop", id);
    g_autofree char *expected = g_strdup_printf("{\"type\":\"record.stop\",\"id\":\"%s\"}", id);
    assert_has(fake_linked(f), expected);
    told(f, id, "'stopping','parts':[{'bytes':44,'frames':0}]");
    assert_waiting(one);
    told(f, id, DONE);
    assert_has(fake_text(one), "\"state\":\"done\"");
    assert_has(fake_text(two), "\"seconds\":2.0");
    // One that has ended is shown again.
    assert_has(fake_text(call(f, "recording.stop", id)), "200 {\"id\":");
    assert_text(fake_linked(f), "");
}

static void the_newest_is_first(void **state)
{
    struct fake_session *f = *state;
    told(f, "20260101-000000", DONE);
    told(f, "20270101-000000", DONE);
    told(f, "20260601-000000-2", DONE);
    g_autofree char *list = fake_text(fake_call(f, "recording.list", NULL));
    const char *a = strstr(list, "20270101"), *b = strstr(list, "20260601"),
               *c = strstr(list, "20260101");
    assert_true(a && b && c && a < b && b < c);
}

static void two_of_one_second_have_two_names(void **state)
{
    struct fake_session *f = *state;
    g_autofree char *one = start(f);
    g_autofree char *two = start(f);
    g_autofree char *three = start(f);
    assert_string_not_equal(one, two);
    assert_string_not_equal(two, three);
    assert_string_not_equal(one, three);
}

// --- files --------------------------------------------------------------------------------------

static void sound_is_a_file_of_its_folder(void **state)
{
    struct fake_session *f = *state;
    told(f, "1", "'recording','parts':[{'bytes':9,'frames':1},{'bytes':9,'frames':1}]");
    assert_answer(fake_call(f, "recording.audio", "{'id': '1', 'part': 2}"),
                  "200 {\"path\":\"/recordings/1/2.wav\",\"type\":\"audio/wav\",\"filename\":"
                  "\"take-2.wav\"}");
    assert_answer(fake_call(f, "recording.audio", "{'id': '1', 'part': 3}"),
                  "404 the recording has 2 parts");
    assert_answer(fake_call(f, "recording.audio", "{'id': '../1'}"),
                  "404 there is no recording \"../1\"");
    told(f, "2", "'done','parts':[{'bytes':9,'frames':1}]");
    assert_has(fake_text(call(f, "recording.audio", "2")), "\"filename\":\"take.wav\"");
}

static void a_link_is_good_for_a_while(void **state)
{
    struct fake_session *f = *state;
    f->session->stream_token = g_strdup("secret");
    told(f, "1", SECOND);
    struct fake_answer *answer = fake_call(f, "recording.link", "{'id': '1', 'seconds': 60}");
    assert_int_equal(answer->status, 200);
    const char *token = json_string_value(json_object_get(answer->json, "token"));
    gint64 expires = json_integer_value(json_object_get(answer->json, "expires"));
    assert_int_equal(expires, FAKE_EPOCH + f->now / G_USEC_PER_SEC + 60);
    g_autofree char *path = g_strdup_printf("/v1/recordings/1/audio?token=%s", token);
    assert_string_equal(json_string_value(json_object_get(answer->json, "path")), path);
    g_autofree char *bearer = NULL;
    assert_true(token_check("secret", token, "1", "recording.audio", expires - 1, &bearer, NULL));
    assert_answer(fake_call(f, "recording.link", "{'id': '2'}"), "404 there is no recording \"2\"");
    static const char *const wrong[] = {"0", "86401", "1.5", "'x'"};
    for (gsize i = 0; i < G_N_ELEMENTS(wrong); i++) {
        g_autofree char *params = g_strdup_printf("{'id': '1', 'seconds': %s}", wrong[i]);
        assert_has(fake_text(fake_call(f, "recording.link", params)), "422");
    }
}

static void what_is_recorded_cannot_be_deleted(void **state)
{
    struct fake_session *f = *state;
    g_autofree char *id = start(f);
    assert_answer(call(f, "recording.delete", id), "409 it is being recorded; stop it first");
    told(f, id, DONE);
    fake_forget(f);
    f->erase_error = "the disk is read-only";
    assert_has(fake_text(call(f, "recording.delete", id)), "the disk is read-only");
    f->erase_error = NULL;
    assert_answer(call(f, "recording.delete", id), "200 {}");
    assert_int_equal(f->erased, 1);
    g_autofree char *expected = g_strdup_printf("recording.removed {\"id\":\"%s\"}", id);
    assert_has(fake_events(f, "recordings"), expected);
    assert_int_equal(call(f, "recording.show", id)->status, 404);
}

// --- what goes wrong ----------------------------------------------------------------------------

static void wrong_input_is_named(void **state)
{
    struct fake_session *f = *state;
    static const char *const cases[] = {
        "{'format': 'mp3'}", "format",
        "{'split': 262143}", "split",
        "{'split': 3e9}",    "split",
        "{'seconds': 0}",    "seconds",
        "{'seconds': -1}",   "seconds",
        "{'name': 5}",       "name",
        "{'room': 'attic'}", "404 there is no room",
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i += 2)
        assert_has(fake_text(fake_call(f, "recording.start", cases[i])), cases[i + 1]);
    assert_text(fake_linked(f), "");
}

static void the_pipeline_may_refuse(void **state)
{
    struct fake_session *f = *state;
    struct fake_answer *answer = fake_call(f, "recording.start", NULL);
    g_autofree char *id = last_id(f);
    told(f, id, "'failed','parts':[],'status':507,'detail':'the disk is full'");
    assert_answer(answer, "507 the disk is full");
    assert_text(fake_events(f, "recordings"), "");
    assert_answer(fake_call(f, "recording.list", NULL), "200 {\"recordings\":[]}");
    // Again, for one that is not known.
    told(f, id, "'failed','parts':[],'status':507,'detail':'the disk is full'");
    assert_answer(fake_call(f, "recording.list", NULL), "200 {\"recordings\":[]}");
}

static void there_are_not_too_many(void **state)
{
    struct fake_session *f = *state;
    for (int i = 0; i < RECORDINGS_MAX; i++) {
        g_autofree char *id = g_strdup_printf("a%d", i);
        told(f, id, DONE);
    }
    assert_answer(fake_call(f, "recording.start", NULL),
                  "507 1000 recordings are kept already; delete some first");
}

static void without_a_pipeline_there_is_no_recording(void **state)
{
    struct fake_session *f = *state;
    g_autofree char *id = start(f);
    struct fake_answer *starting = fake_call(f, "recording.start", NULL);
    struct fake_answer *stopping = call(f, "recording.stop", id);
    session_link_lost(f->session, f->now);
    assert_answer(starting, "503 the pipeline was lost before it answered");
    assert_answer(stopping, "503 the pipeline was lost before it answered");
    assert_has(fake_text(fake_call(f, "recording.start", NULL)), "503 the pipeline is away");
    assert_has(fake_text(call(f, "recording.stop", id)), "503 the pipeline is away");
    assert_has(fake_text(call(f, "recording.show", id)), "\"state\":\"recording\"");
}

static void silence_is_no_answer(void **state)
{
    struct fake_session *f = *state;
    g_autofree char *id = start(f);
    struct fake_answer *starting = fake_call(f, "recording.start", NULL);
    g_autofree char *late = last_id(f);
    struct fake_answer *stopping = call(f, "recording.stop", id);
    for (int i = 0; i < 12; i++) {
        fake_run(f, FAKE_MS(500));
        fake_alive(f);
        fake_pipeline_says(f, "{'type':'meter','room':'main','peak':[0,0],'rms':[0,0]}");
    }
    assert_answer(starting, "504 the pipeline did not answer in time");
    assert_answer(stopping, "504 the pipeline did not answer in time");
    // It has begun all the same.
    told(f, late, BEGUN);
    assert_has(fake_text(call(f, "recording.show", late)), "\"state\":\"recording\"");
}

static void each_stop_waits_its_own_time(void **state)
{
    struct fake_session *f = *state;
    g_autofree char *id = start(f);
    struct fake_answer *first = call(f, "recording.stop", id), *second = NULL;
    for (int i = 0; i < 16; i++) {
        if (i == 4)
            second = call(f, "recording.stop", id);
        if (i == 12) {
            assert_answer(first, "504 the pipeline did not answer in time");
            assert_int_equal(second->times, 0);
        }
        fake_run(f, FAKE_MS(500));
        fake_alive(f);
        fake_pipeline_says(f, "{'type':'meter','room':'main','peak':[0,0],'rms':[0,0]}");
    }
    assert_answer(second, "504 the pipeline did not answer in time");
}

// --- after a death ------------------------------------------------------------------------------

static void hello_names_those_that_run(void **state)
{
    struct fake_session *f = *state;
    g_autofree char *ended = start(f);
    g_autofree char *died = start(f);
    g_autofree char *goes_on = start(f);
    store(f, ended, DONE);
    store(f, died, "'interrupted','parts':[{'bytes':288044,'frames':48000}]");
    session_link_lost(f->session, f->now);
    g_autofree char *one = recording(goes_on, SECOND), *two = recording("x", SECOND);
    g_autofree char *hello = g_strdup_printf(
        "{'type': 'pipeline.hello', 'listeners': [], 'recordings': [%s, %s]}", one, two);
    fake_pipeline_says(f, hello);
    assert_has(fake_text(call(f, "recording.show", ended)), "\"state\":\"done\"");
    assert_has(fake_text(call(f, "recording.show", died)), "\"state\":\"interrupted\"");
    assert_has(fake_text(call(f, "recording.show", goes_on)), "\"state\":\"recording\"");
    assert_has(fake_text(call(f, "recording.show", "x")), "\"state\":\"recording\"");
}

static void what_nobody_records_is_interrupted(void **state)
{
    struct fake_session *f = *state;
    g_autofree char *id = start(f);
    // Its folder is out of reach, or still says that it is recorded.
    fake_pipeline_says(f, "{'type': 'pipeline.hello', 'listeners': []}");
    assert_has(fake_text(call(f, "recording.show", id)), "\"state\":\"interrupted\",");
    assert_has(fake_events(f, "recordings"), "the pipeline ended without notice");
    g_autofree char *other = start(f);
    store(f, other, SECOND);
    fake_pipeline_says(f, "{'type': 'pipeline.hello', 'listeners': []}");
    g_autofree char *shown = fake_text(call(f, "recording.show", other));
    assert_has(g_strdup(shown), "\"state\":\"interrupted\",");
    assert_has(g_strdup(shown), "\"seconds\":1.0");
}

static void the_folder_is_remembered(void **state)
{
    struct fake_session *f = *state;
    struct recording *kept = recording_new("20260101-000000", "main", "old");
    kept->state = RECORDING_DONE;
    session_add_recording(f->session, kept);
    session_add_recording(f->session, recording_copy(kept));
    assert_has(fake_text(call(f, "recording.show", "20260101-000000")), "\"name\":\"old\"");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up_linked, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(is_answered_when_it_has_begun),
        TEST(tells_how_it_goes),
        TEST(stop_waits_until_the_file_is_whole),
        TEST(the_newest_is_first),
        TEST(two_of_one_second_have_two_names),
        TEST(sound_is_a_file_of_its_folder),
        TEST(a_link_is_good_for_a_while),
        TEST(what_is_recorded_cannot_be_deleted),
        TEST(wrong_input_is_named),
        TEST(the_pipeline_may_refuse),
        TEST(there_are_not_too_many),
        TEST(without_a_pipeline_there_is_no_recording),
        TEST(silence_is_no_answer),
        TEST(each_stop_waits_its_own_time),
        TEST(hello_names_those_that_run),
        TEST(what_nobody_records_is_interrupted),
        TEST(the_folder_is_remembered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
