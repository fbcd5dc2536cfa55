// SPDX-License-Identifier: GPL-3.0-or-later
// Files of the panel, compressed.
#include "controller/doors/http_gzip.h"

#include <fcntl.h>
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <unistd.h>

#include "tests/unit/fake_asserts.h"

struct place {
    struct http_gzip *gzip; // owned
    char *path;             // owned
    int fd;
};

static int set_up(void **state)
{
    struct place *place = g_new0(struct place, 1);
    place->gzip = http_gzip_create();
    place->fd = g_file_open_tmp("farfield-XXXXXX", &place->path, NULL);
    assert_true(place->fd >= 0);
    *state = place;
    return 0;
}

static int tear_down_place(void **state)
{
    struct place *place = *state;
    http_gzip_destroy(place->gzip);
    close(place->fd);
    g_unlink(place->path);
    g_free(place->path);
    g_free(place);
    return 0;
}

static void write_file(const struct place *place, const char *bytes, gsize size)
{
    assert_int_equal(ftruncate(place->fd, 0), 0);
    assert_int_equal(pwrite(place->fd, bytes, size, 0), (gssize)size);
}

static char *text_of(char letter, gsize size)
{
    char *text = g_malloc(size);
    memset(text, letter, size);
    return text;
}

// What a browser makes of it.
static char *unpack(GBytes *bytes, gsize *size)
{
    assert_non_null(bytes);
    g_autoptr(GZlibDecompressor) decompressor =
        g_zlib_decompressor_new(G_ZLIB_COMPRESSOR_FORMAT_GZIP);
    g_autoptr(GInputStream) memory = g_memory_input_stream_new_from_bytes(bytes);
    g_autoptr(GInputStream) stream =
        g_converter_input_stream_new(memory, G_CONVERTER(decompressor));
    char *text = g_malloc(HTTP_GZIP_MAX_FILE + 1);
    assert_true(g_input_stream_read_all(stream, text, HTTP_GZIP_MAX_FILE + 1, size, NULL, NULL));
    return text;
}

static void assert_packed(GBytes *bytes, const char *text, gsize size)
{
    gsize unpacked;
    g_autofree char *again = unpack(bytes, &unpacked);
    assert_int_equal(unpacked, size);
    assert_memory_equal(again, text, size);
}

static void a_file_is_the_same_afterwards(void **state)
{
    struct place *place = *state;
    const gsize sizes[] = {100, 5000, 300000, HTTP_GZIP_MAX_FILE};
    for (gsize i = 0; i < G_N_ELEMENTS(sizes); i++) {
        g_autofree char *text = text_of('a' + i, sizes[i]);
        g_autofree char *etag = g_strdup_printf("\"%zu\"", i);
        write_file(place, text, sizes[i]);
        g_autoptr(GBytes) bytes = http_gzip_file(place->gzip, "/a", etag, place->fd, sizes[i]);
        assert_packed(bytes, text, sizes[i]);
        assert_true(g_bytes_get_size(bytes) < sizes[i] / 2);
    }
}

static void it_is_made_once_for_each_state(void **state)
{
    struct place *place = *state;
    g_autofree char *first = text_of('a', 1000), *second = text_of('b', 1000);
    write_file(place, first, 1000);
    g_autoptr(GBytes) a = http_gzip_file(place->gzip, "/a", "\"1\"", place->fd, 1000);
    write_file(place, second, 1000);
    g_autoptr(GBytes) b = http_gzip_file(place->gzip, "/a", "\"1\"", place->fd, 1000);
    assert_ptr_equal(a, b);
    g_autoptr(GBytes) c = http_gzip_file(place->gzip, "/a", "\"2\"", place->fd, 1000);
    assert_packed(c, second, 1000);
    // By its name, too.
    g_autoptr(GBytes) d = http_gzip_file(place->gzip, "/d", "\"1\"", place->fd, 1000);
    assert_packed(d, second, 1000);
}

static void what_gains_nothing_is_left(void **state)
{
    struct place *place = *state;
    write_file(place, "ab", 2);
    assert_null(http_gzip_file(place->gzip, "/a", "\"1\"", place->fd, 2));
    assert_null(http_gzip_file(place->gzip, "/a", "\"1\"", place->fd, 2));
    assert_null(http_gzip_file(place->gzip, "/a", "\"2\"", place->fd, 0));
    assert_null(http_gzip_file(place->gzip, "/a", "\"2\"", place->fd, HTTP_GZIP_MAX_FILE + 1));
    // It has become shorter since its size was asked for.
    assert_null(http_gzip_file(place->gzip, "/a", "\"2\"", place->fd, 3));
}

// Noise, which keeps its size.
static void what_is_kept_has_a_bound(void **state)
{
    struct place *place = *state;
    gsize size = HTTP_GZIP_MAX_FILE / 2, made = 0;
    g_autofree char *noise = g_malloc(size);
    for (gsize i = 0; i < size; i++)
        noise[i] = (char)g_random_int_range(0, 128);
    write_file(place, noise, size);
    g_autoptr(GBytes) first = http_gzip_file(place->gzip, "/0", "\"1\"", place->fd, size);
    for (int i = 1; made < 2 * HTTP_GZIP_MAX_KEPT; i++) {
        g_autofree char *name = g_strdup_printf("/%d", i);
        g_autoptr(GBytes) bytes = http_gzip_file(place->gzip, name, "\"1\"", place->fd, size);
        made += g_bytes_get_size(bytes);
    }
    // Forgotten meanwhile, and made again.
    g_autoptr(GBytes) again = http_gzip_file(place->gzip, "/0", "\"1\"", place->fd, size);
    assert_ptr_not_equal(again, first);
    assert_true(g_bytes_equal(again, first));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_file_is_the_same_afterwards, set_up, tear_down_place),
        cmocka_unit_test_setup_teardown(it_is_made_once_for_each_state, set_up, tear_down_place),
        cmocka_unit_test_setup_teardown(what_gains_nothing_is_left, set_up, tear_down_place),
        cmocka_unit_test_setup_teardown(what_is_kept_has_a_bound, set_up, tear_down_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
