// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/token.h"
#include "controller/core/commands/commands.h"
#include "controller/core/listening/listeners.h"
#include "controller/core/listening/recordings.h"

#define LINK_SECONDS "3600" // that a link is good for, where nothing else is asked
#define LINK_MAX_SECONDS 86400

static void recording_list(struct session *session, struct call *call)
{
    call_succeed(call, json_pack("{s:o}", "recordings", recordings_to_json(session)));
}

// NULL with the call answered by 404 where there is none.
static struct take *take_of(struct session *session, struct call *call)
{
    struct take *take = recordings_find(session, call_string(call, "id"));
    if (!take || take->start.call) {
        call_fail(call, problem_new(404, "there is no recording \"%s\"", call_string(call, "id")));
        return NULL;
    }
    return take;
}

static void recording_show(struct session *session, struct call *call)
{
    struct take *take = take_of(session, call);
    if (take)
        call_succeed(call, take_to_json(take));
}

static void recording_stop(struct session *session, struct call *call)
{
    struct take *take = take_of(session, call);
    if (take)
        recordings_stop_one(session, call, take);
}

static void recording_delete(struct session *session, struct call *call)
{
    struct take *take = take_of(session, call);
    if (take)
        recordings_delete(session, call, take);
}

// "take one.wav", "take one-2.wav": what a browser saves a part as.
static char *file_name(const struct recording *recording, guint part)
{
    const char *stem = *recording->name ? recording->name : recording->id;
    const char *suffix = recording_format_name(recording->format);
    char *name = recording->parts->len > 1 ? g_strdup_printf("%s-%u.%s", stem, part + 1, suffix)
                                           : g_strdup_printf("%s.%s", stem, suffix);
    return g_strdelimit(name, "/\\", '-');
}

static void recording_audio(struct session *session, struct call *call)
{
    struct take *take = take_of(session, call);
    if (!take)
        return;
    const struct recording *recording = take->recording;
    guint part = call_integer(call, "part") - 1;
    if (part >= recording->parts->len) {
        call_fail(call, problem_new(404, "the recording has %u parts", recording->parts->len));
        return;
    }
    g_autofree char *file = recording_part_name(recording, part);
    g_autofree char *path = g_build_filename(session->recordings_dir, recording->id, file, NULL);
    g_autofree char *name = file_name(recording, part);
    const char *type = recording->format == RECORDING_FLAC ? "audio/flac" : "audio/wav";
    call_succeed(call, json_pack("{s:s s:s s:s}", "path", path, "type", type, "filename", name));
}

static void recording_link(struct session *session, struct call *call)
{
    struct take *take = take_of(session, call);
    if (!take)
        return;
    const char *id = take->recording->id;
    gint64 expires = (gint64)session_real_seconds(session) + call_integer(call, "seconds");
    g_autofree char *bearer = listener_new_id(session);
    struct token leave = {id, "recording.audio", bearer, expires};
    g_autofree char *token = token_sign(session->stream_token, &leave);
    g_autofree char *path = g_strdup_printf("/v1/recordings/%s/audio?token=%s", id, token);
    call_succeed(call, json_pack("{s:s s:s s:I}", "path", path, "token", token, "expires",
                                 (json_int_t)expires));
}

#define ID                                                                                         \
    {                                                                                              \
        "id", PARAM_STRING, true, "id of the recording"                                            \
    }

static const struct command list = {
    "recording.list",
    "GET",
    "/v1/recordings",
    SCOPE_READ,
    BODY_NONE,
    BODY_JSON,
    200,
    .words = "Every recording, the newest first.",
    .result = "recordings",
    .example = "{}",
    .handle = recording_list,
};
static const struct command start = {
    "recording.start",
    "POST",
    "/v1/recordings",
    SCOPE_PLAY,
    BODY_JSON,
    BODY_JSON,
    201,
    .location = "/v1/recordings/{id}",
    .words = "Records a room to a sound file, 24 bit; answered when it has begun.",
    .params = {{"room", PARAM_STRING, false, "room that is recorded", .fallback = "\"main\""},
               {"format", PARAM_STRING, false, "kind of file", .choices = "wav|flac",
                .fallback = "\"wav\""},
               {"name", PARAM_STRING, false, "what people call it", .max = RECORDING_MAX_NAME},
               {"split", PARAM_INTEGER, false, "most that a file may have before the next begins",
                "bytes", .min = RECORDING_MIN_SPLIT, .max = RECORDING_MAX_SPLIT,
                .fallback = "2000000000"},
               {"seconds", PARAM_NUMBER, false, "length after which it ends by itself", "s",
                .min = 0.1, .max = RECORDING_MAX_SECONDS}},
    .result = "recording",
    .example = "{\"name\":\"take one\",\"format\":\"flac\",\"seconds\":0.5}",
    .handle = recordings_start,
};
static const struct command show = {
    "recording.show",
    "GET",
    "/v1/recordings/{id}",
    SCOPE_READ,
    BODY_NONE,
    BODY_JSON,
    200,
    .words = "One recording.",
    .params = {ID},
    .result = "recording",
    .example = "{\"id\":\"20261121-101856\"}",
    .handle = recording_show,
};
static const struct command stop = {
    "recording.stop",
    "POST",
    "/v1/recordings/{id}/stop",
    SCOPE_PLAY,
    BODY_JSON,
    BODY_JSON,
    200,
    .words = "Ends a recording; answered when its file is whole.",
    .params = {ID},
    .result = "recording",
    .example = "{\"id\":\"20261121-101856\"}",
    .handle = recording_stop,
};
static const struct command delete = {
    "recording.delete",
    "DELETE",
    "/v1/recordings/{id}",
    SCOPE_PLAY,
    BODY_NONE,
    BODY_NONE,
    204,
    .words = "Deletes a recording that has ended, with its files.",
    .params = {ID},
    .example = "{\"id\":\"20261121-101856\"}",
    .handle = recording_delete,
};
static const struct command audio = {
    "recording.audio",
    "GET",
    "/v1/recordings/{id}/audio",
    SCOPE_READ,
    BODY_NONE,
    BODY_FILE,
    200,
    .rest_only = true,
    .by_token = true,
    .words = "A recording's sound, or the part of the file that the header Range asks for; while "
             "it is recorded, what is there so far.",
    .params = {ID,
               {"part", PARAM_INTEGER, false, "which of its files", .min = 1,
                .max = RECORDING_MAX_PARTS, .fallback = "1"},
               {"token", PARAM_STRING, false, "of recording.link, in place of the key",
                .max = TOKEN_MAX}},
    .example = "{\"id\":\"20261121-101856\",\"part\":1}",
    .handle = recording_audio,
};

static const struct command link_row = {
    "recording.link",
    "POST",
    "/v1/recordings/{id}/link",
    SCOPE_READ,
    BODY_JSON,
    BODY_JSON,
    200,
    .words = "An address of a recording's sound that needs no key, for a while.",
    .params = {ID,
               {"seconds", PARAM_INTEGER, false, "how long it is good for", "s", .min = 1,
                .max = LINK_MAX_SECONDS, .fallback = LINK_SECONDS}},
    .result = "recording_link",
    .example = "{\"id\":\"20261121-101856\"}",
    .handle = recording_link,
};

const struct command *const recording_commands[] = {&list,   &start, &show,     &stop,
                                                    &delete, &audio, &link_row, NULL};
