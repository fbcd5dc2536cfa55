// SPDX-License-Identifier: GPL-3.0-or-later
#include "controller/core/session_own.h"

#include <math.h>
#include <string.h>

#include "common/log.h"
#include "controller/core/leases.h"
#include "controller/core/listening/audience.h"
#include "controller/core/undo/undo.h"

static void room_destroy(gpointer data)
{
    struct room *room = data;
    g_free(room->name);
    g_free(room);
}

static void add_room(struct session *session, const char *name, int bus)
{
    struct room *room = g_new0(struct room, 1);
    room->name = g_strdup(name);
    room->bus = bus;
    for (int i = 0; i < LINK_CHANNELS; i++)
        room->peak[i] = room->rms[i] = -200;
    g_hash_table_insert(session->rooms, room->name, room);
}

struct session *session_create(const struct session_ports *ports, int wanted_client_id)
{
    struct session *session = g_new0(struct session, 1);
    session->ports = *ports;
    session->wanted_client_id = wanted_client_id;
    session->client_id = -1;
    session->sync = 1;
    session->store_ok = true;
    session->status.version = g_strdup("");
    journal_init(&session->journal);
    history_init(&session->history);
    holds_init(&session->holds);
    undos_init(session);
    tree_init(&session->tree);
    catalog_init(&session->catalog);
    buffers_init(&session->buffers);
    batch_init(&session->batch);
    session->out = &session->batch;
    session->sweep_interval = SESSION_SWEEP_INTERVAL;
    suspects_init(session);
    g_queue_init(&session->endings);
    bundles_init(&session->bundles);
    fades_init(session);
    buses_init(&session->buses);
    session->began = ports->real_time(ports->data);
    clock_init(&session->clock, session->began);
    g_queue_init(&session->waits);
    g_queue_init(&session->osc_sent);
    session->node_waits = g_hash_table_new(NULL, NULL);
    session->changed = g_ptr_array_new();
    session->boot_nodes = g_array_new(FALSE, FALSE, sizeof(int32_t));
    session->queries = g_hash_table_new(NULL, NULL);
    session->learnt = g_hash_table_new_full(NULL, NULL, NULL, g_free);
    session->paused = g_hash_table_new(NULL, NULL);
    session->leased = g_hash_table_new(NULL, NULL);
    session->rooms = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, room_destroy);
    add_room(session, "main", 0);
    g_queue_init(&session->hearings);
    listeners_init(session);
    recordings_init(session);
    relays_init(session);
    return session;
}

void session_destroy(struct session *session)
{
    if (!session)
        return;
    g_assert(session->waits.length == 0);
    hearings_clear(session);
    listeners_clear(session);
    recordings_clear(session);
    relays_clear(session);
    g_hash_table_unref(session->rooms);
    g_hash_table_unref(session->queries);
    g_hash_table_unref(session->learnt);
    g_hash_table_unref(session->paused);
    g_hash_table_unref(session->leased);
    g_ptr_array_unref(session->changed);
    fades_clear(session);
    g_array_unref(session->boot_nodes);
    g_hash_table_unref(session->node_waits);
    suspects_clear(session);
    endings_forget(session);
    batch_clear(&session->batch);
    buses_clear(&session->buses);
    buffers_clear(&session->buffers);
    catalog_clear(&session->catalog);
    tree_clear(&session->tree);
    journal_clear(&session->journal);
    history_clear(&session->history);
    holds_clear(&session->holds);
    undos_clear(session);
    g_free(session->status.version);
    g_free(session->api_key);
    g_free(session->stream_url);
    g_free(session->stream_token);
    g_free(session->address);
    g_free(session);
}

void session_stop(struct session *session, int64_t now)
{
    session->now = now;
    session->stopping = true;
    bundles_cancel_all(session, "Farfield is shutting down");
    buffers_stop(session);
    waits_fail_all(session, 503, "Farfield is shutting down");
    hearings_stop(session);
    listeners_stop(session);
    recordings_stop(session);
    relays_stop(session);
}

// Reading and panic are always possible; what waits for scsynth, as long as not too much does.
static struct problem *check_crowd(const struct session *session, const struct call *call)
{
    const struct command *command = call->command;
    guint most = call_is_awaited(call) ? SESSION_MAX_WAITS : SESSION_MAX_NOTIFIED;
    bool waits = command->waits || (call_is_awaited(call) && command->scope == SCOPE_PLAY);
    if (!waits || command->urgent || session->waits.length < most)
        return NULL;
    return problem_new(503, "too many commands are waiting for scsynth");
}

