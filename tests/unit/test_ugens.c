// SPDX-License-Identifier: GPL-3.0-or-later
// What scsynth's UGens want, and what is said where they do not get it. Each refused definition
// ends scsynth 3.13 when it is let in.
#include "controller/core/synthdefs/ugens.h"

#include "tests/unit/scgf_writer.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

// Constants by name.
enum { ZERO, ONE, TWO, HALF, MINUS, HUGE_ONE, INF };
static float numbers[] = {0, 1, 2, 0.5f, -1, 1e30f, INFINITY};
#define FROM(unit_)                                                                                \
    {                                                                                              \
        unit_, 0                                                                                   \
    }
#define SINE UNIT("SinOsc", SCGF_AUDIO, 0, 1, K(TWO), K(ZERO))
#define SLOW UNIT("SinOsc", SCGF_CONTROL, 0, 1, K(TWO), K(ZERO))
#define SERIES(times_) UNIT("Dseries", SCGF_DEMAND, 0, 1, times_, K(ONE), K(ONE))
#define LOCALS(most_) UNIT("MaxLocalBufs", SCGF_SCALAR, 0, 1, most_)
#define LOCAL(channels_, frames_) UNIT("LocalBuf", SCGF_SCALAR, 0, 1, channels_, frames_, FROM(0))

static const struct {
    struct scgf_unit units[3];
    const char *refusal; // without its byte; NULL where it is fine
} cases[] = {
    {{SINE, UNIT("Out", SCGF_AUDIO, 0, 0, K(ZERO), FROM(0))}, NULL},
    {{UNIT("SinOsc", SCGF_AUDIO, 0, 1, K(TWO))}, "SinOsc (unit 0): expected 2 inputs, found 1"},
    {{UNIT("SinOsc", SCGF_AUDIO, 0, 2, K(TWO), K(ZERO))},
     "SinOsc (unit 0): expected 1 outputs, found 2"},
    {{UNIT("SinOsc", SCGF_DEMAND, 0, 1, K(TWO), K(ZERO))},
     "SinOsc (unit 0): it does not run at demand rate"},
    {{UNIT("SinOsk", SCGF_AUDIO, 0, 1, K(TWO), K(ZERO))},
     "SinOsk (unit 0): there is no UGen of this name here"},
    {{SLOW, UNIT("Out", SCGF_AUDIO, 0, 0, K(ZERO), FROM(0))},
     "Out (unit 1): expected input 1 at audio rate"},
    {{SLOW, UNIT("Out", SCGF_CONTROL, 0, 0, K(ZERO), FROM(0))}, NULL},
    {{SINE, UNIT("UnaryOpUGen", SCGF_CONTROL, 0, 1, FROM(0))},
     "UnaryOpUGen (unit 1): its rate, 1, and those of its inputs do not go together"},
    {{SINE, UNIT("UnaryOpUGen", SCGF_AUDIO, 77, 1, FROM(0))},
     "UnaryOpUGen (unit 1): expected a special index from 0 to 53, found 77"},
    {{SINE, SLOW, UNIT("MulAdd", SCGF_AUDIO, 0, 1, FROM(1), FROM(0), K(ONE))},
     "MulAdd (unit 2): its rate, 2, and those of its inputs do not go together"},
    {{SINE, SLOW, UNIT("Sum3", SCGF_AUDIO, 0, 1, FROM(0), K(ONE), FROM(1))},
     "Sum3 (unit 2): its rate, 2, and those of its inputs do not go together"},
    {{UNIT("EnvGen", SCGF_CONTROL, 0, 1, K(ONE), K(ONE), K(ZERO), K(ONE), K(TWO), K(ZERO), K(TWO),
           K(ONE), K(MINUS))},
     "EnvGen (unit 0): expected at least 17 inputs, found 9"},
    {{UNIT("Poll", SCGF_CONTROL, 0, 1, K(ONE), K(ONE), K(ONE), K(MINUS))},
     "Poll (unit 0): expected input 3 from 0 to 16384, found -1"},
    {{UNIT("PlayBuf", SCGF_AUDIO, 0, 0, K(ZERO), K(ONE), K(ONE), K(ZERO), K(ZERO), K(ZERO))},
     "PlayBuf (unit 0): expected at least 1 outputs, found 0"},
    {{LOCALS(K(ONE)), LOCAL(K(ONE), K(TWO))}, NULL},
    {{LOCALS(K(ZERO)), LOCAL(K(ONE), K(TWO))},
     "LocalBuf (unit 1): expected a MaxLocalBufs of at least 1 before it"},
    {{LOCALS(K(HUGE_ONE))}, "MaxLocalBufs (unit 0): expected input 0 from 0 to 1024, found 1e+30"},
    {{LOCALS(K(ONE)), LOCAL(K(ONE), K(MINUS))},
     "LocalBuf (unit 1): expected input 1 from 1 to 2.14748e+09, found -1"},
    // What it makes of no channels at all is overrun by an FFT.
    {{LOCALS(K(ONE)), LOCAL(FROM(0), K(TWO))},
     "LocalBuf (unit 1): expected input 0 to be a constant"},
    {{SINE, UNIT("PV_MagSmear", SCGF_CONTROL, 0, 1, FROM(0), K(ONE))},
     "PV_MagSmear (unit 1): expected an FFT chain as input 0, found SinOsc"},
    {{SERIES(K(TWO)), UNIT("Dseq", SCGF_DEMAND, 0, 1, K(INF), FROM(0))}, NULL},
    {{SERIES(K(ZERO)), UNIT("Dseq", SCGF_DEMAND, 0, 1, K(INF), FROM(0))},
     "Dseries (unit 0): expected at least 1 as input 0, as Dseq repeats it, found 0"},
    {{SERIES(K(TWO)), UNIT("Impulse", SCGF_AUDIO, 0, 1, FROM(0), K(ZERO))},
     "Impulse (unit 1): expected input 0 not at demand rate"},
    {{UNIT("XLine", SCGF_CONTROL, 0, 1, K(ONE), K(TWO), K(MINUS), K(ZERO))},
     "XLine (unit 0): expected input 2 from 0 to 2863312 seconds, found -1"},
    {{UNIT("MouseX", SCGF_CONTROL, 0, 1, K(ZERO), K(INF), K(ZERO), K(HALF))},
     "MouseX (unit 0): expected input 1 from -1e+12 to 1e+12, found inf"},
};

