// SPDX-License-Identifier: GPL-3.0-or-later
// Presets: kept against a SynthDef, used by synth.new, and what becomes of them when it changes.
#include "tests/unit/fake_asserts.h"

#define SOFT "{'synthdef': 'sine', 'preset': 'soft'"

static struct fake_answer *keep_soft(struct fake_session *f)
{
    return fake_call(f, "preset.put", SOFT ", 'controls': {'amp': 0.02, 'freq': 220}}");
}

static void a_preset_is_kept_shown_and_forgotten(void **state)
{
    struct fake_session *f = *state;
    const char *shown = "200 {\"name\":\"soft\",\"created\":1,\"changed\":2,\"unknown\":[],"
                        "\"controls\":{\"amp\":0.02,\"freq\":220},\"synthdef\":\"sine\"}";
    assert_answer(keep_soft(f), shown);
    assert_answer(fake_call(f, "preset.show", SOFT "}"), shown);
    assert_answer(fake_call(f, "preset.list", "{'synthdef': 'sine'}"),
                  "200 {\"presets\":[{\"name\":\"soft\",\"created\":1,\"changed\":2}]}");
    assert_answer(fake_call(f, "preset.list", "{'synthdef': 'plain'}"), "200 {\"presets\":[]}");
    assert_answer(fake_call(f, "preset.delete", SOFT "}"), "200 {}");
    assert_answer(fake_call(f, "preset.show", SOFT "}"),
                  "404 SynthDef \"sine\" has no preset \"soft\"");
    assert_answer(fake_call(f, "preset.delete", SOFT "}"),
                  "404 SynthDef \"sine\" has no preset \"soft\"");
    assert_text(fake_events(f, "scenes"),
                "preset.changed {\"synthdef\":\"sine\",\"preset\":\"soft\"} -\n"
                "preset.removed {\"synthdef\":\"sine\",\"preset\":\"soft\"} -");
}

static void what_does_not_fit_is_refused(void **state)
{
    struct fake_session *f = *state;
    assert_answer(fake_call(f, "preset.list", "{'synthdef': 'none'}"),
                  "404 there is no SynthDef \"none\"");
    assert_answer(fake_call(f, "preset.put", "{'synthdef': 'none', 'preset': 'a', 'controls': {}}"),
                  "404 there is no SynthDef \"none\"");
    assert_answer(
        fake_call(f, "preset.put", "{'synthdef': 'farfield_guard', 'preset': 'a', 'controls': {}}"),
        "404 there is no SynthDef \"farfield_guard\"");
    assert_answer(fake_call(f, "preset.put", SOFT ", 'controls': {'colour': 1}}"),
                  "422 the preset cannot be kept; controls.colour: SynthDef \"sine\" has no such "
                  "control; it has: out, freq, amp, gate");
    assert_answer(fake_call(f, "preset.put", SOFT "}"),
                  "422 the preset cannot be kept; controls: either controls or node is needed");
    assert_answer(fake_call(f, "preset.put", SOFT ", 'controls': {}, 'node': 1000}"),
                  "422 the preset cannot be kept; controls: either controls or node is needed");
    assert_answer(fake_call(f, "preset.put", SOFT ", 'node': 5}"),
                  "422 the preset cannot be kept; node: there is no synth 5 of SynthDef \"sine\"");
    assert_answer(
        fake_call(f, "preset.put", "{'synthdef': 'sine', 'preset': '../x', 'controls': {}}"),
        "422 the preset cannot be kept; preset: must be a name without slashes and control "
        "characters");
    assert_int_equal(json_object_size(f->stored), 0);
}

static void a_synth_starts_with_its_preset_and_what_is_given(void **state)
{
    struct fake_session *f = *state;
    keep_soft(f);
    fake_forget(f);
    fake_call(f, "synth.new", "{'synthdef': 'sine', 'preset': 'soft', 'controls': {'freq': 500}}");
    assert_sent(f, "/s_new sine 1000 0 1 freq 500f amp 0.02f; /sync 3");
    assert_answer(fake_call(f, "synth.new", "{'synthdef': 'sine', 'preset': 'none'}"),
                  "422 the synth cannot be made; preset: SynthDef \"sine\" has no preset "
                  "\"none\"");
    f->store_error = 503;
    assert_answer(fake_call(f, "synth.new", "{'synthdef': 'sine', 'preset': 'soft'}"),
                  "503 the store fails");
    assert_sent(f, "");
}

static void a_synth_gives_its_sound_but_not_its_place(void **state)
{
    struct fake_session *f = *state;
    fake_call(f, "synth.new", "{'synthdef': 'chord', 'controls': {'amp': 0.1, 'freqs': [7]}}");
    fake_run(f, FAKE_MS(2));
    fake_reply(f, "/n_go 1000 1 -1 -1 0");
    struct fake_answer *a =
        fake_call(f, "preset.put", "{'synthdef': 'chord', 'preset': 'p', 'node': 1000}");
    assert_has(fake_text(a), "\"controls\":{\"freqs\":[7,2,3],\"i_bus\":0,\"amp\":0.1}");
}

// What was a control when it was kept, and is none now.
static void a_definition_may_change_under_its_presets(void **state)
{
    struct fake_session *f = *state;
    fake_call(f, "preset.put",
              "{'synthdef': 'chord', 'preset': 'p', 'controls': {'freqs': [7, 8, 9], 'amp': 0.1}}");
    fake_add_synthdef(f, "chord freqs=1,2 level=1");
    assert_has(fake_text(fake_call(f, "preset.show", "{'synthdef': 'chord', 'preset': 'p'}")),
               "\"unknown\":[\"amp\"]");
    fake_run(f, FAKE_MS(2));
    fake_forget(f);
    fake_call(f, "synth.new", "{'synthdef': 'chord', 'preset': 'p'}");
    assert_sent(f, "/s_new chord 1000 0 1; /sync 3");
}

static void the_store_s_errors_reach_the_caller(void **state)
{
    struct fake_session *f = *state;
    f->store_error = 507;
    assert_answer(keep_soft(f), "507 the store fails");
    assert_answer(fake_call(f, "preset.list", "{'synthdef': 'sine'}"), "507 the store fails");
    assert_answer(fake_call(f, "preset.show", SOFT "}"), "507 the store fails");
    assert_answer(fake_call(f, "preset.delete", SOFT "}"), "507 the store fails");
    assert_text(fake_events(f, "scenes"), "");
    assert_has(fake_text(fake_call(f, "health.ready", NULL)),
               "\"store\":{\"ok\":false,\"detail\":\"the store fails\"}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUNNING(a_preset_is_kept_shown_and_forgotten),
        RUNNING(what_does_not_fit_is_refused),
        RUNNING(a_synth_starts_with_its_preset_and_what_is_given),
        RUNNING(a_synth_gives_its_sound_but_not_its_place),
        RUNNING(a_definition_may_change_under_its_presets),
        RUNNING(the_store_s_errors_reach_the_caller),
    };
    return cmocka_run_group_tests_name("presets", tests, NULL, NULL);
}
