// SPDX-License-Identifier: GPL-3.0-or-later
#include "controller/doors/store.h"

#include <glib/gstdio.h>
#include <sqlite3.h>
#include <string.h>

#include "common/error.h"
#include "common/log.h"

struct store {
    char *path;                    // owned
    const char *const *migrations; // ended by NULL
    sqlite3 *db;                   // NULL while it cannot be opened
    char *trouble;                 // owned, NULL when all is well
    int64_t probed_at;
};

static const char *const our_migrations[] = {
    "CREATE TABLE document ("
    " kind TEXT NOT NULL, folder TEXT NOT NULL, name TEXT NOT NULL,"
    " about TEXT NOT NULL, body TEXT NOT NULL, created REAL NOT NULL, changed REAL NOT NULL,"
    " PRIMARY KEY (kind, folder, name))",
    NULL,
};

// --- errors -------------------------------------------------------------------------------------

// SQLite says SQLITE_FULL of ENOSPC alone; a quota and a limit on a file's size are errors of
// writing to it, and by then it has forgotten which.
static bool is_full(int code)
{
    return (code & 0xff) == SQLITE_FULL || code == SQLITE_IOERR_WRITE ||
           code == SQLITE_IOERR_SHMSIZE;
}

static bool is_damaged(int code)
{
    return (code & 0xff) == SQLITE_CORRUPT || (code & 0xff) == SQLITE_NOTADB;
}

static void describe(int code, GError **error)
{
    int kind = code & 0xff;
    if (is_full(code))
        g_set_error(error, FARFIELD_ERROR, ERROR_FULL,
                    "the disk is full or takes no more; nothing was kept, what was there before is "
                    "whole");
    else if (kind == SQLITE_BUSY || kind == SQLITE_LOCKED)
        g_set_error(error, FARFIELD_ERROR, ERROR_UNAVAILABLE,
                    "another program holds the store's file; nothing was changed");
    else if (is_damaged(code))
        g_set_error(error, FARFIELD_ERROR, ERROR_INTERNAL,
                    "the store's file is damaged; it is set aside at the next start");
    else
        g_set_error(error, FARFIELD_ERROR, ERROR_INTERNAL, "the store: %s (%d)",
                    sqlite3_errstr(code), code);
}

// Notes what went wrong for those who ask, and says it to the caller.
static bool fail(struct store *store, int code, GError **error)
{
    g_autoptr(GError) reason = NULL;
    describe(code, &reason);
    g_free(store->trouble);
    store->trouble = g_strdup(reason->message);
    g_propagate_error(error, g_steal_pointer(&reason));
    return false;
}

// --- opening ------------------------------------------------------------------------------------

static int read_version(sqlite3 *db, int *version)
{
    sqlite3_stmt *row = NULL;
    int code = sqlite3_prepare_v2(db, "PRAGMA user_version", -1, &row, NULL);
    if (code == SQLITE_OK && (code = sqlite3_step(row)) == SQLITE_ROW) {
        *version = sqlite3_column_int(row, 0);
        code = SQLITE_OK;
    }
    sqlite3_finalize(row);
    return code;
}

// One step with its number, or none of it.
static int migrate_once(sqlite3 *db, const char *sql, int version)
{
    g_autofree char *whole =
        g_strdup_printf("BEGIN IMMEDIATE; %s; PRAGMA user_version = %d; COMMIT", sql, version);
    int code = sqlite3_exec(db, whole, NULL, NULL, NULL);
    if (code != SQLITE_OK && !sqlite3_get_autocommit(db))
        sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
    return code;
}

static int migrate(struct store *store, bool *is_newer)
{
    int known = (int)g_strv_length((char **)store->migrations), version = 0;
    int code = read_version(store->db, &version);
    *is_newer = code == SQLITE_OK && version > known;
    for (; code == SQLITE_OK && version < known; version++) {
        code = migrate_once(store->db, store->migrations[version], version + 1);
        if (code == SQLITE_OK)
            log_info("store.migrated", "{s:i}", "version", version + 1);
    }
    return code;
}

