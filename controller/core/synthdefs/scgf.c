// SPDX-License-Identifier: GPL-3.0-or-later
#include "controller/core/synthdefs/scgf.h"

#include "common/error.h"
#include "controller/core/synthdefs/scgf_reader.h"

#include <string.h>

static void read_names(struct scgf_reader *reader, struct scgf_definition *definition)
{
    gsize at = reader->at;
    gsize index_size = reader->version >= 2 ? 4 : 2;
    int count = reader_count(reader, SCGF_MAX_PARAMETERS, 2 + index_size, "parameter names");
    if (count > definition->slots)
        reader_refuse(reader, at, "expected at most %d parameter names, one a parameter, found %d",
                      definition->slots, count);
    if (reader->error)
        return;
    definition->names = g_new0(struct scgf_name, count);
    definition->name_count = count;
    g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
    g_autofree bool *taken = g_new0(bool, definition->slots);
    for (int i = 0; i < count && !reader->error; i++) {
        struct scgf_name *name = &definition->names[i];
        at = reader->at;
        name->text = reader_name(reader, "a parameter's name");
        if (name->text && !g_hash_table_add(seen, name->text))
            reader_refuse(reader, at, "expected a new parameter name, found \"%s\" again",
                          name->text);
        at = reader->at;
        name->slot = reader_index(reader, "a parameter's index");
        if (reader->error)
            return;
        if (name->slot < 0 || name->slot >= definition->slots)
            reader_refuse(reader, at, "expected an index from 0 to %d for \"%s\", found %d",
                          definition->slots - 1, name->text, name->slot);
        else if (taken[name->slot])
            reader_refuse(reader, at, "expected an index of its own for \"%s\", found %d again",
                          name->text, name->slot);
        else
            taken[name->slot] = true;
    }
}

static void read_input(struct scgf_reader *reader, const struct scgf_definition *definition,
                       int unit_index, struct scgf_input *input)
{
    gsize at = reader->at;
    input->unit = reader_index(reader, "an input's unit");
    gsize index_at = reader->at;
    input->index = reader_index(reader, "an input's index");
    if (reader->error)
        return;
    if (input->unit < -1 || input->unit >= unit_index) {
        reader_refuse(reader, at,
                      "expected an earlier unit than %d, or -1 for a constant, found %d",
                      unit_index, input->unit);
        return;
    }
    bool constant = input->unit == -1;
    int count = constant ? definition->constant_count : definition->units[input->unit].output_count;
    if (input->index >= 0 && input->index < count)
        return;
    if (constant)
        reader_refuse(reader, index_at, "expected one of %d constants, found index %d", count,
                      input->index);
    else
        reader_refuse(reader, index_at,
                      "expected one of %d outputs of unit %d (%s), found index %d", count,
                      input->unit, definition->units[input->unit].type, input->index);
}

static enum scgf_rate read_rate(struct scgf_reader *reader, const char *what)
{
    gsize at = reader->at;
    int rate = reader_byte(reader, what);
    if (rate > SCGF_DEMAND)
        reader_refuse(reader, at, "expected %s from 0 to 3, found %d", what, rate);
    return rate;
}

// scsynth's Control units walk from their first slot for each output, LagControl also for each
// input, and write a whole block where they run at audio rate.
static void check_control(struct scgf_reader *reader, gsize at, const struct scgf_unit *unit,
                          int slots)
{
    bool audio = strcmp(unit->type, "AudioControl") == 0;
    bool scalar = strcmp(unit->type, "Control") == 0 && unit->rate == SCGF_SCALAR;
    int inputs = strcmp(unit->type, "LagControl") == 0 ? unit->output_count : 0;
    if (unit->special < 0 || unit->output_count > slots - unit->special)
        reader_refuse(reader, at,
                      "expected %s to stay within %d parameters, found %d from index %d on",
                      unit->type, slots, unit->output_count, unit->special);
    else if (unit->rate != (audio ? SCGF_AUDIO : SCGF_CONTROL) && !scalar)
        reader_refuse(reader, at, "expected %s at rate %d, found %d", unit->type,
                      audio ? SCGF_AUDIO : SCGF_CONTROL, unit->rate);
    else if (unit->input_count != inputs)
        reader_refuse(reader, at, "expected %s with %d inputs, found %d", unit->type, inputs,
                      unit->input_count);
}

