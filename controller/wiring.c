// SPDX-License-Identifier: GPL-3.0-or-later
#include "controller/wiring.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "common/log.h"
#include "controller/core/osc/osc_in.h"

#define FAREWELL 100 // ms

static int64_t now(void)
{
    return g_get_monotonic_time();
}

// --- the session's ports ------------------------------------------------------------------------

static void port_send(void *data, const GPtrArray *messages)
{
    struct app *app = data;
    scsynth_send(app->scsynth, messages);
}

static void port_send_at(void *data, const GPtrArray *messages, int64_t time)
{
    struct app *app = data;
    scsynth_send_at(app->scsynth, messages, time);
}

static int64_t port_real_time(void *data)
{
    return g_get_real_time();
}

static void port_save_model(void *data, json_t *model)
{
    struct app *app = data;
    g_autoptr(GError) error = NULL;
    if (!state_save_model(&app->state, model, &error))
        log_error("model.save", "{s:s}", "reason", error->message);
    json_decref(model);
}

static void announce_when_ready(struct app *app)
{
    const struct session *session = app->session;
    if (app->is_ready || session->state != SERVER_RUNNING || !session->pipeline.linked ||
        session->pipeline.connected < LINK_CHANNELS)
        return;
    app->is_ready = true;
    supervisor_trust(app->supervisor);
    g_autofree char *panel = app_url(app, "http", "http-port");
    printf("Farfield is ready: %s  (turn your volume down first: sound may start suddenly)\n",
           panel);
    fflush(stdout);
}

static void port_emit(void *data, const char *topic, const char *event, json_t *params,
                      const char *key)
{
    struct app *app = data;
    rpc_emit(app->rpc, topic, event, params, key);
    // The next controller must not give an epoch that clients have seen.
    if (app->session->epoch != app->saved_epoch) {
        app->saved_epoch = app->session->epoch;
        app_save(app);
    }
    announce_when_ready(app);
}

static void port_emit_others(void *data, const struct client *except, const char *topic,
                             const char *event, json_t *params, const char *key)
{
    struct app *app = data;
    rpc_emit_others(app->rpc, except, topic, event, params, key);
}

static void port_notify(void *data, struct client *client, const char *method, json_t *params)
{
    rpc_notify(client, method, params);
}

static bool port_to_pipeline(void *data, const struct link_message *message)
{
    struct app *app = data;
    if (!app->link)
        return false;
    char *text = link_message_encode(message);
    g_autoptr(GBytes) bytes = g_bytes_new_with_free_func(text, strlen(text), free, text);
    websocket_send(app->link, bytes, NULL);
    return true;
}

static void port_wake_at(void *data, int64_t time)
{
    struct app *app = data;
    g_source_set_ready_time(app->timer, time ? time : -1);
}

static void port_server_lost(void *data)
{
    struct app *app = data;
    supervisor_kill_scsynth(app->supervisor);
}

static void port_pipeline_lost(void *data)
{
    struct app *app = data;
    if (app->link)
        websocket_close(app->link, 1000, "nothing was heard");
    app->link = NULL;
    supervisor_kill_pipeline(app->supervisor);
}

static bool port_restart_server(void *data)
{
    struct app *app = data;
    return supervisor_kill_scsynth(app->supervisor);
}

static char *port_stage(void *data, const struct synthdef *synthdef, GError **error)
{
    struct app *app = data;
    return library_stage(app->library, synthdef, error);
}

static struct audition *port_audition(void *data, const struct synthdef *synthdef, bool again,
                                      bool urgent)
{
    struct app *app = data;
    return auditions_hear(app->auditions, synthdef, again, urgent);
}

static void on_heard(void *data, const char *sum, const struct audition *audition)
{
    struct app *app = data;
    session_on_audition(app->session, sum, audition, now());
}

static bool port_keep(void *data, struct synthdef *synthdef, GError **error)
{
    struct app *app = data;
    return library_keep(app->library, synthdef, error);
}

static bool port_forget(void *data, const char *name, GError **error)
{
    struct app *app = data;
    return library_forget(app->library, name, error);
}

static json_t *port_store_get(void *data, const struct document_key *key, GError **error)
{
    struct app *app = data;
    return store_get(app->store, key, error);
}

static json_t *port_store_list(void *data, const char *kind, const char *folder, GError **error)
{
    struct app *app = data;
    return store_list(app->store, kind, folder, error);
}

static bool port_store_put(void *data, const struct document_key *key, const json_t *about,
                           const json_t *body, GError **error)
{
    struct app *app = data;
    return store_put(app->store, key, about, body, error);
}

