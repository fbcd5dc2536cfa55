// SPDX-License-Identifier: GPL-3.0-or-later
// What a SynthDef means: parameters, channels, how it ends; and how the API shows it.
#include "controller/core/synthdefs/synthdef.h"

#include "tests/unit/scgf_writer.h"

#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

// Reads what the writer makes of a definition; the caller unrefs it.
static struct synthdef *through(const struct scgf_definition *definition, int version)
{
    struct scgf_writer w = writer_write(definition, version);
    g_autoptr(GBytes) file = g_bytes_new(w.bytes->data, w.bytes->len);
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) synthdefs = synthdef_read(file, &error);
    if (!synthdefs)
        fail_msg("%s", error->message);
    assert_int_equal(synthdefs->len, 1);
    writer_clear(&w);
    return synthdef_ref(synthdefs->pdata[0]);
}

// --- parameters --------------------------------------------------------------------------------

static float initial[] = {3, 1, 0.1f, 440, 1, 2, 3, -INFINITY};
static struct scgf_name names[] = {{TEXT("list"), 4}, {TEXT("amp"), 2}, {TEXT("i_kind"), 0},
                                   {TEXT("freq"), 3}, {TEXT("mod"), 7}, {TEXT("t_hit"), 1}};
static struct scgf_unit controls[] = {
    UNIT("Control", SCGF_SCALAR, 0, 1),
    UNIT("TrigControl", SCGF_CONTROL, 1, 1),
    UNIT("Control", SCGF_CONTROL, 2, 2),
    UNIT("LagControl", SCGF_CONTROL, 4, 3, K(0), K(0), K(0)),
    UNIT("AudioControl", SCGF_AUDIO, 7, 1),
};
static float point_one[] = {0.1f};
static char *variants[] = {TEXT("zoo.small"), NULL};
static const struct scgf_definition zoo = {.name = TEXT("zoo"),
                                           .constants = point_one,
                                           .constant_count = 1,
                                           .initial = initial,
                                           .slots = G_N_ELEMENTS(initial),
                                           .names = names,
                                           .name_count = G_N_ELEMENTS(names),
                                           .units = controls,
                                           .unit_count = G_N_ELEMENTS(controls),
                                           .variants = variants,
                                           .variant_count = 1};

static void sorts_parameters_by_index(void **state)
{
    static const struct {
        const char *name;
        int index, size;
        enum control_rate rate;
        float first;
    } expected[] = {
        {"i_kind", 0, 1, RATE_SCALAR, 3},  {"t_hit", 1, 1, RATE_TRIGGER, 1},
        {"amp", 2, 1, RATE_CONTROL, 0.1f}, {"freq", 3, 1, RATE_CONTROL, 440},
        {"list", 4, 3, RATE_CONTROL, 1},   {"mod", 7, 1, RATE_AUDIO, -INFINITY},
    };
    for (int version = 0; version <= 2; version++) {
        struct synthdef *synthdef = through(&zoo, version);
        assert_int_equal(synthdef->parameters->len, G_N_ELEMENTS(expected));
        for (gsize i = 0; i < G_N_ELEMENTS(expected); i++) {
            const struct synthdef_parameter *parameter = synthdef->parameters->pdata[i];
            assert_string_equal(parameter->name, expected[i].name);
            assert_int_equal(parameter->index, expected[i].index);
            assert_int_equal(parameter->size, expected[i].size);
            assert_int_equal(parameter->rate, expected[i].rate);
            assert_true(parameter->defaults[0] == expected[i].first);
            assert_ptr_equal(synthdef_parameter(synthdef, expected[i].name), parameter);
        }
        assert_true(synthdef_parameter(synthdef, "list")->defaults[2] == 3);
        assert_null(synthdef_parameter(synthdef, "fre"));
        assert_int_equal(synthdef->variants->len, version ? 1 : 0);
        synthdef_unref(synthdef);
    }
}

static void slots_before_the_first_name_have_none(void **state)
{
    struct scgf_name late[] = {{TEXT("late"), 5}};
    struct scgf_definition definition = zoo;
    definition.names = late;
    definition.name_count = 1;
    struct synthdef *synthdef = through(&definition, 2);
    assert_int_equal(synthdef->parameters->len, 1);
    const struct synthdef_parameter *parameter = synthdef->parameters->pdata[0];
    assert_int_equal(parameter->index, 5);
    assert_int_equal(parameter->size, 3);
    synthdef_unref(synthdef);
}

