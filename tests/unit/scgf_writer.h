// SPDX-License-Identifier: GPL-3.0-or-later
// Writes SCgf files from struct scgf_definition, in any version, and remembers where each field
// went, so that a test can damage it by name.
#pragma once

#include <glib.h>
#include <string.h>

#include "controller/core/synthdefs/scgf.h"

// A string that may be written to, as the fields ask for.
#define TEXT(text_) ((char[]){text_})
#define K(index_)                                                                                  \
    {                                                                                              \
        -1, index_                                                                                 \
    }
#define UNIT(type_, rate_, special_, outputs_, ...)                                                \
    {                                                                                              \
        .type = TEXT(type_), .rate = rate_, .special = special_, .output_count = outputs_,         \
        .inputs = (struct scgf_input[]){__VA_ARGS__},                                              \
        .input_count = sizeof((struct scgf_input[]){__VA_ARGS__}) / sizeof(struct scgf_input)      \
    }

struct scgf_field {
    gsize at;
    int width; // bytes of its number, for a name of its length
};

struct scgf_writer {
    GByteArray *bytes;  // owned
    GHashTable *fields; // owned: "unit2.in0.unit" -> struct scgf_field
    int version;
};

static inline void writer_mark(struct scgf_writer *w, int width, const char *field)
{
    struct scgf_field *place = g_new(struct scgf_field, 1);
    *place = (struct scgf_field){w->bytes->len, width};
    if (!g_hash_table_replace(w->fields, g_strdup(field), place))
        g_error("two fields are called %s", field);
}

static inline void writer_number(struct scgf_writer *w, int width, gint64 value, const char *field)
{
    writer_mark(w, width, field);
    for (int i = width - 1; i >= 0; i--)
        g_byte_array_append(w->bytes, &(guint8){(guint8)(value >> (8 * i))}, 1);
}

G_GNUC_PRINTF(4, 5)
static inline void writer_field(struct scgf_writer *w, int width, gint64 value, const char *format,
                                ...)
{
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *field = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    writer_number(w, width, value, field);
}

static inline int writer_wide(const struct scgf_writer *w)
{
    return w->version >= 2 ? 4 : 2;
}

static inline void writer_name(struct scgf_writer *w, const char *name, const char *field)
{
    writer_number(w, 1, strlen(name), field);
    g_byte_array_append(w->bytes, (const guint8 *)name, strlen(name));
}

static inline guint32 writer_bits(float value)
{
    guint32 bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static inline void writer_unit(struct scgf_writer *w, const struct scgf_unit *unit, int i)
{
    g_autofree char *type = g_strdup_printf("unit%d.type", i);
    writer_name(w, unit->type, type);
    writer_field(w, 1, unit->rate, "unit%d.rate", i);
    writer_field(w, writer_wide(w), unit->input_count, "unit%d.inputs", i);
    writer_field(w, writer_wide(w), unit->output_count, "unit%d.outputs", i);
    writer_field(w, 2, unit->special, "unit%d.special", i);
    for (int j = 0; j < unit->input_count; j++) {
        writer_field(w, writer_wide(w), unit->inputs[j].unit, "unit%d.in%d.unit", i, j);
        writer_field(w, writer_wide(w), unit->inputs[j].index, "unit%d.in%d.index", i, j);
    }
    for (int j = 0; j < unit->output_count; j++)
        writer_field(w, 1, unit->rate, "unit%d.out%d", i, j);
}

static inline void writer_definition(struct scgf_writer *w, const struct scgf_definition *d)
{
    writer_name(w, d->name, "name");
    writer_number(w, writer_wide(w), d->constant_count, "constants");
    for (int i = 0; i < d->constant_count; i++)
        writer_field(w, 4, writer_bits(d->constants[i]), "constant%d", i);
    writer_number(w, writer_wide(w), d->slots, "slots");
    for (int i = 0; i < d->slots; i++)
        writer_field(w, 4, writer_bits(d->initial[i]), "slot%d", i);
    writer_number(w, writer_wide(w), d->name_count, "names");
    for (int i = 0; i < d->name_count; i++) {
        g_autofree char *field = g_strdup_printf("name%d", i);
        writer_name(w, d->names[i].text, field);
        writer_field(w, writer_wide(w), d->names[i].slot, "name%d.index", i);
    }
    writer_number(w, writer_wide(w), d->unit_count, "units");
    for (int i = 0; i < d->unit_count; i++)
        writer_unit(w, &d->units[i], i);
    if (w->version == 0)
        return;
    writer_number(w, 2, d->variant_count, "variants");
    for (int i = 0; i < d->variant_count; i++) {
        g_autofree char *field = g_strdup_printf("variant%d", i);
        writer_name(w, d->variants[i], field);
        for (int j = 0; j < d->slots; j++)
            writer_field(w, 4, writer_bits(d->initial[j]), "variant%d.slot%d", i, j);
    }
}

// A file with this one definition; the variants' values are the initial ones.
static inline struct scgf_writer writer_write(const struct scgf_definition *definition, int version)
{
    struct scgf_writer w = {g_byte_array_new(),
                            g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free),
                            version};
    writer_number(&w, 4, 0x53436766, "magic");
    writer_number(&w, 4, version, "version");
    writer_number(&w, 2, 1, "definitions");
    writer_definition(&w, definition);
    writer_mark(&w, 0, "end");
    return w;
}

static inline struct scgf_field writer_find(const struct scgf_writer *w, const char *field)
{
    const struct scgf_field *found = g_hash_table_lookup(w->fields, field);
    if (!found)
        g_error("no field is called %s", field);
    return *found;
}

static inline void writer_clear(struct scgf_writer *w)
{
    g_byte_array_unref(w->bytes);
    g_hash_table_destroy(w->fields);
}
