// SPDX-License-Identifier: GPL-3.0-or-later
#include "controller/core/undo/undo_own.h"

#include <stdlib.h>
#include <string.h>

#include "controller/core/session_own.h"

// --- steps --------------------------------------------------------------------------------------

struct step *step_new(const struct session *session, enum step_kind kind)
{
    struct step *step = g_new0(struct step, 1);
    step->kind = kind;
    step->at = session->now;
    if (kind == STEP_CONTROLS)
        step->changes = g_array_new(FALSE, FALSE, sizeof(struct change));
    if (kind == STEP_FREE)
        step->freed = g_ptr_array_new_with_free_func(freed_destroy);
    return step;
}

void step_destroy(struct step *step)
{
    if (!step)
        return;
    g_clear_pointer(&step->changes, g_array_unref);
    g_clear_pointer(&step->freed, g_ptr_array_unref);
    g_free(step->what);
    g_free(step);
}

static gsize size_of(const struct session *session, const struct step *step)
{
    gsize size = sizeof *step + (step->what ? strlen(step->what) : 0);
    return size + (step->changes ? undo_controls_size(step) : 0) +
           (step->freed ? undo_free_size(session, step) : 0);
}

// --- stacks -------------------------------------------------------------------------------------

static void free_step(struct session *session, struct undo *undo, struct step *step)
{
    undo->bytes -= step->bytes;
    session->undo_bytes -= step->bytes;
    step_destroy(step);
}

static void forget(struct session *session, struct undo *undo, GQueue *stack)
{
    struct step *step;
    while ((step = g_queue_pop_head(stack)))
        free_step(session, undo, step);
}

static void undo_destroy(gpointer data)
{
    struct undo *undo = data;
    g_queue_clear_full(&undo->done, (GDestroyNotify)step_destroy);
    g_queue_clear_full(&undo->undone, (GDestroyNotify)step_destroy);
    step_destroy(undo->restoring);
    restored_forget(undo->restored);
    g_free(undo);
}

void undos_init(struct session *session)
{
    session->undos = g_hash_table_new_full(NULL, NULL, NULL, undo_destroy);
}

void undos_clear(struct session *session)
{
    g_clear_pointer(&session->undos, g_hash_table_unref);
}

void undo_client_gone(struct session *session, struct client *client)
{
    struct undo *undo = g_hash_table_lookup(session->undos, client);
    struct call *call;
    session->undo_bytes -= undo ? undo->bytes : 0;
    while (undo && (call = g_queue_pop_head(&undo->held)))
        call_fail(call, problem_new(409, "the connection has gone"));
    g_hash_table_remove(session->undos, client);
}

struct undo *undo_of(struct session *session, struct client *client)
{
    struct undo *undo = g_hash_table_lookup(session->undos, client);
    if (!undo) {
        undo = g_new0(struct undo, 1);
        g_hash_table_insert(session->undos, client, undo);
    }
    return undo;
}

static bool is_too_much(const struct session *session, const struct undo *undo)
{
    return undo->done.length > UNDO_MAX_STEPS || undo->bytes > UNDO_MAX_BYTES ||
           session->undo_bytes > UNDO_MAX_ALL;
}

void undo_recount(struct session *session, struct undo *undo, struct step *step)
{
    gsize bytes = size_of(session, step);
    undo->bytes += bytes - step->bytes;
    session->undo_bytes += bytes - step->bytes;
    step->bytes = bytes;
    // The oldest first; the one that has just been done last of all.
    while (undo->done.length > 1 && is_too_much(session, undo))
        free_step(session, undo, g_queue_pop_head(&undo->done));
}

void undo_push(struct session *session, struct client *client, struct step *step)
{
    struct undo *undo = undo_of(session, client);
    forget(session, undo, &undo->undone);
    if (undo->restoring)
        undo->restoring->overtaken = true;
    gsize bytes = size_of(session, step);
    if (bytes > UNDO_MAX_BYTES || session->undo_bytes - undo->bytes + bytes > UNDO_MAX_ALL) {
        step_destroy(step);
        step = step_new(session, STEP_TOO_MUCH);
    }
    g_queue_push_tail(&undo->done, step);
    undo_recount(session, undo, step);
}

