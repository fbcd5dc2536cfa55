// SPDX-License-Identifier: GPL-3.0-or-later
#include "controller/core/synthdefs/catalog.h"

#include "controller/core/synthdefs/audition.h"

#include <string.h>

static void entry_destroy(gpointer data)
{
    struct catalog_entry *entry = data;
    for (int i = 0; i < 2; i++) {
        if (entry->synthdef[i])
            synthdef_unref(entry->synthdef[i]);
        g_free(entry->path[i]);
    }
    g_free(entry);
}

static int compare_names(gconstpointer a, gconstpointer b, gpointer data)
{
    return strcmp(a, b);
}

void catalog_init(struct catalog *catalog)
{
    catalog->entries = g_tree_new_full(compare_names, NULL, g_free, entry_destroy);
}

void catalog_clear(struct catalog *catalog)
{
    g_clear_pointer(&catalog->entries, g_tree_unref);
}

static enum synthdef_origin in_force(const struct catalog_entry *entry)
{
    return entry->synthdef[ORIGIN_USER] ? ORIGIN_USER : ORIGIN_SHIPPED;
}

static struct catalog_entry *find_entry(const struct catalog *catalog, const char *name)
{
    return g_tree_lookup(catalog->entries, name);
}

struct synthdef *catalog_find(const struct catalog *catalog, const char *name)
{
    struct catalog_entry *entry = find_entry(catalog, name);
    return entry ? entry->synthdef[in_force(entry)] : NULL;
}

const char *catalog_path(const struct catalog *catalog, const char *name)
{
    struct catalog_entry *entry = find_entry(catalog, name);
    return entry ? entry->path[in_force(entry)] : NULL;
}

enum synthdef_origin catalog_origin(const struct catalog *catalog, const char *name)
{
    struct catalog_entry *entry = find_entry(catalog, name);
    return entry ? in_force(entry) : ORIGIN_SHIPPED;
}

void catalog_add(struct catalog *catalog, struct synthdef *synthdef, enum synthdef_origin origin,
                 const char *path)
{
    struct catalog_entry *entry = find_entry(catalog, synthdef->name);
    if (!entry) {
        entry = g_new0(struct catalog_entry, 1);
        g_tree_insert(catalog->entries, g_strdup(synthdef->name), entry);
    }
    struct synthdef *old = entry->synthdef[origin];
    entry->synthdef[origin] = synthdef_ref(synthdef);
    if (old)
        synthdef_unref(old);
    g_free(entry->path[origin]);
    entry->path[origin] = g_strdup(path);
}

bool catalog_has_room(const struct catalog *catalog, const char *name)
{
    return find_entry(catalog, name) || g_tree_nnodes(catalog->entries) < CATALOG_MAX;
}

bool catalog_remove(struct catalog *catalog, const char *name, enum synthdef_origin origin)
{
    struct catalog_entry *entry = find_entry(catalog, name);
    if (!entry || !entry->synthdef[origin])
        return false;
    if (!entry->synthdef[!origin]) {
        g_tree_remove(catalog->entries, name);
        return true;
    }
    synthdef_unref(g_steal_pointer(&entry->synthdef[origin]));
    g_clear_pointer(&entry->path[origin], g_free);
    return true;
}

static json_t *show_entry(const struct catalog_entry *entry)
{
    static const char *const origins[] = {[ORIGIN_SHIPPED] = "shipped", [ORIGIN_USER] = "user"};
    json_t *object = synthdef_to_json(entry->synthdef[in_force(entry)]);
    json_object_set_new(object, "origin", json_string(origins[in_force(entry)]));
    const struct synthdef *synthdef = entry->synthdef[in_force(entry)];
    if (synthdef->audition)
        json_object_set_new(object, "audition", audition_to_json(synthdef->audition));
    return object;
}

json_t *catalog_show(const struct catalog *catalog, const char *name)
{
    struct catalog_entry *entry = find_entry(catalog, name);
    return entry ? show_entry(entry) : NULL;
}

static gboolean append_entry(gpointer name, gpointer entry, gpointer list)
{
    if (!g_str_has_prefix(name, CATALOG_RESERVED))
        json_array_append_new(list, show_entry(entry));
    return FALSE;
}

json_t *catalog_list(const struct catalog *catalog)
{
    json_t *list = json_array();
    g_tree_foreach(catalog->entries, append_entry, list);
    return list;
}

static gboolean append_path(gpointer name, gpointer data, gpointer paths)
{
    const struct catalog_entry *entry = data;
    g_ptr_array_add(paths, entry->path[in_force(entry)]);
    return FALSE;
}

void catalog_paths(const struct catalog *catalog, GPtrArray *paths)
{
    g_tree_foreach(catalog->entries, append_path, paths);
}

// Edits between two short words (Levenshtein), as far as they matter here.
static int edits(const char *a, const char *b)
{
    int n = (int)strlen(b), row[64];
    if (n >= 64 || strlen(a) >= 64)
        return 64;
    for (int j = 0; j <= n; j++)
        row[j] = j;
    for (int i = 1; a[i - 1]; i++) {
        int diagonal = row[0];
        row[0] = i;
        for (int j = 1; j <= n; j++) {
            int change = diagonal + (a[i - 1] != b[j - 1]);
            diagonal = row[j];
            row[j] = MIN(change, MIN(row[j], row[j - 1]) + 1);
        }
    }
    return row[n];
}

struct closest {
    const char *wanted, *name;
    int edits;
};

static gboolean consider(gpointer name, gpointer entry, gpointer data)
{
    struct closest *closest = data;
    int distance = edits(closest->wanted, name);
    if (distance < closest->edits && !g_str_has_prefix(name, CATALOG_RESERVED)) {
        closest->edits = distance;
        closest->name = name;
    }
    return FALSE;
}

const char *catalog_suggest(const struct catalog *catalog, const char *name)
{
    struct closest closest = {.wanted = name, .edits = 3};
    g_tree_foreach(catalog->entries, consider, &closest);
    return closest.name;
}
