// SPDX-License-Identifier: GPL-3.0-or-later
#include "controller/core/buffers/buffers.h"

#include <string.h>

static void buffer_destroy(gpointer data)
{
    struct buffer *buffer = data;
    g_free(buffer->name);
    g_ptr_array_unref(buffer->layers);
    g_free(buffer);
}

static void destroy_asset(gpointer asset)
{
    asset_destroy(asset);
}

void buffers_init(struct buffers *buffers)
{
    buffers->buffers = g_hash_table_new_full(NULL, NULL, NULL, buffer_destroy);
    buffers->raw = g_hash_table_new(NULL, NULL);
    buffers->assets = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, destroy_asset);
    buffers->uploads = g_hash_table_new(NULL, NULL);
    buffers->drawings = g_hash_table_new(NULL, NULL);
    buffers->readings = g_hash_table_new(NULL, NULL);
    buffers->boot_numbers = g_array_new(FALSE, FALSE, sizeof(int));
    buffers->total = BUFFERS_DEFAULT;
    buffers->max_memory = (guint64)1 << 30;
    buffers->max_assets = (guint64)4 << 30;
}

void buffers_clear(struct buffers *buffers)
{
    g_hash_table_unref(buffers->uploads);
    g_hash_table_unref(buffers->drawings);
    g_hash_table_unref(buffers->readings);
    GHashTableIter iter;
    gpointer buffer;
    g_hash_table_iter_init(&iter, buffers->buffers);
    while (g_hash_table_iter_next(&iter, NULL, &buffer))
        buffer_drop_layers(buffers, buffer);
    g_hash_table_unref(buffers->buffers);
    g_hash_table_unref(buffers->raw);
    g_hash_table_unref(buffers->assets);
    g_array_unref(buffers->boot_numbers);
}

// SCClassLibrary, Server.newBufferAllocators: equal shares, in the order of client ids.
int buffers_share(const struct buffers *buffers, int client, int logins, int *first)
{
    int share = buffers->total / MAX(logins, 1);
    *first = share * MAX(client, 0);
    return share;
}

int buffers_new_number(struct buffers *buffers, int client, int logins)
{
    int first, share = buffers_share(buffers, client, logins, &first);
    for (int i = 0; i < share; i++) {
        int offset = (buffers->next + i) % share;
        if (buffers_find(buffers, first + offset) ||
            g_hash_table_contains(buffers->raw, GINT_TO_POINTER(first + offset)))
            continue;
        buffers->next = offset + 1;
        return first + offset;
    }
    return -1;
}

struct buffer *buffers_find(const struct buffers *buffers, int number)
{
    return g_hash_table_lookup(buffers->buffers, GINT_TO_POINTER(number));
}

static struct buffer *find_name(const struct buffers *buffers, const char *name)
{
    GHashTableIter iter;
    gpointer buffer;
    g_hash_table_iter_init(&iter, buffers->buffers);
    while (g_hash_table_iter_next(&iter, NULL, &buffer))
        if (g_strcmp0(((struct buffer *)buffer)->name, name) == 0)
            return buffer;
    return NULL;
}

struct buffer *buffers_named(const struct buffers *buffers, const char *id)
{
    char *end;
    gint64 number = g_ascii_strtoll(id, &end, 10);
    if (g_ascii_isdigit(*id) && !*end)
        return number <= G_MAXINT32 ? buffers_find(buffers, (int)number) : NULL;
    return find_name(buffers, id);
}

struct buffer *buffers_add(struct buffers *buffers, int number, const char *name)
{
    // A name goes over to who takes it last.
    struct buffer *before = name ? find_name(buffers, name) : NULL;
    if (before)
        g_clear_pointer(&before->name, g_free);
    struct buffer *buffer = g_new0(struct buffer, 1);
    buffer->number = number;
    buffer->name = g_strdup(name);
    buffer->layers = g_ptr_array_new();
    g_hash_table_insert(buffers->buffers, GINT_TO_POINTER(number), buffer);
    buffers->changed = true;
    return buffer;
}

