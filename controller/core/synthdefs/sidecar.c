// SPDX-License-Identifier: GPL-3.0-or-later
#include "controller/core/synthdefs/sidecar.h"

#include "common/error.h"

#include <math.h>
#include <string.h>

// As in SuperCollider's ControlSpec.sc, those that are the name of a parameter rather than a kind.
static const struct well_known {
    const char *name, *unit;
    double min, max;
    enum parameter_curve curve;
} well_known[] = {
    {"amp", NULL, 0, 1, CURVE_LINEAR},           {"delay", "s", 0.0001, 1, CURVE_EXPONENTIAL},
    {"detune", "Hz", -20, 20, CURVE_LINEAR},     {"freq", "Hz", 20, 20000, CURVE_EXPONENTIAL},
    {"midinote", NULL, 0, 127, CURVE_LINEAR},    {"pan", NULL, -1, 1, CURVE_LINEAR},
    {"rate", NULL, 0.125, 8, CURVE_EXPONENTIAL}, {"rq", NULL, 0.001, 2, CURVE_EXPONENTIAL},
};

static void take_well_known(struct synthdef_parameter *parameter)
{
    for (gsize i = 0; i < G_N_ELEMENTS(well_known); i++) {
        const struct well_known *known = &well_known[i];
        if (strcmp(known->name, parameter->name) != 0)
            continue;
        parameter->has_range = true;
        parameter->min = known->min;
        parameter->max = known->max;
        parameter->curve = known->curve;
        if (!parameter->unit)
            parameter->unit = g_strdup(known->unit);
    }
}

json_t *sidecar_well_known(const char *name)
{
    for (gsize i = 0; i < G_N_ELEMENTS(well_known); i++) {
        const struct well_known *known = &well_known[i];
        const char *curve = known->curve == CURVE_EXPONENTIAL ? "exponential" : "linear";
        if (strcmp(known->name, name) == 0)
            return json_pack("{s:f s:f s:s s:s*}", "min", known->min, "max", known->max, "curve",
                             curve, "unit", known->unit);
    }
    return NULL;
}

static char *take_text(const json_t *entry, const char *key)
{
    return g_strdup(json_string_value(json_object_get(entry, key)));
}

void sidecar_describe_parameter(struct synthdef_parameter *parameter, const json_t *entry)
{
    g_free(parameter->title);
    g_free(parameter->words);
    g_free(parameter->unit);
    parameter->title = take_text(entry, "title");
    parameter->words = take_text(entry, "words");
    parameter->unit = take_text(entry, "unit");
    parameter->has_range = json_object_get(entry, "min") != NULL;
    parameter->min = parameter->max = parameter->step = 0;
    parameter->curve = CURVE_LINEAR;
    if (!parameter->has_range) {
        take_well_known(parameter);
        return;
    }
    const char *curve = json_string_value(json_object_get(entry, "curve"));
    parameter->min = json_number_value(json_object_get(entry, "min"));
    parameter->max = json_number_value(json_object_get(entry, "max"));
    parameter->step = json_number_value(json_object_get(entry, "step"));
    parameter->curve = g_strcmp0(curve, "exponential") == 0 ? CURVE_EXPONENTIAL : CURVE_LINEAR;
}

G_GNUC_PRINTF(2, 3)
static bool refuse(GError **error, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *sentence = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    g_set_error_literal(error, FARFIELD_ERROR, ERROR_INVALID, sentence);
    return false;
}

// `where` is "" or "parameters.freq.".
static bool check_texts(const json_t *object, const char *where, GError **error)
{
    static const char *const keys[] = {"title", "words", "unit"};
    for (gsize i = 0; i < G_N_ELEMENTS(keys); i++) {
        const json_t *text = json_object_get(object, keys[i]);
        if (text && !json_is_string(text))
            return refuse(error, "%s%s: expected a string", where, keys[i]);
    }
    return true;
}

static bool check_numbers(const json_t *entry, const char *where, GError **error)
{
    static const char *const keys[] = {"min", "max", "step"};
    for (gsize i = 0; i < G_N_ELEMENTS(keys); i++) {
        const json_t *number = json_object_get(entry, keys[i]);
        if (number && !(json_is_number(number) && isfinite(json_number_value(number))))
            return refuse(error, "%s%s: expected a number", where, keys[i]);
    }
    return true;
}

static bool check_range(const json_t *entry, const char *where, GError **error)
{
    const json_t *low = json_object_get(entry, "min"), *high = json_object_get(entry, "max");
    const json_t *step = json_object_get(entry, "step"), *curve = json_object_get(entry, "curve");
    const char *name = json_string_value(curve);
    if (curve && g_strcmp0(name, "linear") != 0 && g_strcmp0(name, "exponential") != 0)
        return refuse(error, "%scurve: expected \"linear\" or \"exponential\"", where);
    if (!low != !high)
        return refuse(error, "%s%s: expected too, a range has both ends", where,
                      low ? "max" : "min");
    if (!low && (step || curve))
        return refuse(error, "%s%s: expected only beside min and max", where,
                      step ? "step" : "curve");
    double min = json_number_value(low), max = json_number_value(high);
    if (low && !(min < max))
        return refuse(error, "%smax: expected more than min, %g", where, min);
    if (step && !(json_number_value(step) > 0))
        return refuse(error, "%sstep: expected more than 0", where);
    // Not a product of the two, which may be 0 when neither is.
    if (g_strcmp0(name, "exponential") == 0 && !(min > 0 || max < 0))
        return refuse(error, "%smin: expected an exponential range on one side of 0", where);
    return true;
}

static bool check_tags(const json_t *tags, GError **error)
{
    if (tags && !json_is_array(tags))
        return refuse(error, "tags: expected a list of strings");
    for (gsize i = 0; i < json_array_size(tags); i++)
        if (!json_is_string(json_array_get(tags, i)))
            return refuse(error, "tags.%zu: expected a string", i);
    return true;
}

static bool check_sidecar(json_t *sidecar, GError **error)
{
    if (!json_is_object(sidecar))
        return refuse(error, "expected an object");
    json_t *parameters = json_object_get(sidecar, "parameters");
    if (parameters && !json_is_object(parameters))
        return refuse(error, "parameters: expected an object");
    if (!check_texts(sidecar, "", error) || !check_tags(json_object_get(sidecar, "tags"), error))
        return false;
    for (void *i = json_object_iter(parameters); i; i = json_object_iter_next(parameters, i)) {
        const json_t *entry = json_object_iter_value(i);
        g_autofree char *where = g_strdup_printf("parameters.%s.", json_object_iter_key(i));
        if (!json_is_object(entry))
            return refuse(error, "%.*s: expected an object", (int)strlen(where) - 1, where);
        if (!check_texts(entry, where, error) || !check_numbers(entry, where, error) ||
            !check_range(entry, where, error))
            return false;
    }
    return true;
}

json_t *sidecar_parse(const char *text, gsize length, GError **error)
{
    if (length > SIDECAR_MAX_BYTES) {
        g_set_error(error, FARFIELD_ERROR, ERROR_TOO_LARGE, "expected at most %d bytes, found %zu",
                    SIDECAR_MAX_BYTES, length);
        return NULL;
    }
    json_error_t where;
    json_t *sidecar = json_loadb(text, length, JSON_REJECT_DUPLICATES, &where);
    if (!sidecar) {
        refuse(error, "line %d, column %d: %s", where.line, where.column, where.text);
        return NULL;
    }
    if (check_sidecar(sidecar, error))
        return sidecar;
    json_decref(sidecar);
    return NULL;
}
