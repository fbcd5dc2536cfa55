// SPDX-License-Identifier: GPL-3.0-or-later
#include "controller/core/commands/commands.h"
#include "controller/core/metrics.h"

static void stats_show(struct session *session, struct call *call)
{
    call_succeed(call, metrics_to_json(session));
}

static void stats_metrics(struct session *session, struct call *call)
{
    json_t *metrics = metrics_to_json(session);
    g_autofree char *text = metrics_to_text(metrics);
    json_decref(metrics);
    call_succeed(call, json_pack("{s:s}", "text", text));
}

static const struct command metrics_row = {
    "stats.metrics",
    "GET",
    "/metrics",
    SCOPE_READ,
    BODY_NONE,
    BODY_METRICS,
    200,
    .rest_only = true,
    .words = "The figures of stats.show as Prometheus reads them.",
    .example = "{}",
    .handle = stats_metrics,
};
static const struct command show_row = {
    "stats.show",
    "GET",
    "/v1/stats",
    SCOPE_READ,
    BODY_NONE,
    BODY_JSON,
    200,
    .words = "Every figure by which Farfield can be watched.",
    .result = "stats",
    .example = "{}",
    .handle = stats_show,
};

const struct command *const stats_commands[] = {&metrics_row, &show_row, NULL};