static void is_shown_as_json(void **state)
{
    struct synthdef *synthdef = through(&zoo, 2);
    json_t *sidecar = json_loads(
        "{\"title\": \"Zoo\", \"words\": \"All kinds\", \"tags\": [\"a\", \"b\"], \"parameters\": "
        "{\"list\": {\"title\": \"List\", \"words\": \"Three\", \"unit\": "
        "\"s\", \"min\": 1, \"max\": 8, \"curve\": \"exponential\", "
        "\"step\": 0.5}}}",
        0, NULL);
    synthdef_describe(synthdef, sidecar);
    json_t *object = synthdef_to_json(synthdef);
    char *text = json_dumps(object, JSON_COMPACT | JSON_REAL_PRECISION(9));
    assert_string_equal(
        text,
        "{\"name\":\"zoo\",\"title\":\"Zoo\",\"words\":\"All kinds\",\"tags\":[\"a\",\"b\"],\"channels\":0,"
        "\"releasable\":false,\"one_shot\":false,\"ugens\":5,\"variants\":[\"zoo.small\"],"
        "\"parameters\":["
        "{\"name\":\"i_kind\",\"index\":0,\"size\":1,\"rate\":\"scalar\",\"default\":3},"
        "{\"name\":\"t_hit\",\"index\":1,\"size\":1,\"rate\":\"trigger\",\"default\":1},"
        "{\"name\":\"amp\",\"index\":2,\"size\":1,\"rate\":\"control\",\"default\":0.1,"
        "\"min\":0.0,\"max\":1.0,\"curve\":\"linear\"},"
        "{\"name\":\"freq\",\"index\":3,\"size\":1,\"rate\":\"control\",\"default\":440,"
        "\"unit\":\"Hz\",\"min\":20.0,\"max\":20000.0,\"curve\":\"exponential\"},"
        "{\"name\":\"list\",\"index\":4,\"size\":3,\"rate\":\"control\","
        "\"default\":[1,2,3],\"title\":\"List\",\"words\":\"Three\",\"unit\":\"s\","
        "\"min\":1.0,\"max\":8.0,\"curve\":\"exponential\",\"step\":0.5},"
        "{\"name\":\"mod\",\"index\":7,\"size\":1,\"rate\":\"audio\",\"default\":-3.40282347e38}"
        "]}");
    free(text);
    json_decref(object);
    json_decref(sidecar);
    synthdef_unref(synthdef);
}

static void shows_a_float_as_it_was_typed(void **state)
{
    static const double typed[] = {0.1, 0.2, 65.41, 1e-5, 16777216, 0.30000001, 3.14159265};
    for (gsize i = 0; i < G_N_ELEMENTS(typed); i++) {
        float value[] = {(float)typed[i]};
        struct scgf_name name[] = {{TEXT("x"), 0}};
        struct scgf_definition definition = {
            .name = TEXT("x"), .initial = value, .slots = 1, .names = name, .name_count = 1};
        struct synthdef *synthdef = through(&definition, 2);
        json_t *object = synthdef_to_json(synthdef);
        const json_t *parameter = json_array_get(json_object_get(object, "parameters"), 0);
        double shown = json_number_value(json_object_get(parameter, "default"));
        assert_true((float)shown == value[0]);
        // 0.30000001 and 3.14159265 have more digits than a float keeps.
        if (i < 5)
            assert_true(shown == typed[i]);
        json_decref(object);
        synthdef_unref(synthdef);
    }
}

// --- what the graph means ----------------------------------------------------------------------

// Constants by name, parameters by slot; unit 0 is always a Control over all of them.
enum { ZERO, ONE, TWO, MINUS_99, FIFTEEN };
static float numbers[] = {0, 1, 2, -99, 15};
enum { OUT, GATE, DONE };
static float starts[] = {0, 1, 2};
static struct scgf_name wiring[] = {{TEXT("out"), OUT}, {TEXT("gate"), GATE}, {TEXT("done"), DONE}};

#define CONTROL UNIT("Control", SCGF_CONTROL, 0, 3)
#define SOUND UNIT("DC", SCGF_AUDIO, 0, 1, K(ONE))
// An input from a parameter, or from a unit's only output.
#define PARAMETER(slot_)                                                                           \
    {                                                                                              \
        0, slot_                                                                                   \
    }
#define FROM(unit_)                                                                                \
    {                                                                                              \
        unit_, 0                                                                                   \
    }
