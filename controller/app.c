// SPDX-License-Identifier: GPL-3.0-or-later
#include "controller/app.h"

#include <glib-unix.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "common/error.h"
#include "common/log.h"
#include "controller/doors/plugins.h"
#include "controller/doors/port.h"
#include "controller/wiring.h"

// The client id that we ask of scsynth: its last, so that sclang gets the 0 that it is used to.
#define CLIENT_ID 15
#define FAREWELL 100 // turns of the loop, at most, when it has ended

static int64_t now(void)
{
    return g_get_monotonic_time();
}

// "Any address" is none that can be opened: this machine's name is.
static const char *own_name(const struct app *app)
{
    const char *address = config_string(app->config, "address");
    bool any = strcmp(address, "0.0.0.0") == 0 || strcmp(address, "::") == 0;
    return any ? g_get_host_name() : address;
}

char *app_url(const struct app *app, const char *scheme, const char *port)
{
    const char *address = own_name(app);
    return g_strdup_printf(strchr(address, ':') ? "%s://[%s]:%d/" : "%s://%s:%d/", scheme, address,
                           (int)config_integer(app->config, port));
}

void app_save(struct app *app)
{
    json_t *children = supervisor_save(app->supervisor);
    json_t *saved = json_pack("{s:o s:i s:i s:s s:i s:i}", "children", children, "osc_port",
                              scsynth_local_port(app->scsynth), "link_port", app->link_port,
                              "link_token", app->link_token, "epoch", app->session->epoch,
                              "max_logins", app->session->max_logins);
    json_object_set(saved, "scsynth_port", json_object_get(app->saved, "scsynth_port"));
    g_autoptr(GError) error = NULL;
    app->session->store_ok = state_save(&app->state, saved, &error);
    if (error)
        log_error("state.save", "{s:s}", "reason", error->message);
    json_decref(saved);
}

void app_stop(struct app *app)
{
    if (app->stopping)
        return;
    app->stopping = true;
    log_info("controller.stopping", NULL);
    session_stop(app->session, now());
    assets_stop(app->assets);
    supervisor_stop(app->supervisor);
}

static gboolean on_signal(gpointer data)
{
    app_stop(data);
    return G_SOURCE_CONTINUE;
}

// --- setting up ---------------------------------------------------------------------------------

