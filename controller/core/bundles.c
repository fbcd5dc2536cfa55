// SPDX-License-Identifier: GPL-3.0-or-later
#include "controller/core/bundles.h"

#include <stdlib.h>
#include <string.h>

#include "controller/core/session_own.h"

#define MAX_DATAGRAM 60000 // bytes of messages; those of one that needs more share a time
#define SHARED_TIME 50000  // microseconds ahead, for one that is to be carried out at once
#define ASK_AGAIN 50000    // microseconds, while scsynth is away

void bundles_init(struct bundles *bundles)
{
    g_queue_init(&bundles->all);
}

struct bundle *bundles_find(const struct bundles *bundles, int number)
{
    for (GList *link = bundles->all.head; link; link = link->next) {
        struct bundle *bundle = link->data;
        if (bundle->number == number)
            return bundle;
    }
    return NULL;
}

guint bundles_waiting(const struct bundles *bundles)
{
    guint count = 0;
    for (GList *link = bundles->all.head; link; link = link->next)
        count += ((struct bundle *)link->data)->count;
    return count;
}

static void call_then(struct bundle *bundle, bool done)
{
    if (bundle->then)
        bundle->then(bundle->session, bundle, bundle->then_data, done);
    bundle->then = NULL;
}

static void bundle_destroy(struct bundle *bundle)
{
    call_then(bundle, false);
    for (guint i = 0; i < bundle->count; i++) {
        json_decref(bundle->parts[i].answer);
        problem_destroy(bundle->parts[i].problem);
    }
    g_clear_pointer(&bundle->messages, g_ptr_array_unref);
    batch_clear(&bundle->batch);
    g_free(bundle->parts);
    g_free(bundle);
}

// --- making one ---------------------------------------------------------------------------------

struct bundle *bundle_begin(struct session *session, int64_t time, guint commands)
{
    int64_t real = session->ports.real_time(session->ports.data);
    struct bundle *bundle = g_new0(struct bundle, 1);
    bundle->session = session;
    bundle->number = ++session->bundles.last;
    bundle->time = time > real ? time : 0;
    bundle->late = time && time < real ? (double)(real - time) / 1e6 : 0;
    bundle->parts = g_new0(struct bundle_part, commands);
    bundle->count = commands;
    bundle->link.data = bundle;
    batch_init_later(&bundle->batch, session->now + (bundle->time ? time - real : 0));
    g_queue_init(&bundle->waits);
    session->bundle = bundle;
    session->out = &bundle->batch;
    return bundle;
}

static void end_writing(struct session *session)
{
    session->bundle = NULL;
    session->out = &session->batch;
}

// What a command has made: a node's number, or the id that its answer has.
static json_t *made_by(const struct bundle *bundle, guint index, const char *reference)
{
    char *end;
    long n = strtol(reference + 1, &end, 10);
    if (*end || end == reference + 1 || n < 0 || n >= (long)index)
        return NULL;
    const struct bundle_part *part = &bundle->parts[n];
    return part->node ? json_integer(part->node) : json_incref(json_object_get(part->answer, "id"));
}

// "$2" becomes what command 2 has made. False where that is nothing.
static bool resolve(const struct bundle *bundle, guint index, json_t *params, const char **wrong)
{
    const char *name;
    json_t *value;
    json_object_foreach(params, name, value)
    {
        const char *text = json_string_value(value);
        if (json_is_object(value) && !resolve(bundle, index, value, wrong))
            return false;
        if (!text || text[0] != '$')
            continue;
        json_t *made = made_by(bundle, index, text);
        if (!made) {
            *wrong = name;
            return false;
        }
        json_object_set_new(params, name, made);
    }
    return true;
}

static void finish(struct bundle *bundle);

static void on_answer(void *data, json_t *result, const struct problem *problem)
{
    struct bundle_part *part = data;
    struct bundle *bundle = part->bundle;
    part->answer = result;
    part->problem = problem ? problem_copy(problem) : NULL;
    bundle->answered++;
    if (bundle->is_done && bundle->answered == bundle->count)
        finish(bundle);
}

static struct problem *check_command(const struct bundle *bundle, guint index, const char *method,
                                     const struct command *command, json_t *params)
{
    const char *wrong = NULL;
    if (!command)
        return problem_new(422, "there is no method \"%s\"", method);
    if (!command->bundled)
        return problem_new(422, "%s cannot be part of a bundle", method);
    if (!resolve(bundle, index, params, &wrong))
        return problem_new(422, "%s: no command before this one has made that", wrong);
    return command_validate(command, params, false);
}

