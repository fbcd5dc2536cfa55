// SPDX-License-Identifier: GPL-3.0-or-later
// Control values of one SynthDef, kept by a name.
#include "common/error.h"
#include "controller/core/commands/commands.h"
#include "controller/core/controls.h"
#include "controller/core/scenes/references.h"
#include "controller/core/session.h"

static struct document_key key_of(const struct call *call)
{
    return (struct document_key){"preset", call_string(call, "synthdef"),
                                 call_string(call, "preset")};
}

static struct problem *no_preset(const struct call *call)
{
    return problem_new(404, "SynthDef \"%s\" has no preset \"%s\"", call_string(call, "synthdef"),
                       call_string(call, "preset"));
}

static void emit(struct session *session, const struct call *call, const char *event)
{
    session->ports.emit(session->ports.data, "scenes", event,
                        json_pack("{s:s s:s}", "synthdef", call_string(call, "synthdef"), "preset",
                                  call_string(call, "preset")),
                        NULL);
}

static void preset_list(struct session *session, struct call *call)
{
    const char *synthdef = call_string(call, "synthdef");
    g_autoptr(GError) error = NULL;
    json_t *list = session->ports.store_list(session->ports.data, "preset", synthdef, &error);
    size_t i;
    json_t *preset;
    json_array_foreach(list, i, preset) json_object_del(preset, "about");
    // Presets stay when their definition goes, and are still to be seen.
    if (error)
        call_fail(call, problem_from_error(error));
    else if (json_array_size(list) == 0 && !catalog_find(&session->catalog, synthdef))
        call_fail(call, problem_new(404, "there is no SynthDef \"%s\"", synthdef));
    else
        call_succeed(call, json_pack("{s:O}", "presets", list));
    json_decref(list);
}

// Names of the controls that the definition of today does not have.
static json_t *unknown_controls(const struct session *session, const char *name,
                                const json_t *controls)
{
    const struct synthdef *synthdef = catalog_find(&session->catalog, name);
    json_t *unknown = json_array(), *value;
    const char *control;
    json_object_foreach((json_t *)controls, control,
                        value) if (!synthdef || !synthdef_parameter(synthdef, control))
        json_array_append_new(unknown, json_string(control));
    return unknown;
}

static void answer_shown(struct session *session, struct call *call)
{
    struct document_key key = key_of(call);
    g_autoptr(GError) error = NULL;
    json_t *document = session->ports.store_get(session->ports.data, &key, &error);
    if (!document) {
        call_fail(call, error ? problem_from_error(error) : no_preset(call));
        return;
    }
    const json_t *controls = json_object_get(document, "body");
    json_object_set_new(document, "unknown", unknown_controls(session, key.folder, controls));
    json_object_set(document, "controls", json_object_get(document, "body"));
    json_object_set_new(document, "synthdef", json_string(key.folder));
    json_object_del(document, "body");
    json_object_del(document, "about");
    call_succeed(call, document);
}

// What belongs to the place and the moment is no part of the sound: buses and buffers by number,
// the gate, and triggers.
static bool is_of_the_sound(const struct synthdef_parameter *p, const guint8 *references)
{
    return p->rate != RATE_TRIGGER && g_strcmp0(p->name, "gate") != 0 &&
           references[p->index] == REFERS_NOWHERE;
}

static json_t *controls_of_node(const struct node *node)
{
    json_t *shown = node_to_json(node), *controls = json_object();
    g_autofree guint8 *references = references_of(node->synthdef);
    for (guint i = 0; i < node->synthdef->parameters->len; i++) {
        const struct synthdef_parameter *p = g_ptr_array_index(node->synthdef->parameters, i);
        json_t *value = json_object_get(json_object_get(shown, "controls"), p->name);
        if (is_of_the_sound(p, references))
            json_object_set(controls, p->name, value);
    }
    json_decref(shown);
    return controls;
}

// The values to be kept, NULL with entries in `problem` where there are none.
static json_t *wanted_controls(struct session *session, const struct call *call,
                               const struct synthdef *synthdef, struct problem *problem)
{
    json_t *controls = json_object_get(call->params, "controls");
    if (!controls == !call_has(call, "node")) {
        problem_add(problem, "controls", "either controls or node is needed");
        return NULL;
    }
    if (controls) {
        controls_check(synthdef, controls, true, problem);
        return json_incref(controls);
    }
    const struct node *node = tree_find(&session->tree, call_integer(call, "node"));
    if (node && node->synthdef && g_strcmp0(node->synthdef->name, synthdef->name) == 0)
        return controls_of_node(node);
    problem_add(problem, "node", "there is no synth %d of SynthDef \"%s\"",
                call_integer(call, "node"), synthdef->name);
    return NULL;
}

