// SPDX-License-Identifier: GPL-3.0-or-later
#include <string.h>

#include "common/error.h"
#include "controller/core/commands/commands.h"
#include "controller/core/session_own.h"

// Definitions of one upload: each is written and loaded while others wait.
#define MAX_UPLOAD 128

static void synthdef_list(struct session *session, struct call *call)
{
    call_succeed(call, json_pack("{s:o}", "synthdefs", catalog_list(&session->catalog)));
}

static void synthdef_show(struct session *session, struct call *call)
{
    const char *name = call_string(call, "name");
    json_t *shown = catalog_show(&session->catalog, name);
    if (shown)
        call_succeed(call, shown);
    else
        call_fail(call, problem_new(404, "there is no SynthDef \"%s\"", name));
}

// The file's bytes: the body of a REST request, or "data" in base64.
static GBytes *uploaded_bytes(struct call *call, struct problem **problem)
{
    const char *data = call_string(call, "data");
    if (call->body)
        return g_bytes_ref(call->body);
    gsize length = 0;
    guchar *bytes = data ? g_base64_decode(data, &length) : NULL;
    if (length > 0)
        return g_bytes_new_take(bytes, length);
    g_free(bytes);
    *problem = problem_new(422, "a SynthDef file is expected");
    problem_add(*problem, "data", "must hold the file's bytes in base64");
    return NULL;
}

static struct problem *check_names(struct call *call, const GPtrArray *synthdefs)
{
    const char *wanted = call_string(call, "name");
    if (synthdefs->len > MAX_UPLOAD)
        return problem_new(422, "the file holds %u definitions; at most %d are taken at once",
                           synthdefs->len, MAX_UPLOAD);
    if (wanted && synthdefs->len != 1)
        return problem_new(422, "the file holds %u definitions; one was expected", synthdefs->len);
    for (guint i = 0; i < synthdefs->len; i++) {
        const struct synthdef *synthdef = g_ptr_array_index(synthdefs, i);
        if (wanted && strcmp(synthdef->name, wanted) != 0)
            return problem_new(422, "the definition in the file is named \"%s\", not \"%s\"",
                               synthdef->name, wanted);
        if (g_str_has_prefix(synthdef->name, CATALOG_RESERVED))
            return problem_new(403,
                               "names that begin with " CATALOG_RESERVED " are Farfield's own");
    }
    return NULL;
}

static void answer_uploaded(struct session *session, struct wait *wait, struct problem *problem)
{
    json_t *list = json_array();
    for (guint i = 0; !problem && i < wait->uploads->len; i++) {
        struct synthdef *synthdef = g_ptr_array_index(wait->uploads, i);
        g_autoptr(GError) error = NULL;
        if (!session->ports.keep_synthdef(session->ports.data, synthdef, &error)) {
            problem = problem_from_error(error);
            break;
        }
        int running = session_running_before(session, synthdef);
        session_admit_synthdef(session, synthdef, ORIGIN_USER, g_ptr_array_index(wait->paths, i));
        json_t *shown = catalog_show(&session->catalog, synthdef->name);
        json_object_set_new(shown, "running", json_integer(running));
        json_array_append_new(list, shown);
    }
    if (problem) {
        json_decref(list);
        call_fail(wait->call, problem);
        return;
    }
    call_succeed(wait->call, json_pack("{s:o s:s*}", "synthdefs", list, "name",
                                       call_string(wait->call, "name")));
}

// scsynth loads the definitions first; only what it took is kept and shown.
static struct problem *stage(struct session *session, struct call *call, GPtrArray *synthdefs)
{
    g_autoptr(GPtrArray) paths = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < synthdefs->len; i++) {
        g_autoptr(GError) error = NULL;
        char *path = session->ports.stage_synthdef(session->ports.data,
                                                   g_ptr_array_index(synthdefs, i), &error);
        if (!path)
            return problem_from_error(error);
        g_ptr_array_add(paths, path);
    }
    for (guint i = 0; i < paths->len; i++)
        batch_add(&session->batch,
                  osc_message_new("/d_load", "s", (char *)g_ptr_array_index(paths, i)));
    struct wait *wait = wait_add(session, WAIT_SYNC, call, "/d_load", 0, answer_uploaded);
    wait->paths = g_steal_pointer(&paths);
    wait->uploads = g_ptr_array_ref(synthdefs);
    return NULL;
}

static struct problem *check_needs(const struct session *session, const GPtrArray *synthdefs)
{
    for (guint i = 0; i < synthdefs->len; i++) {
        g_autoptr(GError) error = NULL;
        if (!session_can_hold(session, g_ptr_array_index(synthdefs, i), &error))
            return problem_from_error(error);
    }
    return NULL;
}

// What `strict` does not let in.
static struct problem *check_auditions(const GPtrArray *synthdefs)
{
    for (guint i = 0; i < synthdefs->len; i++) {
        const struct synthdef *synthdef = g_ptr_array_index(synthdefs, i);
        const char *complaint = audition_complaint(synthdef->audition);
        if (synthdef->audition->skipped)
            return problem_new(503, "\"%s\" had no audition: %s", synthdef->name,
                               synthdef->audition->skipped);
        if (complaint)
            return problem_new(422, "\"%s\" was tried and is refused (audition=strict): %s",
                               synthdef->name, complaint);
    }
    return NULL;
}

static void on_heard(struct session *session, struct hearing *hearing, struct problem *problem)
{
    if (!problem && session->audition_policy == AUDITION_STRICT)
        problem = check_auditions(hearing->synthdefs);
    if (!problem && !session_require_server(session, hearing->call))
        return;
    if (!problem)
        problem = stage(session, hearing->call, hearing->synthdefs);
    if (problem)
        call_fail(hearing->call, problem);
}

