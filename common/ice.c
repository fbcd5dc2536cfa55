// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/ice.h"

#include <gio/gio.h>
#include <stdio.h>
#include <string.h>

#include "common/error.h"

static void ice_server_destroy(gpointer data)
{
    struct ice_server *server = data;
    g_free(server->url);
    g_free(server->username);
    g_free(server->credential);
    g_free(server->secret);
    g_free(server);
}

static struct ice_server *parse_one(const char *entry, const char *secret, GError **error)
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
    bool shared = turn && !user && *secret && !strchr(host, '@');
    if ((!stun && !turn) || *host == '\0' || (turn && !user && !shared)) {
        g_set_error(error, FARFIELD_ERROR, ERROR_INVALID,
                    "ice-servers: \"%s\" is neither stun:HOST:PORT nor "
                    "turn:USER:PASSWORD@HOST:PORT (nor turn:HOST:PORT with turn-secret)",
                    entry);
        return NULL;
    }
    struct ice_server *server = g_new0(struct ice_server, 1);
    server->url = g_strconcat(scheme, ":", host, NULL);
    server->username = g_steal_pointer(&user);
    server->credential = g_steal_pointer(&password);
    server->secret = shared ? g_strdup(secret) : NULL;
    return server;
}

GPtrArray *ice_servers_parse(const char *text, const char *secret, GError **error)
{
    g_autoptr(GPtrArray) servers = g_ptr_array_new_with_free_func(ice_server_destroy);
    g_auto(GStrv) entries = g_strsplit_set(text, " \t", -1);
    for (int i = 0; entries[i]; i++) {
        if (*entries[i] == '\0')
            continue;
        struct ice_server *server = parse_one(entries[i], secret, error);
        if (!server)
            return NULL;
        g_ptr_array_add(servers, server);
    }
    return g_steal_pointer(&servers);
}

bool ice_server_open(const struct ice_server *server, int64_t now, char **username,
                     char **credential)
{
    *username = g_strdup(server->username);
    *credential = g_strdup(server->credential);
    if (!server->secret)
        return server->username != NULL;
    guint8 digest[20];
    gsize length = sizeof digest;
    *username = g_strdup_printf("%" G_GINT64_FORMAT, now + ICE_LIFETIME);
    GHmac *hmac =
        g_hmac_new(G_CHECKSUM_SHA1, (const guchar *)server->secret, strlen(server->secret));
    g_hmac_update(hmac, (const guchar *)*username, -1);
    g_hmac_get_digest(hmac, digest, &length);
    g_hmac_unref(hmac);
    *credential = g_base64_encode(digest, length);
    return true;
}

bool ice_ports_parse(const char *text, int *first, int *last, GError **error)
{
    int end = 0;
    *first = *last = 0;
    if (*text == '\0' || (sscanf(text, "%5d-%5d%n", first, last, &end) == 2 && text[end] == '\0' &&
                          *first > 0 && *first <= *last && *last <= 65535))
        return true;
    g_set_error(error, FARFIELD_ERROR, ERROR_INVALID, "ice-ports must be FIRST-LAST, not \"%s\"",
                text);
    return false;
}

char **ice_addresses_parse(const char *text, GError **error)
{
    g_autoptr(GPtrArray) found = g_ptr_array_new_with_free_func(g_free);
    g_auto(GStrv) words = g_strsplit_set(text, " \t", -1);
    for (int i = 0; words[i]; i++) {
        if (*words[i] == '\0')
            continue;
        g_autoptr(GInetAddress) address = g_inet_address_new_from_string(words[i]);
        if (!address) {
            g_set_error(error, FARFIELD_ERROR, ERROR_INVALID,
                        "ice-address: \"%s\" is not a numeric address", words[i]);
            return NULL;
        }
        g_ptr_array_add(found, g_inet_address_to_string(address));
    }
    g_ptr_array_add(found, NULL);
    return (char **)g_ptr_array_free(g_steal_pointer(&found), FALSE);
}

static bool is_word(const char *text, size_t least)
{
    size_t length = text ? strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                        "0123456789+/")
                         : 0;
    return text && text[length] == '\0' && length >= least && length <= ICE_MAX_WORD;
}

bool ice_is_ufrag(const char *text)
{
    return is_word(text, 4);
}

bool ice_is_password(const char *text)
{
    return is_word(text, 22);
}
