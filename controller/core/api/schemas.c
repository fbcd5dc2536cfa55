// SPDX-License-Identifier: GPL-3.0-or-later
#include "controller/core/api/schemas.h"

#include <string.h>

#define REF "#/components/schemas/"

// The file as a string, which the Makefile makes of it.
static const char text[] =
#include "controller/core/api/schemas.json.inc"
    ;

static gpointer read_text(gpointer data)
{
    json_t *all = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    g_assert(all);
    return all;
}

const json_t *schemas_all(void)
{
    static GOnce once = G_ONCE_INIT;
    return g_once(&once, read_text, NULL);
}

bool schemas_know(const char *name)
{
    return json_object_get(schemas_all(), name) != NULL;
}

json_t *schemas_ref(const char *name)
{
    g_autofree char *ref = g_strconcat(REF, name ? name : "nothing", NULL);
    return json_pack("{s:s}", "$ref", ref);
}

// --- parameters ---------------------------------------------------------------------------------

static json_t *choices_of(const struct param *p)
{
    json_t *list = json_array();
    g_auto(GStrv) choices = g_strsplit(p->choices, "|", -1);
    for (int i = 0; choices[i]; i++)
        json_array_append_new(list, json_string(choices[i]));
    return list;
}

static json_t *string_schema(const struct param *p)
{
    if (p->choices)
        return json_pack("{s:s s:o}", "type", "string", "enum", choices_of(p));
    return json_pack("{s:s s:i}", "type", "string", "maxLength",
                     p->max > 0 ? (int)p->max : PARAM_MAX_STRING);
}

static json_t *number_schema(const struct param *p, const char *type)
{
    json_t *schema = json_pack("{s:s}", "type", type);
    if (p->min != p->max) {
        bool whole = p->type == PARAM_INTEGER;
        json_object_set_new(schema, "minimum", whole ? json_integer(p->min) : json_real(p->min));
        json_object_set_new(schema, "maximum", whole ? json_integer(p->max) : json_real(p->max));
    }
    return schema;
}

static json_t *array_schema(const struct param *p, const char *type)
{
    return json_pack("{s:s s:{s:s} s:i s:i}", "type", "array", "items", "type", type, "minItems",
                     (int)p->min, "maxItems", (int)p->max);
}

// No default: the compiler asks for the schema of a new type.
static json_t *type_schema(const struct param *p)
{
    switch (p->type) {
    case PARAM_STRING:
        return string_schema(p);
    case PARAM_NUMBER:
        return number_schema(p, "number");
    case PARAM_INTEGER:
        return number_schema(p, "integer");
    case PARAM_BOOLEAN:
        return json_pack("{s:s}", "type", "boolean");
    case PARAM_CONTROLS:
        return schemas_ref("controls");
    case PARAM_STRINGS:
        return json_pack("{s:s s:o}", "type", "array", "items", string_schema(p));
    case PARAM_MAPS:
        return schemas_ref("maps");
    case PARAM_NUMBERS:
        return array_schema(p, "number");
    case PARAM_OBJECT:
        return json_pack("{s:s}", "type", "object");
    case PARAM_ID:
        return json_pack("{s:[s,s]}", "type", "string", "integer");
    case PARAM_OBJECTS:
        return array_schema(p, "object");
    case PARAM_ARRAY:
        return json_pack("{s:s s:i s:i}", "type", "array", "minItems", (int)p->min, "maxItems",
                         (int)p->max);
    }
    g_assert_not_reached();
}

json_t *schemas_of_param(const struct param *p, const json_t *example)
{
    json_t *schema = type_schema(p);
    json_object_set_new(schema, "description", json_string(p->words));
    if (p->unit)
        json_object_set_new(schema, "x-unit", json_string(p->unit));
    if (p->fallback)
        json_object_set_new(schema, "default", json_loads(p->fallback, JSON_DECODE_ANY, NULL));
    if (example)
        json_object_set_new(schema, "examples", json_pack("[O]", example));
    return schema;
}

// --- which are needed ---------------------------------------------------------------------------

static void add_used(const json_t *part, json_t *used)
{
    const char *key, *ref = json_string_value(json_object_get(part, "$ref"));
    if (ref && g_str_has_prefix(ref, REF) && !json_object_get(used, ref + strlen(REF))) {
        json_t *schema = json_object_get(schemas_all(), ref + strlen(REF));
        json_object_set(used, ref + strlen(REF), schema);
        add_used(schema, used);
    }
    json_t *value;
    json_object_foreach((json_t *)part, key, value) add_used(value, used);
    size_t i;
    json_array_foreach(part, i, value) add_used(value, used);
}

json_t *schemas_used_by(const json_t *document)
{
    json_t *used = json_object();
    add_used(document, used);
    return used;
}
