// SPDX-License-Identifier: GPL-3.0-or-later
#include "pipeline/link.h"

#include <libwebsockets.h>
#include <string.h>

#include "common/error.h"
#include "common/log.h"

#define MOST_QUEUED 1024 // messages
#define METER_LIMIT 64   // messages, from which on meters are dropped
#define FIRST_RETRY 200  // ms
#define LAST_RETRY 2000

struct link {
    struct lws_context *context; // owned
    struct lws *wsi;             // the connection, or the attempt at one
    bool open;
    bool full;                         // close it
    char *host, *path, *authorization; // owned
    int port;
    bool secure;
    struct link_handler handler;
    GQueue queue;    // owned: char *, JSON texts
    GString *pieces; // owned: of the message that is coming in
    guint retry_timer;
    guint retry; // ms
};

static void connect_later(struct link *link);

static void drop_connection(struct link *link, const char *why)
{
    bool was_open = link->open;
    link->wsi = NULL;
    link->open = link->full = false;
    g_queue_clear_full(&link->queue, g_free);
    g_string_truncate(link->pieces, 0);
    if (was_open) {
        link->retry = FIRST_RETRY;
        log_warning("link.lost", "{s:s}", "detail", why);
    } else {
        log_debug("link.failed", "{s:s}", "detail", why);
    }
    connect_later(link);
}

static void on_open(struct link *link)
{
    link->open = true;
    link->retry = FIRST_RETRY;
    log_info("link.connected", "{s:s s:i}", "host", link->host, "port", link->port);
    link->handler.connected(link->handler.data);
}

// A message may come in several pieces.
static int on_piece(struct link *link, const char *piece, size_t length)
{
    if (link->pieces->len + length > LINK_MAX_MESSAGE) {
        log_warning("link.too_long", NULL);
        return -1;
    }
    g_string_append_len(link->pieces, piece, length);
    if (lws_remaining_packet_payload(link->wsi) > 0 || !lws_is_final_fragment(link->wsi))
        return 0;
    g_autoptr(GError) error = NULL;
    struct link_message *message =
        link_message_decode(link->pieces->str, link->pieces->len, &error);
    g_string_truncate(link->pieces, 0);
    if (message)
        link->handler.message(message, link->handler.data);
    else
        log_warning("link.not_understood", "{s:s}", "detail", error->message);
    link_message_destroy(message);
    return 0;
}

static int write_one(struct link *link)
{
    g_autofree char *text = g_queue_pop_head(&link->queue);
    if (link->full)
        return -1;
    if (!text)
        return 0;
    size_t length = strlen(text);
    g_autofree unsigned char *frame = g_malloc(LWS_PRE + length);
    memcpy(frame + LWS_PRE, text, length);
    if (lws_write(link->wsi, frame + LWS_PRE, length, LWS_WRITE_TEXT) < (int)length)
        return -1;
    if (!g_queue_is_empty(&link->queue))
        lws_callback_on_writable(link->wsi);
    return 0;
}

static int add_authorization(struct link *link, unsigned char **head, size_t room)
{
    return lws_add_http_header_by_name(link->wsi, (const unsigned char *)"authorization:",
                                       (const unsigned char *)link->authorization,
                                       (int)strlen(link->authorization), head, *head + room);
}

static int on_event(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
                    size_t length)
{
    struct link *link = lws_context_user(lws_get_context(wsi));
    // lws speaks of other things than the connection, too, and of one that was given up.
    if (!link || wsi != link->wsi)
        return 0;
    switch (reason) {
    case LWS_CALLBACK_CLIENT_APPEND_HANDSHAKE_HEADER:
        return add_authorization(link, in, length);
    case LWS_CALLBACK_CLIENT_ESTABLISHED:
        on_open(link);
        return 0;
    case LWS_CALLBACK_CLIENT_RECEIVE:
        return on_piece(link, in, length);
    case LWS_CALLBACK_CLIENT_WRITEABLE:
        return write_one(link);
    case LWS_CALLBACK_CLIENT_CONNECTION_ERROR:
        drop_connection(link, in ? (const char *)in : "cannot connect");
        return 0;
    case LWS_CALLBACK_CLIENT_CLOSED:
        drop_connection(link, "closed");
        return 0;
    default:
        return 0;
    }
}

static const struct lws_protocols protocols[] = {
    {.name = LINK_PROTOCOL, .callback = on_event, .rx_buffer_size = 16384},
    {0},
};

