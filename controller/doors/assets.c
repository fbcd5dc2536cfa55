// SPDX-License-Identifier: GPL-3.0-or-later
#include "controller/doors/assets.h"

#include <errno.h>
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "common/error.h"
#include "common/log.h"

#define SUFFIX ".wav"
#define SIDECAR ".json"
#define NEW "new-" // begins what is not finished
#define SUM_LENGTH 64
#define DISK_MARGIN (16 * 1024 * 1024) // that is left free, bytes

struct assets {
    char *assets_dir, *uploads_dir, *server_dir, *program; // owned
    guint64 max_bytes;
    struct session *session;
    GQueue waiting;     // struct check, that have not begun
    GPtrArray *running; // struct check
    guint next_file;
    guint idle; // source that begins what waits, 0 for none
};

// One file that farfield-sound looks at.
struct check {
    struct assets *assets; // NULL when that is gone
    guint ticket;
    char *in, *out, *title; // owned
    GSubprocess *process;   // owned
    guint timer;
};

struct assets *assets_create(const struct assets_plan *plan)
{
    struct assets *assets = g_new0(struct assets, 1);
    assets->assets_dir = g_strdup(plan->assets_dir);
    assets->uploads_dir = g_strdup(plan->uploads_dir);
    assets->server_dir = g_strdup(plan->server_dir);
    assets->program = g_strdup(plan->program);
    assets->max_bytes = plan->max_bytes;
    assets->running = g_ptr_array_new();
    return assets;
}

static void check_destroy(struct check *check)
{
    if (check->timer)
        g_source_remove(check->timer);
    g_unlink(check->in);
    g_unlink(check->out);
    g_clear_object(&check->process);
    g_free(check->in);
    g_free(check->out);
    g_free(check->title);
    g_free(check);
}

void assets_stop(struct assets *assets)
{
    struct check *check;
    if (!assets)
        return;
    if (assets->idle)
        g_source_remove(assets->idle);
    assets->idle = 0;
    while ((check = g_queue_pop_head(&assets->waiting)))
        check_destroy(check);
    for (guint i = 0; i < assets->running->len; i++)
        g_subprocess_force_exit(((struct check *)g_ptr_array_index(assets->running, i))->process);
}

void assets_destroy(struct assets *assets)
{
    if (!assets)
        return;
    assets_stop(assets);
    for (guint i = 0; i < assets->running->len; i++)
        ((struct check *)g_ptr_array_index(assets->running, i))->assets = NULL;
    g_ptr_array_unref(assets->running);
    g_free(assets->assets_dir);
    g_free(assets->uploads_dir);
    g_free(assets->server_dir);
    g_free(assets->program);
    g_free(assets);
}

char *assets_path(const struct assets *assets, const char *name)
{
    return g_build_filename(assets->assets_dir, name, NULL);
}

static char *sidecar_path(const struct assets *assets, const char *name)
{
    g_autofree char *path = assets_path(assets, name);
    return g_strconcat(path, SIDECAR, NULL);
}

// --- what is there -------------------------------------------------------------------------------

static void empty_folder(const char *path)
{
    g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
    const char *name;
    while (dir && (name = g_dir_read_name(dir))) {
        g_autofree char *file = g_build_filename(path, name, NULL);
        g_unlink(file);
    }
}

static bool is_sum(const char *text)
{
    return strspn(text, "0123456789abcdef") >= SUM_LENGTH;
}

static bool is_asset_name(const char *name)
{
    return is_sum(name) && strcmp(name + SUM_LENGTH, SUFFIX) == 0;
}

static bool load(struct assets *assets, const char *name)
{
    g_autofree char *path = assets_path(assets, name), *sidecar = sidecar_path(assets, name);
    struct stat status;
    json_t *facts = json_load_file(sidecar, 0, NULL);
    bool good = facts && stat(path, &status) == 0 &&
                json_integer_value(json_object_get(facts, "bytes")) == status.st_size;
    if (good)
        session_add_asset(assets->session, name, json_string_value(json_object_get(facts, "title")),
                          facts);
    json_decref(facts);
    return good;
}