struct call *bundle_begin_part(struct bundle *bundle, guint index, const struct command *command,
                               json_t *params)
{
    struct bundle_part *part = &bundle->parts[index];
    part->bundle = bundle;
    part->method = command->method;
    bundle->part = part;
    return call_new(command, params, NULL, NULL, on_answer, part);
}

struct problem *bundle_run(struct session *session, struct bundle *bundle, guint index,
                           const char *method, json_t *params)
{
    const struct command *command = command_by_method(method);
    struct problem *problem = check_command(bundle, index, method, command, params);
    if (problem) {
        json_decref(params);
        return problem;
    }
    const struct bundle_part *part = &bundle->parts[index];
    struct call *call = bundle_begin_part(bundle, index, command, params);
    suspects_note(session, call);
    command->handle(session, call);
    return part->problem ? problem_copy(part->problem) : NULL;
}

void bundle_drop(struct session *session, struct bundle *bundle)
{
    end_writing(session);
    waits_fail(session, &bundle->waits, 409, "the bundle was refused");
    bundle_destroy(bundle);
}

// --- its way ------------------------------------------------------------------------------------

static json_t *results_of(const struct bundle *bundle)
{
    json_t *results = json_array();
    for (guint i = 0; i < bundle->count; i++) {
        const struct bundle_part *part = &bundle->parts[i];
        json_array_append_new(
            results, part->problem  ? json_pack("{s:o}", "error", problem_to_json(part->problem))
                     : part->answer ? json_incref(part->answer)
                     : part->node   ? json_pack("{s:i}", "id", part->node)
                                    : json_object());
    }
    return results;
}

static int failures_of(const struct bundle *bundle)
{
    int failed = 0;
    for (guint i = 0; i < bundle->count; i++)
        failed += bundle->parts[i].problem != NULL;
    return failed;
}

json_t *bundle_to_json(const struct bundle *bundle)
{
    json_t *methods = json_array();
    for (guint i = 0; i < bundle->count; i++)
        json_array_append_new(methods, json_string(bundle->parts[i].method));
    return json_pack("{s:i s:f s:f s:b s:o s:i s:o}", "bundle", bundle->number, "at",
                     (double)bundle->time / 1e6, "late", bundle->late, "scheduled",
                     !bundle->is_done, "methods", methods, "failed", failures_of(bundle), "results",
                     results_of(bundle));
}

static void emit(struct session *session, const char *event, json_t *params)
{
    session->ports.emit(session->ports.data, "bundles", event, params, NULL);
}

// All that it did has been answered.
static void finish(struct bundle *bundle)
{
    if (bundle->call)
        call_succeed(bundle->call, bundle_to_json(bundle));
    else
        emit(bundle->session, "bundle.done", bundle_to_json(bundle));
    bundle_destroy(bundle);
}

static gsize size_of(const GPtrArray *messages)
{
    gsize size = 0;
    for (guint i = 0; i < messages->len; i++)
        size += 4 + osc_size(g_ptr_array_index(messages, i));
    return size;
}

static void send(struct session *session, struct bundle *bundle, int64_t time)
{
    // What was asked for before goes before.
    session_flush(session);
    if (bundle->messages->len)
        session->ports.send_at(session->ports.data, bundle->messages, time);
    bundle->is_sent = true;
}

static void take_effects(struct session *session, struct bundle *bundle)
{
    session_take_effects(session, bundle->batch.effects);
    g_array_set_size(bundle->batch.effects, 0);
}

// It has been carried out, or will be before the /sync that goes now.
static void settle(struct session *session, struct bundle *bundle)
{
    bundle->is_done = true;
    take_effects(session, bundle);
    call_then(bundle, true);
    waits_move(session, &bundle->waits);
    if (bundle->answered == bundle->count)
        finish(bundle);
}

