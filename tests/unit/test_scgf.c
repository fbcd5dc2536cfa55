// SPDX-License-Identifier: GPL-3.0-or-later
// The reader of SCgf bytes: what is sound is read alike in every version, what is not is refused
// with the byte at which it goes wrong.
#include "controller/core/scgf.h"

#include "common/error.h"
#include "tests/unit/scgf_writer.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

// --- the sound file that the malformed ones are made of ----------------------------------------

static float constants[] = {440, 0, 2, INFINITY};
static float initial[] = {0, 1, 0.5f, 0.1f, 0.2f, 0.3f, 7};
static struct scgf_name names[] = {
    {TEXT("gate"), 1}, {TEXT("out"), 0}, {TEXT("amp"), 2}, {TEXT("mod"), 6}, {TEXT("list"), 3}};
static char *variants[] = {TEXT("ref.soft"), TEXT("ref.loud"), NULL};
static struct scgf_unit units[] = {
    UNIT("Control", SCGF_SCALAR, 0, 1),
    UNIT("TrigControl", SCGF_CONTROL, 1, 1),
    UNIT("LagControl", SCGF_CONTROL, 2, 2, K(1), K(1)),
    UNIT("Control", SCGF_CONTROL, 4, 2),
    UNIT("AudioControl", SCGF_AUDIO, 6, 1),
    UNIT("SinOsc", SCGF_AUDIO, 0, 1, K(0), K(1)),
    UNIT("BinaryOpUGen", SCGF_AUDIO, 2, 1, {5, 0}, {2, 1}),
    UNIT("Pan2", SCGF_AUDIO, 0, 2, {6, 0}, K(1), K(2)),
    UNIT("Out", SCGF_AUDIO, 0, 0, {0, 0}, {7, 0}, {7, 1}),
    UNIT("XOut", SCGF_AUDIO, 0, 0, {0, 0}, K(1), {7, 0}),
    UNIT("LocalOut", SCGF_AUDIO, 0, 0, {4, 0}),
};
static const struct scgf_definition reference = {
    .name = TEXT("ref"),
    .constants = constants,
    .initial = initial,
    .names = names,
    .units = units,
    .variants = variants,
    .constant_count = G_N_ELEMENTS(constants),
    .slots = G_N_ELEMENTS(initial),
    .name_count = G_N_ELEMENTS(names),
    .unit_count = G_N_ELEMENTS(units),
    .variant_count = 2,
};

// --- the malformed ones ------------------------------------------------------------------------

enum damage {
    SET,    // the number at `field` becomes `value`, in its width
    BYTE,   // the byte at `field` + `shift` becomes `value`
    NAME,   // the name at `field` becomes `text`
    CUT,    // the file ends at `field` + `shift`
    INSERT, // `value` bytes of 0 before `field`
    REMOVE, // `value` bytes from `field` on
};

