// SPDX-License-Identifier: GPL-3.0-or-later
// sclang's metadata, as text.
#include "controller/core/synthdefs/txarcmeta.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

// Written by sclang 3.13 for metadata: (specs: (freq: ControlSpec(100, 4000, \\exp, 0, 660, "Hz"),
// amp: \\amp.asSpec, cutoff: \\freq, mode: [0, 5, \\lin, 1, 1], shim: ControlSpec(0, 1, -4)), tags:
// ..., credit: "me", nested: (a: [1, 2.5, nil, true, $c], b: Set[1, 2]), f: 1e-5).
static const char glass[] =
    "var o, p;\n"
    "o = [\n"
    "\tEvent.prNew,  Array.prNew(20),  Array.prNew(2),  \"a \\\"b\\\" \\\\ c\",  \n"
    "\tEvent.prNew,  Array.prNew(8),  Array.prNew(5),  Set.prNew,  \n"
    "\tArray.prNew(4),  Event.prNew,  Array.prNew(20),  ControlSpec.prNew,  \n"
    "\tFaderWarp.prNew,  \"\",  Array.prNew(5),  ControlSpec.prNew,  \n"
    "\tExponentialWarp.prNew,  \"Hz\",  ControlSpec.prNew,  CurveWarp.prNew,  \n"
    "\t\"me\"\n"
    "];\n"
    "p = [\n"
    "\t// Event\n"
    "\t0, [ array: o[1],  size: 5,  \n"
    "\t\tproto: nil,  parent: nil,  \n"
    "\t\tknow: true ],  \n"
    "\t// Array\n"
    "\t1, [ 'f',  1e-05,  'tags',  o[2],  \n"
    "\t\tnil,  nil,  nil,  nil,  \n"
    "\t\tnil,  nil,  nil,  nil,  \n"
    "\t\tnil,  nil,  'nested',  o[4],  \n"
    "\t\t'specs',  o[9],  'credit',  o[20] ],  \n"
    "\t// Array\n"
    "\t2, [ 'pitched',  o[3] ],  \n"
    "\t// Event\n"
    "\t4, [ array: o[5],  size: 2,  \n"
    "\t\tproto: nil,  parent: nil,  \n"
    "\t\tknow: true ],  \n"
    "\t// Array\n"
    "\t5, [ nil,  nil,  nil,  nil,  \n"
    "\t\t'a',  o[6],  'b',  o[7] ],  \n"
    "\t// Array\n"
    "\t6, [ 1,  2.5,  nil,  true,  \n"
    "\t\t$c ],  \n"
    "\t// Set\n"
    "\t7, [ array: o[8],  size: 2 ],  \n"
    "\t// Array\n"
    "\t8, [ nil,  2,  nil,  1 ],  \n"
    "\t// Event\n"
    "\t9, [ array: o[10],  size: 5,  \n"
    "\t\tproto: nil,  parent: nil,  \n"
    "\t\tknow: true ],  \n"
    "\t// Array\n"
    "\t10, [ 'amp',  o[11],  'cutoff',  'freq',  \n"
    "\t\tnil,  nil,  'mode',  o[14],  \n"
    "\t\tnil,  nil,  nil,  nil,  \n"
    "\t\tnil,  nil,  nil,  nil,  \n"
    "\t\t'freq',  o[15],  'shim',  o[18] ],  \n"
    "\t// ControlSpec\n"
    "\t11, [ minval: 0,  maxval: 1,  \n"
    "\t\twarp: o[12],  step: 0,  \n"
    "\t\tdefault: 0,  units: o[13],  \n"
    "\t\tgrid: nil,  clipLo: 0,  \n"
    "\t\tclipHi: 1 ],  \n"
    "\t// FaderWarp\n"
    "\t12, [ spec: o[11] ],  \n"
    "\t// Array\n"
    "\t14, [ 0,  5,  'lin',  1,  \n"
    "\t\t1 ],  \n"
    "\t// ControlSpec\n"
    "\t15, [ minval: 100,  maxval: 4000,  \n"
    "\t\twarp: o[16],  step: 0,  \n"
    "\t\tdefault: 660,  units: o[17],  \n"
    "\t\tgrid: nil,  clipLo: 100,  \n"
    "\t\tclipHi: 4000 ],  \n"
    "\t// ExponentialWarp\n"
    "\t16, [ spec: o[15] ],  \n"
    "\t// ControlSpec\n"
    "\t18, [ minval: 0,  maxval: 1,  \n"
    "\t\twarp: o[19],  step: 0.0,  \n"
    "\t\tdefault: 0,  units: o[13],  \n"
    "\t\tgrid: nil,  clipLo: 0,  \n"
    "\t\tclipHi: 1 ],  \n"
    "\t// CurveWarp\n"
    "\t19, [ spec: o[18],  a: 1.0186573603638,  \n"
    "\t\tb: 1.0186573603638,  grow: 0.018315638888734,  \n"
    "\t\tcurve: -4 ]\n"
    "];\n"
    "prUnarchive(o,p);\n";

