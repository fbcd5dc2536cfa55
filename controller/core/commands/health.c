// SPDX-License-Identifier: GPL-3.0-or-later
#include "controller/core/commands/commands.h"
#include "controller/core/listening/streams.h"
#include "controller/core/session_own.h"

static void live(struct session *session, struct call *call)
{
    call_succeed(call, json_pack("{s:b}", "live", 1));
}

static json_t *part(bool ok, const char *detail)
{
    return json_pack("{s:b s:s}", "ok", ok, "detail", detail);
}

// Beside the parts, since WebRTC does without them; who wants none has what they want.
static json_t *streams(const struct session *session)
{
    g_autofree char *trouble = stream_doors_trouble(session);
    return part(!trouble || session->stream_port == 0, trouble ? trouble : "open");
}

static void ready(struct session *session, struct call *call)
{
    const struct pipeline_state *pipeline = &session->pipeline;
    bool running = session->state == SERVER_RUNNING;
    bool guarded = rooms_are_guarded(session);
    const char *trouble = session->ports.store_trouble(session->ports.data);
    bool stored = session->store_ok && !trouble;
    json_t *parts =
        json_pack("{s:o s:o s:o s:o}", "jack",
                  part(pipeline->jack, pipeline->jack     ? "the pipeline is connected to JACK"
                                       : pipeline->linked ? "the pipeline finds no JACK server"
                                                          : "not known while the pipeline is away"),
                  "scsynth",
                  part(running && guarded,
                       !running  ? "is being started"
                       : guarded ? "running"
                                 : "running, but the room's guard is not: nothing limits it"),
                  "pipeline",
                  part(pipeline->linked && pipeline->connected >= LINK_CHANNELS,
                       !pipeline->linked                     ? "away"
                       : pipeline->connected < LINK_CHANNELS ? "not connected to scsynth's outputs"
                                                             : "captures scsynth's outputs"),
                  "store",
                  part(stored, trouble  ? trouble
                               : stored ? "writable"
                                        : "not writable"));
    bool all = running && guarded && pipeline->jack && pipeline->linked &&
               pipeline->connected >= LINK_CHANNELS && stored;
    // The door answers 503 for "ready": false.
    call_succeed(call, json_pack("{s:b s:o s:o s:o}", "ready", all, "parts", parts, "streams",
                                 streams(session), "aside", suspects_to_json(session)));
}

static const struct command live_row = {
    "health.live",
    "GET",
    "/v1/health/live",
    SCOPE_OPEN,
    BODY_NONE,
    BODY_JSON,
    200,
    .words = "200 as long as the controller answers.",
    .result = "live",
    .example = "{}",
    .handle = live,
};
static const struct command ready_row = {
    "health.ready",
    "GET",
    "/v1/health/ready",
    SCOPE_OPEN,
    BODY_NONE,
    BODY_JSON,
    200,
    .words = "200 when everything that sound needs is there, 503 else; what is wrong, by part.",
    .result = "readiness",
    .example = "{}",
    .handle = ready,
};

const struct command *const health_commands[] = {&live_row, &ready_row, NULL};
