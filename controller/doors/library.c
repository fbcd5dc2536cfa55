// SPDX-License-Identifier: GPL-3.0-or-later
#include "controller/doors/library.h"

#include <gio/gio.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>

#include "common/error.h"
#include "common/log.h"
#include "controller/core/synthdefs/sidecar.h"
#include "controller/core/synthdefs/txarcmeta.h"

#define SUFFIX ".scsyndef"
#define JSON_SUFFIX ".json"
#define SCLANG_SUFFIX ".txarcmeta"
#define MAX_FILE (4 * 1024 * 1024)
// What a definition's name may take of a file name, bytes.
#define MAX_NAME 150
// A file is often written in several steps: look when nothing has moved for this long, ms.
#define SETTLE 150

// A file of the user's folder as it was when it was read.
struct file {
    gint64 modified, sidecars; // microseconds; of both sidecars the difference
    guint64 size;
    GPtrArray *names; // owned: of the definitions that it gave
    bool seen;        // by the present scan
};

struct library {
    char *shipped_dir, *user_dir, *server_dir; // owned
    struct session *session;
    GHashTable *files; // path -> struct file
    GFileMonitor *monitor;
    guint timer;
};

static void file_destroy(gpointer data)
{
    struct file *file = data;
    g_ptr_array_unref(file->names);
    g_free(file);
}

struct library *library_create(const char *shipped_dir, const char *user_dir,
                               const char *server_dir)
{
    struct library *library = g_new0(struct library, 1);
    library->shipped_dir = g_strdup(shipped_dir);
    library->user_dir = g_strdup(user_dir);
    library->server_dir = g_strdup(server_dir);
    library->files = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, file_destroy);
    return library;
}

void library_destroy(struct library *library)
{
    if (!library)
        return;
    if (library->timer)
        g_source_remove(library->timer);
    g_clear_object(&library->monitor);
    g_hash_table_unref(library->files);
    g_free(library->shipped_dir);
    g_free(library->user_dir);
    g_free(library->server_dir);
    g_free(library);
}

static GBytes *read_bytes(const char *path, gsize max, GError **error)
{
    g_autofree char *bytes = NULL;
    gsize length;
    struct stat status;
    if (stat(path, &status) == 0 && (!S_ISREG(status.st_mode) || (gsize)status.st_size > max)) {
        g_set_error(error, FARFIELD_ERROR, ERROR_TOO_LARGE, "not a file of at most %zu bytes", max);
        return NULL;
    }
    if (!g_file_get_contents(path, &bytes, &length, error))
        return NULL;
    return g_bytes_new_take(g_steal_pointer(&bytes), length);
}

// A file of the same name with another ending.
static char *beside(const char *path, const char *suffix)
{
    g_autofree char *stem = g_strndup(path, strlen(path) - strlen(SUFFIX));
    return g_strconcat(stem, suffix, NULL);
}

// NULL where there is none, or it is of no use.
static json_t *read_beside(const char *path, const char *suffix,
                           json_t *(*parse)(const char *text, gsize length, GError **error))
{
    g_autofree char *sidecar = beside(path, suffix);
    g_autoptr(GError) error = NULL;
    if (!g_file_test(sidecar, G_FILE_TEST_EXISTS))
        return NULL;
    g_autoptr(GBytes) bytes = read_bytes(sidecar, SIDECAR_MAX_BYTES, &error);
    gsize length = 0;
    const char *text = bytes ? g_bytes_get_data(bytes, &length) : NULL;
    json_t *json = text ? parse(text, length, &error) : NULL;
    if (!json)
        log_warning("synthdef.sidecar", "{s:s s:s}", "file", sidecar, "reason",
                    error ? error->message : "it is empty");
    return json;
}

// Ours says more than sclang's.
static json_t *read_sidecar(const char *path)
{
    json_t *json = read_beside(path, JSON_SUFFIX, sidecar_parse);
    return json ? json : read_beside(path, SCLANG_SUFFIX, txarcmeta_parse);
}

// The definitions of one file, with what its sidecar says of them.
static GPtrArray *read_synthdefs(const char *path, GError **error)
{
    g_autoptr(GBytes) bytes = read_bytes(path, MAX_FILE, error);
    GPtrArray *synthdefs = bytes ? synthdef_read(bytes, error) : NULL;
    if (!synthdefs)
        return NULL;
    json_t *sidecar = read_sidecar(path);
    for (guint i = 0; i < synthdefs->len; i++)
        synthdef_describe(g_ptr_array_index(synthdefs, i), sidecar);
    json_decref(sidecar);
    return synthdefs;
}

// What is there already, byte for byte and word for word, needs no loading.
static bool is_known(const struct library *library, const struct synthdef *synthdef)
{
    const struct catalog *catalog = &library->session->catalog;
    struct synthdef *known = catalog_find(catalog, synthdef->name);
    if (!known || catalog_origin(catalog, synthdef->name) != ORIGIN_USER ||
        !g_bytes_equal(known->bytes, synthdef->bytes))
        return false;
    json_t *a = synthdef_to_json(known), *b = synthdef_to_json(synthdef);
    bool same = json_equal(a, b);
    json_decref(a);
    json_decref(b);
    return same;
}