static json_t *read_text(const char *text, char **refusal)
{
    g_autoptr(GError) error = NULL;
    json_t *sidecar = txarcmeta_parse(text, strlen(text), &error);
    assert_true(!sidecar == !!error);
    *refusal = g_strdup(error ? error->message : NULL);
    return sidecar;
}

static void assert_refused(const char *text, const char *message)
{
    g_autofree char *refusal = NULL;
    json_t *sidecar = read_text(text, &refusal);
    assert_null(sidecar);
    assert_string_equal(refusal, message);
}

static void assert_read(const char *text, const char *expected)
{
    g_autofree char *refusal = NULL;
    json_t *sidecar = read_text(text, &refusal);
    if (!sidecar)
        fail_msg("%s", refusal);
    char *found = json_dumps(sidecar, JSON_COMPACT | JSON_SORT_KEYS | JSON_REAL_PRECISION(9));
    assert_string_equal(found, expected);
    free(found);
    json_decref(sidecar);
}

static void reads_what_sclang_wrote(void **state)
{
    assert_read(glass,
                "{\"parameters\":{"
                "\"amp\":{\"curve\":\"linear\",\"max\":1.0,\"min\":0.0},"
                "\"cutoff\":{\"curve\":\"exponential\",\"max\":20000.0,\"min\":20.0,\"unit\":"
                "\"Hz\"},"
                "\"freq\":{\"curve\":\"exponential\",\"max\":4000.0,\"min\":100.0,\"unit\":\"Hz\"},"
                "\"mode\":{\"curve\":\"linear\",\"max\":5.0,\"min\":0.0,\"step\":1.0},"
                "\"shim\":{\"curve\":\"linear\",\"max\":1.0,\"min\":0.0}}}");
}

static void nothing_said_is_nothing_known(void **state)
{
    assert_read("var o, p;\no = [ Event.prNew ];\np = [];\nprUnarchive(o,p);\n",
                "{\"parameters\":{}}");
}

// What sclang would run is no text of this form.
static void code_is_refused(void **state)
{
    assert_refused("\"touch planted\".unixCmd", "byte 0: expected \"var o, p;\"");
    assert_refused("var o, p;\no = [ \"touch planted\".unixCmd ];\np = [];\nprUnarchive(o,p);",
                   "byte 31: expected \"]\"");
    assert_refused("var o, p;\no = [ Event.new ];\np = [];\nprUnarchive(o,p);",
                   "byte 21: expected \".prNew\"");
    assert_refused("var o, p;\no = [ Event.prNew ];\np = [];\nprUnarchive(o,p); 0.exit;",
                   "byte 57: expected the end of the file");
    assert_refused("var o, p;\no = [ thisProcess ];\np = [];\nprUnarchive(o,p);",
                   "byte 16: expected a number, a symbol, a string or o[N]");
}

static void damage_is_refused(void **state)
{
    gsize length = strlen(glass);
    for (gsize cut = 0; cut + 2 < length; cut++) {
        g_autoptr(GError) error = NULL;
        assert_null(txarcmeta_parse(glass, cut, &error));
        assert_non_null(error);
    }
    assert_refused("var o, p;\no = [ Event.prNew ];\np = [ 1, [] ];\nprUnarchive(o,p);",
                   "byte 37: expected a number from 0 to 0");
    assert_refused("var o, p;\no = [ Event.prNew ];\np = [ 0, [], 0, [] ];\nprUnarchive(o,p);",
                   "byte 46: expected another object, this one has its slots");
    // A reference to itself, or to nothing, leads nowhere.
    assert_read("var o, p;\no = [ Event.prNew ];\np = [ 0, [ array: o[0] ] ];\nprUnarchive(o,p);",
                "{\"parameters\":{}}");
    assert_read("var o, p;\no = [ Event.prNew ];\np = [ 0, [ array: o[99] ] ];\nprUnarchive(o,p);",
                "{\"parameters\":{}}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_what_sclang_wrote),
        cmocka_unit_test(nothing_said_is_nothing_known),
        cmocka_unit_test(code_is_refused),
        cmocka_unit_test(damage_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
