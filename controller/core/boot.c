// SPDX-License-Identifier: GPL-3.0-or-later
// From a scsynth that answers to one that is as it should be:
//
//   /status.reply -> /notify -> what is there already -> SynthDefs -> what is missing -> running
//
// A fresh scsynth lacks everything, one that was only out of reach lacks nothing, and a controller
// that was restarted finds a tree that it does not know: the same steps serve all three.
#include <string.h>

#include "common/log.h"
#include "controller/core/session_own.h"

#define STEP_DEADLINE 5000000
#define STRANGE 3 // /status.reply in a row
// A /fail can overtake the /n_end that explains it, since they leave scsynth by different queues.
#define DOUBT 200000

enum {
    STEP_NONE,
    STEP_NOTIFY,
    STEP_QUERY,
    STEP_LOAD,
    STEP_BUFFERS_CHECK,
    STEP_BUFFERS,
    STEP_RESTORE,
    STEP_CHECK
};

// Nodes asked for between two /sync: what scsynth answers at once fits its and our socket.
#define PORTION 100

static void send_now(struct session *session, struct osc_message *message)
{
    batch_add(&session->batch, message);
    session_flush(session);
}

static void begin_step(struct session *session, int step)
{
    session->boot_step = step;
    session->boot_deadline = session->now + STEP_DEADLINE;
}

static void set_state(struct session *session, enum server_state state)
{
    session->state = state;
    session_emit_status(session);
}

void boot_begin(struct session *session)
{
    set_state(session, SERVER_STARTING);
    begin_step(session, STEP_NOTIFY);
    struct osc_message *notify = osc_message_new("/notify", "i", 1);
    if (session->wanted_client_id >= 0)
        osc_add_int(notify, session->wanted_client_id);
    batch_add(&session->batch, osc_message_new("/version", ""));
    send_now(session, notify);
}

// Nodes that are ours keep their place in the tree but get numbers of the new client id.
static void renumber(struct session *session, int old_client)
{
    g_autoptr(GPtrArray) own = g_ptr_array_new();
    for (struct node *n = tree_find(&session->tree, TREE_ROOT); n; n = tree_next(n))
        if (n->own && ids_client(n->id) == old_client)
            g_ptr_array_add(own, n);
    for (guint i = 0; i < own->len; i++) {
        struct node *node = g_ptr_array_index(own, i);
        int32_t n = node->id - ids_node(old_client, 0);
        tree_renumber(&session->tree, node, ids_node(session->client_id, n));
    }
}

static void on_notified(struct session *session, int client_id, int max_logins)
{
    int old = session->client_id;
    session->client_id = client_id;
    session->max_logins = max_logins ? max_logins : session->max_logins;
    if (old >= 0 && old != client_id) {
        bundles_cancel_all(session, "scsynth knows us by another number now");
        renumber(session, old);
    }
    rooms_set_client(session);
    buses_share(&session->buses, client_id, session->max_logins);
    buffers_set_client(session);
    begin_step(session, STEP_QUERY);
    session->boot_brief = session->boot_blind = false;
    send_now(session, osc_message_new("/g_queryTree", "ii", TREE_ROOT, 1));
}

// Until it is known who we are no node is known to be ours; the query that follows tells of all.
static void on_notify_reply(struct session *session, const struct osc_message *reply)
{
    bool done = strcmp(reply->address, "/done") == 0;
    bool again = strstr(osc_string(reply, 1), "already registered") != NULL;
    guint id_at = done ? 1 : 2;
    int client_id = osc_int(reply, id_at);
    if (strcmp(osc_string(reply, 0), "/notify") != 0)
        return;
    if ((done || again) && osc_type(reply, id_at) == 'i' && client_id >= 0 &&
        client_id < IDS_MAX_CLIENTS)
        on_notified(session, client_id, done ? osc_int(reply, 2) : 0);
    else
        log_error("scsynth.notify", "{s:s}", "reason", osc_string(reply, 1));
}

static void load_synthdefs(struct session *session)
{
    begin_step(session, STEP_LOAD);
    g_autoptr(GPtrArray) paths = g_ptr_array_new();
    catalog_paths(&session->catalog, paths);
    for (guint i = 0; i < paths->len; i++)
        batch_add(&session->batch,
                  osc_message_new("/d_load", "s", (char *)g_ptr_array_index(paths, i)));
    session->sync_is_due = true;
    session_flush(session);
}

// A scsynth that has our room is the one that we knew: what it lacks has ended, and only the news
// of it was lost. One that lacks the room is new, and lacks everything.
static bool is_the_same(const struct session *session)
{
    const struct node *group = tree_find(&session->tree, session_room(session, "main")->group);
    return group && group->confirmed;
}

