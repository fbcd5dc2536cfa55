// SPDX-License-Identifier: GPL-3.0-or-later
#include "controller/doors/scsynth.h"

#include <glib-unix.h>
#include <lo/lo.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "common/error.h"
#include "common/log.h"

// Replies handled before the loop gets its turn again.
#define BURST 256
// What arrives at once when a thousand nodes start.
#define RECEIVE_BUFFER (4 * 1024 * 1024)

struct scsynth {
    lo_server server;
    lo_address address;
    char *host, *port; // owned: what a message's source must be
    guint source;
    void (*on_message)(void *data, const struct osc_message *message);
    void *data;
};

static struct osc_message *message_from(const char *path, const char *types, lo_arg **args, int n)
{
    struct osc_message *message = osc_message_new(path, "");
    // OSC aligns to 4 bytes, lo_arg wants 8: its members are copied, never looked at in place.
    union {
        int32_t i;
        float f;
        double d;
    } value;
    for (int i = 0; i < n; i++) {
        switch (types[i]) {
        case LO_INT32:
            memcpy(&value.i, args[i], sizeof value.i);
            osc_add_int(message, value.i);
            break;
        case LO_FLOAT:
            memcpy(&value.f, args[i], sizeof value.f);
            osc_add_float(message, value.f);
            break;
        case LO_DOUBLE:
            memcpy(&value.d, args[i], sizeof value.d);
            osc_add_double(message, value.d);
            break;
        case LO_STRING:
            osc_add_string(message, (const char *)args[i]);
            break;
        default:
            // Nothing that scsynth answers; it keeps its place among the arguments.
            osc_add_int(message, 0);
            break;
        }
    }
    return message;
}

static bool is_from_scsynth(const struct scsynth *scsynth, lo_message message)
{
    lo_address source = lo_message_get_source(message);
    return source && g_strcmp0(lo_address_get_hostname(source), scsynth->host) == 0 &&
           g_strcmp0(lo_address_get_port(source), scsynth->port) == 0;
}

static int on_osc(const char *path, const char *types, lo_arg **args, int n, lo_message raw,
                  void *data)
{
    struct scsynth *scsynth = data;
    if (!is_from_scsynth(scsynth, raw)) {
        log_debug("scsynth.stranger", "{s:s}", "address", path);
        return 0;
    }
    struct osc_message *message = message_from(path, types, args, n);
    scsynth->on_message(scsynth->data, message);
    osc_message_destroy(message);
    return 0;
}

static gboolean on_readable(int fd, GIOCondition condition, gpointer data)
{
    struct scsynth *scsynth = data;
    for (int i = 0; i < BURST && lo_server_recv_noblock(scsynth->server, 0) > 0; i++)
        ;
    return G_SOURCE_CONTINUE;
}

static void on_lo_error(int number, const char *message, const char *path)
{
    log_debug("scsynth.osc", "{s:i s:s}", "number", number, "reason", message ? message : "");
}

struct scsynth *scsynth_open(const char *address, int port, int local_port,
                             void (*on_message)(void *data, const struct osc_message *message),
                             void *data, GError **error)
{
    char own_port[16];
    g_snprintf(own_port, sizeof own_port, "%d", local_port);
    lo_server server = lo_server_new_with_proto(own_port, LO_UDP, on_lo_error);
    if (!server) {
        g_set_error(error, FARFIELD_ERROR, ERROR_INTERNAL, "UDP port %d cannot be taken",
                    local_port);
        return NULL;
    }
    struct scsynth *scsynth = g_new0(struct scsynth, 1);
    scsynth->server = server;
    scsynth->host = g_strdup(strcmp(address, "localhost") == 0 ? "127.0.0.1" : address);
    scsynth->port = g_strdup_printf("%d", port);
    scsynth->address = lo_address_new(scsynth->host, scsynth->port);
    scsynth->on_message = on_message;
    scsynth->data = data;
    lo_server_max_msg_size(server, 65536);
    // No messages of the future: scsynth sends none, and strangers shall not fill our memory.
    lo_server_enable_queue(server, 0, 1);
    lo_server_add_method(server, NULL, NULL, on_osc, scsynth);
    int fd = lo_server_get_socket_fd(server), size = RECEIVE_BUFFER;
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
    scsynth->source = g_unix_fd_add(fd, G_IO_IN, on_readable, scsynth);
    return scsynth;
}

