// SPDX-License-Identifier: GPL-3.0-or-later
#include "controller/core/api/reference.h"

#include <string.h>

#include "controller/core/api/command.h"
#include "controller/core/api/rest.h"

static const char head[] =
    "<!-- SPDX-License-Identifier: GPL-3.0-or-later -->\n"
    "<!-- Made from the command table by `make reference`; what is written here by hand is lost. "
    "-->\n"
    "# Reference\n\n"
    "Every command with its parameters, and below, what they answer. [api.md](api.md) says how they "
    "are\ncalled and which errors there are.\n\n";

// No default: the compiler asks for the words of a new type.
static const char *type_words(enum param_type type)
{
    switch (type) {
    case PARAM_STRING:
        return "string";
    case PARAM_NUMBER:
        return "number";
    case PARAM_INTEGER:
        return "whole number";
    case PARAM_BOOLEAN:
        return "true or false";
    case PARAM_CONTROLS:
        return "object of numbers or arrays of numbers";
    case PARAM_MAPS:
        return "object of buses, or null";
    case PARAM_STRINGS:
        return "array of strings";
    case PARAM_NUMBERS:
        return "array of numbers";
    case PARAM_OBJECT:
        return "object";
    case PARAM_ID:
        return "string or whole number";
    case PARAM_OBJECTS:
        return "array of objects";
    case PARAM_ARRAY:
        return "array";
    }
    g_assert_not_reached();
}

static void add_range(GString *text, const struct param *p)
{
    bool number = p->type == PARAM_NUMBER || p->type == PARAM_INTEGER;
    if (number && p->min != p->max) {
        // The most that 32 bits hold is no limit that anybody would look up.
        if (p->max >= G_MAXINT32)
            g_string_append_printf(text, ", at least %.10g", p->min);
        else
            g_string_append_printf(text, ", %.10g to %.10g", p->min, p->max);
    }
    if (p->unit)
        g_string_append_printf(text, " %s", p->unit);
}

static void add_type(GString *text, const struct param *p)
{
    g_string_append(text, type_words(p->type));
    add_range(text, p);
    if (p->choices) {
        g_auto(GStrv) choices = g_strsplit(p->choices, "|", -1);
        g_autofree char *list = g_strjoinv("`, `", choices);
        g_string_append_printf(text, ": `%s`", list);
    }
    if (p->required)
        g_string_append(text, "; required");
    else if (p->fallback)
        g_string_append_printf(text, "; else `%s`", p->fallback);
}

static void add_parameters(GString *text, const struct command *row)
{
    if (!row->params[0].name)
        return;
    g_string_append(text, "| parameter | type | meaning |\n|---|---|---|\n");
    for (const struct param *p = row->params; p->name; p++) {
        g_string_append_printf(text, "| `%s` | ", p->name);
        add_type(text, p);
        g_string_append_printf(text, " | %s |\n", p->words);
    }
    g_string_append_c(text, '\n');
}

static void add_answer(GString *text, const struct command *row)
{
    if (row->result)
        g_string_append_printf(text, "Answers [%s](#%s).\n\n", row->result, row->result);
    else if (row->answer == BODY_FILE)
        g_string_append(text, "Answers `audio/*`.\n\n");
    else if (row->answer == BODY_SDP || row->answer == BODY_SDPFRAG)
        g_string_append_printf(text, "Answers `%s`.\n\n", rest_body_type(row->answer));
}

static void add_command(GString *text, const struct command *row)
{
    g_string_append_printf(text, "## %s\n\n", row->method);
    if (row->path)
        g_string_append_printf(text, "`%s %s`\n\n", row->verb, row->path);
    g_string_append_printf(text, "%s\n\n", row->words);
    add_parameters(text, row);
    add_answer(text, row);
}

// Headings lose their dots in links.
static char *anchor_of(const char *method)
{
    g_auto(GStrv) parts = g_strsplit(method, ".", -1);
    return g_strjoinv("", parts);
}

static void add_index(GString *text, const struct command *const *rows, gsize count)
{
    g_string_append(text, "| method | REST | what it does |\n|---|---|---|\n");
    for (gsize i = 0; i < count; i++) {
        const struct command *row = rows[i];
        g_autofree char *anchor = anchor_of(row->method);
        g_string_append_printf(text, "| [`%s`](#%s) |", row->method, anchor);
        if (row->path)
            g_string_append_printf(text, " `%s %s`", row->verb, row->path);
        g_string_append_printf(text, " | %s |\n", row->words);
    }
    g_string_append_c(text, '\n');
}

char *reference_markdown(void)
{
    gsize count;
    const struct command *const *rows = command_table(&count);
    GString *text = g_string_new(head);
    add_index(text, rows, count);
    for (gsize i = 0; i < count; i++)
        add_command(text, rows[i]);
    g_string_truncate(text, text->len - 1); // the empty line behind the last
    reference_add_results(text);
    return g_string_free(text, FALSE);
}
