// SPDX-License-Identifier: GPL-3.0-or-later
// OSC as bytes, good and damaged.
#include "controller/core/osc/osc_read.h"

#include <math.h>

#include "tests/unit/fake_asserts.h"

static char *read_as_text(const char *bytes, gsize length)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) messages = g_ptr_array_new();
    // A copy of just that size, so that a sanitizer sees a step too far.
    g_autofree guint8 *copy = g_memdup2(bytes, length);
    bool good = osc_read_packet(copy, length, messages, &error);
    GString *text = g_string_new(good ? NULL : error->message);
    assert_true(good || messages->len == 0);
    for (guint i = 0; i < messages->len; i++) {
        g_autofree char *one = osc_to_text(messages->pdata[i]);
        g_string_append_printf(text, "%s%s", i ? "; " : "", one);
        osc_message_destroy(messages->pdata[i]);
    }
    return g_string_free(text, FALSE);
}

#define READS(bytes, expected) assert_text(read_as_text(bytes, sizeof(bytes) - 1), expected)

static void messages_are_read(void **state)
{
    READS("/a\0\0,\0\0\0", "/a");
    READS("/n_set\0\0,isf\0\0\0\0\0\0\x03\xe8"
          "freq\0\0\0\0C\xdc\0\0",
          "/n_set 1000 freq 440f");
    READS("/abc\0\0\0\0,d\0\0\x3f\xe0\0\0\0\0\0\0", "/abc 0.5d");
    READS("/a\0\0,TF\0", "/a 1 0");
    READS("/a\0\0,hS\0\0\0\0\0\0\0\0\x07xyz\0", "/a 7d xyz");
    READS("/a\0\0,i\0\0\xff\xff\xff\xfe", "/a -2");
}

static void a_blob_is_a_message(void **state)
{
    READS("/b_alloc\0\0\0\0,iib\0\0\0\0\0\0\0\x03\0\0\x02\0\0\0\0\x28"
          "/b_zero\0,ib\0\0\0\0\x03\0\0\0\x14/b_query\0\0\0\0,i\0\0\0\0\0\x03",
          "/b_alloc 3 512 {/b_zero 3 {/b_query 3}}");
    READS("/a\0\0,b\0\0\0\0\0\0", "in the blob at byte 12: there is nothing, at byte 0");
    READS("/a\0\0,b\0\0\0\0\0\x03"
          "abc\0",
          "a blob must be a message, a multiple of 4 bytes, at byte 12");
    READS("/a\0\0,b\0\0\0\0\0\x04"
          "abc\0",
          "in the blob at byte 12: an address begins with a slash");
    READS("/a\0\0,b\0\0\0\0\0\x08"
          "quit,\0\0\0",
          "in the blob at byte 12: an address begins with a slash");
    READS("/a\0\0,b\0\0\0\0\0\x0cquit\0\0\0\0,\0\0\0",
          "in the blob at byte 12: an address begins with a slash");
    READS("/a\0\0,b\0\0\0\0\0\x08\0\0\0\x03,\0\0\0",
          "in the blob at byte 12: an address that is a number is not taken here");
    READS("/a\0\0,b\0\0\0\0\0\x10#bundle\0\0\0\0\0\0\0\0\x01",
          "in the blob at byte 12: a bundle cannot stand here");
    READS("/a\0\0,b\0\0\0\0\0\x10/b\0\0,\0\0\0", "a blob is longer than what is there, at byte 12");
    READS("/a\0\0,b\0\0\xff\xff\xff\xff/b\0\0,\0\0\0",
          "a blob is longer than what is there, at byte 12");
}

static void bundles_are_taken_apart(void **state)
{
    READS("#bundle\0\0\0\0\0\0\0\0\x01", "");
    READS("#bundle\0\0\0\0\0\0\0\0\x01\0\0\0\x08/a\0\0,\0\0\0\0\0\0\x08/b\0\0,\0\0\0", "/a; /b");
    READS("#bundle\0\xff\xff\xff\xff\0\0\0\0\0\0\0\x1c#bundle\0\0\0\0\0\0\0\0\x01\0\0\0\x08/a\0\0,"
          "\0\0\0\0\0\0\x08/b\0\0,\0\0\0",
          "/a; /b");
    READS("#bundle\0\0\0\0\0\0\0", "a timetag was expected, at byte 8");
    READS("#bundle\0\0\0\0\0\0\0\0\x01\0\0", "4 more bytes were expected, at byte 16");
    READS("#bundle\0\0\0\0\0\0\0\0\x01\0\0\0\x0c/a\0\0,\0\0\0",
          "the size of an element is wrong, at byte 20");
    READS("#bundle\0\0\0\0\0\0\0\0\x01\xff\xff\xff\xf8/a\0\0,\0\0\0",
          "the size of an element is wrong, at byte 20");
    READS("#bundle\0\0\0\0\0\0\0\0\x01\0\0\0\x08/a\0\0,\0\0\0\0\0\0\0",
          "there is nothing, at byte 0");
}