// Deliberately ended things never return, and a sound that was to end by itself is not struck
// again, nor one that was being let go.
static bool is_over(const struct session *session, const struct node *node)
{
    if (node->confirmed || node->planned || node->id == TREE_ROOT)
        return false;
    if (is_the_same(session))
        return true;
    return !node->is_group &&
           (node->system || node->releasing || !node->synthdef || node->synthdef->one_shot);
}

static void drop_what_is_over(struct session *session)
{
    g_autoptr(GPtrArray) over = g_ptr_array_new();
    for (struct node *n = tree_find(&session->tree, TREE_ROOT); n; n = tree_next(n))
        if (is_over(session, n))
            g_ptr_array_add(over, GINT_TO_POINTER(n->id));
    for (guint i = 0; i < over->len; i++) {
        struct node *node = tree_find(&session->tree, GPOINTER_TO_INT(over->pdata[i]));
        // One that is gone went with its group.
        if (node)
            session_forget_node(session, node);
    }
}

static void make_again(struct session *session, const struct node *node)
{
    // The last of its group, so that one that does not come takes no younger sibling along; beside
    // the rooms' guards, after its elder sibling or first.
    const struct node *previous = node->parent->id == TREE_ROOT ? node_previous(node) : NULL;
    int action = previous ? 3 : node->parent->id == TREE_ROOT ? 0 : 1;
    int32_t target = previous ? previous->id : node->parent->id;
    if (node->is_group)
        batch_add(&session->batch, osc_message_new("/g_new", "iii", node->id, action, target));
    else
        session_make_synth(&session->batch, node, action, target);
    if (!node->running)
        batch_add(&session->batch, osc_message_new("/n_run", "ii", node->id, 0));
}

static void sync_step(struct session *session)
{
    session->boot_deadline = session->now + STEP_DEADLINE;
    session->sync_is_due = true;
    session_flush(session);
}

// Every node that this scsynth is not known to have, in order, to be gone through in portions.
static void list_unconfirmed(struct session *session)
{
    g_array_set_size(session->boot_nodes, 0);
    session->boot_at = 0;
    for (struct node *n = tree_find(&session->tree, TREE_ROOT); n; n = tree_next(n))
        if (!n->confirmed && !n->planned && n->id != TREE_ROOT)
            g_array_append_val(session->boot_nodes, n->id);
}

// The next portion, each node that is still there handed to `send`; false when all have been.
static bool send_portion(struct session *session,
                         void (*send)(struct session *session, const struct node *node))
{
    guint sent = 0;
    for (; session->boot_at < session->boot_nodes->len && sent < PORTION; session->boot_at++) {
        int32_t id = g_array_index(session->boot_nodes, int32_t, session->boot_at);
        const struct node *node = tree_find(&session->tree, id);
        if (!node || node->confirmed)
            continue;
        send(session, node);
        sent++;
    }
    if (sent)
        sync_step(session);
    return sent > 0;
}

// Guards come first: nothing sounds without them.
static void restore_rooms(struct session *session)
{
    GHashTableIter iter;
    gpointer each;
    g_hash_table_iter_init(&iter, session->rooms);
    while (g_hash_table_iter_next(&iter, NULL, &each)) {
        struct room *room = each;
        if (!tree_find(&session->tree, room->group))
            batch_add(&session->batch, osc_message_new("/g_new", "iii", room->group, 0, TREE_ROOT));
        if (!tree_find(&session->tree, room->guard))
            batch_add(&session->batch, room_guard_message(room));
    }
}

// Control buses have their values before a synth reads them.
static void restore_buses(struct session *session)
{
    for (guint i = 0; i < session->buses.all->len; i++) {
        struct bus *bus = g_ptr_array_index(session->buses.all, i);
        if (!bus->audio)
            batch_set_bus(&session->batch, bus, bus->values, bus->channels);
    }
}

static void begin_restore(struct session *session)
{
    begin_step(session, STEP_RESTORE);
    drop_what_is_over(session);
    list_unconfirmed(session);
    if (session->boot_nodes->len)
        log_info("scsynth.restore", "{s:i}", "nodes", (int)session->boot_nodes->len);
    restore_rooms(session);
    if (!is_the_same(session))
        restore_buses(session);
    if (!send_portion(session, make_again))
        sync_step(session);
}

// Buffers are there before the synths that play them.
static void restore_buffers(struct session *session, bool first)
{
    begin_step(session, STEP_BUFFERS);
    if (buffers_restore(session, first))
        sync_step(session);
    else
        begin_restore(session);
}

