// SPDX-License-Identifier: GPL-3.0-or-later
#include <string.h>

#include "controller/core/commands/buffer.h"
#include "controller/core/commands/commands.h"
#include "controller/core/session_own.h"

#define MAX_HELD 64 // calls of one buffer that come after what it is busy with

struct buffer *call_buffer(struct session *session, struct call *call)
{
    const char *id = call_string(call, "id");
    struct buffer *buffer = buffers_named(&session->buffers, id);
    if (!session_require_server(session, call))
        return NULL;
    if (!buffer)
        call_fail(call, problem_new(404, "there is no buffer \"%s\"", id));
    else if (buffer->busy && buffer->held.length >= MAX_HELD)
        call_fail(call, problem_new(503, "too many commands wait for buffer %d", buffer->number));
    else if (buffer->busy)
        g_queue_push_tail(&buffer->held, call);
    else
        return buffer;
    return NULL;
}

struct buffer *call_ready_buffer(struct session *session, struct call *call)
{
    struct buffer *buffer = call_buffer(session, call);
    if (!buffer || buffer->state == BUFFER_READY)
        return buffer;
    call_fail(call, problem_new(409, "scsynth does not have buffer %d any more; free it",
                                buffer->number));
    return NULL;
}

static int compare_numbers(gconstpointer a, gconstpointer b)
{
    const struct buffer *const *x = a, *const *y = b;
    return ((*x)->number > (*y)->number) - ((*x)->number < (*y)->number);
}

static void buffer_list(struct session *session, struct call *call)
{
    const struct buffers *buffers = &session->buffers;
    g_autoptr(GPtrArray) sorted = buffers_sorted(buffers->buffers, compare_numbers);
    json_t *list = json_array();
    for (guint i = 0; i < sorted->len; i++)
        json_array_append_new(list, buffer_to_json(g_ptr_array_index(sorted, i)));
    int first, share = buffers_share(buffers, session->client_id, session->max_logins, &first);
    call_succeed(call, json_pack("{s:o s:i s:i s:I s:I}", "buffers", list, "first", first, "share",
                                 share, "bytes", (json_int_t)buffers_memory(buffers), "max_bytes",
                                 (json_int_t)buffers->max_memory));
}

// --- making one ---------------------------------------------------------------------------------

static struct problem *wrong(const char *field, const char *what)
{
    struct problem *problem = problem_new(422, "the buffer cannot be made: %s %s", field, what);
    problem_add(problem, field, "%s", what);
    return problem;
}

// What is free to be made: frames, channels and start in `buffer`, within the asset and the limits.
static struct problem *measure(const struct session *session, const struct call *call,
                               const struct asset *asset, struct buffer *buffer)
{
    const struct buffers *buffers = &session->buffers;
    int64_t start = call_integer(call, "start"), frames = call_integer(call, "frames");
    if (asset && call_has(call, "channels"))
        return wrong("channels", "a sound has its own");
    if (!asset && call_has(call, "start"))
        return wrong("start", "needs an asset");
    if (!asset && !frames)
        return wrong("frames", "is required, or an asset, or a sound file as body");
    if (asset && start >= asset->frames)
        return wrong("start", "is behind the end of the sound");
    if (asset && frames > asset->frames - start)
        return wrong("frames", "leads behind the end of the sound");
    int channels = asset                        ? asset->channels
                   : call_has(call, "channels") ? call_integer(call, "channels")
                                                : 1;
    guint64 samples = (asset && !frames ? asset->frames - start : frames) * (guint64)channels;
    if (samples > BUFFERS_MAX_SAMPLES || samples * sizeof(float) > buffers->max_memory)
        return wrong("frames", "is more than a buffer may have");
    if (buffers_memory(buffers) + samples * sizeof(float) > buffers->max_memory)
        return problem_new(507,
                           "all buffers together may take %" G_GUINT64_FORMAT
                           " bytes (max-buffers); free some",
                           buffers->max_memory);
    buffer->start = start;
    buffer->channels = channels;
    buffer->frames = (int)(samples / channels);
    return NULL;
}

struct problem *buffer_check_name(const char *name)
{
    if (!name || (*name && strlen(name) <= BUFFERS_MAX_NAME && !g_ascii_isdigit(*name)))
        return NULL;
    struct problem *problem = problem_new(422, "the buffer cannot have that name");
    problem_add(problem, "name", "must be 1 to %d bytes and not begin with a digit",
                BUFFERS_MAX_NAME);
    return problem;
}

