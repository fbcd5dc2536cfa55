// SPDX-License-Identifier: GPL-3.0-or-later
#include "controller/doors/http_gzip.h"

#include <gio/gio.h>
#include <string.h>
#include <unistd.h>

#define LEVEL 9 // the best, since it is done once

struct kept {
    char *etag;    // owned: of the file that it was made of
    GBytes *bytes; // owned; NULL where it is no smaller
};

struct http_gzip {
    GHashTable *files; // name -> struct kept
    gsize size;        // bytes of all
};

static void kept_destroy(gpointer data)
{
    struct kept *kept = data;
    g_clear_pointer(&kept->bytes, g_bytes_unref);
    g_free(kept->etag);
    g_free(kept);
}

struct http_gzip *http_gzip_create(void)
{
    struct http_gzip *gzip = g_new0(struct http_gzip, 1);
    gzip->files = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, kept_destroy);
    return gzip;
}

void http_gzip_destroy(struct http_gzip *gzip)
{
    if (!gzip)
        return;
    g_hash_table_unref(gzip->files);
    g_free(gzip);
}

// NULL where the file is not of that size any more.
static char *read_file(int fd, gsize size)
{
    g_autofree char *bytes = g_malloc(size);
    gsize done = 0;
    while (done < size) {
        gssize got = pread(fd, bytes + done, size - done, done);
        if (got <= 0)
            return NULL;
        done += got;
    }
    return g_steal_pointer(&bytes);
}

static GBytes *compress(const char *bytes, gsize size)
{
    g_autoptr(GZlibCompressor) compressor =
        g_zlib_compressor_new(G_ZLIB_COMPRESSOR_FORMAT_GZIP, LEVEL);
    g_autoptr(GOutputStream) memory = g_memory_output_stream_new_resizable();
    g_autoptr(GOutputStream) stream =
        g_converter_output_stream_new(memory, G_CONVERTER(compressor));
    if (!g_output_stream_write_all(stream, bytes, size, NULL, NULL, NULL) ||
        !g_output_stream_close(stream, NULL, NULL))
        return NULL;
    g_autoptr(GBytes) smaller =
        g_memory_output_stream_steal_as_bytes(G_MEMORY_OUTPUT_STREAM(memory));
    return g_bytes_get_size(smaller) < size ? g_steal_pointer(&smaller) : NULL;
}

static gsize kept_size(const struct kept *kept)
{
    return kept->bytes ? g_bytes_get_size(kept->bytes) : 0;
}

static void keep(struct http_gzip *gzip, const char *name, struct kept *kept)
{
    const struct kept *before = g_hash_table_lookup(gzip->files, name);
    gzip->size += kept_size(kept) - (before ? kept_size(before) : 0);
    // Of a folder that large no part is worth more than another.
    if (gzip->size > HTTP_GZIP_MAX_KEPT) {
        g_hash_table_remove_all(gzip->files);
        gzip->size = kept_size(kept);
    }
    g_hash_table_insert(gzip->files, g_strdup(name), kept);
}

GBytes *http_gzip_file(struct http_gzip *gzip, const char *name, const char *etag, int fd,
                       guint64 size)
{
    if (size == 0 || size > HTTP_GZIP_MAX_FILE)
        return NULL;
    struct kept *kept = g_hash_table_lookup(gzip->files, name);
    if (!kept || strcmp(kept->etag, etag) != 0) {
        g_autofree char *bytes = read_file(fd, size);
        if (!bytes)
            return NULL;
        kept = g_new0(struct kept, 1);
        kept->etag = g_strdup(etag);
        kept->bytes = compress(bytes, size);
        keep(gzip, name, kept);
    }
    return kept->bytes ? g_bytes_ref(kept->bytes) : NULL;
}
