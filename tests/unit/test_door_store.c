// SPDX-License-Identifier: GPL-3.0-or-later
// The store against real files: what is put is there again, and whatever stands in its way is an
// error that leaves everything as it was.
#include "controller/doors/store.h"

#include <glib/gstdio.h>
#include <setjmp.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "common/error.h"
#include "common/log.h"

struct place {
    char *folder, *file;
    struct store *store;
};

static int set_up(void **state)
{
    log_setup("test", LOG_ERROR_LEVEL, false);
    struct place *place = g_new0(struct place, 1);
    place->folder = g_dir_make_tmp("farfield-store-XXXXXX", NULL);
    place->file = g_build_filename(place->folder, "farfield.db", NULL);
    place->store = store_open(place->file, NULL);
    assert_non_null(place->store);
    *state = place;
    return 0;
}

static int tear_down(void **state)
{
    struct place *place = *state;
    store_close(place->store);
    g_autoptr(GDir) dir = g_dir_open(place->folder, 0, NULL);
    for (const char *name; (name = g_dir_read_name(dir));) {
        g_autofree char *path = g_build_filename(place->folder, name, NULL);
        g_unlink(path);
    }
    assert_int_equal(g_rmdir(place->folder), 0);
    g_free(place->file);
    g_free(place->folder);
    g_free(place);
    return 0;
}

static void reopen(struct place *place)
{
    store_close(place->store);
    place->store = store_open(place->file, NULL);
    assert_non_null(place->store);
}

static struct document_key scene(const char *name)
{
    return (struct document_key){"scene", "", name};
}

// What a put that is to fail says: "507 words", "" where it did not.
static char *put_fails(struct store *store, const char *name, int value, int padding)
{
    g_autofree char *text = g_strnfill(padding, 'x');
    json_t *about = json_pack("{s:i}", "value", value);
    json_t *body = json_pack("{s:i s:s}", "value", value, "text", text);
    struct document_key key = scene(name);
    g_autoptr(GError) error = NULL;
    bool good = store_put(store, &key, about, body, &error);
    json_decref(about);
    json_decref(body);
    assert_int_equal(good, !error);
    return error ? g_strdup_printf("%d %s", error->code, error->message) : g_strdup("");
}

static void put(struct store *store, const char *name, int value)
{
    g_autofree char *failure = put_fails(store, name, value, 10);
    assert_string_equal(failure, "");
}

// The value of a document, -1 where there is none.
static int get(struct store *store, const char *name)
{
    struct document_key key = scene(name);
    g_autoptr(GError) error = NULL;
    json_t *document = store_get(store, &key, &error);
    assert_null(error);
    int value = -1;
    if (document)
        assert_int_equal(json_unpack(document, "{s:{s:i}}", "body", "value", &value), 0);
    json_decref(document);
    return value;
}

static gsize count(struct store *store)
{
    g_autoptr(GError) error = NULL;
    json_t *list = store_list(store, "scene", "", &error);
    assert_null(error);
    gsize size = json_array_size(list);
    json_decref(list);
    return size;
}

static void what_is_put_is_there_again(void **state)
{
    struct place *place = *state;
    assert_int_equal(get(place->store, "a"), -1);
    put(place->store, "b", 2);
    put(place->store, "a", 1);
    reopen(place);
    assert_int_equal(get(place->store, "a"), 1);
    put(place->store, "a", 3);
    assert_int_equal(get(place->store, "a"), 3);
    json_t *list = store_list(place->store, "scene", "", NULL);
    json_t *first = json_array_get(list, 0);
    assert_int_equal(json_array_size(list), 2);
    assert_string_equal(json_string_value(json_object_get(first, "name")), "a");
    assert_int_equal(json_integer_value(json_object_get(json_object_get(first, "about"), "value")),
                     3);
    assert_true(json_number_value(json_object_get(first, "changed")) >=
                json_number_value(json_object_get(first, "created")));
    assert_null(json_object_get(first, "body"));
    json_decref(list);
    assert_null(store_trouble(place->store));
}

