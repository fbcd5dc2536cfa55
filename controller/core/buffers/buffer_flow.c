// SPDX-License-Identifier: GPL-3.0-or-later
// Buffers towards scsynth and back.
#include <math.h>
#include <string.h>

#include "common/log.h"
#include "controller/core/session.h"

struct osc_message *buffer_make_message(struct session *session, struct buffer *buffer,
                                        GError **error)
{
    struct osc_message *query = osc_message_new("/b_query", "i", buffer->number);
    buffer->state = BUFFER_LOADING;
    buffer->confirmed = false;
    if (!buffer->asset)
        return osc_message_new("/b_alloc", "iiim", buffer->number, buffer->frames, buffer->channels,
                               query);
    g_autofree char *path =
        session->ports.stage_asset(session->ports.data, buffer->asset->name, buffer->number, error);
    if (path)
        return osc_message_new("/b_allocRead", "isiim", buffer->number, path, (int)buffer->start,
                               buffer->frames, query);
    osc_message_destroy(query);
    return NULL;
}

void buffer_made(struct session *session, struct buffer *buffer)
{
    buffer->state = buffer->confirmed ? BUFFER_READY : BUFFER_LOST;
    if (buffer->asset)
        session->ports.unstage_asset(session->ports.data, buffer->number);
    buffer_changed(session, buffer);
}

void buffer_changed(struct session *session, const struct buffer *buffer)
{
    char key[32];
    g_snprintf(key, sizeof key, "buffer/%d", buffer->number);
    session->buffers.changed = true;
    session->ports.emit(session->ports.data, "buffers", "buffer.changed",
                        json_pack("{s:o}", "buffer", buffer_to_json(buffer)), key);
}

void buffer_removed(struct session *session, struct buffer *buffer)
{
    int number = buffer->number;
    if (buffer->asset)
        session->ports.unstage_asset(session->ports.data, number);
    GQueue held = buffer->held;
    g_queue_init(&buffer->held);
    buffers_remove(&session->buffers, buffer);
    session->ports.emit(session->ports.data, "buffers", "buffer.removed",
                        json_pack("{s:i}", "id", number), NULL);
    // They find that it is not there.
    struct call *call;
    while ((call = g_queue_pop_head(&held)))
        call->command->handle(session, call);
}

// --- one after the other ------------------------------------------------------------------------

void buffer_begin(struct buffer *buffer)
{
    buffer->busy++;
}

void buffer_end(struct session *session, int number)
{
    struct buffer *buffer = buffers_find(&session->buffers, number);
    struct call *call;
    buffer->busy--;
    // Any of them may make it busy again, or be its end.
    while ((buffer = buffers_find(&session->buffers, number)) && buffer->busy == 0 &&
           (call = g_queue_pop_head(&buffer->held)))
        call->command->handle(session, call);
}

// --- what scsynth says --------------------------------------------------------------------------

// [number, frames, channels, rate], as often as was asked. What others have is not ours to know.
static void on_info(struct session *session, const struct osc_message *reply)
{
    for (guint i = 0; i + 3 < reply->args->len; i += 4) {
        struct buffer *buffer = buffers_find(&session->buffers, osc_int(reply, i));
        double rate = osc_number(reply, i + 3);
        if (!buffer)
            continue;
        buffer->confirmed =
            buffer->frames == osc_int(reply, i + 1) && buffer->channels == osc_int(reply, i + 2);
        buffer->rate = buffer->confirmed && isfinite(rate) ? rate : 0;
    }
}

static void fill(struct reading *reading, const struct osc_message *reply)
{
    int start = osc_int(reply, 1), count = osc_int(reply, 2);
    if (reading->number != osc_int(reply, 0) || (guint)count + 3 != reply->args->len ||
        start < reading->start || count > reading->start + reading->count - start ||
        !g_hash_table_remove(reading->portions, GINT_TO_POINTER(start)))
        return;
    for (int i = 0; i < count; i++)
        reading->values[start - reading->start + i] = (float)osc_number(reply, 3 + i);
}

static void on_samples(struct session *session, const struct osc_message *reply)
{
    GHashTableIter iter;
    gpointer reading;
    g_hash_table_iter_init(&iter, session->buffers.readings);
    while (g_hash_table_iter_next(&iter, &reading, NULL))
        fill(reading, reply);
}

// "/fail /b_allocRead TEXT NUMBER": the text names our folders, so it is for the operator. The call
// is answered at its /synced, when it is known what scsynth has.
static bool on_fail(struct session *session, const struct osc_message *reply)
{
    if (!g_str_has_prefix(osc_string(reply, 0), "/b_") || osc_type(reply, 2) != 'i' ||
        !buffers_find(&session->buffers, osc_int(reply, 2)))
        return false;
    g_autofree char *text = g_utf8_make_valid(osc_string(reply, 1), -1);
    log_warning("scsynth.buffer", "{s:s s:s s:i}", "command", osc_string(reply, 0), "reason",
                g_strchomp(text), "number", osc_int(reply, 2));
    return true;
}

