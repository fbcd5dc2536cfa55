// SPDX-License-Identifier: GPL-3.0-or-later
#include "controller/core/listening/recordings.h"

#include <string.h>

#include "common/log.h"
#include "controller/core/session_own.h"

static void take_destroy(gpointer data)
{
    struct take *take = data;
    recording_destroy(take->recording);
    g_array_unref(take->stops);
    g_free(take);
}

void recordings_init(struct session *session)
{
    session->recordings = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, take_destroy);
}

void recordings_clear(struct session *session)
{
    g_clear_pointer(&session->recordings, g_hash_table_unref);
    g_free(session->recordings_dir);
}

struct take *recordings_find(const struct session *session, const char *id)
{
    return g_hash_table_lookup(session->recordings, id);
}

static GArray *new_stops(void)
{
    return g_array_new(FALSE, FALSE, sizeof(struct awaited));
}

// The caller owns them; they are answered in the order in which they were asked.
static GArray *steal_stops(struct take *take)
{
    GArray *stops = take->stops;
    take->stops = new_stops();
    return stops;
}

// Takes `recording`.
static struct take *add_take(struct session *session, struct recording *recording)
{
    struct take *take = g_new0(struct take, 1);
    take->recording = recording;
    take->stops = new_stops();
    g_hash_table_insert(session->recordings, recording->id, take);
    return take;
}

void session_add_recording(struct session *session, struct recording *recording)
{
    if (recordings_find(session, recording->id))
        recording_destroy(recording);
    else
        add_take(session, recording);
}

// --- as clients see it --------------------------------------------------------------------------

static double seconds_of(guint64 frames)
{
    return (double)frames / RECORDING_RATE;
}

json_t *take_to_json(const struct take *take)
{
    const struct recording *r = take->recording;
    json_t *json = recording_to_json(r), *parts = json_array();
    for (guint i = 0; i < r->parts->len; i++) {
        const struct recording_part *part = recording_part(r, i);
        json_array_append_new(parts, json_pack("{s:i s:I s:f}", "part", (int)i + 1, "bytes",
                                               (json_int_t)part->bytes, "seconds",
                                               seconds_of(part->frames)));
    }
    json_object_set_new(json, "parts", parts);
    json_object_set_new(json, "bytes", json_integer(recording_bytes(r)));
    json_object_set_new(json, "frames", json_integer(recording_frames(r)));
    json_object_set_new(json, "seconds", json_real(seconds_of(recording_frames(r))));
    json_object_set_new(json, "rate", json_integer(RECORDING_RATE));
    json_object_set_new(json, "channels", json_integer(LINK_CHANNELS));
    json_object_set_new(json, "split", json_integer((json_int_t)r->split));
    if (r->seconds == 0)
        json_object_del(json, "length");
    json_object_del(json, "status");
    return json;
}

static int newest_first(gconstpointer a, gconstpointer b)
{
    const struct take *const *x = a, *const *y = b;
    return strcmp((*y)->recording->id, (*x)->recording->id);
}

json_t *recordings_to_json(const struct session *session)
{
    json_t *list = json_array();
    g_autoptr(GPtrArray) takes = g_ptr_array_new();
    GHashTableIter iter;
    gpointer take;
    g_hash_table_iter_init(&iter, session->recordings);
    while (g_hash_table_iter_next(&iter, NULL, &take))
        g_ptr_array_add(takes, take);
    g_ptr_array_sort(takes, newest_first);
    for (guint i = 0; i < takes->len; i++)
        json_array_append_new(list, take_to_json(g_ptr_array_index(takes, i)));
    return list;
}

json_t *recordings_in_room(const struct session *session, const char *room)
{
    json_t *ids = json_array();
    GHashTableIter iter;
    gpointer each;
    g_hash_table_iter_init(&iter, session->recordings);
    while (g_hash_table_iter_next(&iter, NULL, &each)) {
        const struct recording *recording = ((struct take *)each)->recording;
        if (recording_is_active(recording) && strcmp(recording->room, room) == 0)
            json_array_append_new(ids, json_string(recording->id));
    }
    return ids;
}

static void emit_changed(struct session *session, const struct take *take)
{
    g_autofree char *key = g_strconcat("recording/", take->recording->id, NULL);
    session->ports.emit(session->ports.data, "recordings", "recording.changed",
                        json_pack("{s:o}", "recording", take_to_json(take)), key);
}

