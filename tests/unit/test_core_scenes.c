// SPDX-License-Identifier: GPL-3.0-or-later
// Scenes as documents: what is taken of the tree, and which imports are refused.
#include "controller/core/scenes/scenes.h"

#include "tests/unit/fake_asserts.h"

// Makes nodes the way scsynth would: a sine 1001 in a group 1000, a chord 1002 behind it, and a
// bell 1003, which ends by itself.
static void populate(struct fake_session *f)
{
    fake_call(f, "group.new", "{'action': 'tail'}");
    fake_run(f, FAKE_MS(2));
    fake_reply(f, "/n_go 1000 1 -1 -1 1 -1 -1");
    fake_call(f, "synth.new", "{'synthdef': 'sine', 'target': 1000, 'controls': {'freq': 330}}");
    fake_run(f, FAKE_MS(2));
    fake_reply(f, "/n_go 1001 1000 -1 -1 0");
    fake_call(f, "synth.new", "{'synthdef': 'chord', 'action': 'tail'}");
    fake_run(f, FAKE_MS(2));
    fake_reply(f, "/n_go 1002 1 1000 -1 0");
    fake_call(f, "synth.new", "{'synthdef': 'bell', 'action': 'tail'}");
    fake_run(f, FAKE_MS(2));
    fake_reply(f, "/n_go 1003 1 1002 -1 0");
}

#define SINE                                                                                       \
    "{\"kind\":\"synth\",\"synthdef\":\"sine\",\"controls\":{\"out\":0,\"freq\":330,"              \
    "\"amp\":0.1,\"gate\":1}}"
#define CHORD                                                                                      \
    "{\"kind\":\"synth\",\"synthdef\":\"chord\",\"controls\":{\"freqs\":[1,2,3],"                  \
    "\"i_bus\":0,\"amp\":0.5}}"
#define SCENE(nodes)                                                                                                          \
    "{\"format\":\"farfield.scene\",\"version\":1,\"tempo\":120.0,\"beats_per_bar\":4,\"buses\":[],\"buffers\":[],\"nodes\":" \
    "[{\"kind\":\"room\",\"room\":\"main\",\"nodes\":[" nodes "]}]}"

static void the_state_is_kept_in_order_without_what_ends_by_itself(void **state)
{
    struct fake_session *f = *state;
    populate(f);
    assert_answer(fake_call(f, "scene.put", "{'name': 'a'}"),
                  "200 {\"name\":\"a\",\"created\":1,\"changed\":2,\"synths\":2,\"groups\":1,"
                  "\"buses\":0,\"buffers\":0,\"left_out\":1}");
    assert_answer(fake_call(f, "scene.show", "{'name': 'a'}"),
                  "200 {\"scene\":" SCENE("{\"kind\":\"group\",\"nodes\":[" SINE "]}," CHORD) "}");
    assert_answer(fake_call(f, "scene.list", NULL),
                  "200 {\"scenes\":[{\"name\":\"a\",\"created\":1,\"changed\":2,\"synths\":2,"
                  "\"groups\":1,\"buses\":0,\"buffers\":0}]}");
    assert_has(fake_events(f, "scenes"), "scene.changed {\"scene\":{\"name\":\"a\"");
}

static void what_is_being_released_or_is_another_s_is_not_kept(void **state)
{
    struct fake_session *f = *state;
    populate(f);
    fake_call(f, "node.release", "{'id': 1001}");
    fake_run(f, FAKE_MS(2));
    // Another client's group beside the room, with one of ours and one of its own in it.
    fake_reply(f, "/n_go 67108865 0 1 -1 1 -1 -1");
    fake_reply(f, "/n_go 67109864 67108865 -1 -1 0");
    fake_reply(f, "/n_move 1002 67108865 67109864 -1 0");
    assert_answer(fake_call(f, "scene.put", "{'name': 'a'}"),
                  "200 {\"name\":\"a\",\"created\":1,\"changed\":2,\"synths\":1,\"groups\":1,"
                  "\"buses\":0,\"buffers\":0,\"left_out\":2}");
    assert_has(fake_text(fake_call(f, "scene.show", "{'name': 'a'}")),
               "\"nodes\":[{\"kind\":\"group\",\"nodes\":[]}]}," CHORD "]}}");
}

static void a_paused_synth_is_kept_paused(void **state)
{
    struct fake_session *f = *state;
    populate(f);
    fake_reply(f, "/n_off 1001 1000 -1 -1 0");
    fake_call(f, "scene.put", "{'name': 'a'}");
    assert_has(fake_text(fake_call(f, "scene.show", "{'name': 'a'}")),
               "\"gate\":1},\"running\":false}");
}

