// SPDX-License-Identifier: GPL-3.0-or-later
// Sidecars: what is accepted, what is refused and why, what a parameter learns.
#include "controller/core/synthdefs/sidecar.h"

#include "common/error.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static void accepts(void **state)
{
    static const char *const texts[] = {
        "{}",
        "{\"title\": \"A\", \"words\": \"\", \"tags\": [], \"parameters\": {}}",
        "{\"tags\": [\"drum\"], \"parameters\": {\"x\": {}}, \"author\": {\"any\": 1}}",
        "{\"parameters\": {\"x\": {\"min\": -1, \"max\": 1.5}}}",
        "{\"parameters\": {\"x\": {\"min\": 0, \"max\": 8, \"step\": 1, \"curve\": \"linear\"}}}",
        "{\"parameters\": {\"x\": {\"min\": 1e-300, \"max\": 1, \"curve\": \"exponential\"}}}",
        "{\"parameters\": {\"x\": {\"min\": -9, \"max\": -1, \"curve\": \"exponential\"}}}",
        "{\"parameters\": {\"x\": {\"title\": \"X\", \"words\": \"w\", \"unit\": \"\\u00b5s\"}}}",
    };
    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_autoptr(GError) error = NULL;
        json_t *sidecar = sidecar_parse(texts[i], strlen(texts[i]), &error);
        if (!sidecar)
            fail_msg("%s: %s", texts[i], error->message);
        json_decref(sidecar);
    }
}

#define X(members_) "{\"parameters\": {\"x\": {" members_ "}}}"

