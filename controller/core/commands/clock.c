// SPDX-License-Identifier: GPL-3.0-or-later
#include "controller/core/commands/commands.h"
#include "controller/core/session_own.h"

static json_t *clock_now(const struct session *session)
{
    return clock_to_json(&session->clock, session->ports.real_time(session->ports.data));
}

static void clock_show(struct session *session, struct call *call)
{
    call_succeed(call, clock_now(session));
}

static void clock_set(struct session *session, struct call *call)
{
    struct clock *clock = &session->clock;
    int64_t real = session->ports.real_time(session->ports.data);
    double tempo = call_has(call, "tempo") ? call_number(call, "tempo") : clock->tempo;
    clock_set_tempo(clock, tempo, real);
    if (call_has(call, "beat"))
        clock->beat = call_number(call, "beat");
    if (call_has(call, "beats_per_bar"))
        clock->beats_per_bar = call_integer(call, "beats_per_bar");
    session->beat_at = 0;
    session->ports.emit(session->ports.data, "clock", "clock.changed", clock_now(session),
                        "clock.changed");
    session_model_changed(session);
    call_succeed(call, clock_now(session));
}

static const struct command show = {
    "clock.show",
    "GET",
    "/v1/clock",
    SCOPE_READ,
    BODY_NONE,
    BODY_JSON,
    200,
    .words = "The musical clock that all clients share: tempo, and which beat it is.",
    .result = "clock",
    .example = "{}",
    .handle = clock_show,
};
static const struct command set = {
    "clock.set",
    "PATCH",
    "/v1/clock",
    SCOPE_PLAY,
    BODY_JSON,
    BODY_JSON,
    200,
    .words = "Changes the clock; without a beat it goes on from where it is.",
    .params = {{"tempo", PARAM_NUMBER, false, "beats a minute", .min = 1, .max = 1000},
               {"beat", PARAM_NUMBER, false, "which it is now", .min = -1e9, .max = 1e9},
               {"beats_per_bar", PARAM_INTEGER, false, "beats of a bar", .min = 1, .max = 64}},
    .result = "clock",
    .example = "{\"tempo\":120}",
    .handle = clock_set,
};

const struct command *const clock_commands[] = {&show, &set, NULL};