static void what_was_exported_can_be_imported(void **state)
{
    struct fake_session *f = *state;
    populate(f);
    fake_call(f, "scene.put", "{'name': 'a'}");
    struct fake_answer *shown = fake_call(f, "scene.show", "{'name': 'a'}");
    json_object_set_new(shown->json, "name", json_string("b"));
    char *params = json_dumps(shown->json, JSON_COMPACT);
    struct fake_answer *put = fake_call(f, "scene.put", params);
    free(params);
    assert_int_equal(put->status, 200);
    json_object_del(shown->json, "name");
    assert_true(json_equal(fake_call(f, "scene.show", "{'name': 'b'}")->json, shown->json));
}

static void scenes_are_forgotten_and_missed(void **state)
{
    struct fake_session *f = *state;
    fake_call(f, "scene.put", "{'name': 'a'}");
    fake_forget(f);
    assert_answer(fake_call(f, "scene.delete", "{'name': 'a'}"), "200 {}");
    assert_text(fake_events(f, "scenes"), "scene.removed {\"name\":\"a\"} -");
    assert_answer(fake_call(f, "scene.delete", "{'name': 'a'}"), "404 there is no scene \"a\"");
    assert_answer(fake_call(f, "scene.show", "{'name': 'a'}"), "404 there is no scene \"a\"");
    assert_answer(fake_call(f, "scene.put", "{'name': 'a/b'}"),
                  "422 the scene cannot be kept; name: must be a name without slashes and control "
                  "characters");
}

static void scenes_get_other_names(void **state)
{
    struct fake_session *f = *state;
    fake_call(f, "scene.put", "{'name': 'a'}");
    fake_call(f, "scene.put", "{'name': 'b'}");
    fake_forget(f);
    const char *head = "\"name\":\"c\",\"created\":1,\"changed\":2";
    struct fake_answer *renamed = fake_call(f, "scene.rename", "{'name': 'a', 'to': 'c'}");
    assert_has(fake_text(renamed), head);
    g_autofree char *events = fake_events(f, "scenes");
    assert_true(g_str_has_prefix(events, "scene.removed {\"name\":\"a\"} -"));
    assert_non_null(strstr(events, "scene.changed {\"scene\":{\"name\":\"c\""));
    assert_answer(fake_call(f, "scene.rename", "{'name': 'a', 'to': 'd'}"),
                  "404 there is no scene \"a\"");
    assert_answer(fake_call(f, "scene.rename", "{'name': 'b', 'to': 'c'}"),
                  "409 there is a scene \"c\" already");
    assert_answer(fake_call(f, "scene.rename", "{'name': 'b', 'to': 'b/c'}"),
                  "422 the scene cannot be called that; to: must be a name without slashes and "
                  "control characters");
    assert_text(fake_events(f, "scenes"), "");
    // To what it is called already is no removal.
    assert_int_equal(fake_call(f, "scene.rename", "{'name': 'b', 'to': 'b'}")->status, 200);
    assert_lacks(fake_events(f, "scenes"), "scene.removed");
}

static void the_store_s_errors_reach_the_caller(void **state)
{
    struct fake_session *f = *state;
    fake_call(f, "scene.put", "{'name': 'a'}");
    fake_forget(f);
    f->store_error = 507;
    assert_answer(fake_call(f, "scene.put", "{'name': 'a'}"), "507 the store fails");
    assert_answer(fake_call(f, "scene.list", NULL), "507 the store fails");
    assert_answer(fake_call(f, "scene.show", "{'name': 'a'}"), "507 the store fails");
    assert_answer(fake_call(f, "scene.delete", "{'name': 'a'}"), "507 the store fails");
    assert_answer(fake_call(f, "scene.rename", "{'name': 'a', 'to': 'b'}"), "507 the store fails");
    assert_text(fake_events(f, "scenes"), "");
}

static void names_with_slashes_come_back(void **state)
{
    struct fake_session *f = *state;
    fake_call(f, "bus.new", "{'name': 'drums/send'}");
    fake_reply(f, "/synced 3");
    fake_call(f, "scene.put", "{'name': 'a'}");
    assert_int_not_equal(fake_call(f, "scene.recall", "{'name': 'a'}")->status, 500);
}

