// SPDX-License-Identifier: GPL-3.0-or-later
#include "controller/sound/peaks.h"

#include <glib.h>
#include <math.h>
#include <sndfile.h>
#include <stdbool.h>

#define BLOCK 65536 // samples at a time

// Of one channel in one stretch; min is above max where there was no number.
struct peak {
    float min, max;
};

struct drawing {
    int channels, points;
    sf_count_t frames;
    struct peak *peaks; // owned: of the first point all channels, then of the second
};

static void add(struct peak *peak, float value)
{
    if (!isfinite(value))
        return;
    peak->min = MIN(peak->min, value);
    peak->max = MAX(peak->max, value);
}

static int point_of(const struct drawing *d, sf_count_t frame)
{
    return (int)(frame * d->points / d->frames);
}

// False where the file ends before it should.
static bool draw(struct drawing *d, SNDFILE *file)
{
    static float block[BLOCK];
    sf_count_t fits = BLOCK / d->channels, at = 0, count;
    while (at < d->frames && (count = sf_readf_float(file, block, fits)) > 0) {
        for (sf_count_t i = 0; i < count && at < d->frames; i++, at++)
            for (int c = 0; c < d->channels; c++)
                add(&d->peaks[(gsize)point_of(d, at) * d->channels + c],
                    block[i * d->channels + c]);
    }
    return at == d->frames;
}

static json_t *value(const struct peak *peak, float which)
{
    return peak->min > peak->max ? json_null() : json_real(which);
}

static json_t *channel_to_json(const struct drawing *d, int channel)
{
    json_t *min = json_array(), *max = json_array();
    for (int i = 0; i < d->points; i++) {
        const struct peak *peak = &d->peaks[(gsize)i * d->channels + channel];
        json_array_append_new(min, value(peak, peak->min));
        json_array_append_new(max, value(peak, peak->max));
    }
    return json_pack("{s:o s:o}", "min", min, "max", max);
}

static json_t *drawing_to_json(const struct drawing *d)
{
    json_t *channels = json_array();
    for (int c = 0; c < d->channels; c++)
        json_array_append_new(channels, channel_to_json(d, c));
    return json_pack("{s:o}", "channels", channels);
}

json_t *peaks_of_file(const char *path, int points)
{
    SF_INFO info = {0};
    SNDFILE *file = sf_open(path, SFM_READ, &info);
    json_t *json = NULL;
    if (file && info.frames > 0 && info.channels > 0 && info.channels <= BLOCK) {
        struct drawing d = {info.channels, (int)MIN(points, info.frames), info.frames, NULL};
        gsize count = (gsize)d.points * d.channels;
        d.peaks = g_new(struct peak, count);
        for (gsize i = 0; i < count; i++)
            d.peaks[i] = (struct peak){INFINITY, -INFINITY};
        json = draw(&d, file) ? drawing_to_json(&d) : NULL;
        g_free(d.peaks);
    }
    sf_close(file);
    return json;
}
