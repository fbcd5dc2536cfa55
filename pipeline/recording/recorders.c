// SPDX-License-Identifier: GPL-3.0-or-later
#include "pipeline/recording/recorders.h"

#include <string.h>

#include "common/error.h"
#include "common/log.h"
#include "pipeline/recording/recorder.h"

#define MEGA 1000000
#define MOST_A_SECOND 300000 // bytes of one recording

struct recorders {
    struct shelf shelf;
    guint most;
    GHashTable *running; // owned: id -> struct recorder
    void (*tell)(const struct recording *recording, void *data);
    void *data;
};

struct recorders *recorders_create(const struct config *config,
                                   void (*tell)(const struct recording *recording, void *data),
                                   void *data)
{
    struct recorders *recorders = g_new0(struct recorders, 1);
    recorders->most = config_integer(config, "max-recordings");
    shelf_init(&recorders->shelf, config_string(config, "recordings-dir"),
               config_integer(config, "recordings-limit") * MEGA,
               config_integer(config, "recordings-reserve") * MEGA,
               (guint64)recorders->most * MOST_A_SECOND);
    shelf_recover(&recorders->shelf);
    recorders->running =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)recorder_destroy);
    recorders->tell = tell;
    recorders->data = data;
    return recorders;
}

void recorders_destroy(struct recorders *recorders)
{
    if (!recorders)
        return;
    g_hash_table_unref(recorders->running);
    shelf_clear(&recorders->shelf);
    g_free(recorders);
}

static void refuse(struct recorders *recorders, const struct recording *wanted, int status,
                   const char *detail)
{
    struct recording *refused = recording_copy(wanted);
    refused->state = RECORDING_FAILED;
    refused->status = status;
    g_free(refused->detail);
    refused->detail = g_strdup(detail);
    recorders->tell(refused, recorders->data);
    recording_destroy(refused);
}

void recorders_start(struct recorders *recorders, struct room *room, const struct recording *wanted)
{
    if (g_hash_table_contains(recorders->running, wanted->id)) {
        refuse(recorders, wanted, ERROR_CONFLICT, "there is a recording of this id");
    } else if (!room) {
        refuse(recorders, wanted, ERROR_NOT_FOUND, "the pipeline has no such room");
    } else if (recorders_remaining(recorders) >= recorders->most) {
        g_autofree char *detail = g_strdup_printf("%u recordings run already, which is the most "
                                                  "(max-recordings)",
                                                  recorders->most);
        refuse(recorders, wanted, 429, detail);
    } else {
        log_info("recording.started", "{s:s s:s s:s}", "recording", wanted->id, "room",
                 wanted->room, "format", recording_format_name(wanted->format));
        g_hash_table_insert(recorders->running, g_strdup(wanted->id),
                            recorder_create(&recorders->shelf, room->source, wanted));
    }
}

void recorders_stop(struct recorders *recorders, const char *id, const char *detail)
{
    struct recorder *recorder = g_hash_table_lookup(recorders->running, id);
    if (recorder)
        recorder_stop(recorder, detail);
}

void recorders_stop_room(struct recorders *recorders, const char *room, const char *detail)
{
    GHashTableIter iter;
    gpointer each;
    g_hash_table_iter_init(&iter, recorders->running);
    while (g_hash_table_iter_next(&iter, NULL, &each)) {
        struct recording *state = recorder_state(each);
        if (!room || strcmp(state->room, room) == 0)
            recorder_stop(each, detail);
        recording_destroy(state);
    }
}

void recorders_stop_all(struct recorders *recorders, const char *detail)
{
    recorders_stop_room(recorders, NULL, detail);
}

void recorders_poll(struct recorders *recorders)
{
    GHashTableIter iter;
    gpointer each;
    g_hash_table_iter_init(&iter, recorders->running);
    while (g_hash_table_iter_next(&iter, NULL, &each)) {
        struct recording *news = recorder_news(each);
        if (!news)
            continue;
        recorders->tell(news, recorders->data);
        // One that has ended by itself has not left its room yet.
        if (!recording_is_active(news)) {
            recorder_stop(each, NULL);
            g_hash_table_iter_remove(&iter);
        }
        recording_destroy(news);
    }
}

GPtrArray *recorders_list(const struct recorders *recorders)
{
    GPtrArray *list = g_ptr_array_new_with_free_func((GDestroyNotify)recording_destroy);
    GHashTableIter iter;
    gpointer each;
    g_hash_table_iter_init(&iter, recorders->running);
    while (g_hash_table_iter_next(&iter, NULL, &each))
        g_ptr_array_add(list, recorder_state(each));
    return list;
}

guint recorders_remaining(const struct recorders *recorders)
{
    return g_hash_table_size(recorders->running);
}
