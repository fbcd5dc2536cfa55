// SPDX-License-Identifier: GPL-3.0-or-later
#include "pipeline/sound/convert.h"

#include <glib.h>
#include <math.h>
#include <samplerate.h>
#include <string.h>

struct convert {
    int rate;
    size_t block;
    double ratio;
    SRC_STATE *resampler; // owned; NULL at 48 kHz
    GArray *held;         // owned: floats at 48 kHz, interleaved
};

struct convert *convert_create(int rate, size_t block)
{
    struct convert *convert = g_new0(struct convert, 1);
    convert->rate = rate;
    convert->block = block;
    convert->ratio = (double)CONVERT_RATE / rate;
    convert->held = g_array_sized_new(FALSE, FALSE, sizeof(float), 16384);
    if (rate != CONVERT_RATE) {
        int error;
        convert->resampler = src_new(SRC_SINC_FASTEST, 2, &error);
        g_assert(convert->resampler);
    }
    return convert;
}

void convert_destroy(struct convert *convert)
{
    if (!convert)
        return;
    if (convert->resampler)
        src_delete(convert->resampler);
    g_array_unref(convert->held);
    g_free(convert);
}

int convert_rate(const struct convert *convert)
{
    return convert->rate;
}

void convert_push(struct convert *convert, const float *frames, size_t count)
{
    if (!convert->resampler) {
        g_array_append_vals(convert->held, frames, 2 * count);
        return;
    }
    size_t room = (size_t)ceil(count * convert->ratio) + 64, before = convert->held->len;
    g_array_set_size(convert->held, before + 2 * room);
    SRC_DATA data = {.data_in = frames,
                     .input_frames = count,
                     .data_out = &g_array_index(convert->held, float, before),
                     .output_frames = room,
                     .src_ratio = convert->ratio};
    // Fails only on wrong arguments.
    int error = src_process(convert->resampler, &data);
    g_assert(error == 0);
    g_array_set_size(convert->held, before + 2 * data.output_frames_gen);
}

void convert_push_silence(struct convert *convert, size_t count)
{
    size_t before = convert->held->len;
    g_array_set_size(convert->held, before + 2 * count);
    memset(&g_array_index(convert->held, float, before), 0, 2 * count * sizeof(float));
}

size_t convert_missing(const struct convert *convert)
{
    size_t held = convert->held->len / 2;
    return held >= convert->block ? 0 : (size_t)ceil((convert->block - held) / convert->ratio);
}

bool convert_pull(struct convert *convert, float *frames)
{
    if (convert->held->len < 2 * convert->block)
        return false;
    memcpy(frames, convert->held->data, 2 * convert->block * sizeof(float));
    g_array_remove_range(convert->held, 0, 2 * convert->block);
    return true;
}

void convert_clear(struct convert *convert)
{
    g_array_set_size(convert->held, 0);
    if (convert->resampler)
        src_reset(convert->resampler);
}