static void damaged_messages_are_refused(void **state)
{
    READS("", "there is nothing, at byte 0");
    READS("/", "a string does not end, at byte 0");
    READS("/a\0", "a string is not padded with zeros to 4 bytes, at byte 0");
    READS("/a\0x,\0\0\0", "a string is not padded with zeros to 4 bytes, at byte 0");
    READS("/a\0\0", "the types of the arguments were expected, at byte 4");
    READS("/a\0\0i\0\0\0", "the types of the arguments were expected, at byte 4");
    READS("/a\0\0,i\0\0", "4 more bytes were expected, at byte 8");
    READS("/a\0\0,d\0\0\0\0\0\0", "4 more bytes were expected, at byte 12");
    READS("/a\0\0,s\0\0abcd", "a string does not end, at byte 8");
    READS("/a\0\0,s\0\0a\xff\0\0", "a string is not UTF-8, at byte 8");
    READS("/a\0\0,\0\0\0\0\0\0\0", "nothing more was expected, at byte 8");
    READS("/a\0\0,[i]\0\0\0\0\0\0\0\x01",
          "an argument has a type that is not taken here; i, f, s, d, h, T, F and b are, at byte "
          "12");
}

static void addresses_are_checked(void **state)
{
    READS("quit\0\0\0\0,\0\0\0", "an address begins with a slash");
    READS("\0\0\0\0,\0\0\0", "an address that is a number is not taken here");
    READS("\0\0\0\x03,\0\0\0", "an address that is a number is not taken here");
    READS("/*?\0,\0\0\0", "address patterns are not taken here");
    READS("/{a,b}\0\0,\0\0\0", "address patterns are not taken here");
    READS("/a b\0\0\0\0,\0\0\0",
          "an address has ASCII letters that can be seen, without # and comma");
}

static void there_are_bounds(void **state)
{
    // 65,000 arguments that take no bytes.
    g_autofree char *bytes = g_malloc0(65536);
    memset(bytes, 'T', 65000);
    memcpy(bytes, "/a\0\0,", 5);
    assert_has(read_as_text(bytes, 65004), "there are too many arguments");
    // Bundles in bundles, and messages in messages, as deep as fits.
    GByteArray *deep = g_byte_array_new();
    g_byte_array_append(deep, (const guint8 *)"/a\0\0,\0\0\0", 8);
    for (int i = 0; i < 100; i++) {
        guint8 head[20] = "#bundle";
        guint32 size = GUINT32_TO_BE(deep->len);
        memcpy(head + 16, &size, 4);
        g_byte_array_prepend(deep, head, sizeof head);
    }
    assert_has(read_as_text((char *)deep->data, deep->len), "too many bundles within bundles");
    g_byte_array_set_size(deep, 0);
    g_byte_array_append(deep, (const guint8 *)"/a\0\0,\0\0\0", 8);
    for (int i = 0; i < 100; i++) {
        guint8 head[12] = "/a\0\0,b\0";
        guint32 size = GUINT32_TO_BE(deep->len);
        memcpy(head + 8, &size, 4);
        g_byte_array_prepend(deep, head, sizeof head);
    }
    assert_has(read_as_text((char *)deep->data, deep->len), "too many messages within messages");
    g_byte_array_set_size(deep, 0);
    g_byte_array_append(deep, (const guint8 *)"#bundle\0\0\0\0\0\0\0\0\1", 16);
    for (int i = 0; i < OSC_READ_MAX_MESSAGES + 1; i++)
        g_byte_array_append(deep, (const guint8 *)"\0\0\0\x08/a\0\0,\0\0\0", 12);
    assert_has(read_as_text((char *)deep->data, deep->len), "there are too many messages");
    g_byte_array_unref(deep);
}

static void a_float_keeps_its_bits(void **state)
{
    struct osc_message *message =
        osc_read_message((const guint8 *)"/a\0\0,ff\0\x7f\x80\0\0\x7f\xc0\0\0", 16, NULL);
    assert_non_null(message);
    assert_true(isinf(osc_number(message, 0)));
    assert_true(isnan(osc_number(message, 1)));
    osc_message_destroy(message);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages_are_read),       cmocka_unit_test(a_blob_is_a_message),
        cmocka_unit_test(bundles_are_taken_apart), cmocka_unit_test(damaged_messages_are_refused),
        cmocka_unit_test(addresses_are_checked),   cmocka_unit_test(there_are_bounds),
        cmocka_unit_test(a_float_keeps_its_bits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