// False where the file is refused; what it gave before it was damaged stays.
// Adds the names that it gives. What refuses it is logged, and is `trouble`, which may be NULL, if
// it is the first.
static bool add_file(struct library *library, const char *path, enum synthdef_origin origin,
                     GPtrArray *names, GError **trouble)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) synthdefs = read_synthdefs(path, &error);
    for (guint i = 0; synthdefs && i < synthdefs->len && !error; i++) {
        struct synthdef *synthdef = g_ptr_array_index(synthdefs, i);
        if (origin == ORIGIN_USER && g_str_has_prefix(synthdef->name, CATALOG_RESERVED))
            g_set_error(&error, FARFIELD_ERROR, ERROR_FORBIDDEN,
                        "\"%s\": names that begin with " CATALOG_RESERVED " are Farfield's own",
                        synthdef->name);
        else if (is_known(library, synthdef) ||
                 session_add_synthdef(library->session, synthdef, origin, g_get_monotonic_time(),
                                      &error))
            g_ptr_array_add(names, g_strdup(synthdef->name));
    }
    if (!error)
        return true;
    log_warning("synthdef.refused", "{s:s s:s}", "file", path, "reason", error->message);
    if (trouble && !*trouble)
        g_propagate_error(trouble, g_steal_pointer(&error));
    return false;
}

static gint64 modified(const char *path, guint64 *size)
{
    struct stat status;
    if (stat(path, &status) != 0)
        return 0;
    *size = status.st_size;
    return status.st_mtim.tv_sec * G_USEC_PER_SEC + status.st_mtim.tv_nsec / 1000;
}

static void remove_names(struct library *library, const GPtrArray *names, const GPtrArray *but)
{
    for (guint i = 0; i < names->len; i++) {
        const char *name = g_ptr_array_index(names, i);
        if (!but || !g_ptr_array_find_with_equal_func((GPtrArray *)but, name, g_str_equal, NULL))
            session_remove_synthdef(library->session, name, ORIGIN_USER, g_get_monotonic_time());
    }
}

static gpointer copy_name(gconstpointer name, gpointer data)
{
    return g_strdup(name);
}

static void look_at(struct library *library, const char *path)
{
    guint64 size = 0, sidecar_size = 0;
    g_autofree char *ours = beside(path, JSON_SUFFIX), *sclangs = beside(path, SCLANG_SUFFIX);
    gint64 time = modified(path, &size);
    gint64 sidecar_time = modified(ours, &sidecar_size) ^ modified(sclangs, &sidecar_size);
    struct file *file = g_hash_table_lookup(library->files, path);
    if (file && file->modified == time && file->size == size && file->sidecars == sidecar_time) {
        file->seen = true;
        return;
    }
    GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
    bool good = add_file(library, path, ORIGIN_USER, names, NULL);
    // Half of a file is often seen before the whole: what it gave before stays till then.
    if (file && good)
        remove_names(library, file->names, names);
    else if (file)
        g_ptr_array_extend(names, file->names, copy_name, NULL);
    file = g_new0(struct file, 1);
    *file = (struct file){time, sidecar_time, size, names, true};
    g_hash_table_insert(library->files, g_strdup(path), file);
}

static gboolean drop_unseen(gpointer path, gpointer data, gpointer library)
{
    struct file *file = data;
    bool seen = file->seen;
    file->seen = false;
    if (!seen)
        remove_names(library, file->names, NULL);
    return !seen;
}

static void scan(struct library *library)
{
    g_autoptr(GDir) dir = g_dir_open(library->user_dir, 0, NULL);
    const char *name;
    while (dir && (name = g_dir_read_name(dir))) {
        if (!g_str_has_suffix(name, SUFFIX) || *name == '.')
            continue;
        g_autofree char *path = g_build_filename(library->user_dir, name, NULL);
        look_at(library, path);
    }
    g_hash_table_foreach_remove(library->files, drop_unseen, library);
}

static gboolean on_settled(gpointer data)
{
    struct library *library = data;
    library->timer = 0;
    scan(library);
    return G_SOURCE_REMOVE;
}

static void on_moved(GFileMonitor *monitor, GFile *file, GFile *other, GFileMonitorEvent event,
                     gpointer data)
{
    struct library *library = data;
    if (library->timer)
        g_source_remove(library->timer);
    library->timer = g_timeout_add(SETTLE, on_settled, library);
}

// What earlier runs have staged and nobody needs any more.
static void clear_staged(const struct library *library)
{
    g_autoptr(GDir) dir = g_dir_open(library->server_dir, 0, NULL);
    const char *name;
    while (dir && (name = g_dir_read_name(dir))) {
        g_autofree char *path = g_build_filename(library->server_dir, name, NULL);
        if (g_str_has_suffix(name, SUFFIX))
            g_unlink(path);
    }
}

