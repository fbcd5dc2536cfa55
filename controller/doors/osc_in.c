// SPDX-License-Identifier: GPL-3.0-or-later
// liblo cannot bind to one address, and says who has sent something only after it has read it: so a
// plain socket, and our own reader.
#include "controller/doors/osc_in.h"

#include <gio/gio.h>
#include <glib-unix.h>
#include <string.h>
#include <sys/socket.h>

#include "common/error.h"
#include "common/log.h"
#include "controller/core/osc/osc_read.h"

#define BURST 32               // datagrams before the loop gets its turn again
#define RECEIVE_BUFFER 1048576 // what comes while it has it
#define MAX_DATAGRAM 65536
#define LOG_INTERVAL 10000000 // microseconds between two lines about what was refused
#define ERRORS_A_SECOND 20    // that senders are told of, all together
#define MAX_WORDS 300         // bytes of one

struct osc_in {
    struct osc_in_ports ports;
    GSocket *socket;  // owned
    GPtrArray *allow; // owned, GInetAddressMask
    guint source;
    guint refused;      // since the last line about it
    int64_t logged_at;  // of that line
    int64_t told_since; // the second in which `told` senders were told what was wrong
    int told;
};

struct osc_sender {
    struct osc_in *in;
    GSocketAddress *address; // owned
    char *what;              // owned: the message's address
};

// --- who may ------------------------------------------------------------------------------------

static GPtrArray *parse_allow(const char *allow, GError **error)
{
    GPtrArray *masks = g_ptr_array_new_with_free_func(g_object_unref);
    g_auto(GStrv) words = g_strsplit_set(allow, " ,", -1);
    for (int i = 0; words[i]; i++) {
        if (*words[i] == '\0')
            continue;
        g_autoptr(GError) cause = NULL;
        GInetAddressMask *mask = g_inet_address_mask_new_from_string(words[i], &cause);
        if (mask) {
            g_ptr_array_add(masks, mask);
            continue;
        }
        g_set_error(error, FARFIELD_ERROR, ERROR_INVALID, "osc-allow: %s", cause->message);
        g_ptr_array_unref(masks);
        return NULL;
    }
    return masks;
}

// IPv4 as IPv6 shows it, ::ffff:127.0.0.1, is IPv4.
static GInetAddress *plain_address(GSocketAddress *source)
{
    GInetAddress *address = g_inet_socket_address_get_address(G_INET_SOCKET_ADDRESS(source));
    const guint8 *bytes = g_inet_address_to_bytes(address);
    static const guint8 mapped[12] = {[10] = 0xff, [11] = 0xff};
    if (g_inet_address_get_family(address) == G_SOCKET_FAMILY_IPV6 &&
        memcmp(bytes, mapped, sizeof mapped) == 0)
        return g_inet_address_new_from_bytes(bytes + sizeof mapped, G_SOCKET_FAMILY_IPV4);
    return g_object_ref(address);
}

static bool is_allowed(const struct osc_in *in, GSocketAddress *source)
{
    if (!G_IS_INET_SOCKET_ADDRESS(source))
        return false;
    g_autoptr(GInetAddress) address = plain_address(source);
    for (guint i = 0; i < in->allow->len; i++)
        if (g_inet_address_mask_matches(g_ptr_array_index(in->allow, i), address))
            return true;
    return false;
}

// --- what is refused ----------------------------------------------------------------------------

// The first at once, then not more than one line in a while, whatever comes.
static void note_refusal(struct osc_in *in, GSocketAddress *source, const char *why)
{
    in->refused++;
    int64_t now = g_get_monotonic_time();
    if (in->logged_at && now - in->logged_at < LOG_INTERVAL)
        return;
    g_autofree char *from = g_socket_connectable_to_string(G_SOCKET_CONNECTABLE(source));
    g_autofree char *said = g_utf8_make_valid(why, MIN(strlen(why), MAX_WORDS));
    log_warning("osc_in.refused", "{s:i s:s s:s}", "count", (int)in->refused, "from", from,
                "reason", said);
    in->refused = 0;
    in->logged_at = now;
}

static bool may_tell(struct osc_in *in)
{
    int64_t now = g_get_monotonic_time();
    if (now - in->told_since >= G_USEC_PER_SEC) {
        in->told_since = now;
        in->told = 0;
    }
    return in->told++ < ERRORS_A_SECOND;
}