static const struct malformed {
    enum damage damage;
    const char *field;
    int shift;
    gint64 value;
    const char *text;
    const char *at; // the field, and how far behind it, that the sentence must name
    int behind;
    const char *phrase;
    int from_version;
} malformed[] = {
    // The header.
    {CUT, "magic", 0, 0, NULL, "magic", 0, "expected \"SCgf\" (4 bytes), the file ends after 0"},
    {CUT, "magic", 3, 0, NULL, "magic", 0, "expected \"SCgf\" (4 bytes), the file ends after 3"},
    {SET, "magic", 0, 0x53436765, NULL, "magic", 0, "this is not a SynthDef file"},
    {SET, "magic", 0, 0x66674353, NULL, "magic", 0, "this is not a SynthDef file"},
    {SET, "magic", 0, 0x52494646, NULL, "magic", 0, "this is not a SynthDef file"},
    {CUT, "version", 2, 0, NULL, "version", 0, "expected the version (4 bytes), the file ends"},
    {SET, "version", 0, 3, NULL, "version", 0, "expected version 0, 1 or 2, found 3"},
    {SET, "version", 0, -1, NULL, "version", 0, "expected version 0, 1 or 2, found -1"},
    {SET, "version", 0, 0x01000000, NULL, "version", 0, "expected version 0, 1 or 2"},
    {SET, "version", 0, INT32_MIN, NULL, "version", 0, "expected version 0, 1 or 2"},
    {CUT, "definitions", 1, 0, NULL, "definitions", 0, "expected the number of definitions"},
    {SET, "definitions", 0, 0, NULL, "definitions", 0, "expected at least 1 definition, found 0"},
    {SET, "definitions", 0, -1, NULL, "definitions", 0, "expected at least 1 definition"},
    {SET, "definitions", 0, -32768, NULL, "definitions", 0, "expected at least 1 definition"},
    {SET, "definitions", 0, 2, NULL, "end", 0, "expected a definition's name (1 byte)"},
    {SET, "definitions", 0, 32767, NULL, "end", 0, "expected a definition's name (1 byte)"},
    {INSERT, "end", 0, 1, NULL, "end", 0, "expected the end of the file, found 1 more bytes"},
    {INSERT, "end", 0, 999, NULL, "end", 0, "expected the end of the file, found 999 more"},
    // The definition's name.
    {CUT, "name", 0, 0, NULL, "name", 0, "expected a definition's name (1 byte)"},
    {CUT, "name", 1, 0, NULL, "name", 1, "expected a definition's name (3 bytes), the file ends"},
    {CUT, "name", 3, 0, NULL, "name", 1, "the file ends after 2"},
    {SET, "name", 0, 0, NULL, "name", 0, "expected a definition's name, found an empty one"},
    {BYTE, "name", 2, 0, NULL, "name", 1, "expected a definition's name in UTF-8"},
    {BYTE, "name", 2, 0xff, NULL, "name", 1, "expected a definition's name in UTF-8"},
    {BYTE, "name", 3, 0xc3, NULL, "name", 1, "expected a definition's name in UTF-8"},
    {BYTE, "name", 1, '\n', NULL, "name", 1, "without control characters"},
    {BYTE, "name", 1, 0x7f, NULL, "name", 1, "without control characters"},
    {BYTE, "name", 2, '/', NULL, "name", 1, "expected a definition's name without '/'"},
    {NAME, "name", 0, 0, "../../etc", "name", 1, "expected a definition's name without '/'"},
    {NAME, "name", 0, 0, "\xc0\xaf", "name", 1, "expected a definition's name in UTF-8"},
    {NAME, "name", 0, 0, "\xed\xa0\x80", "name", 1, "expected a definition's name in UTF-8"},
    {NAME, "name", 0, 0, "\xc2\x85", "name", 1, "without control characters"},
    // Constants.
    {CUT, "constants", 0, 0, NULL, "constants", 0, "expected the number of constants"},
    {CUT, "constants", 1, 0, NULL, "constants", 0, "the file ends after 1"},
    {SET, "constants", 0, -1, NULL, "constants", 0, "expected 0 to 65536 constants, found -1"},
    {SET, "constants", 0, INT32_MIN, NULL, "constants", 0, "expected 0 to 65536 constants", 2},
    {SET, "constants", 0, INT32_MAX, NULL, "constants", 0, "expected 0 to 65536 constants", 2},
    {SET, "constants", 0, 0x40000001, NULL, "constants", 0, "expected 0 to 65536 constants", 2},
    {SET, "constants", 0, 65537, NULL, "constants", 0, "0 to 65536 constants, found 65537", 2},
    {SET, "constants", 0, 65536, NULL, "constant0", 0, "65536 constants (262144 bytes)", 2},
    {SET, "constants", 0, -32768, NULL, "constants", 0, "expected 0 to 65536 constants"},
    {SET, "constants", 0, 32767, NULL, "constant0", 0, "expected 32767 constants (131068 bytes)"},
    {CUT, "constant0", 0, 0, NULL, "constant0", 0, "expected 4 constants (16 bytes)"},
    {CUT, "constant3", 3, 0, NULL, "constant0", 0,
     "4 constants (16 bytes), the file ends after 15"},
    {SET, "constant0", 0, 0x7fc00000, NULL, "constant0", 0, "expected a number as constant 0"},
    {SET, "constant2", 0, 0xffc00000, NULL, "constant2", 0, "constant 2, found NaN"},
    {SET, "constant3", 0, 0x7f800001, NULL, "constant3", 0, "constant 3, found NaN"},
    // Parameters.
    {CUT, "slots", 0, 0, NULL, "slots", 0, "expected the number of parameters"},
    {SET, "slots", 0, -1, NULL, "slots", 0, "expected 0 to 16384 parameters, found -1"},
    {SET, "slots", 0, INT32_MAX, NULL, "slots", 0, "expected 0 to 16384 parameters", 2},
    {SET, "slots", 0, 16385, NULL, "slots", 0, "expected 0 to 16384 parameters, found 16385"},
    {SET, "slots", 0, 16384, NULL, "slot0", 0, "expected 16384 parameters (65536 bytes)"},
    {CUT, "slot0", 2, 0, NULL, "slot0", 0, "7 parameters (28 bytes), the file ends after 2"},
    {CUT, "slot6", 0, 0, NULL, "slot0", 0, "7 parameters (28 bytes), the file ends after 24"},
    {SET, "slot0", 0, 0x7fffffff, NULL, "slot0", 0, "expected a number as parameter 0"},
    {SET, "slot6", 0, 0xffffffff, NULL, "slot6", 0, "expected a number as parameter 6"},
    // Their names.
    {CUT, "names", 0, 0, NULL, "names", 0, "expected the number of parameter names"},
    {SET, "names", 0, -1, NULL, "names", 0, "expected 0 to 16384 parameter names, found -1"},
    {SET, "names", 0, -32768, NULL, "names", 0, "expected 0 to 16384 parameter names"},
    {SET, "names", 0, INT32_MIN, NULL, "names", 0, "expected 0 to 16384 parameter names", 2},
    {SET, "names", 0, 16385, NULL, "names", 0, "expected 0 to 16384 parameter names"},
    {SET, "names", 0, 8, NULL, "names", 0, "at most 7 parameter names, one a parameter, found 8"},
    {SET, "names", 0, 16384, NULL, "name0", 0, "expected 16384 parameter names"},
    {CUT, "name0", 0, 0, NULL, "name0", 0, "expected 5 parameter names"},
    {SET, "name0", 0, 0, NULL, "name0", 0, "expected a parameter's name, found an empty one"},
    {SET, "name4", 0, 255, NULL, "name4", 1, "expected a parameter's name in UTF-8"},
    {SET, "unit10.type", 0, 255, NULL, "unit10.type", 1, "expected a unit's class (255 bytes)"},
    {BYTE, "name2", 1, 0x80, NULL, "name2", 1, "expected a parameter's name in UTF-8"},
    {BYTE, "name2", 2, 0, NULL, "name2", 1, "expected a parameter's name in UTF-8"},
    {BYTE, "name2", 3, '\t', NULL, "name2", 1, "a parameter's name without control characters"},
    {NAME, "name1", 0, 0, "gate", "name1", 0, "a new parameter name, found \"gate\" again"},
    {NAME, "name4", 0, 0, "mod", "name4", 0, "a new parameter name, found \"mod\" again"},
    {SET, "name0.index", 0, -1, NULL, "name0.index", 0, "index from 0 to 6 for \"gate\", found -1"},
    {SET, "name0.index", 0, 7, NULL, "name0.index", 0, "index from 0 to 6 for \"gate\", found 7"},
    {SET, "name3.index", 0, INT32_MAX, NULL, "name3.index", 0, "an index from 0 to 6", 2},
    {SET, "name3.index", 0, 32767, NULL, "name3.index", 0, "an index from 0 to 6 for \"mod\""},
    {SET, "name3.index", 0, -32768, NULL, "name3.index", 0, "an index from 0 to 6 for \"mod\""},
    {SET, "name1.index", 0, 1, NULL, "name1.index", 0, "its own for \"out\", found 1 again"},
    {SET, "name4.index", 0, 6, NULL, "name4.index", 0, "its own for \"list\", found 6 again"},
    // Units.
    {CUT, "units", 0, 0, NULL, "units", 0, "expected the number of units"},
    {SET, "units", 0, -1, NULL, "units", 0, "expected 0 to 32768 units, found -1"},
    {SET, "units", 0, INT32_MAX, NULL, "units", 0, "expected 0 to 32768 units", 2},
    {SET, "units", 0, 32769, NULL, "units", 0, "expected 0 to 32768 units, found 32769", 2},
    {SET, "units", 0, 32767, NULL, "unit0.type", 0, "expected 32767 units"},
    {CUT, "unit0.type", 0, 0, NULL, "unit0.type", 0, "expected 11 units"},
    {CUT, "unit10.type", 4, 0, NULL, "unit10.type", 1, "expected a unit's class (8 bytes)"},
    {SET, "unit0.type", 0, 0, NULL, "unit0.type", 0, "expected a unit's class, found an empty one"},
    {BYTE, "unit5.type", 1, 0xfe, NULL, "unit5.type", 1, "expected a unit's class in UTF-8"},
    {BYTE, "unit5.type", 1, 1, NULL, "unit5.type", 1, "a unit's class without control characters"},
    {SET, "unit5.rate", 0, 4, NULL, "unit5.rate", 0, "expected a unit's rate from 0 to 3, found 4"},
    {SET, "unit5.rate", 0, 77, NULL, "unit5.rate", 0, "a unit's rate from 0 to 3, found 77"},
    {SET, "unit5.rate", 0, 255, NULL, "unit5.rate", 0, "a unit's rate from 0 to 3, found 255"},
    {SET, "unit5.rate", 0, 1, NULL, "unit5.out0", 0, "an output at its unit's rate 1, found 2"},
    {SET, "unit5.inputs", 0, -1, NULL, "unit5.inputs", 0, "expected 0 to 16384 inputs, found -1"},
    {SET, "unit5.inputs", 0, 16385, NULL, "unit5.inputs", 0, "0 to 16384 inputs, found 16385"},
    {SET, "unit5.inputs", 0, INT32_MAX, NULL, "unit5.inputs", 0, "0 to 16384 inputs", 2},
    {SET, "unit5.inputs", 0, 0x20000001, NULL, "unit5.inputs", 0, "0 to 16384 inputs", 2},
    {SET, "unit5.inputs", 0, 16384, NULL, "unit5.in0.unit", 0, "expected 16384 inputs"},
    {SET, "unit5.outputs", 0, -1, NULL, "unit5.outputs", 0, "0 to 1024 outputs, found -1"},
    {SET, "unit5.outputs", 0, 1025, NULL, "unit5.outputs", 0, "0 to 1024 outputs, found 1025"},
    {SET, "unit5.outputs", 0, INT32_MIN, NULL, "unit5.outputs", 0, "0 to 1024 outputs", 2},
    {SET, "unit7.outputs", 0, 1024, NULL, "unit7.out0", 0, "expected 1024 outputs (1024 bytes)"},
    {SET, "unit5.out0", 0, 1, NULL, "unit5.out0", 0, "an output at its unit's rate 2, found 1"},
    {SET, "unit7.out1", 0, 3, NULL, "unit7.out1", 0, "an output at its unit's rate 2, found 3"},
    {SET, "unit5.out0", 0, 4, NULL, "unit5.out0", 0, "an output's rate from 0 to 3, found 4"},
    {SET, "unit5.out0", 0, 128, NULL, "unit5.out0", 0, "an output's rate from 0 to 3, found 128"},
    {CUT, "unit8.rate", 0, 0, NULL, "unit8.rate", 0, "expected a unit's rate (1 byte)"},
    {CUT, "unit8.inputs", 1, 0, NULL, "unit8.inputs", 0, "expected the number of inputs"},
    {CUT, "unit5.outputs", 1, 0, NULL, "unit5.outputs", 0, "expected the number of outputs"},
    {CUT, "unit5.special", 1, 0, NULL, "unit5.special", 0, "a unit's special index (2 bytes)"},
    {CUT, "unit5.in1.unit", 0, 0, NULL, "unit5.in0.unit", 0, "expected 2 inputs"},
    {CUT, "unit7.out1", 0, 0, NULL, "unit7.out0", 0, "2 outputs (2 bytes), the file ends after 1"},
    // Where inputs come from.
    {SET, "unit5.in0.unit", 0, -2, NULL, "unit5.in0.unit", 0, "an earlier unit than 5"},
    {SET, "unit5.in0.unit", 0, -32768, NULL, "unit5.in0.unit", 0, "-1 for a constant"},
    {SET, "unit5.in0.unit", 0, 5, NULL, "unit5.in0.unit", 0, "earlier unit than 5, or -1 for a"},
    {SET, "unit5.in0.unit", 0, 6, NULL, "unit5.in0.unit", 0, "constant, found 6"},
    {SET, "unit5.in0.unit", 0, 9999, NULL, "unit5.in0.unit", 0, "constant, found 9999"},
    {SET, "unit5.in0.unit", 0, INT32_MAX, NULL, "unit5.in0.unit", 0, "an earlier unit", 2},
    {SET, "unit5.in0.unit", 0, INT32_MIN, NULL, "unit5.in0.unit", 0, "an earlier unit", 2},
    {SET, "unit2.in1.unit", 0, 2, NULL, "unit2.in1.unit", 0, "an earlier unit than 2"},
    {SET, "unit5.in0.index", 0, 4, NULL, "unit5.in0.index", 0, "one of 4 constants, found index 4"},
    {SET, "unit5.in0.index", 0, -1, NULL, "unit5.in0.index", 0, "4 constants, found index -1"},
    {SET, "unit5.in0.index", 0, 5000000, NULL, "unit5.in0.index", 0, "found index 5000000", 2},
    {SET, "unit5.in0.index", 0, INT32_MIN, NULL, "unit5.in0.index", 0, "4 constants", 2},
    {SET, "unit6.in0.index", 0, 1, NULL, "unit6.in0.index", 0, "1 outputs of unit 5 (SinOsc)"},
    {SET, "unit6.in0.index", 0, -1, NULL, "unit6.in0.index", 0, "(SinOsc), found index -1"},
    {SET, "unit8.in1.index", 0, 2, NULL, "unit8.in1.index", 0, "2 outputs of unit 7 (Pan2)"},
    {SET, "unit9.in0.unit", 0, 8, NULL, "unit9.in0.index", 0, "0 outputs of unit 8 (Out)"},
    // Control units reach into the parameters.
    {SET, "unit0.special", 0, 7, NULL, "unit0.type", 0, "Control to stay within 7 parameters"},
    {SET, "unit0.special", 0, -1, NULL, "unit0.type", 0, "found 1 from index -1 on"},
    {SET, "unit0.special", 0, 32767, NULL, "unit0.type", 0, "found 1 from index 32767 on"},
    {SET, "unit0.special", 0, -32768, NULL, "unit0.type", 0, "found 1 from index -32768 on"},
    {SET, "unit1.special", 0, 7, NULL, "unit1.type", 0, "TrigControl to stay within 7 parameters"},
    {SET, "unit2.special", 0, 6, NULL, "unit2.type", 0, "LagControl to stay within 7 parameters"},
    {SET, "unit3.special", 0, 6, NULL, "unit3.type", 0, "found 2 from index 6 on"},
    {SET, "unit4.special", 0, 7, NULL, "unit4.type", 0, "AudioControl to stay within 7"},
    {NAME, "unit1.type", 0, 0, "AudioControl", "unit1.type", 0, "AudioControl at rate 2, found 1"},
    {NAME, "unit4.type", 0, 0, "Control", "unit4.type", 0, "expected Control at rate 1, found 2"},
    {NAME, "unit4.type", 0, 0, "LagControl", "unit4.type", 0, "LagControl at rate 1, found 2"},
    {NAME, "unit0.type", 0, 0, "TrigControl", "unit0.type", 0, "TrigControl at rate 1, found 0"},
    {NAME, "unit3.type", 0, 0, "LagControl", "unit3.type", 0, "LagControl with 2 inputs, found 0"},
    {NAME, "unit2.type", 0, 0, "Control", "unit2.type", 0, "Control with 0 inputs, found 2"},
    {NAME, "unit2.type", 0, 0, "TrigControl", "unit2.type", 0, "TrigControl with 0 inputs"},
    // Out and its like want a bus and a channel.
    {NAME, "unit10.type", 0, 0, "Out", "unit10.type", 0, "Out with at least 2 inputs, found 1"},
    {NAME, "unit10.type", 0, 0, "XOut", "unit10.type", 0, "XOut with at least 3 inputs, found 1"},
    {NAME, "unit10.type", 0, 0, "OffsetOut", "unit10.type", 0, "OffsetOut with at least 2 inputs"},
    {NAME, "unit10.type", 0, 0, "ReplaceOut", "unit10.type", 0, "ReplaceOut with at least 2"},
    {NAME, "unit6.type", 0, 0, "XOut", "unit6.type", 0, "XOut with at least 3 inputs, found 2"},
    // Variants.
    {CUT, "variants", 0, 0, NULL, "variants", 0, "expected the number of variants (2 bytes)", 1},
    {SET, "variants", 0, -1, NULL, "variants", 0, "expected 0 to 1024 variants, found -1", 1},
    {SET, "variants", 0, -32768, NULL, "variants", 0, "expected 0 to 1024 variants", 1},
    {SET, "variants", 0, 1025, NULL, "variants", 0, "0 to 1024 variants, found 1025", 1},
    {SET, "variants", 0, 1024, NULL, "variant0", 0, "expected 1024 variants (30720 bytes)", 1},
    {SET, "variants", 0, 3, NULL, "variant0", 0, "expected 3 variants (90 bytes)", 1},
    {SET, "variants", 0, 1, NULL, "variant1", 0, "expected the end of the file", 1},
    {SET, "variants", 0, 0, NULL, "variant0", 0, "expected the end of the file", 1},
    {SET, "variant0", 0, 0, NULL, "variant0", 0, "a variant's name, found an empty one", 1},
    {NAME, "variant0", 0, 0, "other.soft", "variant0", 0, "begins with \"ref.\"", 1},
    {NAME, "variant0", 0, 0, "ref", "variant0", 0, "found \"ref\"", 1},
    {NAME, "variant1", 0, 0, "ref.soft", "variant1", 0, "found \"ref.soft\" again", 1},
    {BYTE, "variant1", 5, 0xff, NULL, "variant1", 1, "expected a variant's name in UTF-8", 1},
    {SET, "variant0.slot3", 0, 0x7fc00001, NULL, "variant0.slot3", 0, "found NaN", 1},
    {SET, "variant1.slot6", 0, 0xffc00001, NULL, "variant1.slot6", 0, "found NaN", 1},
    {CUT, "variant1.slot6", 1, 0, NULL, "variant1.slot6", 0, "expected a variant's value", 1},
    {CUT, "variant1", 3, 0, NULL, "variant0", 0, "expected 2 variants (60 bytes)", 1},
    // A byte too many or too few shifts what follows into nonsense.
    {INSERT, "name", 0, 1, NULL, "name", 0, "expected a definition's name, found an empty one"},
    {INSERT, "unit0.type", 0, 1, NULL, "unit0.type", 0, "a unit's class, found an empty one"},
    {REMOVE, "unit9.rate", 0, 1, NULL, "unit9.in0.unit", 0, "expected 768 inputs"},
};

