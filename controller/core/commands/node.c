// SPDX-License-Identifier: GPL-3.0-or-later
// What is shown of nodes, and done to any of them.
#include <string.h>

#include "controller/core/commands/commands.h"
#include "controller/core/commands/nodes.h"
#include "controller/core/placement.h"
#include "controller/core/session_own.h"
#include "controller/core/undo/undo.h"

#define UNHEARD 6000 // microseconds: two periods of JACK

void node_answer(struct session *session, struct wait *wait, struct problem *problem)
{
    struct node *node = tree_find(&session->tree, wait->node);
    if (!problem && !node)
        problem = problem_new(404, "node %d has ended meanwhile", wait->node);
    if (problem)
        call_fail(wait->call, problem);
    else
        call_succeed(wait->call, node_to_json(node));
}

void node_answer_when_synced(struct session *session, struct call *call, const char *address,
                             int32_t node,
                             void (*done)(struct session *, struct wait *, struct problem *))
{
    if (call_is_awaited(call))
        wait_add(session, WAIT_SYNC, call, address, node, done);
    else
        call_succeed(call, NULL);
}

void node_answer_when_moved(struct session *session, struct call *call, const char *address,
                            int32_t node, const struct placement *where)
{
    struct wait *wait = wait_add(session, WAIT_SYNC, call, address, node, node_answer);
    wait->is_move = true;
    wait->beside = where->target;
}

struct node *node_playable(struct session *session, struct call *call)
{
    if (!session_require_server(session, call))
        return NULL;
    struct node *node = session_node_of(session, call);
    if (node && node->system) {
        call_fail(call, problem_new(403, "node %d is Farfield's own", node->id));
        return NULL;
    }
    if (node && node->planned > session_when(session)) {
        call_fail(call, problem_new(409, "node %d will not have started by then", node->id));
        return NULL;
    }
    return node;
}

void node_note_change(struct session *session, struct node *node)
{
    session_note_cause(session, node);
    node->set_at = session->now;
    session_node_changed(session, node);
}

void node_run_now(struct session *session, struct node *node, bool run)
{
    session_note_cause(session, node);
    batch_add(session->out, osc_message_new("/n_run", "ii", node->id, run));
}

// An envelope whose gate closes before its first block never opens, and so never ends.
static bool may_be_unheard(const struct session *session, const struct node *node)
{
    return node->planned || session_when(session) - node->came_at < UNHEARD;
}

void node_dismiss(struct session *session, struct node *top)
{
    for (struct node *n = top; n; n = tree_next_below(n, top)) {
        session_note_cause(session, n);
        n->dismissed = true;
    }
}

