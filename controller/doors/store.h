// SPDX-License-Identifier: GPL-3.0-or-later
// What Farfield keeps by name, as documents in one SQLite file. A document is put, replaced or
// deleted as a whole or not at all, whatever becomes of the process, the disk or the power; the
// last few before a power cut may be gone, never half of one (WAL, synchronous=NORMAL).
//
// Nothing here waits longer than STORE_PATIENCE for another process that holds the file. A file
// that is damaged when it is opened is set aside beside its place, and a new one begun.
#pragma once

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>

#include "controller/core/scenes/documents.h"

#define STORE_PATIENCE 60            // ms
#define STORE_MAX_BYTES (1024 << 20) // of the file
#define STORE_PROBE_INTERVAL 1000000 // microseconds, between two looks at what is wrong

struct store;

// NULL with `error` only where the file is of a newer Farfield. One that cannot be used now is
// tried again each time it is needed.
struct store *store_open(const char *path, GError **error);
// With other steps than ours, ended by NULL: each is SQL that leads to the version of its number.
struct store *store_open_by(const char *path, const char *const *migrations, GError **error);
void store_close(struct store *store);

// Errors are ERROR_FULL (disk or quota), ERROR_UNAVAILABLE (locked), ERROR_INTERNAL.
// The document {"name", "created", "changed" (Unix time), "about", "body"}, owned by the caller;
// NULL without an error where there is none.
json_t *store_get(struct store *store, const struct document_key *key, GError **error);
// All of that kind and folder by name, without their bodies.
json_t *store_list(struct store *store, const char *kind, const char *folder, GError **error);
// `about` is what a list is to show. ERROR_FULL also beyond DOCUMENTS_MAX in one folder.
bool store_put(struct store *store, const struct document_key *key, const json_t *about,
               const json_t *body, GError **error);
// ERROR_NOT_FOUND where there is none.
bool store_delete(struct store *store, const struct document_key *key, GError **error);
// Gives a document another name, and nothing else. ERROR_NOT_FOUND where there is none,
// ERROR_CONFLICT where there is one of that name.
bool store_rename(struct store *store, const struct document_key *key, const char *to,
                  GError **error);

// What is wrong, in words, owned by the store; NULL when all is well. Tries now and then.
const char *store_trouble(struct store *store);
