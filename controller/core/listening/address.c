// SPDX-License-Identifier: GPL-3.0-or-later
#include "controller/core/listening/address.h"

#include <glib.h>
#include <string.h>

char *address_url(const char *scheme, const char *host, const char *fallback, int port)
{
    const char *name = host && *host ? host : fallback;
    gsize length = *name == '[' ? strcspn(name, "]") + 1 : strcspn(name, ":");
    // An IPv6 address of the settings has no brackets.
    if (name == fallback && strchr(name, ':'))
        return g_strdup_printf("%s://[%s]:%d/", scheme, name, port);
    return g_strdup_printf("%s://%.*s:%d/", scheme, (int)length, name, port);
}
