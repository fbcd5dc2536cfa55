// SPDX-License-Identifier: GPL-3.0-or-later
// SynthDefs on their way to scsynth and into the catalog, and out of both.
#include "controller/core/synthdefs/catalog.h"

#include "tests/unit/fake_asserts.h"
#include "tests/unit/scgf_writer.h"

// A file with one definition, `SinOsc` of its only parameter into Out.
static GByteArray *file_of(char *name, float freq)
{
    float constants[] = {0}, initial[] = {freq};
    struct scgf_name names[] = {{TEXT("freq"), 0}};
    struct scgf_unit units[] = {
        UNIT("Control", SCGF_CONTROL, 0, 1),
        UNIT("SinOsc", SCGF_AUDIO, 0, 1, {0, 0}, K(0)),
        UNIT("Out", SCGF_AUDIO, 0, 0, K(0), {1, 0}),
    };
    struct scgf_definition definition = {.name = name,
                                         .constants = constants,
                                         .constant_count = 1,
                                         .initial = initial,
                                         .slots = 1,
                                         .names = names,
                                         .name_count = 1,
                                         .units = units,
                                         .unit_count = 3};
    struct scgf_writer w = writer_write(&definition, 2);
    GByteArray *bytes = g_byte_array_ref(w.bytes);
    writer_clear(&w);
    return bytes;
}

static struct fake_answer *upload(struct fake_session *f, const char *params, char *name,
                                  float freq)
{
    g_autoptr(GByteArray) file = file_of(name, freq);
    return fake_call_bytes(f, "synthdef.put", params, file->data, file->len);
}

static void upload_is_loaded_before_it_is_shown(void **state)
{
    struct fake_session *f = *state;
    struct fake_answer *a = upload(f, "{'name': 'mine'}", TEXT("mine"), 300);
    assert_sent(f, "/d_load /defs/mine; /sync 3");
    assert_null(catalog_find(&f->session->catalog, "mine"));
    assert_int_equal(f->kept, 0);
    fake_reply(f, "/done /d_load");
    assert_waiting(a);
    fake_reply(f, "/synced 3");
    assert_has(fake_text(a), "200 {\"synthdefs\":[{\"name\":\"mine\"");
    assert_has(fake_text(a), "\"origin\":\"user\"");
    assert_int_equal(f->kept, 1);
    assert_has(fake_events(f, "synthdefs"), "synthdef.changed {\"synthdef\":{\"name\":\"mine\"");
    fake_call(f, "synth.new", "{'synthdef': 'mine', 'controls': {'freq': 5}}");
    assert_sent(f, "/s_new mine 1000 0 1 freq 5f; /sync 4");
}

static void what_scsynth_refuses_is_not_kept(void **state)
{
    struct fake_session *f = *state;
    struct fake_answer *a = upload(f, "{'name': 'mine'}", TEXT("mine"), 300);
    fake_run(f, FAKE_MS(2));
    fake_reply(f, "/fail /d_load /defs/other");
    assert_waiting(a);
    fake_reply(f, "/fail /d_load /defs/mine");
    assert_answer(a, "502 scsynth refused /d_load: /defs/mine");
    fake_reply(f, "/synced 3");
    assert_null(catalog_find(&f->session->catalog, "mine"));
    assert_int_equal(f->kept, 0);
}

static void uploads_in_base64(void **state)
{
    struct fake_session *f = *state;
    g_autoptr(GByteArray) file = file_of(TEXT("mine"), 300);
    g_autofree char *base64 = g_base64_encode(file->data, file->len);
    g_autofree char *params = g_strdup_printf("{'data': '%s'}", base64);
    struct fake_answer *a = fake_call(f, "synthdef.add", params);
    fake_run(f, FAKE_MS(2));
    fake_reply(f, "/synced 3");
    assert_int_equal(a->status, 200);
    static const char *const bad[] = {"{}", "{'data': ''}", "{'data': '!!!!'}"};
    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++)
        assert_answer(fake_call(f, "synthdef.add", bad[i]),
                      "422 a SynthDef file is expected; data: must hold the file's bytes in "
                      "base64");
    assert_has(fake_text(fake_call(f, "synthdef.add", "{'data': 'AAAA'}")),
               "422 not a SynthDef file that can be used: ");
}

