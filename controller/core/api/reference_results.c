// SPDX-License-Identifier: GPL-3.0-or-later
// The part of the reference that tells what commands answer: schemas.json in words.
#include <string.h>

#include "controller/core/api/reference.h"
#include "controller/core/api/schemas.h"

static void add_words(GString *text, const json_t *schema);

static void add_name(GString *text, const char *type)
{
    const char *words = strcmp(type, "integer") == 0   ? "whole number"
                        : strcmp(type, "boolean") == 0 ? "true or false"
                                                       : type;
    g_string_append(text, words);
}

// "a, b or c" of what `add` makes of each.
static void add_choice(GString *text, const json_t *list, void (*add)(GString *, const json_t *))
{
    size_t count = json_array_size(list);
    for (size_t i = 0; i < count; i++) {
        g_string_append(text, i == 0 ? "" : i + 1 < count ? ", " : " or ");
        add(text, json_array_get(list, i));
    }
}

static void add_type(GString *text, const json_t *type)
{
    add_name(text, json_string_value(type));
}

static void add_literal(GString *text, const json_t *value)
{
    g_autofree char *literal = json_dumps(value, JSON_ENCODE_ANY);
    const char *string = json_string_value(value);
    g_string_append_printf(text, "`%s`", string ? string : literal);
}

static void add_ref(GString *text, const char *ref)
{
    const char *name = strrchr(ref, '/') + 1;
    g_string_append_printf(text, "[%s](#%s)", name, name);
}

// Of which there may be several by a mere "s".
static bool is_plain(const json_t *schema)
{
    const char *type = json_string_value(json_object_get(schema, "type"));
    return type && strcmp(type, "array") != 0 && strcmp(type, "boolean") != 0;
}

static void add_words(GString *text, const json_t *schema)
{
    const char *ref = json_string_value(json_object_get(schema, "$ref"));
    const json_t *type = json_object_get(schema, "type"), *items = json_object_get(schema, "items");
    const json_t *each = json_object_get(schema, "additionalProperties");
    if (ref)
        add_ref(text, ref);
    else if (json_object_get(schema, "const"))
        add_literal(text, json_object_get(schema, "const"));
    else if (json_object_get(schema, "enum"))
        add_choice(text, json_object_get(schema, "enum"), add_literal);
    else if (json_object_get(schema, "oneOf"))
        add_choice(text, json_object_get(schema, "oneOf"), add_words);
    else if (json_is_array(type))
        add_choice(text, type, add_type);
    else if (type)
        add_type(text, type);
    else
        g_string_append(text, "anything");
    const json_t *inside = items ? items : json_is_object(each) ? each : NULL;
    if (inside) {
        g_string_append(text, " of ");
        add_words(text, inside);
        g_string_append(text, is_plain(inside) ? "s" : "");
    }
}

static bool is_named(const json_t *names, const char *name)
{
    size_t i;
    json_t *each;
    json_array_foreach((json_t *)names, i, each)
    {
        if (strcmp(json_string_value(each), name) == 0)
            return true;
    }
    return false;
}

// A line for each member, and below it for those of an object or of an array of them.
static void add_members(GString *text, const json_t *schema, const char *prefix)
{
    const json_t *items = json_object_get(schema, "items");
    if (items) {
        g_autofree char *below = g_strconcat(prefix, "[].", NULL);
        add_members(text, items, *prefix ? below : "");
    }
    const char *name;
    json_t *member;
    json_object_foreach(json_object_get(schema, "properties"), name, member)
    {
        const char *words = json_string_value(json_object_get(member, "description"));
        g_autofree char *path = g_strconcat(prefix, name, NULL);
        g_autofree char *below =
            g_strconcat(path, json_object_get(member, "items") ? "" : ".", NULL);
        g_string_append_printf(text, "| `%s` | ", path);
        add_words(text, member);
        if (!is_named(json_object_get(schema, "required"), name))
            g_string_append(text, "; not always there");
        g_string_append_printf(text, " | %s |\n", words ? words : "");
        add_members(text, member, below);
    }
}

static void add_schema(GString *text, const char *name, const json_t *schema)
{
    const char *words = json_string_value(json_object_get(schema, "description"));
    g_string_append_printf(text, "\n### %s\n\n", name);
    if (words)
        g_string_append_printf(text, "%s\n\n", words);
    g_autoptr(GString) members = g_string_new(NULL);
    add_members(members, schema, "");
    if (members->len) {
        g_string_append_printf(text, "| member | type | meaning |\n|---|---|---|\n%s",
                               members->str);
        return;
    }
    g_string_append(text, "Type: ");
    add_words(text, schema);
    g_string_append_c(text, '\n');
}

static int compare_names(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

void reference_add_results(GString *text)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    const char *name;
    json_t *schema;
    json_object_foreach((json_t *)schemas_all(), name, schema)
        g_ptr_array_add(names, (gpointer)name);
    g_ptr_array_sort(names, compare_names);
    g_string_append(text, "\n## Results\n");
    for (guint i = 0; i < names->len; i++)
        add_schema(text, names->pdata[i], json_object_get(schemas_all(), names->pdata[i]));
}