static void check_unit(struct scgf_reader *reader, gsize at, const struct scgf_unit *unit,
                       int slots)
{
    static const struct {
        const char *type;
        int least;
    } outs[] = {{"Out", 2}, {"ReplaceOut", 2}, {"OffsetOut", 2}, {"XOut", 3}, {"LocalOut", 1}};
    static const char *const controls[] = {"Control", "LagControl", "TrigControl", "AudioControl",
                                           NULL};
    if (g_strv_contains(controls, unit->type))
        check_control(reader, at, unit, slots);
    for (gsize i = 0; i < G_N_ELEMENTS(outs); i++)
        if (strcmp(outs[i].type, unit->type) == 0 && unit->input_count < outs[i].least)
            reader_refuse(reader, at, "expected %s with at least %d inputs, found %d", unit->type,
                          outs[i].least, unit->input_count);
}

static void read_unit(struct scgf_reader *reader, struct scgf_definition *definition,
                      int unit_index)
{
    struct scgf_unit *unit = &definition->units[unit_index];
    gsize at = unit->at = reader->at;
    gsize index_size = reader->version >= 2 ? 4 : 2;
    unit->type = reader_name(reader, "a unit's class");
    unit->rate = read_rate(reader, "a unit's rate");
    gsize inputs_at = reader->at;
    int inputs = reader_index(reader, "the number of inputs");
    gsize outputs_at = reader->at;
    int outputs = reader_index(reader, "the number of outputs");
    unit->special = reader_short(reader, "a unit's special index");
    inputs =
        reader_check_count(reader, inputs_at, inputs, SCGF_MAX_INPUTS, 2 * index_size, "inputs");
    if (reader->error)
        return;
    unit->inputs = g_new0(struct scgf_input, inputs);
    unit->input_count = inputs;
    for (int i = 0; i < inputs && !reader->error; i++)
        read_input(reader, definition, unit_index, &unit->inputs[i]);
    outputs = reader_check_count(reader, outputs_at, outputs, SCGF_MAX_OUTPUTS, 1, "outputs");
    for (int i = 0; i < outputs && !reader->error; i++) {
        gsize rate_at = reader->at;
        enum scgf_rate rate = read_rate(reader, "an output's rate");
        if (!reader->error && rate != unit->rate)
            reader_refuse(reader, rate_at, "expected an output at its unit's rate %d, found %d",
                          unit->rate, rate);
    }
    unit->output_count = outputs;
    if (!reader->error)
        check_unit(reader, at, unit, definition->slots);
}

static void read_units(struct scgf_reader *reader, struct scgf_definition *definition)
{
    gsize index_size = reader->version >= 2 ? 4 : 2;
    gsize least = 2 + 1 + 2 * index_size + 2;
    int count = reader_count(reader, SCGF_MAX_UNITS, least, "units");
    definition->units = g_new0(struct scgf_unit, count);
    definition->unit_count = count;
    for (int i = 0; i < count && !reader->error; i++)
        read_unit(reader, definition, i);
}

static void read_variants(struct scgf_reader *reader, struct scgf_definition *definition)
{
    gsize at = reader->at;
    int count = reader_short(reader, "the number of variants");
    gsize least = 2 + sizeof(float) * definition->slots;
    count = reader_check_count(reader, at, count, SCGF_MAX_VARIANTS, least, "variants");
    definition->variants = g_new0(char *, count + 1);
    definition->variant_count = count;
    g_autofree char *prefix = g_strconcat(definition->name, ".", NULL);
    g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
    for (int i = 0; i < count && !reader->error; i++) {
        at = reader->at;
        char *name = definition->variants[i] = reader_name(reader, "a variant's name");
        // Any other name would let it pass for another definition.
        if (name && !g_str_has_prefix(name, prefix))
            reader_refuse(reader, at,
                          "expected a variant's name that begins with \"%s\", found \"%s\"", prefix,
                          name);
        else if (name && !g_hash_table_add(seen, name))
            reader_refuse(reader, at, "expected a new variant name, found \"%s\" again", name);
        g_free(reader_floats(reader, definition->slots, "a variant's value"));
    }
}

