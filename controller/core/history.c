// SPDX-License-Identifier: GPL-3.0-or-later
#include "controller/core/history.h"

#include "controller/core/listening/listeners.h"
#include "controller/core/session_own.h"

#define STALE 10000000 // microseconds: an older report says nothing of now

void history_init(struct history *history)
{
    *history = (struct history){.interval = HISTORY_INTERVAL};
    g_queue_init(&history->figures);
}

static void figure_unref(gpointer figure)
{
    json_decref(figure);
}

void history_clear(struct history *history)
{
    g_queue_clear_full(&history->figures, figure_unref);
}

static double resident(const struct session *session)
{
    struct usage all[USAGE_MAX];
    double bytes = 0;
    int count = session->ports.usage(session->ports.data, all);
    for (int i = 0; i < count; i++)
        bytes += all[i].resident;
    return bytes;
}

// Of all rooms together.
struct ears {
    int count;
    double lost, expected; // packets of late
    double delay;          // seconds, the sum of those that tell
    int telling;
};

static struct ears all_ears(const struct session *session)
{
    struct ears ears = {0};
    GHashTableIter iter;
    gpointer each;
    g_hash_table_iter_init(&iter, session->listeners);
    while (g_hash_table_iter_next(&iter, NULL, &each)) {
        const struct reception *reception = &((const struct listener *)each)->reception;
        const json_t *delay = json_object_get(reception->report, "delay");
        ears.count++;
        ears.lost += reception->lost;
        ears.expected += reception->expected;
        if (!delay || session->now - reception->reported_at > STALE)
            continue;
        ears.delay += json_number_value(delay);
        ears.telling++;
    }
    return ears;
}

static json_t *share(double part, double whole)
{
    return whole > 0 ? json_real(part / whole) : json_null();
}

static json_t *take_figure(struct session *session)
{
    // What a scsynth that is no more had is nothing now.
    static const struct server_status none;
    const struct server_status *status =
        session->state == SERVER_RUNNING ? &session->status : &none;
    struct ears ears = all_ears(session);
    return json_pack("{s:f s:f s:f s:i s:i s:i s:i s:i s:i s:f s:i s:o s:o}", "time",
                     session_real_seconds(session), "cpu", status->cpu_average, "cpu_peak",
                     status->cpu_peak, "synths", status->synths, "ugens", status->ugens, "groups",
                     status->groups, "late", session->late, "failures", session->alloc_failed,
                     "xruns", session->pipeline.xruns, "memory", resident(session), "listeners",
                     ears.count, "loss", share(ears.lost, ears.expected), "delay",
                     share(ears.delay, ears.telling));
}

void history_tick(struct session *session)
{
    struct history *history = &session->history;
    if (!history->interval || history->due > session->now)
        return;
    // Not in step with the past: after a standstill none is made up for.
    history->due = session->now + history->interval;
    json_t *figure = take_figure(session);
    g_queue_push_tail(&history->figures, json_incref(figure));
    if (history->figures.length > HISTORY_MAX)
        json_decref(g_queue_pop_head(&history->figures));
    session->ports.emit(session->ports.data, "history", "history", figure, NULL);
}

json_t *history_to_json(const struct history *history)
{
    json_t *figures = json_array();
    for (GList *link = history->figures.head; link; link = link->next)
        json_array_append(figures, link->data);
    return json_pack("{s:f s:o}", "interval", HISTORY_INTERVAL / 1e6, "figures", figures);
}
