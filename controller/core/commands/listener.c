// SPDX-License-Identifier: GPL-3.0-or-later
#include "controller/core/commands/commands.h"
#include "controller/core/listeners.h"
#include "controller/core/session_own.h"

static void listener_list(struct session *session, struct call *call)
{
    call_succeed(call, json_pack("{s:o}", "listeners", listeners_to_json(session)));
}

static void listener_show(struct session *session, struct call *call)
{
    const char *id = call_string(call, "id");
    const struct listener *listener = g_hash_table_lookup(session->listeners, id);
    if (listener)
        call_succeed(call, listener_to_json(listener));
    else
        call_fail(call, problem_new(404, "there is no such listener"));
}

static void listener_set(struct session *session, struct call *call)
{
    struct listener *listener = g_hash_table_lookup(session->listeners, call_string(call, "id"));
    enum stream_mode mode;
    if (!listener)
        call_fail(call, problem_new(404, "there is no such listener"));
    else if (stream_mode_of_name(call_string(call, "mode"), &mode) &&
             listener_set_mode(session, listener, mode))
        call_succeed(call, listener_to_json(listener));
    else
        call_fail(call, problem_new(503, "the pipeline is away"));
}

static const struct command list = {
    "listener.list",
    "GET",
    "/v1/listeners",
    SCOPE_ADMIN,
    BODY_NONE,
    BODY_JSON,
    200,
    .words = "Who listens, with what was sent and lost.",
    .result = "listeners",
    .example = "{}",
    .handle = listener_list,
};
static const struct command show = {
    "listener.show",
    "GET",
    "/v1/listeners/{id}",
    SCOPE_ADMIN,
    BODY_NONE,
    BODY_JSON,
    200,
    .words = "One listener.",
    .params = {{"id", PARAM_STRING, true, "id of the listener"}},
    .result = "listener",
    .handle = listener_show,
};

// Whoever knows the id, which cannot be guessed, may change how that listener hears.
static const struct command set = {
    "listener.set",
    "PATCH",
    "/v1/listeners/{id}",
    SCOPE_LISTEN,
    BODY_JSON,
    BODY_JSON,
    200,
    .words = "Changes how one listener hears, while it plays and without a gap.",
    .params = {{"id", PARAM_STRING, true, "id of the listener"},
               {"mode", PARAM_STRING, true,
                "lowest: the shortest delay; safe: for networks that lose packets",
                .choices = "balanced|lowest|safe"}},
    .result = "listener",
    .handle = listener_set,
};

const struct command *const listener_commands[] = {&list, &show, &set, NULL};
