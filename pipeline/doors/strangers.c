// SPDX-License-Identifier: GPL-3.0-or-later
#include "pipeline/doors/strangers.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

struct strangers {
    GHashTable *origins; // owned: name -> struct origin, each with one connection at least
};

struct origin {
    char *name; // owned
    guint connections;
};

static void origin_destroy(gpointer data)
{
    struct origin *origin = data;
    g_free(origin->name);
    g_free(origin);
}

// An address of IPv4, in whichever form it comes; of IPv6 the network, /64, since a host may take
// any address in it. False where the socket is not connected any more.
static bool read_origin(int fd, char *name)
{
    union {
        struct sockaddr any;
        struct sockaddr_in ip;
        struct sockaddr_in6 ip6;
    } peer = {0};
    socklen_t length = sizeof peer;
    if (getpeername(fd, &peer.any, &length) != 0)
        return false;
    if (peer.any.sa_family == AF_INET)
        return inet_ntop(AF_INET, &peer.ip.sin_addr, name, INET6_ADDRSTRLEN);
    guint8 *bytes = peer.ip6.sin6_addr.s6_addr;
    if (IN6_IS_ADDR_V4MAPPED(&peer.ip6.sin6_addr))
        return inet_ntop(AF_INET, bytes + 12, name, INET6_ADDRSTRLEN);
    memset(bytes + 8, 0, 8);
    return inet_ntop(AF_INET6, bytes, name, INET6_ADDRSTRLEN);
}

bool strangers_may_come(const struct strangers *strangers, int fd)
{
    char name[INET6_ADDRSTRLEN];
    if (!read_origin(fd, name))
        return false;
    const struct origin *origin = g_hash_table_lookup(strangers->origins, name);
    return !origin || origin->connections < STRANGERS_OF_ONE;
}

static struct origin *origin_of(struct strangers *strangers, const char *name)
{
    struct origin *origin = g_hash_table_lookup(strangers->origins, name);
    if (origin)
        return origin;
    origin = g_new0(struct origin, 1);
    origin->name = g_strdup(name);
    g_hash_table_insert(strangers->origins, origin->name, origin);
    return origin;
}

void strangers_enter(struct strangers *strangers, struct lws *wsi)
{
    char name[INET6_ADDRSTRLEN];
    if (!read_origin(lws_get_socket_fd(wsi), name))
        return;
    struct origin *origin = origin_of(strangers, name);
    origin->connections++;
    lws_set_opaque_user_data(wsi, origin);
}

void strangers_leave(struct strangers *strangers, struct lws *wsi)
{
    struct origin *origin = lws_get_opaque_user_data(wsi);
    if (!origin)
        return;
    lws_set_opaque_user_data(wsi, NULL);
    if (--origin->connections == 0)
        g_hash_table_remove(strangers->origins, origin->name);
}

struct strangers *strangers_create(void)
{
    struct strangers *strangers = g_new0(struct strangers, 1);
    strangers->origins = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, origin_destroy);
    return strangers;
}

void strangers_destroy(struct strangers *strangers)
{
    if (!strangers)
        return;
    g_hash_table_unref(strangers->origins);
    g_free(strangers);
}
