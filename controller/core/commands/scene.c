// SPDX-License-Identifier: GPL-3.0-or-later
// The whole state by a name.
#include <string.h>

#include "common/error.h"
#include "controller/core/commands/commands.h"
#include "controller/core/moment.h"
#include "controller/core/scenes/scene_fade.h"
#include "controller/core/scenes/scenes.h"
#include "controller/core/session_own.h"

static struct document_key key_of(const struct call *call)
{
    return (struct document_key){"scene", "", call_string(call, "name")};
}

static struct problem *no_scene(const struct call *call)
{
    return problem_new(404, "there is no scene \"%s\"", call_string(call, "name"));
}

// What a list shows of a stored scene. Takes the document.
static json_t *head_of(json_t *document)
{
    json_t *head = json_pack("{s:O s:O s:O}", "name", json_object_get(document, "name"), "created",
                             json_object_get(document, "created"), "changed",
                             json_object_get(document, "changed"));
    json_object_update_missing(head, json_object_get(document, "about"));
    json_decref(document);
    return head;
}

static void scene_list(struct session *session, struct call *call)
{
    g_autoptr(GError) error = NULL;
    json_t *list = session->ports.store_list(session->ports.data, "scene", "", &error);
    if (!list) {
        call_fail(call, problem_from_error(error));
        return;
    }
    json_t *scenes = json_array();
    for (size_t i = 0; i < json_array_size(list); i++)
        json_array_append_new(scenes, head_of(json_incref(json_array_get(list, i))));
    json_decref(list);
    call_succeed(call, json_pack("{s:o}", "scenes", scenes));
}

// The stored document, or NULL with the call answered.
static json_t *stored_scene(struct session *session, struct call *call)
{
    struct document_key key = key_of(call);
    g_autoptr(GError) error = NULL;
    json_t *document = session->ports.store_get(session->ports.data, &key, &error);
    if (!document)
        call_fail(call, error ? problem_from_error(error) : no_scene(call));
    return document;
}

// As it can be given to scene.put again.
static void scene_show(struct session *session, struct call *call)
{
    json_t *document = stored_scene(session, call);
    if (!document)
        return;
    call_succeed(call, json_pack("{s:O}", "scene", json_object_get(document, "body")));
    json_decref(document);
}

static bool is_too_large(const json_t *scene)
{
    char *text = json_dumps(scene, JSON_COMPACT | JSON_REAL_PRECISION(15));
    gsize length = text ? strlen(text) : 0;
    free(text);
    return length > SCENE_MAX_BYTES;
}

static void answer_kept(struct session *session, struct call *call, int left_out)
{
    json_t *document = stored_scene(session, call);
    if (!document)
        return;
    json_t *head = head_of(document);
    session->ports.emit(session->ports.data, "scenes", "scene.changed",
                        json_pack("{s:O}", "scene", head), NULL);
    json_t *answer = json_copy(head);
    json_object_set_new(answer, "left_out", json_integer(left_out));
    json_decref(head);
    call_succeed(call, answer);
}

static void keep(struct session *session, struct call *call, const json_t *scene, int left_out)
{
    struct document_key key = key_of(call);
    g_autoptr(GError) error = NULL;
    if (is_too_large(scene)) {
        call_fail(call, problem_new(413, "a scene has at most %d bytes", SCENE_MAX_BYTES));
        return;
    }
    json_t *about = scene_about(scene);
    bool good = session->ports.store_put(session->ports.data, &key, about, scene, &error);
    json_decref(about);
    if (good)
        answer_kept(session, call, left_out);
    else
        call_fail(call, problem_from_error(error));
}

// What could not be recalled is not kept: there can be more in scsynth than a scene holds.
static void keep_present(struct session *session, struct call *call)
{
    int left_out;
    json_t *scene = scene_take(session, &left_out);
    struct problem *problem = problem_new(409, "what there is cannot be kept as a scene");
    scene_check(scene, problem);
    if (problem->errors) {
        call_fail(call, problem);
    } else {
        problem_destroy(problem);
        keep(session, call, scene, left_out);
    }
    json_decref(scene);
}

static void scene_put(struct session *session, struct call *call)
{
    json_t *given = json_object_get(call->params, "scene");
    struct problem *problem = problem_new(422, "the scene cannot be kept");
    document_check_name("name", call_string(call, "name"), problem);
    if (given)
        scene_check(given, problem);
    if (problem->errors) {
        call_fail(call, problem);
        return;
    }
    problem_destroy(problem);
    if (given) {
        keep(session, call, given, 0);
    } else if (session_require_server(session, call)) {
        keep_present(session, call);
    }
}

static void tell_removed(struct session *session, const char *name)
{
    session->ports.emit(session->ports.data, "scenes", "scene.removed",
                        json_pack("{s:s}", "name", name), NULL);
}

static void scene_delete(struct session *session, struct call *call)
{
    struct document_key key = key_of(call);
    g_autoptr(GError) error = NULL;
    if (session->ports.store_delete(session->ports.data, &key, &error)) {
        tell_removed(session, key.name);
        call_succeed(call, NULL);
    } else {
        call_fail(call, problem_from_error(error));
    }
}

