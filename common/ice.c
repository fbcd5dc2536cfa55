// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/ice.h"

#include <string.h>

#include "common/error.h"

static void ice_server_destroy(gpointer data)
{
    struct ice_server *server = data;
    g_free(server->url);
    g_free(server->username);
    g_free(server->credential);
    g_free(server);
}

static struct ice_server *parse_one(const char *entry, GError **error)
{
    const char *colon = strchr(entry, ':');
    g_autofree char *scheme = colon ? g_strndup(entry, colon - entry) : NULL;
    bool stun = g_strcmp0(scheme, "stun") == 0;
    bool turn = g_strcmp0(scheme, "turn") == 0 || g_strcmp0(scheme, "turns") == 0;
    const char *host = colon ? colon + 1 : "";
    g_autofree char *user = NULL, *password = NULL;
    if (turn) {
        // A password may hold an '@'; a host cannot.
        const char *at = strrchr(host, '@');
        const char *divider = strchr(host, ':');
        if (at && divider && divider < at) {
            user = g_strndup(host, divider - host);
            password = g_strndup(divider + 1, at - divider - 1);
            host = at + 1;
        }
    }
    if ((!stun && !turn) || *host == '\0' || (turn && !user)) {
        g_set_error(error, FARFIELD_ERROR, ERROR_INVALID,
                    "ice-servers: \"%s\" is neither stun:HOST:PORT nor "
                    "turn:USER:PASSWORD@HOST:PORT",
                    entry);
        return NULL;
    }
    struct ice_server *server = g_new0(struct ice_server, 1);
    server->url = g_strconcat(scheme, ":", host, NULL);
    server->username = g_steal_pointer(&user);
    server->credential = g_steal_pointer(&password);
    return server;
}

GPtrArray *ice_servers_parse(const char *text, GError **error)
{
    g_autoptr(GPtrArray) servers = g_ptr_array_new_with_free_func(ice_server_destroy);
    g_auto(GStrv) entries = g_strsplit_set(text, " \t", -1);
    for (int i = 0; entries[i]; i++) {
        if (*entries[i] == '\0')
            continue;
        struct ice_server *server = parse_one(entries[i], error);
        if (!server)
            return NULL;
        g_ptr_array_add(servers, server);
    }
    return g_steal_pointer(&servers);
}