#define GATE_IN PARAMETER(GATE)
// gate, level scale and bias, time scale, done action, first level, stages, release and loop node
#define ENVGEN(gate_, done_, release_)                                                             \
    UNIT("EnvGen", SCGF_CONTROL, 0, 1, gate_, K(ONE), K(ZERO), K(ONE), done_, K(ZERO), K(ZERO),    \
         release_, K(MINUS_99))
#define LINEN(gate_, done_) UNIT("Linen", SCGF_CONTROL, 0, 1, gate_, K(ONE), K(ONE), K(ONE), done_)

static const struct meaning {
    const char *words;
    struct scgf_unit units[4];
    bool releasable, one_shot;
    int channels;
} meanings[] = {
    {"nothing but parameters", {CONTROL}, false, false, 0},
    {"a sustained envelope", {CONTROL, ENVGEN(GATE_IN, K(TWO), K(ONE))}, true, false, 0},
    {"another done action that frees", {CONTROL, ENVGEN(GATE_IN, K(FIFTEEN), K(ONE))}, true},
    {"a done action that pauses", {CONTROL, ENVGEN(GATE_IN, K(ONE), K(ONE))}, false, false},
    {"no done action", {CONTROL, ENVGEN(GATE_IN, K(ZERO), K(ONE))}, false, false},
    {"a done action by parameter", {CONTROL, ENVGEN(GATE_IN, PARAMETER(DONE), K(ONE))}, true},
    {"an envelope that runs through has no use for its gate",
     {CONTROL, ENVGEN(GATE_IN, K(TWO), K(MINUS_99))},
     false,
     true},
    {"a constant gate that nothing can close",
     {CONTROL, ENVGEN(K(ONE), K(TWO), K(ONE))},
     false,
     false},
    {"a constant gate, running through",
     {CONTROL, ENVGEN(K(ONE), K(TWO), K(MINUS_99))},
     false,
     true},
    {"a gate that is closed for good",
     {CONTROL, ENVGEN(K(ZERO), K(TWO), K(MINUS_99))},
     false,
     false},
    {"another parameter as gate", {CONTROL, ENVGEN(PARAMETER(OUT), K(TWO), K(ONE))}, false, false},
    {"a gate through operators",
     {CONTROL, UNIT("BinaryOpUGen", SCGF_CONTROL, 2, 1, K(TWO), GATE_IN),
      UNIT("MulAdd", SCGF_CONTROL, 0, 1, FROM(1), K(ONE), K(ZERO)),
      ENVGEN(FROM(2), K(TWO), K(ONE))},
     true},
    {"a gate through something else",
     {CONTROL, UNIT("Trig", SCGF_CONTROL, 0, 1, GATE_IN, K(ONE)), ENVGEN(FROM(1), K(TWO), K(ONE))},
     false,
     true},
    {"Linen", {CONTROL, LINEN(GATE_IN, K(TWO))}, true},
    {"Linen that never frees", {CONTROL, LINEN(GATE_IN, K(ZERO))}, false, false},
    {"Linen held for good", {CONTROL, LINEN(K(ONE), K(TWO))}, false, false},
    {"Line", {CONTROL, UNIT("Line", 2, 0, 1, K(ONE), K(ZERO), K(ONE), K(TWO))}, false, true},
    {"Line that stays", {CONTROL, UNIT("Line", 2, 0, 1, K(ONE), K(ZERO), K(ONE), K(ZERO))}},
    {"XLine", {CONTROL, UNIT("XLine", 1, 0, 1, K(ONE), K(TWO), K(ONE), K(TWO))}, false, true},
    {"DetectSilence",
     {CONTROL, SOUND, UNIT("DetectSilence", 2, 0, 1, FROM(1), K(ZERO), K(ONE), K(TWO))},
     false,
     true},
    {"FreeSelf", {CONTROL, UNIT("FreeSelf", 1, 0, 1, K(ONE))}, false, true},
    {"FreeSelfWhenDone", {CONTROL, UNIT("FreeSelfWhenDone", 1, 0, 1, K(ONE))}, false, true},
    {"PlayBuf to its end",
     {CONTROL, UNIT("PlayBuf", 2, 0, 1, K(ONE), K(ONE), K(ONE), K(ZERO), K(ZERO), K(TWO))},
     false,
     true},
    {"PlayBuf in a loop",
     {CONTROL, UNIT("PlayBuf", 2, 0, 1, K(ONE), K(ONE), K(ONE), K(ZERO), K(ONE), K(TWO))}},
    {"releasable wins over what ends by itself",
     {CONTROL, ENVGEN(GATE_IN, K(TWO), K(ONE)),
      UNIT("Line", 2, 0, 1, K(ONE), K(ZERO), K(ONE), K(TWO))},
     true,
     false},
    {"mono", {CONTROL, SOUND, UNIT("Out", 2, 0, 0, K(ZERO), FROM(1))}, .channels = 1},
    {"OffsetOut",
     {CONTROL, SOUND, UNIT("OffsetOut", 2, 0, 0, K(ZERO), FROM(1), FROM(1))},
     .channels = 2},
    {"ReplaceOut",
     {CONTROL, SOUND, UNIT("ReplaceOut", 2, 0, 0, K(ZERO), FROM(1), FROM(1))},
     .channels = 2},
    {"XOut", {CONTROL, SOUND, UNIT("XOut", 2, 0, 0, K(ZERO), K(ONE), FROM(1))}, .channels = 1},
    {"the widest counts",
     {CONTROL, SOUND, UNIT("Out", 2, 0, 0, K(ZERO), FROM(1)),
      UNIT("XOut", 2, 0, 0, K(ZERO), K(ONE), FROM(1), FROM(1), FROM(1))},
     .channels = 3},
    {"a control bus is no channel", {CONTROL, UNIT("Out", 1, 0, 0, K(ZERO), K(ONE))}},
    {"nor is LocalOut", {CONTROL, SOUND, UNIT("LocalOut", 2, 0, 0, FROM(1), FROM(1))}},
};