static void check_buffers(struct session *session, bool first)
{
    begin_step(session, STEP_BUFFERS_CHECK);
    if (buffers_check(session, first))
        sync_step(session);
    else
        restore_buffers(session, true);
}

static void ask_for(struct session *session, const struct node *node)
{
    batch_add(&session->batch, osc_message_new("/n_query", "i", node->id));
}

static void drop_unconfirmed(struct session *session)
{
    list_unconfirmed(session);
    for (guint i = 0; i < session->boot_nodes->len; i++) {
        int32_t id = g_array_index(session->boot_nodes, int32_t, i);
        struct node *node = tree_find(&session->tree, id);
        if (!node)
            continue; // gone with its group
        log_warning("scsynth.lost_node", "{s:i}", "node", id);
        session_forget_node(session, node);
    }
}

static void finish_boot(struct session *session)
{
    begin_step(session, STEP_NONE);
    drop_unconfirmed(session);
    session->unanswered = session->strange = 0;
    session->epoch++;
    session->running_since = session->now;
    set_state(session, SERVER_RUNNING);
    sweep_begin(session);
    log_info("scsynth.running", "{s:i s:i s:s}", "epoch", session->epoch, "client_id",
             session->client_id, "version", session->status.version);
    rooms_keep_guards(session);
    fades_adopt(session);
}

// What has not been heard of may be there, its notification being lost: it is asked for.
static void begin_check(struct session *session)
{
    begin_step(session, STEP_CHECK);
    list_unconfirmed(session);
    if (!send_portion(session, ask_for))
        finish_boot(session);
}

// The whole tree with every control, or where that is too much for one answer, without them.
static void on_query_failed(struct session *session, const char *reason)
{
    log_warning("scsynth.query", "{s:s s:b}", "reason", reason, "whole", !session->boot_brief);
    if (!session->boot_brief) {
        session->boot_brief = true;
        send_now(session, osc_message_new("/g_queryTree", "ii", TREE_ROOT, 0));
        return;
    }
    // A tree as large as that is not a new scsynth's: what we know of it is better than nothing.
    for (struct node *n = tree_find(&session->tree, TREE_ROOT); n; n = tree_next(n))
        n->confirmed = true;
    session->boot_blind = true;
    load_synthdefs(session);
}

static bool on_query_reply(struct session *session, const struct osc_message *reply)
{
    if (strcmp(reply->address, "/g_queryTree.reply") == 0) {
        session_on_tree(session, reply);
        load_synthdefs(session);
        return true;
    }
    if (strcmp(reply->address, "/fail") != 0 || strcmp(osc_string(reply, 0), "/g_queryTree") != 0)
        return false;
    on_query_failed(session, osc_string(reply, 1));
    return true;
}

// All that the step has sent is done.
static void on_step_done(struct session *session)
{
    if (session->boot_step == STEP_LOAD)
        check_buffers(session, true);
    else if (session->boot_step == STEP_BUFFERS_CHECK)
        check_buffers(session, false);
    else if (session->boot_step == STEP_BUFFERS)
        restore_buffers(session, false);
    else if (session->boot_step == STEP_RESTORE && !send_portion(session, make_again))
        begin_check(session);
    else if (session->boot_step == STEP_CHECK && !send_portion(session, ask_for))
        finish_boot(session);
}

bool boot_on_reply(struct session *session, const struct osc_message *reply)
{
    if (session->boot_step == STEP_NONE)
        return false;
    if (session->boot_step == STEP_NOTIFY) {
        on_notify_reply(session, reply);
        return true;
    }
    if (session->boot_step == STEP_QUERY)
        return on_query_reply(session, reply);
    if (strcmp(reply->address, "/synced") != 0 || osc_int(reply, 0) != session->sync - 1)
        return false;
    on_step_done(session);
    return true;
}

void session_server_expected(struct session *session, int64_t now)
{
    session->now = now;
    session->server_expected = true;
    session_schedule(session);
}

// What was known of the one that is no more is forgotten, what is wanted is kept.
static void lose_server(struct session *session)
{
    if (session->state == SERVER_LOST)
        return;
    session->boot_step = STEP_NONE;
    session->doubt_at = 0;
    session->restarts++;
    g_ptr_array_unref(batch_take(&session->batch));
    session->sync_is_due = false;
    g_hash_table_remove_all(session->queries);
    session->queries_at = 0;
    // Others' nodes are theirs to bring back; ours stay, as what is wanted.
    struct node *next, *root = tree_find(&session->tree, TREE_ROOT);
    for (struct node *n = tree_next(root); n; n = next) {
        n->confirmed = false;
        session_forget_cause(n);
        next = tree_next(n);
        if (n->own)
            continue;
        // What is below it goes with it.
        next = tree_next_behind(n);
        session_forget_node(session, n);
    }
    GHashTableIter iter;
    gpointer room;
    g_hash_table_iter_init(&iter, session->rooms);
    while (g_hash_table_iter_next(&iter, NULL, &room))
        ((struct room *)room)->guard_asked = false;
    bundles_server_lost(session);
    buffers_lose_server(session);
    set_state(session, SERVER_LOST);
    waits_fail_all(session, 503, "scsynth was lost before it answered; it is being started again");
}