static GBytes *make(const struct malformed *m, struct scgf_writer *w)
{
    struct scgf_field field = writer_find(w, m->field);
    GByteArray *bytes = w->bytes;
    gsize at = field.at + m->shift;
    static const guint8 zeros[1000];
    g_autoptr(GByteArray) tail = g_byte_array_new();
    switch (m->damage) {
    case SET:
        for (int i = 0; i < field.width; i++)
            bytes->data[at + i] = (guint8)(m->value >> (8 * (field.width - 1 - i)));
        break;
    case BYTE:
        bytes->data[at] = (guint8)m->value;
        break;
    case CUT:
        g_byte_array_set_size(bytes, at);
        break;
    case REMOVE:
        g_byte_array_remove_range(bytes, at, m->value);
        break;
    case INSERT:
        g_byte_array_append(tail, bytes->data + at, bytes->len - at);
        g_byte_array_set_size(bytes, at);
        g_byte_array_append(bytes, zeros, m->value);
        g_byte_array_append(bytes, tail->data, tail->len);
        break;
    case NAME:
        g_byte_array_append(tail, bytes->data + at + 1 + bytes->data[at],
                            bytes->len - at - 1 - bytes->data[at]);
        g_byte_array_set_size(bytes, at);
        g_byte_array_append(bytes, &(guint8){(guint8)strlen(m->text)}, 1);
        g_byte_array_append(bytes, (const guint8 *)m->text, strlen(m->text));
        g_byte_array_append(bytes, tail->data, tail->len);
        break;
    }
    return g_bytes_new(bytes->data, bytes->len);
}

