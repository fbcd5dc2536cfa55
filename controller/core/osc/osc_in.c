// SPDX-License-Identifier: GPL-3.0-or-later
#include "controller/core/osc/osc_in.h"

#include <math.h>
#include <string.h>

#include "controller/core/session.h"

#define NODE "/farfield/node/"
#define COMMAND "/farfield/cmd/"

bool osc_in_may_call(const struct command *command)
{
    static const char *const families[] = {"bundle.", "bus.", "clock.", "group.",
                                           "node.",   "osc.", "synth."};
    static const char *const others[] = {"buffer.generate",
                                         "buffer.write",
                                         "recording.start",
                                         "recording.stop",
                                         "scene.recall",
                                         "server.panic",
                                         NULL};
    bool plays = g_strv_contains(others, command->method);
    for (gsize i = 0; i < G_N_ELEMENTS(families); i++)
        plays = plays || g_str_has_prefix(command->method, families[i]);
    bool takes_json = command->body == BODY_NONE || command->body == BODY_JSON;
    return plays && takes_json && command->scope == SCOPE_PLAY && !command->websocket_only &&
           !command->rest_only;
}

static json_t *number_to_json(const struct osc_message *message, guint i)
{
    if (osc_type(message, i) == 'i')
        return json_integer(osc_int(message, i));
    double number = osc_number(message, i);
    // Some send every number as a float, the id of a node, too.
    if (number == floor(number) && fabs(number) < 1e15)
        return json_integer((json_int_t)number);
    return json_real(number); // NULL where it is not finite
}

static json_t *arg_to_json(const struct osc_message *message, guint i)
{
    if (osc_type(message, i) == 's')
        return json_string(osc_string(message, i));
    return osc_type(message, i) == 'm' ? NULL : number_to_json(message, i);
}

// --- /farfield/node/ ----------------------------------------------------------------------------

static bool find_node(struct session *session, const char *text, int32_t *id)
{
    gsize digits = strspn(text, G_CSET_DIGITS);
    if (digits && digits < 11 && text[digits] == '\0') {
        *id = (int32_t)MIN(g_ascii_strtoll(text, NULL, 10), G_MAXINT32);
        return true;
    }
    const struct node *node = tree_find_name(&session->tree, text);
    *id = node ? node->id : -1;
    return node != NULL;
}

static json_t *values_to_json(const struct osc_message *message)
{
    json_t *values = json_array();
    for (guint i = 0; i < message->args->len; i++) {
        char type = osc_type(message, i);
        json_t *number = type == 's' || type == 'm' ? NULL : number_to_json(message, i);
        if (!number) {
            json_decref(values);
            return NULL;
        }
        json_array_append_new(values, number);
    }
    if (message->args->len != 1)
        return values;
    json_t *only = json_incref(json_array_get(values, 0));
    json_decref(values);
    return only;
}

static struct problem *read_node(struct session *session, const struct osc_message *message,
                                 json_t *params)
{
    const char *path = message->address + strlen(NODE), *slash = strchr(path, '/');
    if (!slash || slash == path || slash[1] == '\0' || strchr(slash + 1, '/'))
        return problem_new(404, "it is " NODE "ID_OR_NAME/CONTROL");
    g_autofree char *name = g_uri_unescape_segment(path, slash, "/");
    g_autofree char *control = g_uri_unescape_string(slash + 1, "/");
    int32_t id;
    if (!name || !control || !g_utf8_validate(name, -1, NULL) ||
        !g_utf8_validate(control, -1, NULL))
        return problem_new(400, "it has an escape that is none");
    if (!find_node(session, name, &id))
        return problem_new(404, "there is no node \"%s\"", name);
    json_t *values = values_to_json(message);
    if (!values || (json_is_array(values) && json_array_size(values) == 0)) {
        json_decref(values);
        return problem_new(422, "a control takes numbers");
    }
    json_object_set_new(params, "id", json_integer(id));
    json_t *controls = json_object();
    json_object_set_new(controls, control, values);
    json_object_set_new(params, "controls", controls);
    return NULL;
}

// --- /farfield/cmd/ -----------------------------------------------------------------------------

static struct problem *read_json(const char *text, json_t *params)
{
    json_error_t failure;
    json_t *json = json_loads(text, JSON_REJECT_DUPLICATES, &failure);
    if (!json)
        return problem_new(400, "the argument is not JSON: %s", failure.text);
    json_object_update(params, json);
    json_decref(json);
    return NULL;
}

// "synthdef", "sine", "target", 1: names and values.
static struct problem *read_pairs(const struct osc_message *message, json_t *params)
{
    for (guint i = 0; i < message->args->len; i += 2) {
        json_t *value = osc_type(message, i) == 's' ? arg_to_json(message, i + 1) : NULL;
        if (!value || i + 1 == message->args->len) {
            json_decref(value);
            return problem_new(422, "the arguments are one JSON object, or names and values");
        }
        json_object_set_new(params, osc_string(message, i), value);
    }
    return NULL;
}

static struct problem *read_command(const struct osc_message *message,
                                    const struct command *command, json_t *params)
{
    guint count = message->args->len;
    if (count == 1 && *osc_string(message, 0) == '{')
        return read_json(osc_string(message, 0), params);
    if (count != 1)
        return read_pairs(message, params);
    // A button sends 1 when it is pressed.
    if (!command->params[0].name && osc_type(message, 0) != 's')
        return NULL;
    // One value alone is what the command is about: a node's number.
    json_t *value = command->params[0].name ? arg_to_json(message, 0) : NULL;
    if (!value)
        return problem_new(422, "the arguments are one JSON object, or names and values");
    json_object_set_new(params, command->params[0].name, value);
    return NULL;
}

// The row that a message means, with its parameters; NULL with what is wrong.
static const struct command *read_message(struct session *session,
                                          const struct osc_message *message, json_t *params,
                                          struct problem **problem)
{
    if (g_str_has_prefix(message->address, NODE)) {
        *problem = read_node(session, message, params);
        return command_by_method("node.set");
    }
    const char *method =
        g_str_has_prefix(message->address, COMMAND) ? message->address + strlen(COMMAND) : NULL;
    const struct command *command = method ? command_by_method(method) : NULL;
    if (!command)
        *problem = problem_new(404, "there is nothing at this address");
    else if (!osc_in_may_call(command))
        *problem = problem_new(403, "%s cannot be called by OSC", method);
    else
        *problem = read_command(message, command, params);
    return command;
}

// A button that is let go of, at a command that takes nothing else.
static bool is_let_go(const struct command *command, const struct osc_message *message)
{
    return !command->params[0].name && message->args->len == 1 && osc_type(message, 0) != 's' &&
           osc_number(message, 0) == 0;
}

void osc_in_receive(struct session *session, const struct osc_message *message, call_reply reply,
                    void *data, int64_t now)
{
    json_t *params = json_object();
    struct problem *problem = NULL;
    const struct command *command = read_message(session, message, params, &problem);
    if (problem) {
        json_decref(params);
        reply(data, NULL, problem);
        problem_destroy(problem);
        return;
    }
    if (is_let_go(command, message)) {
        json_decref(params);
        reply(data, json_object(), NULL);
        return;
    }
    struct call *call = call_new(command, params, NULL, NULL, reply, data);
    call->hasty = true;
    session_call(session, call, false, now);
}
