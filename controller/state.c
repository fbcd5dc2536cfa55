// SPDX-License-Identifier: GPL-3.0-or-later
#include "controller/state.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "common/error.h"

static bool make_folder(const char *path, int mode, GError **error)
{
    if (g_mkdir_with_parents(path, mode) == 0)
        return true;
    g_set_error(error, FARFIELD_ERROR, ERROR_INVALID, "data-dir: %s cannot be made: %s", path,
                g_strerror(errno));
    return false;
}

// How long a predecessor may take to let go, in milliseconds. One that was killed is already gone
// for its parent while the kernel still takes its last threads, and their files, down.
enum { LOCK_PATIENCE = 1000, LOCK_EVERY = 20 };

static bool try_lock(int file)
{
    for (int waited = 0; flock(file, LOCK_EX | LOCK_NB) < 0; waited += LOCK_EVERY) {
        if (errno != EWOULDBLOCK || waited >= LOCK_PATIENCE)
            return false;
        g_usleep(LOCK_EVERY * 1000);
    }
    return true;
}

static bool take_lock(struct state *state, const char *dir, GError **error)
{
    g_autofree char *path = g_build_filename(dir, "lock", NULL);
    state->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (state->lock >= 0 && try_lock(state->lock))
        return true;
    if (errno == EWOULDBLOCK)
        g_set_error(error, FARFIELD_ERROR, ERROR_CONFLICT,
                    "the data folder %s is in use by another Farfield; choose one with data-dir "
                    "(FARFIELD_DATA_DIR)",
                    dir);
    else
        g_set_error(error, FARFIELD_ERROR, ERROR_INVALID, "data-dir: %s: %s", path,
                    g_strerror(errno));
    return false;
}

bool state_open(struct state *state, const char *data_dir, GError **error)
{
    g_autofree char *dir = *data_dir ? g_canonicalize_filename(data_dir, NULL)
                                     : g_build_filename(g_get_user_data_dir(), "farfield", NULL);
    state->lock = -1;
    state->auditions_dir = g_build_filename(dir, "auditions", NULL);
    state->run_dir = g_build_filename(dir, "run", NULL);
    state->user_dir = g_build_filename(dir, "synthdefs", NULL);
    // scsynth's -P needs the slash, or a folder whose name only begins so would be let in too.
    state->server_dir = g_build_filename(dir, "server/", NULL);
    state->defs_dir = g_build_filename(dir, "server", "synthdefs/", NULL);
    state->store_file = g_build_filename(dir, "farfield.db", NULL);
    state->recordings_dir = g_build_filename(dir, "recordings", NULL);
    state->assets_dir = g_build_filename(dir, "assets", NULL);
    state->uploads_dir = g_build_filename(dir, "uploads", NULL);
    state->buffers_dir = g_build_filename(dir, "server", "buffers", NULL);
    state->buffers_file = g_build_filename(state->run_dir, "buffers.json", NULL);
    state->file = g_build_filename(state->run_dir, "state.json", NULL);
    state->model = g_build_filename(state->run_dir, "model.json", NULL);
    return make_folder(state->run_dir, 0700, error) && make_folder(state->user_dir, 0755, error) &&
           make_folder(state->defs_dir, 0755, error) &&
           make_folder(state->assets_dir, 0755, error) &&
           make_folder(state->uploads_dir, 0700, error) &&
           make_folder(state->buffers_dir, 0755, error) && take_lock(state, dir, error);
}

void state_close(struct state *state)
{
    if (state->lock >= 0)
        close(state->lock);
    g_free(state->auditions_dir);
    g_free(state->run_dir);
    g_free(state->user_dir);
    g_free(state->server_dir);
    g_free(state->defs_dir);
    g_free(state->recordings_dir);
    g_free(state->assets_dir);
    g_free(state->uploads_dir);
    g_free(state->buffers_dir);
    g_free(state->file);
    g_free(state->buffers_file);
    g_free(state->store_file);
    g_free(state->model);
}

static json_t *load(const char *path)
{
    json_t *saved = json_load_file(path, 0, NULL);
    if (saved && !json_is_object(saved))
        g_clear_pointer(&saved, json_decref);
    return saved;
}

json_t *state_load(const struct state *state)
{
    return load(state->file);
}

json_t *state_load_buffers(const struct state *state)
{
    return load(state->buffers_file);
}

// state.json holds the link's token: for our own eyes.
static bool save(const char *path, const json_t *saved, GError **error)
{
    char *text = json_dumps(saved, JSON_INDENT(2));
    bool good =
        g_file_set_contents_full(path, text, -1, G_FILE_SET_CONTENTS_CONSISTENT, 0600, error);
    free(text);
    return good;
}

bool state_save(const struct state *state, const json_t *saved, GError **error)
{
    return save(state->file, saved, error);
}

json_t *state_load_model(const struct state *state)
{
    return load(state->model);
}

// Whole or not at all, but without waiting for the disk, which an upload may keep busy: when the
// machine dies, so does what this is about.
static bool save_soon(const char *path, const json_t *saved, GError **error)
{
    g_autofree char *next = g_strconcat(path, ".new", NULL);
    char *text = json_dumps(saved, JSON_COMPACT);
    bool good = g_file_set_contents_full(next, text, -1, G_FILE_SET_CONTENTS_NONE, 0600, error);
    free(text);
    if (good && g_rename(next, path) != 0) {
        g_set_error_literal(error, G_FILE_ERROR, g_file_error_from_errno(errno), g_strerror(errno));
        return false;
    }
    return good;
}

bool state_save_buffers(const struct state *state, const json_t *buffers, GError **error)
{
    return save_soon(state->buffers_file, buffers, error);
}

bool state_save_model(const struct state *state, const json_t *model, GError **error)
{
    return save_soon(state->model, model, error);
}

void state_forget(const struct state *state)
{
    g_unlink(state->file);
    g_unlink(state->model);
    g_unlink(state->buffers_file);
}