static void check_malformed(const struct malformed *m, int version, GHashTable *seen)
{
    struct scgf_writer w = writer_write(&reference, version);
    gsize at = writer_find(&w, m->at).at + m->behind;
    g_autoptr(GBytes) file = make(m, &w);
    g_autofree char *where = g_strdup_printf("byte %zu: ", at);
    g_autofree char *row =
        g_strdup_printf("version %d, row %d, %s", version, (int)(m - malformed), m->field);
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) definitions = scgf_read(file, &error);
    if (definitions)
        fail_msg("%s: was read", row);
    if (!g_error_matches(error, FARFIELD_ERROR, ERROR_INVALID) ||
        !g_str_has_prefix(error->message, where) || !strstr(error->message, m->phrase))
        fail_msg("%s: expected \"%s... %s\", got \"%s\"", row, where, m->phrase, error->message);
    g_hash_table_add(seen, g_bytes_ref(file));
    writer_clear(&w);
}

static void refuses_malformed(void **state)
{
    g_autoptr(GHashTable) seen =
        g_hash_table_new_full(g_bytes_hash, g_bytes_equal, (GDestroyNotify)g_bytes_unref, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(malformed); i++)
        for (int version = malformed[i].from_version; version <= 2; version++)
            check_malformed(&malformed[i], version, seen);
    assert_in_range(g_hash_table_size(seen), 200, 100000);
}

