// SPDX-License-Identifier: GPL-3.0-or-later
#include "pipeline/sound/sources.h"

#include <glib.h>
#include <string.h>

bool sources_match(const char *source, const char *port)
{
    const char *colon = strchr(source, ':');
    if (!colon)
        return false;
    size_t client = colon - source;
    if (strncmp(source, port, client) != 0)
        return false;
    const char *rest = port + client;
    if (rest[0] == '-' && g_ascii_isdigit(rest[1]) && g_ascii_isdigit(rest[2]))
        rest += 3;
    return strcmp(rest, colon) == 0;
}

// The exact name wins; among duplicates the last, which jackd made last.
static const char *resolve(const char *const *ports, const char *source)
{
    const char *found = NULL;
    for (int i = 0; ports && ports[i]; i++) {
        if (strcmp(ports[i], source) == 0)
            return ports[i];
        if (sources_match(source, ports[i]))
            found = ports[i];
    }
    return found;
}

static bool is_connected(jack_client_t *client, jack_port_t *end, const char *port)
{
    const char **present = jack_port_get_all_connections(client, end);
    bool found = present && g_strv_contains(present, port);
    if (present)
        jack_free(present);
    return found;
}

static bool is_input(const jack_port_t *end)
{
    return jack_port_flags(end) & JackPortIsInput;
}

static bool join(jack_client_t *client, jack_port_t *end, const char *port)
{
    const char *own = jack_port_name(end);
    return is_connected(client, end, port) ||
           (is_input(end) ? jack_connect(client, port, own) : jack_connect(client, own, port)) == 0;
}

static void part(jack_client_t *client, jack_port_t *end, const char *port)
{
    const char *own = jack_port_name(end);
    if (!is_connected(client, end, port))
        return;
    if (is_input(end))
        jack_disconnect(client, port, own);
    else
        jack_disconnect(client, own, port);
}

bool sources_connect(jack_client_t *client, jack_port_t *end, const char *name, char **made)
{
    const char **ports = jack_get_ports(client, NULL, JACK_DEFAULT_AUDIO_TYPE,
                                        is_input(end) ? JackPortIsOutput : JackPortIsInput);
    const char *wanted = resolve(ports, name);
    if (*made && g_strcmp0(*made, wanted) != 0) {
        part(client, end, *made);
        g_clear_pointer(made, g_free);
    }
    bool connected = wanted && join(client, end, wanted);
    if (connected && !*made)
        *made = g_strdup(wanted);
    if (ports)
        jack_free(ports);
    return connected;
}