static struct scgf_definition definition_of(const struct scgf_unit *units, int most)
{
    struct scgf_definition definition = {.name = TEXT("x"),
                                         .constants = numbers,
                                         .constant_count = G_N_ELEMENTS(numbers),
                                         .units = (struct scgf_unit *)units};
    while (definition.unit_count < most && units[definition.unit_count].type)
        definition.unit_count++;
    return definition;
}

static void refuses_what_ends_scsynth(void **state)
{
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        struct scgf_definition definition = definition_of(cases[i].units, 3);
        g_autoptr(GError) error = NULL;
        bool good = ugens_check(&definition, &error);
        const char *said = good ? NULL : strstr(error->message, ": ") + 2;
        if (g_strcmp0(said, cases[i].refusal) != 0)
            fail_msg("case %zu: %s, not %s", i, said, cases[i].refusal);
    }
}

static void reckons_memory(void **state)
{
    // 2 s at 48 kHz are 131072 frames, the next power of two.
    const struct scgf_unit delay[] = {SINE,
                                      UNIT("DelayN", SCGF_AUDIO, 0, 1, FROM(0), K(TWO), K(ONE))};
    struct scgf_definition definition = definition_of(delay, 2);
    int unit;
    assert_true(ugens_memory(&definition, 48000, &unit) == 131072 * 4);
    assert_int_equal(unit, 1);
    const struct scgf_unit local[] = {LOCALS(K(ONE)), LOCAL(K(TWO), K(TWO))};
    definition = definition_of(local, 2);
    assert_true(ugens_memory(&definition, 48000, &unit) == 16);
    const struct scgf_unit sine[] = {SINE};
    definition = definition_of(sine, 1);
    assert_true(ugens_memory(&definition, 48000, &unit) == 0);
    assert_int_equal(unit, -1);
}

static void knows_ugens_of_core_and_plugins(void **state)
{
    assert_string_equal(ugen_find("SinOsc")->plugin, "OscUGens");
    assert_string_equal(ugen_find("MoogLadder")->plugin, "BhobFilt");
    assert_null(ugen_find("AnalogIn"));
    assert_null(ugen_find(""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_what_ends_scsynth),
        cmocka_unit_test(reckons_memory),
        cmocka_unit_test(knows_ugens_of_core_and_plugins),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