static void reads_reference(void **state)
{
    for (int version = 0; version <= 2; version++) {
        struct scgf_writer w = writer_write(&reference, version);
        g_autoptr(GBytes) file = g_bytes_new(w.bytes->data, w.bytes->len);
        g_autoptr(GError) error = NULL;
        g_autoptr(GPtrArray) definitions = scgf_read(file, &error);
        if (!definitions)
            fail_msg("version %d: %s", version, error->message);
        const struct scgf_definition *read = definitions->pdata[0];
        assert_string_equal(read->name, "ref");
        assert_int_equal(read->unit_count, reference.unit_count);
        assert_int_equal(read->units[2].special, 2);
        assert_int_equal(read->units[8].inputs[2].unit, 7);
        assert_int_equal(read->units[8].inputs[2].index, 1);
        assert_true(isinf(read->constants[3]));
        assert_string_equal(read->names[4].text, "list");
        assert_int_equal(read->names[4].slot, 3);
        assert_int_equal(read->variant_count, version ? 2 : 0);
        assert_true(g_bytes_equal(read->bytes, file));
        writer_clear(&w);
    }
}

static GBytes *join(const char *first, const char *second)
{
    struct scgf_writer w = writer_write(&reference, 2);
    w.bytes->data[writer_find(&w, "definitions").at + 1] = 2;
    gsize start = writer_find(&w, "name").at;
    g_autofree guint8 *again = g_memdup2(w.bytes->data + start, w.bytes->len - start);
    g_byte_array_append(w.bytes, again, w.bytes->len - start);
    gsize second_at = writer_find(&w, "end").at;
    memcpy(w.bytes->data + start + 1, first, 3);
    memcpy(w.bytes->data + second_at + 1, second, 3);
    // The variants of the second follow its name.
    gsize shift = second_at - start;
    for (int i = 0; i < 2; i++) {
        g_autofree char *field = g_strdup_printf("variant%d", i);
        gsize at = writer_find(&w, field).at + 1;
        memcpy(w.bytes->data + at, first, 3);
        memcpy(w.bytes->data + at + shift, second, 3);
    }
    GBytes *file = g_bytes_new(w.bytes->data, w.bytes->len);
    writer_clear(&w);
    return file;
}

