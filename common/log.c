// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/log.h"

#include <glib.h>
#include <jansson.h>
#include <string.h>
#include <unistd.h>

// The one piece of state a process shares by its nature: where its stderr goes and how loud it is.
static struct {
    const char *program;
    enum log_level level;
    bool json;
    log_tap_func tap;
    void *data;      // for tap
    GThread *tapped; // whose lines it hears, and who alone looks at the two above; atomic
} setup = {"farfield", LOG_INFO_LEVEL, false, NULL, NULL, NULL};

static const char *const level_names[] = {"error", "warning", "info", "debug"};

enum log_level log_level_from(const char *name)
{
    for (size_t i = 0; i < G_N_ELEMENTS(level_names); i++)
        if (g_strcmp0(name, level_names[i]) == 0)
            return (enum log_level)i;
    return LOG_INFO_LEVEL;
}

const char *log_level_name(enum log_level level)
{
    return level_names[level];
}

static void append_text_value(GString *line, const json_t *value)
{
    const char *text = json_string_value(value);
    if (text && *text && !strpbrk(text, " \"=\n\r\t")) {
        g_string_append(line, text);
        return;
    }
    char *encoded = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT | JSON_REAL_PRECISION(6));
    g_string_append(line, encoded ? encoded : "?");
    free(encoded);
}

static void write_line(enum log_level level, const char *event, json_t *fields)
{
    g_autoptr(GDateTime) now = g_date_time_new_now_utc();
    g_autofree char *time = g_date_time_format(now, "%Y-%m-%dT%H:%M:%S.%fZ");
    g_autoptr(GString) line = g_string_new(NULL);
    if (setup.json) {
        json_t *object = json_pack("{s:s s:s s:s s:s}", "time", time, "level", level_names[level],
                                   "program", setup.program, "event", event);
        if (fields)
            json_object_update_missing(object, fields);
        char *encoded = json_dumps(object, JSON_COMPACT | JSON_REAL_PRECISION(6));
        g_string_append(line, encoded ? encoded : "{}");
        free(encoded);
        json_decref(object);
    } else {
        g_string_append_printf(line, "%s %s %s %s", time, setup.program, level_names[level], event);
        const char *key;
        json_t *value;
        json_object_foreach(fields, key, value)
        {
            g_string_append_printf(line, " %s=", key);
            append_text_value(line, value);
        }
    }
    g_string_append_c(line, '\n');
    // A log that cannot be written (closed pipe, full disk) must not stop the sound.
    ssize_t ignored = write(STDERR_FILENO, line->str, line->len);
    (void)ignored;
}

void log_event(enum log_level level, const char *event, const char *format, ...)
{
    if (level > setup.level)
        return;
    json_t *fields = NULL;
    if (format) {
        va_list args;
        va_start(args, format);
        fields = json_vpack_ex(NULL, 0, format, args);
        va_end(args);
        // Text that is not UTF-8 cannot be packed; the event itself is still worth a line.
        if (!fields)
            fields = json_pack("{s:s}", "fields", "unprintable");
    }
    write_line(level, event, fields);
    if (g_atomic_pointer_get(&setup.tapped) == g_thread_self() && setup.tap)
        setup.tap(setup.data, level, event, fields);
    json_decref(fields);
}

static GLogWriterOutput on_glib_log(GLogLevelFlags flags, const GLogField *fields, gsize n_fields,
                                    gpointer data)
{
    const char *message = "", *domain = "";
    for (gsize i = 0; i < n_fields; i++) {
        if (strcmp(fields[i].key, "MESSAGE") == 0)
            message = fields[i].value;
        else if (strcmp(fields[i].key, "GLIB_DOMAIN") == 0)
            domain = fields[i].value;
    }
    enum log_level level = flags & (G_LOG_LEVEL_ERROR | G_LOG_LEVEL_CRITICAL) ? LOG_ERROR_LEVEL
                           : flags & G_LOG_LEVEL_WARNING                      ? LOG_WARNING_LEVEL
                           : flags & G_LOG_LEVEL_DEBUG                        ? LOG_DEBUG_LEVEL
                                                                              : LOG_INFO_LEVEL;
    log_event(level, "glib", "{s:s s:s}", "domain", domain, "message", message);
    return G_LOG_WRITER_HANDLED;
}

void log_setup(const char *program, enum log_level level, bool json)
{
    static gsize writer_is_set = 0;
    setup.program = program;
    setup.level = level;
    setup.json = json;
    // GLib aborts when its writer is set twice.
    if (g_once_init_enter(&writer_is_set)) {
        g_log_set_writer_func(on_glib_log, NULL, NULL);
        g_once_init_leave(&writer_is_set, 1);
    }
}

void log_tap(log_tap_func tap, void *data)
{
    setup.tap = tap;
    setup.data = data;
    g_atomic_pointer_set(&setup.tapped, g_thread_self());
}
