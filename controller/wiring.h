// SPDX-License-Identifier: GPL-3.0-or-later
// Who calls whom: the functions by which the modules of the controller reach each other. All are
// handed the struct app; the modules themselves never see one another.
#pragma once

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>

#include "common/config.h"
#include "common/log.h"
#include "controller/core/api/access.h"
#include "controller/core/api/rpc.h"
#include "controller/core/session.h"
#include "controller/doors/assets.h"
#include "controller/doors/assets_peaks.h"
#include "controller/doors/audition.h"
#include "controller/doors/http.h"
#include "controller/doors/library.h"
#include "controller/doors/recordings.h"
#include "controller/doors/mdns.h"
#include "controller/doors/osc_in.h"
#include "controller/doors/scsynth.h"
#include "controller/doors/store.h"
#include "controller/doors/websocket.h"
#include "controller/state.h"
#include "controller/supervisor.h"

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
    struct auditions *auditions;
    struct assets *assets;
    struct assets_peaks *peaks;
    guint keeping_buffers; // the timer after which they are written down
    struct store *store;
    struct scsynth *scsynth;
    struct osc_in *osc_in; // NULL where osc-port is 0
    struct mdns *mdns;     // that announces it, NULL where nobody else could reach it
    struct websockets *websockets;
    struct websocket *link; // the pipeline, NULL while it is away
    int link_port;
    char *link_token;
    struct http *http;
    struct supervisor *supervisor;
    GPtrArray *ice_servers;
    char *resources; // the folder that holds web/ and synthdefs/
    int saved_epoch; // that app_save() has written last
    bool is_ready;
    bool stopping;
    int exit_status;
};

// One connection of a pipeline.
struct link {
    struct app *app;
    struct websocket *websocket;
};

// What each module is to be created with.
struct session_ports wiring_session(struct app *app);
struct rpc_ports wiring_rpc(struct app *app);
struct websocket_ports wiring_rpc_server(struct app *app);
struct websocket_ports wiring_link_server(struct app *app);
struct supervisor_ports wiring_supervisor(struct app *app);
struct audition_ports wiring_auditions(struct app *app);

struct osc_in_ports wiring_osc_in(struct app *app);

// scsynth's messages: for scsynth_open().
void wiring_on_osc(void *data, const struct osc_message *message);

// What the controller logs: for log_tap().
void wiring_on_log(void *data, enum log_level level, const char *event, const json_t *fields);

// The source that carries session_tick(), attached to the default context.
GSource *wiring_timer(struct app *app);

// What the programs use.
void wiring_usage(struct session_ports *ports);

// Of buffers and sounds: the session's ports, and the door that they lead to (set_up()).
void wiring_assets(struct session_ports *ports);
void wiring_open_assets(struct app *app);

// "http://127.0.0.1:8080/". The caller frees it.
char *app_url(const struct app *app, const char *scheme, const char *port_setting);
// Writes down what the next controller has to know if this one crashes.
void app_save(struct app *app);
// Ends everything in order, then the loop.
void app_stop(struct app *app);
