// SPDX-License-Identifier: GPL-3.0-or-later
#include "controller/core/synthdefs/synthdef.h"

#include "controller/core/api/numbers.h"
#include "controller/core/synthdefs/audition.h"
#include "controller/core/synthdefs/scgf.h"
#include "controller/core/synthdefs/sidecar.h"
#include "controller/core/synthdefs/ugens.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define NO_INPUT (-1)
#define MEMORY_RATE 48000 // Hz, by which delay lines are reckoned
// Done actions from 2 on free the synth, whatever else they do to its neighbours.
#define DONE_FREE_SELF 2

// Units that can free their synth: by a done action at this input, NO_INPUT meaning always; and not
// while the input `loop` is anything but 0.
static const struct ending {
    const char *type;
    int done_action, loop;
} endings[] = {
    {"DemandEnvGen", 9, NO_INPUT},
    {"DetectSilence", 3, NO_INPUT},
    {"Duty", 2, NO_INPUT},
    {"EnvGen", 4, NO_INPUT},
    {"FreeSelf", NO_INPUT, NO_INPUT},
    {"FreeSelfWhenDone", NO_INPUT, NO_INPUT},
    {"LFGauss", 4, 3},
    {"Line", 3, NO_INPUT},
    {"Linen", 4, NO_INPUT},
    {"PlayBuf", 5, 4},
    {"RecordBuf", 7, 5},
    {"TDuty", 2, NO_INPUT},
    {"XLine", 3, NO_INPUT},
};
#define ENVELOPE_GATE 0
#define ENVGEN_RELEASE_NODE 7

static const struct ending *ending_of(const struct scgf_unit *unit)
{
    for (gsize i = 0; i < G_N_ELEMENTS(endings); i++)
        if (strcmp(endings[i].type, unit->type) == 0)
            return &endings[i];
    return NULL;
}

static bool is_control(const struct scgf_unit *unit)
{
    static const char *const types[] = {"Control", "LagControl", "TrigControl", "AudioControl",
                                        NULL};
    return g_strv_contains(types, unit->type);
}

static enum control_rate rate_of(const struct scgf_unit *control)
{
    if (strcmp(control->type, "TrigControl") == 0)
        return RATE_TRIGGER;
    if (strcmp(control->type, "AudioControl") == 0)
        return RATE_AUDIO;
    return control->rate == SCGF_SCALAR ? RATE_SCALAR : RATE_CONTROL;
}

// The slot that an input reads straight from a control unit, or -1.
static int slot_of(const struct scgf_definition *definition, const struct scgf_input *input)
{
    if (input->unit < 0 || !is_control(&definition->units[input->unit]))
        return -1;
    return definition->units[input->unit].special + input->index;
}

// What a unit's input is when the synth starts, where that can be told: a constant or a parameter.
static bool initial_value(const struct scgf_definition *definition, const struct scgf_unit *unit,
                          int index, float *value)
{
    if (index >= unit->input_count)
        return false;
    const struct scgf_input *input = &unit->inputs[index];
    int slot = slot_of(definition, input);
    if (input->unit >= 0 && slot < 0)
        return false;
    *value = slot < 0 ? definition->constants[input->index] : definition->initial[slot];
    return true;
}

static bool frees_self(const struct scgf_definition *definition, const struct scgf_unit *unit)
{
    const struct ending *ending = ending_of(unit);
    if (!ending)
        return false;
    float value;
    if (ending->loop != NO_INPUT &&
        (!initial_value(definition, unit, ending->loop, &value) || value != 0))
        return false;
    return ending->done_action == NO_INPUT ||
           (initial_value(definition, unit, ending->done_action, &value) &&
            value >= DONE_FREE_SELF);
}

static bool is_envelope(const struct scgf_unit *unit)
{
    return strcmp(unit->type, "EnvGen") == 0 || strcmp(unit->type, "Linen") == 0;
}

// Whether the envelope holds until its gate falls. An EnvGen without a release node runs through.
static bool holds(const struct scgf_definition *definition, const struct scgf_unit *envelope)
{
    float node;
    return strcmp(envelope->type, "Linen") == 0 ||
           !initial_value(definition, envelope, ENVGEN_RELEASE_NODE, &node) || node >= 0;
}

