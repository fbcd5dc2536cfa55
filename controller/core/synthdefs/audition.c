// SPDX-License-Identifier: GPL-3.0-or-later
#include "controller/core/synthdefs/audition.h"

#include <math.h>
#include <stdarg.h>
#include <string.h>

#define NODE 1000
#define ADD_TO_TAIL 1
#define QUIETEST (-200.0) // dBFS

void audition_destroy(struct audition *audition)
{
    if (!audition)
        return;
    g_free(audition->skipped);
    g_free(audition);
}

struct audition *audition_copy(const struct audition *audition)
{
    struct audition *copy = g_memdup2(audition, sizeof *audition);
    copy->skipped = g_strdup(audition->skipped);
    return copy;
}

enum audition_policy audition_policy(const char *setting)
{
    return strcmp(setting, "strict") == 0 ? AUDITION_STRICT
           : strcmp(setting, "warn") == 0 ? AUDITION_WARN
                                          : AUDITION_OFF;
}

int audition_channels(const struct synthdef *synthdef)
{
    return synthdef ? CLAMP(synthdef->channels, 1, AUDITION_MAX_CHANNELS) : 1;
}

// --- the score: OSC bundles, each behind its length ---------------------------------------------

static void put_long(GByteArray *bytes, guint32 value)
{
    guint32 big = GUINT32_TO_BE(value);
    g_byte_array_append(bytes, (guint8 *)&big, sizeof big);
}

static void put_string(GByteArray *bytes, const char *text)
{
    gsize length = strlen(text);
    g_byte_array_append(bytes, (const guint8 *)text, length);
    g_byte_array_append(bytes, (const guint8 *)"\0\0\0\0", 4 - length % 4);
}

// Arguments by `types`, i int or s string, after a comma.
static void put_message(GByteArray *bundle, const char *address, const char *types, ...)
{
    g_autoptr(GByteArray) message = g_byte_array_new();
    put_string(message, address);
    put_string(message, types);
    va_list args;
    va_start(args, types);
    for (const char *type = types + 1; *type; type++) {
        if (*type == 's')
            put_string(message, va_arg(args, const char *));
        else
            put_long(message, va_arg(args, int));
    }
    va_end(args);
    put_long(bundle, message->len);
    g_byte_array_append(bundle, message->data, message->len);
}

static GByteArray *bundle_at(double seconds)
{
    GByteArray *bundle = g_byte_array_new();
    put_string(bundle, "#bundle");
    put_long(bundle, (guint32)seconds);
    put_long(bundle, (guint32)((seconds - floor(seconds)) * 4294967296.0));
    return bundle;
}

static void put_bundle(GByteArray *score, GByteArray *bundle)
{
    put_long(score, bundle->len);
    g_byte_array_append(score, bundle->data, bundle->len);
    g_byte_array_unref(bundle);
}

GBytes *audition_score(const struct synthdef *synthdef, const char *path)
{
    GByteArray *score = g_byte_array_new();
    GByteArray *start = bundle_at(0), *release = bundle_at(AUDITION_GATE),
               *end = bundle_at(AUDITION_SECONDS);
    if (synthdef) {
        put_message(start, "/d_load", ",s", path);
        put_message(start, "/s_new", ",siiisi", synthdef->name, NODE, ADD_TO_TAIL, 0, "out", 0);
        put_message(release, "/n_set", ",isi", NODE, "gate", 0);
    }
    // The last bundle says how long the render is.
    put_message(end, "/c_set", ",ii", 0, 0);
    put_bundle(score, start);
    put_bundle(score, release);
    put_bundle(score, end);
    return g_byte_array_free_to_bytes(score);
}

// --- what was heard -----------------------------------------------------------------------------

void audition_measure(struct audition *audition, const float *samples, gsize count, int channels)
{
    gsize frames = count / channels;
    for (int channel = 0; channel < channels && frames > 0; channel++) {
        double sum = 0, squares = 0;
        for (gsize i = channel; i < frames * channels; i += channels) {
            double x = samples[i];
            if (!isfinite(x)) {
                audition->not_finite++;
                continue;
            }
            sum += x;
            squares += x * x;
            audition->peak = MAX(audition->peak, fabs(x));
        }
        double dc = sum / frames;
        if (fabs(dc) > fabs(audition->dc))
            audition->dc = dc;
        audition->rms = MAX(audition->rms, sqrt(squares / frames));
    }
}

bool audition_is_silent(const struct audition *audition)
{
    return audition->peak < AUDITION_SILENT && audition->not_finite == 0;
}

const char *audition_complaint(const struct audition *audition)
{
    if (audition->skipped)
        return NULL;
    if (audition->signal)
        return "scsynth crashed over it";
    if (audition->timed_out)
        return "scsynth did not come to an end with it";
    if (audition->not_finite)
        return "its sound is not a number in places";
    if (audition->cost > 1)
        return "it takes more processor time than there is";
    return NULL;
}

static double decibels(double level)
{
    return level > 0 ? MAX(20 * log10(level), QUIETEST) : QUIETEST;
}

static double rounded(double value, double steps)
{
    return round(value * steps) / steps;
}

json_t *audition_to_json(const struct audition *audition)
{
    if (audition->skipped)
        return json_pack("{s:s s:s}", "verdict", "skipped", "reason", audition->skipped);
    const char *complaint = audition_complaint(audition);
    bool ended = audition->signal || audition->timed_out;
    json_t *json = json_pack("{s:s s:s* s:b s:b s:b}", "verdict", complaint ? "bad" : "good",
                             "reason", complaint, "crashed", audition->signal != 0, "timed_out",
                             audition->timed_out, "alloc_failed", audition->alloc_failed);
    if (audition->signal)
        json_object_set_new(json, "signal", json_integer(audition->signal));
    if (ended)
        return json;
    json_object_set_new(json, "silent", json_boolean(audition_is_silent(audition)));
    json_object_set_new(json, "not_finite", json_integer(audition->not_finite));
    json_object_set_new(json, "dc", json_real(rounded(audition->dc, 1e6)));
    json_object_set_new(json, "peak", json_real(rounded(decibels(audition->peak), 100)));
    json_object_set_new(json, "rms", json_real(rounded(decibels(audition->rms), 100)));
    json_object_set_new(json, "cost", json_real(rounded(audition->cost, 1e4)));
    return json;
}

static double level_of(const json_t *json, const char *key)
{
    double value = json_number_value(json_object_get(json, key));
    return value <= QUIETEST ? 0 : pow(10, value / 20);
}

struct audition *audition_from_json(const json_t *json)
{
    const char *verdict = json_string_value(json_object_get(json, "verdict"));
    bool ended = json_is_true(json_object_get(json, "crashed")) ||
                 json_is_true(json_object_get(json, "timed_out"));
    if (!verdict || strcmp(verdict, "skipped") == 0 ||
        (!ended && !json_is_number(json_object_get(json, "cost"))))
        return NULL;
    struct audition *audition = g_new0(struct audition, 1);
    audition->signal = (int)json_integer_value(json_object_get(json, "signal"));
    audition->timed_out = json_is_true(json_object_get(json, "timed_out"));
    audition->alloc_failed = json_is_true(json_object_get(json, "alloc_failed"));
    audition->not_finite = json_integer_value(json_object_get(json, "not_finite"));
    audition->dc = json_number_value(json_object_get(json, "dc"));
    audition->peak = ended ? 0 : level_of(json, "peak");
    audition->rms = ended ? 0 : level_of(json, "rms");
    audition->cost = json_number_value(json_object_get(json, "cost"));
    return audition;
}