void scsynth_close(struct scsynth *scsynth)
{
    if (!scsynth)
        return;
    g_source_remove(scsynth->source);
    lo_address_free(scsynth->address);
    lo_server_free(scsynth->server);
    g_free(scsynth->host);
    g_free(scsynth->port);
    g_free(scsynth);
}

int scsynth_local_port(const struct scsynth *scsynth)
{
    return lo_server_get_port(scsynth->server);
}

static lo_message message_to(const struct osc_message *message);

static void add_blob(lo_message raw, const struct osc_message *message)
{
    lo_message nested = message_to(message);
    size_t size;
    void *bytes = lo_message_serialise(nested, message->address, NULL, &size);
    lo_blob blob = lo_blob_new((int32_t)size, bytes);
    lo_message_add_blob(raw, blob);
    lo_blob_free(blob);
    free(bytes);
    lo_message_free(nested);
}

static lo_message message_to(const struct osc_message *message)
{
    lo_message raw = lo_message_new();
    for (guint i = 0; i < message->args->len; i++) {
        const struct osc_arg *arg = &g_array_index(message->args, struct osc_arg, i);
        if (arg->type == 'i')
            lo_message_add_int32(raw, arg->i);
        else if (arg->type == 'f')
            lo_message_add_float(raw, arg->f);
        else if (arg->type == 'd')
            lo_message_add_double(raw, arg->d);
        else if (arg->type == 'm')
            add_blob(raw, arg->m);
        else
            lo_message_add_string(raw, arg->s);
    }
    return raw;
}

static void send_one(struct scsynth *scsynth, const struct osc_message *message)
{
    lo_message raw = message_to(message);
    lo_send_message_from(scsynth->address, scsynth->server, message->address, raw);
    lo_message_free(raw);
}

// Seconds since 1900 and their fraction (OSC 1.0, "OSC Time Tags").
static lo_timetag timetag(int64_t time)
{
    if (time == 0)
        return LO_TT_IMMEDIATE;
    uint64_t fraction = ((uint64_t)(time % G_USEC_PER_SEC) << 32) / G_USEC_PER_SEC;
    return (lo_timetag){(uint32_t)(time / G_USEC_PER_SEC + INT64_C(2208988800)),
                        (uint32_t)fraction};
}

static void send_bundle(struct scsynth *scsynth, const GPtrArray *messages, guint from, guint to,
                        int64_t time)
{
    if (to - from == 1 && time == 0) {
        send_one(scsynth, g_ptr_array_index(messages, from));
        return;
    }
    lo_bundle bundle = lo_bundle_new(timetag(time));
    for (guint i = from; i < to; i++) {
        const struct osc_message *message = g_ptr_array_index(messages, i);
        lo_bundle_add_message(bundle, message->address, message_to(message));
    }
    lo_send_bundle_from(scsynth->address, scsynth->server, bundle);
    lo_bundle_free_recursive(bundle);
}

static void send_all(struct scsynth *scsynth, const GPtrArray *messages, int64_t time, gsize most)
{
    guint from = 0;
    gsize size = 16; // "#bundle" and the timetag
    for (guint i = 0; i < messages->len; i++) {
        gsize more = 4 + osc_size(g_ptr_array_index(messages, i));
        if (i > from && size + more > most) {
            send_bundle(scsynth, messages, from, i, time);
            from = i;
            size = 16;
        }
        size += more;
    }
    if (from < messages->len)
        send_bundle(scsynth, messages, from, messages->len, time);
}

void scsynth_send(struct scsynth *scsynth, const GPtrArray *messages)
{
    send_all(scsynth, messages, 0, SCSYNTH_MAX_BUNDLE);
}

void scsynth_send_at(struct scsynth *scsynth, const GPtrArray *messages, int64_t time)
{
    send_all(scsynth, messages, time, SCSYNTH_MAX_TIMED);
}
