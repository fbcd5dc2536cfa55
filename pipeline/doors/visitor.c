// SPDX-License-Identifier: GPL-3.0-or-later
// Those who listen by a door: letting them in, what each gets of the stream, and their end.
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>

#include "common/agent.h"
#include "common/error.h"
#include "common/log.h"
#include "pipeline/doors/own.h"

// --- channels -----------------------------------------------------------------------------------

static void on_arrived(struct tap *tap, void *data)
{
    struct channel *channel = data;
    for (guint i = 0; i < channel->visitors->len; i++)
        lws_callback_on_writable(((struct visitor *)channel->visitors->pdata[i])->wsi);
}

void doors_channel_destroy(gpointer data)
{
    struct channel *channel = data;
    tap_destroy(channel->tap);
    g_ptr_array_unref(channel->visitors);
    g_free(channel);
}

static struct channel *find_channel(struct doors *doors, struct room *room, bool pcm,
                                    enum stream_mode mode)
{
    for (guint i = 0; i < doors->channels->len; i++) {
        struct channel *channel = g_ptr_array_index(doors->channels, i);
        const struct tap_format *format = tap_format(channel->tap);
        if (channel->room == room && format->pcm == pcm && (pcm || format->mode == mode))
            return channel;
    }
    struct channel *channel = g_new0(struct channel, 1);
    channel->doors = doors;
    channel->room = room;
    channel->visitors = g_ptr_array_new();
    channel->tap = tap_create(room, pcm, mode, on_arrived, channel);
    g_ptr_array_add(doors->channels, channel);
    return channel;
}

static void enter(struct visitor *visitor, struct channel *channel)
{
    const struct doors_settings *limits = &visitor->doors->settings;
    struct packets *packets = tap_packets(channel->tap);
    guint64 end = packets_end(packets), kept = end - packets_begin(packets);
    visitor->channel = channel;
    visitor->changed = true;
    visitor->next = end - (limits->flush ? 0 : MIN((guint64)limits->preroll, kept));
    g_ptr_array_add(channel->visitors, visitor);
    lws_callback_on_writable(visitor->wsi);
}

// The last one out closes: nothing is encoded for nobody.
static void leave(struct visitor *visitor)
{
    struct channel *channel = g_steal_pointer(&visitor->channel);
    g_ptr_array_remove_fast(channel->visitors, visitor);
    if (channel->visitors->len == 0)
        g_ptr_array_remove_fast(visitor->doors->channels, channel);
}

// --- visitors -----------------------------------------------------------------------------------

struct room *doors_may(struct doors *doors, const struct ask *ask, char **id, GError **error)
{
    struct room *room = NULL;
    gint64 now = g_get_real_time() / G_USEC_PER_SEC;
    if (!token_check(doors->settings.token, ask->token, ask->room, listener_kind_name(ask->kind),
                     now, id, error))
        return NULL;
    if (!(room = doors->ports.room(ask->room, doors->ports.data)))
        g_set_error(error, FARFIELD_ERROR, ERROR_NOT_FOUND, "there is no room \"%s\"", ask->room);
    else if (doors->locked ||
             (doors->ports.full(doors->ports.data) && !g_hash_table_contains(doors->visitors, *id)))
        g_set_error_literal(error, FARFIELD_ERROR, ERROR_UNAVAILABLE,
                            doors->locked ? "the server stops" : "no more may listen at once");
    else
        return room;
    g_clear_pointer(id, g_free);
    return NULL;
}

// What the kernel holds that has not left the machine yet is as good as late: little, so that one
// who is slow is seen to be.
static void keep_little_unsent(struct lws *wsi, enum listener_kind kind)
{
    int most = kind == KIND_PCM ? 32768 : 8192;
    setsockopt(lws_get_socket_fd(wsi), IPPROTO_TCP, TCP_NOTSENT_LOWAT, &most, sizeof most);
}

static char *program_of(struct lws *wsi)
{
    char text[256];
    bool said = lws_hdr_copy(wsi, text, sizeof text, WSI_TOKEN_HTTP_USER_AGENT) > 0;
    return agent_name(said ? text : NULL);
}

static void tell_joined(const struct visitor *visitor)
{
    const struct link_listener *about = &visitor->about;
    link_send(visitor->doors->link, &(struct link_message){.type = LINK_JOINED,
                                                           .listener = about->id,
                                                           .room = about->room,
                                                           .kind = about->kind,
                                                           .mode = about->mode,
                                                           .since = about->since,
                                                           .client = about->client});
}

