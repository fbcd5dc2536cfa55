// SPDX-License-Identifier: GPL-3.0-or-later
#include "controller/doors/plugins.h"

#include <string.h>

#define SUFFIX ".so"
#define MAX_DEPTH 8

static void gather(GHashTable *names, const char *path, int depth)
{
    g_autoptr(GDir) dir = depth < MAX_DEPTH ? g_dir_open(path, 0, NULL) : NULL;
    const char *name;
    while (dir && (name = g_dir_read_name(dir))) {
        g_autofree char *below = g_build_filename(path, name, NULL);
        if (g_str_has_suffix(name, SUFFIX))
            g_hash_table_add(names, g_strndup(name, strlen(name) - strlen(SUFFIX)));
        else if (g_file_test(below, G_FILE_TEST_IS_DIR))
            gather(names, below, depth + 1);
    }
}

// SC_World.cpp (World_New) and SC_Filesystem: the plugin folder of the installation, and the
// extensions of system and user.
GHashTable *plugins_find(void)
{
    static const char *const system[] = {
        "/usr/lib/SuperCollider/plugins",
        "/usr/local/lib/SuperCollider/plugins",
        "/usr/lib64/SuperCollider/plugins",
        "/usr/share/SuperCollider/Extensions",
        "/usr/local/share/SuperCollider/Extensions",
    };
    GHashTable *names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(system); i++)
        gather(names, system[i], 0);
    g_autofree char *own =
        g_build_filename(g_get_user_data_dir(), "SuperCollider", "Extensions", NULL);
    gather(names, own, 0);
    if (g_hash_table_size(names) == 0)
        g_clear_pointer(&names, g_hash_table_unref);
    return names;
}
