// SPDX-License-Identifier: GPL-3.0-or-later
#include <string.h>

#include "controller/core/commands/commands.h"
#include "controller/core/commands/nodes.h"
#include "controller/core/controls.h"
#include "controller/core/leases.h"
#include "controller/core/placement.h"
#include "controller/core/scenes/presets.h"
#include "controller/core/session_own.h"

static struct synthdef *wanted_synthdef(struct session *session, struct call *call,
                                        struct problem *problem)
{
    const char *name = call_string(call, "synthdef");
    struct synthdef *synthdef = catalog_find(&session->catalog, name);
    if (g_str_has_prefix(name, CATALOG_RESERVED)) {
        problem_add(problem, "synthdef", "\"%s\" is Farfield's own", name);
        return NULL;
    }
    if (!synthdef) {
        const char *close = catalog_suggest(&session->catalog, name);
        problem_add(problem, "synthdef", "there is no SynthDef \"%s\"%s%s%s", name,
                    close ? "; did you mean \"" : "", close ? close : "", close ? "\"?" : "");
    }
    return synthdef;
}

// A bundle may be carried out when nobody is there any more.
static bool wants_holding(const struct session *session, const struct call *call,
                          struct problem *problem)
{
    bool held = call_flag(call, "held");
    if (held && (!call->client || session->bundle))
        problem_add(problem, "held", "needs a WebSocket, and no bundle");
    return held;
}

static void synth_new(struct session *session, struct call *call)
{
    if (!session_require_server(session, call))
        return;
    struct problem *problem = problem_new(422, "the synth cannot be made");
    const json_t *controls = json_object_get(call->params, "controls");
    const json_t *maps = json_object_get(call->params, "map");
    struct synthdef *synthdef = wanted_synthdef(session, call, problem);
    struct placement where;
    placement_of_call(session, call, &where, problem);
    if (synthdef) {
        controls_check(synthdef, controls, true, problem);
        maps_check(synthdef, &session->buses, maps, problem);
    }
    bool held = wants_holding(session, call, problem);
    if (problem->errors) {
        call_fail(call, problem);
        return;
    }
    problem_destroy(problem);

    g_autofree float *values = synthdef_defaults(synthdef);
    const char *preset = call_string(call, "preset");
    if (preset && !preset_fill(session, synthdef, preset, values, &problem)) {
        call_fail(call, problem);
        return;
    }
    struct node *node = placement_plan(session, call_string(call, "name"), &where, false);
    node_set_synthdef(node, synthdef);
    g_free(node->values);
    node->values = g_steal_pointer(&values);
    controls_fill(synthdef, controls, node->values);
    maps_fill(synthdef, &session->buses, maps, node->maps);
    if (held)
        lease_take(session, node, call->client);
    session_make_synth(session->out, node, where.action, where.target);
    wait_add(session, WAIT_GO, call, "/s_new", node->id, node_answer);
}

static void synth_hold(struct session *session, struct call *call)
{
    struct node *node = session_node_of(session, call);
    if (!node)
        return;
    if (node->is_group || node->system) {
        call_fail(call, problem_new(403, "node %d is no synth that could be held", node->id));
        return;
    }
    // Its lease could lapse before it begins.
    if (node->planned > session->now) {
        call_fail(call, problem_new(409, "node %d has not started yet", node->id));
        return;
    }
    lease_take(session, node, call->client);
    call_succeed(call, node_to_json(node));
}

static const struct command new = {
    "synth.new",
    "POST",
    "/v1/nodes",
    SCOPE_PLAY,
    BODY_JSON,
    BODY_JSON,
    201,
    "/v1/nodes/{id}",
    .waits = true,
    .words = "Starts a synth; answered when scsynth has started it.",
    .params = {{"synthdef", PARAM_STRING, true, "name of its SynthDef"},
               {"controls", PARAM_CONTROLS, false, "control values that differ from the defaults"},
               {"preset", PARAM_STRING, false, "preset that gives what controls does not"},
               {"map", PARAM_MAPS, false, "buses that controls are mapped to, by id or name"},
               {"held", PARAM_BOOLEAN, false,
                "this connection holds it, as by synth.hold; needs a WebSocket"},
               PLACEMENT_PARAMS},
    .bundled = true,
    .result = "node",
    .example = "{\"synthdef\":\"sine\",\"controls\":{\"freq\":440}}",
    .handle = synth_new,
};

static const struct command hold = {
    "synth.hold",
    .scope = SCOPE_PLAY,
    .websocket_only = true,
    .words = "Holds a synth by this connection, in place of whichever did: it is released 10 s "
             "after that has gone, unless another takes it up by then.",
    .params = {NODE_ID},
    .result = "node",
    .example = "{\"id\":1006633960}",
    .handle = synth_hold,
};

const struct command *const synth_commands[] = {&hold, &new, NULL};