struct visitor *visitor_create(struct doors *doors, struct lws *wsi, const struct ask *ask,
                               GError **error)
{
    char *id;
    struct room *room = doors_may(doors, ask, &id, error);
    if (!room)
        return NULL;
    doors_drop(doors, id, "another connection has taken its place");
    struct visitor *visitor = g_new0(struct visitor, 1);
    visitor->doors = doors;
    visitor->wsi = wsi;
    visitor->about = (struct link_listener){.id = id,
                                            .room = g_strdup(ask->room),
                                            .kind = ask->kind,
                                            .state = LISTENER_CONNECTED,
                                            .mode = ask->mode,
                                            .client = program_of(wsi),
                                            .since = (double)g_get_real_time() / G_USEC_PER_SEC};
    visitor->moved = visitor->reported = g_get_monotonic_time();
    visitor->incoming = g_string_new(NULL);
    if (ask->kind == KIND_WEBM || ask->kind == KIND_OGG)
        visitor->mux = mux_create(ask->kind, ask->room, g_random_int());
    keep_little_unsent(wsi, ask->kind);
    doors->connections++;
    g_hash_table_insert(doors->visitors, visitor->about.id, visitor);
    enter(visitor, find_channel(doors, room, ask->kind == KIND_PCM, ask->mode));
    log_info("listener.connected", "{s:s s:s s:s}", "listener", id, "room", ask->room, "kind",
             listener_kind_name(ask->kind));
    tell_joined(visitor);
    return visitor;
}

static void end(struct visitor *visitor, const char *why)
{
    struct doors *doors = visitor->doors;
    visitor->ending = g_strdup(why);
    leave(visitor);
    g_hash_table_remove(doors->visitors, visitor->about.id);
    log_info("listener.closed", "{s:s s:s}", "listener", visitor->about.id, "detail", why);
    link_send(doors->link, &(struct link_message){.type = LINK_STATE,
                                                  .listener = visitor->about.id,
                                                  .state = LISTENER_CLOSED,
                                                  .detail = (char *)why});
}

void visitor_end(struct visitor *visitor, const char *why)
{
    if (visitor->ending)
        return;
    end(visitor, why);
    lws_set_timeout(visitor->wsi, PENDING_TIMEOUT_CLOSE_SEND, 5);
    lws_callback_on_writable(visitor->wsi);
}

// lws closes the connection by itself then, and does not say why.
static bool took_nothing(const struct visitor *visitor)
{
    gint64 patience = visitor->doors->settings.patience * G_USEC_PER_SEC;
    return visitor->mux && g_get_monotonic_time() - visitor->moved >= patience;
}

void visitor_destroy(struct visitor *visitor)
{
    if (!visitor)
        return;
    if (!visitor->ending)
        end(visitor, took_nothing(visitor) ? "it took nothing for too long" : "left");
    visitor->doors->connections--;
    mux_destroy(visitor->mux);
    g_queue_clear_full(&visitor->texts, g_free);
    g_string_free(visitor->incoming, TRUE);
    g_free(visitor->ending);
    g_free(visitor->about.id);
    g_free(visitor->about.room);
    g_free(visitor->about.client);
    g_free(visitor);
}

bool visitor_set_mode(struct visitor *visitor, enum stream_mode mode)
{
    if (visitor->about.kind == KIND_PCM)
        return false;
    if (visitor->about.mode == mode)
        return true;
    struct channel *channel = find_channel(visitor->doors, visitor->channel->room, false, mode);
    leave(visitor);
    enter(visitor, channel);
    visitor->about.mode = mode;
    tell_joined(visitor);
    return true;
}

guint64 visitor_catch_up(struct visitor *visitor)
{
    const struct doors_settings *limits = &visitor->doors->settings;
    const struct tap *tap = visitor->channel->tap;
    struct packets *packets = tap_packets(tap);
    guint64 end = packets_end(packets), begin = packets_begin(packets);
    if (visitor->next >= begin && end - visitor->next <= tap_count(tap, limits->queue_max))
        return 0;
    guint64 target = MAX(end - MIN(end, tap_count(tap, limits->queue_target)), begin);
    guint64 skipped = target - visitor->next;
    visitor->next = target;
    visitor->skipped += skipped;
    return skipped;
}

struct packet *visitor_peek(const struct visitor *visitor)
{
    return packets_get(tap_packets(visitor->channel->tap), visitor->next);
}

void visitor_took(struct visitor *visitor, struct packet *packet)
{
    visitor->next = packet->number + 1;
    visitor->packets++;
    packet_unref(packet);
}

void visitor_wait(struct visitor *visitor)
{
    visitor->moved = g_get_monotonic_time();
    if (visitor->mux)
        lws_set_timeout(visitor->wsi, PENDING_TIMEOUT_HTTP_CONTENT,
                        visitor->doors->settings.patience);
    if (visitor->ending || visitor->texts.length > 0 ||
        visitor->next < packets_end(tap_packets(visitor->channel->tap)))
        lws_callback_on_writable(visitor->wsi);
}

GByteArray *doors_out(struct doors *doors)
{
    g_byte_array_set_size(doors->out, LWS_PRE);
    return doors->out;
}

bool doors_write(struct visitor *visitor, enum lws_write_protocol type)
{
    GByteArray *out = visitor->doors->out;
    gsize length = out->len - LWS_PRE;
    if (length == 0)
        return true;
    visitor->bytes += length;
    return lws_write(visitor->wsi, out->data + LWS_PRE, length, type) >= 0;
}
