// SPDX-License-Identifier: GPL-3.0-or-later
// WebM and Ogg, byte for byte where the standards leave no choice.
#include "pipeline/doors/mux.h"

#include "tests/unit/fake_asserts.h"

static const guint8 packet[] = {0xfc, 0xff, 0xfe};

static char *hex(const guint8 *bytes, gsize length)
{
    GString *text = g_string_new(NULL);
    for (gsize i = 0; i < length; i++)
        g_string_append_printf(text, "%02x", bytes[i]);
    return g_string_free(text, FALSE);
}

static GByteArray *begun(enum listener_kind kind, struct mux **mux)
{
    GByteArray *out = g_byte_array_new();
    *mux = mux_create(kind, "main", 7);
    mux_begin(*mux, out);
    return out;
}

static const char head[] = "4f707573486561640102000f80bb0000000000"; // RFC 7845, 5.1

static void webm_begins_as_the_standard_says(void **state)
{
    struct mux *mux;
    GByteArray *out = begun(KIND_WEBM, &mux);
    g_autofree char *text = hex(out->data, out->len);
    // EBML, its version first, and "webm"; a segment of unknown size; a timestamp of milliseconds.
    assert_true(g_str_has_prefix(text, "1a45dfa3"
                                       "10000034"
                                       "4286"
                                       "10000001"
                                       "01"));
    assert_has(g_strdup(text), "4282"
                               "10000004"
                               "7765626d");
    assert_has(g_strdup(text), "18538067"
                               "01ffffffffffffff"
                               "1549a966");
    assert_has(g_strdup(text), "2ad7b1"
                               "10000003"
                               "0f4240");
    assert_has(g_strdup(text), "7ba9"
                               "10000004"
                               "6d61696e");
    // A_OPUS, 80 ms to throw away and as much before a place that is sought, 48000 Hz, 2 channels.
    assert_has(g_strdup(text), "86"
                               "10000006"
                               "415f4f505553");
    assert_has(g_strdup(text), "56aa"
                               "10000004"
                               "04c4b400");
    assert_has(g_strdup(text), "56bb"
                               "10000004"
                               "04c4b400");
    assert_has(g_strdup(text), "b5"
                               "10000004"
                               "473b8000"
                               "9f"
                               "10000001"
                               "02");
    g_autofree char *own = g_strconcat("63a2"
                                       "10000013",
                                       head, NULL);
    assert_has(g_strdup(text), own);
    g_byte_array_unref(out);
    mux_destroy(mux);
}

static void webm_has_a_cluster_each_second(void **state)
{
    struct mux *mux;
    GByteArray *out = begun(KIND_WEBM, &mux);
    g_byte_array_set_size(out, 0);
    mux_add(mux, packet, sizeof packet, 480, out);
    assert_text(hex(out->data, out->len), "1f43b675"
                                          "01ffffffffffffff"
                                          "e7"
                                          "10000001"
                                          "00"
                                          "a3"
                                          "10000007"
                                          "81"
                                          "0000"
                                          "80"
                                          "fcfffe");
    for (int i = 1; i < 100; i++) {
        g_byte_array_set_size(out, 0);
        mux_add(mux, packet, sizeof packet, 480, out);
        g_autofree char *block = g_strdup_printf("a3"
                                                 "10000007"
                                                 "81"
                                                 "%04x"
                                                 "80"
                                                 "fcfffe",
                                                 10 * i);
        assert_text(hex(out->data, out->len), block);
    }
    g_byte_array_set_size(out, 0);
    mux_add(mux, packet, sizeof packet, 480, out);
    assert_text(hex(out->data, out->len), "1f43b675"
                                          "01ffffffffffffff"
                                          "e7"
                                          "10000002"
                                          "03e8"
                                          "a3"
                                          "10000007"
                                          "81"
                                          "0000"
                                          "80"
                                          "fcfffe");
    g_byte_array_unref(out);
    mux_destroy(mux);
}

static gint64 granule_of(const guint8 *page)
{
    gint64 granule;
    memcpy(&granule, page + 6, sizeof granule);
    return GINT64_FROM_LE(granule);
}

static void ogg_has_heads_and_pages_of_100_ms(void **state)
{
    struct mux *mux;
    GByteArray *out = begun(KIND_OGG, &mux);
    g_autofree char *text = hex(out->data, out->len);
    // RFC 3533: the first page is marked so and holds the head alone.
    assert_true(g_str_has_prefix(text, "4f67675300"
                                       "02"
                                       "0000000000000000"
                                       "07000000"
                                       "00000000"));
    assert_true(strncmp(text + 2 * 28, head, strlen(head)) == 0);
    assert_int_equal(memcmp(out->data + 28 + 19, "OggS\0\0", 6), 0);
    assert_has(g_strdup(text), "4f70757354616773"
                               "08000000"
                               "4661726669656c64"
                               "01000000"
                               "0a000000"
                               "5449544c453d6d61696e"); // TITLE=main
    g_byte_array_set_size(out, 0);
    for (int i = 0; i < 9; i++)
        mux_add(mux, packet, sizeof packet, 480, out);
    assert_int_equal(out->len, 0);
    mux_add(mux, packet, sizeof packet, 480, out);
    assert_int_equal(out->len, 27 + 10 + 30);
    assert_int_equal(granule_of(out->data), 4800);
    g_byte_array_set_size(out, 0);
    mux_add(mux, packet, sizeof packet, 960, out);
    mux_end(mux, out);
    assert_int_equal(granule_of(out->data), 5760);
    g_byte_array_unref(out);
    mux_destroy(mux);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(webm_begins_as_the_standard_says),
        cmocka_unit_test(webm_has_a_cluster_each_second),
        cmocka_unit_test(ogg_has_heads_and_pages_of_100_ms),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