// SQLITE_CORRUPT where the file is not what it should be, though it can be opened.
static int check_whole(sqlite3 *db)
{
    sqlite3_stmt *row = NULL;
    int code = sqlite3_prepare_v2(db, "PRAGMA quick_check(1)", -1, &row, NULL);
    if (code == SQLITE_OK && (code = sqlite3_step(row)) == SQLITE_ROW)
        code = strcmp((const char *)sqlite3_column_text(row, 0), "ok") == 0 ? SQLITE_OK
                                                                            : SQLITE_CORRUPT;
    sqlite3_finalize(row);
    return code;
}

static int set_up(sqlite3 *db)
{
    g_autofree char *text =
        g_strdup_printf("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;"
                        "PRAGMA foreign_keys = ON; PRAGMA max_page_count = %d",
                        STORE_MAX_BYTES / 4096);
    sqlite3_extended_result_codes(db, 1);
    sqlite3_busy_timeout(db, STORE_PATIENCE);
    return sqlite3_exec(db, text, NULL, NULL, NULL);
}

static void let_go(struct store *store)
{
    sqlite3_close(store->db);
    store->db = NULL;
}

static int open_once(struct store *store, bool *is_newer)
{
    int code =
        sqlite3_open_v2(store->path, &store->db,
                        SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL);
    if (code == SQLITE_OK)
        code = set_up(store->db);
    if (code == SQLITE_OK)
        code = check_whole(store->db);
    if (code == SQLITE_OK)
        code = migrate(store, is_newer);
    return code;
}

static void set_aside(struct store *store)
{
    static const char *const parts[] = {"", "-wal", "-shm"};
    g_autoptr(GDateTime) now = g_date_time_new_now_utc();
    g_autofree char *when = g_date_time_format(now, "%Y%m%dT%H%M%S");
    g_autofree char *aside = g_strdup_printf("%s.damaged-%s", store->path, when);
    for (gsize i = 0; i < G_N_ELEMENTS(parts); i++) {
        g_autofree char *from = g_strconcat(store->path, parts[i], NULL);
        g_autofree char *to = g_strconcat(aside, parts[i], NULL);
        g_rename(from, to);
    }
    log_error("store.damaged", "{s:s s:s}", "set_aside", aside, "consequence",
              "scenes and presets begin empty");
}

static bool open_file(struct store *store, GError **error)
{
    bool is_newer = false;
    int code = open_once(store, &is_newer);
    if (is_damaged(code)) {
        let_go(store);
        set_aside(store);
        code = open_once(store, &is_newer);
    }
    if (is_newer)
        g_set_error(error, FARFIELD_ERROR, ERROR_CONFLICT,
                    "%s was written by a newer Farfield than this one (%s): use that one, or move "
                    "the file away to begin without its scenes and presets",
                    store->path, FARFIELD_VERSION);
    else if (code != SQLITE_OK)
        fail(store, code, error);
    if (is_newer || code != SQLITE_OK)
        let_go(store);
    else
        g_clear_pointer(&store->trouble, g_free);
    return store->db != NULL;
}

struct store *store_open_by(const char *path, const char *const *migrations, GError **error)
{
    struct store *store = g_new0(struct store, 1);
    store->path = g_strdup(path);
    store->migrations = migrations;
    g_autoptr(GError) reason = NULL;
    if (open_file(store, &reason))
        return store;
    if (g_error_matches(reason, FARFIELD_ERROR, ERROR_CONFLICT)) {
        g_propagate_error(error, g_steal_pointer(&reason));
        store_close(store);
        return NULL;
    }
    log_error("store.open", "{s:s s:s}", "file", path, "reason", reason->message);
    return store;
}

struct store *store_open(const char *path, GError **error)
{
    return store_open_by(path, our_migrations, error);
}

