// SPDX-License-Identifier: GPL-3.0-or-later
#include "pipeline/doors.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>

#include "common/agent.h"
#include "common/error.h"
#include "common/log.h"
#include "pipeline/doors_own.h"

#define RETRY 1                         // s between attempts at a port that is taken
#define REPORT (2 * G_TIME_SPAN_SECOND) // between a listener's stats
#define HEADERS_SECONDS 10              // for a request to be complete
#define IDLE_PING 20                    // s; then it has 10 to answer

static void on_lws_log(int level, const char *line)
{
    g_autofree char *text = g_strchomp(g_strdup(line));
    log_debug("websockets", "{s:s}", "message", text);
}

// --- the port -----------------------------------------------------------------------------------

static const lws_retry_bo_t idle_policy = {.secs_since_valid_ping = IDLE_PING,
                                           .secs_since_valid_hangup = IDLE_PING + 10};

static const struct lws_protocols protocols[] = {
    {.name = "http",
     .callback = doors_on_http,
     .per_session_data_size = sizeof(struct doors_session)},
    {.name = DOORS_PROTOCOL,
     .callback = doors_on_socket,
     .per_session_data_size = sizeof(struct doors_session),
     .rx_buffer_size = ASK_MAX_SAID},
    {0},
};

void doors_tell(struct doors *doors)
{
    link_send(doors->link, &(struct link_message){.type = LINK_STREAMS,
                                                  .port = doors->vhost ? doors->settings.port : 0,
                                                  .detail = doors->trouble});
}

static bool open_port(struct doors *doors)
{
    const char *address = doors->settings.address;
    struct lws_context_creation_info info = {
        .port = doors->settings.port,
        .iface = address,
        .protocols = protocols,
        .vhost_name = "streams",
        .options = LWS_SERVER_OPTION_FAIL_UPON_UNABLE_TO_BIND |
                   (strchr(address, ':') ? 0 : LWS_SERVER_OPTION_DISABLE_IPV6),
        .retry_and_idle_policy = &idle_policy,
        .timeout_secs = HEADERS_SECONDS,
        .keepalive_timeout = HEADERS_SECONDS,
    };
    doors->vhost = lws_create_vhost(doors->context, &info);
    return doors->vhost != NULL;
}

static gboolean on_retry_time(gpointer data)
{
    struct doors *doors = data;
    if (!open_port(doors))
        return G_SOURCE_CONTINUE;
    doors->retry_timer = 0;
    g_clear_pointer(&doors->trouble, g_free);
    log_info("streams.open", "{s:s s:i}", "address", doors->settings.address, "port",
             doors->settings.port);
    doors_tell(doors);
    return G_SOURCE_REMOVE;
}

// Listening by WebRTC does without the port, so the pipeline goes on.
static void open_or_retry(struct doors *doors)
{
    if (doors->settings.port == 0 || open_port(doors))
        return;
    doors->trouble = g_strdup_printf("port %d of %s cannot be listened on (stream-port)",
                                     doors->settings.port, doors->settings.address);
    log_error("streams.port", "{s:s}", "detail", doors->trouble);
    doors->retry_timer = g_timeout_add_seconds(RETRY, on_retry_time, doors);
}

// --- channels -----------------------------------------------------------------------------------

static void on_arrived(struct tap *tap, void *data)
{
    struct channel *channel = data;
    for (guint i = 0; i < channel->visitors->len; i++)
        lws_callback_on_writable(((struct visitor *)channel->visitors->pdata[i])->wsi);
}

static void channel_destroy(gpointer data)
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
    visitor->reported = g_get_monotonic_time();
    visitor->incoming = g_string_new(NULL);
    if (ask->kind == KIND_WEBM || ask->kind == KIND_OGG)
        visitor->mux = mux_create(ask->kind, g_random_int());
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

void visitor_destroy(struct visitor *visitor)
{
    if (!visitor)
        return;
    if (!visitor->ending)
        end(visitor, "left");
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
    if (visitor->mux)
        lws_set_timeout(visitor->wsi, PENDING_TIMEOUT_HTTP_CONTENT, DOORS_PATIENCE);
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

// --- all of them --------------------------------------------------------------------------------

guint doors_count(const struct doors *doors)
{
    return g_hash_table_size(doors->visitors);
}

guint doors_remaining(const struct doors *doors)
{
    return doors->connections;
}

void doors_list(const struct doors *doors, GPtrArray *list)
{
    GHashTableIter iter;
    gpointer value;
    g_hash_table_iter_init(&iter, doors->visitors);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        const struct visitor *visitor = value;
        struct link_listener *about = g_memdup2(&visitor->about, sizeof *about);
        about->id = g_strdup(about->id);
        about->room = g_strdup(about->room);
        about->client = g_strdup(about->client);
        g_ptr_array_add(list, about);
    }
}

