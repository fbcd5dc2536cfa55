// SPDX-License-Identifier: GPL-3.0-or-later
// Checking a call's parameters against its row.
#include <errno.h>
#include <float.h>
#include <math.h>
#include <string.h>

#include "controller/core/api/command.h"

#define MAX_CONTROLS 1024

static const struct param *find_param(const struct command *command, const char *name)
{
    for (const struct param *p = command->params; p->name; p++)
        if (strcmp(p->name, name) == 0)
            return p;
    return NULL;
}

// "12" -> 12 and "true" -> true, for what came by path or query. NULL when it cannot be read so.
static json_t *loosen(const struct param *param, const json_t *value)
{
    const char *text = json_string_value(value);
    char *end;
    switch (param->type) {
    case PARAM_INTEGER: {
        errno = 0;
        long long integer = strtoll(text, &end, 10);
        return *text && !*end && !errno ? json_integer(integer) : NULL;
    }
    case PARAM_NUMBER: {
        double number = g_ascii_strtod(text, &end);
        return *text && !*end ? json_real(number) : NULL;
    }
    case PARAM_BOOLEAN:
        return strcmp(text, "true") == 0 || strcmp(text, "1") == 0    ? json_true()
               : strcmp(text, "false") == 0 || strcmp(text, "0") == 0 ? json_false()
                                                                      : NULL;
    default:
        return NULL;
    }
}

static bool is_choice(const char *choices, const char *text)
{
    gsize length = strlen(text);
    if (strchr(text, '|'))
        return false;
    for (const char *at = choices; at; at = strchr(at, '|')) {
        at += *at == '|';
        if (strncmp(at, text, length) == 0 && (at[length] == '|' || at[length] == '\0'))
            return true;
    }
    return false;
}

static bool is_control_number(const json_t *value)
{
    // A float32 is what scsynth keeps; what does not fit would become infinite there.
    return json_is_number(value) && fabs(json_number_value(value)) <= FLT_MAX;
}

static bool check_control(struct problem *problem, const char *param, const char *name,
                          const json_t *value)
{
    bool good = is_control_number(value);
    if (json_is_array(value) && json_array_size(value) > 0) {
        good = true;
        for (size_t i = 0; i < json_array_size(value); i++)
            good = good && is_control_number(json_array_get(value, i));
    }
    if (!good) {
        g_autofree char *field = g_strdup_printf("%s.%s", param, name);
        problem_add(problem, field, "must be a number or an array of numbers");
    }
    return good;
}

static void check_controls(struct problem *problem, const struct param *param, json_t *value)
{
    if (!json_is_object(value)) {
        problem_add(problem, param->name, "must be an object of control names and values");
        return;
    }
    if (json_object_size(value) > MAX_CONTROLS) {
        problem_add(problem, param->name, "has more than %d controls", MAX_CONTROLS);
        return;
    }
    const char *name;
    json_t *control;
    json_object_foreach(value, name, control) check_control(problem, param->name, name, control);
}

static void check_maps(struct problem *problem, const struct param *param, json_t *value)
{
    const char *name;
    json_t *bus;
    if (!json_is_object(value) || json_object_size(value) > MAX_CONTROLS)
        problem_add(problem, param->name, "must be an object of control names and buses");
    json_object_foreach(value, name, bus)
    {
        g_autofree char *field = g_strdup_printf("%s.%s", param->name, name);
        if (!json_is_null(bus) &&
            (!json_is_string(bus) || json_string_length(bus) > PARAM_MAX_STRING))
            problem_add(problem, field, "must be a bus (\"c12\", \"a20\" or a name) or null");
    }
}

static bool is_member(enum param_type type, const json_t *value)
{
    return type == PARAM_NUMBERS   ? is_control_number(value)
           : type == PARAM_OBJECTS ? json_is_object(value)
                                   : true;
}

static void check_array(struct problem *problem, const struct param *param, const json_t *value)
{
    const char *what = param->type == PARAM_NUMBERS   ? "numbers"
                       : param->type == PARAM_OBJECTS ? "objects"
                                                      : "values";
    bool good = json_is_array(value);
    for (size_t i = 0; good && i < json_array_size(value); i++)
        good = is_member(param->type, json_array_get(value, i));
    if (!good)
        problem_add(problem, param->name, "must be an array of %s", what);
    else if (json_array_size(value) < param->min || json_array_size(value) > param->max)
        problem_add(problem, param->name, "must have %.10g to %.10g %s", param->min, param->max,
                    what);
}

