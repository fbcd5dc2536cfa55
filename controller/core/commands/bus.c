// SPDX-License-Identifier: GPL-3.0-or-later
#include "controller/core/commands/commands.h"
#include "controller/core/session_own.h"

static struct bus *bus_of(struct session *session, struct call *call)
{
    const char *id = call_string(call, "id");
    struct bus *bus = buses_find(&session->buses, id);
    if (!bus)
        call_fail(call, problem_new(404, "there is no bus \"%s\"", id));
    return bus;
}

static void bus_list(struct session *session, struct call *call)
{
    json_t *list = json_array();
    for (guint i = 0; i < session->buses.all->len; i++)
        json_array_append_new(list, bus_to_json(g_ptr_array_index(session->buses.all, i)));
    call_succeed(call, json_pack("{s:o}", "buses", list));
}

// One that has the shape of an id would hide the bus of that id.
static void check_name(struct session *session, const struct bus *own, const char *name,
                       struct problem *problem)
{
    const struct bus *other = name && *name ? buses_find(&session->buses, name) : NULL;
    if (name && node_map_parse(name) != MAP_NONE)
        problem_add(problem, "name", "\"%s\" is the id of a bus", name);
    else if (other && other != own)
        problem_add(problem, "name", "another bus is named \"%s\"", name);
}

static void check_values(const struct call *call, bool audio, int channels, struct problem *problem)
{
    gsize count = json_array_size(json_object_get(call->params, "values"));
    if (count && audio)
        problem_add(problem, "values", "an audio bus has none; synths write to it");
    else if (count > (gsize)channels)
        problem_add(problem, "values", "the bus has %d channels, not %zu", channels, count);
}

static void set_values(struct session *session, const struct call *call, struct bus *bus)
{
    const json_t *values = json_object_get(call->params, "values");
    int count = (int)json_array_size(values);
    g_autofree float *floats = g_new(float, count + 1);
    for (int i = 0; i < count; i++)
        floats[i] = (float)json_number_value(json_array_get(values, i));
    if (count)
        batch_set_bus(session->out, bus, floats, count);
}

static void answer_bus(struct session *session, struct wait *wait, struct problem *problem)
{
    const struct bus *bus = buses_find(&session->buses, call_string(wait->call, "id"));
    if (!problem && !bus)
        problem = problem_new(404, "the bus was freed meanwhile");
    if (problem)
        call_fail(wait->call, problem);
    else
        call_succeed(wait->call, bus_to_json(bus));
}

static void bus_new(struct session *session, struct call *call)
{
    if (!session_require_server(session, call))
        return;
    bool audio = call_string(call, "rate")[0] == 'a';
    int channels = call_integer(call, "channels");
    const char *name = call_string(call, "name");
    struct problem *problem = problem_new(422, "the bus cannot be made");
    check_name(session, NULL, name, problem);
    check_values(call, audio, channels, problem);
    if (problem->errors) {
        call_fail(call, problem);
        return;
    }
    problem_destroy(problem);
    struct bus *bus = buses_add(&session->buses, audio, channels, name && *name ? name : NULL);
    if (!bus) {
        call_fail(call, problem_new(409, "no %d %s buses next to each other are free", channels,
                                    audio ? "audio" : "control"));
        return;
    }
    // What another one left there is not its value.
    if (!audio)
        batch_set_bus(session->out, bus, bus->values, channels);
    set_values(session, call, bus);
    session_bus_changed(session, bus);
    g_autofree char *id = bus_id(bus);
    json_object_set_new(call->params, "id", json_string(id));
    wait_add(session, WAIT_SYNC, call, "/c_setn", 0, answer_bus);
}

// scsynth is asked, since synths and other clients write to control buses, too.
static void bus_show(struct session *session, struct call *call)
{
    const struct bus *bus = bus_of(session, call);
    if (!bus)
        return;
    if (bus->audio || session->state != SERVER_RUNNING) {
        call_succeed(call, bus_to_json(bus));
        return;
    }
    batch_add(session->out, osc_message_new("/c_getn", "ii", bus->index, bus->channels));
    wait_add(session, WAIT_SYNC, call, "/c_getn", 0, answer_bus);
}

