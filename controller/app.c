// SPDX-License-Identifier: GPL-3.0-or-later
#include "controller/app.h"

#include <errno.h>
#include <glib-unix.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "common/error.h"
#include "common/log.h"
#include "controller/core/access.h"
#include "controller/core/rpc.h"
#include "controller/core/session.h"
#include "controller/doors/http.h"
#include "controller/doors/library.h"
#include "controller/doors/port.h"
#include "controller/doors/scsynth.h"
#include "controller/doors/websocket.h"
#include "controller/state.h"
#include "controller/supervisor.h"

// The client id that we ask of scsynth: its last, so that sclang gets the 0 that it is used to.
#define CLIENT_ID 15

struct app {
    const struct config *config;
    GMainLoop *loop;
    struct state state;
    json_t *saved; // what an earlier controller left, NULL if nothing
    struct session *session;
    GSource *timer; // session_tick()
    struct rpc *rpc;
    struct access access;
    struct library *library;
    struct scsynth *scsynth;
    struct websockets *websockets;
    struct websocket *link; // the pipeline, NULL while it is away
    int link_port;
    char *link_token;
    struct http *http;
    struct supervisor *supervisor;
    GPtrArray *ice_servers;
    char *resources; // the folder that holds web/ and synthdefs/
    bool is_ready;
    bool stopping;
    int exit_status;
};

// One connection of a pipeline.
struct link {
    struct app *app;
    struct websocket *websocket;
};

static int64_t now(void)
{
    return g_get_monotonic_time();
}

static char *url(const struct app *app, const char *scheme, const char *port)
{
    const char *address = config_string(app->config, "address");
    return g_strdup_printf(strchr(address, ':') ? "%s://[%s]:%d/" : "%s://%s:%d/", scheme, address,
                           (int)config_integer(app->config, port));
}

// --- the session's ports ------------------------------------------------------------------------

static void port_send(void *data, const GPtrArray *messages)
{
    struct app *app = data;
    scsynth_send(app->scsynth, messages);
}

static void announce_when_ready(struct app *app)
{
    const struct session *session = app->session;
    if (app->is_ready || session->state != SERVER_RUNNING || !session->pipeline.linked ||
        session->pipeline.connected < LINK_CHANNELS)
        return;
    app->is_ready = true;
    g_autofree char *panel = url(app, "http", "http-port");
    printf("Farfield is ready: %s  (turn your volume down first: sound may start suddenly)\n",
           panel);
    fflush(stdout);
}