// Whether it comes to its end though nobody sets a parameter: a signal or a trigger may close its
// gate; one that is steadily open ends where nothing holds it; one that is closed never starts.
static bool runs_out(const struct scgf_definition *definition, const struct scgf_unit *envelope)
{
    float gate;
    if (!initial_value(definition, envelope, ENVELOPE_GATE, &gate))
        return true;
    const struct scgf_unit *source = &definition->units[MAX(envelope->inputs[0].unit, 0)];
    if (envelope->inputs[0].unit >= 0 && rate_of(source) == RATE_TRIGGER)
        return true;
    return gate > 0 && !holds(definition, envelope);
}

// Which operators have the parameter at `slot` somewhere among what they compute from. One pass is
// enough, as inputs come from earlier units.
static bool *trace_operators(const struct scgf_definition *definition, int slot)
{
    static const char *const operators[] = {"BinaryOpUGen", "UnaryOpUGen", "MulAdd",
                                            "Sum3",         "Sum4",        NULL};
    bool *traced = g_new0(bool, definition->unit_count);
    for (int i = 0; i < definition->unit_count; i++) {
        const struct scgf_unit *unit = &definition->units[i];
        if (!g_strv_contains(operators, unit->type))
            continue;
        for (int j = 0; j < unit->input_count && !traced[i]; j++) {
            const struct scgf_input *input = &unit->inputs[j];
            traced[i] =
                input->unit >= 0 && (traced[input->unit] || slot_of(definition, input) == slot);
        }
    }
    return traced;
}

static bool is_releasable(const struct scgf_definition *definition,
                          const struct synthdef_parameter *gate)
{
    if (!gate || gate->rate == RATE_SCALAR || gate->rate == RATE_TRIGGER)
        return false;
    g_autofree bool *traced = trace_operators(definition, gate->index);
    for (int i = 0; i < definition->unit_count; i++) {
        const struct scgf_unit *unit = &definition->units[i];
        if (!is_envelope(unit) || !frees_self(definition, unit) || !holds(definition, unit))
            continue;
        const struct scgf_input *input = &unit->inputs[ENVELOPE_GATE];
        if (slot_of(definition, input) == gate->index || (input->unit >= 0 && traced[input->unit]))
            return true;
    }
    return false;
}

static bool is_one_shot(const struct scgf_definition *definition)
{
    for (int i = 0; i < definition->unit_count; i++) {
        const struct scgf_unit *unit = &definition->units[i];
        if (frees_self(definition, unit) && (!is_envelope(unit) || runs_out(definition, unit)))
            return true;
    }
    return false;
}

// Out and its like have a bus first, XOut a mix as well. At control rate they write control buses.
static int count_channels(const struct scgf_definition *definition)
{
    static const char *const outs[] = {"Out", "ReplaceOut", "OffsetOut", NULL};
    int most = 0;
    for (int i = 0; i < definition->unit_count; i++) {
        const struct scgf_unit *unit = &definition->units[i];
        if (unit->rate != SCGF_AUDIO)
            continue;
        if (g_strv_contains(outs, unit->type))
            most = MAX(most, unit->input_count - 1);
        else if (strcmp(unit->type, "XOut") == 0)
            most = MAX(most, unit->input_count - 2);
    }
    return most;
}

static int by_slot(const void *a, const void *b)
{
    return ((const struct scgf_name *)a)->slot - ((const struct scgf_name *)b)->slot;
}

static void parameter_destroy(struct synthdef_parameter *parameter)
{
    g_free(parameter->name);
    g_free(parameter->defaults);
    g_free(parameter->title);
    g_free(parameter->words);
    g_free(parameter->unit);
    g_free(parameter);
}

struct synthdef *synthdef_create(const char *name)
{
    struct synthdef *synthdef = g_new0(struct synthdef, 1);
    synthdef->references = 1;
    synthdef->name = g_strdup(name);
    synthdef->parameters = g_ptr_array_new_with_free_func((GDestroyNotify)parameter_destroy);
    synthdef->variants = g_ptr_array_new_with_free_func(g_free);
    return synthdef;
}

struct synthdef_parameter *synthdef_add_parameter(struct synthdef *synthdef, const char *name,
                                                  int index, const float *defaults, int size)
{
    struct synthdef_parameter *parameter = g_new0(struct synthdef_parameter, 1);
    parameter->name = g_strdup(name);
    parameter->index = index;
    parameter->size = size;
    parameter->defaults = g_memdup2(defaults, sizeof(float) * size);
    g_ptr_array_add(synthdef->parameters, parameter);
    return parameter;
}