void store_close(struct store *store)
{
    if (!store)
        return;
    let_go(store);
    g_free(store->trouble);
    g_free(store->path);
    g_free(store);
}

// --- documents ----------------------------------------------------------------------------------

// A statement with its first parameters, or NULL with `error`.
static sqlite3_stmt *prepare(struct store *store, const char *sql, GError **error, ...)
{
    sqlite3_stmt *row = NULL;
    if (!store->db && !open_file(store, error))
        return NULL;
    int code = sqlite3_prepare_v2(store->db, sql, -1, &row, NULL);
    if (code != SQLITE_OK) {
        fail(store, code, error);
        return NULL;
    }
    va_list texts;
    va_start(texts, error);
    for (int i = 1; i <= sqlite3_bind_parameter_count(row); i++)
        sqlite3_bind_text(row, i, va_arg(texts, const char *), -1, SQLITE_TRANSIENT);
    va_end(texts);
    return row;
}

// Ends a statement that `code` came of.
static bool finish(struct store *store, sqlite3_stmt *row, int code, GError **error)
{
    // Before it is finalized, which forgets the reason.
    bool good = code == SQLITE_DONE || code == SQLITE_ROW || fail(store, code, error);
    sqlite3_finalize(row);
    return good;
}

// The same of one that writes, and whether it changed anything. What can be written is well.
static bool write_once(struct store *store, sqlite3_stmt *row, bool *changed, GError **error)
{
    if (!row || !finish(store, row, sqlite3_step(row), error))
        return false;
    *changed = sqlite3_changes(store->db) > 0;
    g_clear_pointer(&store->trouble, g_free);
    return true;
}

static json_t *parse(sqlite3_stmt *row, int column)
{
    json_t *json = json_loads((const char *)sqlite3_column_text(row, column), 0, NULL);
    return json ? json : json_null();
}

// Columns name, created, changed, about.
static json_t *read_head(sqlite3_stmt *row)
{
    return json_pack("{s:s s:f s:f s:o}", "name", (const char *)sqlite3_column_text(row, 0),
                     "created", sqlite3_column_double(row, 1), "changed",
                     sqlite3_column_double(row, 2), "about", parse(row, 3));
}

json_t *store_get(struct store *store, const struct document_key *key, GError **error)
{
    sqlite3_stmt *row = prepare(store,
                                "SELECT name, created, changed, about, body FROM document"
                                " WHERE kind = ?1 AND folder = ?2 AND name = ?3",
                                error, key->kind, key->folder, key->name);
    if (!row)
        return NULL;
    int code = sqlite3_step(row);
    json_t *document = code == SQLITE_ROW ? read_head(row) : NULL;
    if (document)
        json_object_set_new(document, "body", parse(row, 4));
    finish(store, row, code, error);
    return document;
}

json_t *store_list(struct store *store, const char *kind, const char *folder, GError **error)
{
    sqlite3_stmt *row = prepare(store,
                                "SELECT name, created, changed, about FROM document"
                                " WHERE kind = ?1 AND folder = ?2 ORDER BY name",
                                error, kind, folder);
    if (!row)
        return NULL;
    json_t *list = json_array();
    int code;
    while ((code = sqlite3_step(row)) == SQLITE_ROW)
        json_array_append_new(list, read_head(row));
    if (!finish(store, row, code, error))
        g_clear_pointer(&list, json_decref);
    return list;
}

// One statement, so that there is nothing to be half done.
static bool put_texts(struct store *store, const struct document_key *key, const char *about,
                      const char *body, GError **error)
{
    g_autofree char *time = g_strdup_printf("%.3f", g_get_real_time() / 1e6);
    g_autofree char *most = g_strdup_printf("%d", DOCUMENTS_MAX);
    sqlite3_stmt *row =
        prepare(store,
                "INSERT INTO document (kind, folder, name, about, body, created, changed)"
                " SELECT ?1, ?2, ?3, ?4, ?5, CAST(?6 AS REAL), CAST(?6 AS REAL) WHERE"
                " (SELECT count(*) FROM document WHERE kind = ?1 AND folder = ?2 AND name <> ?3)"
                " < CAST(?7 AS INTEGER)"
                " ON CONFLICT DO UPDATE"
                " SET about = excluded.about, body = excluded.body, changed = excluded.changed",
                error, key->kind, key->folder, key->name, about, body, time, most);
    bool changed = false;
    if (!write_once(store, row, &changed, error) || changed)
        return changed;
    g_set_error(error, FARFIELD_ERROR, ERROR_FULL, "there are %d already; delete some first",
                DOCUMENTS_MAX);
    return false;
}