static bool listen_rpc(struct app *app, GError **error)
{
    struct websocket_ports ports = wiring_rpc_server(app);
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
    struct websocket_ports ports = wiring_link_server(app);
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
    app->session->ports.random(app, bytes, sizeof bytes);
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

// A name goes into files and sockets of jackd, which is silent about what it cuts off.
static bool check_jack_server(const char *name, GError **error)
{
    if (*name && strlen(name) <= 60 &&
        strspn(name, G_CSET_a_2_z G_CSET_A_2_Z G_CSET_DIGITS "._-") == strlen(name))
        return true;
    g_set_error(error, FARFIELD_ERROR, ERROR_INVALID,
                "jack-server: \"%s\" is no name for a JACK server: up to 60 letters, digits, dots, "
                "dashes and underscores",
                name);
    return false;
}

// The pipeline would refuse to start, again and again.
static bool check_ice(const struct app *app, GError **error)
{
    int first, last;
    g_auto(GStrv) addresses = ice_addresses_parse(config_string(app->config, "ice-address"), error);
    return addresses &&
           ice_ports_parse(config_string(app->config, "ice-ports"), &first, &last, error);
}

static bool check_differ(const struct app *app, const char *one, const char *other, GError **error)
{
    int port = (int)config_integer(app->config, one);
    if (port != config_integer(app->config, other))
        return true;
    g_set_error(error, FARFIELD_ERROR, ERROR_INVALID, "%s and %s are both %d; they must differ",
                one, other, port);
    return false;
}

static bool check_config(const struct app *app, GError **error)
{
    if (!check_jack_server(config_string(app->config, "jack-server"), error) ||
        !check_ice(app, error) ||
        !config_check_less(app->config, "stream-queue-target", "stream-queue-max", error))
        return false;
    const char *at = config_string(app->config, "stream-address");
    bool together = *at == '\0' || strcmp(at, config_string(app->config, "address")) == 0;
    if (!check_differ(app, "http-port", "ws-port", error) ||
        (together && (!check_differ(app, "http-port", "stream-port", error) ||
                      !check_differ(app, "ws-port", "stream-port", error))))
        return false;
    const char *streams = config_string(app->config, "stream-url");
    if (*streams && !g_str_has_prefix(streams, "http://") &&
        !g_str_has_prefix(streams, "https://")) {
        g_set_error(error, FARFIELD_ERROR, ERROR_INVALID,
                    "stream-url must be http://... or https://..., not \"%s\"", streams);
        return false;
    }
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
    struct session_ports ports = wiring_session(app);
    struct rpc_ports rpc_ports = wiring_rpc(app);
    app->timer = wiring_timer(app);
    app->session = session_create(&ports, CLIENT_ID);
    app->session->epoch = saved_integer(app, "epoch");
    app->session->ice_servers = app->ice_servers;
    session_set_encoding(app->session,
                         &(struct encoding){
                             .bitrate = (int)config_integer(app->config, "opus-bitrate"),
                             .complexity = (int)config_integer(app->config, "opus-complexity"),
                         });
    const char *key = config_string(app->config, "api-key");
    app->session->api_key = *key ? g_strdup(key) : NULL;
    app->session->address = g_strdup(own_name(app));
    app->session->websocket_port = (int)config_integer(app->config, "ws-port");
    app->session->stream_port = (int)config_integer(app->config, "stream-port");
    app->session->stream_url = g_strdup(config_string(app->config, "stream-url"));
    app->rpc = rpc_create(app->session, &rpc_ports);
    static const char *const secrets[] = {"api-key", "link-token", "turn-secret"};
    for (gsize i = 0; i < G_N_ELEMENTS(secrets); i++)
        journal_hide(&app->session->journal, config_string(app->config, secrets[i]));
    log_tap(wiring_on_log, app);
}

// Ports first: a second instance on the same settings is to be told of the port.
static bool open_ports(struct app *app, GError **error)
{
    const char *address = config_string(app->config, "address");
    g_autofree char *web = resource(app, "web-dir", "web");
    access_init(&app->access, config_string(app->config, "origins"), address,
                (int)config_integer(app->config, "http-port"), app->session->api_key != NULL);
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
    app->session->server_port = port;
    const char *address = config_string(app->config, "scsynth-address");
    // By the port of before, scsynth knows us again.
    int before = saved_integer(app, "osc_port");
    if (before)
        app->scsynth = scsynth_open(address, port, before, wiring_on_osc, app, NULL);
    if (!app->scsynth)
        app->scsynth = scsynth_open(address, port, port_free(G_SOCKET_TYPE_DATAGRAM), wiring_on_osc,
                                    app, error);
    return app->scsynth != NULL;
}

static bool open_osc_in(struct app *app, GError **error)
{
    int port = (int)config_integer(app->config, "osc-port");
    struct osc_in_ports ports = wiring_osc_in(app);
    if (port == 0)
        return true;
    app->osc_in = osc_in_open(config_string(app->config, "osc-address"), port,
                              config_string(app->config, "osc-allow"), &ports, error);
    if (!app->osc_in)
        g_prefix_error(error, "OSC (osc-port, FARFIELD_OSC_PORT): ");
    return app->osc_in != NULL;
}

// To those who can reach it: not where it listens for this machine alone.
static void announce_osc_in(struct app *app)
{
    if (!app->osc_in || access_is_loopback(config_string(app->config, "osc-address")))
        return;
    g_autofree char *name = g_strdup_printf("Farfield on %s", g_get_host_name());
    app->mdns = mdns_publish(name, "_osc._udp", (int)config_integer(app->config, "osc-port"));
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
        .recordings_dir = app->session->recordings_dir,
        .pipeline_path = pipeline,
    };
    struct supervisor_ports ports = wiring_supervisor(app);
    app->supervisor = supervisor_create(app->config, &plan, &ports, error);
    return app->supervisor != NULL;
}

static void open_recordings(struct app *app)
{
    const char *set = config_string(app->config, "recordings-dir");
    const char *dir = *set ? set : app->state.recordings_dir;
    app->session->recordings_dir = g_canonicalize_filename(dir, NULL);
    g_autoptr(GPtrArray) recordings = recordings_load(app->session->recordings_dir);
    for (guint i = 0; i < recordings->len; i++)
        session_add_recording(app->session, g_ptr_array_index(recordings, i));
}