static void tell(struct osc_in *in, GSocketAddress *to, const char *words)
{
    static const char head[] = "/farfield/error\0,s\0"; // 16 and, with its own end, 4 bytes
    if (!may_tell(in))
        return;
    gsize length = MIN(strlen(words), MAX_WORDS), padded = (length + 4) & ~(gsize)3;
    g_autofree char *bytes = g_malloc0(sizeof head + padded);
    memcpy(bytes, head, sizeof head);
    memcpy(bytes + sizeof head, words, length);
    // Who has gone by then is told nothing.
    g_socket_send_to(in->socket, to, bytes, sizeof head + padded, NULL, NULL);
}

static void refuse(struct osc_in *in, GSocketAddress *source, const char *why)
{
    note_refusal(in, source, why);
    tell(in, source, why);
}

void osc_in_done(struct osc_sender *sender, const char *wrong)
{
    if (wrong) {
        g_autofree char *why = g_strdup_printf("%s: %s", sender->what, wrong);
        refuse(sender->in, sender->address, why);
    }
    g_object_unref(sender->address);
    g_free(sender->what);
    g_free(sender);
}

// --- what comes ---------------------------------------------------------------------------------

static void take_message(struct osc_in *in, GSocketAddress *source,
                         const struct osc_message *message)
{
    struct osc_sender *sender = g_new(struct osc_sender, 1);
    *sender = (struct osc_sender){in, g_object_ref(source), g_strdup(message->address)};
    in->ports.on_message(in->ports.data, message, sender);
}

static void take_datagram(struct osc_in *in, GSocketAddress *source, const guint8 *bytes,
                          gsize length)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) messages =
        g_ptr_array_new_with_free_func((GDestroyNotify)osc_message_destroy);
    if (!osc_read_packet(bytes, length, messages, &error))
        refuse(in, source, error->message);
    for (guint i = 0; i < messages->len; i++)
        take_message(in, source, g_ptr_array_index(messages, i));
}

static gboolean on_readable(int fd, GIOCondition condition, gpointer data)
{
    struct osc_in *in = data;
    char bytes[MAX_DATAGRAM];
    for (int i = 0; i < BURST; i++) {
        g_autoptr(GSocketAddress) source = NULL;
        gssize length = g_socket_receive_from(in->socket, &source, bytes, sizeof bytes, NULL, NULL);
        if (length < 0)
            break;
        // A stranger is told nothing: it may be somebody else who is to be flooded.
        if (!is_allowed(in, source))
            note_refusal(in, source, "this address is not in osc-allow");
        else
            take_datagram(in, source, (const guint8 *)bytes, (gsize)length);
    }
    return G_SOURCE_CONTINUE;
}

// --- life ---------------------------------------------------------------------------------------

static GSocket *bind_socket(const char *address, int port, GError **error)
{
    g_autoptr(GSocketAddress) where = g_inet_socket_address_new_from_string(address, (guint)port);
    if (!where) {
        g_set_error(error, FARFIELD_ERROR, ERROR_INVALID, "osc-address: \"%s\" is no address",
                    address);
        return NULL;
    }
    GSocket *socket = g_socket_new(g_socket_address_get_family(where), G_SOCKET_TYPE_DATAGRAM,
                                   G_SOCKET_PROTOCOL_UDP, error);
    if (!socket)
        return NULL;
    int size = RECEIVE_BUFFER;
    g_socket_set_blocking(socket, FALSE);
    setsockopt(g_socket_get_fd(socket), SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
    if (g_socket_bind(socket, where, FALSE, error))
        return socket;
    g_prefix_error(error, "UDP port %d: ", port);
    g_object_unref(socket);
    return NULL;
}

struct osc_in *osc_in_open(const char *address, int port, const char *allow,
                           const struct osc_in_ports *ports, GError **error)
{
    GPtrArray *masks = parse_allow(allow, error);
    if (!masks)
        return NULL;
    GSocket *socket = bind_socket(address, port, error);
    if (!socket) {
        g_ptr_array_unref(masks);
        return NULL;
    }
    struct osc_in *in = g_new0(struct osc_in, 1);
    in->ports = *ports;
    in->socket = socket;
    in->allow = masks;
    in->source = g_unix_fd_add(g_socket_get_fd(socket), G_IO_IN, on_readable, in);
    return in;
}

void osc_in_close(struct osc_in *in)
{
    if (!in)
        return;
    g_source_remove(in->source);
    g_object_unref(in->socket);
    g_ptr_array_unref(in->allow);
    g_free(in);
}