void assets_start(struct assets *assets, struct session *session)
{
    assets->session = session;
    empty_folder(assets->uploads_dir);
    empty_folder(assets->server_dir);
    g_autoptr(GDir) dir = g_dir_open(assets->assets_dir, 0, NULL);
    const char *name;
    while (dir && (name = g_dir_read_name(dir))) {
        g_autofree char *path = assets_path(assets, name);
        if (g_str_has_prefix(name, NEW))
            g_unlink(path);
        else if (is_asset_name(name) && !load(assets, name))
            log_warning("asset.unknown", "{s:s}", "file", path);
    }
}

// --- checking ------------------------------------------------------------------------------------

static void start_next(struct assets *assets);

// The JSON first: a WAV file without it is nobody's.
static bool admit(struct assets *assets, struct check *check, const char *name, json_t *facts,
                  GError **error)
{
    g_autofree char *path = assets_path(assets, name), *sidecar = sidecar_path(assets, name);
    if (g_file_test(path, G_FILE_TEST_EXISTS) && g_file_test(sidecar, G_FILE_TEST_EXISTS))
        return true;
    if (check->title)
        json_object_set_new(facts, "title", json_string(check->title));
    char *text = json_dumps(facts, JSON_INDENT(2));
    // Not waiting for the disk: one that is damaged is passed over, and sent again.
    bool good = g_file_set_contents_full(sidecar, text, -1, G_FILE_SET_CONTENTS_NONE, 0644, error);
    free(text);
    if (good && (g_chmod(check->out, 0444) != 0 || g_rename(check->out, path) != 0)) {
        g_set_error_literal(error, G_FILE_ERROR, g_file_error_from_errno(errno), g_strerror(errno));
        good = false;
    }
    return good;
}

static struct problem *problem_of(const json_t *answer, const char *how)
{
    int status = (int)json_integer_value(json_object_get(answer, "status"));
    const char *detail = json_string_value(json_object_get(answer, "detail"));
    if (status && detail)
        return problem_new(status, "%s", detail);
    log_warning("asset.check", "{s:s}", "how", how);
    return problem_new(422, "the file cannot be read: it takes too much memory or time, or it is "
                            "made to do harm");
}

static void conclude(struct check *check, const char *output, bool good)
{
    struct assets *assets = check->assets;
    json_t *answer = output ? json_loads(output, JSON_REJECT_DUPLICATES, NULL) : NULL;
    const char *sum = json_string_value(json_object_get(answer, "sum"));
    struct problem *problem = NULL;
    g_autofree char *name = NULL;
    g_autoptr(GError) error = NULL;
    if (!good || !sum || strlen(sum) != SUM_LENGTH || !is_sum(sum)) {
        problem = problem_of(answer, "it ended without an answer");
    } else {
        name = g_strconcat(sum, SUFFIX, NULL);
        if (!admit(assets, check, name, answer, &error)) {
            log_error("asset.keep", "{s:s}", "reason", error->message);
            problem = problem_new(507, "the sound cannot be stored; is the disk full?");
        }
    }
    session_on_sound(assets->session, check->ticket, name, check->title, answer, problem,
                     g_get_monotonic_time());
    json_decref(answer);
}

static void on_checked(GObject *process, GAsyncResult *result, gpointer data)
{
    struct check *check = data;
    struct assets *assets = check->assets;
    g_autofree char *output = NULL;
    bool good =
        g_subprocess_communicate_utf8_finish(G_SUBPROCESS(process), result, &output, NULL, NULL) &&
        g_subprocess_get_successful(G_SUBPROCESS(process));
    if (assets) {
        g_ptr_array_remove(assets->running, check);
        conclude(check, output, good);
        start_next(assets);
    }
    check_destroy(check);
}

static gboolean on_deadline(gpointer data)
{
    struct check *check = data;
    check->timer = 0;
    g_subprocess_force_exit(check->process);
    return G_SOURCE_REMOVE;
}

