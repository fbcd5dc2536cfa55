// SPDX-License-Identifier: GPL-3.0-or-later
// The reader of SCgf bytes: what is sound is read alike in every version, alone or with others, and
// nothing that is cut short gets through. Damage of other kinds: test_scgf_malformed.c.
#include "controller/core/synthdefs/scgf.h"

#include "common/error.h"
#include "tests/unit/scgf_reference.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

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

// Some hundred places of each file, for reading takes its time with sanitizers: the fuzzer sees the
// others.
static gsize stride(gsize length)
{
    return 1 + length / 256;
}

static void refuses_truncation(void **state)
{
    g_autoptr(GPtrArray) files = shipped();
    for (guint i = 0; i < files->len; i++) {
        gsize whole;
        gconstpointer data = g_bytes_get_data(files->pdata[i], &whole);
        for (gsize length = 0; length < whole; length += stride(whole)) {
            // Its own allocation, so that a sanitizer sees a read past its end.
            g_autoptr(GBytes) cut = g_bytes_new(data, length);
            g_autoptr(GError) error = NULL;
            assert_null(scgf_read(cut, &error));
            assert_true(g_str_has_prefix(error->message, "byte "));
            assert_non_null(strstr(error->message, "the file ends after"));
        }
    }
}

static void survives_changed_bytes(void **state)
{
    g_autoptr(GPtrArray) files = shipped();
    for (guint i = 0; i < files->len; i++) {
        gsize length;
        gconstpointer data = g_bytes_get_data(files->pdata[i], &length);
        for (gsize at = 0; at < length; at += stride(length)) {
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
        cmocka_unit_test(refuses_the_same_name_twice),
        cmocka_unit_test(refuses_large),
        cmocka_unit_test(refuses_nothing_at_all),
        cmocka_unit_test(refuses_truncation),
        cmocka_unit_test(survives_changed_bytes),
        cmocka_unit_test(agrees_in_every_version),
    };
    return cmocka_run_group_tests_name("scgf", tests, NULL, NULL);
}
