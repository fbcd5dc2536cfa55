// SPDX-License-Identifier: GPL-3.0-or-later
// Synths and what is done to any node.
#include <string.h>

#include "controller/core/commands/commands.h"
#include "controller/core/controls.h"
#include "controller/core/placement.h"
#include "controller/core/session.h"

static void answer_node(struct session *session, struct wait *wait, struct problem *problem)
{
    struct node *node = tree_find(&session->tree, wait->node);
    if (!problem && !node)
        problem = problem_new(404, "node %d has ended meanwhile", wait->node);
    if (problem)
        call_fail(wait->call, problem);
    else
        call_succeed(wait->call, node_to_json(node));
}

// A node that is gone already is what freeing and releasing want.
static void answer_gone(struct session *session, struct wait *wait, struct problem *problem)
{
    if (problem && problem->status != 404) {
        call_fail(wait->call, problem);
        return;
    }
    problem_destroy(problem);
    call_succeed(wait->call, NULL);
}

// Somebody waits for an answer, or it was a notification and is done with.
static void answer_when_synced(struct session *session, struct call *call, const char *address,
                               int32_t node,
                               void (*done)(struct session *, struct wait *, struct problem *))
{
    if (call->reply)
        wait_add(session, WAIT_SYNC, call, address, node, done);
    else
        call_succeed(call, NULL);
}

static void node_list(struct session *session, struct call *call)
{
    json_t *nodes = json_array();
    for (struct node *n = tree_find(&session->tree, TREE_ROOT); n; n = tree_next(n))
        json_array_append_new(nodes, node_to_json(n));
    call_succeed(call, json_pack("{s:i s:o}", "epoch", session->epoch, "nodes", nodes));
}

static void node_show(struct session *session, struct call *call)
{
    struct node *node = session_node_of(session, call);
    if (node)
        call_succeed(call, node_to_json(node));
}

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

static void synth_new(struct session *session, struct call *call)
{
    if (!session_require_server(session, call))
        return;
    struct problem *problem = problem_new(422, "the synth cannot be made");
    const json_t *controls = json_object_get(call->params, "controls");
    struct synthdef *synthdef = wanted_synthdef(session, call, problem);
    struct placement where;
    placement_of_call(session, call, &where, problem);
    if (synthdef)
        controls_check(synthdef, controls, true, problem);
    if (problem->errors) {
        call_fail(call, problem);
        return;
    }
    problem_destroy(problem);

    g_autofree float *values = controls_defaults(synthdef);
    controls_fill(synthdef, controls, values);
    int32_t id = session_new_node_id(session);
    batch_add(&session->batch,
              session_synth_message(synthdef, id, where.action, where.target, values));
    struct wait *wait = wait_add(session, WAIT_GO, call, "/s_new", id, answer_node);
    wait->synthdef = synthdef_ref(synthdef);
    wait->values = g_steal_pointer(&values);
}

// The node of a call that wants to change it, or NULL with the call answered.
static struct node *playable_node(struct session *session, struct call *call)
{
    if (!session_require_server(session, call))
        return NULL;
    struct node *node = session_node_of(session, call);
    if (node && node->system) {
        call_fail(call, problem_new(403, "node %d is Farfield's own", node->id));
        return NULL;
    }
    return node;
}

// Of a group, a control is that of every synth below which has it; one must.
static void check_group_controls(struct node *group, const json_t *controls,
                                 struct problem *problem)
{
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)controls, name, value)
    {
        bool found = false;
        for (struct node *n = group; n && !found; n = tree_next_below(n, group))
            found = n->synthdef && synthdef_parameter(n->synthdef, name);
        g_autofree char *field = g_strconcat("controls.", name, NULL);
        if (!found)
            problem_add(problem, field, "no synth in group %d has such a control", group->id);
    }
}

static struct problem *check_set(struct node *node, const json_t *controls)
{
    if (json_object_size(controls) == 0)
        return NULL;
    if (!node->is_group && !node->synthdef)
        return problem_new(409, "what synth %d is made of is not known yet; try again", node->id);
    struct problem *problem = problem_new(422, "the controls cannot be set");
    if (node->is_group)
        check_group_controls(node, controls, problem);
    else
        controls_check(node->synthdef, controls, false, problem);
    if (problem->errors)
        return problem;
    problem_destroy(problem);
    return NULL;
}

static void set_controls(struct session *session, struct node *top, const json_t *controls)
{
    // What a gate means is that of the definition; others have it in other senses.
    const json_t *gate = json_object_get(controls, "gate");
    for (struct node *n = top; n; n = tree_next_below(n, top)) {
        if (!n->synthdef)
            continue;
        controls_set(&session->batch, n, controls);
        if (gate && n->synthdef->releasable)
            n->releasing = json_number_value(gate) <= 0;
        session_node_changed(session, n);
    }
}