static void load_shipped(struct library *library, GError **trouble)
{
    g_autoptr(GDir) dir = g_dir_open(library->shipped_dir, 0, NULL);
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    const char *name;
    while (dir && (name = g_dir_read_name(dir))) {
        g_autofree char *path = g_build_filename(library->shipped_dir, name, NULL);
        if (g_str_has_suffix(name, SUFFIX))
            add_file(library, path, ORIGIN_SHIPPED, names, trouble);
    }
}

bool library_start(struct library *library, struct session *session, GError **error)
{
    library->session = session;
    clear_staged(library);
    g_autoptr(GError) trouble = NULL;
    load_shipped(library, &trouble);
    if (!catalog_find(&session->catalog, CATALOG_RESERVED "guard") && trouble) {
        g_propagate_prefixed_error(error, g_steal_pointer(&trouble),
                                   "Farfield's own SynthDefs cannot be taken in: ");
        return false;
    }
    if (!catalog_find(&session->catalog, CATALOG_RESERVED "guard")) {
        g_set_error(error, FARFIELD_ERROR, ERROR_INTERNAL,
                    "no SynthDef " CATALOG_RESERVED "guard in \"%s\" (synthdef-dir)",
                    library->shipped_dir);
        return false;
    }
    scan(library);
    g_autoptr(GFile) folder = g_file_new_for_path(library->user_dir);
    library->monitor = g_file_monitor_directory(folder, G_FILE_MONITOR_WATCH_MOVES, NULL, error);
    if (!library->monitor)
        return false;
    g_signal_connect(library->monitor, "changed", G_CALLBACK(on_moved), library);
    return true;
}

static bool write_bytes(const char *path, GBytes *bytes, GFileSetContentsFlags flags,
                        GError **error)
{
    gsize length;
    const char *data = g_bytes_get_data(bytes, &length);
    g_autoptr(GError) failure = NULL;
    if (g_file_set_contents_full(path, data, length, flags, 0644, &failure))
        return true;
    // Half of one would pass for the whole.
    if (!(flags & G_FILE_SET_CONTENTS_CONSISTENT))
        g_unlink(path);
    // Where our folders are is nobody's business but the operator's.
    log_error("synthdef.write", "{s:s}", "reason", failure->message);
    g_set_error(error, FARFIELD_ERROR, ERROR_INTERNAL,
                "the definition cannot be written; is the disk full?");
    return false;
}

char *library_stage(struct library *library, const struct synthdef *synthdef, GError **error)
{
    // By content: a name may hold anything, and what is loaded never changes under scsynth's eyes.
    g_autofree char *sum = g_compute_checksum_for_bytes(G_CHECKSUM_SHA256, synthdef->bytes);
    g_autofree char *path = g_strconcat(library->server_dir, sum, SUFFIX, NULL);
    if (!g_file_test(path, G_FILE_TEST_EXISTS) &&
        !write_bytes(path, synthdef->bytes, G_FILE_SET_CONTENTS_NONE, error))
        return NULL;
    return g_steal_pointer(&path);
}

static char *user_path(const struct library *library, const char *name)
{
    // A file that begins with a dot is hidden, and one of too long a name cannot be.
    g_autofree char *escaped = g_uri_escape_string(name, " ", TRUE);
    g_autofree char *sum = g_compute_checksum_for_string(G_CHECKSUM_SHA256, name, -1);
    bool plain = *escaped != '.' && strlen(escaped) <= MAX_NAME;
    g_autofree char *file = g_strconcat(plain ? escaped : sum, SUFFIX, NULL);
    return g_build_filename(library->user_dir, file, NULL);
}

bool library_keep(struct library *library, struct synthdef *synthdef, GError **error)
{
    g_autofree char *path = user_path(library, synthdef->name);
    if (!write_bytes(path, synthdef->bytes, G_FILE_SET_CONTENTS_CONSISTENT, error))
        return false;
    json_t *sidecar = read_sidecar(path);
    synthdef_describe(synthdef, sidecar);
    json_decref(sidecar);
    return true;
}

bool library_forget(struct library *library, const char *name, GError **error)
{
    // The file that gave it may have any name, and may hold others too: those stay where they are.
    GHashTableIter iter;
    gpointer path, data;
    g_hash_table_iter_init(&iter, library->files);
    while (g_hash_table_iter_next(&iter, &path, &data)) {
        const struct file *file = data;
        if (!g_ptr_array_find_with_equal_func(file->names, name, g_str_equal, NULL))
            continue;
        if (file->names->len > 1) {
            g_set_error(error, FARFIELD_ERROR, ERROR_CONFLICT,
                        "\"%s\" shares the file %s with others; remove the file instead", name,
                        (char *)path);
            return false;
        }
        g_unlink(path);
        g_hash_table_iter_remove(&iter);
        return true;
    }
    // Uploaded just now, before the folder was looked at.
    g_autofree char *own = user_path(library, name);
    g_unlink(own);
    return true;
}