static void remove_take(struct session *session, struct take *take)
{
    session->ports.emit(session->ports.data, "recordings", "recording.removed",
                        json_pack("{s:s}", "id", take->recording->id), NULL);
    g_hash_table_remove(session->recordings, take->recording->id);
}

// --- calls that wait ----------------------------------------------------------------------------

static void answer_stops(struct take *take)
{
    g_autoptr(GArray) stops = steal_stops(take);
    for (guint i = 0; i < stops->len; i++)
        call_succeed(awaited_end(&g_array_index(stops, struct awaited, i)), take_to_json(take));
}

static void fail_stops(struct take *take, int64_t time, int status, const char *detail)
{
    g_autoptr(GArray) stops = steal_stops(take);
    for (guint i = 0; i < stops->len; i++) {
        struct awaited *stop = &g_array_index(stops, struct awaited, i);
        if (awaited_ends_by(stop, time))
            awaited_fail(stop, status, detail);
        else
            g_array_append_vals(take->stops, stop, 1);
    }
}

// Fails those who wait for the pipeline until `time` at most; one that has not begun is forgotten.
// It may have begun all the same, in which case the pipeline will say so.
static void give_up(struct session *session, struct take *take, int64_t time, int status,
                    const char *detail)
{
    fail_stops(take, time, status, detail);
    if (!awaited_ends_by(&take->start, time))
        return;
    awaited_fail(&take->start, status, detail);
    // Nobody else has heard of it.
    g_hash_table_remove(session->recordings, take->recording->id);
}

static void give_up_all(struct session *session, int64_t time, int status, const char *detail)
{
    g_autoptr(GList) all = g_hash_table_get_values(session->recordings);
    for (GList *link = all; link; link = link->next)
        give_up(session, link->data, time, status, detail);
}

void recordings_stop(struct session *session)
{
    give_up_all(session, AWAITED_ALL, 503, "Farfield is shutting down");
}

void recordings_expire(struct session *session)
{
    give_up_all(session, session->now, 504, "the pipeline did not answer in time");
}

void recordings_link_lost(struct session *session)
{
    give_up_all(session, AWAITED_ALL, 503, "the pipeline was lost before it answered");
}

int64_t recordings_deadline(const struct session *session)
{
    int64_t next = 0;
    GHashTableIter iter;
    gpointer each;
    g_hash_table_iter_init(&iter, session->recordings);
    while (g_hash_table_iter_next(&iter, NULL, &each)) {
        const struct take *take = each;
        next = awaited_earlier(&take->start, next);
        for (guint i = 0; i < take->stops->len; i++)
            next = awaited_earlier(&g_array_index(take->stops, struct awaited, i), next);
    }
    return next;
}

// --- commands -----------------------------------------------------------------------------------

// "20261121-101856", or with "-2" behind it.
static char *new_id(const struct session *session, double started)
{
    g_autoptr(GDateTime) time = g_date_time_new_from_unix_utc((gint64)started);
    g_autofree char *stem = g_date_time_format(time, "%Y%m%d-%H%M%S");
    char *id = g_strdup(stem);
    for (int i = 2; recordings_find(session, id); i++) {
        g_free(id);
        id = g_strdup_printf("%s-%d", stem, i);
    }
    return id;
}

static struct recording *wanted_by(const struct session *session, const struct call *call)
{
    double started = session_real_seconds(session);
    const char *name = call_string(call, "name");
    g_autofree char *id = new_id(session, started);
    struct recording *wanted = recording_new(id, call_string(call, "room"), name ? name : "");
    wanted->format =
        strcmp(call_string(call, "format"), "flac") == 0 ? RECORDING_FLAC : RECORDING_WAV;
    wanted->started = started;
    wanted->seconds = call_number(call, "seconds");
    wanted->split = call_number(call, "split");
    return wanted;
}

static bool tell_pipeline(struct session *session, const struct link_message *message)
{
    return session->pipeline.linked && session->ports.to_pipeline(session->ports.data, message);
}

void recordings_start(struct session *session, struct call *call)
{
    const char *room = call_string(call, "room");
    if (!session_room(session, room)) {
        call_fail(call, problem_new(404, "there is no room \"%s\"", room));
        return;
    }
    if (g_hash_table_size(session->recordings) >= RECORDINGS_MAX) {
        call_fail(call, problem_new(507, "%d recordings are kept already; delete some first",
                                    RECORDINGS_MAX));
        return;
    }
    struct recording *wanted = wanted_by(session, call);
    struct link_message record = {.type = LINK_RECORD, .recording = wanted};
    if (!tell_pipeline(session, &record)) {
        recording_destroy(wanted);
        call_fail(call, problem_new(503, "the pipeline is away; try again in a moment"));
        return;
    }
    struct take *take = add_take(session, wanted);
    awaited_begin(&take->start, call, session->now);
}

