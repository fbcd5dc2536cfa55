// SPDX-License-Identifier: GPL-3.0-or-later
#include "controller/core/commands/commands.h"
#include "controller/core/listening/listeners.h"
#include "controller/core/session_own.h"

static void listener_list(struct session *session, struct call *call)
{
    call_succeed(call, json_pack("{s:o}", "listeners", listeners_to_json(session)));
}

static struct listener *find_listener(struct session *session, struct call *call)
{
    struct listener *listener = g_hash_table_lookup(session->listeners, call_string(call, "id"));
    if (!listener)
        call_fail(call, problem_new(404, "there is no such listener"));
    return listener;
}

static void listener_show(struct session *session, struct call *call)
{
    const struct listener *listener = find_listener(session, call);
    if (listener)
        call_succeed(call, listener_to_json(session, listener));
}

static void listener_set(struct session *session, struct call *call)
{
    struct listener *listener = find_listener(session, call);
    enum stream_mode mode;
    if (!listener)
        return;
    if (listener->kind == KIND_PCM)
        call_fail(call, problem_new(409, "samples have no mode"));
    else if (stream_mode_of_name(call_string(call, "mode"), &mode) &&
             listener_set_mode(session, listener, mode))
        call_succeed(call, listener_to_json(session, listener));
    else
        call_fail(call, problem_new(503, "the pipeline is away"));
}

static void listener_end(struct session *session, struct call *call)
{
    struct listener *listener = find_listener(session, call);
    if (!listener)
        return;
    listener_close(session, listener, "was sent away");
    call_succeed(call, NULL);
}

// Who knows the unguessable id is the listener, by whatever way the report comes.
static void listener_report(struct session *session, struct call *call)
{
    struct listener *listener = find_listener(session, call);
    if (!listener)
        return;
    if (json_object_size(call->params) < 2)
        call_fail(call, problem_new(422, "the report says nothing"));
    else if (!reception_report(&listener->reception, call->params, session->now))
        call_fail(call, problem_new(429, "a listener reports five times a second at most"));
    else
        call_succeed(call, NULL);
}

#define ID                                                                                         \
    {                                                                                              \
        "id", PARAM_STRING, true, "id of the listener"                                             \
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
    .params = {ID},
    .result = "listener",
    .handle = listener_show,
};
static const struct command report = {
    "listener.report",
    "POST",
    "/v1/listeners/{id}/report",
    SCOPE_LISTEN,
    BODY_JSON,
    BODY_NONE,
    204,
    .words = "What a listener's own program measures, to be shown with it; each report takes the "
             "place of the one before.",
    .params = {ID,
               {"delay", PARAM_NUMBER, false, "from capture to the ear", "s", .max = 60},
               {"buffer", PARAM_NUMBER, false, "of it, in the jitter buffer or ring", "s",
                .max = 60},
               {"output", PARAM_NUMBER, false, "of it, in the audio device", "s", .max = 60},
               {"concealed", PARAM_NUMBER, false,
                "share of what was heard since the last report that had to be made up", .max = 1},
               {"gaps", PARAM_INTEGER, false, "times that nothing was there to be heard so far",
                .max = 1e9},
               {"player", PARAM_STRING, false, "what decodes and plays, such as worklet",
                .max = 32}},
    .handle = listener_report,
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
    .params = {ID, MODE_PARAM(true, NULL)},
    .result = "listener",
    .handle = listener_set,
};

static const struct command end = {
    "listener.end",
    "DELETE",
    "/v1/listeners/{id}",
    SCOPE_ADMIN,
    BODY_NONE,
    BODY_NONE,
    204,
    .words = "Sends a listener away, however it listens.",
    .params = {ID},
    .handle = listener_end,
};

const struct command *const listener_commands[] = {&end, &list, &report, &show, &set, NULL};