static void reads_several(void **state)
{
    g_autoptr(GBytes) file = join("one", "two");
    g_autoptr(GPtrArray) definitions = scgf_read(file, NULL);
    assert_non_null(definitions);
    assert_int_equal(definitions->len, 2);
    const struct scgf_definition *two = definitions->pdata[1];
    assert_string_equal(two->name, "two");
    // On its own it reads the same.
    g_autoptr(GPtrArray) alone = scgf_read(two->bytes, NULL);
    assert_non_null(alone);
    assert_int_equal(alone->len, 1);
    const struct scgf_definition *again = alone->pdata[0];
    assert_string_equal(again->variants[1], "two.loud");
    assert_true(g_bytes_equal(again->bytes, two->bytes));
}

static void refuses_the_same_name_twice(void **state)
{
    g_autoptr(GBytes) file = join("one", "one");
    g_autoptr(GError) error = NULL;
    assert_null(scgf_read(file, &error));
    assert_non_null(strstr(error->message, "expected a new definition, found \"one\" again"));
}

static void refuses_large(void **state)
{
    gsize size = SCGF_MAX_BYTES + 1;
    g_autoptr(GBytes) file = g_bytes_new_take(g_malloc0(size), size);
    g_autoptr(GError) error = NULL;
    assert_null(scgf_read(file, &error));
    assert_true(g_error_matches(error, FARFIELD_ERROR, ERROR_TOO_LARGE));
    assert_true(g_str_has_prefix(error->message, "byte 4194304: "));
}