static bool port_store_rename(void *data, const struct document_key *key, const char *to,
                              GError **error)
{
    struct app *app = data;
    return store_rename(app->store, key, to, error);
}

static bool port_store_delete(void *data, const struct document_key *key, GError **error)
{
    struct app *app = data;
    return store_delete(app->store, key, error);
}

static const char *port_store_trouble(void *data)
{
    struct app *app = data;
    return store_trouble(app->store);
}

static struct recording *port_read_recording(void *data, const char *id)
{
    struct app *app = data;
    return recording_read(app->session->recordings_dir, id, NULL);
}

static bool port_delete_recording(void *data, const char *id, GError **error)
{
    struct app *app = data;
    return recordings_erase(app->session->recordings_dir, id, error);
}

static void port_random(void *data, guint8 *bytes, gsize length)
{
    gsize done = 0;
    while (done < length) {
        ssize_t got = getrandom(bytes + done, length - done, 0);
        if (got > 0)
            done += got;
        else if (errno != EINTR)
            g_error("no random numbers: %s", g_strerror(errno));
    }
}

static gboolean on_timer(gpointer data)
{
    struct app *app = data;
    g_source_set_ready_time(app->timer, -1);
    session_tick(app->session, now());
    return G_SOURCE_CONTINUE;
}

static gboolean dispatch_timer(GSource *source, GSourceFunc callback, gpointer data)
{
    return callback(data);
}

static GSourceFuncs timer_funcs = {.dispatch = dispatch_timer};

// --- scsynth and the children -------------------------------------------------------------------

void wiring_on_osc(void *data, const struct osc_message *message)
{
    struct app *app = data;
    session_on_reply(app->session, message, now());
}

static void on_osc_answer(void *data, json_t *result, const struct problem *problem)
{
    g_autofree char *words = problem ? problem_to_text(problem) : NULL;
    osc_in_done(data, words);
    json_decref(result);
}

static void on_osc_in(void *data, const struct osc_message *message, struct osc_sender *sender)
{
    struct app *app = data;
    osc_in_receive(app->session, message, on_osc_answer, sender, now());
}

static void on_child_line(void *data, const char *name, const char *line, bool complains)
{
    struct app *app = data;
    journal_note(app->session, complains ? LOG_WARNING_LEVEL : LOG_INFO_LEVEL, name, line, NULL);
    if (strcmp(name, "scsynth") == 0)
        session_on_output(app->session, line, now());
}

void wiring_on_log(void *data, enum log_level level, const char *event, const json_t *fields)
{
    struct app *app = data;
    journal_note(app->session, level, "controller", event, fields);
}

static void on_scsynth_ready(void *data)
{
    struct app *app = data;
    session_server_expected(app->session, now());
}

// One that was ended from outside, or ended itself since JACK had, is not to blame.
static bool has_crashed(const char *how)
{
    static const int faults[] = {SIGSEGV, SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGSYS, SIGTRAP};
    int number = g_str_has_prefix(how, "signal ") ? atoi(how + strlen("signal ")) : 0;
    for (gsize i = 0; i < G_N_ELEMENTS(faults); i++)
        if (number == faults[i])
            return true;
    return false;
}

static void on_scsynth_gone(void *data, const char *how)
{
    struct app *app = data;
    session_server_gone(app->session, has_crashed(how), now());
}

static void on_children_changed(void *data)
{
    app_save(data);
}

static gboolean on_farewell_said(gpointer data)
{
    struct app *app = data;
    g_main_loop_quit(app->loop);
    return G_SOURCE_REMOVE;
}

static void on_children_stopped(void *data)
{
    // What was answered last still has to leave.
    g_timeout_add(FAREWELL, on_farewell_said, data);
}

static void on_hopeless(void *data, const char *why)
{
    struct app *app = data;
    log_error("supervisor.hopeless", "{s:s}", "reason", why);
    fprintf(stderr, "farfield-controller: %s\n", why);
    app->exit_status = 1;
    app_stop(app);
}

// --- the WebSockets -----------------------------------------------------------------------------

static bool may_open_rpc(void *data, const char *host, const char *origin,
                         const char *authorization, bool *authorised)
{
    struct app *app = data;
    const char *key = access_bearer(authorization);
    // Who brings a key must bring the right one; who brings none may still call auth.
    *authorised = session_key_fits(app->session, key ? key : "");
    return !app->stopping && access_host_is_good(host) && access_host_allowed(&app->access, host) &&
           access_origin_allowed(&app->access, host, origin) && (*authorised || !key);
}