static void what_could_not_be_recalled_is_not_kept(void **state)
{
    struct fake_session *f = *state;
    int depth = SCENE_MAX_DEPTH + 2;
    for (int i = 0; i < depth; i++) {
        g_autofree char *go =
            g_strdup_printf("/n_go %d %d -1 -1 1 -1 -1", 1000 + i, i ? 999 + i : 1);
        g_autofree char *params = g_strdup_printf("{'target': %d}", i ? 999 + i : 1);
        fake_call(f, "group.new", params);
        fake_reply(f, go);
    }
    assert_has(fake_text(fake_call(f, "scene.put", "{'name': 'a'}")),
               "409 what there is cannot be kept as a scene");
    assert_int_equal(json_object_size(f->stored), 0);
}

static void nothing_is_kept_while_scsynth_is_away(void **state)
{
    struct fake_session *f = *state;
    session_server_gone(f->session, false, f->now);
    assert_int_equal(fake_call(f, "scene.put", "{'name': 'a'}")->status, 503);
    assert_int_equal(json_object_size(f->stored), 0);
}

// --- imports -------------------------------------------------------------------------------------

static char *import(struct fake_session *f, const char *scene)
{
    g_autofree char *params = g_strdup_printf("{'name': 'x', 'scene': %s}", scene);
    return fake_text(fake_call(f, "scene.put", params));
}

#define IMPORT(scene, expected)                                                                    \
    assert_text(import(f, "{'format': 'farfield.scene', 'version': 1" scene "}"),                  \
                "422 the scene cannot be kept; " expected)
#define NODES(nodes, expected) IMPORT(", 'nodes': [" nodes "]", expected)

static void a_head_that_is_none(void **state)
{
    struct fake_session *f = *state;
    assert_has(import(f, "[]"), "422");
    assert_text(import(f, "{}"), "422 the scene cannot be kept; scene.format: must be "
                                 "\"farfield.scene\"");
    assert_text(import(f, "{'format': 'farfield.scene'}"),
                "422 the scene cannot be kept; scene.version: must be 1");
    assert_text(import(f, "{'format': 'farfield.scene', 'version': 2}"),
                "422 the scene cannot be kept; scene.version: is of a newer Farfield than this "
                "one");
    IMPORT(", 'colour': 1", "scene.colour: is not known here");
    IMPORT(", 'tempo': -1", "scene.tempo: must be a number from 1 to 1000");
    IMPORT(", 'tempo': '1'", "scene.tempo: must be a number from 1 to 1000");
    IMPORT(", 'nodes': {}", "scene.nodes: must be an array of at most 8192");
    IMPORT(", 'buses': 1", "scene.buses: must be an array of at most 1024");
    assert_int_equal(json_object_size(f->stored), 0);
}

static void nodes_that_are_none(void **state)
{
    struct fake_session *f = *state;
    NODES("1", "scene.nodes.0.kind: must be room, group or synth");
    NODES("{'kind': 'synth'}", "scene.nodes.0.synthdef: must be a string of 1 to 255 bytes");
    NODES("{'kind': 'synth', 'synthdef': 'farfield_guard'}",
          "scene.nodes.0.synthdef: names that begin with farfield_ are Farfield's own");
    NODES("{'kind': 'synth', 'synthdef': 'a', 'id': 1000}", "scene.nodes.0.id: is not known here");
    NODES("{'kind': 'synth', 'synthdef': 'a', 'running': 1}",
          "scene.nodes.0.running: must be true or false");
    NODES("{'kind': 'group', 'nodes': [{'kind': 'room', 'room': 'main'}]}",
          "scene.nodes.0.nodes.0.kind: a room stands inside of nothing");
    NODES("{'kind': 'room', 'room': 'a'}, {'kind': 'room', 'room': 'a'}",
          "scene.nodes.1.room: is there twice");
}

#define CONTROL(value, expected)                                                                   \
    IMPORT(", 'buses': [{'rate': 'audio', 'channels': 2}], 'nodes': [{'kind': 'synth', "           \
           "'synthdef': 'a', 'controls': {'out': " value "}}]",                                    \
           "scene.nodes.0.controls.out: " expected)
#define VALUE "must be a number, a bus or a buffer of the scene, or an array of them"

static void controls_that_are_none(void **state)
{
    struct fake_session *f = *state;
    CONTROL("'1'", VALUE);
    CONTROL("1e39", VALUE);
    CONTROL("[]", VALUE);
    CONTROL("[1, null]", VALUE);
    CONTROL("{}", VALUE);
    CONTROL("{'bus': 1}", VALUE);
    CONTROL("{'bus': -1}", VALUE);
    CONTROL("{'bus': 0.0}", VALUE);
    CONTROL("{'bus': 0, 'channel': 2}", VALUE);
    CONTROL("{'bus': 0, 'buffer': 0}", VALUE);
    CONTROL("{'buffer': 0}", VALUE);
    IMPORT(", 'nodes': [{'kind': 'synth', 'synthdef': 'a', 'maps': {'amp': 'x12'}}]",
           "scene.nodes.0.maps.amp: must be a bus of the scene, or one as c12 or a20");
}

