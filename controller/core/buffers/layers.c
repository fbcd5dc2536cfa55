// SPDX-License-Identifier: GPL-3.0-or-later
// What was put into a buffer after it was made, in order: a table that is added to what is there
// has to come back on top of the same.
#include "controller/core/buffers/buffers.h"
#include "controller/core/session.h"

static void run_clear(gpointer data)
{
    g_array_unref(((struct stretch *)data)->values);
}

static struct layer *layer_new(struct buffer *buffer)
{
    struct layer *layer = g_new0(struct layer, 1);
    g_ptr_array_add(buffer->layers, layer);
    return layer;
}

static struct layer *layer_of_samples(struct buffer *buffer)
{
    struct layer *layer = layer_new(buffer);
    layer->runs = g_array_new(FALSE, FALSE, sizeof(struct stretch));
    g_array_set_clear_func(layer->runs, run_clear);
    return layer;
}

static guint recorded(const struct layer *layer)
{
    guint samples = 0;
    for (guint i = 0; layer->runs && i < layer->runs->len; i++)
        samples += g_array_index(layer->runs, struct stretch, i).values->len;
    return samples;
}

static void layer_destroy(struct layer *layer)
{
    json_decref(layer->wave);
    g_clear_pointer(&layer->runs, g_array_unref);
    g_free(layer);
}

void buffer_drop_layers(struct buffers *buffers, struct buffer *buffer)
{
    for (guint i = 0; i < buffer->layers->len; i++) {
        struct layer *layer = g_ptr_array_index(buffer->layers, i);
        buffers->recorded -= recorded(layer);
        layer_destroy(layer);
    }
    g_ptr_array_set_size(buffer->layers, 0);
    buffers->changed = true;
}

bool buffer_add_table(struct buffers *buffers, struct buffer *buffer, const json_t *wave,
                      bool clear)
{
    // It covers all that was there.
    if (clear)
        buffer_drop_layers(buffers, buffer);
    if (buffer->layers->len >= BUFFERS_MAX_LAYERS)
        return false;
    struct layer *layer = layer_new(buffer);
    layer->wave = json_deep_copy(wave);
    buffers->changed = true;
    return true;
}

static struct layer *top_of_samples(struct buffer *buffer)
{
    guint count = buffer->layers->len;
    struct layer *top = count ? g_ptr_array_index(buffer->layers, count - 1) : NULL;
    if (top && top->runs)
        return top;
    return layer_of_samples(buffer);
}

static void append(GArray *values, const struct stretch *run, int from, int to)
{
    g_array_append_vals(values, &g_array_index(run->values, float, from - run->start), to - from);
}

// Puts [start, end) into the runs: all that touch it become one with it.
static void merge(GArray *runs, int start, const float *values, guint count)
{
    int end = start + (int)count;
    guint at = 0, to;
    while (at < runs->len && g_array_index(runs, struct stretch, at).start +
                                     (int)g_array_index(runs, struct stretch, at).values->len <
                                 start)
        at++;
    for (to = at; to < runs->len && g_array_index(runs, struct stretch, to).start <= end; to++)
        ;
    struct stretch merged = {start, g_array_new(FALSE, FALSE, sizeof(float))};
    if (to > at) {
        const struct stretch *first = &g_array_index(runs, struct stretch, at);
        merged.start = MIN(start, first->start);
        if (first->start < start)
            append(merged.values, first, first->start, start);
    }
    g_array_append_vals(merged.values, values, count);
    if (to > at) {
        const struct stretch *last = &g_array_index(runs, struct stretch, to - 1);
        int last_end = last->start + (int)last->values->len;
        if (last_end > end)
            append(merged.values, last, end, last_end);
        g_array_remove_range(runs, at, to - at);
    }
    g_array_insert_val(runs, at, merged);
}

bool buffer_has_room(const struct buffers *buffers, const struct buffer *buffer, guint count)
{
    guint layers = buffer->layers->len;
    const struct layer *top = layers ? g_ptr_array_index(buffer->layers, layers - 1) : NULL;
    return buffers->recorded + count <= BUFFERS_MAX_RECORD &&
           (layers < BUFFERS_MAX_LAYERS || top->runs);
}

