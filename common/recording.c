// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/recording.h"

#include <math.h>
#include <string.h>

#include "common/error.h"

#define MAX_ID 64
#define MAX_ROOM 128
#define MAX_DETAIL 4096
#define MAX_NUMBER 1e15 // of bytes and frames
#define MAX_SIDECAR 65536

static const char *const formats[] = {"wav", "flac", NULL};
static const char *const states[] = {"starting", "recording",   "stopping", "done",
                                     "failed",   "interrupted", NULL};

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

static bool fail(GError **error, const char *member, const char *expected)
{
    g_set_error(error, FARFIELD_ERROR, ERROR_INVALID, "recording: %s must be %s", member, expected);
    return false;
}

static bool take_text(const json_t *json, const char *key, size_t max, char **text, GError **error)
{
    const json_t *value = json_object_get(json, key);
    if (!json_is_string(value) || json_string_length(value) > max)
        return fail(error, key, "a string of fitting length");
    g_free(*text);
    *text = g_strdup(json_string_value(value));
    return true;
}

static bool take_number(const json_t *json, const char *key, double min, double max, double *number,
                        GError **error)
{
    const json_t *value = json_object_get(json, key);
    double n = json_number_value(value);
    if (!json_is_number(value) || !isfinite(n) || n < min || n > max)
        return fail(error, key, "a number in range");
    *number = n;
    return true;
}

static bool take_count(const json_t *json, const char *key, guint64 *count, GError **error)
{
    double number;
    if (!take_number(json, key, 0, MAX_NUMBER, &number, error))
        return false;
    *count = (guint64)number;
    return true;
}

static bool take_choice(const json_t *json, const char *key, const char *const *choices,
                        int *choice, GError **error)
{
    const char *name = json_string_value(json_object_get(json, key));
    for (int i = 0; choices[i]; i++) {
        if (g_strcmp0(name, choices[i]) == 0) {
            *choice = i;
            return true;
        }
    }
    return fail(error, key, "one of its words");
}

static bool take_parts(const json_t *json, GArray *parts, GError **error)
{
    const json_t *array = json_object_get(json, "parts"), *entry;
    if (!json_is_array(array) || json_array_size(array) > RECORDING_MAX_PARTS)
        return fail(error, "parts", "an array of fitting length");
    size_t i;
    json_array_foreach(array, i, entry)
    {
        struct recording_part part;
        if (!take_count(entry, "bytes", &part.bytes, error) ||
            !take_count(entry, "frames", &part.frames, error))
            return false;
        g_array_append_val(parts, part);
    }
    return true;
}

static bool take_ending(const json_t *json, struct recording *r, GError **error)
{
    double status = 0;
    if (json_object_get(json, "status") && !take_number(json, "status", 400, 599, &status, error))
        return false;
    r->status = (int)status;
    return !json_object_get(json, "detail") ||
           take_text(json, "detail", MAX_DETAIL, &r->detail, error);
}

static bool take_members(const json_t *json, struct recording *r, GError **error)
{
    int format, state;
    if (!take_text(json, "id", MAX_ID, &r->id, error))
        return false;
    if (!recording_id_is_good(r->id))
        return fail(error, "id", "letters, digits and hyphens");
    if (!take_text(json, "room", MAX_ROOM, &r->room, error) ||
        !take_text(json, "name", RECORDING_MAX_NAME, &r->name, error) ||
        !take_choice(json, "format", formats, &format, error) ||
        !take_choice(json, "state", states, &state, error))
        return false;
    r->format = (enum recording_format)format;
    r->state = (enum recording_state)state;
    return take_number(json, "started", 0, 1e12, &r->started, error) &&
           take_number(json, "length", 0, RECORDING_MAX_SECONDS, &r->seconds, error) &&
           take_number(json, "split", RECORDING_MIN_SPLIT, RECORDING_MAX_SPLIT, &r->split, error) &&
           take_count(json, "lost", &r->lost, error) &&
           take_count(json, "xruns", &r->xruns, error) && take_parts(json, r->parts, error) &&
           take_ending(json, r, error);
}

struct recording *recording_from_json(const json_t *json, GError **error)
{
    struct recording *recording = recording_new("", "", "");
    if (take_members(json, recording, error))
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
        fail(error, "id", "the name of its folder");
        g_clear_pointer(&recording, recording_destroy);
    }
    if (!recording)
        g_prefix_error(error, "%s: ", path);
    return recording;
}
