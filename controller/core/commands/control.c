// SPDX-License-Identifier: GPL-3.0-or-later
// Controls of synths, or of every synth in a group: set, mapped to buses, filled.
#include <float.h>
#include <string.h>

#include "controller/core/commands/commands.h"
#include "controller/core/commands/nodes.h"
#include "controller/core/controls.h"
#include "controller/core/placement.h"
#include "controller/core/session_own.h"
#include "controller/core/undo/undo.h"

// Controls that are named where no synth has them.
#define MAX_NAMED 20

// Of a group, a control is that of every synth below which has it; one must.
static void check_group_controls(struct node *group, const char *list, const json_t *controls,
                                 struct problem *problem)
{
    const char *name;
    json_t *value;
    int slot, size;
    json_object_foreach((json_t *)controls, name, value)
    {
        bool found = json_array_size(problem->errors) >= MAX_NAMED;
        for (struct node *n = group; n && !found; n = tree_next_below(n, group))
            found = n->synthdef && controls_find(n->synthdef, name, &slot, &size);
        g_autofree char *field = g_strconcat(list, ".", name, NULL);
        if (!found)
            problem_add(problem, field, "no synth in group %d has such a control", group->id);
    }
}

static void check_set(struct session *session, struct node *node, const json_t *controls,
                      const json_t *maps, struct problem *problem)
{
    if (node->is_group) {
        check_group_controls(node, "controls", controls, problem);
        check_group_controls(node, "map", maps, problem);
        maps_check_buses(&session->buses, maps, problem);
        return;
    }
    controls_check(node->synthdef, controls, false, problem);
    maps_check(node->synthdef, &session->buses, maps, problem);
}

// A synth below a group, or the synth itself, that there will be by then.
static struct node *next_synth(struct session *session, struct node *node, const struct node *top)
{
    while (node && (node->is_group || node->planned > session_when(session)))
        node = tree_next_below(node, top);
    return node;
}

static void set_controls(struct session *session, struct node *top, const json_t *controls)
{
    // What a gate means is that of the definition; others have it in other senses.
    const json_t *gate = json_object_get(controls, "gate");
    struct node *n = top;
    while ((n = next_synth(session, n, top))) {
        if (n->synthdef) {
            controls_set(session->out, n, controls);
            if (gate && n->synthdef->releasable)
                batch_release(session->out, n, json_number_value(gate) <= 0);
            node_note_change(session, n);
        }
        n = tree_next_below(n, top);
    }
}

static void set_maps(struct session *session, struct node *top, const json_t *maps)
{
    struct node *n = top;
    while ((n = next_synth(session, n, top))) {
        if (n->synthdef) {
            maps_set(session->out, n, &session->buses, maps);
            node_note_change(session, n);
        }
        n = tree_next_below(n, top);
    }
}

static bool is_known(struct call *call, const struct node *node)
{
    if (node->is_group || node->synthdef)
        return true;
    call_fail(call,
              problem_new(409, "what synth %d is made of is not known yet; try again", node->id));
    return false;
}

// Where it is to move, if it is; `where` has no target else.
static void check_place(struct session *session, struct call *call, const struct node *node,
                        struct placement *where, struct problem *problem)
{
    where->target = -1;
    if (call_has(call, "target"))
        placement_of_move(session, call, node, where, problem);
    else if (call_has(call, "action"))
        problem_add(problem, "action", "needs a target");
}

static void name_node(struct session *session, struct node *node, const char *name)
{
    tree_name(&session->tree, node, *name ? name : NULL);
    session_model_changed(session);
    node_note_change(session, node);
}

static void node_set(struct session *session, struct call *call)
{
    struct node *node = node_playable(session, call);
    if (!node)
        return;
    const json_t *controls = json_object_get(call->params, "controls");
    const json_t *maps = json_object_get(call->params, "map");
    bool sets = json_object_size(controls) + json_object_size(maps) > 0;
    if (sets && !is_known(call, node))
        return;
    struct problem *problem = problem_new(422, "the node cannot be set");
    struct placement where;
    check_place(session, call, node, &where, problem);
    if (call_has(call, "name") && session->bundle)
        problem_add(problem, "name", "is given at once, which no bundle can take back");
    if (sets)
        check_set(session, node, controls, maps, problem);
    if (problem->errors) {
        call_fail(call, problem);
        return;
    }
    problem_destroy(problem);
    struct undo_watch *watch = sets ? undo_watch(session, call, node, controls, maps) : NULL;
    if (controls)
        set_controls(session, node, controls);
    if (maps)
        set_maps(session, node, maps);
    undo_changed(session, watch);
    if (call_has(call, "name"))
        name_node(session, node, call_string(call, "name"));
    if (call_has(call, "run"))
        node_run_now(session, node, call_flag(call, "run"));
    if (where.target >= 0)
        batch_add(session->out, placement_move_message(node, &where));
    if (call_flag(call, "release")) {
        undo_note_free(session, call, node, true);
        node_release_now(session, node);
    }
    if (where.target >= 0)
        node_answer_when_moved(session, call, placement_move_address(&where), node->id, &where);
    else
        node_answer_when_synced(session, call, "/n_set", node->id, node_answer);
}