static void refuses(void **state)
{
    static const struct {
        const char *text, *sentence;
    } refused[] = {
        {"", "line 1, column 0"},
        {"{", "line 1, column 1"},
        {"{\"title\": \"a\",\n \"title\": \"b\"}", "duplicate object key"},
        {"{} {}", "end of file expected"},
        {"[]", "expected an object"},
        {"{\"title\": 1}", "title: expected a string"},
        {"{\"words\": [\"a\"]}", "words: expected a string"},
        {"{\"title\": null}", "title: expected a string"},
        {"{\"tags\": \"drum\"}", "tags: expected a list of strings"},
        {"{\"tags\": [\"drum\", 7]}", "tags.1: expected a string"},
        {"{\"parameters\": []}", "parameters: expected an object"},
        {"{\"parameters\": {\"x\": 1}}", "parameters.x: expected an object"},
        {X("\"title\": 1"), "parameters.x.title: expected a string"},
        {X("\"words\": {}"), "parameters.x.words: expected a string"},
        {X("\"unit\": false"), "parameters.x.unit: expected a string"},
        {X("\"min\": \"0\", \"max\": 1"), "parameters.x.min: expected a number"},
        {X("\"min\": 0, \"max\": true"), "parameters.x.max: expected a number"},
        {X("\"min\": 0, \"max\": 1e999"), "line 1"},
        {X("\"min\": 0, \"max\": NaN"), "line 1"},
        {X("\"min\": 0"), "parameters.x.max: expected too, a range has both ends"},
        {X("\"max\": 0"), "parameters.x.min: expected too, a range has both ends"},
        {X("\"min\": 1, \"max\": 1"), "parameters.x.max: expected more than min, 1"},
        {X("\"min\": 2, \"max\": 1"), "parameters.x.max: expected more than min, 2"},
        {X("\"min\": 0, \"max\": 1, \"step\": 0"), "parameters.x.step: expected more than 0"},
        {X("\"min\": 0, \"max\": 1, \"step\": -1"), "parameters.x.step: expected more than 0"},
        {X("\"min\": 0, \"max\": 1, \"step\": []"), "parameters.x.step: expected a number"},
        {X("\"step\": 1"), "parameters.x.step: expected only beside min and max"},
        {X("\"curve\": \"linear\""), "parameters.x.curve: expected only beside min and max"},
        {X("\"min\": 0, \"max\": 1, \"curve\": \"exp\""),
         "parameters.x.curve: expected \"linear\""},
        {X("\"min\": 0, \"max\": 1, \"curve\": 1"), "parameters.x.curve: expected \"linear\""},
        {X("\"min\": 0, \"max\": 1, \"curve\": \"exponential\""), "on one side of 0"},
        {X("\"min\": -1, \"max\": 1, \"curve\": \"exponential\""), "on one side of 0"},
        {X("\"min\": -1, \"max\": 0, \"curve\": \"exponential\""), "on one side of 0"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(refused); i++) {
        g_autoptr(GError) error = NULL;
        if (sidecar_parse(refused[i].text, strlen(refused[i].text), &error))
            fail_msg("%s: was accepted", refused[i].text);
        assert_true(g_error_matches(error, FARFIELD_ERROR, ERROR_INVALID));
        if (!strstr(error->message, refused[i].sentence))
            fail_msg("%s: %s", refused[i].text, error->message);
    }
}

static void refuses_large_and_deep(void **state)
{
    g_autofree char *deep = g_strnfill(SIDECAR_MAX_BYTES, '[');
    g_autoptr(GError) error = NULL;
    assert_null(sidecar_parse(deep, SIDECAR_MAX_BYTES, &error));
    assert_true(g_error_matches(error, FARFIELD_ERROR, ERROR_INVALID));
    g_clear_error(&error);
    assert_null(sidecar_parse(deep, SIDECAR_MAX_BYTES + 1, &error));
    assert_true(g_error_matches(error, FARFIELD_ERROR, ERROR_TOO_LARGE));
}

static void describe(struct synthdef_parameter *parameter, const char *name, const char *entry)
{
    parameter->name = (char *)name;
    json_t *object = entry ? json_loads(entry, 0, NULL) : NULL;
    sidecar_describe_parameter(parameter, object);
    json_decref(object);
}

static void forget(struct synthdef_parameter *parameter)
{
    describe(parameter, "nothing", NULL);
    assert_null(parameter->title);
    assert_null(parameter->words);
    assert_null(parameter->unit);
    assert_false(parameter->has_range);
}

static void takes_well_known_names(void **state)
{
    static const struct {
        const char *name, *unit;
        double min, max;
        enum parameter_curve curve;
    } known[] = {
        {"freq", "Hz", 20, 20000, CURVE_EXPONENTIAL}, {"amp", NULL, 0, 1, CURVE_LINEAR},
        {"pan", NULL, -1, 1, CURVE_LINEAR},           {"rq", NULL, 0.001, 2, CURVE_EXPONENTIAL},
        {"rate", NULL, 0.125, 8, CURVE_EXPONENTIAL},  {"delay", "s", 0.0001, 1, CURVE_EXPONENTIAL},
        {"midinote", NULL, 0, 127, CURVE_LINEAR},     {"detune", "Hz", -20, 20, CURVE_LINEAR},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(known); i++) {
        struct synthdef_parameter parameter = {0};
        describe(&parameter, known[i].name, NULL);
        assert_true(parameter.has_range);
        assert_true(parameter.min == known[i].min && parameter.max == known[i].max);
        assert_int_equal(parameter.curve, known[i].curve);
        if (known[i].unit)
            assert_string_equal(parameter.unit, known[i].unit);
        else
            assert_null(parameter.unit);
        forget(&parameter);
    }
}

static void knows_nothing_of_the_rest(void **state)
{
    static const char *const names[] = {"out",  "in",        "buf",  "bufnum",
                                        "gate", "frequency", "Freq", ""};
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        struct synthdef_parameter parameter = {0};
        describe(&parameter, names[i], NULL);
        assert_false(parameter.has_range);
        assert_null(parameter.unit);
    }
}

