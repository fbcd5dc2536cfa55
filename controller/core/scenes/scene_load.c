// SPDX-License-Identifier: GPL-3.0-or-later
// Made by the same commands as anybody's buffers, with all that they check.
#include "controller/core/scenes/scene_load.h"

#include <math.h>
#include <string.h>

#define PORTION 16384 // samples of one buffer.write

static int compare_numbers(gconstpointer a, gconstpointer b)
{
    const struct buffer *const *x = a, *const *y = b;
    return ((*x)->number > (*y)->number) - ((*x)->number < (*y)->number);
}

static json_t *recipe_of(const struct buffer *buffer)
{
    json_t *recipe =
        json_pack("{s:i s:i s:s*}", "frames", buffer->frames, "channels", buffer->channels, "asset",
                  buffer->asset ? buffer->asset->name : NULL);
    if (buffer->asset && buffer->start)
        json_object_set_new(recipe, "start", json_integer(buffer->start));
    if (buffer->name)
        json_object_set_new(recipe, "name", json_string(buffer->name));
    if (buffer->layers->len)
        json_object_set_new(recipe, "layers", buffer_layers_to_json(buffer));
    return recipe;
}

json_t *scene_take_buffers(const struct session *session, GArray *numbers)
{
    g_autoptr(GPtrArray) sorted = buffers_sorted(session->buffers.buffers, compare_numbers);
    json_t *list = json_array();
    for (guint i = 0; i < sorted->len; i++) {
        const struct buffer *buffer = g_ptr_array_index(sorted, i);
        if (buffer->state != BUFFER_READY)
            continue;
        json_array_append_new(list, recipe_of(buffer));
        g_array_append_val(numbers, buffer->number);
    }
    return list;
}

void scene_free_buffers(struct session *session, const GArray *numbers)
{
    const struct command *command = command_by_method("buffer.free");
    for (guint i = 0; i < numbers->len; i++) {
        char id[16];
        g_snprintf(id, sizeof id, "%d", g_array_index(numbers, int, i));
        if (buffers_named(&session->buffers, id))
            command->handle(
                session, call_new(command, json_pack("{s:s}", "id", id), NULL, NULL, NULL, NULL));
    }
}

// --- loading ------------------------------------------------------------------------------------

struct loading {
    struct session *session;
    json_t *scene;           // owned reference
    GArray *numbers, *fresh; // int
    int pending;             // calls, and one while they are being made
    struct problem *problem; // the first
    scene_loaded done;
    void *data;
};

struct step {
    struct loading *loading;
    guint index; // of the buffer in the scene
};

static void finish_one(struct loading *l)
{
    if (--l->pending > 0)
        return;
    if (l->problem) {
        scene_free_buffers(l->session, l->fresh);
        g_array_set_size(l->fresh, 0);
    }
    l->done(l->session, l->data, l->numbers, l->fresh, l->problem);
    problem_destroy(l->problem);
    g_array_unref(l->numbers);
    g_array_unref(l->fresh);
    json_decref(l->scene);
    g_free(l);
}

static void run(struct loading *l, const char *method, json_t *params, call_reply reply, void *data)
{
    const struct command *command = command_by_method(method);
    struct call *call = call_new(command, params, NULL, NULL, reply, data);
    struct problem *problem = command_validate(command, params, false);
    l->pending++;
    if (problem)
        call_fail(call, problem);
    else
        command->handle(l->session, call);
}

static void note_problem(struct loading *l, guint index, const struct problem *problem)
{
    if (!problem || l->problem)
        return;
    l->problem = problem_copy(problem);
    g_autofree char *detail =
        g_strdup_printf("buffer %u of the scene: %s", index, l->problem->detail);
    g_free(l->problem->detail);
    l->problem->detail = g_steal_pointer(&detail);
}

static void on_filled(void *data, json_t *result, const struct problem *problem)
{
    struct step *step = data;
    struct loading *l = step->loading;
    note_problem(l, step->index, problem);
    json_decref(result);
    g_free(step);
    finish_one(l);
}

static struct step *step_new(struct loading *l, guint index)
{
    struct step *step = g_new(struct step, 1);
    *step = (struct step){l, index};
    return step;
}

static json_t *portion_of(const float *values, gsize count)
{
    json_t *list = json_array();
    for (gsize i = 0; i < count; i++)
        json_array_append_new(list, json_real(isfinite(values[i]) ? values[i] : 0));
    return list;
}