void session_call(struct session *session, struct call *call, bool loose, int64_t now)
{
    session->now = now;
    struct problem *problem = command_validate(call->command, call->params, loose);
    if (!problem && call->command->websocket_only && !call->client)
        problem = problem_new(405, "%s needs a WebSocket", call->command->method);
    if (!problem && session->stopping)
        problem = problem_new(503, "Farfield is shutting down");
    if (!problem)
        problem = check_crowd(session, call);
    if (problem) {
        call_fail(call, problem);
    } else {
        suspects_note(session, call);
        session->asker = call->client;
        call->command->handle(session, call);
        session->asker = NULL;
    }
    session_schedule(session);
}

static void digest(const char *text, guint8 *bytes)
{
    gsize length = 32;
    g_autoptr(GChecksum) checksum = g_checksum_new(G_CHECKSUM_SHA256);
    g_checksum_update(checksum, (const guchar *)text, -1);
    g_checksum_get_digest(checksum, bytes, &length);
}

bool session_secrets_equal(const char *a, const char *b)
{
    // Digests have one length, and nothing in common where secrets do.
    guint8 x[32], y[32], difference = 0;
    digest(a, x);
    digest(b, y);
    for (gsize i = 0; i < sizeof x; i++)
        difference |= x[i] ^ y[i];
    return difference == 0;
}

bool session_key_fits(const struct session *session, const char *key)
{
    return !session->api_key || session_secrets_equal(session->api_key, key);
}

bool session_require_server(struct session *session, struct call *call)
{
    if (session->state == SERVER_RUNNING)
        return true;
    call_fail(call, problem_new(503, "scsynth is being started; try again in a moment"));
    return false;
}

int64_t session_when(const struct session *session)
{
    return session->out->time ? session->out->time : session->now;
}

void session_flush(struct session *session)
{
    session->flushed_at = session->now;
    if (session->sync_is_due)
        batch_add(&session->batch, osc_message_new("/sync", "i", session->sync++));
    session->sync_is_due = false;
    g_autoptr(GPtrArray) messages = batch_take(&session->batch);
    if (messages->len)
        session->ports.send(session->ports.data, messages);
}

static bool batch_is_due(const struct session *session)
{
    return session->sync_is_due || !batch_is_empty(&session->batch);
}

static int64_t earlier(int64_t a, int64_t b)
{
    return a == 0 ? b : b == 0 ? a : MIN(a, b);
}

void session_schedule(struct session *session)
{
    buffers_keep(session);
    int64_t next = boot_next(session);
    if (batch_is_due(session))
        next = earlier(next, MAX(session->now, session->flushed_at + SESSION_FLUSH_INTERVAL));
    next = earlier(next, session->changes_at);
    next = earlier(next, session->queries_at);
    next = earlier(next, session->stats_at);
    next = earlier(next, waits_deadline(session));
    next = earlier(next, pipeline_deadline(session));
    next = earlier(next, signaling_deadline(session));
    next = earlier(next, hearings_deadline(session));
    next = earlier(next, bundles_next(session));
    next = earlier(next, session->model_at);
    next = earlier(next, session->doubt_at);
    next = earlier(next, session->state == SERVER_RUNNING ? session->sweep_at : 0);
    next = earlier(next, session->beats_wanted ? MAX(session->beat_at, session->now) : 0);
    next = earlier(next, recordings_deadline(session));
    next = earlier(next, relays_deadline(session));
    next = earlier(next, session->journal.due);
    next = earlier(next, session->history.due);
    next = earlier(next, session->holds.due);
    next = earlier(next, session->state == SERVER_RUNNING ? session->lease_due : 0);
    session->tick_at = next;
    session->ports.wake_at(session->ports.data, next);
}

double session_real_seconds(const struct session *session)
{
    return (double)session->ports.real_time(session->ports.data) / G_USEC_PER_SEC;
}

static void emit_changes(struct session *session)
{
    session->changes_at = 0;
    for (guint i = 0; i < session->changed->len; i++) {
        int32_t id = GPOINTER_TO_INT(g_ptr_array_index(session->changed, i));
        struct node *node = tree_find(&session->tree, id);
        // One that has ended meanwhile has its own event.
        if (!node || !node->changed)
            continue;
        node->changed = false;
        char key[32];
        g_snprintf(key, sizeof key, "node/%d", id);
        session->ports.emit(session->ports.data, "nodes", "node.changed",
                            session_node_event(session, node), key);
        session_forget_cause(node);
    }
    g_ptr_array_set_size(session->changed, 0);
}

