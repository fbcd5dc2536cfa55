// SPDX-License-Identifier: GPL-3.0-or-later
// Definitions between their arrival and their audition's end, and what scsynth must have for them.
#include <string.h>

#include "common/error.h"
#include "common/log.h"
#include "controller/core/session_own.h"

#define MAX_HEARINGS 64      // calls that wait
#define HEARING_TIME 6000000 // us for each definition of a call, and once more for what is ahead
#define MEBIBYTE (1024.0 * 1024.0)

// --- what scsynth must have ---------------------------------------------------------------------

static double memory_in_use(const struct session *session)
{
    double sum = 0;
    GHashTableIter iter;
    gpointer data;
    g_hash_table_iter_init(&iter, session->tree.nodes);
    while (g_hash_table_iter_next(&iter, NULL, &data)) {
        const struct node *node = data;
        sum += node->synthdef ? node->synthdef->memory : 0;
    }
    return sum;
}

bool session_can_hold(const struct session *session, const struct synthdef *synthdef,
                      GError **error)
{
    if (!catalog_has_room(&session->catalog, synthdef->name)) {
        g_set_error(error, FARFIELD_ERROR, ERROR_FULL,
                    "there are %d definitions already; delete some first", CATALOG_MAX);
        return false;
    }
    for (guint i = 0; session->plugins && i + 1 < synthdef->plugins->len; i += 2) {
        const char *plugin = g_ptr_array_index(synthdef->plugins, i);
        if (g_hash_table_contains(session->plugins, plugin))
            continue;
        g_set_error(error, FARFIELD_ERROR, ERROR_REFUSED,
                    "\"%s\" needs the UGen %s, which is not installed here (plugin %s)",
                    synthdef->name, (char *)g_ptr_array_index(synthdef->plugins, i + 1), plugin);
        return false;
    }
    if (session->memory == 0 || synthdef->memory == 0)
        return true;
    double left = MAX(0, session->memory - memory_in_use(session));
    if (synthdef->memory <= left)
        return true;
    g_set_error(error, FARFIELD_ERROR, ERROR_REFUSED,
                "\"%s\" asks for %.1f MiB of scsynth's realtime memory, most of it for %s; %.1f "
                "MiB are left (scsynth-memory)",
                synthdef->name, synthdef->memory / MEBIBYTE, synthdef->hungriest, left / MEBIBYTE);
    return false;
}

int session_running_before(const struct session *session, const struct synthdef *synthdef)
{
    int count = 0;
    GHashTableIter iter;
    gpointer data;
    g_hash_table_iter_init(&iter, session->tree.nodes);
    while (g_hash_table_iter_next(&iter, NULL, &data)) {
        const struct synthdef *other = ((const struct node *)data)->synthdef;
        count += other && other != synthdef && strcmp(other->name, synthdef->name) == 0 &&
                 g_strcmp0(other->sum, synthdef->sum) != 0;
    }
    return count;
}

// --- waiting ------------------------------------------------------------------------------------

static void hearing_destroy(struct hearing *hearing)
{
    g_ptr_array_unref(hearing->synthdefs);
    g_free(hearing);
}

static void set_audition(struct synthdef *synthdef, struct audition *audition)
{
    audition_destroy(synthdef->audition);
    synthdef->audition = audition;
}

static bool is_heard(const struct hearing *hearing)
{
    for (guint i = 0; i < hearing->synthdefs->len; i++)
        if (!((const struct synthdef *)g_ptr_array_index(hearing->synthdefs, i))->audition)
            return false;
    return true;
}

static void finish(struct session *session, struct hearing *hearing, struct problem *problem)
{
    g_queue_remove(&session->hearings, hearing);
    hearing->done(session, hearing, problem);
    hearing_destroy(hearing);
}

static int count_calls(const struct session *session)
{
    int count = 0;
    for (const GList *link = session->hearings.head; link; link = link->next)
        count += ((const struct hearing *)link->data)->call != NULL;
    return count;
}

void hearing_begin(struct session *session, struct call *call, GPtrArray *synthdefs, bool again,
                   void (*done)(struct session *, struct hearing *, struct problem *))
{
    struct hearing *hearing = g_new0(struct hearing, 1);
    hearing->call = call;
    hearing->synthdefs = synthdefs;
    hearing->done = done;
    if (call)
        hearing->deadline = session->now + HEARING_TIME * (synthdefs->len + 1);
    if (call && count_calls(session) >= MAX_HEARINGS) {
        finish(session, hearing, problem_new(503, "too many definitions wait for their audition"));
        return;
    }
    for (guint i = 0; i < synthdefs->len; i++) {
        struct synthdef *synthdef = g_ptr_array_index(synthdefs, i);
        set_audition(synthdef,
                     session->ports.audition(session->ports.data, synthdef, again, call != NULL));
    }
    g_queue_push_tail(&session->hearings, hearing);
    if (is_heard(hearing))
        finish(session, hearing, NULL);
}