static void buses_and_buffers_that_are_none(void **state)
{
    struct fake_session *f = *state;
    IMPORT(", 'buses': [{'rate': 'slow', 'channels': 1}]",
           "scene.buses.0.rate: must be control or audio");
    IMPORT(", 'buses': [{'rate': 'control', 'channels': 0}]",
           "scene.buses.0.channels: must be a whole number from 1 to 1024");
    IMPORT(", 'buses': [{'rate': 'control', 'channels': 1, 'values': [1, 2]}]",
           "scene.buses.0.values: must be an array of at most 1");
    IMPORT(", 'buses': [{'rate': 'audio', 'channels': 1, 'values': [1]}]",
           "scene.buses.0.values: must be numbers, of a control bus");
    IMPORT(", 'buffers': [{'frames': 10, 'channels': 1, 'asset': '../etc'}]",
           "scene.buffers.0.asset: must have no slash");
    IMPORT(", 'buffers': [{'frames': 0, 'channels': 1}]",
           "scene.buffers.0.frames: must be a whole number from 1 to 536870912");
    IMPORT(", 'buffers': [{'frames': 9, 'channels': 1, 'layers': [{}]}]",
           "scene.buffers.0.layers.0: must have either wave or runs");
    IMPORT(", 'buffers': [{'frames': 9, 'channels': 1, 'layers': [{'wave': {'wave': 'noise', "
           "'amplitudes': [1]}}]}]",
           "scene.buffers.0.layers.0.wave: wave must be one of sine1|sine2|sine3|cheby");
    IMPORT(", 'buffers': [{'frames': 9, 'channels': 1, 'layers': [{'runs': [{'start': -1, "
           "'values': 'AACAPw=='}]}]}]",
           "scene.buffers.0.layers.0.runs.0.start: must be a whole number from 0 to 536870912");
}

static void what_is_too_much(void **state)
{
    struct fake_session *f = *state;
    g_autoptr(GString) deep = g_string_new("{'format': 'farfield.scene', 'version': 1");
    for (int i = 0; i < 200; i++)
        g_string_append(deep, ", 'nodes': [{'kind': 'group'");
    for (int i = 0; i < 200; i++)
        g_string_append(deep, "}]");
    g_string_append(deep, "}");
    assert_has(import(f, deep->str), "are nested too deep");

    g_autoptr(GString) many = g_string_new(NULL);
    g_string_assign(many, "{'format': 'farfield.scene', 'version': 1, 'nodes': [");
    for (int i = 0; i < 2; i++) {
        g_string_append_printf(many, "%s{'kind': 'group', 'nodes': [", i ? "," : "");
        for (int k = 0; k < 5000; k++)
            g_string_append_printf(many, "%s{'kind': 'group'}", k ? "," : "");
        g_string_append(many, "]}");
    }
    g_string_append(many, "]}");
    assert_has(import(f, many->str), "holds more than 8192 nodes or 262144 control values");
    // However much is wrong, the answer stays short.
    g_string_assign(many, "{'format': 'farfield.scene', 'version': 1, 'nodes': [");
    for (int k = 0; k < 5000; k++)
        g_string_append_printf(many, "%s1", k ? "," : "");
    g_string_append(many, "]}");
    g_autofree char *answer = import(f, many->str);
    assert_true(strlen(answer) < 4000);
    assert_int_equal(json_object_size(f->stored), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUNNING(the_state_is_kept_in_order_without_what_ends_by_itself),
        RUNNING(what_is_being_released_or_is_another_s_is_not_kept),
        RUNNING(a_paused_synth_is_kept_paused),
        RUNNING(what_was_exported_can_be_imported),
        RUNNING(scenes_are_forgotten_and_missed),
        RUNNING(scenes_get_other_names),
        RUNNING(the_store_s_errors_reach_the_caller),
        RUNNING(nothing_is_kept_while_scsynth_is_away),
        RUNNING(names_with_slashes_come_back),
        RUNNING(what_could_not_be_recalled_is_not_kept),
        RUNNING(a_head_that_is_none),
        RUNNING(nodes_that_are_none),
        RUNNING(controls_that_are_none),
        RUNNING(buses_and_buffers_that_are_none),
        RUNNING(what_is_too_much),
    };
    return cmocka_run_group_tests_name("scenes", tests, NULL, NULL);
}