static void port_emit(void *data, const char *topic, const char *event, json_t *params,
                      const char *key)
{
    struct app *app = data;
    rpc_emit(app->rpc, topic, event, params, key);
    announce_when_ready(app);
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

static bool port_keep(void *data, const struct synthdef *synthdef, GError **error)
{
    struct app *app = data;
    return library_keep(app->library, synthdef, error);
}

static bool port_forget(void *data, const char *name, GError **error)
{
    struct app *app = data;
    return library_forget(app->library, name, error);
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

static void on_osc(void *data, const struct osc_message *message)
{
    struct app *app = data;
    session_on_reply(app->session, message, now());
}

static void on_scsynth_line(void *data, const char *line)
{
    struct app *app = data;
    session_on_output(app->session, line, now());
}

static void save_state(struct app *app)
{
    json_t *children = supervisor_save(app->supervisor);
    json_t *saved = json_pack("{s:o s:i s:i s:s s:i}", "children", children, "osc_port",
                              scsynth_local_port(app->scsynth), "link_port", app->link_port,
                              "link_token", app->link_token, "epoch", app->session->epoch);
    json_object_set(saved, "scsynth_port", json_object_get(app->saved, "scsynth_port"));
    g_autoptr(GError) error = NULL;
    app->session->store_ok = state_save(&app->state, saved, &error);
    if (error)
        log_error("state.save", "{s:s}", "reason", error->message);
    json_decref(saved);
}

static void on_scsynth_ready(void *data)
{
    struct app *app = data;
    session_server_expected(app->session, now());
}

static void on_scsynth_gone(void *data)
{
    struct app *app = data;
    session_server_gone(app->session, now());
}

static void on_children_changed(void *data)
{
    save_state(data);
}

static void on_children_stopped(void *data)
{
    struct app *app = data;
    g_main_loop_quit(app->loop);
}

static void stop(struct app *app)
{
    if (app->stopping)
        return;
    app->stopping = true;
    log_info("controller.stopping", NULL);
    session_stop(app->session, now());
    supervisor_stop(app->supervisor);
}

static void on_hopeless(void *data, const char *why)
{
    struct app *app = data;
    log_error("supervisor.hopeless", "{s:s}", "reason", why);
    fprintf(stderr, "farfield-controller: %s\n", why);
    app->exit_status = 1;
    stop(app);
}

static gboolean on_signal(gpointer data)
{
    stop(data);
    return G_SOURCE_CONTINUE;
}

// --- the WebSockets -----------------------------------------------------------------------------

static bool may_open_rpc(void *data, const char *host, const char *origin,
                         const char *authorization, bool *authorised)
{
    struct app *app = data;
    const char *key = access_bearer(authorization);
    // Who brings a key must bring the right one; who brings none may still call auth.
    *authorised = session_key_fits(app->session, key ? key : "");
    return !app->stopping && access_host_allowed(&app->access, host) &&
           access_origin_allowed(&app->access, host, origin) && (*authorised || !key);
}

static void *open_rpc(void *data, struct websocket *websocket, bool authorised)
{
    struct app *app = data;
    return rpc_client_create(app->rpc, websocket, authorised);
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

static bool may_open_link(void *data, const char *host, const char *origin,
                          const char *authorization, bool *authorised)
{
    struct app *app = data;
    const char *token = access_bearer(authorization);
    *authorised = token && session_secrets_equal(token, app->link_token);
    return *authorised;
}

static void *open_link(void *data, struct websocket *websocket, bool authorised)
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

// --- setting up ---------------------------------------------------------------------------------

static bool listen_rpc(struct app *app, GError **error)
{
    struct websocket_ports ports = {app, may_open_rpc, open_rpc, on_rpc_text, on_rpc_close};
    int port = (int)config_integer(app->config, "ws-port");
    if (websocket_listen(app->websockets, config_string(app->config, "address"), port, RPC_PROTOCOL,
                         RPC_MAX_MESSAGE, &ports, error))
        return true;
    g_prefix_error(error, "the WebSocket (ws-port, FARFIELD_WS_PORT): ");
    return false;
}

static int saved_integer(const struct app *app, const char *key)
{
    return (int)json_integer_value(json_object_get(app->saved, key));
}

// The port of before, so that a pipeline that lives on finds us again.
static bool listen_link(struct app *app, GError **error)
{
    struct websocket_ports ports = {app, may_open_link, open_link, on_link_text, on_link_close};
    const char *address = config_string(app->config, "link-address");
    int port = (int)config_integer(app->config, "link-port");
    int before = saved_integer(app, "link_port");
    struct websocket_server *server = NULL;
    if (port == 0 && before > 0)
        server = websocket_listen(app->websockets, address, before, LINK_PROTOCOL, LINK_MAX_MESSAGE,
                                  &ports, NULL);
    if (!server)
        server = websocket_listen(app->websockets, address,
                                  port ? port : port_free(G_SOCKET_TYPE_STREAM), LINK_PROTOCOL,
                                  LINK_MAX_MESSAGE, &ports, error);
    if (!server) {
        g_prefix_error(error, "the pipeline's link (link-port): ");
        return false;
    }
    app->link_port = websocket_server_port(server);
    return true;
}

static void make_token(struct app *app)
{
    const char *set = config_string(app->config, "link-token");
    const char *before = json_string_value(json_object_get(app->saved, "link_token"));
    if (*set || before) {
        app->link_token = g_strdup(*set ? set : before);
        return;
    }
    guint8 bytes[24];
    port_random(app, bytes, sizeof bytes);
    app->link_token = g_base64_encode(bytes, sizeof bytes);
}

// The folder beside the program's own that holds web/ and synthdefs/: the checkout, or what was
// installed.
static char *find_resources(void)
{
    g_autofree char *program = g_file_read_link("/proc/self/exe", NULL);
    g_autofree char *dir = g_path_get_dirname(program ? program : ".");
    static const char *const places[] = {"../..", "../share/farfield"};
    for (gsize i = 0; i < G_N_ELEMENTS(places); i++) {
        g_autofree char *guard =
            g_build_filename(dir, places[i], "synthdefs", "farfield_guard.scsyndef", NULL);
        if (g_file_test(guard, G_FILE_TEST_EXISTS))
            return g_build_filename(dir, places[i], NULL);
    }
    return g_strdup(FARFIELD_PREFIX "/share/farfield");
}

static char *resource(const struct app *app, const char *setting, const char *name)
{
    const char *set = config_string(app->config, setting);
    return *set ? g_strdup(set) : g_build_filename(app->resources, name, NULL);
}

static bool check_config(const struct app *app, GError **error)
{
    const char *address = config_string(app->config, "address");
    if (!access_is_loopback(address) && *config_string(app->config, "api-key") == '\0') {
        g_set_error(error, FARFIELD_ERROR, ERROR_INVALID,
                    "address %s can be reached from other machines, and then anyone could play and "
                    "listen here: set a key (api-key, FARFIELD_API_KEY), or listen on 127.0.0.1",
                    address);
        return false;
    }
    bool supervised = strstr(config_string(app->config, "supervise"), "scsynth") != NULL;
    if (!supervised && config_integer(app->config, "scsynth-port") == 0) {
        g_set_error(error, FARFIELD_ERROR, ERROR_INVALID,
                    "scsynth is not started here (supervise), so scsynth-port must say where it "
                    "is");
        return false;
    }
    return true;
}

static void create_session(struct app *app)
{
    struct session_ports ports = {
        .data = app,
        .send = port_send,
        .emit = port_emit,
        .notify = port_notify,
        .to_pipeline = port_to_pipeline,
        .wake_at = port_wake_at,
        .server_lost = port_server_lost,
        .restart_server = port_restart_server,
        .stage_synthdef = port_stage,
        .keep_synthdef = port_keep,
        .forget_synthdef = port_forget,
        .random = port_random,
    };
    struct rpc_ports rpc_ports = {app, send_rpc};
    app->timer = g_source_new(&timer_funcs, sizeof(GSource));
    g_source_set_callback(app->timer, on_timer, app, NULL);
    g_source_attach(app->timer, NULL);
    app->session = session_create(&ports, CLIENT_ID);
    app->session->epoch = saved_integer(app, "epoch");
    app->session->ice_servers = app->ice_servers;
    const char *key = config_string(app->config, "api-key");
    app->session->api_key = *key ? g_strdup(key) : NULL;
    app->session->websocket_url = url(app, "ws", "ws-port");
    app->rpc = rpc_create(app->session, &rpc_ports);
}

// Ports first: a second instance on the same settings is to be told of the port.
static bool open_ports(struct app *app, GError **error)
{
    const char *address = config_string(app->config, "address");
    g_autofree char *web = resource(app, "web-dir", "web");
    access_init(&app->access, config_string(app->config, "origins"), address,
                app->session->api_key != NULL);
    app->http = http_open(address, (int)config_integer(app->config, "http-port"), web, app->session,
                          &app->access, error);
    if (!app->http) {
        g_prefix_error(error, "HTTP (http-port, FARFIELD_HTTP_PORT): ");
        return false;
    }
    app->websockets = websockets_create(app->loop);
    if (!app->websockets) {
        g_set_error(error, FARFIELD_ERROR, ERROR_INTERNAL,
                    "libwebsockets does not start; is libwebsockets-evlib-glib installed?");
        return false;
    }
    return listen_rpc(app, error);
}

static int choose_scsynth_port(const struct app *app)
{
    int set = (int)config_integer(app->config, "scsynth-port");
    int before = saved_integer(app, "scsynth_port");
    return set ? set : before ? before : port_free(G_SOCKET_TYPE_DATAGRAM);
}

static bool open_scsynth(struct app *app, GError **error)
{
    int port = choose_scsynth_port(app);
    if (!app->saved)
        app->saved = json_object();
    json_object_set_new(app->saved, "scsynth_port", json_integer(port));
    int before = saved_integer(app, "osc_port");
    app->scsynth =
        scsynth_open(config_string(app->config, "scsynth-address"), port,
                     before ? before : port_free(G_SOCKET_TYPE_DATAGRAM), on_osc, app, error);
    return app->scsynth != NULL;
}

static bool create_supervisor(struct app *app, GError **error)
{
    g_autofree char *program = g_file_read_link("/proc/self/exe", NULL);
    g_autofree char *dir = g_path_get_dirname(program ? program : ".");
    g_autofree char *pipeline = g_build_filename(dir, "farfield-pipeline", NULL);
    g_autofree char *url = g_strdup_printf("ws://127.0.0.1:%d/", app->link_port);
    struct supervisor_plan plan = {
        .run_dir = app->state.run_dir,
        .server_dir = app->state.server_dir,
        .scsynth_port = saved_integer(app, "scsynth_port"),
        .link_url = url,
        .link_token = app->link_token,
        .pipeline_path = pipeline,
    };
    struct supervisor_ports ports = {.data = app,
                                     .on_scsynth_line = on_scsynth_line,
                                     .on_scsynth_ready = on_scsynth_ready,
                                     .on_scsynth_gone = on_scsynth_gone,
                                     .on_changed = on_children_changed,
                                     .on_stopped = on_children_stopped,
                                     .on_hopeless = on_hopeless};
    app->supervisor = supervisor_create(app->config, &plan, &ports, error);
    return app->supervisor != NULL;
}

static bool set_up(struct app *app, GError **error)
{
    app->resources = find_resources();
    app->ice_servers = ice_servers_parse(config_string(app->config, "ice-servers"), error);
    if (!app->ice_servers || !check_config(app, error))
        return false;
    create_session(app);
    if (!open_ports(app, error) ||
        !state_open(&app->state, config_string(app->config, "data-dir"), error))
        return false;
    app->saved = state_load(&app->state);
    app->session->epoch = saved_integer(app, "epoch");
    make_token(app);
    g_autofree char *shipped = resource(app, "synthdef-dir", "synthdefs");
    app->library = library_create(shipped, app->state.user_dir, app->state.defs_dir);
    return listen_link(app, error) && open_scsynth(app, error) && create_supervisor(app, error) &&
           library_start(app->library, app->session, error);
}

// In this order: what calls into a module goes before it.
static void tear_down(struct app *app)
{
    supervisor_destroy(app->supervisor);
    library_destroy(app->library);
    if (app->session)
        session_stop(app->session, now());
    http_close(app->http);
    websockets_destroy(app->websockets);
    rpc_destroy(app->rpc);
    session_destroy(app->session);
    scsynth_close(app->scsynth);
    if (app->timer) {
        g_source_destroy(app->timer);
        g_source_unref(app->timer);
    }
    access_clear(&app->access);
    state_close(&app->state);
    g_clear_pointer(&app->ice_servers, g_ptr_array_unref);
    json_decref(app->saved);
    g_free(app->link_token);
    g_free(app->resources);
    g_main_loop_unref(app->loop);
}

int app_run(const struct config *config)
{
    struct app app = {.config = config, .state.lock = -1};
    g_autoptr(GError) error = NULL;
    app.loop = g_main_loop_new(NULL, FALSE);
    signal(SIGPIPE, SIG_IGN);
    if (set_up(&app, &error)) {
        guint sources[] = {g_unix_signal_add(SIGINT, on_signal, &app),
                           g_unix_signal_add(SIGTERM, on_signal, &app),
                           g_unix_signal_add(SIGHUP, on_signal, &app)};
        supervisor_start(app.supervisor, json_object_get(app.saved, "children"));
        save_state(&app);
        if (!supervisor_owns_scsynth(app.supervisor))
            session_server_expected(app.session, now());
        session_tick(app.session, now());
        g_main_loop_run(app.loop);
        for (gsize i = 0; i < G_N_ELEMENTS(sources); i++)
            g_source_remove(sources[i]);
        state_forget(&app.state);
        log_info("controller.stopped", NULL);
    } else {
        fprintf(stderr, "farfield-controller: %s\n", error->message);
        app.exit_status = 1;
    }
    tear_down(&app);
    return app.exit_status;
}