// Finds out in 10 s that the other machine has gone without a word.
static const lws_retry_bo_t idle_policy = {.secs_since_valid_ping = 5,
                                           .secs_since_valid_hangup = 10};

static gboolean on_retry_time(gpointer data)
{
    struct link *link = data;
    link->retry_timer = 0;
    struct lws_client_connect_info info = {
        .context = link->context,
        .address = link->host,
        .port = link->port,
        .path = link->path,
        .host = link->host,
        .origin = link->host,
        .protocol = LINK_PROTOCOL,
        .local_protocol_name = LINK_PROTOCOL,
        .ssl_connection = link->secure ? LCCSCF_USE_SSL : 0,
        .pwsi = &link->wsi,
        .retry_and_idle_policy = &idle_policy,
    };
    // When it fails at once, on_event() may have heard of it already or never will.
    if (!lws_client_connect_via_info(&info) && !link->retry_timer)
        drop_connection(link, "cannot connect");
    return G_SOURCE_REMOVE;
}

static void connect_later(struct link *link)
{
    if (link->retry_timer)
        return;
    link->retry_timer = g_timeout_add(link->retry, on_retry_time, link);
    link->retry = MIN(link->retry * 2, LAST_RETRY);
}

static bool parse_url(struct link *link, const char *url, GError **error)
{
    g_autofree char *copy = g_strdup(url);
    const char *scheme, *host, *path;
    int port;
    if (lws_parse_uri(copy, &scheme, &host, &port, &path) != 0 || *host == '\0' ||
        (strcmp(scheme, "ws") != 0 && strcmp(scheme, "wss") != 0)) {
        g_set_error(error, FARFIELD_ERROR, ERROR_INVALID,
                    "link-url must be ws://HOST:PORT/, not \"%s\"", url);
        return false;
    }
    link->secure = strcmp(scheme, "wss") == 0;
    link->host = g_strdup(host);
    link->port = port;
    link->path = g_strconcat(*path == '/' ? "" : "/", path, NULL);
    return true;
}

static void on_lws_log(int level, const char *line)
{
    g_autofree char *text = g_strchomp(g_strdup(line));
    log_debug("websockets", "{s:s}", "message", text);
}

void link_set_log(void)
{
    lws_set_log_level(LLL_ERR | LLL_WARN, on_lws_log);
}

struct link *link_create(GMainLoop *loop, const char *url, const char *token,
                         const struct link_handler *handler, GError **error)
{
    struct link *link = g_new0(struct link, 1);
    link->pieces = g_string_new(NULL);
    if (!parse_url(link, url, error)) {
        link_destroy(link);
        return NULL;
    }
    link->handler = *handler;
    link->authorization = g_strconcat("Bearer ", token, NULL);
    link->retry = FIRST_RETRY;
    void *loops[] = {loop};
    struct lws_context_creation_info info = {
        .port = CONTEXT_PORT_NO_LISTEN,
        .protocols = protocols,
        .options = LWS_SERVER_OPTION_GLIB | LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT,
        .foreign_loops = loops,
        .gid = -1,
        .uid = -1,
        .user = link,
    };
    link->context = lws_create_context(&info);
    if (!link->context) {
        g_set_error(error, FARFIELD_ERROR, ERROR_UNAVAILABLE,
                    "libwebsockets does not start: install libwebsockets-evlib-glib");
        link_destroy(link);
        return NULL;
    }
    link->retry_timer = g_idle_add(on_retry_time, link);
    return link;
}

void link_destroy(struct link *link)
{
    if (!link)
        return;
    g_clear_handle_id(&link->retry_timer, g_source_remove);
    link->wsi = NULL;
    if (link->context)
        lws_context_destroy(link->context);
    g_queue_clear_full(&link->queue, g_free);
    g_string_free(link->pieces, TRUE);
    g_free(link->host);
    g_free(link->path);
    g_free(link->authorization);
    g_free(link);
}

void link_send(struct link *link, const struct link_message *message)
{
    if (!link->open || (message->type == LINK_METER && link->queue.length >= METER_LIMIT))
        return;
    link->full = link->full || link->queue.length >= MOST_QUEUED;
    if (!link->full)
        g_queue_push_tail(&link->queue, link_message_encode(message));
    lws_callback_on_writable(link->wsi);
}

bool link_is_idle(const struct link *link)
{
    return !link->open || g_queue_is_empty((GQueue *)&link->queue);
}