static void schedule(struct session *session, struct bundle *bundle, struct call *call)
{
    GList *after = session->bundles.all.tail;
    while (after && ((struct bundle *)after->data)->time > bundle->time)
        after = after->prev;
    if (after)
        g_queue_insert_after_link(&session->bundles.all, after, &bundle->link);
    else
        g_queue_push_head_link(&session->bundles.all, &bundle->link);
    json_t *json = bundle_to_json(bundle);
    emit(session, "bundle.scheduled", json_incref(json));
    if (call)
        call_succeed(call, json_incref(json));
    json_decref(json);
}

void bundle_commit(struct session *session, struct bundle *bundle, struct call *call)
{
    int64_t real = session->ports.real_time(session->ports.data);
    bool is_later = bundle->time != 0;
    bundle->messages = batch_take(&bundle->batch);
    end_writing(session);
    // One datagram is carried out in one go; several need a time that is theirs.
    if (!is_later && size_of(bundle->messages) > MAX_DATAGRAM)
        bundle->time = real + SHARED_TIME;
    bundle->call = is_later ? NULL : call;
    if (bundle->time) {
        schedule(session, bundle, is_later ? call : NULL);
        bundles_tick(session);
        return;
    }
    bundle->time = real;
    send(session, bundle, 0);
    settle(session, bundle);
}

static void remove_bundle(struct session *session, struct bundle *bundle)
{
    g_queue_unlink(&session->bundles.all, &bundle->link);
    session->bundles.removed++;
}

static void call_off(struct session *session, struct bundle *bundle, const char *why)
{
    remove_bundle(session, bundle);
    waits_fail(session, &bundle->waits, 409, why);
    if (bundle->call)
        call_fail(bundle->call, problem_new(503, "%s", why));
    emit(session, "bundle.cancelled",
         json_pack("{s:i s:s}", "bundle", bundle->number, "reason", why));
    bundle_destroy(bundle);
}

bool bundle_cancel(struct session *session, struct bundle *bundle, const char *why)
{
    if (bundle->is_sent)
        return false;
    call_off(session, bundle, why);
    return true;
}

void bundles_cancel_all(struct session *session, const char *why)
{
    struct bundle *bundle;
    while ((bundle = g_queue_peek_head(&session->bundles.all)))
        call_off(session, bundle, why);
}

void bundles_server_lost(struct session *session)
{
    for (GList *link = session->bundles.all.head; link; link = link->next)
        ((struct bundle *)link->data)->is_sent = false;
}

static void advance(struct session *session, struct bundle *bundle, int64_t real)
{
    bool running = session->state == SERVER_RUNNING;
    if (!bundle->is_sent && running && real >= bundle->time - BUNDLES_LEAD)
        send(session, bundle, bundle->time);
    else if (!bundle->is_sent && !running && real >= bundle->time)
        call_off(session, bundle, "scsynth was away");
    else if (bundle->is_sent && real >= bundle->time + BUNDLES_SETTLE) {
        remove_bundle(session, bundle);
        settle(session, bundle);
    } else if (bundle->is_sent && real >= bundle->time) {
        // What is asked for from now on is newer.
        take_effects(session, bundle);
    }
}

void bundles_tick(struct session *session)
{
    int64_t real = session->ports.real_time(session->ports.data);
    GList *link = session->bundles.all.head;
    while (link) {
        struct bundle *bundle = link->data;
        guint removed = session->bundles.removed;
        if (bundle->time - BUNDLES_LEAD > real)
            break;
        advance(session, bundle, real);
        // One that has come to its end may have called off others, the next one too.
        link = session->bundles.removed == removed ? link->next : session->bundles.all.head;
    }
}

static int64_t next_of(const struct bundle *bundle)
{
    if (!bundle->is_sent)
        return bundle->time - BUNDLES_LEAD;
    return bundle->batch.effects->len ? bundle->time : bundle->time + BUNDLES_SETTLE;
}

// Of one that scsynth has, when it takes effect and settles; of the first that it has not, when it
// gets it.
int64_t bundles_next(const struct session *session)
{
    int64_t next = 0, real = 0;
    for (GList *link = session->bundles.all.head; link; link = link->next) {
        const struct bundle *bundle = link->data;
        real = real ? real : session->ports.real_time(session->ports.data);
        int64_t due = next_of(bundle);
        int64_t in = due - real;
        if (in <= 0)
            in = session->state == SERVER_RUNNING ? 0 : ASK_AGAIN;
        int64_t at = session->now + in;
        next = next ? MIN(next, at) : at;
        if (!bundle->is_sent)
            break;
    }
    return next;
}