static void names_are_checked(void **state)
{
    struct fake_session *f = *state;
    assert_answer(upload(f, "{'name': 'yours'}", TEXT("mine"), 300),
                  "422 the definition in the file is named \"mine\", not \"yours\"");
    assert_answer(upload(f, "{'name': 'farfield_guard'}", TEXT("farfield_guard"), 300),
                  "403 names that begin with farfield_ are Farfield's own");
    assert_sent(f, "");
}

static void damage_names_its_place(void **state)
{
    struct fake_session *f = *state;
    g_autoptr(GByteArray) file = file_of(TEXT("mine"), 300);
    struct fake_answer *a =
        fake_call_bytes(f, "synthdef.put", "{'name': 'mine'}", file->data, file->len - 5);
    assert_int_equal(a->status, 422);
    assert_has(fake_text(a), "byte ");
    a = fake_call_bytes(f, "synthdef.put", "{'name': 'mine'}", "", 0);
    assert_int_equal(a->status, 422);
    assert_sent(f, "");
}

static void what_cannot_be_staged_or_kept_is_told(void **state)
{
    struct fake_session *f = *state;
    f->stage_error = "the disk is full";
    assert_answer(upload(f, "{'name': 'mine'}", TEXT("mine"), 300), "500 the disk is full");
    f->stage_error = NULL;
    f->keep_error = "the disk is full";
    struct fake_answer *a = upload(f, "{'name': 'mine'}", TEXT("mine"), 300);
    fake_run(f, FAKE_MS(2));
    fake_reply(f, "/synced 3");
    assert_answer(a, "500 the disk is full");
    assert_null(catalog_find(&f->session->catalog, "mine"));
}

static void a_user_s_hides_a_shipped_one_until_it_is_deleted(void **state)
{
    struct fake_session *f = *state;
    upload(f, "{'name': 'sine'}", TEXT("sine"), 123);
    fake_run(f, FAKE_MS(2));
    fake_reply(f, "/synced 3");
    fake_forget(f);
    assert_has(fake_text(fake_call(f, "synthdef.show", "{'name': 'sine'}")), "\"origin\":\"user\"");
    assert_answer(fake_call(f, "synthdef.delete", "{'name': 'sine'}"), "200 {}");
    assert_int_equal(f->forgotten, 1);
    assert_sent(f, "/d_load /defs/sine");
    assert_has(fake_events(f, "synthdefs"), "\"origin\":\"shipped\"");
    assert_answer(fake_call(f, "synthdef.delete", "{'name': 'sine'}"),
                  "409 \"sine\" ships with Farfield and stays");
    assert_answer(fake_call(f, "synthdef.delete", "{'name': 'nothing'}"),
                  "404 there is no SynthDef \"nothing\"");
}

static void a_deleted_one_goes_from_scsynth_too(void **state)
{
    struct fake_session *f = *state;
    upload(f, "{'name': 'mine'}", TEXT("mine"), 123);
    fake_run(f, FAKE_MS(2));
    fake_reply(f, "/synced 3");
    fake_call(f, "synth.new", "{'synthdef': 'mine'}");
    fake_run(f, FAKE_MS(2));
    fake_reply(f, "/n_go 1000 1 -1 -1 0");
    fake_forget(f);
    f->forget_error = "the folder cannot be written";
    assert_answer(fake_call(f, "synthdef.delete", "{'name': 'mine'}"),
                  "500 the folder cannot be written");
    f->forget_error = NULL;
    assert_answer(fake_call(f, "synthdef.delete", "{'name': 'mine'}"), "200 {}");
    assert_sent(f, "/d_free mine");
    assert_has(fake_events(f, "synthdefs"), "synthdef.removed {\"name\":\"mine\"}");
    // What plays on keeps what it is made of.
    fake_notify(f, "node.set", "{'id': 1000, 'controls': {'freq': 7}}");
    assert_sent(f, "/n_set 1000 freq 7f");
}

