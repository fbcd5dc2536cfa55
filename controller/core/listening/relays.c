// SPDX-License-Identifier: GPL-3.0-or-later
#include "controller/core/listening/relays.h"

#include "common/log.h"
#include "controller/core/api/access.h"
#include "controller/core/session_own.h"

static void relaying_destroy(gpointer data)
{
    struct relaying *relaying = data;
    relay_destroy(relaying->relay);
    g_free(relaying);
}

void relays_init(struct session *session)
{
    session->relays = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, relaying_destroy);
}

void relays_clear(struct session *session)
{
    g_clear_pointer(&session->relays, g_hash_table_unref);
}

struct relaying *relays_find(const struct session *session, const char *id)
{
    struct relaying *relaying = g_hash_table_lookup(session->relays, id);
    return relaying && !relaying->start.call ? relaying : NULL;
}

// Takes `relay`.
static struct relaying *add(struct session *session, struct relay *relay)
{
    struct relaying *relaying = g_new0(struct relaying, 1);
    relaying->relay = relay;
    g_hash_table_insert(session->relays, g_strdup(relay->id), relaying);
    return relaying;
}

// --- as clients see it --------------------------------------------------------------------------

json_t *relaying_to_json(const struct relaying *relaying)
{
    const struct relay *relay = relaying->relay;
    json_t *json = relay_to_json(relay);
    json_object_del(json, "srtp_key");
    json_object_del(json, "status");
    if (!relay->ttl)
        json_object_del(json, "ttl");
    if (!relay->rtcp_port)
        json_object_del(json, "rtcp_port");
    json_object_set_new(json, "srtp", json_boolean(relay->key != NULL));
    return json;
}

static int oldest_first(gconstpointer a, gconstpointer b)
{
    const struct relay *x = ((const struct relaying *)a)->relay;
    const struct relay *y = ((const struct relaying *)b)->relay;
    return x->since < y->since ? -1 : x->since > y->since;
}

json_t *relays_to_json(const struct session *session)
{
    json_t *list = json_array();
    g_autoptr(GList) all = g_list_sort(g_hash_table_get_values(session->relays), oldest_first);
    for (GList *link = all; link; link = link->next) {
        const struct relaying *relaying = link->data;
        if (!relaying->start.call)
            json_array_append_new(list, relaying_to_json(relaying));
    }
    return list;
}

static void emit_changed(struct session *session, const struct relaying *relaying)
{
    g_autofree char *key = g_strconcat("relay/", relaying->relay->id, NULL);
    session->ports.emit(session->ports.data, "relays", "relay.changed",
                        json_pack("{s:o}", "relay", relaying_to_json(relaying)), key);
}

static void remove_one(struct session *session, struct relaying *relaying)
{
    session->ports.emit(session->ports.data, "relays", "relay.removed",
                        json_pack("{s:s}", "id", relaying->relay->id), NULL);
    g_hash_table_remove(session->relays, relaying->relay->id);
}

// --- calls that wait ----------------------------------------------------------------------------

// Fails those who wait until `time` at most. It may have begun all the same, in which case the
// pipeline will say so.
static void give_up(struct session *session, int64_t time, int status, const char *detail)
{
    GHashTableIter iter;
    gpointer each;
    g_hash_table_iter_init(&iter, session->relays);
    while (g_hash_table_iter_next(&iter, NULL, &each)) {
        struct relaying *relaying = each;
        if (!awaited_ends_by(&relaying->start, time))
            continue;
        awaited_fail(&relaying->start, status, detail);
        g_hash_table_iter_remove(&iter);
    }
}

void relays_stop(struct session *session)
{
    give_up(session, AWAITED_ALL, 503, "Farfield is shutting down");
}

void relays_expire(struct session *session)
{
    give_up(session, session->now, 504, "the pipeline did not answer in time");
}

void relays_link_lost(struct session *session)
{
    give_up(session, AWAITED_ALL, 503, "the pipeline was lost before it answered");
}

