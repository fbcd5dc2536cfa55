// SPDX-License-Identifier: GPL-3.0-or-later
#include <string.h>

#include "controller/core/commands/buffer.h"
#include "controller/core/commands/commands.h"
#include "controller/core/session_own.h"

#define MAX_ASSETS 10000

static int compare_names(gconstpointer a, gconstpointer b)
{
    const struct asset *const *x = a, *const *y = b;
    return strcmp((*x)->name, (*y)->name);
}

static void asset_list(struct session *session, struct call *call)
{
    const struct buffers *buffers = &session->buffers;
    g_autoptr(GPtrArray) sorted = buffers_sorted(buffers->assets, compare_names);
    json_t *list = json_array();
    for (guint i = 0; i < sorted->len; i++)
        json_array_append_new(list, asset_to_json(buffers, g_ptr_array_index(sorted, i)));
    call_succeed(call, json_pack("{s:o s:I s:I}", "assets", list, "bytes",
                                 (json_int_t)buffers->asset_bytes, "max_bytes",
                                 (json_int_t)buffers->max_assets));
}

// --- adding --------------------------------------------------------------------------------------

void upload_begin(struct session *session, struct call *call)
{
    struct buffers *buffers = &session->buffers;
    struct problem *problem = buffer_check_name(call_string(call, "name"));
    if (!problem && g_hash_table_size(buffers->uploads) >= BUFFERS_MAX_UPLOADS)
        problem = problem_new(503, "too many sound files are being checked");
    guint ticket = ++buffers->next_ticket;
    g_autoptr(GError) error = NULL;
    if (!problem && !session->ports.check_sound(session->ports.data, ticket, call->upload,
                                                call_string(call, "name"), &error))
        problem = problem_from_error(error);
    if (problem)
        call_fail(call, problem);
    else
        g_hash_table_insert(buffers->uploads, GUINT_TO_POINTER(ticket), call);
}

void session_add_asset(struct session *session, const char *name, const char *title,
                       const json_t *facts)
{
    struct buffers *buffers = &session->buffers;
    if (g_hash_table_lookup(buffers->assets, name))
        return;
    struct asset *asset = asset_new(name, title, facts);
    buffers->asset_bytes += asset->bytes;
    g_hash_table_insert(buffers->assets, asset->name, asset);
}

static void forget(struct session *session, struct asset *asset)
{
    session->buffers.asset_bytes -= asset->bytes;
    g_hash_table_remove(session->buffers.assets, asset->name);
}

static struct problem *check_limits(struct session *session, struct asset *asset)
{
    struct buffers *buffers = &session->buffers;
    if (buffers->asset_bytes <= buffers->max_assets &&
        g_hash_table_size(buffers->assets) <= MAX_ASSETS)
        return NULL;
    session->ports.delete_asset(session->ports.data, asset->name, NULL);
    forget(session, asset);
    return problem_new(507,
                       "there is no room for another sound: all may take %" G_GUINT64_FORMAT
                       " bytes (max-assets) and be %d; delete some",
                       buffers->max_assets, MAX_ASSETS);
}

void session_on_sound(struct session *session, guint ticket, const char *name, const char *title,
                      const json_t *facts, struct problem *problem, int64_t now)
{
    struct buffers *buffers = &session->buffers;
    struct call *call = g_hash_table_lookup(buffers->uploads, GUINT_TO_POINTER(ticket));
    session->now = now;
    g_hash_table_remove(buffers->uploads, GUINT_TO_POINTER(ticket));
    bool is_new = !problem && !g_hash_table_lookup(buffers->assets, name);
    if (!problem)
        session_add_asset(session, name, title, facts);
    struct asset *asset = problem ? NULL : g_hash_table_lookup(buffers->assets, name);
    if (is_new)
        problem = check_limits(session, asset);
    if (!call) {
        // Who sent it is gone; the sound stays.
        problem_destroy(problem);
    } else if (problem) {
        call_fail(call, problem);
    } else if (strcmp(call->command->method, "asset.add") == 0) {
        call_succeed(call, asset_to_json(buffers, asset));
    } else if (session_require_server(session, call)) {
        buffer_make(session, call, asset);
    }
    session_schedule(session);
}

static void asset_add(struct session *session, struct call *call)
{
    if (call->upload)
        upload_begin(session, call);
    else
        call_fail(call, problem_new(422, "the body must be a sound file"));
}

// --- the others ----------------------------------------------------------------------------------

// Looked up among those that are known, so that no name leads anywhere else.
static struct asset *asset_of(struct session *session, struct call *call)
{
    const char *name = call_string(call, "asset");
    struct asset *asset = g_hash_table_lookup(session->buffers.assets, name);
    if (!asset)
        call_fail(call, problem_new(404, "there is no asset \"%s\"", name));
    return asset;
}

static void asset_delete(struct session *session, struct call *call)
{
    struct asset *asset = asset_of(session, call);
    g_autoptr(GError) error = NULL;
    if (!asset)
        return;
    if (asset_is_used(&session->buffers, asset)) {
        call_fail(call, problem_new(409, "a buffer is made of it; free that first"));
    } else if (!session->ports.delete_asset(session->ports.data, asset->name, &error)) {
        call_fail(call, problem_from_error(error));
    } else {
        forget(session, asset);
        call_succeed(call, NULL);
    }
}

static void asset_audio(struct session *session, struct call *call)
{
    const struct asset *asset = asset_of(session, call);
    if (!asset)
        return;
    g_autofree char *path = session->ports.asset_path(session->ports.data, asset->name);
    g_autofree char *filename = g_strconcat(asset->title ? asset->title : "sound", ".wav", NULL);
    call_succeed(
        call, json_pack("{s:s s:s s:s}", "path", path, "type", "audio/wav", "filename", filename));
}

#define ASSET                                                                                      \
    {                                                                                              \
        "asset", PARAM_STRING, true, "name of the asset"                                           \
    }

static const struct command list = {
    "asset.list",
    "GET",
    "/v1/assets",
    SCOPE_READ,
    BODY_NONE,
    BODY_JSON,
    200,
    .words = "Every sound that is kept.",
    .result = "assets",
    .example = "{}",
    .handle = asset_list,
};
static const struct command add = {
    "asset.add",
    "POST",
    "/v1/assets",
    SCOPE_PLAY,
    BODY_UPLOAD,
    BODY_JSON,
    201,
    "/v1/assets/{asset}/audio",
    .rest_only = true,
    .words = "Keeps a sound: a WAV, AIFF, FLAC or Ogg file as body.",
    .result = "asset",
    .params = {{"name", PARAM_STRING, false, "what to call it"}},
    .handle = asset_add,
};
static const struct command delete = {
    "asset.delete",
    "DELETE",
    "/v1/assets/{asset}",
    SCOPE_PLAY,
    BODY_NONE,
    BODY_NONE,
    204,
    .words = "Deletes a sound that no buffer is made of.",
    .params = {ASSET},
    .handle = asset_delete,
};
static const struct command audio = {
    "asset.audio",
    "GET",
    "/v1/assets/{asset}/audio",
    SCOPE_READ,
    BODY_NONE,
    BODY_FILE,
    200,
    .rest_only = true,
    .words = "A sound as a WAV file.",
    .params = {ASSET},
    .handle = asset_audio,
};

const struct command *const asset_commands[] = {&list, &add, &delete, &audio, NULL};
