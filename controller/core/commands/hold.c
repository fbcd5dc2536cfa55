// SPDX-License-Identifier: GPL-3.0-or-later
// Who has what under a finger, and what that one is called.
#include <string.h>

#include "controller/core/api/rpc.h"
#include "controller/core/commands/commands.h"
#include "controller/core/commands/nodes.h"
#include "controller/core/controls.h"
#include "controller/core/holds.h"

// Of a group, a control of some synth below.
static bool node_has_control(struct node *top, const char *name)
{
    int slot, size;
    for (struct node *n = top; n; n = tree_next_below(n, top))
        if (n->synthdef && controls_find(n->synthdef, name, &slot, &size))
            return true;
    return false;
}

static void check_controls(struct node *node, const json_t *controls, struct problem *problem)
{
    size_t i;
    json_t *control;
    if (json_array_size(controls) == 0)
        problem_add(problem, "controls", "must name one at least");
    json_array_foreach((json_t *)controls, i, control)
    {
        const char *name = json_string_value(control);
        if (!node_has_control(node, name))
            problem_add(problem, "controls", "node %d has no control \"%s\"", node->id, name);
    }
}

static void node_hold(struct session *session, struct call *call)
{
    struct node *node = session_node_of(session, call);
    if (!node)
        return;
    const json_t *controls = json_object_get(call->params, "controls");
    struct problem *problem = problem_new(422, "the controls cannot be held");
    check_controls(node, controls, problem);
    if (problem->errors) {
        call_fail(call, problem);
        return;
    }
    problem_destroy(problem);
    int64_t until = session->now + (int64_t)(call_number(call, "seconds") * G_USEC_PER_SEC);
    problem = holds_take(session, call->client, node->id, controls, until);
    if (problem)
        call_fail(call, problem);
    else
        call_succeed(call, holds_to_json(session, call->client, node->id));
}

// Of a node that has ended nothing is held any more, which is what is wanted.
static void node_unhold(struct session *session, struct call *call)
{
    int32_t node = call_has(call, "id") ? call_integer(call, "id") : -1;
    const json_t *controls = json_object_get(call->params, "controls");
    if (controls && node < 0) {
        struct problem *problem = problem_new(422, "controls are those of a node");
        problem_add(problem, "id", "is needed with controls");
        call_fail(call, problem);
        return;
    }
    holds_drop(session, call->client, node, controls);
    call_succeed(call, NULL);
}

static void client_name(struct session *session, struct call *call)
{
    g_autofree char *name = g_strstrip(g_strdup(call_string(call, "name")));
    for (const char *at = name; *at; at = g_utf8_next_char(at)) {
        if (!g_unichar_iscntrl(g_utf8_get_char(at)))
            continue;
        struct problem *problem = problem_new(422, "the client cannot have that name");
        problem_add(problem, "name", "must be one line");
        call_fail(call, problem);
        return;
    }
    rpc_client_rename(call->client, name);
    holds_tell_again(session, call->client);
    call_succeed(call, json_pack("{s:i s:s}", "client", rpc_client_number(call->client), "name",
                                 rpc_client_name(call->client)));
}

static const struct command hold = {
    "node.hold",
    .scope = SCOPE_PLAY,
    .websocket_only = true,
    .words = "Tells all others that this client has controls under a finger; who sets them all the "
             "same may.",
    .params = {NODE_ID,
               {"controls", PARAM_STRINGS, true, "names of controls, in addition to those held",
                .max = HOLDS_MAX_NAME},
               {"seconds", PARAM_NUMBER, false,
                "after which all of the node are let go by themselves", .unit = "s", .min = 0.1,
                .max = HOLDS_MAX_SECONDS, .fallback = "10"}},
    .result = "hold",
    .example = "{\"id\":1006633960,\"controls\":[\"freq\"],\"seconds\":5}",
    .handle = node_hold,
};
static const struct command unhold = {
    "node.unhold",
    .scope = SCOPE_PLAY,
    .websocket_only = true,
    .words = "Lets go of controls: those that are named, or all of a node, or all.",
    .params = {{"id", PARAM_INTEGER, false, "number of the node", .min = 0, .max = G_MAXINT32},
               {"controls", PARAM_STRINGS, false, "names of its controls", .max = HOLDS_MAX_NAME}},
    .example = "{\"id\":1006633960}",
    .handle = node_unhold,
};
static const struct command name_row = {
    "client.name",
    .scope = SCOPE_READ,
    .websocket_only = true,
    .words = "Says what this connection is called where others are told of it.",
    .params = {{"name", PARAM_STRING, true, "a short name; empty for one that is given to it",
                .max = 32}},
    .result = "client",
    .example = "{\"name\":\"Ada\"}",
    .handle = client_name,
};

const struct command *const hold_commands[] = {&hold, &unhold, &name_row, NULL};