int64_t relays_deadline(const struct session *session)
{
    int64_t next = 0;
    GHashTableIter iter;
    gpointer each;
    g_hash_table_iter_init(&iter, session->relays);
    while (g_hash_table_iter_next(&iter, NULL, &each))
        next = awaited_earlier(&((const struct relaying *)each)->start, next);
    return next;
}

// --- commands -----------------------------------------------------------------------------------

static void check_port(const struct session *session, const struct relay *wanted,
                       struct problem *problem)
{
    if (wanted->port == session->server_port)
        problem_add(problem, "port", "is scsynth's");
    if (wanted->rtcp_port && wanted->rtcp_port == session->server_port)
        problem_add(problem, "rtcp_port", "is scsynth's");
}

static void check_host(const struct session *session, const struct relay *wanted,
                       struct problem *problem)
{
    g_autoptr(GError) error = NULL;
    if (!relay_check_host(wanted->host, wanted->ttl, &error))
        problem_add(problem, "host", "%s", error->message);
    else if (access_is_loopback(wanted->host))
        check_port(session, wanted, problem);
}

// What the table cannot say of it.
static struct problem *check(const struct session *session, const struct call *call,
                             const struct relay *wanted)
{
    guint8 key[RELAY_KEY];
    g_autoptr(GError) error = NULL;
    struct problem *problem = problem_new(422, "the relay cannot be made");
    check_host(session, wanted, problem);
    if (wanted->key && !relay_read_key(wanted->key, key, &error))
        problem_add(problem, "srtp_key", "%s", error->message);
    if (wanted->key && json_object_get(call->params, "ssrc"))
        problem_add(problem, "ssrc", "is made up for SRTP, so that no key stream is used twice");
    if (wanted->key && wanted->rtcp_port)
        problem_add(problem, "rtcp_port", "sender reports are not encrypted; leave it out");
    if (wanted->rtcp_port == wanted->port)
        problem_add(problem, "rtcp_port", "is where the packets go");
    if (problem->errors)
        return problem;
    problem_destroy(problem);
    return NULL;
}

// Never that of one that has ended: who ends a relay a second time must not end another's.
static char *new_id(struct session *session)
{
    for (;;) {
        char *id = g_strdup_printf("r%u", ++session->relays_made);
        if (!g_hash_table_contains(session->relays, id))
            return id;
        g_free(id);
    }
}

static guint32 new_ssrc(const struct session *session)
{
    guint32 ssrc;
    session->ports.random(session->ports.data, (guint8 *)&ssrc, sizeof ssrc);
    return ssrc;
}

static struct relay *wanted_by(struct session *session, const struct call *call)
{
    struct relay *wanted = g_new0(struct relay, 1);
    wanted->id = new_id(session);
    wanted->room = g_strdup(call_string(call, "room"));
    wanted->host = g_strdup(call_string(call, "host"));
    wanted->port = call_integer(call, "port");
    wanted->rtcp_port = call_integer(call, "rtcp_port");
    wanted->payload = call_integer(call, "payload");
    const json_t *ssrc = json_object_get(call->params, "ssrc");
    wanted->ssrc = ssrc ? (guint32)json_integer_value(ssrc) : new_ssrc(session);
    wanted->ttl = call_integer(call, "ttl");
    stream_mode_of_name(call_string(call, "mode"), &wanted->mode);
    wanted->key = g_strdup(call_string(call, "srtp_key"));
    wanted->since = session_real_seconds(session);
    return wanted;
}

static bool tell_pipeline(struct session *session, const struct link_message *message)
{
    return session->pipeline.linked && session->ports.to_pipeline(session->ports.data, message);
}

static bool stop(struct session *session, const char *id)
{
    return tell_pipeline(session,
                         &(struct link_message){.type = LINK_RELAY_STOP, .id = (char *)id});
}

