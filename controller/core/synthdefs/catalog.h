// SPDX-License-Identifier: GPL-3.0-or-later
// The SynthDefs that may be played, by name. A user's definition hides a shipped one of its name
// until it is removed.
#pragma once

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>

#include "controller/core/synthdefs/synthdef.h"

enum synthdef_origin { ORIGIN_SHIPPED, ORIGIN_USER };

// Names that begin so are Farfield's own and not to be replaced or played by hand.
#define CATALOG_RESERVED "farfield_"
#define CATALOG_MAX 10000 // names

struct catalog_entry {
    struct synthdef *synthdef[2]; // owned references, by origin; at least one is there
    char *path[2];                // owned: the file that scsynth loads
};

struct catalog {
    GTree *entries; // name -> struct catalog_entry, in order of names
};

void catalog_init(struct catalog *catalog);
void catalog_clear(struct catalog *catalog);

// The definition in force, or NULL.
struct synthdef *catalog_find(const struct catalog *catalog, const char *name);
// Its file and where it comes from.
const char *catalog_path(const struct catalog *catalog, const char *name);
enum synthdef_origin catalog_origin(const struct catalog *catalog, const char *name);

// Takes a reference to `synthdef`, in place of one of the same name and origin.
void catalog_add(struct catalog *catalog, struct synthdef *synthdef, enum synthdef_origin origin,
                 const char *path);
// Whether there is room for one of that name.
bool catalog_has_room(const struct catalog *catalog, const char *name);
// Whether there was one.
bool catalog_remove(struct catalog *catalog, const char *name, enum synthdef_origin origin);

// DEF of docs/api.md; NULL if there is none of that name. The caller owns it.
json_t *catalog_show(const struct catalog *catalog, const char *name);
// All but the reserved ones, by name.
json_t *catalog_list(const struct catalog *catalog);
// Adds every definition's file (const char *, borrowed) to `paths`.
void catalog_paths(const struct catalog *catalog, GPtrArray *paths);

// A name close to the one that was asked for, or NULL. For "did you mean".
const char *catalog_suggest(const struct catalog *catalog, const char *name);
