// SPDX-License-Identifier: GPL-3.0-or-later
// What is in a buffer, by value: tables, samples.
#include <math.h>
#include <string.h>

#include "controller/core/commands/buffer.h"
#include "controller/core/commands/commands.h"
#include "controller/core/session_own.h"

#define MAX_READ 65536
#define MAX_WRITE 16384
#define MAX_PARTIALS 1024
#define MAX_WORK (1 << 26) // samples times partials: scsynth does nothing else meanwhile

static void fail_field(struct call *call, int status, const char *field, const char *format, ...)
    G_GNUC_PRINTF(4, 5);
static void fail_field(struct call *call, int status, const char *field, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *what = g_strdup_vprintf(format, args);
    va_end(args);
    struct problem *problem = problem_new(status, "%s %s", field, what);
    problem_add(problem, field, "%s", what);
    call_fail(call, problem);
}

// --- tables -------------------------------------------------------------------------------------

static gsize length_of(const struct call *call, const char *name)
{
    return json_array_size(json_object_get(call->params, name));
}

// Frequencies belong to sine2 and sine3, phases to sine3; false with the call answered.
static bool check_partials(struct call *call)
{
    const char *wave = call_string(call, "wave");
    bool frequencies = strcmp(wave, "sine2") == 0 || strcmp(wave, "sine3") == 0;
    bool phases = strcmp(wave, "sine3") == 0;
    gsize count = length_of(call, "amplitudes");
    if (call_has(call, "frequencies") != frequencies ||
        (frequencies && length_of(call, "frequencies") != count))
        fail_field(call, 422, "frequencies",
                   frequencies ? "must be as many as amplitudes" : "is for sine2 and sine3");
    else if (call_has(call, "phases") != phases || (phases && length_of(call, "phases") != count))
        fail_field(call, 422, "phases", phases ? "must be as many as amplitudes" : "is for sine3");
    else
        return true;
    return false;
}

static bool check_table(struct call *call, const struct buffer *buffer)
{
    bool power_of_two = (buffer->frames & (buffer->frames - 1)) == 0 && buffer->frames >= 4;
    if (!check_partials(call))
        return false;
    if (buffer->channels != 1)
        fail_field(call, 422, "id", "has %d channels; a table has one", buffer->channels);
    else if (call_flag(call, "wavetable") && !power_of_two)
        fail_field(call, 422, "wavetable", "needs a power of two of frames; the buffer has %d",
                   buffer->frames);
    else if (buffer_samples(buffer) * length_of(call, "amplitudes") > MAX_WORK)
        fail_field(call, 422, "amplitudes",
                   "are too many for a buffer of %d frames: their product is at most %d",
                   buffer->frames, MAX_WORK);
    else if (!call_flag(call, "clear") && buffer->layers->len >= BUFFERS_MAX_LAYERS)
        call_fail(call, problem_new(409, "buffer %d holds %d layers; begin again with clear",
                                    buffer->number, BUFFERS_MAX_LAYERS));
    else
        return true;
    return false;
}

static json_t *wave_of(const struct call *call)
{
    json_t *wave = json_copy(call->params);
    json_object_del(wave, "id");
    return wave;
}

static void answer_generate(struct session *session, struct wait *wait, struct problem *problem)
{
    int number = wait->node;
    struct buffer *buffer = buffers_find(&session->buffers, number);
    if (problem) {
        call_fail(wait->call, problem);
    } else {
        json_t *wave = wave_of(wait->call);
        buffer_add_table(&session->buffers, buffer, wave, call_flag(wait->call, "clear"));
        json_decref(wave);
        buffer_changed(session, buffer);
        call_succeed(wait->call, buffer_to_json(buffer));
    }
    buffer_end(session, number);
}

static void buffer_generate(struct session *session, struct call *call)
{
    struct buffer *buffer = call_ready_buffer(session, call);
    if (!buffer || !check_table(call, buffer))
        return;
    json_t *wave = wave_of(call);
    batch_add(&session->batch, buffer_table_message(buffer, wave));
    json_decref(wave);
    buffer_begin(buffer);
    wait_add(session, WAIT_SYNC, call, "/b_gen", buffer->number, answer_generate);
}

// --- reading ------------------------------------------------------------------------------------