static void kinds_and_folders_do_not_meet(void **state)
{
    struct place *place = *state;
    struct document_key one = {"preset", "sine", "soft"}, other = {"preset", "pad", "soft"};
    json_t *body = json_object();
    assert_true(store_put(place->store, &one, body, body, NULL));
    json_decref(body);
    assert_null(store_get(place->store, &other, NULL));
    assert_int_equal(get(place->store, "soft"), -1);
    g_autoptr(GError) error = NULL;
    assert_false(store_delete(place->store, &other, &error));
    assert_int_equal(error->code, ERROR_NOT_FOUND);
    assert_true(store_delete(place->store, &one, NULL));
}

static double created(struct store *store, const char *name)
{
    struct document_key key = scene(name);
    json_t *document = store_get(store, &key, NULL);
    double time = json_number_value(json_object_get(document, "created"));
    json_decref(document);
    return time;
}

static void a_name_changes_and_nothing_else(void **state)
{
    struct place *place = *state;
    struct document_key a = scene("a");
    g_autoptr(GError) missing = NULL;
    g_autoptr(GError) taken = NULL;
    put(place->store, "a", 1);
    put(place->store, "b", 2);
    double before = created(place->store, "a");
    assert_false(store_rename(place->store, &a, "b", &taken));
    assert_int_equal(taken->code, ERROR_CONFLICT);
    assert_int_equal(get(place->store, "b"), 2);
    assert_true(store_rename(place->store, &a, "a", NULL));
    assert_true(store_rename(place->store, &a, "c", NULL));
    assert_int_equal(get(place->store, "a"), -1);
    assert_int_equal(get(place->store, "c"), 1);
    assert_float_equal(created(place->store, "c"), before, 0);
    assert_false(store_rename(place->store, &a, "d", &missing));
    assert_int_equal(missing->code, ERROR_NOT_FOUND);
    assert_int_equal(count(place->store), 2);
    assert_null(store_trouble(place->store));
}

// A name is a value, whatever stands in it.
static void names_are_not_sql(void **state)
{
    struct place *place = *state;
    const char *name = "'); DROP TABLE document; --";
    put(place->store, name, 5);
    assert_int_equal(get(place->store, name), 5);
    assert_int_equal(count(place->store), 1);
}

static void a_folder_has_an_end(void **state)
{
    struct place *place = *state;
    char name[16];
    for (int i = 0; i < DOCUMENTS_MAX; i++) {
        g_snprintf(name, sizeof name, "%d", i);
        put(place->store, name, i);
    }
    g_autofree char *failure = put_fails(place->store, "more", 1, 1);
    assert_string_equal(failure, "507 there are 1000 already; delete some first");
    put(place->store, "7", 70);
    assert_int_equal(get(place->store, "7"), 70);
}

// --- what stands in the way ----------------------------------------------------------------------

// No file of this process may become larger than it is: what a full disk or a quota does.
static void a_full_disk_is_said_and_changes_nothing(void **state)
{
    struct place *place = *state;
    put(place->store, "a", 1);
    struct rlimit before, limit = {4096, RLIM_INFINITY};
    getrlimit(RLIMIT_FSIZE, &before);
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    g_autofree char *failure = put_fails(place->store, "a", 2, 1 << 20);
    g_autofree char *trouble = g_strdup(store_trouble(place->store));
    setrlimit(RLIMIT_FSIZE, &before);
    assert_non_null(trouble);
    if (!g_str_has_prefix(failure, "507 the disk is full"))
        fail_msg("%s", failure);
    assert_int_equal(get(place->store, "a"), 1);
    put(place->store, "a", 3);
    assert_null(store_trouble(place->store));
    reopen(place);
    assert_int_equal(get(place->store, "a"), 3);
}