bool doors_drop(struct doors *doors, const char *id, const char *detail)
{
    struct visitor *visitor = g_hash_table_lookup(doors->visitors, id);
    if (visitor)
        visitor_end(visitor, detail);
    return visitor != NULL;
}

bool doors_set_mode(struct doors *doors, const char *id, enum stream_mode mode)
{
    struct visitor *visitor = g_hash_table_lookup(doors->visitors, id);
    return visitor && visitor_set_mode(visitor, mode);
}

void doors_drop_room(struct doors *doors, const char *room, const char *detail)
{
    g_autoptr(GList) all = g_hash_table_get_values(doors->visitors);
    for (GList *l = all; l; l = l->next) {
        struct visitor *visitor = l->data;
        if (!room || strcmp(visitor->about.room, room) == 0)
            visitor_end(visitor, detail);
    }
}

void doors_lock(struct doors *doors)
{
    doors->locked = true;
}

void doors_tick(struct doors *doors)
{
    gint64 now = g_get_monotonic_time();
    GHashTableIter iter;
    gpointer value;
    g_hash_table_iter_init(&iter, doors->visitors);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        struct visitor *visitor = value;
        if (now - visitor->reported < REPORT)
            continue;
        visitor->reported = now;
        struct link_stats stats = {.packets = (double)visitor->packets,
                                   .bytes = (double)visitor->bytes,
                                   .lost = (double)visitor->skipped,
                                   .round_trip = -1,
                                   .jitter = -1,
                                   .mode = visitor->about.mode};
        link_send(doors->link, &(struct link_message){.type = LINK_STATS,
                                                      .listener = visitor->about.id,
                                                      .stats = stats});
    }
}

// --- life ---------------------------------------------------------------------------------------

static bool read_settings(struct doors_settings *limits, const struct config *config,
                          GError **error)
{
    const char *address = config_string(config, "stream-address");
    *limits = (struct doors_settings){
        .address = *address ? address : "127.0.0.1",
        .port = (int)config_integer(config, "stream-port"),
        .token = config_string(config, "link-token"),
        .queue_max = (int)config_integer(config, "stream-queue-max"),
        .queue_target = (int)config_integer(config, "stream-queue-target"),
        .flush = config_boolean(config, "stream-flush"),
        .preroll = (int)config_integer(config, "stream-preroll"),
    };
    if (limits->queue_target < limits->queue_max)
        return true;
    g_set_error(error, FARFIELD_ERROR, ERROR_INVALID,
                "stream-queue-target (%d) must be less than stream-queue-max (%d)",
                limits->queue_target, limits->queue_max);
    return false;
}

struct doors *doors_create(GMainLoop *loop, const struct config *config, struct link *link,
                           const struct doors_ports *ports, GError **error)
{
    struct doors *doors = g_new0(struct doors, 1);
    doors->link = link;
    doors->ports = *ports;
    doors->visitors = g_hash_table_new(g_str_hash, g_str_equal);
    doors->channels = g_ptr_array_new_with_free_func(channel_destroy);
    doors->out = g_byte_array_new();
    if (!read_settings(&doors->settings, config, error)) {
        doors_destroy(doors);
        return NULL;
    }
    lws_set_log_level(LLL_ERR | LLL_WARN, on_lws_log);
    void *loops[] = {loop};
    struct lws_context_creation_info info = {
        .port = CONTEXT_PORT_NO_LISTEN,
        .options = LWS_SERVER_OPTION_GLIB | LWS_SERVER_OPTION_EXPLICIT_VHOSTS,
        .foreign_loops = loops,
        .user = doors,
    };
    doors->context = lws_create_context(&info);
    if (!doors->context) {
        g_set_error_literal(error, FARFIELD_ERROR, ERROR_UNAVAILABLE,
                            "libwebsockets does not start: install libwebsockets-evlib-glib");
        doors_destroy(doors);
        return NULL;
    }
    open_or_retry(doors);
    return doors;
}

void doors_destroy(struct doors *doors)
{
    if (!doors)
        return;
    g_clear_handle_id(&doors->retry_timer, g_source_remove);
    if (doors->context)
        lws_context_destroy(doors->context);
    g_hash_table_unref(doors->visitors);
    g_ptr_array_unref(doors->channels);
    g_byte_array_unref(doors->out);
    g_free(doors->trouble);
    g_free(doors);
}
