// SPDX-License-Identifier: GPL-3.0-or-later
// Datagrams from scsynth's address, whatever they hold: through a real socket, liblo and the door
// into a session that runs and has some nodes. An input is datagrams, each behind its length (two
// bytes, big-endian).
#include <gio/gio.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "controller/doors/scsynth.h"
#include "tests/unit/fake_session.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct wire {
    GSocket *socket;    // plays scsynth
    GSocketAddress *us; // where the door is
    struct scsynth *door;
    struct fake_session *f;
    bool at_end;
};

static void on_message(void *data, const struct osc_message *message)
{
    struct wire *wire = data;
    if (strcmp(message->address, "/end of input") == 0)
        wire->at_end = true;
    else if (wire->f)
        session_on_reply(wire->f->session, message, wire->f->now);
}

static GSocket *open_socket(int *port)
{
    g_autoptr(GInetAddress) loopback = g_inet_address_new_loopback(G_SOCKET_FAMILY_IPV4);
    g_autoptr(GSocketAddress) address = g_inet_socket_address_new(loopback, 0);
    GSocket *socket =
        g_socket_new(G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_DATAGRAM, G_SOCKET_PROTOCOL_UDP, NULL);
    if (!g_socket_bind(socket, address, FALSE, NULL))
        abort();
    g_autoptr(GSocketAddress) bound = g_socket_get_local_address(socket, NULL);
    *port = g_inet_socket_address_get_port(G_INET_SOCKET_ADDRESS(bound));
    return socket;
}

static struct wire *open_wire(void)
{
    static struct wire wire;
    int port, local;
    if (wire.door)
        return &wire;
    log_setup("fuzz", LOG_ERROR_LEVEL, false);
    g_object_unref(open_socket(&local));
    wire.socket = open_socket(&port);
    wire.door = scsynth_open("127.0.0.1", port, local, on_message, &wire, NULL);
    if (!wire.door)
        abort();
    g_autoptr(GInetAddress) loopback = g_inet_address_new_loopback(G_SOCKET_FAMILY_IPV4);
    wire.us = g_inet_socket_address_new(loopback, local);
    return &wire;
}

static void say(struct wire *wire, const void *bytes, gsize length)
{
    g_socket_send_to(wire->socket, wire->us, bytes, length, NULL, NULL);
}

// What was said has been heard when what is said last is.
static void hear(struct wire *wire)
{
    static const char end[] = "/end of input\0\0\0,\0\0";
    say(wire, end, sizeof end);
    wire->at_end = false;
    while (!wire->at_end)
        g_main_context_iteration(NULL, TRUE);
}

static struct fake_session *populated(void)
{
    struct fake_session *f = fake_session_create();
    fake_session_boot(f, 0);
    fake_call(f, "group.new", NULL);
    fake_call(f, "synth.new", "{'synthdef': 'sine'}");
    fake_call(f, "synth.new", "{'synthdef': 'chord'}");
    fake_run(f, FAKE_MS(2));
    fake_reply(f, "/n_go 1000 1 -1 -1 1 -1 -1");
    fake_reply(f, "/n_go 1001 1000 -1 -1 0");
    fake_reply(f, "/n_go 1002 1 1000 -1 0");
    fake_call(f, "synth.new", "{'synthdef': 'plain'}"); // 1003 is asked for
    fake_call(f, "node.free", "{'id': 1002}");
    fake_run(f, FAKE_MS(2));
    return f;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct wire *wire = open_wire();
    wire->f = populated();
    while (size >= 2) {
        size_t length = MIN((size_t)(data[0] << 8 | data[1]), size - 2);
        say(wire, data + 2, length);
        data += 2 + length;
        size -= 2 + length;
        hear(wire);
        fake_run(wire->f, FAKE_MS(40));
    }
    // Everything can still be shown.
    if (fake_call(wire->f, "node.list", NULL)->times != 1 ||
        fake_call(wire->f, "server.status", NULL)->times != 1)
        abort();
    fake_session_destroy(wire->f);
    wire->f = NULL;
    return 0;
}
