// SPDX-License-Identifier: GPL-3.0-or-later
// Raw OSC, for those who know scsynth's commands: one message, checked by osc_rules.h.
#include <string.h>

#include "controller/core/commands/commands.h"
#include "controller/core/osc/osc_json.h"
#include "controller/core/osc/osc_read.h"
#include "controller/core/osc/osc_rules.h"
#include "controller/core/session_own.h"

static void on_answered(struct session *session, struct wait *wait, struct problem *problem)
{
    struct osc_sent *sent = wait->osc;
    const char *failure = osc_sent_failure(sent);
    bool answered = osc_sent_is_answered(sent);
    if (!problem && !failure && !answered && osc_sent_may_wait(sent)) {
        wait_add(session, WAIT_SYNC, wait->call, wait->address, wait->node, on_answered)->osc =
            sent;
        return;
    }
    if (!problem && failure)
        problem = problem_new(502, "%s", failure);
    else if (!problem && !answered)
        problem = problem_new(502, "scsynth did not carry out %s; it says no more than that",
                              wait->address);
    if (problem) {
        osc_sent_give_up(session, sent);
        call_fail(wait->call, problem);
    } else {
        call_succeed(wait->call, osc_sent_to_json(sent));
    }
    osc_sent_destroy(session, sent);
}

static struct wait *wait_for(struct session *session, struct call *call,
                             const struct osc_message *message)
{
    const struct osc_rule *rule = osc_rule_find(message->address);
    bool starts = rule->reply && strcmp(rule->reply, "/n_go") == 0;
    bool synth = strcmp(rule->address, "/s_new") == 0;
    // Of several groups the last one, before which the others begin.
    guint node = synth ? 1 : starts ? message->args->len - 3 : 0;
    return wait_add(session, starts ? WAIT_GO : WAIT_SYNC, call, rule->address,
                    osc_int(message, node), on_answered);
}

static struct osc_message *read_message(struct call *call, struct problem *problem)
{
    struct osc_message *message = osc_from_json(call->params, "", problem);
    const json_t *first = json_array_get(problem->errors, 0);
    if (first) {
        g_free(problem->detail);
        problem->detail =
            g_strdup_printf("%s %s", json_string_value(json_object_get(first, "field")),
                            json_string_value(json_object_get(first, "detail")));
    }
    return message;
}

static void osc_send(struct session *session, struct call *call)
{
    if (!session_require_server(session, call))
        return;
    struct problem *problem = problem_new(422, "the message cannot be sent");
    struct osc_message *message = read_message(call, problem);
    if (message) {
        problem_destroy(problem);
        problem = osc_check(session, message, "");
    }
    if (problem) {
        osc_message_destroy(message);
        call_fail(call, problem);
        return;
    }
    struct osc_sent *sent = osc_sent_add(session, message);
    // Our own /sync is what is waited for: its numbers are not to be mixed with others.
    bool sync = strcmp(message->address, "/sync") == 0;
    if (sync) {
        wait_add(session, WAIT_SYNC, call, "/sync", 0, on_answered)->osc = sent;
        osc_message_destroy(message);
        return;
    }
    wait_for(session, call, message)->osc = sent;
    batch_add(session->out, message);
    osc_apply(session, message);
}

static const struct command send = {
    "osc.send",
    "POST",
    "/v1/osc",
    SCOPE_PLAY,
    BODY_JSON,
    BODY_JSON,
    200,
    .waits = true,
    .words = "Sends scsynth one OSC message of those that can do no harm, and tells its answers.",
    .result = "osc_sent",
    .example = "{\"address\":\"/c_set\",\"args\":[20,440]}",
    .params =
        {{"address", PARAM_STRING, true, "scsynth's command: \"/n_set\""},
         {"args", PARAM_ARRAY, false,
          "numbers, strings, {\"type\":\"i\",\"value\":x} (or f, d, s), and a completion message as "
          "{\"message\":{\"address\",\"args\"}} or {\"blob\":base64}",
          .max = OSC_READ_MAX_ARGS, .fallback = "[]"}},
    .handle = osc_send,
};

const struct command *const osc_commands[] = {&send, NULL};