static void knows_what_a_graph_means(void **state)
{
    for (gsize i = 0; i < G_N_ELEMENTS(meanings); i++) {
        const struct meaning *m = &meanings[i];
        struct scgf_definition definition = {.name = TEXT("meaning"),
                                             .constants = numbers,
                                             .constant_count = G_N_ELEMENTS(numbers),
                                             .initial = starts,
                                             .slots = G_N_ELEMENTS(starts),
                                             .names = wiring,
                                             .name_count = G_N_ELEMENTS(wiring),
                                             .units = (struct scgf_unit *)m->units};
        while (definition.unit_count < 4 && m->units[definition.unit_count].type)
            definition.unit_count++;
        struct synthdef *synthdef = through(&definition, 2);
        if (synthdef->releasable != m->releasable || synthdef->one_shot != m->one_shot ||
            synthdef->channels != m->channels)
            fail_msg("%s: releasable %d, one_shot %d, channels %d", m->words, synthdef->releasable,
                     synthdef->one_shot, synthdef->channels);
        synthdef_unref(synthdef);
    }
}

// A gate that is fixed at the start, or falls by itself, is none to release by.
static void a_scalar_or_trigger_gate_does_not_release(void **state)
{
    struct scgf_unit units[] = {CONTROL, ENVGEN(GATE_IN, K(TWO), K(ONE))};
    struct scgf_definition definition = {.name = TEXT("gate"),
                                         .constants = numbers,
                                         .constant_count = G_N_ELEMENTS(numbers),
                                         .initial = starts,
                                         .slots = G_N_ELEMENTS(starts),
                                         .names = wiring,
                                         .name_count = G_N_ELEMENTS(wiring),
                                         .units = units,
                                         .unit_count = 2};
    units[0].rate = SCGF_SCALAR;
    struct synthdef *scalar = through(&definition, 2);
    assert_false(scalar->releasable);
    assert_false(scalar->one_shot);
    synthdef_unref(scalar);
    units[0].rate = SCGF_CONTROL;
    units[0].type = TEXT("TrigControl");
    struct synthdef *trigger = through(&definition, 2);
    assert_false(trigger->releasable);
    assert_true(trigger->one_shot);
    synthdef_unref(trigger);
}

// Linear in the number of units, where a naive walk from the envelope up would take 2^n steps.
static void a_deep_graph_takes_no_time(void **state)
{
    enum { DEPTH = 20000 };
    char operator[] = "BinaryOpUGen";
    g_autofree struct scgf_unit *units = g_new0(struct scgf_unit, DEPTH + 2);
    g_autofree struct scgf_input *inputs = g_new0(struct scgf_input, 2 * DEPTH);
    units[0] = (struct scgf_unit)CONTROL;
    for (int i = 1; i <= DEPTH; i++) {
        struct scgf_input *pair = &inputs[2 * (i - 1)];
        pair[0] = pair[1] = (struct scgf_input){i - 1, i == 1 ? GATE : 0};
        units[i] = (struct scgf_unit){operator, SCGF_CONTROL, 0, 2, 1, pair};
    }
    units[DEPTH + 1] = (struct scgf_unit)ENVGEN(PARAMETER(GATE), K(TWO), K(ONE));
    units[DEPTH + 1].inputs[0] = (struct scgf_input){DEPTH, 0};
    struct scgf_definition definition = {.name = TEXT("deep"),
                                         .constants = numbers,
                                         .constant_count = G_N_ELEMENTS(numbers),
                                         .initial = starts,
                                         .slots = G_N_ELEMENTS(starts),
                                         .names = wiring,
                                         .name_count = G_N_ELEMENTS(wiring),
                                         .units = units,
                                         .unit_count = DEPTH + 2};
    struct synthdef *synthdef = through(&definition, 2);
    assert_true(synthdef->releasable);
    synthdef_unref(synthdef);
}