static void node_map(struct session *session, struct call *call)
{
    struct node *node = node_playable(session, call);
    if (!node || !is_known(call, node))
        return;
    const json_t *maps = json_object_get(call->params, "controls");
    struct problem *problem = problem_new(422, "the controls cannot be mapped");
    check_set(session, node, NULL, maps, problem);
    if (problem->errors) {
        call_fail(call, problem);
        return;
    }
    problem_destroy(problem);
    struct undo_watch *watch = undo_watch(session, call, node, NULL, maps);
    set_maps(session, node, maps);
    undo_changed(session, watch);
    node_answer_when_synced(session, call, "/n_map", node->id, node_answer);
}

static void node_fill(struct session *session, struct call *call)
{
    struct node *node = node_playable(session, call);
    if (!node || !is_known(call, node))
        return;
    if (node->is_group) {
        call_fail(call, problem_new(422, "node %d is a group; each synth has its own controls",
                                    node->id));
        return;
    }
    struct problem *problem = problem_new(422, "the controls cannot be set");
    json_t *values = json_array(), *controls = json_object();
    for (int i = 0; i < call_integer(call, "count"); i++)
        json_array_append(values, json_object_get(call->params, "value"));
    // From an index on an array goes over to the controls behind.
    const char *name = call_string(call, "control");
    int slot, size;
    char index[16];
    if (controls_find(node->synthdef, name, &slot, &size)) {
        g_snprintf(index, sizeof index, "%d", slot);
        name = index;
    }
    json_object_set_new(controls, name, values);
    check_set(session, node, controls, NULL, problem);
    if (problem->errors) {
        call_fail(call, problem);
    } else {
        problem_destroy(problem);
        struct undo_watch *watch = undo_watch(session, call, node, controls, NULL);
        set_controls(session, node, controls);
        undo_changed(session, watch);
        node_answer_when_synced(session, call, "/n_set", node->id, node_answer);
    }
    json_decref(controls);
}

static const struct command set = {
    "node.set",
    "PATCH",
    "/v1/nodes/{id}",
    SCOPE_PLAY,
    BODY_JSON,
    BODY_JSON,
    200,
    .bundled = true,
    .words =
        "Sets and maps controls of a synth, or of every synth in a group; runs, pauses, moves, "
        "names, releases.",
    .params = {NODE_ID,
               {"controls", PARAM_CONTROLS, false, "new values by control name or index"},
               {"map", PARAM_MAPS, false, "buses that controls are mapped to, null for none"},
               MOVE_PARAMS(false),
               {"name", PARAM_STRING, false, "new name, empty for none", .max = 64},
               {"run", PARAM_BOOLEAN, false, "false pauses, true goes on"},
               {"release", PARAM_BOOLEAN, false, "true releases, as node.release does"}},
    .result = "node",
    .example = "{\"id\":1006633960,\"controls\":{\"freq\":330}}",
    .handle = node_set,
};

static const struct command map = {
    "node.map",
    "POST",
    "/v1/nodes/{id}/map",
    SCOPE_PLAY,
    BODY_JSON,
    BODY_JSON,
    200,
    .bundled = true,
    .words = "Has controls read buses; setting a control ends that.",
    .params = {NODE_ID,
               {"controls", PARAM_MAPS, true, "a bus by id (c12, a20) or name, null for none"}},
    .result = "node",
    .example = "{\"id\":1006633960,\"controls\":{\"freq\":\"c15360\"}}",
    .handle = node_map,
};

static const struct command fill = {
    "node.fill",
    "POST",
    "/v1/nodes/{id}/fill",
    SCOPE_PLAY,
    BODY_JSON,
    BODY_JSON,
    200,
    .bundled = true,
    .words = "Sets several controls behind each other to one value.",
    .params = {NODE_ID,
               {"control", PARAM_STRING, true, "the first, by name or index"},
               {"count", PARAM_INTEGER, true, "how many", .min = 1, .max = 4096},
               {"value", PARAM_NUMBER, true, "their value", .min = -FLT_MAX, .max = FLT_MAX}},
    .result = "node",
    .example = "{\"id\":1006633960,\"control\":\"freq\",\"count\":1,\"value\":330}",
    .handle = node_fill,
};

const struct command *const control_commands[] = {&set, &map, &fill, NULL};