void relays_start(struct session *session, struct call *call)
{
    if (!session_room(session, call_string(call, "room"))) {
        call_fail(call, problem_new(404, "there is no room \"%s\"", call_string(call, "room")));
        return;
    }
    struct relay *wanted = wanted_by(session, call);
    struct problem *problem = check(session, call, wanted);
    if (!problem && g_hash_table_size(session->relays) >= RELAY_MAX)
        problem = problem_new(429, "there are %d relays already, which is the most", RELAY_MAX);
    if (!problem &&
        !tell_pipeline(session, &(struct link_message){.type = LINK_RELAY, .relay = wanted}))
        problem = problem_new(503, "the pipeline is away; try again in a moment");
    if (problem) {
        relay_destroy(wanted);
        call_fail(call, problem);
        return;
    }
    struct relaying *relaying = add(session, wanted);
    awaited_begin(&relaying->start, call, session->now);
}

void relays_free(struct session *session, struct call *call, struct relaying *relaying)
{
    if (!stop(session, relaying->relay->id)) {
        call_fail(call, problem_new(503, "the pipeline is away; try again in a moment"));
        return;
    }
    remove_one(session, relaying);
    call_succeed(call, NULL);
}

// --- what the pipeline says ---------------------------------------------------------------------

static void on_ended(struct session *session, struct relaying *relaying, const struct relay *told)
{
    const char *detail = told->detail ? told->detail : "the pipeline refused";
    log_warning("relay.ended", "{s:s s:s}", "relay", told->id, "detail", detail);
    awaited_fail(&relaying->start, told->status, detail);
    remove_one(session, relaying);
}

static bool has_changed(const struct relay *old, const struct relay *new)
{
    return old->errors != new->errors || g_strcmp0(old->detail, new->detail) != 0;
}

static void take_news(struct session *session, struct relaying *relaying, const struct relay *told)
{
    bool is_news = relaying->start.call || has_changed(relaying->relay, told);
    relay_destroy(relaying->relay);
    relaying->relay = relay_copy(told);
    if (relaying->start.call)
        call_succeed(awaited_end(&relaying->start), relaying_to_json(relaying));
    if (is_news)
        emit_changed(session, relaying);
}

void relays_on_link(struct session *session, const struct relay *told)
{
    struct relaying *relaying = g_hash_table_lookup(session->relays, told->id);
    if (relaying && told->status) {
        on_ended(session, relaying, told);
    } else if (relaying) {
        take_news(session, relaying, told);
    } else if (!told->status) {
        // It was given up, or ended while this was on its way.
        stop(session, told->id);
    }
}

static void learn(struct session *session, const struct relay *told)
{
    struct relaying *relaying = g_hash_table_lookup(session->relays, told->id);
    if (relaying)
        take_news(session, relaying, told);
    else if (told->since * G_USEC_PER_SEC < (double)session->began)
        emit_changed(session, add(session, relay_copy(told)));
    else
        stop(session, told->id); // it was ended, or given up, while the link was away
}

void relays_on_hello(struct session *session, const GPtrArray *told)
{
    g_autoptr(GHashTable) there = g_hash_table_new(g_str_hash, g_str_equal);
    for (guint i = 0; i < told->len; i++) {
        const struct relay *relay = g_ptr_array_index(told, i);
        g_hash_table_add(there, relay->id);
        learn(session, relay);
    }
    GHashTableIter iter;
    gpointer id, each;
    g_hash_table_iter_init(&iter, session->relays);
    while (g_hash_table_iter_next(&iter, &id, &each)) {
        struct relay *relay = ((struct relaying *)each)->relay;
        struct link_message again = {.type = LINK_RELAY, .relay = relay};
        if (g_hash_table_contains(there, id))
            continue;
        // Its numbers begin anew, and with them a key stream that must be another.
        if (relay->key)
            relay->ssrc = new_ssrc(session);
        session->ports.to_pipeline(session->ports.data, &again);
    }
}