static void create_auditions(struct app *app)
{
    int memory = (int)config_integer(app->config, "scsynth-memory");
    struct audition_ports ports = wiring_auditions(app);
    app->auditions = auditions_create(app->state.auditions_dir, memory, &ports);
    app->session->audition_policy = audition_policy(config_string(app->config, "audition"));
    // What another's scsynth has is not ours to know.
    if (!strstr(config_string(app->config, "supervise"), "scsynth"))
        return;
    app->session->memory = memory * 1024.0;
    app->session->plugins = plugins_find();
}

static bool set_up(struct app *app, GError **error)
{
    app->resources = find_resources();
    app->ice_servers = ice_servers_parse(config_string(app->config, "ice-servers"),
                                         config_string(app->config, "turn-secret"), error);
    if (!app->ice_servers || !check_config(app, error))
        return false;
    create_session(app);
    if (!open_ports(app, error) ||
        !state_open(&app->state, config_string(app->config, "data-dir"), error))
        return false;
    app->saved = state_load(&app->state);
    app->session->epoch = app->session->first_epoch = app->saved_epoch =
        saved_integer(app, "epoch");
    // A scsynth that knows us still does not say it again.
    app->session->max_logins = saved_integer(app, "max_logins");
    json_t *model = app->saved ? state_load_model(&app->state) : NULL;
    if (model)
        session_learn_model(app->session, model);
    json_decref(model);
    make_token(app);
    app->session->stream_token = g_strdup(app->link_token);
    journal_hide(&app->session->journal, app->link_token);
    open_recordings(app);
    g_autofree char *shipped = resource(app, "synthdef-dir", "synthdefs");
    create_auditions(app);
    app->library = library_create(shipped, app->state.user_dir, app->state.defs_dir);
    app->store = store_open(app->state.store_file, error);
    if (!app->store || !listen_link(app, error) || !open_scsynth(app, error) ||
        !open_osc_in(app, error) || !create_supervisor(app, error) ||
        !library_start(app->library, app->session, error))
        return false;
    wiring_open_assets(app);
    return true;
}

// In this order: what calls into a module goes before it.
static void tear_down(struct app *app)
{
    log_tap(NULL, NULL);
    supervisor_destroy(app->supervisor);
    auditions_destroy(app->auditions);
    library_destroy(app->library);
    if (app->keeping_buffers)
        g_source_remove(app->keeping_buffers);
    if (app->session)
        session_stop(app->session, now());
    http_close(app->http);
    websockets_destroy(app->websockets);
    rpc_destroy(app->rpc);
    assets_destroy(app->assets);
    assets_peaks_destroy(app->peaks);
    session_destroy(app->session);
    mdns_withdraw(app->mdns);
    osc_in_close(app->osc_in);
    scsynth_close(app->scsynth);
    store_close(app->store);
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

static gboolean start(gpointer data)
{
    struct app *app = data;
    supervisor_start(app->supervisor, json_object_get(app->saved, "children"));
    announce_osc_in(app);
    app_save(app);
    if (!supervisor_owns_scsynth(app->supervisor))
        session_server_expected(app->session, now());
    session_tick(app->session, now());
    return G_SOURCE_REMOVE;
}

int app_run(const struct config *config)
{
    struct app app = {.config = config, .state.lock = -1};
    g_autoptr(GError) error = NULL;
    app.loop = g_main_loop_new(NULL, FALSE);
    signal(SIGPIPE, SIG_IGN);
    // A limit on the size of files is to be an error of writing, not our end.
    signal(SIGXFSZ, SIG_IGN);
    // From the first moment until the process has ended: one that comes while all is set up is
    // heard when the loop runs, and a second one must not cut the first one's work short.
    g_unix_signal_add(SIGINT, on_signal, &app);
    g_unix_signal_add(SIGTERM, on_signal, &app);
    g_unix_signal_add(SIGHUP, on_signal, &app);
    if (set_up(&app, &error)) {
        // From the loop, so that a start that fails can end it.
        g_idle_add(start, &app);
        g_main_loop_run(app.loop);
        // Who has just been answered is still to be told.
        for (int i = 0; i < FAREWELL && g_main_context_iteration(NULL, FALSE); i++)
            ;
        state_forget(&app.state);
        log_info("controller.stopped", NULL);
    } else {
        fprintf(stderr, "farfield-controller: %s\n", error->message);
        app.exit_status = 1;
    }
    tear_down(&app);
    return app.exit_status;
}
