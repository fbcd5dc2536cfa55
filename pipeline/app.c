// SPDX-License-Identifier: GPL-3.0-or-later
#include "pipeline/app.h"

#include <glib-unix.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/error.h"
#include "common/log.h"
#include "pipeline/doors/doors.h"
#include "pipeline/link.h"
#include "pipeline/recording/recorders.h"
#include "pipeline/relay/relayers.h"
#include "pipeline/sound/room.h"
#include "pipeline/webrtc/listeners.h"

#define TICK 100                                     // ms between meters
#define LEAVE_TIME (2 * G_TIME_SPAN_SECOND)          // to take everything down
#define LAST_MOMENT (2700 * G_TIME_SPAN_MILLISECOND) // when what hangs is left behind

struct app {
    GMainLoop *loop;   // owned
    GHashTable *rooms; // owned: name -> struct room
    struct room_settings room_settings;
    struct stage stage;
    struct reaper *reaper;       // owned
    struct listeners *listeners; // owned
    struct recorders *recorders; // owned
    struct relayers *relayers;   // owned
    struct link *link;           // owned
    struct doors *doors;         // owned
    guint most_listeners;
    struct capture_state told;   // the last LINK_CAPTURE
    guint tick, term, interrupt; // sources of the main loop, or 0
    gint64 leaving;              // when the end began, or 0
};

// --- telling the controller -----------------------------------------------------------

static void tell_recording(const struct recording *recording, void *data)
{
    struct app *app = data;
    struct link_message message = {.type = LINK_RECORDING,
                                   .recording = (struct recording *)recording};
    link_send(app->link, &message);
}

static void tell_relay(const struct relay *relay, void *data)
{
    struct app *app = data;
    link_send(app->link,
              &(struct link_message){.type = LINK_RELAYED, .relay = (struct relay *)relay});
}

// The rooms share one JACK server; ports and xruns add up.
static struct capture_state whole_capture(struct app *app)
{
    struct capture_state whole = {0};
    GHashTableIter iter;
    gpointer value;
    g_hash_table_iter_init(&iter, app->rooms);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        struct capture_state state = capture_state(((struct room *)value)->capture);
        whole.jack = whole.jack || state.jack;
        whole.rate = MAX(whole.rate, state.rate);
        whole.connected += state.connected;
        whole.xruns += state.xruns;
    }
    return whole;
}

static void tell_capture(struct app *app, bool anyway)
{
    struct capture_state state = whole_capture(app), *told = &app->told;
    if (!anyway && state.jack == told->jack && state.rate == told->rate &&
        state.connected == told->connected && state.xruns == told->xruns)
        return;
    *told = state;
    link_send(app->link, &(struct link_message){.type = LINK_CAPTURE,
                                                .jack = state.jack,
                                                .rate = state.rate,
                                                .connected = state.connected,
                                                .xruns = state.xruns});
}

static void on_link_connected(void *data)
{
    struct app *app = data;
    listeners_forget_pending(app->listeners);
    g_autoptr(GPtrArray) present =
        g_ptr_array_new_with_free_func((GDestroyNotify)link_listener_destroy);
    listeners_list(app->listeners, present);
    doors_list(app->doors, present);
    g_autoptr(GPtrArray) recordings = recorders_list(app->recorders);
    g_autoptr(GPtrArray) relays = relayers_list(app->relayers);
    link_send(app->link, &(struct link_message){.type = LINK_PIPELINE_HELLO,
                                                .listeners = present,
                                                .recordings = recordings,
                                                .relays = relays});
    tell_capture(app, true);
    doors_tell(app->doors);
}

// --- what the controller says -------------------------------------------------------------

static void drop_all(struct app *app, const char *room, const char *detail)
{
    doors_drop_room(app->doors, room, detail);
    listeners_drop_room(app->listeners, room, detail);
}

static const struct link_room *find_wanted(const GPtrArray *rooms, const char *name)
{
    for (guint i = 0; i < rooms->len; i++) {
        const struct link_room *room = g_ptr_array_index(rooms, i);
        if (g_strcmp0(room->name, name) == 0)
            return room;
    }
    return NULL;
}