// A name owns the slots up to the next name's.
static void add_parameters(struct synthdef *synthdef, struct scgf_definition *definition)
{
    g_autofree enum control_rate *rates = g_new(enum control_rate, definition->slots);
    for (int i = 0; i < definition->slots; i++)
        rates[i] = RATE_CONTROL;
    for (int i = 0; i < definition->unit_count; i++) {
        const struct scgf_unit *unit = &definition->units[i];
        for (int j = 0; is_control(unit) && j < unit->output_count; j++)
            rates[unit->special + j] = rate_of(unit);
    }
    if (definition->name_count)
        qsort(definition->names, definition->name_count, sizeof *definition->names, by_slot);
    for (int i = 0; i < definition->name_count; i++) {
        const struct scgf_name *name = &definition->names[i];
        bool last = i + 1 == definition->name_count;
        int size = (last ? definition->slots : name[1].slot) - name->slot;
        synthdef_add_parameter(synthdef, name->text, name->slot, definition->initial + name->slot,
                               size)
            ->rate = rates[name->slot];
    }
}

static void read_needs(struct synthdef *synthdef, const struct scgf_definition *definition)
{
    g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
    synthdef->plugins = g_ptr_array_new_with_free_func(g_free);
    for (int i = 0; i < definition->unit_count; i++) {
        const struct ugen *ugen = ugen_find(definition->units[i].type);
        if (strcmp(ugen->plugin, "-") == 0 || !g_hash_table_add(seen, (char *)ugen->plugin))
            continue;
        g_ptr_array_add(synthdef->plugins, g_strdup(ugen->plugin));
        g_ptr_array_add(synthdef->plugins, g_strdup(ugen->name));
    }
    int unit;
    synthdef->memory = ugens_memory(definition, MEMORY_RATE, &unit);
    if (unit >= 0)
        synthdef->hungriest = g_strdup_printf("%s (unit %d)", definition->units[unit].type, unit);
}

static struct synthdef *synthdef_of_definition(struct scgf_definition *definition)
{
    struct synthdef *synthdef = synthdef_create(definition->name);
    add_parameters(synthdef, definition);
    for (int i = 0; i < definition->variant_count; i++)
        g_ptr_array_add(synthdef->variants, g_strdup(definition->variants[i]));
    synthdef->channels = count_channels(definition);
    synthdef->ugens = definition->unit_count;
    synthdef->releasable = is_releasable(definition, synthdef_parameter(synthdef, "gate"));
    synthdef->one_shot = !synthdef->releasable && is_one_shot(definition);
    synthdef->bytes = g_bytes_ref(definition->bytes);
    synthdef->sum = g_compute_checksum_for_bytes(G_CHECKSUM_SHA256, definition->bytes);
    read_needs(synthdef, definition);
    synthdef_describe(synthdef, NULL);
    return synthdef;
}

GPtrArray *synthdef_read(GBytes *file, GError **error)
{
    g_autoptr(GPtrArray) definitions = scgf_read(file, error);
    for (guint i = 0; definitions && i < definitions->len; i++)
        if (!ugens_check(definitions->pdata[i], error))
            return NULL;
    if (!definitions)
        return NULL;
    GPtrArray *synthdefs = g_ptr_array_new_with_free_func((GDestroyNotify)synthdef_unref);
    for (guint i = 0; i < definitions->len; i++)
        g_ptr_array_add(synthdefs, synthdef_of_definition(definitions->pdata[i]));
    return synthdefs;
}

struct synthdef *synthdef_ref(struct synthdef *synthdef)
{
    synthdef->references++;
    return synthdef;
}

void synthdef_unref(struct synthdef *synthdef)
{
    if (!synthdef || --synthdef->references > 0)
        return;
    g_free(synthdef->name);
    g_free(synthdef->title);
    g_free(synthdef->words);
    json_decref(synthdef->tags);
    g_ptr_array_unref(synthdef->parameters);
    g_ptr_array_unref(synthdef->variants);
    g_clear_pointer(&synthdef->plugins, g_ptr_array_unref);
    g_bytes_unref(synthdef->bytes);
    g_free(synthdef->sum);
    g_free(synthdef->hungriest);
    audition_destroy(synthdef->audition);
    g_free(synthdef);
}

const struct synthdef_parameter *synthdef_parameter(const struct synthdef *synthdef,
                                                    const char *name)
{
    for (guint i = 0; i < synthdef->parameters->len; i++) {
        const struct synthdef_parameter *parameter = synthdef->parameters->pdata[i];
        if (strcmp(parameter->name, name) == 0)
            return parameter;
    }
    return NULL;
}