static void keep(struct session *session, struct call *call, const json_t *controls)
{
    struct document_key key = key_of(call);
    g_autoptr(GError) error = NULL;
    json_t *about = json_object();
    if (session->ports.store_put(session->ports.data, &key, about, controls, &error)) {
        emit(session, call, "preset.changed");
        answer_shown(session, call);
    } else {
        call_fail(call, problem_from_error(error));
    }
    json_decref(about);
}

static void preset_put(struct session *session, struct call *call)
{
    const char *name = call_string(call, "synthdef");
    const struct synthdef *synthdef = catalog_find(&session->catalog, name);
    if (!synthdef || g_str_has_prefix(name, CATALOG_RESERVED)) {
        call_fail(call, problem_new(404, "there is no SynthDef \"%s\"", name));
        return;
    }
    struct problem *problem = problem_new(422, "the preset cannot be kept");
    document_check_name("preset", call_string(call, "preset"), problem);
    json_t *controls = wanted_controls(session, call, synthdef, problem);
    if (problem->errors) {
        call_fail(call, problem);
    } else {
        problem_destroy(problem);
        keep(session, call, controls);
    }
    json_decref(controls);
}

static void preset_delete(struct session *session, struct call *call)
{
    struct document_key key = key_of(call);
    g_autoptr(GError) error = NULL;
    if (session->ports.store_delete(session->ports.data, &key, &error)) {
        emit(session, call, "preset.removed");
        call_succeed(call, NULL);
    } else if (g_error_matches(error, FARFIELD_ERROR, ERROR_NOT_FOUND)) {
        call_fail(call, no_preset(call));
    } else {
        call_fail(call, problem_from_error(error));
    }
}

#define SYNTHDEF                                                                                   \
    {                                                                                              \
        "synthdef", PARAM_STRING, true, "name of the SynthDef"                                     \
    }
#define PRESET                                                                                     \
    {                                                                                              \
        "preset", PARAM_STRING, true, "name of the preset"                                         \
    }

static const struct command list = {
    "preset.list",
    "GET",
    "/v1/synthdefs/{synthdef}/presets",
    SCOPE_READ,
    BODY_NONE,
    BODY_JSON,
    200,
    .words = "The presets of a SynthDef, by name.",
    .result = "presets",
    .example = "{\"synthdef\":\"sine\"}",
    .params = {SYNTHDEF},
    .handle = preset_list,
};
static const struct command show = {
    "preset.show",
    "GET",
    "/v1/synthdefs/{synthdef}/presets/{preset}",
    SCOPE_READ,
    BODY_NONE,
    BODY_JSON,
    200,
    .words = "One preset with its values.",
    .result = "preset",
    .example = "{\"synthdef\":\"sine\",\"preset\":\"soft\"}",
    .params = {SYNTHDEF, PRESET},
    .handle = answer_shown,
};
static const struct command put = {
    "preset.put",
    "PUT",
    "/v1/synthdefs/{synthdef}/presets/{preset}",
    SCOPE_PLAY,
    BODY_JSON,
    BODY_JSON,
    200,
    .words = "Keeps control values of a SynthDef by a name: those given, or those of a synth.",
    .result = "preset",
    .example = "{\"synthdef\":\"sine\",\"preset\":\"soft\",\"controls\":{\"amp\":0.02}}",
    .params = {SYNTHDEF,
               PRESET,
               {"controls", PARAM_CONTROLS, false, "values by control name"},
               {"node", PARAM_INTEGER, false,
                "synth whose values are kept, but for its buses, buffers, gate and triggers",
                .min = 0, .max = G_MAXINT32}},
    .handle = preset_put,
};
static const struct command delete = {
    "preset.delete",
    "DELETE",
    "/v1/synthdefs/{synthdef}/presets/{preset}",
    SCOPE_PLAY,
    BODY_NONE,
    BODY_NONE,
    204,
    .words = "Forgets a preset; synths that were made by it play on.",
    .example = "{\"synthdef\":\"sine\",\"preset\":\"soft\"}",
    .params = {SYNTHDEF, PRESET},
    .handle = preset_delete,
};

const struct command *const preset_commands[] = {&list, &show, &put, &delete, NULL};