void node_release_now(struct session *session, struct node *top)
{
    if (top->is_group && !top->first)
        batch_add(session->out, osc_message_new("/n_free", "i", top->id));
    for (struct node *n = top; n; n = tree_next_below(n, top)) {
        if (n->planned > session_when(session))
            continue;
        batch_release(session->out, n, true);
        node_note_change(session, n);
        if (n->is_group)
            continue;
        const struct synthdef_parameter *gate = node_gate(n);
        if (gate && !may_be_unheard(session, n))
            batch_set(session->out, n, gate->index, 0);
        else
            batch_add(session->out, osc_message_new("/n_free", "i", n->id));
    }
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

static void node_list(struct session *session, struct call *call)
{
    json_t *nodes = json_array();
    for (struct node *n = tree_find(&session->tree, TREE_ROOT); n; n = tree_next(n))
        if (!n->planned)
            json_array_append_new(nodes, node_to_json(n));
    call_succeed(call, json_pack("{s:i s:o}", "epoch", session->epoch, "nodes", nodes));
}

static void node_show(struct session *session, struct call *call)
{
    struct node *node = session_node_of(session, call);
    if (node)
        call_succeed(call, node_to_json(node));
}

static void node_move(struct session *session, struct call *call)
{
    struct node *node = node_playable(session, call);
    if (!node)
        return;
    struct problem *problem = problem_new(422, "the node cannot be moved");
    struct placement where;
    placement_of_move(session, call, node, &where, problem);
    if (problem->errors) {
        call_fail(call, problem);
        return;
    }
    problem_destroy(problem);
    session_note_cause(session, node);
    batch_add(session->out, placement_move_message(node, &where));
    node_answer_when_moved(session, call, placement_move_address(&where), node->id, &where);
}

static void node_run(struct session *session, struct call *call)
{
    struct node *node = node_playable(session, call);
    if (!node)
        return;
    node_run_now(session, node, call_flag(call, "run"));
    node_answer_when_synced(session, call, "/n_run", node->id, node_answer);
}

static void node_release(struct session *session, struct call *call)
{
    struct node *node = node_playable(session, call);
    if (!node)
        return;
    undo_note_free(session, call, node, true);
    node_release_now(session, node);
    node_answer_when_synced(session, call, "/n_free", node->id, answer_gone);
}

static void node_free(struct session *session, struct call *call)
{
    struct node *node = node_playable(session, call);
    if (!node)
        return;
    undo_note_free(session, call, node, false);
    batch_add(session->out, osc_message_new("/n_free", "i", node->id));
    node_dismiss(session, node);
    wait_add(session, WAIT_END, call, "/n_free", node->id, answer_gone);
}

// scsynth is asked for its place, and for the values of a synth.
static void node_query(struct session *session, struct call *call)
{
    if (!session_require_server(session, call))
        return;
    struct node *node = session_node_of(session, call);
    if (!node)
        return;
    batch_add(session->out, osc_message_new("/n_query", "i", node->id));
    if (node->synthdef && synthdef_slots(node->synthdef) > 0)
        batch_add(session->out,
                  osc_message_new("/s_getn", "iii", node->id, 0, synthdef_slots(node->synthdef)));
    wait_add(session, WAIT_SYNC, call, "/n_query", node->id, node_answer);
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
    .result = "nodes",
    .example = "{}",
    .handle = node_list,
};

static const struct command show = {
    "node.show",
    "GET",
    "/v1/nodes/{id}",
    SCOPE_READ,
    BODY_NONE,
    BODY_JSON,
    200,
    .words = "One node.",
    .params = {NODE_ID},
    .result = "node",
    .example = "{\"id\":1006633960}",
    .handle = node_show,
};

static const struct command run = {
    "node.run",
    NULL,
    NULL,
    SCOPE_PLAY,
    BODY_JSON,
    BODY_JSON,
    200,
    .bundled = true,
    .words = "Pauses a node or lets it go on.",
    .params = {NODE_ID, {"run", PARAM_BOOLEAN, true, "false pauses, true goes on"}},
    .result = "node",
    .example = "{\"id\":1006633960,\"run\":false}",
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
    .bundled = true,
    .words =
        "Lets a synth ring out by its gate; one without a gate is freed. Of a group, all in it.",
    .params = {NODE_ID},
    .example = "{\"id\":1006633960}",
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
    .bundled = true,
    .words = "Frees a node at once, as /n_free does; that may click.",
    .params = {NODE_ID},
    .example = "{\"id\":1006633960}",
    .handle = node_free,
};

static const struct command move = {
    "node.move",
    "POST",
    "/v1/nodes/{id}/move",
    SCOPE_PLAY,
    BODY_JSON,
    BODY_JSON,
    200,
    .waits = true,
    .bundled = true,
    .words = "Moves a node in the order in which scsynth runs them.",
    .params = {NODE_ID, MOVE_PARAMS(true)},
    .result = "node",
    .example = "{\"id\":1006633960,\"target\":1006632961,\"action\":\"tail\"}",
    .handle = node_move,
};

static const struct command query = {
    "node.query",
    "GET",
    "/v1/nodes/{id}/query",
    SCOPE_READ,
    BODY_NONE,
    BODY_JSON,
    200,
    .waits = true,
    .words = "One node, as scsynth says that it is this moment.",
    .params = {NODE_ID},
    .result = "node",
    .example = "{\"id\":1006633960}",
    .handle = node_query,
};

const struct command *const node_commands[] = {&list,     &show, &run,   &release,
                                               &free_row, &move, &query, NULL};