bool store_put(struct store *store, const struct document_key *key, const json_t *about,
               const json_t *body, GError **error)
{
    char *about_text = json_dumps(about, JSON_COMPACT);
    char *body_text = json_dumps(body, JSON_COMPACT | JSON_REAL_PRECISION(15));
    bool good = put_texts(store, key, about_text, body_text, error);
    free(about_text);
    free(body_text);
    return good;
}

bool store_delete(struct store *store, const struct document_key *key, GError **error)
{
    sqlite3_stmt *row =
        prepare(store, "DELETE FROM document WHERE kind = ?1 AND folder = ?2 AND name = ?3", error,
                key->kind, key->folder, key->name);
    bool changed = false;
    if (!write_once(store, row, &changed, error) || changed)
        return changed;
    g_set_error(error, FARFIELD_ERROR, ERROR_NOT_FOUND, "there is no %s \"%s\"", key->kind,
                key->name);
    return false;
}

// Whether there is one, in `found`.
static bool has(struct store *store, const struct document_key *key, bool *found, GError **error)
{
    sqlite3_stmt *row =
        prepare(store, "SELECT 1 FROM document WHERE kind = ?1 AND folder = ?2 AND name = ?3",
                error, key->kind, key->folder, key->name);
    if (!row)
        return false;
    int code = sqlite3_step(row);
    *found = code == SQLITE_ROW;
    return finish(store, row, code, error);
}

// One statement, which changes nothing where there is nothing or where the name is taken.
bool store_rename(struct store *store, const struct document_key *key, const char *to,
                  GError **error)
{
    sqlite3_stmt *row =
        prepare(store,
                "UPDATE document SET name = ?4 WHERE kind = ?1 AND folder = ?2 AND name = ?3"
                " AND (?3 = ?4 OR NOT EXISTS (SELECT 1 FROM document"
                " WHERE kind = ?1 AND folder = ?2 AND name = ?4))",
                error, key->kind, key->folder, key->name, to);
    bool changed = false, there = false;
    if (!write_once(store, row, &changed, error) || changed || !has(store, key, &there, error))
        return changed;
    if (there)
        g_set_error(error, FARFIELD_ERROR, ERROR_CONFLICT, "there is a %s \"%s\" already",
                    key->kind, to);
    else
        g_set_error(error, FARFIELD_ERROR, ERROR_NOT_FOUND, "there is no %s \"%s\"", key->kind,
                    key->name);
    return false;
}

// Writes what is there already, as that shows whether writing is possible.
static int probe(sqlite3 *db)
{
    int version = 0, code = read_version(db, &version);
    g_autofree char *text =
        g_strdup_printf("BEGIN IMMEDIATE; PRAGMA user_version = %d; COMMIT", version);
    if (code == SQLITE_OK)
        code = sqlite3_exec(db, text, NULL, NULL, NULL);
    if (!sqlite3_get_autocommit(db))
        sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
    return code;
}

const char *store_trouble(struct store *store)
{
    int64_t now = g_get_monotonic_time();
    if (!store->trouble || now - store->probed_at < STORE_PROBE_INTERVAL)
        return store->trouble;
    store->probed_at = now;
    if (!store->db)
        open_file(store, NULL);
    else if (probe(store->db) == SQLITE_OK)
        g_clear_pointer(&store->trouble, g_free);
    return store->trouble;
}