static void a_running_synth_keeps_its_definition_when_a_new_one_comes(void **state)
{
    struct fake_session *f = *state;
    fake_call(f, "synth.new", "{'synthdef': 'plain'}");
    fake_run(f, FAKE_MS(2));
    fake_reply(f, "/n_go 1000 1 -1 -1 0");
    struct synthdef *other = fake_synthdef("plain releasable freq=1 amp=0.1 gate=1");
    assert_true(session_add_synthdef(f->session, other, ORIGIN_USER, f->now, NULL));
    synthdef_unref(other);
    fake_forget(f);
    assert_has(fake_text(fake_call(f, "node.set", "{'id': 1000, 'controls': {'freq': 7}}")),
               "controls.freq: SynthDef \"plain\" has no such control; it has: amp");
    fake_notify(f, "node.set", "{'id': 1000, 'controls': {'amp': 0.2}}");
    fake_notify(f, "node.release", "{'id': 1000}");
    assert_has(fake_sent(f), "");
    fake_run(f, FAKE_MS(2));
    assert_text(fake_sent(f), "/d_load /defs/plain; /n_set 1000 amp 0.2f; /n_free 1000; /sync 4");
}

static void there_are_not_more_than_so_many(void **state)
{
    struct fake_session *f = *state;
    struct catalog *catalog = &f->session->catalog;
    for (int i = 0; catalog_has_room(catalog, "mine"); i++) {
        g_autofree char *text = g_strdup_printf("d%d x=1", i);
        struct synthdef *synthdef = fake_synthdef(text);
        catalog_add(catalog, synthdef, ORIGIN_USER, "/defs/d");
        synthdef_unref(synthdef);
    }
    assert_int_equal(g_tree_nnodes(catalog->entries), CATALOG_MAX);
    struct fake_answer *a = upload(f, "{'name': 'mine'}", TEXT("mine"), 300);
    assert_answer(a, "507 there are 10000 definitions already; delete some first");
    upload(f, "{'name': 'sine'}", TEXT("sine"), 300);
    assert_sent(f, "/d_load /defs/sine; /sync 3");
}

static void drop(struct fake_session *f, const char *text)
{
    struct synthdef *synthdef = fake_synthdef(text);
    assert_true(session_add_synthdef(f->session, synthdef, ORIGIN_USER, f->now, NULL));
    synthdef_unref(synthdef);
    fake_run(f, FAKE_MS(2));
    fake_forget(f);
}

static void one_of_the_folder_is_shown_when_scsynth_has_it(void **state)
{
    struct fake_session *f = *state;
    drop(f, "mine x=1");
    assert_null(catalog_find(&f->session->catalog, "mine"));
    fake_reply(f, "/synced 3");
    assert_non_null(catalog_find(&f->session->catalog, "mine"));
    assert_has(fake_events(f, "synthdefs"), "synthdef.changed");
}

static void one_of_the_folder_that_scsynth_refuses_is_not_shown(void **state)
{
    struct fake_session *f = *state;
    drop(f, "mine x=1");
    fake_reply(f, "/fail /d_load /defs/mine");
    fake_reply(f, "/synced 3");
    assert_null(catalog_find(&f->session->catalog, "mine"));
}

static void one_whose_file_goes_at_once_is_not_shown(void **state)
{
    struct fake_session *f = *state;
    drop(f, "mine x=1");
    session_remove_synthdef(f->session, "mine", ORIGIN_USER, f->now);
    fake_reply(f, "/synced 3");
    assert_null(catalog_find(&f->session->catalog, "mine"));
}

static void one_of_the_folder_outlives_a_crash_while_it_is_loaded(void **state)
{
    struct fake_session *f = *state;
    drop(f, "mine x=1");
    session_server_gone(f->session, false, f->now);
    assert_non_null(catalog_find(&f->session->catalog, "mine"));
}