static void write_run(struct loading *l, guint index, const json_t *stretch)
{
    gsize length = 0;
    const char *text = json_string_value(json_object_get(stretch, "values"));
    g_autofree guchar *data = g_base64_decode(text, &length);
    json_int_t start = json_integer_value(json_object_get(stretch, "start"));
    const float *values = (const float *)data;
    gsize count = length / sizeof(float);
    for (gsize at = 0; at < count; at += PORTION) {
        json_t *params = json_pack("{s:i s:I s:o}", "id", g_array_index(l->numbers, int, index),
                                   "start", start + (json_int_t)at, "values",
                                   portion_of(values + at, MIN(PORTION, count - at)));
        run(l, "buffer.write", params, on_filled, step_new(l, index));
    }
}

static void add_layer(struct loading *l, guint index, const json_t *layer)
{
    json_t *wave = json_object_get(layer, "wave");
    if (wave) {
        json_t *params = json_deep_copy(wave);
        json_object_set_new(params, "id", json_integer(g_array_index(l->numbers, int, index)));
        run(l, "buffer.generate", params, on_filled, step_new(l, index));
        return;
    }
    const json_t *runs = json_object_get(layer, "runs");
    for (size_t i = 0; i < json_array_size(runs); i++)
        write_run(l, index, json_array_get(runs, i));
}

static void on_made(void *data, json_t *result, const struct problem *problem)
{
    struct step *step = data;
    struct loading *l = step->loading;
    guint index = step->index;
    g_free(step);
    note_problem(l, index, problem);
    if (result) {
        int number = (int)json_integer_value(json_object_get(result, "id"));
        g_array_index(l->numbers, int, index) = number;
        g_array_append_val(l->fresh, number);
        const json_t *wanted = json_array_get(json_object_get(l->scene, "buffers"), index);
        const json_t *layers = json_object_get(wanted, "layers");
        for (size_t i = 0; i < json_array_size(layers) && !l->problem; i++)
            add_layer(l, index, json_array_get(layers, i));
        json_decref(result);
    }
    finish_one(l);
}

static bool is_taken(const struct loading *l, int number)
{
    for (guint i = 0; i < l->numbers->len; i++)
        if (g_array_index(l->numbers, int, i) == number)
            return true;
    return false;
}

static int same_buffer(const struct loading *l, const json_t *wanted, bool reuse)
{
    GHashTableIter iter;
    gpointer each;
    int found = -1;
    if (!reuse && (!json_object_get(wanted, "asset") || json_object_get(wanted, "layers")))
        return -1;
    g_hash_table_iter_init(&iter, l->session->buffers.buffers);
    while (found < 0 && g_hash_table_iter_next(&iter, NULL, &each)) {
        const struct buffer *buffer = each;
        if (buffer->state != BUFFER_READY || buffer->busy || is_taken(l, buffer->number))
            continue;
        json_t *recipe = recipe_of(buffer);
        found = json_equal(recipe, wanted) ? buffer->number : -1;
        json_decref(recipe);
    }
    return found;
}

static json_t *params_of(const json_t *wanted)
{
    json_t *params = json_copy((json_t *)wanted);
    json_object_del(params, "layers");
    // A sound has its own.
    if (json_object_get(params, "asset"))
        json_object_del(params, "channels");
    return params;
}

void scene_load(struct session *session, const json_t *scene, bool reuse, scene_loaded done,
                void *data)
{
    const json_t *buffers = json_object_get(scene, "buffers");
    struct loading *l = g_new0(struct loading, 1);
    l->session = session;
    l->scene = json_incref((json_t *)scene);
    l->numbers = g_array_new(FALSE, FALSE, sizeof(int));
    l->fresh = g_array_new(FALSE, FALSE, sizeof(int));
    l->done = done;
    l->data = data;
    l->pending = 1;
    for (guint i = 0; i < json_array_size(buffers); i++) {
        int number = same_buffer(l, json_array_get(buffers, i), reuse);
        g_array_append_val(l->numbers, number);
    }
    for (guint i = 0; i < json_array_size(buffers) && !l->problem; i++)
        if (g_array_index(l->numbers, int, i) < 0)
            run(l, "buffer.new", params_of(json_array_get(buffers, i)), on_made, step_new(l, i));
    finish_one(l);
}