// What has been kept of a definition counts when nobody else keeps it.
static void recount_all(struct session *session, struct undo *undo, GQueue *stack)
{
    for (GList *link = stack->head; link; link = link->next) {
        struct step *step = link->data;
        gsize bytes = size_of(session, step);
        undo->bytes += bytes - step->bytes;
        session->undo_bytes += bytes - step->bytes;
        step->bytes = bytes;
    }
}

void undo_definition_gone(struct session *session)
{
    GHashTableIter iter;
    gpointer each;
    g_hash_table_iter_init(&iter, session->undos);
    while (g_hash_table_iter_next(&iter, NULL, &each)) {
        struct undo *undo = each;
        recount_all(session, undo, &undo->done);
        recount_all(session, undo, &undo->undone);
        while (undo->done.length > 0 && is_too_much(session, undo))
            free_step(session, undo, g_queue_pop_head(&undo->done));
        while (undo->undone.length > 0 && is_too_much(session, undo))
            free_step(session, undo, g_queue_pop_head(&undo->undone));
    }
}

// By name. False where there is no such control any more.
static bool move_slot(struct change *change, const struct replaced *replaced)
{
    const struct synthdef_parameter *from, *to;
    from = synthdef_parameter_at(replaced->before, change->slot);
    to = from ? synthdef_parameter(replaced->now, from->name) : NULL;
    int k = from ? change->slot - from->index : 0;
    if (!to || k >= to->size)
        return false;
    change->slot = to->index + k;
    return true;
}

static void renumber_changes(GArray *changes, GHashTable *ids, GHashTable *replaced)
{
    guint kept = 0;
    gpointer id;
    for (guint i = 0; i < changes->len; i++) {
        struct change change = g_array_index(changes, struct change, i);
        gpointer old = GINT_TO_POINTER(change.node);
        const struct replaced *other = g_hash_table_lookup(replaced, old);
        if (g_hash_table_lookup_extended(ids, old, NULL, &id))
            change.node = GPOINTER_TO_INT(id);
        if (!other || move_slot(&change, other))
            g_array_index(changes, struct change, kept++) = change;
    }
    g_array_set_size(changes, kept);
}

static void renumber(struct step *step, GHashTable *ids, GHashTable *replaced)
{
    if (step->changes)
        renumber_changes(step->changes, ids, replaced);
    for (guint i = 0; step->freed && i < step->freed->len; i++)
        freed_renumber(g_ptr_array_index(step->freed, i), ids);
}

static void renumber_all(GQueue *stack, GHashTable *ids, GHashTable *replaced)
{
    for (GList *link = stack->head; link; link = link->next)
        renumber(link->data, ids, replaced);
}

void undo_renumber(struct session *session, GHashTable *ids, GHashTable *replaced)
{
    GHashTableIter iter;
    gpointer each;
    g_hash_table_iter_init(&iter, session->undos);
    while (g_hash_table_iter_next(&iter, NULL, &each)) {
        struct undo *undo = each;
        renumber_all(&undo->done, ids, replaced);
        renumber_all(&undo->undone, ids, replaced);
        if (undo->restoring)
            renumber(undo->restoring, ids, replaced);
    }
}

// --- what is told -------------------------------------------------------------------------------

void told_init(struct told *told, bool back, const char *what)
{
    *told = (struct told){back ? "undone" : "redone",
                          what,
                          g_string_new(NULL),
                          json_array(),
                          json_array(),
                          json_array()};
}

json_t *told_to_json(struct told *told)
{
    json_t *json = json_pack("{s:{s:s s:s s:o s:o s:o}}", told->member, "what", told->what, "words",
                             told->words->str, "nodes", told->nodes, "was", told->was, "skipped",
                             told->skipped);
    g_string_free(told->words, TRUE);
    return json;
}

void told_node(struct told *told, int32_t id, int32_t was)
{
    json_array_append_new(told->nodes, json_integer(id));
    json_array_append_new(told->was, json_integer(was));
}

#define MAX_SKIPPED 20 // that are said in words