// Another process, which holds the file until it is told to let go.
static pid_t hold(const char *file, int *hold_end)
{
    int ready[2], end[2];
    assert_int_equal(pipe(ready), 0);
    assert_int_equal(pipe(end), 0);
    pid_t pid = fork();
    if (pid == 0) {
        sqlite3 *db;
        char byte = 0;
        close(end[1]);
        if (sqlite3_open(file, &db) != SQLITE_OK ||
            sqlite3_exec(db, "BEGIN EXCLUSIVE", NULL, NULL, NULL) != SQLITE_OK ||
            write(ready[1], &byte, 1) != 1)
            _exit(1);
        _exit((int)read(end[0], &byte, 1));
    }
    char byte;
    close(ready[1]);
    assert_int_equal(read(ready[0], &byte, 1), 1);
    close(ready[0]);
    close(end[0]);
    *hold_end = end[1];
    return pid;
}

static void a_locked_file_is_said_at_once(void **state)
{
    struct place *place = *state;
    put(place->store, "a", 1);
    int end;
    pid_t pid = hold(place->file, &end);
    int64_t start = g_get_monotonic_time();
    g_autofree char *failure = put_fails(place->store, "a", 2, 1);
    int64_t took = g_get_monotonic_time() - start;
    assert_string_equal(failure, "503 another program holds the store's file; nothing was changed");
    if (took > 1000 * (STORE_PATIENCE + 200))
        fail_msg("it took %d ms", (int)(took / 1000));
    assert_int_equal(get(place->store, "a"), 1);
    assert_non_null(store_trouble(place->store));
    close(end);
    waitpid(pid, NULL, 0);
    put(place->store, "a", 2);
    assert_int_equal(get(place->store, "a"), 2);
}

// A store that could not be opened at first is there as soon as it can.
static void a_folder_that_comes_later(void **state)
{
    struct place *place = *state;
    g_autofree char *folder = g_build_filename(place->folder, "later", NULL);
    g_autofree char *file = g_build_filename(folder, "farfield.db", NULL);
    struct store *store = store_open(file, NULL);
    assert_non_null(store);
    assert_non_null(store_trouble(store));
    g_autofree char *failure = put_fails(store, "a", 1, 1);
    assert_memory_equal(failure, "500", 3);
    g_mkdir(folder, 0700);
    put(store, "a", 2);
    assert_null(store_trouble(store));
    store_close(store);
    g_unlink(file);
    g_rmdir(folder);
}

static bool has_aside(const char *folder)
{
    bool found = false;
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    for (const char *name; (name = g_dir_read_name(dir));)
        found = found || strstr(name, ".db.damaged-");
    return found;
}

static void a_damaged_file_is_set_aside(void **state)
{
    struct place *place = *state;
    static const int places[] = {0, 4096};
    for (gsize i = 0; i < G_N_ELEMENTS(places); i++) {
        put(place->store, "a", 1);
        store_close(place->store);
        place->store = NULL;
        FILE *file = fopen(place->file, "r+");
        fseek(file, places[i], SEEK_SET);
        for (int k = 0; k < 3000; k++)
            fputc("rubbish "[k % 8], file);
        fclose(file);
        place->store = store_open(place->file, NULL);
        assert_int_equal(count(place->store), 0);
        assert_true(has_aside(place->folder));
        put(place->store, "b", 2);
        reopen(place);
        assert_int_equal(get(place->store, "b"), 2);
    }
}

// A child writes as fast as it can and is killed in the middle of it, many times.
static void a_kill_leaves_whole_documents(void **state)
{
    struct place *place = *state;
    store_close(place->store);
    place->store = NULL;
    int highest = 0;
    for (int round = 0; round < 12; round++) {
        pid_t pid = fork();
        if (pid == 0) {
            struct store *store = store_open(place->file, NULL);
            for (int i = highest + 1;; i++) {
                g_autofree char *one = put_fails(store, "a", i, 20000);
                g_autofree char *two = put_fails(store, "b", i, 20000);
                if (*one || *two)
                    _exit(1);
            }
        }
        g_usleep(30000 + 7000 * round);
        kill(pid, SIGKILL);
        waitpid(pid, NULL, 0);
        reopen(place);
        int a = MAX(get(place->store, "a"), 0), b = MAX(get(place->store, "b"), 0);
        if (a < highest || b > a || b < a - 1)
            fail_msg("a is %d, b %d, after %d", a, b, highest);
        highest = a;
        store_close(place->store);
        place->store = NULL;
    }
    assert_true(highest > 12);
    assert_false(has_aside(place->folder));
}