static void run_node(struct session *session, const struct node *node, bool run)
{
    batch_add(&session->batch, osc_message_new("/n_run", "ii", node->id, run));
}

// By its gate where it has one, freed otherwise. A group goes when its last synth has.
static void release_node(struct session *session, struct node *top)
{
    if (top->is_group && !top->first)
        batch_add(&session->batch, osc_message_new("/n_free", "i", top->id));
    for (struct node *n = top; n; n = tree_next_below(n, top)) {
        n->releasing = true;
        session_node_changed(session, n);
        if (n->is_group)
            continue;
        const struct synthdef_parameter *gate =
            n->synthdef && n->synthdef->releasable ? synthdef_parameter(n->synthdef, "gate") : NULL;
        if (gate)
            batch_set(&session->batch, n, gate->index, 0);
        else
            batch_add(&session->batch, osc_message_new("/n_free", "i", n->id));
    }
}

static void node_set(struct session *session, struct call *call)
{
    struct node *node = playable_node(session, call);
    if (!node)
        return;
    const json_t *controls = json_object_get(call->params, "controls");
    struct problem *problem = check_set(node, controls);
    if (problem) {
        call_fail(call, problem);
        return;
    }
    if (controls)
        set_controls(session, node, controls);
    if (call_has(call, "run"))
        run_node(session, node, call_flag(call, "run"));
    if (call_flag(call, "release"))
        release_node(session, node);
    answer_when_synced(session, call, "/n_set", node->id, answer_node);
}

static void node_run(struct session *session, struct call *call)
{
    struct node *node = playable_node(session, call);
    if (!node)
        return;
    run_node(session, node, call_flag(call, "run"));
    answer_when_synced(session, call, "/n_run", node->id, answer_node);
}

static void node_release(struct session *session, struct call *call)
{
    struct node *node = playable_node(session, call);
    if (!node)
        return;
    release_node(session, node);
    answer_when_synced(session, call, "/n_free", node->id, answer_gone);
}

static void node_free(struct session *session, struct call *call)
{
    struct node *node = playable_node(session, call);
    if (!node)
        return;
    batch_add(&session->batch, osc_message_new("/n_free", "i", node->id));
    wait_add(session, WAIT_END, call, "/n_free", node->id, answer_gone);
}

#define NODE_ID                                                                                    \
    {                                                                                              \
        "id", PARAM_INTEGER, true, "number of the node", .min = 0, .max = G_MAXINT32               \
    }

static const struct command list = {
    "node.list",
    "GET",
    "/v1/nodes",
    SCOPE_READ,
    BODY_NONE,
    BODY_JSON,
    200,
    .words = "Every node, depth-first, in the order in which scsynth runs them.",
    .handle = node_list,
};

static const struct command show = {
    "node.show", "GET", "/v1/nodes/{id}",     SCOPE_READ,          BODY_NONE,
    BODY_JSON,   200,   .words = "One node.", .params = {NODE_ID}, .handle = node_show,
};

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
               PLACEMENT_PARAMS},
    .handle = synth_new,
};

static const struct command set = {
    "node.set",
    "PATCH",
    "/v1/nodes/{id}",
    SCOPE_PLAY,
    BODY_JSON,
    BODY_JSON,
    200,
    .words = "Sets controls of a synth, or of every synth in a group; runs, pauses, releases.",
    .params = {NODE_ID,
               {"controls", PARAM_CONTROLS, false, "new values by control name"},
               {"run", PARAM_BOOLEAN, false, "false pauses, true goes on"},
               {"release", PARAM_BOOLEAN, false, "true releases, as node.release does"}},
    .handle = node_set,
};

static const struct command run = {
    "node.run",
    NULL,
    NULL,
    SCOPE_PLAY,
    BODY_JSON,
    BODY_JSON,
    200,
    .words = "Pauses a node or lets it go on.",
    .params = {NODE_ID, {"run", PARAM_BOOLEAN, true, "false pauses, true goes on"}},
    .handle = node_run,
};

static const struct command release = {
    "node.release",
    "DELETE",
    "/v1/nodes/{id}",
    SCOPE_PLAY,
    BODY_NONE,
    BODY_NONE,
    204,
    .words =
        "Lets a synth ring out by its gate; one without a gate is freed. Of a group, all in it.",
    .params = {NODE_ID},
    .handle = node_release,
};

static const struct command free_row = {
    "node.free",
    "POST",
    "/v1/nodes/{id}/free",
    SCOPE_PLAY,
    BODY_NONE,
    BODY_NONE,
    204,
    .waits = true,
    .words = "Frees a node at once, as /n_free does; that may click.",
    .params = {NODE_ID},
    .handle = node_free,
};

const struct command *const node_commands[] = {&list, &show,    &new,      &set,
                                               &run,  &release, &free_row, NULL};
