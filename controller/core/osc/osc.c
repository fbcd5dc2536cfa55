// SPDX-License-Identifier: GPL-3.0-or-later
#include "controller/core/osc/osc.h"

#include <stdarg.h>
#include <string.h>

static void clear_arg(gpointer data)
{
    struct osc_arg *arg = data;
    if (arg->type == 's')
        g_free(arg->s);
    else if (arg->type == 'm')
        osc_message_destroy(arg->m);
}

static struct osc_message *message_new(const char *address)
{
    struct osc_message *message = g_new(struct osc_message, 1);
    message->address = g_strdup(address);
    message->args = g_array_new(FALSE, FALSE, sizeof(struct osc_arg));
    g_array_set_clear_func(message->args, clear_arg);
    return message;
}

struct osc_message *osc_message_new(const char *address, const char *types, ...)
{
    struct osc_message *message = message_new(address);
    va_list args;
    va_start(args, types);
    for (const char *type = types; *type; type++) {
        if (*type == 'i')
            osc_add_int(message, va_arg(args, int));
        else if (*type == 'f')
            osc_add_float(message, (float)va_arg(args, double));
        else if (*type == 's')
            osc_add_string(message, va_arg(args, const char *));
        else if (*type == 'm')
            osc_add_message(message, va_arg(args, struct osc_message *));
        else
            g_assert_not_reached();
    }
    va_end(args);
    return message;
}

void osc_message_destroy(struct osc_message *message)
{
    if (!message)
        return;
    g_free(message->address);
    g_array_unref(message->args);
    g_free(message);
}

void osc_add_int(struct osc_message *message, int32_t value)
{
    struct osc_arg arg = {.type = 'i', .i = value};
    g_array_append_val(message->args, arg);
}

void osc_add_float(struct osc_message *message, float value)
{
    struct osc_arg arg = {.type = 'f', .f = value};
    g_array_append_val(message->args, arg);
}

void osc_add_double(struct osc_message *message, double value)
{
    struct osc_arg arg = {.type = 'd', .d = value};
    g_array_append_val(message->args, arg);
}

void osc_add_string(struct osc_message *message, const char *value)
{
    struct osc_arg arg = {.type = 's', .s = g_strdup(value)};
    g_array_append_val(message->args, arg);
}

void osc_add_message(struct osc_message *message, struct osc_message *value)
{
    struct osc_arg arg = {.type = 'm', .m = value};
    g_array_append_val(message->args, arg);
}

static const struct osc_arg *arg_at(const struct osc_message *message, guint i)
{
    return i < message->args->len ? &g_array_index(message->args, struct osc_arg, i) : NULL;
}

char osc_type(const struct osc_message *message, guint i)
{
    const struct osc_arg *arg = arg_at(message, i);
    return arg ? arg->type : '\0';
}

double osc_number(const struct osc_message *message, guint i)
{
    const struct osc_arg *arg = arg_at(message, i);
    if (!arg)
        return 0;
    return arg->type == 'i' ? arg->i : arg->type == 'f' ? arg->f : arg->type == 'd' ? arg->d : 0;
}

int32_t osc_int(const struct osc_message *message, guint i)
{
    const struct osc_arg *arg = arg_at(message, i);
    if (arg && arg->type == 'i')
        return arg->i;
    double number = osc_number(message, i);
    return number > G_MININT32 && number < G_MAXINT32 ? (int32_t)number : 0;
}

const char *osc_string(const struct osc_message *message, guint i)
{
    const struct osc_arg *arg = arg_at(message, i);
    return arg && arg->type == 's' ? arg->s : "";
}

const struct osc_message *osc_nested(const struct osc_message *message, guint i)
{
    const struct osc_arg *arg = arg_at(message, i);
    return arg && arg->type == 'm' ? arg->m : NULL;
}

static gsize padded(const char *text)
{
    return (strlen(text) + 4) & ~(gsize)3;
}

static gsize arg_size(const struct osc_arg *arg)
{
    switch (arg->type) {
    case 's':
        return padded(arg->s);
    case 'd':
        return 8;
    case 'm':
        return 4 + osc_size(arg->m); // its length goes first; a message is a multiple of 4
    default:
        return 4;
    }
}

gsize osc_size(const struct osc_message *message)
{
    // The type tag string is ",", a letter each, and a NUL.
    gsize size = padded(message->address) + ((message->args->len + 1 + 4) & ~(gsize)3);
    for (guint i = 0; i < message->args->len; i++)
        size += arg_size(arg_at(message, i));
    return size;
}

static void append_text(GString *text, const struct osc_message *message)
{
    g_string_append(text, message->address);
    char number[G_ASCII_DTOSTR_BUF_SIZE];
    for (guint i = 0; i < message->args->len; i++) {
        const struct osc_arg *arg = arg_at(message, i);
        if (arg->type == 's')
            g_string_append_printf(text, " %s", arg->s);
        else if (arg->type == 'i')
            g_string_append_printf(text, " %d", arg->i);
        else if (arg->type == 'm') {
            g_string_append(text, " {");
            append_text(text, arg->m);
            g_string_append_c(text, '}');
        } else
            g_string_append_printf(
                text, " %s%c",
                g_ascii_formatd(number, sizeof number, "%.7g", osc_number(message, i)), arg->type);
    }
}

char *osc_to_text(const struct osc_message *message)
{
    GString *text = g_string_new(NULL);
    append_text(text, message);
    return g_string_free(text, FALSE);
}