// --- versions ------------------------------------------------------------------------------------

static int version_of(const char *file)
{
    sqlite3 *db;
    sqlite3_stmt *row;
    assert_int_equal(sqlite3_open(file, &db), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, "PRAGMA user_version", -1, &row, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(row), SQLITE_ROW);
    int version = sqlite3_column_int(row, 0);
    sqlite3_finalize(row);
    sqlite3_close(db);
    return version;
}

#define TABLE                                                                                      \
    "CREATE TABLE document (kind TEXT, folder TEXT, name TEXT, body TEXT, created REAL,"           \
    " changed REAL, PRIMARY KEY (kind, folder, name));"                                            \
    "INSERT INTO document VALUES ('scene', '', 'old', '{\"value\": 9}', 1, 2)"
static const char *const first_steps[] = {TABLE, NULL};
static const char *const broken_steps[] = {
    TABLE, "ALTER TABLE document ADD COLUMN about TEXT NOT NULL DEFAULT '{}'; SELECT nonsense",
    NULL};
static const char *const all_steps[] = {
    TABLE, "ALTER TABLE document ADD COLUMN about TEXT NOT NULL DEFAULT '{}'",
    "CREATE INDEX document_changed ON document (changed)", NULL};

static void open_by(struct place *place, const char *const *steps)
{
    store_close(place->store);
    place->store = store_open_by(place->file, steps, NULL);
    assert_non_null(place->store);
}

static void old_files_are_brought_up_to_date(void **state)
{
    struct place *place = *state;
    store_close(place->store);
    place->store = NULL;
    g_unlink(place->file);
    open_by(place, first_steps);
    assert_int_equal(version_of(place->file), 1);
    // A step that fails halfway leaves the version before it, whole.
    open_by(place, broken_steps);
    assert_non_null(store_trouble(place->store));
    assert_int_equal(version_of(place->file), 1);
    open_by(place, all_steps);
    assert_int_equal(version_of(place->file), 3);
    assert_int_equal(get(place->store, "old"), 9);
    put(place->store, "new", 1);
}

static void a_newer_file_is_refused_in_words(void **state)
{
    struct place *place = *state;
    put(place->store, "a", 1);
    store_close(place->store);
    place->store = NULL;
    sqlite3 *db;
    sqlite3_open(place->file, &db);
    sqlite3_exec(db, "PRAGMA user_version = 99", NULL, NULL, NULL);
    sqlite3_close(db);
    g_autoptr(GError) error = NULL;
    assert_null(store_open(place->file, &error));
    assert_non_null(strstr(error->message, "written by a newer Farfield"));
    assert_int_equal(version_of(place->file), 99);
}

#define STORE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORE(what_is_put_is_there_again),
        STORE(kinds_and_folders_do_not_meet),
        STORE(a_name_changes_and_nothing_else),
        STORE(names_are_not_sql),
        STORE(a_folder_has_an_end),
        STORE(a_full_disk_is_said_and_changes_nothing),
        STORE(a_locked_file_is_said_at_once),
        STORE(a_folder_that_comes_later),
        STORE(a_damaged_file_is_set_aside),
        STORE(a_kill_leaves_whole_documents),
        STORE(old_files_are_brought_up_to_date),
        STORE(a_newer_file_is_refused_in_words),
    };
    return cmocka_run_group_tests_name("store", tests, NULL, NULL);
}
