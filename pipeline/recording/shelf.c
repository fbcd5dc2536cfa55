// SPDX-License-Identifier: GPL-3.0-or-later
#include "pipeline/recording/shelf.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "common/error.h"
#include "common/log.h"
#include "pipeline/recording/part.h"

#define MEGA 1e6

void shelf_init(struct shelf *shelf, const char *dir, guint64 limit, guint64 reserve,
                guint64 margin)
{
    shelf->dir = g_strdup(dir);
    shelf->limit = limit;
    shelf->reserve = reserve;
    shelf->margin = margin;
    atomic_init(&shelf->used, 0);
}

void shelf_clear(struct shelf *shelf)
{
    g_free(shelf->dir);
}

// --- how full it is -----------------------------------------------------------------------------

static guint64 count_files(const char *path)
{
    guint64 bytes = 0;
    g_autoptr(GDir) files = g_dir_open(path, 0, NULL);
    for (const char *name; files && (name = g_dir_read_name(files));) {
        g_autofree char *file = g_build_filename(path, name, NULL);
        struct stat status;
        if (lstat(file, &status) == 0 && S_ISREG(status.st_mode))
            bytes += status.st_size;
    }
    return bytes;
}

static guint64 count_all(const struct shelf *shelf)
{
    guint64 bytes = 0;
    g_autoptr(GDir) folders = g_dir_open(shelf->dir, 0, NULL);
    for (const char *name; folders && (name = g_dir_read_name(folders));) {
        g_autofree char *folder = g_build_filename(shelf->dir, name, NULL);
        bytes += count_files(folder);
    }
    return bytes;
}

static bool check(struct shelf *shelf, guint64 margin, GError **error)
{
    struct statvfs disk;
    if (statvfs(shelf->dir, &disk) == 0 &&
        (guint64)disk.f_bavail * disk.f_frsize < shelf->reserve + margin) {
        g_set_error(error, FARFIELD_ERROR, ERROR_FULL,
                    "the disk has no more than the %.0f MB that recordings leave to others "
                    "(recordings-reserve)",
                    shelf->reserve / MEGA);
        return false;
    }
    if (atomic_load(&shelf->used) + margin <= shelf->limit)
        return true;
    g_set_error(error, FARFIELD_ERROR, ERROR_FULL,
                "recordings may take %.0f MB in all, and do (recordings-limit)",
                shelf->limit / MEGA);
    return false;
}

bool shelf_may_begin(struct shelf *shelf, GError **error)
{
    if (*shelf->dir == '\0') {
        g_set_error(error, FARFIELD_ERROR, ERROR_UNAVAILABLE,
                    "the pipeline has no folder for recordings (recordings-dir)");
        return false;
    }
    if (g_mkdir_with_parents(shelf->dir, 0755) != 0) {
        g_set_error(error, FARFIELD_ERROR, ERROR_UNAVAILABLE, "recordings-dir: %s: %s", shelf->dir,
                    g_strerror(errno));
        return false;
    }
    atomic_store(&shelf->used, count_all(shelf));
    // More than one that runs needs, or it would end as soon as it has begun.
    return check(shelf, 2 * shelf->margin, error);
}

bool shelf_may_go_on(struct shelf *shelf, guint64 bytes, GError **error)
{
    atomic_fetch_add(&shelf->used, bytes);
    // Others may have been deleted since.
    if (!check(shelf, shelf->margin, NULL))
        atomic_store(&shelf->used, count_all(shelf));
    return check(shelf, shelf->margin, error);
}

// --- the folder of one --------------------------------------------------------------------------

static int hold(const char *folder)
{
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) == 0)
        return fd;
    close(fd);
    return -1;
}

int shelf_make(const struct shelf *shelf, const char *id, GError **error)
{
    g_autofree char *folder = g_build_filename(shelf->dir, id, NULL);
    int fd = mkdir(folder, 0755) == 0 ? hold(folder) : -1;
    if (fd < 0)
        g_set_error(error, FARFIELD_ERROR, errno == EEXIST ? ERROR_CONFLICT : ERROR_INTERNAL,
                    "the folder of the recording cannot be made: %s", g_strerror(errno));
    return fd;
}

bool shelf_note(const struct shelf *shelf, const struct recording *recording, GError **error)
{
    g_autofree char *path = g_build_filename(shelf->dir, recording->id, RECORDING_FILE, NULL);
    json_t *json = recording_to_json(recording);
    char *text = json_dumps(json, JSON_INDENT(2) | JSON_REAL_PRECISION(15));
    g_autoptr(GError) failure = NULL;
    bool good =
        g_file_set_contents_full(path, text, -1, G_FILE_SET_CONTENTS_CONSISTENT, 0644, &failure);
    if (!good)
        g_set_error(error, FARFIELD_ERROR, ERROR_INTERNAL, "its note cannot be written: %s",
                    failure->message);
    free(text);
    json_decref(json);
    return good;
}

void shelf_remove(const struct shelf *shelf, const struct recording *recording)
{
    g_autofree char *folder = g_build_filename(shelf->dir, recording->id, NULL);
    g_autofree char *note = g_build_filename(folder, RECORDING_FILE, NULL);
    for (guint i = 0; i < recording->parts->len; i++) {
        g_autofree char *name = recording_part_name(recording, i);
        g_autofree char *path = g_build_filename(folder, name, NULL);
        g_unlink(path);
    }
    g_unlink(note);
    g_rmdir(folder);
}

// --- what an earlier pipeline left --------------------------------------------------------------

static void find_parts(const char *folder, struct recording *recording)
{
    g_array_set_size(recording->parts, 0);
    for (guint i = 0; i < RECORDING_MAX_PARTS; i++) {
        g_autofree char *name = recording_part_name(recording, i);
        g_autofree char *path = g_build_filename(folder, name, NULL);
        struct recording_part part;
        if (!part_recover(path, recording->format, &part))
            return;
        g_array_append_val(recording->parts, part);
    }
}

static void recover(const struct shelf *shelf, const char *id)
{
    g_autofree char *folder = g_build_filename(shelf->dir, id, NULL);
    struct recording *recording = recording_read(shelf->dir, id, NULL);
    // Who still writes holds it.
    int fd = recording && recording_is_active(recording) ? hold(folder) : -1;
    if (fd >= 0) {
        g_autoptr(GError) error = NULL;
        find_parts(folder, recording);
        recording->state = RECORDING_INTERRUPTED;
        g_free(recording->detail);
        recording->detail = g_strdup("the pipeline ended without notice");
        if (shelf_note(shelf, recording, &error))
            log_warning("recording.interrupted", "{s:s s:f}", "recording", id, "seconds",
                        (double)recording_frames(recording) / RECORDING_RATE);
        else
            log_error("recording.recover", "{s:s s:s}", "recording", id, "detail", error->message);
        close(fd);
    }
    recording_destroy(recording);
}

void shelf_recover(const struct shelf *shelf)
{
    g_autoptr(GDir) folders = *shelf->dir ? g_dir_open(shelf->dir, 0, NULL) : NULL;
    for (const char *name; folders && (name = g_dir_read_name(folders));)
        if (recording_id_is_good(name))
            recover(shelf, name);
}
