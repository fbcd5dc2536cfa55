// SPDX-License-Identifier: GPL-3.0-or-later
// A sound SynthDef file, damaged in every way that the reader should tell apart: each is refused
// with the byte at which it goes wrong and what was expected there.
#include "controller/core/synthdefs/scgf.h"

#include "common/error.h"
#include "tests/unit/scgf_reference.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

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

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(refuses_malformed)};
    return cmocka_run_group_tests_name("scgf_malformed", tests, NULL, NULL);
}