static void refuses_nothing_at_all(void **state)
{
    g_autoptr(GBytes) file = g_bytes_new(NULL, 0);
    g_autoptr(GError) error = NULL;
    assert_null(scgf_read(file, &error));
    assert_true(g_str_has_prefix(error->message, "byte 0: expected \"SCgf\""));
}

static void reads_no_more_than_it_must(void **state)
{
    // No constants, parameters, units: sclang writes this for an empty function.
    struct scgf_definition empty = {.name = TEXT("empty")};
    for (int version = 0; version <= 2; version++) {
        struct scgf_writer w = writer_write(&empty, version);
        g_autoptr(GBytes) file = g_bytes_new(w.bytes->data, w.bytes->len);
        g_autoptr(GPtrArray) definitions = scgf_read(file, NULL);
        assert_non_null(definitions);
        writer_clear(&w);
    }
}

// --- the definitions that ship -----------------------------------------------------------------

static GPtrArray *shipped(void)
{
    GPtrArray *files = g_ptr_array_new_with_free_func((GDestroyNotify)g_bytes_unref);
    g_autoptr(GDir) folder = g_dir_open("synthdefs", 0, NULL);
    const char *name;
    while (folder && (name = g_dir_read_name(folder))) {
        if (!g_str_has_suffix(name, ".scsyndef"))
            continue;
        g_autofree char *path = g_build_filename("synthdefs", name, NULL);
        char *bytes;
        gsize length;
        assert_true(g_file_get_contents(path, &bytes, &length, NULL));
        g_ptr_array_add(files, g_bytes_new_take(bytes, length));
    }
    assert_in_range(files->len, 13, 1000);
    return files;
}

