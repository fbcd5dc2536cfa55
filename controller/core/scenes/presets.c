// SPDX-License-Identifier: GPL-3.0-or-later
#include "controller/core/scenes/presets.h"

#include "controller/core/controls.h"

static bool fits(const struct synthdef *synthdef, const char *name, const json_t *value)
{
    const struct synthdef_parameter *p = synthdef_parameter(synthdef, name);
    return p && json_array_size(value) <= (gsize)p->size;
}

bool preset_fill(struct session *session, const struct synthdef *synthdef, const char *name,
                 float *values, struct problem **problem)
{
    struct document_key key = {"preset", synthdef->name, name};
    g_autoptr(GError) error = NULL;
    json_t *document = session->ports.store_get(session->ports.data, &key, &error);
    if (!document) {
        *problem = error ? problem_from_error(error) : problem_new(422, "the synth cannot be made");
        if (!error)
            problem_add(*problem, "preset", "SynthDef \"%s\" has no preset \"%s\"", synthdef->name,
                        name);
        return false;
    }
    json_t *controls = json_object_get(document, "body"), *value;
    const char *control;
    void *next;
    json_object_foreach_safe(controls, next, control, value) if (!fits(synthdef, control, value))
        json_object_del(controls, control);
    controls_fill(synthdef, controls, values);
    json_decref(document);
    return true;
}