void buffers_remove(struct buffers *buffers, struct buffer *buffer)
{
    buffer_drop_layers(buffers, buffer);
    g_hash_table_remove(buffers->buffers, GINT_TO_POINTER(buffer->number));
    buffers->changed = true;
}

GPtrArray *buffers_sorted(GHashTable *table, GCompareFunc compare)
{
    GPtrArray *sorted = g_ptr_array_new();
    GHashTableIter iter;
    gpointer value;
    g_hash_table_iter_init(&iter, table);
    while (g_hash_table_iter_next(&iter, NULL, &value))
        g_ptr_array_add(sorted, value);
    g_ptr_array_sort(sorted, compare);
    return sorted;
}

gsize buffer_samples(const struct buffer *buffer)
{
    return (gsize)buffer->frames * buffer->channels;
}

guint64 buffers_memory(const struct buffers *buffers)
{
    guint64 bytes = 0;
    GHashTableIter iter;
    gpointer buffer;
    g_hash_table_iter_init(&iter, buffers->buffers);
    while (g_hash_table_iter_next(&iter, NULL, &buffer))
        bytes += buffer_samples(buffer) * sizeof(float);
    gpointer samples;
    g_hash_table_iter_init(&iter, buffers->raw);
    while (g_hash_table_iter_next(&iter, NULL, &samples))
        bytes += (guint64)GPOINTER_TO_UINT(samples) * sizeof(float);
    return bytes;
}

json_t *buffer_to_json(const struct buffer *buffer)
{
    static const char *const states[] = {"loading", "ready", "lost"};
    json_t *json = json_pack(
        "{s:i s:s? s:i s:i s:f s:s? s:s}", "id", buffer->number, "name", buffer->name, "frames",
        buffer->frames, "channels", buffer->channels, "rate", buffer->rate, "asset",
        buffer->asset ? buffer->asset->name : NULL, "state", states[buffer->state]);
    if (buffer->asset)
        json_object_set_new(json, "start", json_integer(buffer->start));
    json_object_set_new(json, "layers", json_integer(buffer->layers->len));
    return json;
}

// --- assets -------------------------------------------------------------------------------------

static int64_t whole(const json_t *facts, const char *name)
{
    return json_integer_value(json_object_get(facts, name));
}

struct asset *asset_new(const char *name, const char *title, const json_t *facts)
{
    const char *format = json_string_value(json_object_get(facts, "format"));
    struct asset *asset = g_new0(struct asset, 1);
    asset->name = g_strdup(name);
    asset->title = g_strdup(title);
    asset->bytes = whole(facts, "bytes");
    asset->frames = whole(facts, "frames");
    asset->channels = (int)whole(facts, "channels");
    asset->rate = (int)whole(facts, "rate");
    asset->format = g_strdup(format ? format : "wav");
    return asset;
}

void asset_destroy(struct asset *asset)
{
    if (!asset)
        return;
    g_free(asset->name);
    g_free(asset->title);
    g_free(asset->format);
    g_free(asset);
}

static json_t *numbers_of(const struct buffers *buffers, const struct asset *asset)
{
    json_t *numbers = json_array();
    GHashTableIter iter;
    gpointer buffer;
    g_hash_table_iter_init(&iter, buffers->buffers);
    while (g_hash_table_iter_next(&iter, NULL, &buffer))
        if (((struct buffer *)buffer)->asset == asset)
            json_array_append_new(numbers, json_integer(((struct buffer *)buffer)->number));
    return numbers;
}

bool asset_is_used(const struct buffers *buffers, const struct asset *asset)
{
    json_t *numbers = numbers_of(buffers, asset);
    bool used = json_array_size(numbers) > 0;
    json_decref(numbers);
    return used;
}

json_t *asset_to_json(const struct buffers *buffers, const struct asset *asset)
{
    return json_pack("{s:s s:s? s:I s:I s:i s:i s:s s:o}", "asset", asset->name, "title",
                     asset->title, "bytes", (json_int_t)asset->bytes, "frames",
                     (json_int_t)asset->frames, "channels", asset->channels, "rate", asset->rate,
                     "format", asset->format, "buffers", numbers_of(buffers, asset));
}