static void send_queries(struct session *session)
{
    session->queries_at = 0;
    GHashTableIter iter;
    gpointer group;
    g_hash_table_iter_init(&iter, session->queries);
    while (g_hash_table_iter_next(&iter, &group, NULL))
        batch_add(&session->batch,
                  osc_message_new("/g_queryTree", "ii", GPOINTER_TO_INT(group), 1));
    g_hash_table_remove_all(session->queries);
}

void session_tick(struct session *session, int64_t now)
{
    session->now = now;
    // While we stood still scsynth's answers could not reach us; that is not its fault.
    if (session->tick_at && now - session->tick_at > SESSION_HELD_UP) {
        session->boot_deadline += now - session->tick_at;
        session->pipeline.heard_at += now - session->tick_at;
    }
    boot_tick(session);
    if (session->changes_at && session->changes_at <= now)
        emit_changes(session);
    if (session->queries_at && session->queries_at <= now)
        send_queries(session);
    if (session->stats_at && session->stats_at <= now)
        audience_emit(session);
    bundles_tick(session);
    model_tick(session);
    sweep_tick(session);
    waits_expire(session);
    pipeline_expire(session);
    signaling_expire(session);
    hearings_expire(session);
    recordings_expire(session);
    relays_expire(session);
    journal_tick(session);
    history_tick(session);
    holds_tick(session);
    leases_tick(session);
    if (batch_is_due(session) && session->flushed_at + SESSION_FLUSH_INTERVAL <= now)
        session_flush(session);
    session_schedule(session);
}

// JSON has no NaN and no infinity, which a graph that has just begun can show.
static double finite_number(const struct osc_message *reply, guint i)
{
    double number = osc_number(reply, i);
    return isfinite(number) ? number : 0;
}

static void on_status(struct session *session, const struct osc_message *reply)
{
    struct server_status *status = &session->status;
    status->ugens = osc_int(reply, 1);
    status->synths = osc_int(reply, 2);
    status->groups = osc_int(reply, 3);
    status->synthdefs = osc_int(reply, 4);
    status->cpu_average = finite_number(reply, 5);
    status->cpu_peak = finite_number(reply, 6);
    status->sample_rate = finite_number(reply, 8);
    session->unanswered = 0;
    endings_forget(session);
    if (session->state == SERVER_LOST && session->server_expected) {
        boot_begin(session);
    } else if (session->state == SERVER_RUNNING) {
        session_emit_status(session);
        boot_check_counts(session);
    }
}

static void on_version(struct session *session, const struct osc_message *reply)
{
    g_autofree char *patch = g_utf8_make_valid(osc_string(reply, 3), -1);
    g_free(session->status.version);
    session->status.version =
        g_strdup_printf("%d.%d%s", osc_int(reply, 1), osc_int(reply, 2), patch);
}

// The answer to /c_getn: first index, how many, the values.
static void on_bus_values(struct session *session, const struct osc_message *reply)
{
    int first = osc_int(reply, 0);
    for (guint i = 2; i < reply->args->len; i++)
        buses_note(&session->buses, first + (int)i - 2, (float)osc_number(reply, i));
}

void session_on_reply(struct session *session, const struct osc_message *reply, int64_t now)
{
    session->now = now;
    const char *address = reply->address;
    osc_sent_on_reply(session, reply);
    if (strcmp(address, "/status.reply") == 0)
        on_status(session, reply);
    else if (session->state == SERVER_LOST)
        return; // an answer to somebody who is no more
    else if (strcmp(address, "/version.reply") == 0)
        on_version(session, reply);
    else if (boot_on_reply(session, reply))
        ;
    else if (g_str_has_prefix(address, "/n_"))
        session_on_node(session, reply);
    else if (strcmp(address, "/g_queryTree.reply") == 0)
        session_on_tree(session, reply);
    else if (strcmp(address, "/c_setn") == 0)
        on_bus_values(session, reply);
    else if (buffers_on_reply(session, reply))
        ;
    else if (strcmp(address, "/synced") == 0)
        waits_on_synced(session, osc_int(reply, 0));
    else if (strcmp(address, "/fail") == 0)
        waits_on_fail(session, reply);
    session_schedule(session);
}

void session_on_output(struct session *session, const char *line, int64_t now)
{
    session->now = now;
    if (g_str_has_prefix(line, "late "))
        session->late++;
    else if (strstr(line, "alloc failed"))
        session->alloc_failed++;
}

