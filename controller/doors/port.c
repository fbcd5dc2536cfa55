// SPDX-License-Identifier: GPL-3.0-or-later
#include "controller/doors/port.h"

// Linux: net.ipv4.ip_local_port_range ends at 60999.
#define FIRST 61000
#define LAST 65500
#define TRIES 200

static gboolean can_bind(GSocketType type, int port)
{
    g_autoptr(GSocket) socket =
        g_socket_new(G_SOCKET_FAMILY_IPV4, type, G_SOCKET_PROTOCOL_DEFAULT, NULL);
    g_autoptr(GSocketAddress) address =
        g_inet_socket_address_new_from_string("0.0.0.0", (guint)port);
    return socket && g_socket_bind(socket, address, FALSE, NULL);
}

int port_free(GSocketType type)
{
    for (int i = 0; i < TRIES; i++) {
        int port = g_random_int_range(FIRST, LAST);
        if (can_bind(type, port))
            return port;
    }
    return 0;
}