static void destroy_reading(gpointer data)
{
    struct reading *reading = data;
    g_hash_table_unref(reading->portions);
    g_free(reading->values);
    g_free(reading);
}

// JSON has no NaN and no infinity, which a synth may have recorded.
static json_t *samples_to_json(const struct reading *reading)
{
    json_t *samples = json_array();
    for (int i = 0; i < reading->count; i++)
        json_array_append_new(samples, isfinite(reading->values[i]) ? json_real(reading->values[i])
                                                                    : json_null());
    return samples;
}

static void answer_read(struct session *session, struct wait *wait, struct problem *problem)
{
    const struct reading *reading = wait->extra;
    g_hash_table_remove(session->buffers.readings, reading);
    if (!problem && g_hash_table_size(reading->portions) > 0)
        problem = problem_new(504, "scsynth did not send all samples");
    if (problem)
        call_fail(wait->call, problem);
    else
        call_succeed(wait->call, json_pack("{s:i s:i s:o}", "start", reading->start, "count",
                                           reading->count, "samples", samples_to_json(reading)));
}

static struct reading *ask_for_samples(struct session *session, const struct buffer *buffer,
                                       int start, int count)
{
    struct reading *reading = g_new0(struct reading, 1);
    reading->number = buffer->number;
    reading->start = start;
    reading->count = count;
    reading->values = g_new0(float, count);
    reading->portions = g_hash_table_new(NULL, NULL);
    for (int at = start; at < start + count; at += BUFFERS_PORTION) {
        int portion = MIN(BUFFERS_PORTION, start + count - at);
        g_hash_table_add(reading->portions, GINT_TO_POINTER(at));
        batch_add(&session->batch, osc_message_new("/b_getn", "iii", buffer->number, at, portion));
    }
    g_hash_table_add(session->buffers.readings, reading);
    return reading;
}

static void buffer_read(struct session *session, struct call *call)
{
    const struct buffer *buffer = call_ready_buffer(session, call);
    if (!buffer)
        return;
    gint64 samples = buffer_samples(buffer), start = call_integer(call, "start");
    gint64 count =
        call_has(call, "count") ? call_integer(call, "count") : MIN(MAX_READ, samples - start);
    if (start >= samples) {
        fail_field(call, 422, "start", "is behind the last of %d samples", (int)samples);
        return;
    }
    if (start + count > samples) {
        fail_field(call, 422, "count", "leads behind the last of %d samples", (int)samples);
        return;
    }
    struct reading *reading = ask_for_samples(session, buffer, (int)start, (int)count);
    struct wait *wait = wait_add(session, WAIT_SYNC, call, "/b_getn", buffer->number, answer_read);
    wait->extra = reading;
    wait->free_extra = destroy_reading;
}

// --- writing ------------------------------------------------------------------------------------

static void answer_write(struct session *session, struct wait *wait, struct problem *problem)
{
    struct buffer *buffer = buffers_find(&session->buffers, wait->node);
    const GArray *values = wait->extra;
    if (!problem && !buffer)
        problem = problem_new(404, "buffer %d has been freed meanwhile", wait->node);
    if (problem) {
        call_fail(wait->call, problem);
        return;
    }
    buffer_add_samples(&session->buffers, buffer, call_integer(wait->call, "start"),
                       (const float *)values->data, values->len);
    buffer_changed(session, buffer);
    call_succeed(wait->call, NULL);
}

static bool check_write(struct session *session, struct call *call, const struct buffer *buffer)
{
    gsize count = length_of(call, "values"), samples = buffer_samples(buffer);
    gsize start = (gsize)call_integer(call, "start");
    if (start >= samples)
        fail_field(call, 422, "start", "is behind the last of %zu samples", samples);
    else if (start + count > samples)
        fail_field(call, 422, "values", "lead behind the last of %zu samples", samples);
    else if (!buffer_has_room(&session->buffers, buffer, (guint)count))
        call_fail(call, problem_new(413,
                                    "what is written by value is kept for a scsynth that has to be "
                                    "started again, %d samples at most; upload a sound file",
                                    BUFFERS_MAX_RECORD));
    else
        return true;
    return false;
}

static void free_values(gpointer values)
{
    g_array_unref(values);
}

