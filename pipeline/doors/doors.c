// SPDX-License-Identifier: GPL-3.0-or-later
#include "pipeline/doors/doors.h"

#include <string.h>

#include "common/error.h"
#include "common/log.h"
#include "pipeline/doors/own.h"

#define RETRY 1                         // s between attempts at a port that is taken
#define REPORT (2 * G_TIME_SPAN_SECOND) // between a listener's stats
#define HEADERS_SECONDS 5               // for a request to be complete
#define STRANGERS 256                   // connections beyond those who listen
#define IDLE_PING 20                    // s; then it has 10 to answer

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
        .timeout_secs_ah_idle = HEADERS_SECONDS,
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
    bool wanted = doors->settings.port != 0, safe = *doors->settings.token != '\0';
    if (!wanted || (safe && open_port(doors)))
        return;
    // Anybody could sign by a secret that is none.
    doors->trouble = safe ? g_strdup_printf("port %d of %s cannot be listened on (stream-port)",
                                            doors->settings.port, doors->settings.address)
                          : g_strdup("the doors stay shut while link-token is not set");
    log_error("streams.port", "{s:s}", "detail", doors->trouble);
    if (safe)
        doors->retry_timer = g_timeout_add_seconds(RETRY, on_retry_time, doors);
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
                                   .expected = (double)(visitor->packets + visitor->skipped),
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
        .patience = (int)config_integer(config, "stream-patience"),
        .flush = config_boolean(config, "stream-flush"),
        .preroll = (int)config_integer(config, "stream-preroll"),
    };
    return config_check_less(config, "stream-queue-target", "stream-queue-max", error);
}

struct doors *doors_create(GMainLoop *loop, const struct config *config, struct link *link,
                           const struct doors_ports *ports, GError **error)
{
    struct doors *doors = g_new0(struct doors, 1);
    doors->link = link;
    doors->ports = *ports;
    doors->visitors = g_hash_table_new(g_str_hash, g_str_equal);
    doors->channels = g_ptr_array_new_with_free_func(doors_channel_destroy);
    doors->strangers = strangers_create();
    doors->out = g_byte_array_new();
    if (!read_settings(&doors->settings, config, error)) {
        doors_destroy(doors);
        return NULL;
    }
    void *loops[] = {loop};
    struct lws_context_creation_info info = {
        .port = CONTEXT_PORT_NO_LISTEN,
        .options = LWS_SERVER_OPTION_GLIB | LWS_SERVER_OPTION_EXPLICIT_VHOSTS,
        .foreign_loops = loops,
        .user = doors,
        .timeout_secs = HEADERS_SECONDS,
        // Strangers, of many addresses, must not take WebRTC's descriptors.
        .fd_limit_per_thread = (unsigned)config_integer(config, "max-listeners") + STRANGERS,
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
    strangers_destroy(doors->strangers);
    g_hash_table_unref(doors->visitors);
    g_ptr_array_unref(doors->channels);
    g_byte_array_unref(doors->out);
    g_free(doors->trouble);
    g_free(doors);
}