static void answer_new(struct session *session, struct wait *wait, struct problem *problem)
{
    int number = wait->node;
    struct buffer *buffer = buffers_find(&session->buffers, number);
    if (!problem && !buffer->confirmed)
        problem = problem_new(507, "scsynth could not make the buffer; is there memory for it?");
    if (!problem) {
        buffer_made(session, buffer);
        call_succeed(wait->call, buffer_to_json(buffer));
        buffer_end(session, number);
        return;
    }
    // It may still come into being.
    if (session->state == SERVER_RUNNING)
        batch_add(&session->batch, osc_message_new("/b_free", "i", number));
    call_fail(wait->call, problem);
    buffer_removed(session, buffer);
}

void buffer_make(struct session *session, struct call *call, const struct asset *asset)
{
    struct buffer measured = {0};
    struct problem *problem = buffer_check_name(call_string(call, "name"));
    if (!problem)
        problem = measure(session, call, asset, &measured);
    int number =
        problem ? -1
                : buffers_new_number(&session->buffers, session->client_id, session->max_logins);
    if (!problem && number < 0)
        problem = problem_new(507, "all buffers that Farfield may use are in use; free some");
    if (problem) {
        call_fail(call, problem);
        return;
    }
    struct buffer *buffer = buffers_add(&session->buffers, number, call_string(call, "name"));
    buffer->frames = measured.frames;
    buffer->channels = measured.channels;
    buffer->start = measured.start;
    buffer->asset = asset;
    g_autoptr(GError) error = NULL;
    struct osc_message *message = buffer_make_message(session, buffer, &error);
    if (!message) {
        buffer_removed(session, buffer);
        call_fail(call, problem_from_error(error));
        return;
    }
    const char *address = asset ? "/b_allocRead" : "/b_alloc";
    batch_add(&session->batch, message);
    buffer_begin(buffer);
    wait_add(session, WAIT_SYNC, call, address, number, answer_new);
}

static void buffer_new(struct session *session, struct call *call)
{
    const char *name = call_string(call, "asset");
    const struct asset *asset = name ? g_hash_table_lookup(session->buffers.assets, name) : NULL;
    if (!session_require_server(session, call))
        return;
    if (call->upload) {
        upload_begin(session, call);
    } else if (name && !asset) {
        struct problem *problem = problem_new(422, "there is no such asset");
        problem_add(problem, "asset", "is none of asset.list");
        call_fail(call, problem);
    } else {
        buffer_make(session, call, asset);
    }
}

// --- asking and freeing --------------------------------------------------------------------------

static void answer_show(struct session *session, struct wait *wait, struct problem *problem)
{
    struct buffer *buffer = buffers_find(&session->buffers, wait->node);
    if (!problem && !buffer)
        problem = problem_new(404, "there is no buffer %d", wait->node);
    if (problem) {
        call_fail(wait->call, problem);
        return;
    }
    enum buffer_state before = buffer->state;
    if (!buffer->busy)
        buffer->state = buffer->confirmed ? BUFFER_READY : BUFFER_LOST;
    if (buffer->state != before)
        buffer_changed(session, buffer);
    call_succeed(wait->call, buffer_to_json(buffer));
}

// Others may have freed it, or filled its number: scsynth is asked, where it has nothing else to
// do.
static void buffer_show(struct session *session, struct call *call)
{
    const char *id = call_string(call, "id");
    const struct buffer *buffer = buffers_named(&session->buffers, id);
    if (!buffer) {
        call_fail(call, problem_new(404, "there is no buffer \"%s\"", id));
    } else if (buffer->busy || session->state != SERVER_RUNNING) {
        call_succeed(call, buffer_to_json(buffer));
    } else {
        batch_add(&session->batch, osc_message_new("/b_query", "i", buffer->number));
        wait_add(session, WAIT_SYNC, call, "/b_query", buffer->number, answer_show);
    }
}

static void answer_free(struct session *session, struct wait *wait, struct problem *problem)
{
    if (problem)
        call_fail(wait->call, problem);
    else
        call_succeed(wait->call, NULL);
}

// It is forgotten at once: whatever becomes of scsynth, it is not to come back.
static void buffer_free(struct session *session, struct call *call)
{
    struct buffer *buffer = call_buffer(session, call);
    if (!buffer)
        return;
    int number = buffer->number;
    batch_add(&session->batch, osc_message_new("/b_free", "i", number));
    buffer_removed(session, buffer);
    wait_add(session, WAIT_SYNC, call, "/b_free", number, answer_free);
}

// --- as a file -----------------------------------------------------------------------------------