static void start(struct assets *assets, struct check *check)
{
    g_autofree char *most = g_strdup_printf("%" G_GUINT64_FORMAT, assets->max_bytes);
    g_autoptr(GError) error = NULL;
    check->process = g_subprocess_new(G_SUBPROCESS_FLAGS_STDOUT_PIPE, &error, assets->program,
                                      check->in, check->out, most, NULL);
    if (!check->process) {
        log_error("asset.check", "{s:s}", "reason", error->message);
        session_on_sound(assets->session, check->ticket, NULL, NULL, NULL,
                         problem_new(500, "sound files cannot be checked"), g_get_monotonic_time());
        check_destroy(check);
        return;
    }
    g_ptr_array_add(assets->running, check);
    check->timer = g_timeout_add(ASSETS_DEADLINE, on_deadline, check);
    g_subprocess_communicate_utf8_async(check->process, NULL, NULL, on_checked, check);
}

static void start_next(struct assets *assets)
{
    struct check *check;
    while (assets->running->len < ASSETS_CHECKS && (check = g_queue_pop_head(&assets->waiting)))
        start(assets, check);
}

static gboolean on_idle(gpointer data)
{
    struct assets *assets = data;
    assets->idle = 0;
    start_next(assets);
    return G_SOURCE_REMOVE;
}

bool assets_check(struct assets *assets, guint ticket, const char *path, const char *title,
                  GError **error)
{
    struct check *check = g_new0(struct check, 1);
    check->assets = assets;
    check->ticket = ticket;
    check->title = g_strdup(title);
    check->in = g_strdup_printf("%s/check-%u", assets->uploads_dir, ticket);
    check->out = g_strdup_printf("%s/" NEW "%u" SUFFIX, assets->assets_dir, ticket);
    g_unlink(check->out);
    if (g_rename(path, check->in) != 0) {
        g_set_error(error, FARFIELD_ERROR, ERROR_INTERNAL, "the upload is not there any more");
        check_destroy(check);
        return false;
    }
    g_queue_push_tail(&assets->waiting, check);
    // Not before the call has been put where the answer looks for it.
    if (!assets->idle)
        assets->idle = g_idle_add(on_idle, assets);
    return true;
}

// --- scsynth's folder ----------------------------------------------------------------------------

static char *staged_path(const struct assets *assets, int number)
{
    return g_strdup_printf("%s/%d" SUFFIX, assets->server_dir, number);
}

// A second name of the same file, or where that cannot be a copy.
static bool link_or_copy(const char *from, const char *to, GError **error)
{
    g_unlink(to);
    if (link(from, to) == 0)
        return true;
    g_autoptr(GFile) source = g_file_new_for_path(from);
    g_autoptr(GFile) target = g_file_new_for_path(to);
    return g_file_copy(source, target, G_FILE_COPY_OVERWRITE, NULL, NULL, NULL, error);
}

char *assets_stage(struct assets *assets, const char *name, int number, GError **error)
{
    g_autofree char *from = assets_path(assets, name), *to = staged_path(assets, number);
    g_autoptr(GError) failure = NULL;
    if (link_or_copy(from, to, &failure))
        return g_steal_pointer(&to);
    log_error("asset.stage", "{s:s}", "reason", failure->message);
    g_set_error(error, FARFIELD_ERROR, ERROR_INTERNAL, "the sound cannot be given to scsynth");
    return NULL;
}

void assets_unstage(struct assets *assets, int number)
{
    g_autofree char *path = staged_path(assets, number);
    g_unlink(path);
}

bool assets_delete(struct assets *assets, const char *name, GError **error)
{
    g_autofree char *path = assets_path(assets, name), *sidecar = sidecar_path(assets, name);
    if (g_unlink(path) != 0 && errno != ENOENT) {
        g_set_error(error, FARFIELD_ERROR, ERROR_INTERNAL, "the sound cannot be deleted: %s",
                    g_strerror(errno));
        return false;
    }
    g_unlink(sidecar);
    return true;
}

char *assets_scratch(struct assets *assets, int number, guint64 bytes, GError **error)
{
    struct statvfs disk;
    if (statvfs(assets->server_dir, &disk) == 0 &&
        (guint64)disk.f_bavail * disk.f_frsize < bytes + DISK_MARGIN) {
        g_set_error(error, FARFIELD_ERROR, 507, "the disk has no room for the file");
        return NULL;
    }
    return g_strdup_printf("%s/out-%d-%u" SUFFIX, assets->server_dir, number, ++assets->next_file);
}