static void answer_renamed(struct session *session, struct call *call, const char *to)
{
    struct document_key key = {"scene", "", to};
    g_autoptr(GError) error = NULL;
    json_t *document = session->ports.store_get(session->ports.data, &key, &error);
    if (!document) {
        call_fail(call, error ? problem_from_error(error) : no_scene(call));
        return;
    }
    json_t *head = head_of(document);
    if (strcmp(call_string(call, "name"), to) != 0)
        tell_removed(session, call_string(call, "name"));
    session->ports.emit(session->ports.data, "scenes", "scene.changed",
                        json_pack("{s:O}", "scene", head), NULL);
    call_succeed(call, head);
}

static void scene_rename(struct session *session, struct call *call)
{
    const char *to = call_string(call, "to");
    struct document_key key = key_of(call);
    struct problem *problem = problem_new(422, "the scene cannot be called that");
    g_autoptr(GError) error = NULL;
    document_check_name("to", to, problem);
    if (problem->errors) {
        call_fail(call, problem);
        return;
    }
    problem_destroy(problem);
    if (session->ports.store_rename(session->ports.data, &key, to, &error))
        answer_renamed(session, call, to);
    else
        call_fail(call, problem_from_error(error));
}

static void recall(struct session *session, struct call *call)
{
    if (!session_require_server(session, call))
        return;
    struct problem *problem = problem_new(422, "the scene cannot be recalled");
    int64_t time = moment_of_call(session, call, problem);
    if (session->bundles.all.length + 2 > BUNDLES_MAX)
        problem_add(problem, "at", "%d bundles wait for their time already", BUNDLES_MAX);
    if (problem->errors) {
        call_fail(call, problem);
        return;
    }
    problem_destroy(problem);
    json_t *document = stored_scene(session, call);
    if (!document)
        return;
    // It may have been kept by another Farfield, or by hand.
    problem = problem_new(500, "the scene as it is kept is damaged");
    scene_check(json_object_get(document, "body"), problem);
    struct scene_wish wish = {call_string(call, "name"), json_object_get(document, "body"),
                              strcmp(call_string(call, "mode"), "replace") == 0, time,
                              call_number(call, "fade")};
    if (problem->errors) {
        call_fail(call, problem);
    } else {
        problem_destroy(problem);
        scene_recall(session, call, &wish);
    }
    json_decref(document);
}

#define NAME                                                                                       \
    {                                                                                              \
        "name", PARAM_STRING, true, "name of the scene"                                            \
    }

static const struct command list = {
    "scene.list",
    "GET",
    "/v1/scenes",
    SCOPE_READ,
    BODY_NONE,
    BODY_JSON,
    200,
    .words = "Every scene that is kept, by name.",
    .result = "scenes",
    .example = "{}",
    .handle = scene_list,
};
static const struct command show = {
    "scene.show",
    "GET",
    "/v1/scenes/{name}",
    SCOPE_READ,
    BODY_NONE,
    BODY_JSON,
    200,
    .words = "One scene, whole: scene.put takes it as it is.",
    .result = "scene",
    .example = "{\"name\":\"evening\"}",
    .params = {NAME},
    .handle = scene_show,
};
static const struct command put = {
    "scene.put",
    "PUT",
    "/v1/scenes/{name}",
    SCOPE_PLAY,
    BODY_JSON,
    BODY_JSON,
    200,
    .max_body = SCENE_MAX_BYTES,
    .words = "Keeps the present state by a name, or the scene that is given.",
    .result = "scene_head",
    .example = "{\"name\":\"evening\"}",
    .params = {NAME, {"scene", PARAM_OBJECT, false, "a scene that scene.show gave"}},
    .handle = scene_put,
};
static const struct command delete = {
    "scene.delete",
    "DELETE",
    "/v1/scenes/{name}",
    SCOPE_PLAY,
    BODY_NONE,
    BODY_NONE,
    204,
    .words = "Forgets a scene; what plays goes on.",
    .example = "{\"name\":\"evening\"}",
    .params = {NAME},
    .handle = scene_delete,
};

static const struct command rename_row = {
    "scene.rename",
    "POST",
    "/v1/scenes/{name}/rename",
    SCOPE_PLAY,
    BODY_JSON,
    BODY_JSON,
    200,
    .words = "Gives a scene another name, which none has.",
    .result = "scene_head",
    .example = "{\"name\":\"evening\",\"to\":\"dusk\"}",
    .params = {NAME, {"to", PARAM_STRING, true, "its new name"}},
    .handle = scene_rename,
};
static const struct command recall_row = {
    "scene.recall",
    "POST",
    "/v1/scenes/{name}/recall",
    SCOPE_PLAY,
    BODY_JSON,
    BODY_JSON,
    200,
    .waits = true,
    .words = "Makes a scene again, in place of what plays or beside it.",
    .result = "recall",
    .example = "{\"name\":\"evening\",\"fade\":2}",
    .params = {NAME,
               {"mode", PARAM_STRING, false, "whether what is ours and not in the scene goes",
                .choices = "replace|add", .fallback = "\"replace\""},
               {"fade", PARAM_NUMBER, false,
                "how long the old and the new one fade into each other", .unit = "seconds",
                .min = 0, .max = FADE_LONGEST},
               MOMENT_PARAMS},
    .handle = recall,
};

const struct command *const scene_commands[] = {&list,       &show,       &put, &delete,
                                                &rename_row, &recall_row, NULL};