static void on_heard_again(struct session *session, struct hearing *hearing,
                           struct problem *problem)
{
    struct synthdef *synthdef = g_ptr_array_index(hearing->synthdefs, 0);
    if (problem) {
        call_fail(hearing->call, problem);
        return;
    }
    if (catalog_find(&session->catalog, synthdef->name) == synthdef)
        session_tell_synthdef(session, synthdef->name);
    call_succeed(hearing->call, json_pack("{s:s s:o}", "name", synthdef->name, "audition",
                                          audition_to_json(synthdef->audition)));
}

static void synthdef_audition(struct session *session, struct call *call)
{
    const char *name = call_string(call, "name");
    struct synthdef *synthdef = catalog_find(&session->catalog, name);
    if (!synthdef) {
        call_fail(call, problem_new(404, "there is no SynthDef \"%s\"", name));
        return;
    }
    GPtrArray *synthdefs = g_ptr_array_new_with_free_func((GDestroyNotify)synthdef_unref);
    g_ptr_array_add(synthdefs, synthdef_ref(synthdef));
    hearing_begin(session, call, synthdefs, true, on_heard_again);
}

static struct problem *take_in(struct session *session, struct call *call, GPtrArray *synthdefs)
{
    if (session->audition_policy == AUDITION_OFF)
        return stage(session, call, synthdefs);
    hearing_begin(session, call, g_ptr_array_ref(synthdefs), false, on_heard);
    return NULL;
}

static void synthdef_put(struct session *session, struct call *call)
{
    if (!session_require_server(session, call))
        return;
    struct problem *problem = NULL;
    g_autoptr(GBytes) bytes = uploaded_bytes(call, &problem);
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) synthdefs = bytes ? synthdef_read(bytes, &error) : NULL;
    if (error) {
        int status = error->code == ERROR_TOO_LARGE ? ERROR_TOO_LARGE : ERROR_REFUSED;
        problem = problem_new(status, "not a SynthDef file that can be used: %s", error->message);
    } else if (!problem) {
        problem = check_names(call, synthdefs);
    }
    if (!problem)
        problem = check_needs(session, synthdefs);
    if (!problem)
        problem = take_in(session, call, synthdefs);
    if (problem)
        call_fail(call, problem);
}

static void synthdef_delete(struct session *session, struct call *call)
{
    const char *name = call_string(call, "name");
    g_autoptr(GError) error = NULL;
    if (!catalog_find(&session->catalog, name))
        call_fail(call, problem_new(404, "there is no SynthDef \"%s\"", name));
    else if (catalog_origin(&session->catalog, name) == ORIGIN_SHIPPED)
        call_fail(call, problem_new(409, "\"%s\" ships with Farfield and stays", name));
    else if (!session->ports.forget_synthdef(session->ports.data, name, &error))
        call_fail(call, problem_from_error(error));
    else {
        session_remove_synthdef(session, name, ORIGIN_USER, session->now);
        call_succeed(call, NULL);
    }
}

#define NAME                                                                                       \
    {                                                                                              \
        "name", PARAM_STRING, true, "name of the definition"                                       \
    }
// 4 MiB in base64.
#define DATA                                                                                       \
    {                                                                                              \
        "data", PARAM_STRING, false, "the file in base64, where there is no body", .max = 5592412  \
    }

static const struct command list = {
    "synthdef.list",
    "GET",
    "/v1/synthdefs",
    SCOPE_READ,
    BODY_NONE,
    BODY_JSON,
    200,
    .words = "Every SynthDef with its parameters.",
    .result = "synthdefs",
    .example = "{}",
    .handle = synthdef_list,
};
static const struct command show = {
    "synthdef.show",
    "GET",
    "/v1/synthdefs/{name}",
    SCOPE_READ,
    BODY_NONE,
    BODY_JSON,
    200,
    .words = "One SynthDef.",
    .params = {NAME},
    .result = "synthdef",
    .example = "{\"name\":\"sine\"}",
    .handle = synthdef_show,
};
static const struct command add = {
    "synthdef.add",
    "POST",
    "/v1/synthdefs",
    SCOPE_PLAY,
    BODY_SYNTHDEF,
    BODY_JSON,
    201,
    .waits = true,
    .words = "Uploads a .scsyndef file, which may hold several definitions.",
    .params = {DATA},
    .result = "synthdefs",
    .handle = synthdef_put,
};
static const struct command put = {
    "synthdef.put",
    "PUT",
    "/v1/synthdefs/{name}",
    SCOPE_PLAY,
    BODY_SYNTHDEF,
    BODY_JSON,
    201,
    "/v1/synthdefs/{name}",
    .waits = true,
    .words = "Uploads a .scsyndef file with the one definition of that name.",
    .params = {NAME, DATA},
    .result = "synthdefs",
    .handle = synthdef_put,
};
static const struct command delete = {
    "synthdef.delete",
    "DELETE",
    "/v1/synthdefs/{name}",
    SCOPE_PLAY,
    BODY_NONE,
    BODY_NONE,
    204,
    .words = "Removes an uploaded SynthDef; synths made of it play on.",
    .params = {NAME},
    .example = "{\"name\":\"mine\"}",
    .handle = synthdef_delete,
};

static const struct command audition = {
    "synthdef.audition",
    "POST",
    "/v1/synthdefs/{name}/audition",
    SCOPE_PLAY,
    BODY_NONE,
    BODY_JSON,
    200,
    .waits = true,
    .words = "Renders a SynthDef once more, apart from what sounds, and tells what came of it.",
    .params = {NAME},
    .result = "heard",
    .example = "{\"name\":\"sine\"}",
    .handle = synthdef_audition,
};

const struct command *const synthdef_commands[] = {&list,   &show,     &add, &put,
                                                   &delete, &audition, NULL};
