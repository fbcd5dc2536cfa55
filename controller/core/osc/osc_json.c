// SPDX-License-Identifier: GPL-3.0-or-later
#include "controller/core/osc/osc_json.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "controller/core/api/numbers.h"
#include "controller/core/osc/osc_read.h"

struct parse {
    struct problem *problem;
    int depth;
};

static struct osc_message *parse_message(struct parse *p, const json_t *json, const char *path);

static bool add_integer(struct parse *p, struct osc_message *message, const json_t *value,
                        const char *field)
{
    json_int_t number = json_integer_value(value);
    bool fits = number >= G_MININT32 && number <= G_MAXINT32;
    if (fits)
        osc_add_int(message, (int32_t)number);
    else
        problem_add(p->problem, field, "does not fit an int32; write it as {\"type\": \"d\"}");
    return fits;
}

static bool add_typed(struct parse *p, struct osc_message *message, const json_t *arg,
                      const char *field)
{
    const char *type = json_string_value(json_object_get(arg, "type"));
    const json_t *value = json_object_get(arg, "value");
    double number = json_number_value(value);
    if (json_object_size(arg) != 2 || !type || strlen(type) != 1 || !strchr("ifds", *type))
        problem_add(p->problem, field, "must have a type of i, f, d, s, and a value");
    else if (*type == 's' ? !json_is_string(value) : !json_is_number(value))
        problem_add(p->problem, field, "must have a value of its type");
    else if (*type == 'i' && !json_is_integer(value))
        problem_add(p->problem, field, "must be a whole number");
    else if (*type == 'i')
        return add_integer(p, message, value, field);
    else if (*type == 'f' && fabs(number) > FLT_MAX)
        problem_add(p->problem, field, "does not fit a float32");
    else if (*type == 'f')
        osc_add_float(message, (float)number);
    else if (*type == 'd')
        osc_add_double(message, number);
    else
        osc_add_string(message, json_string_value(value));
    return !p->problem->errors;
}

// GLib passes over what is no base64.
static guchar *decode(const json_t *text, gsize *length)
{
    const char *base64 = json_string_value(text);
    gsize digits = base64 ? strspn(base64, G_CSET_a_2_z G_CSET_A_2_Z G_CSET_DIGITS "+/") : 0;
    gsize signs = base64 ? strspn(base64 + digits, "=") : 0;
    if (!base64 || base64[digits + signs] || signs > 2 || (digits + signs) % 4)
        return NULL;
    return g_base64_decode(base64, length);
}

static bool add_blob(struct parse *p, struct osc_message *message, const json_t *text,
                     const char *field)
{
    gsize length;
    g_autofree guchar *bytes = decode(text, &length);
    g_autoptr(GError) error = NULL;
    struct osc_message *nested = bytes ? osc_read_message(bytes, length, &error) : NULL;
    if (nested)
        osc_add_message(message, nested);
    else
        problem_add(p->problem, field, "must be an OSC message in base64%s%s", error ? ": " : "",
                    error ? error->message : "");
    return nested != NULL;
}

static bool add_nested(struct parse *p, struct osc_message *message, const json_t *json,
                       const char *field)
{
    if (p->depth == OSC_READ_MAX_DEPTH) {
        problem_add(p->problem, field, "is too many messages within messages");
        return false;
    }
    g_autofree char *path = g_strconcat(field, ".message.", NULL);
    p->depth++;
    struct osc_message *nested = parse_message(p, json, path);
    p->depth--;
    if (nested)
        osc_add_message(message, nested);
    return nested != NULL;
}

static bool add_arg(struct parse *p, struct osc_message *message, const json_t *arg,
                    const char *field)
{
    if (json_is_integer(arg))
        return add_integer(p, message, arg, field);
    if (json_is_real(arg))
        osc_add_double(message, json_real_value(arg));
    else if (json_is_string(arg))
        osc_add_string(message, json_string_value(arg));
    else if (json_object_get(arg, "message") && json_object_size(arg) == 1)
        return add_nested(p, message, json_object_get(arg, "message"), field);
    else if (json_object_get(arg, "blob") && json_object_size(arg) == 1)
        return add_blob(p, message, json_object_get(arg, "blob"), field);
    else if (json_object_get(arg, "type"))
        return add_typed(p, message, arg, field);
    else
        problem_add(p->problem, field,
                    "must be a number, a string, {\"type\", \"value\"}, {\"message\"} or "
                    "{\"blob\"}");
    return !p->problem->errors;
}

static bool add_args(struct parse *p, struct osc_message *message, const json_t *args,
                     const char *path)
{
    size_t i;
    json_t *arg;
    json_array_foreach((json_t *)args, i, arg)
    {
        g_autofree char *field = g_strdup_printf("%sargs[%zu]", path, i);
        if (!add_arg(p, message, arg, field))
            return false;
    }
    return true;
}

static struct osc_message *parse_message(struct parse *p, const json_t *json, const char *path)
{
    const char *address = json_string_value(json_object_get(json, "address"));
    const json_t *args = json_object_get(json, "args");
    g_autofree char *address_field = g_strconcat(path, "address", NULL);
    g_autofree char *args_field = g_strconcat(path, "args", NULL);
    g_autoptr(GError) error = NULL;
    if (!address)
        problem_add(p->problem, address_field, "must be a string");
    else if (!osc_address_check(address, &error))
        problem_add(p->problem, address_field, "\"%s\" cannot be: %s", address, error->message);
    else if (args && !json_is_array(args))
        problem_add(p->problem, args_field, "must be an array");
    else if (json_array_size(args) > OSC_READ_MAX_ARGS)
        problem_add(p->problem, args_field, "must have at most %d members", OSC_READ_MAX_ARGS);
    else if (json_object_size(json) > (args ? 2u : 1u))
        problem_add(p->problem, address_field, "stands beside what is neither address nor args");
    if (p->problem->errors)
        return NULL;
    struct osc_message *message = osc_message_new(address, "");
    if (add_args(p, message, args, path))
        return message;
    osc_message_destroy(message);
    return NULL;
}

struct osc_message *osc_from_json(const json_t *json, const char *path, struct problem *problem)
{
    struct parse parse = {problem, 0};
    return parse_message(&parse, json, path);
}

static json_t *arg_to_json(const struct osc_message *message, guint i)
{
    char type = osc_type(message, i);
    if (type == 'i')
        return json_integer(osc_int(message, i));
    if (type == 'm')
        return json_pack("{s:o}", "message", osc_to_json(osc_nested(message, i)));
    if (type == 's') {
        g_autofree char *valid = g_utf8_make_valid(osc_string(message, i), -1);
        return json_string(valid);
    }
    double number = osc_number(message, i);
    if (!isfinite(number))
        return json_null();
    return type == 'f' ? float_to_json((float)number) : json_real(number);
}

json_t *osc_to_json(const struct osc_message *message)
{
    json_t *args = json_array();
    for (guint i = 0; i < message->args->len; i++)
        json_array_append_new(args, arg_to_json(message, i));
    return json_pack("{s:s s:o}", "address", message->address, "args", args);
}