// --- the definitions that ship -----------------------------------------------------------------

static struct synthdef *load(const char *name)
{
    g_autofree char *path = g_strdup_printf("synthdefs/%s.scsyndef", name);
    char *bytes;
    gsize length;
    assert_true(g_file_get_contents(path, &bytes, &length, NULL));
    g_autoptr(GBytes) file = g_bytes_new_take(bytes, length);
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) synthdefs = synthdef_read(file, &error);
    if (!synthdefs)
        fail_msg("%s: %s", path, error->message);
    struct synthdef *synthdef = synthdef_ref(synthdefs->pdata[0]);
    assert_string_equal(synthdef->name, name);
    assert_true(g_bytes_equal(synthdef->bytes, file));
    return synthdef;
}

static void reads_what_ships(void **state)
{
    static const struct {
        const char *name;
        bool releasable, one_shot;
        const char *parameters;
    } expected[] = {
        {"bass", true, false, "out freq amp pan gate cutoff resonance bite drive sub release"},
        {"bell", false, true, "out freq amp pan decay brightness"},
        {"click", false, true, "out amp pan"},
        {"default", true, false, "out freq amp pan gate"},
        {"drone", true, false, "out freq amp pan gate attack release brightness motion fifth"},
        {"farfield_guard", false, false, "gain mute bus"},
        {"hat", false, true, "out freq amp pan decay metal tone"},
        {"kick", false, true, "out freq amp pan decay sweep tick"},
        {"noise", true, false, "out freq amp pan gate attack release width color"},
        {"pad", true, false, "out freq amp pan gate attack release cutoff detune motion"},
        {"pluck", false, true, "out freq amp pan decay brightness position"},
        {"sine", true, false, "out freq amp pan gate attack release"},
        {"snare", false, true, "out freq amp pan decay snap tone"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(expected); i++) {
        struct synthdef *synthdef = load(expected[i].name);
        assert_int_equal(synthdef->releasable, expected[i].releasable);
        assert_int_equal(synthdef->one_shot, expected[i].one_shot);
        assert_int_equal(synthdef->channels, 2);
        g_autoptr(GString) parameters = g_string_new(NULL);
        for (guint j = 0; j < synthdef->parameters->len; j++) {
            const struct synthdef_parameter *parameter = synthdef->parameters->pdata[j];
            g_string_append_printf(parameters, "%s%s", j ? " " : "", parameter->name);
            assert_int_equal(parameter->size, 1);
            // Nobody shall point the guard at another bus while it runs.
            bool fixed = strcmp(parameter->name, "bus") == 0;
            assert_int_equal(parameter->rate, fixed ? RATE_SCALAR : RATE_CONTROL);
        }
        assert_string_equal(parameters->str, expected[i].parameters);
        synthdef_unref(synthdef);
    }
}

static void a_reference_keeps_it(void **state)
{
    struct synthdef *synthdef = through(&zoo, 2);
    assert_ptr_equal(synthdef_ref(synthdef), synthdef);
    synthdef_unref(synthdef);
    assert_string_equal(synthdef->name, "zoo");
    synthdef_unref(synthdef);
    synthdef_unref(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sorts_parameters_by_index),
        cmocka_unit_test(slots_before_the_first_name_have_none),
        cmocka_unit_test(is_shown_as_json),
        cmocka_unit_test(shows_a_float_as_it_was_typed),
        cmocka_unit_test(knows_what_a_graph_means),
        cmocka_unit_test(a_scalar_or_trigger_gate_does_not_release),
        cmocka_unit_test(a_deep_graph_takes_no_time),
        cmocka_unit_test(reads_what_ships),
        cmocka_unit_test(a_reference_keeps_it),
    };
    return cmocka_run_group_tests_name("synthdef", tests, NULL, NULL);
}