void session_admit_synthdef(struct session *session, struct synthdef *synthdef,
                            enum synthdef_origin origin, const char *path)
{
    catalog_add(&session->catalog, synthdef, origin, path);
    undo_definition_gone(session);
    session_tell_synthdef(session, synthdef->name);
}

void session_tell_synthdef(struct session *session, const char *name)
{
    if (!g_str_has_prefix(name, CATALOG_RESERVED))
        session->ports.emit(session->ports.data, "synthdefs", "synthdef.changed",
                            json_pack("{s:o}", "synthdef", catalog_show(&session->catalog, name)),
                            NULL);
}

bool session_add_synthdef(struct session *session, struct synthdef *synthdef,
                          enum synthdef_origin origin, int64_t now, GError **error)
{
    session->now = now;
    GError *refusal = NULL;
    hearings_forget(session, synthdef->name);
    bool at_once = origin == ORIGIN_SHIPPED || hearing_of_folder(session, synthdef, &refusal);
    if (refusal)
        g_propagate_error(error, refusal);
    bool good = at_once ? session_load_synthdef(session, synthdef, origin, error) : !refusal;
    session_schedule(session);
    return good;
}

// Where scsynth has gone it loads all that there is when it comes back.
static void on_loaded(struct session *session, struct wait *wait, struct problem *problem)
{
    struct synthdef *synthdef = wait->uploads->len ? g_ptr_array_index(wait->uploads, 0) : NULL;
    if (problem && problem->status == 502)
        log_warning("synthdef.refused", "{s:s}", "reason", problem->detail);
    else if (synthdef)
        session_admit_synthdef(session, synthdef, ORIGIN_USER, g_ptr_array_index(wait->paths, 0));
    problem_destroy(problem);
}

// Its file has gone while scsynth loaded it.
static void forget_loading(struct session *session, const char *name)
{
    for (GList *link = session->waits.head; link; link = link->next) {
        struct wait *wait = link->data;
        const struct synthdef *synthdef = wait->done == on_loaded && wait->uploads->len
                                              ? g_ptr_array_index(wait->uploads, 0)
                                              : NULL;
        if (synthdef && strcmp(synthdef->name, name) == 0)
            g_ptr_array_set_size(wait->uploads, 0);
    }
}

bool session_load_synthdef(struct session *session, struct synthdef *synthdef,
                           enum synthdef_origin origin, GError **error)
{
    g_autofree char *path = session->ports.stage_synthdef(session->ports.data, synthdef, error);
    if (!path)
        return false;
    if (session->state != SERVER_RUNNING || origin != ORIGIN_USER) {
        session_admit_synthdef(session, synthdef, origin, path);
        // A shipped one that a user's hides is not for scsynth.
        if (session->state != SERVER_LOST &&
            catalog_find(&session->catalog, synthdef->name) == synthdef)
            batch_add(&session->batch, osc_message_new("/d_load", "s", path));
        return true;
    }
    batch_add(&session->batch, osc_message_new("/d_load", "s", path));
    struct wait *wait = wait_add(session, WAIT_SYNC, NULL, "/d_load", 0, on_loaded);
    wait->paths = g_ptr_array_new_with_free_func(g_free);
    wait->uploads = g_ptr_array_new_with_free_func((GDestroyNotify)synthdef_unref);
    g_ptr_array_add(wait->paths, g_steal_pointer(&path));
    g_ptr_array_add(wait->uploads, synthdef_ref(synthdef));
    return true;
}

void session_remove_synthdef(struct session *session, const char *name, enum synthdef_origin origin,
                             int64_t now)
{
    session->now = now;
    hearings_forget(session, name);
    forget_loading(session, name);
    if (!catalog_remove(&session->catalog, name, origin))
        return;
    undo_definition_gone(session);
    // What it hid comes back; running synths keep what they are made of.
    const char *path = catalog_path(&session->catalog, name);
    if (session->state == SERVER_RUNNING)
        batch_add(&session->batch, path ? osc_message_new("/d_load", "s", path)
                                        : osc_message_new("/d_free", "s", name));
    if (path)
        session->ports.emit(session->ports.data, "synthdefs", "synthdef.changed",
                            json_pack("{s:o}", "synthdef", catalog_show(&session->catalog, name)),
                            NULL);
    else
        session->ports.emit(session->ports.data, "synthdefs", "synthdef.removed",
                            json_pack("{s:s}", "name", name), NULL);
    session_schedule(session);
}
