// SPDX-License-Identifier: GPL-3.0-or-later
#include "controller/core/controls.h"

// Named where one is asked for that is not there.
#define MAX_NAMES 20

float *controls_defaults(const struct synthdef *synthdef)
{
    float *values = g_new0(float, synthdef_slots(synthdef) + 1);
    for (guint i = 0; i < synthdef->parameters->len; i++) {
        const struct synthdef_parameter *p = g_ptr_array_index(synthdef->parameters, i);
        for (int k = 0; k < p->size; k++)
            values[p->index + k] = p->defaults[k];
    }
    return values;
}

static void add_unknown(const struct synthdef *synthdef, const char *field, struct problem *problem)
{
    g_autoptr(GString) names = g_string_new(NULL);
    for (guint i = 0; i < MIN(synthdef->parameters->len, MAX_NAMES); i++) {
        const struct synthdef_parameter *p = g_ptr_array_index(synthdef->parameters, i);
        g_string_append_printf(names, "%s%s", i ? ", " : "", p->name);
    }
    if (synthdef->parameters->len > MAX_NAMES)
        g_string_append(names, " ...");
    problem_add(problem, field, "SynthDef \"%s\" has no such control; it has: %s", synthdef->name,
                names->len ? names->str : "none");
}

bool controls_check(const struct synthdef *synthdef, const json_t *controls, bool starting,
                    struct problem *problem)
{
    const char *name;
    json_t *value;
    bool good = true;
    json_object_foreach((json_t *)controls, name, value)
    {
        const struct synthdef_parameter *p = synthdef_parameter(synthdef, name);
        if (p && (starting || p->rate != RATE_SCALAR) && json_array_size(value) <= (gsize)p->size)
            continue;
        good = false;
        if (json_array_size(problem->errors) >= MAX_NAMES)
            break;
        g_autofree char *field = g_strconcat("controls.", name, NULL);
        if (!p)
            add_unknown(synthdef, field, problem);
        else if (!starting && p->rate == RATE_SCALAR)
            problem_add(problem, field, "is fixed when the synth starts");
        else
            problem_add(problem, field, "has %d values, not %zu", p->size, json_array_size(value));
    }
    return good;
}

static int value_count(const json_t *value)
{
    return json_is_array(value) ? (int)json_array_size(value) : 1;
}

static float value_at(const json_t *value, int k)
{
    return (float)json_number_value(json_is_array(value) ? json_array_get(value, k) : value);
}

void controls_fill(const struct synthdef *synthdef, const json_t *controls, float *values)
{
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)controls, name, value)
    {
        const struct synthdef_parameter *p = synthdef_parameter(synthdef, name);
        for (int k = 0; k < value_count(value); k++)
            values[p->index + k] = value_at(value, k);
    }
}

void controls_set(struct batch *batch, struct node *node, const json_t *controls)
{
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)controls, name, value)
    {
        const struct synthdef_parameter *p = synthdef_parameter(node->synthdef, name);
        if (!p || p->rate == RATE_SCALAR)
            continue;
        for (int k = 0; k < MIN(value_count(value), p->size); k++)
            batch_set(batch, node, p->index + k, value_at(value, k));
    }
}
