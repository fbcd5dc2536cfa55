// SPDX-License-Identifier: GPL-3.0-or-later
#include "controller/core/commands/commands.h"
#include "controller/core/session.h"

static void log_list(struct session *session, struct call *call)
{
    call_succeed(call, journal_to_json(&session->journal, call_integer(call, "count")));
}

static const struct command list_row = {
    "log.list",
    "GET",
    "/v1/log",
    SCOPE_ADMIN,
    BODY_NONE,
    BODY_JSON,
    200,
    .words = "What the controller, scsynth and jackd have said of late, oldest first.",
    .params = {{"count", PARAM_INTEGER, false, "the last so many lines", .min = 1,
                .max = JOURNAL_MAX_LINES, .fallback = "100"}},
    .result = "log",
    .example = "{\"count\":20}",
    .handle = log_list,
};

const struct command *const log_commands[] = {&list_row, NULL};
