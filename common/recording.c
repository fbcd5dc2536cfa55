// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/recording.h"

#include <string.h>

#include "common/error.h"
#include "common/take.h"

#define MAX_ID 64
#define MAX_ROOM 128
#define MAX_DETAIL 4096
#define MAX_NUMBER 1e15 // of bytes and frames
#define MAX_SIDECAR 65536

static const char *const formats[] = {"wav", "flac"};
static const char *const states[] = {"starting", "recording", "stopping",
                                     "done",     "failed",    "interrupted"};

struct recording *recording_new(const char *id, const char *room, const char *name)
{
    struct recording *recording = g_new0(struct recording, 1);
    recording->id = g_strdup(id);
    recording->room = g_strdup(room);
    recording->name = g_strdup(name);
    recording->split = RECORDING_MAX_SPLIT;
    recording->parts = g_array_new(FALSE, FALSE, sizeof(struct recording_part));
    return recording;
}

struct recording *recording_copy(const struct recording *recording)
{
    struct recording *copy = g_new(struct recording, 1);
    *copy = *recording;
    copy->id = g_strdup(recording->id);
    copy->room = g_strdup(recording->room);
    copy->name = g_strdup(recording->name);
    copy->detail = g_strdup(recording->detail);
    copy->parts = g_array_copy(recording->parts);
    return copy;
}

void recording_destroy(struct recording *recording)
{
    if (!recording)
        return;
    g_free(recording->id);
    g_free(recording->room);
    g_free(recording->name);
    g_free(recording->detail);
    g_array_unref(recording->parts);
    g_free(recording);
}

bool recording_id_is_good(const char *id)
{
    gsize length = strlen(id);
    for (const char *at = id; *at; at++)
        if (!g_ascii_isalnum(*at) && *at != '-')
            return false;
    return length > 0 && length <= MAX_ID;
}

bool recording_is_active(const struct recording *recording)
{
    return recording->state <= RECORDING_STOPPING;
}

const struct recording_part *recording_part(const struct recording *recording, guint i)
{
    return &g_array_index(recording->parts, struct recording_part, i);
}

guint64 recording_bytes(const struct recording *recording)
{
    guint64 bytes = 0;
    for (guint i = 0; i < recording->parts->len; i++)
        bytes += recording_part(recording, i)->bytes;
    return bytes;
}

guint64 recording_frames(const struct recording *recording)
{
    guint64 frames = 0;
    for (guint i = 0; i < recording->parts->len; i++)
        frames += recording_part(recording, i)->frames;
    return frames;
}

const char *recording_format_name(enum recording_format format)
{
    return formats[format];
}

char *recording_part_name(const struct recording *recording, guint i)
{
    return g_strdup_printf("%u.%s", i + 1, formats[recording->format]);
}

json_t *recording_to_json(const struct recording *r)
{
    json_t *parts = json_array();
    for (guint i = 0; i < r->parts->len; i++) {
        const struct recording_part *part = recording_part(r, i);
        json_array_append_new(parts, json_pack("{s:I s:I}", "bytes", (json_int_t)part->bytes,
                                               "frames", (json_int_t)part->frames));
    }
    json_t *json =
        json_pack("{s:s s:s s:s s:s s:s s:f s:f s:f s:I s:I s:o}", "id", r->id, "room", r->room,
                  "name", r->name, "format", formats[r->format], "state", states[r->state],
                  "started", r->started, "length", r->seconds, "split", r->split, "lost",
                  (json_int_t)r->lost, "xruns", (json_int_t)r->xruns, "parts", parts);
    if (r->status)
        json_object_set_new(json, "status", json_integer(r->status));
    if (r->detail)
        json_object_set_new(json, "detail", json_string(r->detail));
    return json;
}

// --- reading ------------------------------------------------------------------------------------

static bool take_count(const struct taking *take, const char *key, guint64 *count)
{
    double number;
    if (!take_number(take, key, 0, MAX_NUMBER, &number))
        return false;
    *count = (guint64)number;
    return true;
}

static bool take_parts(const struct taking *take, GArray *parts)
{
    const json_t *array = json_object_get(take->json, "parts"), *entry;
    if (!json_is_array(array) || json_array_size(array) > RECORDING_MAX_PARTS)
        return take_fail(take, "parts", "an array of fitting length");
    size_t i;
    json_array_foreach(array, i, entry)
    {
        struct taking each = take_inside(take, entry);
        struct recording_part part;
        if (!take_count(&each, "bytes", &part.bytes) || !take_count(&each, "frames", &part.frames))
            return false;
        g_array_append_val(parts, part);
    }
    return true;
}

static bool take_ending(const struct taking *take, struct recording *r)
{
    if (json_object_get(take->json, "status") &&
        !take_integer(take, "status", 400, 599, &r->status))
        return false;
    return take_text(take, "detail", true, MAX_DETAIL, &r->detail);
}

static bool take_members(const struct taking *take, struct recording *r)
{
    int format, state;
    if (!take_text(take, "id", false, MAX_ID, &r->id))
        return false;
    if (!recording_id_is_good(r->id))
        return take_fail(take, "id", "letters, digits and hyphens");
    if (!take_text(take, "room", false, MAX_ROOM, &r->room) ||
        !take_text(take, "name", false, RECORDING_MAX_NAME, &r->name) ||
        !take_word(take, "format", formats, G_N_ELEMENTS(formats), "one of its words", &format) ||
        !take_word(take, "state", states, G_N_ELEMENTS(states), "one of its words", &state))
        return false;
    r->format = (enum recording_format)format;
    r->state = (enum recording_state)state;
    return take_number(take, "started", 0, 1e12, &r->started) &&
           take_number(take, "length", 0, RECORDING_MAX_SECONDS, &r->seconds) &&
           take_number(take, "split", RECORDING_MIN_SPLIT, RECORDING_MAX_SPLIT, &r->split) &&
           take_count(take, "lost", &r->lost) && take_count(take, "xruns", &r->xruns) &&
           take_parts(take, r->parts) && take_ending(take, r);
}

struct recording *recording_from_json(const json_t *json, GError **error)
{
    struct recording *recording = recording_new("", "", "");
    struct taking take = {"recording", json, error};
    if (take_members(&take, recording))
        return recording;
    recording_destroy(recording);
    return NULL;
}

struct recording *recording_read(const char *dir, const char *id, GError **error)
{
    g_autofree char *path = g_build_filename(dir, id, RECORDING_FILE, NULL);
    g_autofree char *text = NULL;
    gsize length;
    json_error_t failure;
    if (!g_file_get_contents(path, &text, &length, error))
        return NULL;
    json_t *json =
        length <= MAX_SIDECAR ? json_loadb(text, length, JSON_REJECT_DUPLICATES, &failure) : NULL;
    struct recording *recording = recording_from_json(json, error);
    json_decref(json);
    if (recording && strcmp(recording->id, id) != 0) {
        take_fail(&(struct taking){"recording", NULL, error}, "id", "the name of its folder");
        g_clear_pointer(&recording, recording_destroy);
    }
    if (!recording)
        g_prefix_error(error, "%s: ", path);
    return recording;
}