static void take_rooms(struct app *app, const GPtrArray *wanted)
{
    GHashTableIter iter;
    gpointer name, value;
    g_hash_table_iter_init(&iter, app->rooms);
    while (g_hash_table_iter_next(&iter, &name, &value)) {
        if (find_wanted(wanted, name))
            continue;
        drop_all(app, name, "the room is gone");
        recorders_stop_room(app->recorders, name, "the room is gone");
        relayers_stop_room(app->relayers, name);
        g_hash_table_iter_remove(&iter);
    }
    for (guint i = 0; i < wanted->len; i++) {
        const struct link_room *entry = g_ptr_array_index(wanted, i);
        struct room *room = g_hash_table_lookup(app->rooms, entry->name);
        if (room) {
            room_follow(room, entry);
            continue;
        }
        room = room_create(&app->room_settings, entry);
        room_follow(room, entry);
        g_hash_table_insert(app->rooms, room->name, room);
    }
}

static bool is_full(void *data)
{
    const struct app *app = data;
    return listeners_count(app->listeners) + doors_count(app->doors) >= app->most_listeners;
}

static struct room *find_room(const char *name, void *data)
{
    return g_hash_table_lookup(((struct app *)data)->rooms, name);
}

static void on_link_message(const struct link_message *message, void *data)
{
    struct app *app = data;
    if (app->leaving)
        return;
    if (message->type == LINK_CONTROLLER_HELLO)
        take_rooms(app, message->rooms);
    else if (message->type == LINK_LISTEN)
        listeners_add(app->listeners, find_room(message->room, app), is_full(app), message);
    else if (listeners_take(app->listeners, message))
        return;
    else if (message->type == LINK_MODE)
        doors_set_mode(app->doors, message->listener, message->mode);
    else if (message->type == LINK_RECORD)
        recorders_start(app->recorders, find_room(message->recording->room, app),
                        message->recording);
    else if (message->type == LINK_RECORD_STOP)
        recorders_stop(app->recorders, message->id, NULL);
    else if (message->type == LINK_RELAY)
        relayers_start(app->relayers, find_room(message->relay->room, app), message->relay);
    else if (message->type == LINK_RELAY_STOP)
        relayers_stop(app->relayers, message->id);
    else if (message->type == LINK_CLOSE)
        doors_drop(app->doors, message->listener, message->detail ? message->detail : "left");
}

// --- time -------------------------------------------------------------------------------

static void leave_when_done(struct app *app)
{
    bool done = link_is_idle(app->link) && reaper_remaining(app->reaper) == 0 &&
                recorders_remaining(app->recorders) == 0 && doors_remaining(app->doors) == 0;
    if (done || g_get_monotonic_time() - app->leaving > LEAVE_TIME)
        g_main_loop_quit(app->loop);
}

// Nobody hears this room any more, and its thread cannot be ended: whoever started us starts
// another one, to which the listeners come by themselves.
G_NORETURN static void give_up(const struct room *room)
{
    log_error("pipeline.stuck", "{s:s}", "room", room->name);
    _exit(EXIT_FAILURE);
}

static gboolean on_tick(gpointer data)
{
    struct app *app = data;
    GHashTableIter iter;
    gpointer value;
    reaper_check(app->reaper);
    recorders_poll(app->recorders);
    if (app->leaving) {
        leave_when_done(app);
        return G_SOURCE_CONTINUE;
    }
    relayers_poll(app->relayers);
    g_hash_table_iter_init(&iter, app->rooms);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        struct link_message meter = room_meter(value);
        link_send(app->link, &meter);
        if (!room_put_out_stalled(value))
            give_up(value);
    }
    doors_tick(app->doors);
    tell_capture(app, false);
    return G_SOURCE_CONTINUE;
}

// A JACK server that hangs keeps its clients from closing; they end all the same.
static gpointer leave_in_time(gpointer unused)
{
    g_usleep(LAST_MOMENT);
    _exit(EXIT_SUCCESS);
}

