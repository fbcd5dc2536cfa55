// SPDX-License-Identifier: GPL-3.0-or-later
#include "controller/core/api/access.h"

#include <stdlib.h>
#include <string.h>

#define MAX_NAME 253 // bytes of a name of the DNS

void access_init(struct access *access, const char *origins, const char *address, int http_port,
                 bool keyed)
{
    access->origins = g_strsplit_set(origins, " ,", -1);
    access->address = g_strdup(address);
    access->http_port = http_port;
    access->keyed = keyed;
}

void access_clear(struct access *access)
{
    g_clear_pointer(&access->origins, g_strfreev);
    g_clear_pointer(&access->address, g_free);
}

bool access_is_loopback(const char *address)
{
    // The whole of 127.0.0.0/8 (RFC 1122, 3.2.1.3), and of IPv6 one address.
    return strcmp(address, "localhost") == 0 || strcmp(address, "::1") == 0 ||
           (g_str_has_prefix(address, "127.") && g_hostname_is_ip_address(address));
}

// "example.org" of "example.org:8080", "::1" of "[::1]:8080".
static char *host_name(const char *host)
{
    if (*host == '[') {
        const char *close = strchr(host, ']');
        return close ? g_strndup(host + 1, close - host - 1) : g_strdup("");
    }
    return g_ascii_strdown(host, strcspn(host, ":"));
}

// 8080 of "example.org:8080"; 0 where none is written.
static int host_port(const char *host)
{
    const char *bracket = strchr(host, ']');
    const char *colon = strchr(bracket ? bracket : host, ':');
    return colon ? atoi(colon + 1) : 0;
}

// The host of "https://example.org:8443".
static char *origin_name(const char *origin)
{
    const char *slashes = strstr(origin, "://");
    return slashes ? host_name(slashes + 3) : g_strdup("");
}

// Two spaces in the setting leave an empty word between them, which stands for nobody.
static bool is_listed(const struct access *access, const char *origin)
{
    for (int i = 0; *origin && access->origins[i]; i++)
        if (strcmp(access->origins[i], "*") == 0 ||
            g_ascii_strcasecmp(access->origins[i], origin) == 0)
            return true;
    return false;
}

static bool is_ipv6(const char *address, gsize length)
{
    g_autofree char *text = g_strndup(address, length);
    return strchr(text, ':') && !strchr(text, '%') && g_hostname_is_ip_address(text);
}

bool access_host_is_good(const char *host)
{
    static const char letters[] = G_CSET_a_2_z G_CSET_A_2_Z G_CSET_DIGITS "._-";
    if (!host || !*host)
        return true;
    gsize length = *host == '[' ? strcspn(host, "]") : strspn(host, letters);
    if (length == 0 || length > MAX_NAME)
        return false;
    if (*host == '[' && (host[length] != ']' || !is_ipv6(host + 1, length++ - 1)))
        return false;
    const char *port = host + length;
    gsize digits = *port == ':' ? strspn(++port, G_CSET_DIGITS) : 0;
    return digits <= 5 && port[digits] == '\0';
}

bool access_host_allowed(const struct access *access, const char *host)
{
    if (access->keyed || !host)
        return true;
    g_autofree char *name = host_name(host);
    if (access_is_loopback(name) || g_ascii_strcasecmp(name, access->address) == 0)
        return true;
    for (int i = 0; access->origins[i]; i++) {
        g_autofree char *listed = origin_name(access->origins[i]);
        if (strcmp(access->origins[i], "*") == 0 || (*name && strcmp(listed, name) == 0))
            return true;
    }
    return false;
}

bool access_origin_allowed(const struct access *access, const char *host, const char *origin)
{
    if (!origin || is_listed(access, origin))
        return true;
    if (!host)
        return false;
    g_autofree char *ours = host_name(host);
    g_autofree char *theirs = origin_name(origin);
    const char *slashes = strstr(origin, "://");
    int port = slashes ? host_port(slashes + 3) : 0;
    // Another port of the same machine may be another user's.
    return *theirs && strcmp(ours, theirs) == 0 &&
           (port == host_port(host) || port == access->http_port);
}

const char *access_bearer(const char *authorization)
{
    static const char scheme[] = "Bearer ";
    if (!authorization || g_ascii_strncasecmp(authorization, scheme, strlen(scheme)) != 0)
        return NULL;
    return authorization + strlen(scheme);
}