static GBytes *wrap(const struct scgf_reader *reader, gsize start)
{
    const guint8 header[] = {'S', 'C', 'g', 'f', 0, 0, 0, (guint8)reader->version, 0, 1};
    g_autoptr(GByteArray) file = g_byte_array_new();
    g_byte_array_append(file, header, sizeof header);
    g_byte_array_append(file, reader->data + start, reader->at - start);
    return g_byte_array_free_to_bytes(g_steal_pointer(&file));
}

static struct scgf_definition *read_definition(struct scgf_reader *reader)
{
    struct scgf_definition *definition = g_new0(struct scgf_definition, 1);
    gsize start = reader->at;
    definition->name = reader_name(reader, "a definition's name");
    if (definition->name && strchr(definition->name, '/'))
        reader_refuse(reader, start + 1, "expected a definition's name without '/', found \"%s\"",
                      definition->name);
    definition->constant_count =
        reader_count(reader, SCGF_MAX_CONSTANTS, sizeof(float), "constants");
    definition->constants = reader_floats(reader, definition->constant_count, "constant");
    definition->slots = reader_count(reader, SCGF_MAX_PARAMETERS, sizeof(float), "parameters");
    definition->initial = reader_floats(reader, definition->slots, "parameter");
    read_names(reader, definition);
    read_units(reader, definition);
    if (reader->version >= 1 && !reader->error)
        read_variants(reader, definition);
    if (!reader->error)
        definition->bytes = wrap(reader, start);
    return definition;
}

static void read_header(struct scgf_reader *reader)
{
    const guint8 *magic = reader_take(reader, 4, "\"SCgf\"");
    if (magic && memcmp(magic, "SCgf", 4) != 0)
        reader_refuse(reader, 0, "expected \"SCgf\", this is not a SynthDef file");
    gint32 version = reader_long(reader, "the version");
    if (version < 0 || version > 2)
        reader_refuse(reader, 4, "expected version 0, 1 or 2, found %d", version);
    reader->version = version;
}

static GPtrArray *read_definitions(struct scgf_reader *reader)
{
    g_autoptr(GPtrArray) definitions =
        g_ptr_array_new_with_free_func((GDestroyNotify)scgf_definition_destroy);
    g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
    int count = reader_short(reader, "the number of definitions");
    if (!reader->error && count < 1)
        reader_refuse(reader, reader->at - 2, "expected at least 1 definition, found %d", count);
    for (int i = 0; i < count && !reader->error; i++) {
        gsize at = reader->at;
        struct scgf_definition *definition = read_definition(reader);
        g_ptr_array_add(definitions, definition);
        if (!reader->error && !g_hash_table_add(seen, definition->name))
            reader_refuse(reader, at, "expected a new definition, found \"%s\" again",
                          definition->name);
    }
    if (!reader->error && reader->at < reader->length)
        reader_refuse(reader, reader->at, "expected the end of the file, found %zu more bytes",
                      reader->length - reader->at);
    return g_steal_pointer(&definitions);
}

GPtrArray *scgf_read(GBytes *file, GError **error)
{
    struct scgf_reader reader = {0};
    reader.data = g_bytes_get_data(file, &reader.length);
    if (reader.length > SCGF_MAX_BYTES) {
        g_set_error(error, FARFIELD_ERROR, ERROR_TOO_LARGE,
                    "byte %d: expected the end of the file, a SynthDef file has at most 4 MiB",
                    SCGF_MAX_BYTES);
        return NULL;
    }
    read_header(&reader);
    g_autoptr(GPtrArray) definitions = read_definitions(&reader);
    if (!reader.error)
        return g_steal_pointer(&definitions);
    g_propagate_error(error, reader.error);
    return NULL;
}

void scgf_definition_destroy(struct scgf_definition *definition)
{
    if (!definition)
        return;
    for (int i = 0; i < definition->name_count; i++)
        g_free(definition->names[i].text);
    for (int i = 0; i < definition->unit_count; i++) {
        g_free(definition->units[i].type);
        g_free(definition->units[i].inputs);
    }
    g_free(definition->name);
    g_free(definition->constants);
    g_free(definition->initial);
    g_free(definition->names);
    g_free(definition->units);
    g_strfreev(definition->variants);
    g_clear_pointer(&definition->bytes, g_bytes_unref);
    g_free(definition);
}