static void answer_audio(struct session *session, struct wait *wait, struct problem *problem)
{
    int number = wait->node;
    const struct buffer *buffer = buffers_find(&session->buffers, number);
    const char *path = wait->extra;
    guint64 least = buffer_samples(buffer) * sizeof(float);
    if (!problem && session->ports.file_size(session->ports.data, path) < least)
        problem = problem_new(507, "the file could not be written; is the disk full?");
    if (problem) {
        session->ports.delete_file(session->ports.data, path);
        call_fail(wait->call, problem);
    } else {
        g_autofree char *filename = buffer->name ? g_strconcat(buffer->name, ".wav", NULL)
                                                 : g_strdup_printf("buffer-%d.wav", number);
        call_succeed(wait->call, json_pack("{s:s s:s s:s s:b}", "path", path, "type", "audio/wav",
                                           "filename", filename, "delete", 1));
    }
    buffer_end(session, number);
}

// What is in it now: synths may have recorded into it.
static void buffer_audio(struct session *session, struct call *call)
{
    struct buffer *buffer = call_ready_buffer(session, call);
    if (!buffer)
        return;
    g_autoptr(GError) error = NULL;
    char *path = session->ports.scratch_file(session->ports.data, buffer->number,
                                             buffer_samples(buffer) * sizeof(float), &error);
    if (!path) {
        call_fail(call, problem_from_error(error));
        return;
    }
    batch_add(&session->batch, osc_message_new("/b_write", "isssiii", buffer->number, path, "wav",
                                               "float", -1, 0, 0));
    buffer_begin(buffer);
    struct wait *wait =
        wait_add(session, WAIT_SYNC, call, "/b_write", buffer->number, answer_audio);
    wait->extra = path;
    wait->free_extra = g_free;
}

// --- the table -----------------------------------------------------------------------------------

static const struct command list = {
    "buffer.list",
    "GET",
    "/v1/buffers",
    SCOPE_READ,
    BODY_NONE,
    BODY_JSON,
    200,
    .words = "Every buffer, and which numbers are ours.",
    .result = "buffers",
    .example = "{}",
    .handle = buffer_list,
};
static const struct command new = {
    "buffer.new",
    "POST",
    "/v1/buffers",
    SCOPE_PLAY,
    BODY_UPLOAD,
    BODY_JSON,
    201,
    "/v1/buffers/{id}",
    .waits = true,
    .words = "Makes a buffer: of silence, of an asset, or of a sound file that comes as body.",
    .result = "buffer",
    .example = "{\"frames\": 1024, \"channels\": 1}",
    .params = {{"frames", PARAM_INTEGER, false, "length; of an asset all, unless it is given",
                .min = 1, .max = BUFFERS_MAX_SAMPLES},
               {"channels", PARAM_INTEGER, false, "of silence; 1 unless it is given", .min = 1,
                .max = 64},
               {"asset", PARAM_STRING, false, "sound of asset.list that fills it"},
               {"start", PARAM_INTEGER, false, "frame of the asset that comes first", .min = 0,
                .max = G_MAXINT32},
               {"name", PARAM_STRING, false,
                "a name to call it by, which it takes over from any other buffer"}},
    .handle = buffer_new,
};
static const struct command show = {
    "buffer.show",
    "GET",
    "/v1/buffers/{id}",
    SCOPE_READ,
    BODY_NONE,
    BODY_JSON,
    200,
    .waits = true,
    .example = "{\"id\":\"table\"}",
    .words = "One buffer, as scsynth has it now.",
    .result = "buffer",
    .params = {BUFFER_ID},
    .handle = buffer_show,
};
static const struct command delete = {
    "buffer.free",
    "DELETE",
    "/v1/buffers/{id}",
    SCOPE_PLAY,
    BODY_NONE,
    BODY_NONE,
    204,
    .waits = true,
    .example = "{\"id\":\"table\"}",
    .words = "Frees a buffer.",
    .params = {BUFFER_ID},
    .handle = buffer_free,
};
static const struct command audio = {
    "buffer.audio",
    "GET",
    "/v1/buffers/{id}/audio",
    SCOPE_READ,
    BODY_NONE,
    BODY_FILE,
    200,
    .rest_only = true,
    .waits = true,
    .example = "{\"id\":\"table\"}",
    .words = "What is in a buffer now, as a WAV file of float32.",
    .params = {BUFFER_ID},
    .handle = buffer_audio,
};

const struct command *const buffer_commands[] = {&list, &new, &show, &delete, &audio, NULL};