static void refuses_every_truncation(void **state)
{
    g_autoptr(GPtrArray) files = shipped();
    for (guint i = 0; i < files->len; i++)
        for (gsize length = 0; length < g_bytes_get_size(files->pdata[i]); length++) {
            // Its own allocation, so that a sanitizer sees a read past its end.
            gconstpointer data = g_bytes_get_data(files->pdata[i], NULL);
            g_autoptr(GBytes) cut = g_bytes_new(data, length);
            g_autoptr(GError) error = NULL;
            assert_null(scgf_read(cut, &error));
            assert_true(g_str_has_prefix(error->message, "byte "));
            assert_non_null(strstr(error->message, "the file ends after"));
        }
}

static void survives_every_byte_changed(void **state)
{
    g_autoptr(GPtrArray) files = shipped();
    for (guint i = 0; i < files->len; i++) {
        gsize length;
        gconstpointer data = g_bytes_get_data(files->pdata[i], &length);
        for (gsize at = 0; at < length; at++) {
            guint8 *copy = g_memdup2(data, length);
            copy[at] ^= 0xff;
            g_autoptr(GBytes) changed = g_bytes_new_take(copy, length);
            g_autoptr(GError) error = NULL;
            g_autoptr(GPtrArray) definitions = scgf_read(changed, &error);
            assert_true((definitions == NULL) == (error != NULL));
        }
    }
}

// Reads each, writes it in every version, and reads that.
static void agrees_in_every_version(void **state)
{
    g_autoptr(GPtrArray) files = shipped();
    for (guint i = 0; i < files->len; i++) {
        g_autoptr(GPtrArray) definitions = scgf_read(files->pdata[i], NULL);
        assert_non_null(definitions);
        for (int version = 0; version <= 2; version++) {
            struct scgf_writer w = writer_write(definitions->pdata[0], version);
            g_autoptr(GBytes) file = g_bytes_new(w.bytes->data, w.bytes->len);
            g_autoptr(GPtrArray) again = scgf_read(file, NULL);
            assert_non_null(again);
            // Back in version 2, it is what was read first.
            struct scgf_writer back = writer_write(again->pdata[0], 2);
            g_autoptr(GBytes) same = g_bytes_new(back.bytes->data, back.bytes->len);
            assert_true(g_bytes_equal(same, files->pdata[i]));
            writer_clear(&back);
            writer_clear(&w);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_reference),
        cmocka_unit_test(reads_several),
        cmocka_unit_test(reads_no_more_than_it_must),
        cmocka_unit_test(refuses_malformed),
        cmocka_unit_test(refuses_the_same_name_twice),
        cmocka_unit_test(refuses_large),
        cmocka_unit_test(refuses_nothing_at_all),
        cmocka_unit_test(refuses_every_truncation),
        cmocka_unit_test(survives_every_byte_changed),
        cmocka_unit_test(agrees_in_every_version),
    };
    return cmocka_run_group_tests_name("scgf", tests, NULL, NULL);
}