static void check_string(struct problem *problem, const struct param *param, const json_t *value)
{
    const char *text = json_string_value(value);
    if (!text)
        problem_add(problem, param->name, "must be a string");
    else if (param->choices && !is_choice(param->choices, text))
        problem_add(problem, param->name, "must be one of %s", param->choices);
    else if (json_string_length(value) > (param->max > 0 ? param->max : PARAM_MAX_STRING))
        problem_add(problem, param->name, "is too long");
}

static void check_number(struct problem *problem, const struct param *param, const json_t *value)
{
    double number = json_number_value(value);
    bool integer = param->type == PARAM_INTEGER;
    if (integer ? !json_is_integer(value) : !json_is_number(value) || !isfinite(number))
        problem_add(problem, param->name, integer ? "must be a whole number" : "must be a number");
    else if (param->min != param->max && (number < param->min || number > param->max))
        problem_add(problem, param->name, "must be from %.10g to %.10g%s%s", param->min, param->max,
                    param->unit ? " " : "", param->unit ? param->unit : "");
    else if (integer && param->min == param->max && fabs(number) > G_MAXINT32)
        problem_add(problem, param->name, "is out of range");
}

static void check_value(struct problem *problem, const struct param *param, json_t *value)
{
    switch (param->type) {
    case PARAM_STRING:
        check_string(problem, param, value);
        break;
    case PARAM_NUMBER:
    case PARAM_INTEGER:
        check_number(problem, param, value);
        break;
    case PARAM_BOOLEAN:
        if (!json_is_boolean(value))
            problem_add(problem, param->name, "must be true or false");
        break;
    case PARAM_CONTROLS:
        check_controls(problem, param, value);
        break;
    case PARAM_MAPS:
        check_maps(problem, param, value);
        break;
    case PARAM_NUMBERS:
    case PARAM_OBJECTS:
    case PARAM_ARRAY:
        check_array(problem, param, value);
        break;
    case PARAM_ID:
        check_string(problem, param, value);
        break;
    case PARAM_OBJECT:
        if (!json_is_object(value))
            problem_add(problem, param->name, "must be an object");
        break;
    case PARAM_STRINGS:
        if (!json_is_array(value) || json_array_size(value) > 64)
            problem_add(problem, param->name, "must be an array of strings");
        for (size_t i = 0; i < json_array_size(value); i++)
            check_string(problem, param, json_array_get(value, i));
        break;
    }
}

struct problem *command_validate(const struct command *command, json_t *params, bool loose)
{
    struct problem problem = {.status = 422};
    const char *name;
    json_t *value;
    void *next;
    json_object_foreach_safe(params, next, name, value)
    {
        const struct param *param = find_param(command, name);
        if (!param) {
            problem_add(&problem, name, "is not known here");
            continue;
        }
        json_t *loosened = loose && json_is_string(value) ? loosen(param, value) : NULL;
        if (param->type == PARAM_ID && json_is_integer(value))
            loosened = json_sprintf("%" JSON_INTEGER_FORMAT, json_integer_value(value));
        if (loosened) {
            json_object_set_new(params, param->name, loosened);
            value = loosened;
        }
        check_value(&problem, param, value);
    }
    for (const struct param *p = command->params; p->name; p++) {
        if (json_object_get(params, p->name))
            continue;
        if (p->required)
            problem_add(&problem, p->name, "is required");
        else if (p->fallback)
            json_object_set_new(params, p->name, json_loads(p->fallback, JSON_DECODE_ANY, NULL));
    }
    if (!problem.errors)
        return NULL;
    // The first says what most want to know; all are in the list.
    const json_t *first = json_array_get(problem.errors, 0);
    struct problem *result =
        problem_new(422, "%s %s", json_string_value(json_object_get(first, "field")),
                    json_string_value(json_object_get(first, "detail")));
    result->errors = problem.errors;
    return result;
}