static gboolean on_signal(gpointer data)
{
    struct app *app = data;
    if (app->leaving)
        return G_SOURCE_CONTINUE;
    app->leaving = g_get_monotonic_time();
    log_info("pipeline.leaving", "{s:i}", "listeners", (int)listeners_count(app->listeners));
    g_thread_unref(g_thread_new("last-moment", leave_in_time, NULL));
    doors_lock(app->doors);
    drop_all(app, NULL, "the server stops");
    recorders_stop_all(app->recorders, "the server stops");
    return G_SOURCE_CONTINUE;
}

// --- life -------------------------------------------------------------------------------

static void read_settings(struct app *app, const struct config *config)
{
    double milliseconds = g_ascii_strtod(config_string(config, "opus-frame-ms"), NULL);
    app->most_listeners = config_integer(config, "max-listeners");
    app->room_settings = (struct room_settings){
        .jack_server = config_string(config, "jack-server"),
        .local = strcmp(config_string(config, "output"), "local") == 0,
        .encoder = {.bitrate = config_integer(config, "opus-bitrate"),
                    .complexity = config_integer(config, "opus-complexity"),
                    .block = (int)(milliseconds * 48),
                    .fec = config_boolean(config, "opus-fec") && milliseconds >= 10},
        .base = app->stage.base,
    };
}

static void add_main_room(struct app *app)
{
    char name[] = "main", left[] = "scsynth:out_1", right[] = "scsynth:out_2";
    struct link_room wanted = {.name = name, .sources = {left, right}};
    struct room *room = room_create(&app->room_settings, &wanted);
    g_hash_table_insert(app->rooms, room->name, room);
}

struct app *app_create(const struct config *config, GError **error)
{
    struct app *app = g_new0(struct app, 1);
    struct link_handler handler = {
        .connected = on_link_connected, .message = on_link_message, .data = app};
    struct doors_ports ports = {.room = find_room, .full = is_full, .data = app};
    app->loop = g_main_loop_new(NULL, FALSE);
    app->rooms = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, (GDestroyNotify)room_destroy);
    app->reaper = reaper_create();
    link_set_log();
    if (!stage_init(&app->stage, config, error) ||
        !(app->link = link_create(app->loop, config_string(config, "link-url"),
                                  config_string(config, "link-token"), &handler, error)) ||
        !(app->doors = doors_create(app->loop, config, app->link, &ports, error))) {
        app_destroy(app);
        return NULL;
    }
    app->listeners = listeners_create(&app->stage, app->reaper, app->link);
    app->recorders = recorders_create(config, tell_recording, app);
    app->relayers = relayers_create(tell_relay, app);
    read_settings(app, config);
    add_main_room(app);
    app->tick = g_timeout_add(TICK, on_tick, app);
    app->term = g_unix_signal_add(SIGTERM, on_signal, app);
    app->interrupt = g_unix_signal_add(SIGINT, on_signal, app);
    return app;
}

void app_destroy(struct app *app)
{
    if (!app)
        return;
    g_clear_handle_id(&app->tick, g_source_remove);
    g_clear_handle_id(&app->term, g_source_remove);
    g_clear_handle_id(&app->interrupt, g_source_remove);
    listeners_destroy(app->listeners);
    if (app->recorders)
        recorders_stop_all(app->recorders, "the server stops");
    recorders_destroy(app->recorders);
    doors_destroy(app->doors);
    relayers_destroy(app->relayers);
    g_hash_table_unref(app->rooms);
    reaper_destroy(app->reaper, G_TIME_SPAN_SECOND / 2);
    link_destroy(app->link);
    stage_clear(&app->stage);
    g_main_loop_unref(app->loop);
    g_free(app);
}

void app_run(struct app *app)
{
    log_info("pipeline.started", "{s:s}", "version", FARFIELD_VERSION);
    g_main_loop_run(app->loop);
    log_info("pipeline.stopped", NULL);
}