static void bus_set(struct session *session, struct call *call)
{
    if (!session_require_server(session, call))
        return;
    struct bus *bus = bus_of(session, call);
    if (!bus)
        return;
    const char *name = call_string(call, "name");
    struct problem *problem = problem_new(422, "the bus cannot be set");
    check_name(session, bus, name, problem);
    if (name && session->bundle)
        problem_add(problem, "name", "is given at once, which no bundle can take back");
    check_values(call, bus->audio, bus->channels, problem);
    if (problem->errors) {
        call_fail(call, problem);
        return;
    }
    problem_destroy(problem);
    set_values(session, call, bus);
    if (name) {
        g_free(bus->name);
        bus->name = *name ? g_strdup(name) : NULL;
        g_autofree char *id = bus_id(bus);
        json_object_set_new(call->params, "id", json_string(id));
    }
    if (!session->bundle)
        session_bus_changed(session, bus);
    if (call_is_awaited(call))
        wait_add(session, WAIT_SYNC, call, "/c_setn", 0, answer_bus);
    else
        call_succeed(call, NULL);
}

// A control that is mapped to it has the last value that it read.
static void bus_free(struct session *session, struct call *call)
{
    struct bus *bus = bus_of(session, call);
    if (!bus)
        return;
    g_autofree char *id = bus_id(bus);
    buses_remove(&session->buses, bus);
    session_model_changed(session);
    session->ports.emit(session->ports.data, "buses", "bus.removed", json_pack("{s:s}", "id", id),
                        NULL);
    call_succeed(call, NULL);
}

#define BUS_ID                                                                                     \
    {                                                                                              \
        "id", PARAM_STRING, true, "id (c12, a20) or name of the bus"                               \
    }
#define VALUES                                                                                     \
    {                                                                                              \
        "values", PARAM_NUMBERS, false, "of a control bus, from its first channel on",             \
            .min = 1, .max = BUSES_MAX_CHANNELS                                                    \
    }

static const struct command list = {
    "bus.list",
    "GET",
    "/v1/buses",
    SCOPE_READ,
    BODY_NONE,
    BODY_JSON,
    200,
    .words = "Every bus that was allocated here.",
    .result = "buses",
    .example = "{}",
    .handle = bus_list,
};
static const struct command new = {
    "bus.new",
    "POST",
    "/v1/buses",
    SCOPE_PLAY,
    BODY_JSON,
    BODY_JSON,
    201,
    "/v1/buses/{id}",
    .words = "Allocates a bus within our share of scsynth's.",
    .params = {{"rate", PARAM_STRING, false, "control or audio", .choices = "control|audio",
                .fallback = "\"control\""},
               {"channels", PARAM_INTEGER, false, "how many next to each other", .min = 1,
                .max = BUSES_MAX_CHANNELS, .fallback = "1"},
               {"name", PARAM_STRING, false, "name of the bus, that no other has", .max = 64},
               VALUES},
    .result = "bus",
    .example = "{\"rate\":\"control\",\"channels\":1,\"values\":[440]}",
    .handle = bus_new,
};
static const struct command show = {
    "bus.show",
    "GET",
    "/v1/buses/{id}",
    SCOPE_READ,
    BODY_NONE,
    BODY_JSON,
    200,
    .words = "One bus; the values of a control bus as scsynth has them this moment.",
    .params = {BUS_ID},
    .result = "bus",
    .example = "{\"id\":\"c15360\"}",
    .handle = bus_show,
};
static const struct command set = {
    "bus.set",
    "PATCH",
    "/v1/buses/{id}",
    SCOPE_PLAY,
    BODY_JSON,
    BODY_JSON,
    200,
    .bundled = true,
    .words = "Sets the values of a control bus, or a bus's name.",
    .params = {BUS_ID,
               VALUES,
               {"name", PARAM_STRING, false, "new name, empty for none", .max = 64}},
    .result = "bus",
    .example = "{\"id\":\"c15360\",\"values\":[330]}",
    .handle = bus_set,
};
static const struct command free_row = {
    "bus.free",
    "DELETE",
    "/v1/buses/{id}",
    SCOPE_PLAY,
    BODY_NONE,
    BODY_NONE,
    204,
    .words = "Gives a bus back; controls that are mapped to it stay so.",
    .params = {BUS_ID},
    .example = "{\"id\":\"c15360\"}",
    .handle = bus_free,
};

const struct command *const bus_commands[] = {&list, &new, &show, &set, &free_row, NULL};
