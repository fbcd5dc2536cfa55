// SPDX-License-Identifier: GPL-3.0-or-later
#include "controller/doors/recordings.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <unistd.h>

#include "common/error.h"
#include "common/log.h"

#define DOOMED ".deleted-" // what a folder is called whose files are going

static gpointer erase_files(gpointer data)
{
    g_autofree char *folder = data;
    g_autoptr(GDir) files = g_dir_open(folder, 0, NULL);
    for (const char *name; files && (name = g_dir_read_name(files));) {
        g_autofree char *file = g_build_filename(folder, name, NULL);
        g_unlink(file);
    }
    if (g_rmdir(folder) != 0)
        log_warning("recording.erase", "{s:s s:s}", "folder", folder, "detail", g_strerror(errno));
    return NULL;
}

static void erase_on_a_thread(char *folder)
{
    g_thread_unref(g_thread_new("erase", erase_files, folder));
}

bool recordings_erase(const char *dir, const char *id, GError **error)
{
    g_autofree char *folder = g_build_filename(dir, id, NULL);
    g_autofree char *doomed = g_strconcat(dir, "/" DOOMED, id, NULL);
    // One that somebody has deleted by hand is gone, too.
    if (g_rename(folder, doomed) == 0) {
        erase_on_a_thread(g_steal_pointer(&doomed));
    } else if (errno != ENOENT) {
        g_set_error(error, FARFIELD_ERROR, ERROR_INTERNAL, "the recording cannot be deleted: %s",
                    g_strerror(errno));
        return false;
    }
    return true;
}

static void load_one(const char *dir, const char *id, GPtrArray *recordings)
{
    g_autoptr(GError) error = NULL;
    struct recording *recording = recording_read(dir, id, &error);
    if (recording)
        g_ptr_array_add(recordings, recording);
    else
        log_warning("recording.unreadable", "{s:s s:s}", "recording", id, "detail", error->message);
}

GPtrArray *recordings_load(const char *dir)
{
    GPtrArray *recordings = g_ptr_array_new();
    g_autoptr(GDir) folders = g_dir_open(dir, 0, NULL);
    for (const char *name; folders && (name = g_dir_read_name(folders));) {
        if (g_str_has_prefix(name, DOOMED))
            erase_on_a_thread(g_build_filename(dir, name, NULL));
        else if (recording_id_is_good(name))
            load_one(dir, name, recordings);
    }
    return recordings;
}