void session_server_gone(struct session *session, bool crashed, int64_t now)
{
    session->now = now;
    session->server_expected = false;
    endings_undo(session);
    if (crashed)
        suspects_on_crash(session);
    lose_server(session);
    session_schedule(session);
}

// What is ours is made again in the scsynth that has taken the place of the one that was known.
static void boot_anew(struct session *session)
{
    lose_server(session);
    boot_begin(session);
}

void boot_check_counts(struct session *session)
{
    const struct server_status *status = &session->status;
    int nodes = (int)g_hash_table_size(session->tree.nodes) - session->tree.planned;
    bool differs = (int64_t)status->synths + status->groups != nodes;
    session->strange =
        differs && !session->stirred && !session->boot_blind ? session->strange + 1 : 0;
    session->stirred = false;
    if (session->strange < STRANGE)
        return;
    log_warning("scsynth.strange", "{s:i s:i s:i}", "synths", status->synths, "groups",
                status->groups, "known", nodes);
    boot_anew(session);
}

bool boot_is_another(struct session *session, int32_t missing)
{
    if (session->state != SERVER_RUNNING)
        return false;
    const struct node *node = tree_find(&session->tree, missing);
    if (node && !session->doubt_at && room_has_group(session, missing))
        session->doubt_at = session->now + DOUBT;
    return session->doubt_at != 0;
}

static void end_doubt(struct session *session)
{
    session->doubt_at = 0;
    log_warning("scsynth.strange", "{s:s}", "missing", "the room's group");
    boot_anew(session);
}

static void ask_status(struct session *session)
{
    session->asked_at = session->now;
    session->unanswered++;
    send_now(session, osc_message_new("/status", ""));
    if (session->state == SERVER_RUNNING)
        rooms_remind(session);
}

void boot_tick(struct session *session)
{
    if (session->doubt_at && session->doubt_at <= session->now)
        end_doubt(session);
    int64_t now = session->now;
    // What counts is how often it did not answer: when we were held up ourselves, its answers wait.
    bool silent = session->state == SERVER_RUNNING && boot_next(session) <= now &&
                  session->unanswered >= SESSION_LOST_AFTER / SESSION_STATUS_INTERVAL;
    bool stuck = session->state == SERVER_STARTING && session->boot_deadline <= now;
    if (silent || stuck) {
        log_error("scsynth.silent", "{s:s}", "while", silent ? "running" : "starting");
        suspects_on_crash(session);
        lose_server(session);
        session->ports.server_lost(session->ports.data);
    } else if (boot_next(session) && boot_next(session) <= now) {
        ask_status(session);
    }
}

int64_t boot_next(const struct session *session)
{
    switch (session->state) {
    case SERVER_LOST:
        return session->server_expected ? session->asked_at + SESSION_KNOCK_INTERVAL : 0;
    case SERVER_STARTING:
        return session->boot_deadline;
    case SERVER_RUNNING:
        return session->asked_at + SESSION_STATUS_INTERVAL;
    }
    g_assert_not_reached();
}

json_t *server_to_json(const struct session *session)
{
    static const char *const names[] = {"lost", "starting", "running"};
    const struct server_status *status = &session->status;
    return json_pack(
        "{s:s s:i s:s s:f s:{s:f s:f} s:i s:i s:i s:i s:i s:i s:i s:i s:i s:i}", "state",
        names[session->state], "epoch", session->epoch, "version", status->version, "sample_rate",
        status->sample_rate, "cpu", "average", status->cpu_average, "peak", status->cpu_peak,
        "ugens", status->ugens, "synths", status->synths, "groups", status->groups, "synthdefs",
        status->synthdefs, "late", session->late, "alloc_failed", session->alloc_failed, "restarts",
        session->restarts, "client_id", session->client_id, "max_logins", session->max_logins,
        "port", session->server_port);
}

void session_emit_status(struct session *session)
{
    session->ports.emit(session->ports.data, "server", "server.status", server_to_json(session),
                        "server.status");
}
