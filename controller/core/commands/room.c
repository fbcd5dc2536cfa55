// SPDX-License-Identifier: GPL-3.0-or-later
#include "controller/core/commands/commands.h"
#include "controller/core/session_own.h"

static void room_list(struct session *session, struct call *call)
{
    json_t *rooms = json_array();
    GHashTableIter iter;
    gpointer room;
    g_hash_table_iter_init(&iter, session->rooms);
    while (g_hash_table_iter_next(&iter, NULL, &room))
        json_array_append_new(rooms, room_to_json(session, room));
    call_succeed(call, json_pack("{s:o}", "rooms", rooms));
}

static void room_show(struct session *session, struct call *call)
{
    const char *name = call_string(call, "room");
    const struct room *room = session_room(session, name);
    if (room)
        call_succeed(call, room_to_json(session, room));
    else
        call_fail(call, problem_new(404, "there is no room \"%s\"", name));
}

static struct problem *nothing_to_set(void)
{
    struct problem *problem = problem_new(422, "nothing is to be set");
    problem_add(problem, "bitrate", "this or complexity is required");
    problem_add(problem, "complexity", "this or bitrate is required");
    return problem;
}

static void room_set(struct session *session, struct call *call)
{
    const char *name = call_string(call, "room");
    struct room *room = session_room(session, name);
    if (!room) {
        call_fail(call, problem_new(404, "there is no room \"%s\"", name));
        return;
    }
    if (!call_has(call, "bitrate") && !call_has(call, "complexity")) {
        call_fail(call, nothing_to_set());
        return;
    }
    if (call_has(call, "bitrate"))
        room->encoding.bitrate = call_integer(call, "bitrate");
    if (call_has(call, "complexity"))
        room->encoding.complexity = call_integer(call, "complexity");
    session_send_rooms(session);
    session_model_changed(session);
    session_emit_room(session, name);
    call_succeed(call, room_to_json(session, room));
}

static const struct command list = {
    "room.list",
    "GET",
    "/v1/rooms",
    SCOPE_LISTEN,
    BODY_NONE,
    BODY_JSON,
    200,
    .words = "Every room with its level and number of listeners.",
    .result = "rooms",
    .example = "{}",
    .handle = room_list,
};
static const struct command show = {
    "room.show",
    "GET",
    "/v1/rooms/{room}",
    SCOPE_LISTEN,
    BODY_NONE,
    BODY_JSON,
    200,
    .words = "One room.",
    .params = {ROOM_PARAM},
    .result = "room",
    .example = "{\"room\":\"main\"}",
    .handle = room_show,
};

static const struct command set = {
    "room.set",
    "PATCH",
    "/v1/rooms/{room}",
    SCOPE_ADMIN,
    BODY_JSON,
    BODY_JSON,
    200,
    .words =
        "Changes how a room is encoded for its listeners, from the next packet on: its bitrate, "
        "its complexity, or both.",
    .params = {ROOM_PARAM,
               {"bitrate", PARAM_INTEGER, false, "bits a second", .min = LINK_MIN_BITRATE,
                .max = LINK_MAX_BITRATE},
               {"complexity", PARAM_INTEGER, false, "Opus's effort, 10 sounds best and costs most",
                .min = 0, .max = LINK_MAX_COMPLEXITY}},
    .result = "room",
    .example = "{\"room\":\"main\",\"bitrate\":96000}",
    .handle = room_set,
};

const struct command *const room_commands[] = {&list, &show, &set, NULL};
