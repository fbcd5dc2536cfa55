// SPDX-License-Identifier: GPL-3.0-or-later
#include "controller/core/commands/commands.h"
#include "controller/core/moment.h"
#include "controller/core/session_own.h"

static struct problem *check_shape(const json_t *command)
{
    const json_t *params = json_object_get(command, "params");
    if (!json_is_string(json_object_get(command, "method")))
        return problem_new(422, "needs a method");
    if (params && !json_is_object(params))
        return problem_new(422, "params must be an object");
    return json_object_size(command) > (params ? 2u : 1u)
               ? problem_new(422, "has members besides method and params")
               : NULL;
}

// What is wrong with one command becomes what is wrong with the bundle.
static void add_problem(struct problem *all, guint index, struct problem *one)
{
    size_t i;
    json_t *error;
    if (!one->errors) {
        g_autofree char *field = g_strdup_printf("commands[%u]", index);
        problem_add(all, field, "%s", one->detail);
    }
    json_array_foreach(one->errors, i, error)
    {
        g_autofree char *field = g_strdup_printf(
            "commands[%u].%s", index, json_string_value(json_object_get(error, "field")));
        problem_add(all, field, "%s", json_string_value(json_object_get(error, "detail")));
    }
    problem_destroy(one);
}

static bool run_all(struct session *session, struct bundle *bundle, const json_t *commands,
                    struct problem *problem)
{
    size_t i;
    json_t *command;
    json_array_foreach((json_t *)commands, i, command)
    {
        struct problem *wrong = check_shape(command);
        if (!wrong) {
            json_t *params = json_deep_copy(json_object_get(command, "params"));
            const char *method = json_string_value(json_object_get(command, "method"));
            wrong = bundle_run(session, bundle, (guint)i, method, params ? params : json_object());
        }
        if (wrong) {
            add_problem(problem, (guint)i, wrong);
            return false;
        }
    }
    return true;
}

static void bundle_send(struct session *session, struct call *call)
{
    if (!session_require_server(session, call))
        return;
    const json_t *commands = json_object_get(call->params, "commands");
    struct problem *problem = problem_new(422, "the bundle was refused; nothing has happened");
    int64_t time = moment_of_call(session, call, problem);
    if (session->bundles.all.length >= BUNDLES_MAX)
        problem_add(problem, "commands", "%d bundles wait for their time already", BUNDLES_MAX);
    if (time &&
        bundles_waiting(&session->bundles) + json_array_size(commands) > BUNDLES_MAX_WAITING)
        problem_add(problem, "commands", "more than %d commands would wait for their time",
                    BUNDLES_MAX_WAITING);
    struct bundle *bundle =
        problem->errors ? NULL : bundle_begin(session, time, (guint)json_array_size(commands));
    if (bundle && run_all(session, bundle, commands, problem)) {
        problem_destroy(problem);
        bundle_commit(session, bundle, call);
        return;
    }
    if (bundle)
        bundle_drop(session, bundle);
    call_fail(call, problem);
}

static void bundle_list(struct session *session, struct call *call)
{
    json_t *list = json_array();
    for (GList *link = session->bundles.all.head; link; link = link->next)
        json_array_append_new(list, bundle_to_json(link->data));
    call_succeed(call, json_pack("{s:o}", "bundles", list));
}

static struct bundle *bundle_of(struct session *session, struct call *call)
{
    int number = call_integer(call, "bundle");
    struct bundle *bundle = bundles_find(&session->bundles, number);
    if (!bundle)
        call_fail(call, problem_new(404, "no bundle %d waits for its time", number));
    return bundle;
}

static void bundle_show(struct session *session, struct call *call)
{
    const struct bundle *bundle = bundle_of(session, call);
    if (bundle)
        call_succeed(call, bundle_to_json(bundle));
}

static void cancel(struct session *session, struct call *call)
{
    struct bundle *bundle = bundle_of(session, call);
    if (!bundle)
        return;
    if (bundle_cancel(session, bundle, "it was cancelled"))
        call_succeed(call, NULL);
    else
        call_fail(call, problem_new(409, "scsynth has the bundle already"));
}

#define BUNDLE                                                                                     \
    {                                                                                              \
        "bundle", PARAM_INTEGER, true, "number of the bundle", .min = 1, .max = G_MAXINT32         \
    }

static const struct command send = {
    "bundle.send",
    "POST",
    "/v1/bundles",
    SCOPE_PLAY,
    BODY_JSON,
    BODY_JSON,
    200,
    .waits = true,
    .words =
        "Carries out several commands at one time, all or none; \"$0\" stands for what command "
        "0 makes.",
    .params = {{"commands", PARAM_OBJECTS, true, "each with method and params", .min = 1,
                .max = BUNDLES_MAX_COMMANDS},
               MOMENT_PARAMS},
    .result = "bundle",
    .example = "{\"in\":0.2,\"commands\":[{\"method\":\"synth.new\","
               "\"params\":{\"synthdef\":\"bell\"}}]}",
    .handle = bundle_send,
};
static const struct command list = {
    "bundle.list",
    "GET",
    "/v1/bundles",
    SCOPE_READ,
    BODY_NONE,
    BODY_JSON,
    200,
    .words = "Every bundle that waits for its time.",
    .result = "bundles",
    .example = "{}",
    .handle = bundle_list,
};
static const struct command show = {
    "bundle.show",
    "GET",
    "/v1/bundles/{bundle}",
    SCOPE_READ,
    BODY_NONE,
    BODY_JSON,
    200,
    .example = "{\"bundle\":1}",
    .words = "One bundle that waits for its time.",
    .params = {BUNDLE},
    .result = "bundle",
    .handle = bundle_show,
};
static const struct command cancel_row = {
    "bundle.cancel",
    "DELETE",
    "/v1/bundles/{bundle}",
    SCOPE_PLAY,
    BODY_NONE,
    BODY_NONE,
    204,
    .example = "{\"bundle\":1}",
    .words = "Calls a bundle off, until a quarter of a second before its time.",
    .params = {BUNDLE},
    .handle = cancel,
};

const struct command *const bundle_commands[] = {&send, &list, &show, &cancel_row, NULL};
