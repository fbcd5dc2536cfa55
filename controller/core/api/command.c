// SPDX-License-Identifier: GPL-3.0-or-later
#include "controller/core/api/command.h"

#include <string.h>

#include "controller/core/commands/commands.h"

static const struct command *const *const families[] = {
    asset_commands,    buffer_commands,    bundle_commands, bus_commands,    clock_commands,
    control_commands,  describe_commands,  group_commands,  health_commands, hold_commands,
    listener_commands, log_commands,       node_commands,   osc_commands,    peaks_commands,
    preset_commands,   recording_commands, relay_commands,  room_commands,   samples_commands,
    scene_commands,    server_commands,    stats_commands,  stream_commands, synth_commands,
    synthdef_commands, topic_commands,     undo_commands,   webrtc_commands, whep_commands,
};

static int compare_methods(gconstpointer a, gconstpointer b)
{
    const struct command *const *x = a, *const *y = b;
    return strcmp((*x)->method, (*y)->method);
}

static gpointer build_table(gpointer data)
{
    GPtrArray *rows = g_ptr_array_new();
    for (gsize i = 0; i < G_N_ELEMENTS(families); i++)
        for (const struct command *const *row = families[i]; *row; row++)
            g_ptr_array_add(rows, (gpointer)*row);
    g_ptr_array_sort(rows, compare_methods);
    return rows;
}

static GPtrArray *rows_once(void)
{
    static GOnce once = G_ONCE_INIT;
    return g_once(&once, build_table, NULL);
}

const struct command *const *command_table(gsize *count)
{
    GPtrArray *rows = rows_once();
    if (count)
        *count = rows->len;
    return (const struct command *const *)rows->pdata;
}

const struct command *command_by_method(const char *method)
{
    GPtrArray *rows = rows_once();
    guint low = 0, high = rows->len;
    while (low < high) {
        guint middle = (low + high) / 2;
        const struct command *row = g_ptr_array_index(rows, middle);
        int order = strcmp(method, row->method);
        if (order == 0)
            return row;
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

// "/v1/nodes/{id}" against "/v1/nodes/12": sets id. A parameter never spans a '/'.
static bool match_path(const char *template, const char *path, json_t *params)
{
    while (*template && *path) {
        if (*template != '{') {
            if (*template ++ != *path++)
                return false;
            continue;
        }
        const char *close = strchr(template, '}');
        gsize length = strcspn(path, "/");
        if (length == 0)
            return false;
        if (params) {
            g_autofree char *name = g_strndup(template + 1, close - template - 1);
            g_autofree char *raw = g_uri_unescape_segment(path, path + length, "/");
            json_t *value = raw ? json_string(raw) : NULL;
            if (!value)
                return false;
            json_object_set_new(params, name, value);
        }
        template = close + 1;
        path += length;
    }
    return *template == '\0' && *path == '\0';
}

const struct command *command_by_path(const char *verb, const char *path, json_t *params,
                                      char **allowed)
{
    GPtrArray *rows = rows_once();
    g_autoptr(GString) verbs = g_string_new(NULL);
    for (guint i = 0; i < rows->len; i++) {
        const struct command *row = g_ptr_array_index(rows, i);
        if (!row->path || !match_path(row->path, path, NULL))
            continue;
        if (strcmp(row->verb, verb) == 0)
            return match_path(row->path, path, params) ? row : NULL;
        g_string_append_printf(verbs, "%s%s", verbs->len ? ", " : "", row->verb);
    }
    *allowed = verbs->len ? g_strdup(verbs->str) : NULL;
    return NULL;
}

struct call *call_new(const struct command *command, json_t *params, GBytes *body,
                      struct client *client, call_reply reply, void *data)
{
    struct call *call = g_new(struct call, 1);
    *call = (struct call){command, params ? params : json_object(), body, client, reply, data};
    return call;
}

static void call_destroy(struct call *call)
{
    json_decref(call->params);
    g_clear_pointer(&call->body, g_bytes_unref);
    g_free(call);
}

void call_succeed(struct call *call, json_t *result)
{
    if (call->reply)
        call->reply(call->data, result ? result : json_object(), NULL);
    else
        json_decref(result);
    call_destroy(call);
}

void call_fail(struct call *call, struct problem *problem)
{
    if (call->reply)
        call->reply(call->data, NULL, problem);
    problem_destroy(problem);
    call_destroy(call);
}

bool call_is_awaited(const struct call *call)
{
    return call->reply && !call->hasty;
}

const char *call_string(const struct call *call, const char *name)
{
    return json_string_value(json_object_get(call->params, name));
}

double call_number(const struct call *call, const char *name)
{
    return json_number_value(json_object_get(call->params, name));
}

int call_integer(const struct call *call, const char *name)
{
    return (int)json_integer_value(json_object_get(call->params, name));
}

bool call_flag(const struct call *call, const char *name)
{
    return json_is_true(json_object_get(call->params, name));
}

bool call_has(const struct call *call, const char *name)
{
    return json_object_get(call->params, name) != NULL;
}