void told_skip(struct told *told, const char *format, ...)
{
    if (json_array_size(told->skipped) >= MAX_SKIPPED)
        return;
    va_list args;
    va_start(args, format);
    g_autofree char *words = g_strdup_vprintf(format, args);
    va_end(args);
    json_array_append_new(told->skipped, json_string(words));
}

static void answer(struct session *session, struct wait *wait, struct problem *problem)
{
    if (problem)
        call_fail(wait->call, problem);
    else
        call_succeed(wait->call, json_incref(wait->extra));
}

static void unref_json(gpointer json)
{
    json_decref(json);
}

void undo_answer_when_synced(struct session *session, struct call *call, const char *address,
                             json_t *json)
{
    struct wait *wait = wait_add(session, WAIT_SYNC, call, address, 0, answer);
    wait->extra = json;
    wait->free_extra = unref_json;
}

char *undo_label(const struct node *node, int32_t id)
{
    if (node && node->name)
        return g_strdup_printf("\"%s\"", node->name);
    return g_strdup_printf("%s %d",
                           node && node->synthdef   ? node->synthdef->name
                           : node && node->is_group ? "group"
                                                    : "node",
                           id);
}

struct mapping mapping_of(const struct session *session, int32_t map)
{
    return (struct mapping){map, buses_serial(&session->buses, map)};
}

bool mapping_holds(const struct session *session, const struct mapping *mapping, struct told *told)
{
    if (mapping->serial == buses_serial(&session->buses, mapping->map))
        return true;
    bool audio = mapping->map < 0;
    told_skip(told, "there is no bus %c%d any more", audio ? 'a' : 'c', abs(mapping->map) - 1);
    return false;
}

// --- back and forth -----------------------------------------------------------------------------

static void carry_out(struct session *session, struct call *call, struct undo *undo,
                      struct step *step, bool back)
{
    // Another move of the same control is another step.
    step->at = session->now - UNDO_MERGE;
    if (step->kind == STEP_FREE && back) {
        undo->restoring = step;
        step->overtaken = false;
        undo_restore(session, call, undo, step);
        return;
    }
    g_queue_push_tail(back ? &undo->undone : &undo->done, step);
    if (step->kind == STEP_CONTROLS)
        undo_controls(session, call, step, back);
    else
        undo_free_again(session, call, undo, step);
}

void undo_restored(struct session *session, struct undo *undo, bool in_vain)
{
    struct step *step = g_steal_pointer(&undo->restoring);
    struct call *call;
    undo->restored = NULL;
    // Once more; what is in vain for good is not to be in the way.
    bool again = in_vain && !step->in_vain;
    step->in_vain = again;
    if (!again && step->overtaken)
        free_step(session, undo, step);
    else
        g_queue_push_tail(again ? &undo->done : &undo->undone, step);
    while (!undo->restoring && (call = g_queue_pop_head(&undo->held)))
        call->command->handle(session, call);
}

// One after the other: what is being made cannot be set yet.
static void hold(struct undo *undo, struct call *call)
{
    if (undo->held.length >= UNDO_MAX_HELD)
        call_fail(call, problem_new(409, "what was taken back before is still on its way"));
    else
        g_queue_push_tail(&undo->held, call);
}

static void take(struct session *session, struct call *call, bool back)
{
    struct undo *undo = undo_of(session, call->client);
    if (session->stopping)
        call_fail(call, problem_new(503, "Farfield is shutting down"));
    else if (undo->restoring)
        hold(undo, call);
    if (session->stopping || undo->restoring || !session_require_server(session, call))
        return;
    struct step *step = g_queue_pop_tail(back ? &undo->done : &undo->undone);
    if (!step) {
        call_fail(call, problem_new(409, back ? "there is nothing left to take back"
                                              : "nothing has been taken back"));
    } else if (step->kind == STEP_TOO_MUCH) {
        free_step(session, undo, step);
        call_fail(call, problem_new(409, "that was too much to be remembered"));
    } else {
        carry_out(session, call, undo, step, back);
    }
}

void undo_back(struct session *session, struct call *call)
{
    take(session, call, true);
}

void undo_again(struct session *session, struct call *call)
{
    take(session, call, false);
}