void recordings_stop_one(struct session *session, struct call *call, struct take *take)
{
    if (!recording_is_active(take->recording)) {
        call_succeed(call, take_to_json(take));
        return;
    }
    struct link_message stop = {.type = LINK_RECORD_STOP, .id = take->recording->id};
    if (take->stops->len >= RECORDINGS_MAX_STOPS) {
        call_fail(call, problem_new(429, "its end is waited for by enough already"));
        return;
    }
    if (!tell_pipeline(session, &stop)) {
        call_fail(call, problem_new(503, "the pipeline is away; try again in a moment"));
        return;
    }
    struct awaited end = {0};
    awaited_begin(&end, call, session->now);
    g_array_append_val(take->stops, end);
}

void recordings_delete(struct session *session, struct call *call, struct take *take)
{
    g_autoptr(GError) error = NULL;
    if (recording_is_active(take->recording)) {
        call_fail(call, problem_new(409, "it is being recorded; stop it first"));
    } else if (session->ports.delete_recording(session->ports.data, take->recording->id, &error)) {
        remove_take(session, take);
        call_succeed(call, NULL);
    } else {
        call_fail(call, problem_from_error(error));
    }
}

// --- what the pipeline says ---------------------------------------------------------------------

static void replace(struct take *take, GHashTable *table, struct recording *recording)
{
    // The key of the table is the id of the one that goes.
    g_hash_table_steal(table, take->recording->id);
    recording_destroy(take->recording);
    take->recording = recording;
    g_hash_table_insert(table, recording->id, take);
}

static void on_refused(struct session *session, struct take *take, const struct recording *told)
{
    const char *detail = told->detail ? told->detail : "the pipeline refused";
    log_warning("recording.refused", "{s:s s:i s:s}", "recording", told->id, "status", told->status,
                "detail", detail);
    bool is_known = take->start.call == NULL;
    give_up(session, take, AWAITED_ALL, told->status ? told->status : 500, detail);
    if (is_known)
        remove_take(session, take);
}

void recordings_on_link(struct session *session, const struct recording *told)
{
    struct take *take = recordings_find(session, told->id);
    bool is_refusal = told->state == RECORDING_FAILED && told->parts->len == 0;
    if (is_refusal) {
        if (take)
            on_refused(session, take, told);
        return;
    }
    bool was_active = take && !take->start.call && recording_is_active(take->recording);
    if (take)
        replace(take, session->recordings, recording_copy(told));
    else
        take = add_take(session, recording_copy(told));
    if (take->start.call && told->state != RECORDING_STARTING)
        call_succeed(awaited_end(&take->start), take_to_json(take));
    if (!recording_is_active(told))
        answer_stops(take);
    emit_changed(session, take);
    if (recording_is_active(told) != was_active)
        session_emit_room(session, told->room);
}

// The pipeline does not record it any more: how it ended is in its folder.
static void look_up(struct session *session, struct take *take)
{
    struct recording *found =
        session->ports.read_recording(session->ports.data, take->recording->id);
    if (!found)
        found = recording_copy(take->recording);
    if (recording_is_active(found)) {
        found->state = RECORDING_INTERRUPTED;
        g_free(found->detail);
        found->detail = g_strdup("the pipeline ended without notice");
    }
    replace(take, session->recordings, found);
    emit_changed(session, take);
    session_emit_room(session, found->room);
}

void recordings_on_hello(struct session *session, const GPtrArray *told)
{
    g_autoptr(GHashTable) there = g_hash_table_new(g_str_hash, g_str_equal);
    for (guint i = 0; i < told->len; i++) {
        const struct recording *recording = g_ptr_array_index(told, i);
        g_hash_table_add(there, recording->id);
        recordings_on_link(session, recording);
    }
    g_autoptr(GList) all = g_hash_table_get_values(session->recordings);
    for (GList *link = all; link; link = link->next) {
        struct take *take = link->data;
        if (recording_is_active(take->recording) &&
            !g_hash_table_contains(there, take->recording->id))
            look_up(session, take);
    }
}