static void the_reserved_are_not_listed(void **state)
{
    struct fake_session *f = *state;
    struct fake_answer *a = fake_call(f, "synthdef.list", NULL);
    const json_t *list = json_object_get(a->json, "synthdefs");
    static const char *const names[] = {"bell", "chord", "plain", "sine"};
    assert_int_equal(json_array_size(list), G_N_ELEMENTS(names));
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++)
        assert_string_equal(json_string_value(json_object_get(json_array_get(list, i), "name")),
                            names[i]);
    assert_answer(fake_call(f, "synthdef.show", "{'name': 'sin'}"),
                  "404 there is no SynthDef \"sin\"");
}

// --- the catalog by itself ----------------------------------------------------------------------

static void add(struct catalog *catalog, const char *text, enum synthdef_origin origin)
{
    struct synthdef *synthdef = fake_synthdef(text);
    g_autofree char *path = g_strdup_printf("/%d/%s", origin, synthdef->name);
    catalog_add(catalog, synthdef, origin, path);
    synthdef_unref(synthdef);
}

static void the_user_s_is_in_force(void **state)
{
    struct catalog catalog;
    catalog_init(&catalog);
    add(&catalog, "a x=1", ORIGIN_SHIPPED);
    add(&catalog, "a x=2", ORIGIN_USER);
    add(&catalog, "a x=3", ORIGIN_USER);
    assert_string_equal(catalog_path(&catalog, "a"), "/1/a");
    assert_int_equal(catalog_origin(&catalog, "a"), ORIGIN_USER);
    g_autoptr(GPtrArray) paths = g_ptr_array_new();
    catalog_paths(&catalog, paths);
    assert_int_equal(paths->len, 1);
    assert_true(catalog_remove(&catalog, "a", ORIGIN_USER));
    assert_false(catalog_remove(&catalog, "a", ORIGIN_USER));
    assert_string_equal(catalog_path(&catalog, "a"), "/0/a");
    assert_true(catalog_remove(&catalog, "a", ORIGIN_SHIPPED));
    assert_null(catalog_find(&catalog, "a"));
    assert_null(catalog_path(&catalog, "a"));
    assert_null(catalog_show(&catalog, "a"));
    assert_false(catalog_remove(&catalog, "a", ORIGIN_SHIPPED));
    catalog_clear(&catalog);
    catalog_clear(&catalog);
}

static void suggests_what_was_meant(void **state)
{
    struct catalog catalog;
    catalog_init(&catalog);
    add(&catalog, "kick x=1", ORIGIN_SHIPPED);
    add(&catalog, "snare x=1", ORIGIN_SHIPPED);
    add(&catalog, "farfield_guard x=1", ORIGIN_SHIPPED);
    assert_string_equal(catalog_suggest(&catalog, "kikc"), "kick");
    assert_string_equal(catalog_suggest(&catalog, "snar"), "snare");
    assert_null(catalog_suggest(&catalog, "piano"));
    assert_null(catalog_suggest(&catalog, "farfield_gard"));
    g_autofree char *long_name = g_strnfill(5000, 'k');
    assert_null(catalog_suggest(&catalog, long_name));
    catalog_clear(&catalog);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUNNING(upload_is_loaded_before_it_is_shown),
        RUNNING(what_scsynth_refuses_is_not_kept),
        RUNNING(uploads_in_base64),
        RUNNING(names_are_checked),
        RUNNING(damage_names_its_place),
        RUNNING(what_cannot_be_staged_or_kept_is_told),
        RUNNING(a_user_s_hides_a_shipped_one_until_it_is_deleted),
        RUNNING(a_deleted_one_goes_from_scsynth_too),
        RUNNING(a_running_synth_keeps_its_definition_when_a_new_one_comes),
        RUNNING(there_are_not_more_than_so_many),
        RUNNING(one_of_the_folder_is_shown_when_scsynth_has_it),
        RUNNING(one_of_the_folder_that_scsynth_refuses_is_not_shown),
        RUNNING(one_whose_file_goes_at_once_is_not_shown),
        RUNNING(one_of_the_folder_outlives_a_crash_while_it_is_loaded),
        RUNNING(the_reserved_are_not_listed),
        cmocka_unit_test(the_user_s_is_in_force),
        cmocka_unit_test(suggests_what_was_meant),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