const struct synthdef_parameter *synthdef_parameter_at(const struct synthdef *synthdef, int slot)
{
    for (guint i = 0; i < synthdef->parameters->len; i++) {
        const struct synthdef_parameter *p = synthdef->parameters->pdata[i];
        if (slot >= p->index && slot < p->index + p->size)
            return p;
    }
    return NULL;
}

void synthdef_describe(struct synthdef *synthdef, const json_t *sidecar)
{
    g_free(synthdef->title);
    g_free(synthdef->words);
    synthdef->title = g_strdup(json_string_value(json_object_get(sidecar, "title")));
    synthdef->words = g_strdup(json_string_value(json_object_get(sidecar, "words")));
    json_decref(synthdef->tags);
    synthdef->tags = json_deep_copy(json_object_get(sidecar, "tags"));
    const json_t *entries = json_object_get(sidecar, "parameters");
    for (guint i = 0; i < synthdef->parameters->len; i++) {
        struct synthdef_parameter *parameter = synthdef->parameters->pdata[i];
        sidecar_describe_parameter(parameter, json_object_get(entries, parameter->name));
    }
}

static json_t *defaults_to_json(const struct synthdef_parameter *parameter)
{
    if (parameter->size == 1)
        return float_to_json(parameter->defaults[0]);
    json_t *defaults = json_array();
    for (int i = 0; i < parameter->size; i++)
        json_array_append_new(defaults, float_to_json(parameter->defaults[i]));
    return defaults;
}

static void set_text(json_t *object, const char *key, const char *text)
{
    if (text)
        json_object_set_new(object, key, json_string(text));
}

static json_t *parameter_to_json(const struct synthdef_parameter *parameter)
{
    static const char *const rates[] = {"scalar", "control", "trigger", "audio"};
    static const char *const curves[] = {"linear", "exponential"};
    json_t *object = json_pack("{s:s, s:i, s:i, s:s, s:o}", "name", parameter->name, "index",
                               parameter->index, "size", parameter->size, "rate",
                               rates[parameter->rate], "default", defaults_to_json(parameter));
    set_text(object, "title", parameter->title);
    set_text(object, "words", parameter->words);
    set_text(object, "unit", parameter->unit);
    if (!parameter->has_range)
        return object;
    json_object_set_new(object, "min", json_real(parameter->min));
    json_object_set_new(object, "max", json_real(parameter->max));
    set_text(object, "curve", curves[parameter->curve]);
    if (parameter->step > 0)
        json_object_set_new(object, "step", json_real(parameter->step));
    return object;
}

json_t *synthdef_to_json(const struct synthdef *synthdef)
{
    json_t *variants = json_array(), *parameters = json_array();
    for (guint i = 0; i < synthdef->variants->len; i++)
        json_array_append_new(variants, json_string(synthdef->variants->pdata[i]));
    for (guint i = 0; i < synthdef->parameters->len; i++)
        json_array_append_new(parameters, parameter_to_json(synthdef->parameters->pdata[i]));
    return json_pack("{s:s, s:s, s:s, s:o, s:i, s:b, s:b, s:i, s:o, s:o}", "name", synthdef->name,
                     "title", synthdef->title ? synthdef->title : synthdef->name, "words",
                     synthdef->words ? synthdef->words : "", "tags",
                     synthdef->tags ? json_incref(synthdef->tags) : json_array(), "channels",
                     synthdef->channels, "releasable", synthdef->releasable, "one_shot",
                     synthdef->one_shot, "ugens", synthdef->ugens, "variants", variants,
                     "parameters", parameters);
}

int synthdef_slots(const struct synthdef *synthdef)
{
    int slots = 0;
    for (guint i = 0; i < synthdef->parameters->len; i++) {
        const struct synthdef_parameter *p = g_ptr_array_index(synthdef->parameters, i);
        slots = MAX(slots, p->index + p->size);
    }
    return slots;
}

float *synthdef_defaults(const struct synthdef *synthdef)
{
    float *values = g_new0(float, synthdef_slots(synthdef) + 1);
    for (guint i = 0; i < synthdef->parameters->len; i++) {
        const struct synthdef_parameter *p = g_ptr_array_index(synthdef->parameters, i);
        memcpy(values + p->index, p->defaults, p->size * sizeof(float));
    }
    return values;
}
