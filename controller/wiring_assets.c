// SPDX-License-Identifier: GPL-3.0-or-later
// Who calls whom, of buffers and sounds.
#include <glib/gstdio.h>
#include <sys/stat.h>

#include "common/log.h"
#include "controller/wiring.h"

#define KEEP_AFTER 100 // ms: a thousand changes at once are written once

static bool port_check(void *data, guint ticket, const char *path, const char *title,
                       GError **error)
{
    struct app *app = data;
    return assets_check(app->assets, ticket, path, title, error);
}

static char *port_stage(void *data, const char *asset, int number, GError **error)
{
    struct app *app = data;
    return assets_stage(app->assets, asset, number, error);
}

static void port_unstage(void *data, int number)
{
    struct app *app = data;
    assets_unstage(app->assets, number);
}

static bool port_delete(void *data, const char *asset, GError **error)
{
    struct app *app = data;
    return assets_delete(app->assets, asset, error);
}

static char *port_path(void *data, const char *asset)
{
    struct app *app = data;
    return assets_path(app->assets, asset);
}

static char *port_scratch(void *data, int number, guint64 bytes, GError **error)
{
    struct app *app = data;
    return assets_scratch(app->assets, number, bytes, error);
}

static guint64 port_file_size(void *data, const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 ? status.st_size : 0;
}

static void port_delete_file(void *data, const char *path)
{
    g_unlink(path);
}

static void port_read_peaks(void *data, guint ticket, const char *path, int pieces, int points)
{
    struct app *app = data;
    assets_peaks_read(app->peaks, ticket, path, pieces, points);
}

static gboolean on_keep(gpointer data)
{
    struct app *app = data;
    json_t *json = buffers_to_json(&app->session->buffers);
    g_autoptr(GError) error = NULL;
    app->keeping_buffers = 0;
    if (!state_save_buffers(&app->state, json, &error))
        log_error("state.save", "{s:s}", "reason", error->message);
    json_decref(json);
    return G_SOURCE_REMOVE;
}

static void port_buffers_changed(void *data)
{
    struct app *app = data;
    if (!app->keeping_buffers)
        app->keeping_buffers = g_timeout_add(KEEP_AFTER, on_keep, app);
}

void wiring_assets(struct session_ports *ports)
{
    ports->check_sound = port_check;
    ports->stage_asset = port_stage;
    ports->unstage_asset = port_unstage;
    ports->delete_asset = port_delete;
    ports->asset_path = port_path;
    ports->scratch_file = port_scratch;
    ports->file_size = port_file_size;
    ports->delete_file = port_delete_file;
    ports->read_peaks = port_read_peaks;
    ports->buffers_changed = port_buffers_changed;
}

void wiring_open_assets(struct app *app)
{
    g_autofree char *program = g_file_read_link("/proc/self/exe", NULL);
    g_autofree char *dir = g_path_get_dirname(program ? program : ".");
    g_autofree char *sound = g_build_filename(dir, "farfield-sound", NULL);
    struct buffers *buffers = &app->session->buffers;
    guint64 mebibyte = 1024 * 1024;
    buffers->max_memory = config_integer(app->config, "max-buffers") * mebibyte;
    buffers->max_assets = config_integer(app->config, "max-assets") * mebibyte;
    buffers->total = supervisor_buffers(app->config);
    struct assets_plan plan = {app->state.assets_dir, app->state.uploads_dir,
                               app->state.buffers_dir, sound,
                               MIN(buffers->max_memory, BUFFERS_MAX_SAMPLES * sizeof(float))};
    app->assets = assets_create(&plan);
    assets_start(app->assets, app->session);
    app->peaks = assets_peaks_create(sound, app->session);
    json_t *kept = state_load_buffers(&app->state);
    buffers_from_json(app->session, kept);
    json_decref(kept);
    http_take_uploads(app->http, app->state.uploads_dir,
                      config_integer(app->config, "max-upload") * mebibyte);
}