static void take(struct hearing *hearing, const char *sum, const struct audition *audition)
{
    for (guint i = 0; i < hearing->synthdefs->len; i++) {
        struct synthdef *synthdef = g_ptr_array_index(hearing->synthdefs, i);
        if (!synthdef->audition && g_strcmp0(synthdef->sum, sum) == 0)
            set_audition(synthdef, audition_copy(audition));
    }
}

static struct hearing *first_heard(const struct session *session)
{
    for (GList *link = session->hearings.head; link; link = link->next)
        if (is_heard(link->data))
            return link->data;
    return NULL;
}

void session_on_audition(struct session *session, const char *sum, const struct audition *audition,
                         int64_t now)
{
    session->now = now;
    for (GList *link = session->hearings.head; link; link = link->next)
        take(link->data, sum, audition);
    // What is done with one may take others out of the queue.
    struct hearing *hearing;
    while ((hearing = first_heard(session)))
        finish(session, hearing, NULL);
    session_schedule(session);
}

void hearings_expire(struct session *session)
{
    for (GList *link = session->hearings.head, *next; link; link = next) {
        struct hearing *hearing = link->data;
        next = link->next;
        if (hearing->deadline && hearing->deadline <= session->now)
            finish(session, hearing, problem_new(504, "the audition did not end in time"));
    }
}

int64_t hearings_deadline(const struct session *session)
{
    int64_t first = 0;
    for (const GList *link = session->hearings.head; link; link = link->next) {
        int64_t deadline = ((const struct hearing *)link->data)->deadline;
        if (deadline && (!first || deadline < first))
            first = deadline;
    }
    return first;
}

void hearings_stop(struct session *session)
{
    struct hearing *hearing;
    while ((hearing = g_queue_peek_head(&session->hearings))) {
        if (hearing->call)
            finish(session, hearing, problem_new(503, "Farfield is shutting down"));
        else
            hearing_destroy(g_queue_pop_head(&session->hearings));
    }
}

void hearings_clear(struct session *session)
{
    g_assert(session->hearings.length == 0);
    g_clear_pointer(&session->plugins, g_hash_table_unref);
}

// --- definitions of the user's folder -----------------------------------------------------------

static const char *complaint_of(const struct synthdef *synthdef)
{
    return synthdef->audition ? audition_complaint(synthdef->audition) : NULL;
}

// It is loaded already: tell what was heard.
static void tell(struct session *session, struct hearing *hearing, struct problem *problem)
{
    struct synthdef *synthdef = g_ptr_array_index(hearing->synthdefs, 0);
    const char *complaint = complaint_of(synthdef);
    if (complaint)
        log_warning("synthdef.audition", "{s:s s:s}", "name", synthdef->name, "reason", complaint);
    if (catalog_find(&session->catalog, synthdef->name) == synthdef)
        session_tell_synthdef(session, synthdef->name);
    problem_destroy(problem);
}

static void load(struct session *session, struct hearing *hearing, struct problem *problem)
{
    struct synthdef *synthdef = g_ptr_array_index(hearing->synthdefs, 0);
    const char *complaint = complaint_of(synthdef);
    g_autoptr(GError) error = NULL;
    if (complaint || problem || synthdef->audition->skipped)
        log_warning("synthdef.refused", "{s:s s:s}", "name", synthdef->name, "reason",
                    complaint ? complaint : "there was no audition");
    else if (!session_load_synthdef(session, synthdef, ORIGIN_USER, &error))
        log_warning("synthdef.refused", "{s:s s:s}", "name", synthdef->name, "reason",
                    error->message);
    problem_destroy(problem);
}

bool hearing_of_folder(struct session *session, struct synthdef *synthdef, GError **error)
{
    bool strict = session->audition_policy == AUDITION_STRICT;
    if (!session_can_hold(session, synthdef, error))
        return false;
    if (session->audition_policy == AUDITION_OFF || !session->ports.audition)
        return true;
    GPtrArray *synthdefs = g_ptr_array_new_with_free_func((GDestroyNotify)synthdef_unref);
    g_ptr_array_add(synthdefs, synthdef_ref(synthdef));
    hearing_begin(session, NULL, synthdefs, false, strict ? load : tell);
    return !strict;
}

void hearings_forget(struct session *session, const char *name)
{
    for (GList *link = session->hearings.head, *next; link; link = next) {
        struct hearing *hearing = link->data;
        const struct synthdef *synthdef = g_ptr_array_index(hearing->synthdefs, 0);
        next = link->next;
        if (hearing->call || strcmp(synthdef->name, name) != 0)
            continue;
        g_queue_delete_link(&session->hearings, link);
        hearing_destroy(hearing);
    }
}
