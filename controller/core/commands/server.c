// SPDX-License-Identifier: GPL-3.0-or-later
#include <string.h>

#include "controller/core/listening/address.h"
#include "controller/core/commands/commands.h"
#include "controller/core/listening/signaling.h"
#include "controller/core/session_own.h"
#include "controller/core/undo/undo.h"

static void about(struct session *session, struct call *call)
{
    g_autofree char *url = address_url("ws", call->host, session->address, session->websocket_port);
    json_t *links = json_pack(
        "{s:s s:s s:s s:s s:s s:s s:s s:s s:s}", "panel", "/", "server", "/v1/server", "synthdefs",
        "/v1/synthdefs", "nodes", "/v1/nodes", "rooms", "/v1/rooms", "listeners", "/v1/listeners",
        "stats", "/v1/stats", "ready", "/v1/health/ready", "openapi", "/v1/openapi.json");
    json_t *result = json_pack("{s:s s:s s:i s:s s:b s:o}", "name", "Farfield", "version",
                               FARFIELD_VERSION, "epoch", session->epoch, "websocket", url,
                               "key_required", session->api_key != NULL, "links", links);
    // Credentials of a TURN server are for those who may listen.
    if (!session->api_key)
        json_object_set_new(result, "ice_servers", signaling_ice_servers(session));
    call_succeed(call, result);
}

static void status(struct session *session, struct call *call)
{
    call_succeed(call, server_to_json(session));
}

static void history(struct session *session, struct call *call)
{
    call_succeed(call, history_to_json(&session->history));
}

static void answer_panic(struct session *session, struct wait *wait, struct problem *problem)
{
    if (problem) {
        call_fail(wait->call, problem);
        return;
    }
    // More may have ended at once than scsynth can tell of.
    struct node *next, *root = tree_find(&session->tree, TREE_ROOT);
    for (struct node *n = tree_next(root); n; n = next) {
        next = tree_next(n);
        if (n->panicked)
            session_forget_node(session, n);
    }
    call_succeed(wait->call, json_pack("{s:i}", "freed", wait->freed));
}

// Every synth goes, whoever made it, and what is scheduled with it; groups stay.
static void panic(struct session *session, struct call *call)
{
    int freed = 0;
    bundles_cancel_all(session, "panic");
    undo_note_free_below(session, call, tree_find(&session->tree, TREE_ROOT), true);
    for (struct node *n = tree_find(&session->tree, TREE_ROOT); n; n = tree_next(n))
        freed += n->panicked = !n->is_group && !n->system;
    if (session->state != SERVER_RUNNING) {
        // Nothing sounds; what would be brought back is forgotten.
        for (struct node *n = tree_find(&session->tree, TREE_ROOT); n; n = tree_next(n))
            n->releasing = !n->is_group;
        call_succeed(call, json_pack("{s:i}", "freed", freed));
        return;
    }
    batch_add(&session->batch, osc_message_new("/clearSched", ""));
    batch_add(&session->batch, osc_message_new("/g_deepFree", "i", TREE_ROOT));
    GHashTableIter iter;
    gpointer room;
    g_hash_table_iter_init(&iter, session->rooms);
    while (g_hash_table_iter_next(&iter, NULL, &room))
        batch_add(&session->batch, room_guard_message(room));
    wait_add(session, WAIT_SYNC, call, "/g_deepFree", 0, answer_panic)->freed = freed;
}

static void restart(struct session *session, struct call *call)
{
    if (!session->ports.restart_server(session->ports.data))
        call_fail(call, problem_new(409, "scsynth is not started by this controller"));
    else
        call_succeed(call, json_pack("{s:b}", "restarting", 1));
}

static const struct command about_row = {
    "server.about",
    "GET",
    "/v1",
    SCOPE_OPEN,
    BODY_NONE,
    BODY_JSON,
    200,
    .words = "What this is, and where its parts are.",
    .result = "about",
    .example = "{}",
    .handle = about,
};
static const struct command status_row = {
    "server.status",
    "GET",
    "/v1/server",
    SCOPE_READ,
    BODY_NONE,
    BODY_JSON,
    200,
    .words = "scsynth's state, load and counts.",
    .result = "status",
    .example = "{}",
    .handle = status,
};
static const struct command history_row = {
    "server.history",
    "GET",
    "/v1/server/history",
    SCOPE_READ,
    BODY_NONE,
    BODY_JSON,
    200,
    .words = "Load, counts and listeners of the last ten minutes, one figure each two seconds.",
    .result = "history",
    .example = "{}",
    .handle = history,
};
static const struct command panic_row = {
    "server.panic",
    "POST",
    "/v1/server/panic",
    SCOPE_PLAY,
    BODY_NONE,
    BODY_JSON,
    200,
    .urgent = true,
    .words = "Silence, now: frees every synth and clears what is scheduled.",
    .result = "freed",
    .example = "{}",
    .handle = panic,
};
static const struct command restart_row = {
    "server.restart",
    "POST",
    "/v1/server/restart",
    SCOPE_ADMIN,
    BODY_NONE,
    BODY_JSON,
    202,
    .words = "Starts scsynth anew and brings the state back.",
    .result = "restarting",
    .example = "{}",
    .handle = restart,
};

const struct command *const server_commands[] = {&about_row, &status_row,  &history_row,
                                                 &panic_row, &restart_row, NULL};