static void *open_rpc(void *data, struct websocket *websocket, bool authorised, const char *host,
                      const char *agent)
{
    struct app *app = data;
    struct client *client = rpc_client_create(app->rpc, websocket, authorised);
    rpc_client_describe(client, host, agent);
    return client;
}

static void on_rpc_text(void *client, const char *text, gsize length)
{
    rpc_receive(client, text, length, now());
}

static void on_rpc_close(void *client)
{
    rpc_client_destroy(client, now());
}

static void send_rpc(void *data, void *connection, GBytes *text, const char *key)
{
    websocket_send(connection, text, key);
}

static void trust_rpc(void *data, void *connection)
{
    websocket_trust(connection);
}

static bool may_open_link(void *data, const char *host, const char *origin,
                          const char *authorization, bool *authorised)
{
    struct app *app = data;
    const char *token = access_bearer(authorization);
    *authorised = token && session_secrets_equal(token, app->link_token);
    return *authorised;
}

static void *open_link(void *data, struct websocket *websocket, bool authorised, const char *host,
                       const char *agent)
{
    struct app *app = data;
    // A pipeline that was started anew may be here before the old one's end is noticed.
    if (app->link)
        websocket_close(app->link, 1000, "another pipeline has come");
    app->link = websocket;
    struct link *link = g_new0(struct link, 1);
    link->app = app;
    link->websocket = websocket;
    return link;
}

static void on_link_text(void *data, const char *text, gsize length)
{
    struct link *link = data;
    struct app *app = link->app;
    g_autoptr(GError) error = NULL;
    struct link_message *message = link_message_decode(text, length, &error);
    if (!message)
        log_warning("link.message", "{s:s}", "reason", error->message);
    else if (link->websocket == app->link)
        session_on_link(app->session, message, now());
    link_message_destroy(message);
}

static void on_link_close(void *data)
{
    struct link *link = data;
    struct app *app = link->app;
    if (link->websocket == app->link) {
        app->link = NULL;
        session_link_lost(app->session, now());
    }
    g_free(link);
}

// --- what the modules are given -----------------------------------------------------------------

struct session_ports wiring_session(struct app *app)
{
    struct session_ports ports = {
        .data = app,
        .send = port_send,
        .send_at = port_send_at,
        .real_time = port_real_time,
        .save_model = port_save_model,
        .emit = port_emit,
        .emit_others = port_emit_others,
        .notify = port_notify,
        .to_pipeline = port_to_pipeline,
        .wake_at = port_wake_at,
        .server_lost = port_server_lost,
        .pipeline_lost = port_pipeline_lost,
        .restart_server = port_restart_server,
        .stage_synthdef = port_stage,
        .audition = port_audition,
        .keep_synthdef = port_keep,
        .forget_synthdef = port_forget,
        .store_get = port_store_get,
        .store_list = port_store_list,
        .store_put = port_store_put,
        .store_delete = port_store_delete,
        .store_rename = port_store_rename,
        .store_trouble = port_store_trouble,
        .read_recording = port_read_recording,
        .delete_recording = port_delete_recording,
        .random = port_random,
    };
    wiring_assets(&ports);
    wiring_usage(&ports);
    return ports;
}

struct rpc_ports wiring_rpc(struct app *app)
{
    return (struct rpc_ports){app, send_rpc, trust_rpc};
}

struct websocket_ports wiring_rpc_server(struct app *app)
{
    return (struct websocket_ports){app, may_open_rpc, open_rpc, on_rpc_text, on_rpc_close};
}

struct websocket_ports wiring_link_server(struct app *app)
{
    return (struct websocket_ports){app, may_open_link, open_link, on_link_text, on_link_close};
}

struct osc_in_ports wiring_osc_in(struct app *app)
{
    return (struct osc_in_ports){app, on_osc_in};
}

struct supervisor_ports wiring_supervisor(struct app *app)
{
    return (struct supervisor_ports){.data = app,
                                     .on_line = on_child_line,
                                     .on_scsynth_ready = on_scsynth_ready,
                                     .on_scsynth_gone = on_scsynth_gone,
                                     .on_changed = on_children_changed,
                                     .on_stopped = on_children_stopped,
                                     .on_hopeless = on_hopeless};
}

struct audition_ports wiring_auditions(struct app *app)
{
    return (struct audition_ports){app, on_heard};
}

GSource *wiring_timer(struct app *app)
{
    GSource *timer = g_source_new(&timer_funcs, sizeof(GSource));
    g_source_set_callback(timer, on_timer, app, NULL);
    g_source_attach(timer, NULL);
    return timer;
}
