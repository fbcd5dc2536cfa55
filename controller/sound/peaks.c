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
    sf_count_t frames, at; // in all, and that have been drawn
    struct peak *peaks;    // owned: of the first point all channels, then of the second
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

static void draw(struct drawing *d, SNDFILE *file)
{
    static float block[BLOCK];
    sf_count_t fits = BLOCK / d->channels, count;
    while (d->at < d->frames && (count = sf_readf_float(file, block, fits)) > 0) {
        for (sf_count_t i = 0; i < count && d->at < d->frames; i++, d->at++)
            for (int c = 0; c < d->channels; c++)
                add(&d->peaks[(gsize)point_of(d, d->at) * d->channels + c],
                    block[i * d->channels + c]);
    }
}

static SNDFILE *open_piece(const char *path, int piece, SF_INFO *info)
{
    g_autofree char *whole = piece ? g_strdup_printf("%s.%d", path, piece) : g_strdup(path);
    *info = (SF_INFO){0};
    return sf_open(whole, SFM_READ, info);
}

// Adds up the frames; false where the pieces are not of one sound.
static bool measure(struct drawing *d, const char *path, int pieces)
{
    SF_INFO info;
    for (int i = 0; i < pieces; i++) {
        SNDFILE *file = open_piece(path, i, &info);
        sf_close(file);
        if (!file || info.frames <= 0 || info.channels <= 0 || info.channels > BLOCK ||
            (i > 0 && info.channels != d->channels))
            return false;
        d->channels = info.channels;
        d->frames += info.frames;
    }
    return pieces > 0;
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

json_t *peaks_of_files(const char *path, int pieces, int points)
{
    struct drawing d = {0};
    SF_INFO info;
    if (!measure(&d, path, pieces))
        return NULL;
    d.points = (int)MIN(points, d.frames);
    gsize count = (gsize)d.points * d.channels;
    d.peaks = g_new(struct peak, count);
    for (gsize i = 0; i < count; i++)
        d.peaks[i] = (struct peak){INFINITY, -INFINITY};
    for (int i = 0; i < pieces; i++) {
        SNDFILE *file = open_piece(path, i, &info);
        if (file)
            draw(&d, file);
        sf_close(file);
    }
    json_t *json = d.at == d.frames ? drawing_to_json(&d) : NULL;
    g_free(d.peaks);
    return json;
}