static void an_entry_wins_over_the_name(void **state)
{
    struct synthdef_parameter parameter = {0};
    describe(&parameter, "freq",
             "{\"title\": \"Pitch\", \"words\": \"How high\", \"unit\": \"st\", \"min\": -12, "
             "\"max\": 12, \"step\": 1}");
    assert_string_equal(parameter.title, "Pitch");
    assert_string_equal(parameter.words, "How high");
    assert_string_equal(parameter.unit, "st");
    assert_true(parameter.min == -12 && parameter.max == 12 && parameter.step == 1);
    assert_int_equal(parameter.curve, CURVE_LINEAR);
    // Another sidecar, another meaning: nothing of the first is left.
    describe(&parameter, "freq", "{\"min\": 1, \"max\": 2, \"curve\": \"exponential\"}");
    assert_null(parameter.title);
    assert_null(parameter.unit);
    assert_true(parameter.step == 0);
    assert_int_equal(parameter.curve, CURVE_EXPONENTIAL);
    forget(&parameter);
}

static void the_name_fills_what_the_entry_leaves_open(void **state)
{
    struct synthdef_parameter parameter = {0};
    describe(&parameter, "freq", "{\"words\": \"Pitch\"}");
    assert_string_equal(parameter.words, "Pitch");
    assert_string_equal(parameter.unit, "Hz");
    assert_true(parameter.has_range && parameter.max == 20000);
    forget(&parameter);
}

static struct synthdef *load(const char *name)
{
    g_autofree char *path = g_strdup_printf("synthdefs/%s", name);
    char *bytes;
    gsize length;
    assert_true(g_file_get_contents(path, &bytes, &length, NULL));
    g_autoptr(GBytes) file = g_bytes_new_take(bytes, length);
    g_autoptr(GPtrArray) synthdefs = synthdef_read(file, NULL);
    assert_non_null(synthdefs);
    return synthdef_ref(synthdefs->pdata[0]);
}

// Every sidecar that ships is accepted, names only parameters that are there, and every default
// lies within its range.
static void what_ships_is_described(void **state)
{
    g_autoptr(GDir) folder = g_dir_open("synthdefs", 0, NULL);
    const char *name;
    int count = 0;
    while (folder && (name = g_dir_read_name(folder))) {
        if (!g_str_has_suffix(name, ".scsyndef"))
            continue;
        struct synthdef *synthdef = load(name);
        g_autofree char *path = g_strdup_printf("synthdefs/%s.json", synthdef->name);
        g_autofree char *text = NULL;
        gsize length;
        assert_true(g_file_get_contents(path, &text, &length, NULL));
        g_autoptr(GError) error = NULL;
        json_t *sidecar = sidecar_parse(text, length, &error);
        if (!sidecar)
            fail_msg("%s: %s", path, error->message);
        synthdef_describe(synthdef, sidecar);
        assert_non_null(synthdef->title);
        assert_non_null(synthdef->words);
        const char *key;
        json_t *entry;
        json_object_foreach(json_object_get(sidecar, "parameters"), key, entry)
        {
            const struct synthdef_parameter *parameter = synthdef_parameter(synthdef, key);
            if (!parameter)
                fail_msg("%s: no parameter %s", path, key);
            assert_true(parameter->has_range);
            // A default is a float, its range a double.
            assert_true(parameter->defaults[0] >= parameter->min - 1e-6);
            assert_true(parameter->defaults[0] <= parameter->max + 1e-6);
        }
        json_decref(sidecar);
        synthdef_unref(synthdef);
        count++;
    }
    assert_in_range(count, 13, 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(accepts),
        cmocka_unit_test(refuses),
        cmocka_unit_test(refuses_large_and_deep),
        cmocka_unit_test(takes_well_known_names),
        cmocka_unit_test(knows_nothing_of_the_rest),
        cmocka_unit_test(an_entry_wins_over_the_name),
        cmocka_unit_test(the_name_fills_what_the_entry_leaves_open),
        cmocka_unit_test(what_ships_is_described),
    };
    return cmocka_run_group_tests_name("sidecar", tests, NULL, NULL);
}