bool buffers_on_reply(struct session *session, const struct osc_message *reply)
{
    if (strcmp(reply->address, "/b_info") == 0)
        on_info(session, reply);
    else if (strcmp(reply->address, "/b_setn") == 0)
        on_samples(session, reply);
    else
        return strcmp(reply->address, "/fail") == 0 && on_fail(session, reply);
    return true;
}

void buffers_lose_server(struct session *session)
{
    GHashTableIter iter;
    gpointer each;
    g_hash_table_remove_all(session->buffers.raw);
    g_hash_table_iter_init(&iter, session->buffers.buffers);
    while (g_hash_table_iter_next(&iter, NULL, &each)) {
        struct buffer *buffer = each;
        buffer->confirmed = false;
        buffer->state = BUFFER_LOADING;
    }
}

// Numbers keep their place in the share, which is another one now.
void buffers_set_client(struct session *session)
{
    struct buffers *buffers = &session->buffers;
    int first, share = buffers_share(buffers, session->client_id, session->max_logins, &first);
    // Nobody has said how many share.
    if (session->max_logins == 0)
        return;
    g_autoptr(GPtrArray) moved = g_ptr_array_new();
    GHashTableIter iter;
    gpointer buffer;
    g_hash_table_iter_init(&iter, buffers->buffers);
    while (g_hash_table_iter_next(&iter, NULL, &buffer)) {
        int number = ((struct buffer *)buffer)->number;
        if (number >= first && number < first + share)
            continue;
        g_hash_table_iter_steal(&iter);
        g_ptr_array_add(moved, buffer);
    }
    for (guint i = 0; i < moved->len; i++) {
        struct buffer *each = g_ptr_array_index(moved, i);
        int number = share ? first + each->number % share : -1;
        if (!share || buffers_find(buffers, number))
            number = buffers_new_number(buffers, session->client_id, session->max_logins);
        log_warning("buffer.moved", "{s:i s:i}", "from", each->number, "to", number);
        each->number = number;
        g_hash_table_insert(buffers->buffers, GINT_TO_POINTER(number), each);
        // There is no room for it in the new share.
        if (number < 0)
            buffers_remove(buffers, each);
    }
}

// --- what is written down -----------------------------------------------------------------------

void buffers_keep(struct session *session)
{
    if (session->buffers.changed)
        session->ports.buffers_changed(session->ports.data);
    session->buffers.changed = false;
}

json_t *buffers_to_json(const struct buffers *buffers)
{
    json_t *list = json_array();
    GHashTableIter iter;
    gpointer buffer;
    g_hash_table_iter_init(&iter, buffers->buffers);
    while (g_hash_table_iter_next(&iter, NULL, &buffer)) {
        json_t *json = buffer_to_json(buffer);
        json_object_set_new(json, "layers", buffer_layers_to_json(buffer));
        json_array_append_new(list, json);
    }
    return json_pack("{s:o}", "buffers", list);
}

static void restore_one(struct buffers *buffers, const json_t *json)
{
    const char *asset = json_string_value(json_object_get(json, "asset"));
    int number = (int)json_integer_value(json_object_get(json, "id"));
    const struct asset *known = asset ? g_hash_table_lookup(buffers->assets, asset) : NULL;
    if ((asset && !known) || number < 0 || buffers_find(buffers, number))
        return;
    struct buffer *buffer =
        buffers_add(buffers, number, json_string_value(json_object_get(json, "name")));
    buffer->frames = (int)json_integer_value(json_object_get(json, "frames"));
    buffer->channels = (int)json_integer_value(json_object_get(json, "channels"));
    buffer->start = json_integer_value(json_object_get(json, "start"));
    buffer->asset = known;
    buffer_layers_from_json(buffers, buffer, json_object_get(json, "layers"));
}

void buffers_from_json(struct session *session, const json_t *json)
{
    size_t i;
    json_t *buffer;
    json_array_foreach(json_object_get(json, "buffers"), i, buffer)
        restore_one(&session->buffers, buffer);
}

void buffers_stop(struct session *session)
{
    GHashTableIter iter;
    gpointer each;
    g_hash_table_iter_init(&iter, session->buffers.uploads);
    while (g_hash_table_iter_next(&iter, NULL, &each)) {
        g_hash_table_iter_remove(&iter);
        call_fail(each, problem_new(503, "Farfield is shutting down"));
    }
    drawings_stop(session);
    g_hash_table_iter_init(&iter, session->buffers.buffers);
    struct call *call;
    while (g_hash_table_iter_next(&iter, NULL, &each))
        while ((call = g_queue_pop_head(&((struct buffer *)each)->held)))
            call_fail(call, problem_new(503, "Farfield is shutting down"));
}