bool buffer_add_samples(struct buffers *buffers, struct buffer *buffer, int start,
                        const float *values, guint count)
{
    if (!buffer_has_room(buffers, buffer, count))
        return false;
    struct layer *layer = top_of_samples(buffer);
    buffers->recorded -= recorded(layer);
    merge(layer->runs, start, values, count);
    buffers->recorded += recorded(layer);
    buffers->changed = true;
    return true;
}

// --- as messages --------------------------------------------------------------------------------

// Server Command Reference, /b_gen: flags 1 normalize, 2 wavetable, 4 clear.
static int flags_of(const json_t *wave)
{
    return (json_is_true(json_object_get(wave, "normalize")) ? 1 : 0) |
           (json_is_true(json_object_get(wave, "wavetable")) ? 2 : 0) |
           (json_is_false(json_object_get(wave, "clear")) ? 0 : 4);
}

static float member(const json_t *wave, const char *name, size_t i)
{
    return (float)json_number_value(json_array_get(json_object_get(wave, name), i));
}

// sine2 has a frequency with each amplitude, sine3 a phase as well.
struct osc_message *buffer_table_message(const struct buffer *buffer, const json_t *wave)
{
    const char *kind = json_string_value(json_object_get(wave, "wave"));
    bool frequencies = g_str_equal(kind, "sine2") || g_str_equal(kind, "sine3");
    bool phases = g_str_equal(kind, "sine3");
    struct osc_message *message =
        osc_message_new("/b_gen", "isi", buffer->number, kind, flags_of(wave));
    for (size_t i = 0; i < json_array_size(json_object_get(wave, "amplitudes")); i++) {
        if (frequencies)
            osc_add_float(message, member(wave, "frequencies", i));
        osc_add_float(message, member(wave, "amplitudes", i));
        if (phases)
            osc_add_float(message, member(wave, "phases", i));
    }
    return message;
}

struct osc_message *buffer_samples_message(const struct buffer *buffer, int start,
                                           const float *values, guint count)
{
    struct osc_message *message =
        osc_message_new("/b_setn", "iii", buffer->number, start, (int)count);
    for (guint i = 0; i < count; i++)
        osc_add_float(message, values[i]);
    return message;
}

// --- as JSON ------------------------------------------------------------------------------------

// float32 as they are in memory, in base64: a million of them as numbers would take a second.
static json_t *run_to_json(const struct stretch *run)
{
    g_autofree char *data =
        g_base64_encode((const guchar *)run->values->data, run->values->len * sizeof(float));
    return json_pack("{s:i s:s}", "start", run->start, "values", data);
}

json_t *buffer_layers_to_json(const struct buffer *buffer)
{
    json_t *layers = json_array();
    for (guint i = 0; i < buffer->layers->len; i++) {
        const struct layer *layer = g_ptr_array_index(buffer->layers, i);
        if (!layer->runs) {
            json_array_append_new(layers, json_pack("{s:O}", "wave", layer->wave));
            continue;
        }
        json_t *runs = json_array();
        for (guint k = 0; k < layer->runs->len; k++)
            json_array_append_new(runs,
                                  run_to_json(&g_array_index(layer->runs, struct stretch, k)));
        json_array_append_new(layers, json_pack("{s:o}", "runs", runs));
    }
    return layers;
}

static void runs_from_json(struct buffers *buffers, struct buffer *buffer, const json_t *runs)
{
    size_t i;
    json_t *run;
    json_array_foreach(runs, i, run)
    {
        gsize length = 0;
        const char *text = json_string_value(json_object_get(run, "values"));
        gint64 start = json_integer_value(json_object_get(run, "start"));
        g_autofree guchar *data = g_base64_decode(text ? text : "", &length);
        gsize count = length / sizeof(float);
        if (count > 0 && start >= 0 && (gsize)start + count <= buffer_samples(buffer))
            buffer_add_samples(buffers, buffer, (int)start, (const float *)data, (guint)count);
    }
}

void buffer_layers_from_json(struct buffers *buffers, struct buffer *buffer, const json_t *json)
{
    size_t i;
    json_t *layer;
    json_array_foreach(json, i, layer)
    {
        json_t *wave = json_object_get(layer, "wave");
        if (wave)
            buffer_add_table(buffers, buffer, wave, false);
        else
            runs_from_json(buffers, buffer, json_object_get(layer, "runs"));
    }
}