static void buffer_write(struct session *session, struct call *call)
{
    const struct buffer *buffer = call_ready_buffer(session, call);
    if (!buffer || !check_write(session, call, buffer))
        return;
    const json_t *list = json_object_get(call->params, "values");
    guint count = (guint)json_array_size(list);
    GArray *values = g_array_sized_new(FALSE, FALSE, sizeof(float), count);
    for (guint i = 0; i < count; i++) {
        float value = (float)json_number_value(json_array_get(list, i));
        g_array_append_val(values, value);
    }
    int start = call_integer(call, "start");
    for (guint at = 0; at < count; at += BUFFERS_PORTION)
        batch_add(&session->batch,
                  buffer_samples_message(buffer, start + (int)at, &g_array_index(values, float, at),
                                         MIN(BUFFERS_PORTION, count - at)));
    struct wait *wait = wait_add(session, WAIT_SYNC, call, "/b_setn", buffer->number, answer_write);
    wait->extra = values;
    wait->free_extra = free_values;
}

// --- the table -----------------------------------------------------------------------------------

static const struct command generate = {
    "buffer.generate",
    "POST",
    "/v1/buffers/{id}/generate",
    SCOPE_PLAY,
    BODY_JSON,
    BODY_JSON,
    200,
    .waits = true,
    .example =
        "{\"id\":\"table\",\"wave\":\"sine1\",\"amplitudes\":[1,0.5,0.25],\"wavetable\":true}",
    .words = "Fills a buffer with a table: sums of sines, or of Chebyshev polynomials.",
    .result = "buffer",
    .params = {BUFFER_ID,
               {"wave", PARAM_STRING, true,
                "sine1 has harmonics, sine2 also their frequencies, sine3 also their phases",
                .choices = "sine1|sine2|sine3|cheby"},
               {"amplitudes", PARAM_NUMBERS, true, "of each partial", .min = 1,
                .max = MAX_PARTIALS},
               {"frequencies", PARAM_NUMBERS, false, "of each partial, in periods of the table",
                .min = 1, .max = MAX_PARTIALS},
               {"phases", PARAM_NUMBERS, false, "of each partial, in radians", .min = 1,
                .max = MAX_PARTIALS},
               {"normalize", PARAM_BOOLEAN, false, "brings the peak to 1", .fallback = "true"},
               {"wavetable", PARAM_BOOLEAN, false,
                "writes the form that Osc, VOsc and Shaper read, for which the frames must be a "
                "power of two",
                .fallback = "false"},
               {"clear", PARAM_BOOLEAN, false, "takes away what was there; else it is added",
                .fallback = "true"}},
    .handle = buffer_generate,
};
static const struct command read_row = {
    "buffer.read",
    "GET",
    "/v1/buffers/{id}/samples",
    SCOPE_READ,
    BODY_NONE,
    BODY_JSON,
    200,
    .waits = true,
    .example = "{\"id\":\"table\",\"start\":0,\"count\":4}",
    .words = "Samples of a buffer, those of all channels in turn.",
    .result = "samples",
    .params = {BUFFER_ID,
               {"start", PARAM_INTEGER, false, "the first sample", .min = 0, .max = G_MAXINT32,
                .fallback = "0"},
               {"count", PARAM_INTEGER, false, "how many; all that follow unless it is given",
                .min = 1, .max = MAX_READ}},
    .handle = buffer_read,
};
static const struct command write_row = {
    "buffer.write",
    "PATCH",
    "/v1/buffers/{id}/samples",
    SCOPE_PLAY,
    BODY_JSON,
    BODY_NONE,
    204,
    .waits = true,
    .example = "{\"id\":\"table\",\"start\":0,\"values\":[0,0.5,1]}",
    .words = "Sets samples of a buffer, those of all channels in turn.",
    .params = {BUFFER_ID,
               {"start", PARAM_INTEGER, false, "the first sample", .min = 0, .max = G_MAXINT32,
                .fallback = "0"},
               {"values", PARAM_NUMBERS, true, "what they are to be", .min = 1, .max = MAX_WRITE}},
    .handle = buffer_write,
};

const struct command *const samples_commands[] = {&generate, &read_row, &write_row, NULL};
