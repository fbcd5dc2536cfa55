// SPDX-License-Identifier: GPL-3.0-or-later
#include "controller/doors/websocket.h"

#include <libwebsockets.h>
#include <string.h>

#include "common/error.h"
#include "common/log.h"

// Messages written before other connections get their turn.
#define WRITE_BURST 64
#define RECEIVE_BUFFER 65536

struct websockets {
    struct lws_context *context;
    GPtrArray *servers; // struct websocket_server, owned
};

struct websocket_server {
    struct lws_vhost *vhost;
    struct websocket_ports ports;
    struct lws_protocols protocols[3];
    char *name; // owned: the subprotocol
    gsize max_message;
    int connections, strangers;
};

struct outgoing {
    GBytes *text; // owned
    char *key;    // owned, NULL for one that must arrive
};

struct websocket {
    struct websocket_server *server;
    struct lws *wsi;
    void *connection; // what on_open gave
    GString *incoming;
    GQueue outgoing;   // struct outgoing
    GHashTable *keyed; // key -> struct outgoing that waits
    gsize waiting;     // bytes
    bool stranger;     // has not shown its key yet
    bool closing;
    char *close_reason; // owned
    int close_code;
};

// lws allocates one of these for each connection, zeroed.
struct session_data {
    struct websocket *websocket;
    bool authorised;
};

static void outgoing_destroy(gpointer data)
{
    struct outgoing *message = data;
    g_bytes_unref(message->text);
    g_free(message->key);
    g_free(message);
}

static char *header(struct lws *wsi, enum lws_token_indexes token)
{
    int length = lws_hdr_total_length(wsi, token);
    if (length <= 0)
        return NULL;
    char *value = g_malloc0(length + 1);
    if (lws_hdr_copy(wsi, value, length + 1, token) < 0)
        g_clear_pointer(&value, g_free);
    return value;
}

// 0 lets the connection in.
static int admit(struct websocket_server *server, struct lws *wsi, struct session_data *session)
{
    g_autofree char *host = header(wsi, WSI_TOKEN_HOST);
    g_autofree char *origin = header(wsi, WSI_TOKEN_ORIGIN);
    g_autofree char *authorization = header(wsi, WSI_TOKEN_HTTP_AUTHORIZATION);
    g_autofree char *protocol = header(wsi, WSI_TOKEN_PROTOCOL);
    // Without a subprotocol lws would take the first that it knows.
    if (!protocol || server->connections >= WEBSOCKET_MAX_CONNECTIONS)
        return 1;
    bool may = server->ports.may_open(server->ports.data, host, origin, authorization,
                                      &session->authorised);
    return may && (session->authorised || server->strangers < WEBSOCKET_MAX_STRANGERS) ? 0 : 1;
}

static void open_websocket(struct websocket_server *server, struct lws *wsi,
                           struct session_data *session)
{
    struct websocket *websocket = g_new0(struct websocket, 1);
    websocket->server = server;
    websocket->wsi = wsi;
    websocket->incoming = g_string_new(NULL);
    g_queue_init(&websocket->outgoing);
    websocket->keyed = g_hash_table_new(g_str_hash, g_str_equal);
    session->websocket = websocket;
    server->connections++;
    if (!session->authorised) {
        websocket->stranger = true;
        server->strangers++;
        lws_set_timeout(wsi, PENDING_TIMEOUT_USER_REASON_BASE, WEBSOCKET_STRANGER_SECONDS);
    }
    g_autofree char *host = header(wsi, WSI_TOKEN_HOST);
    g_autofree char *agent = header(wsi, WSI_TOKEN_HTTP_USER_AGENT);
    websocket->connection =
        server->ports.on_open(server->ports.data, websocket, session->authorised, host, agent);
}

static void close_websocket(struct websocket *websocket)
{
    websocket->server->connections--;
    websocket->server->strangers -= websocket->stranger;
    websocket->server->ports.on_close(websocket->connection);
    g_hash_table_unref(websocket->keyed);
    g_queue_clear_full(&websocket->outgoing, outgoing_destroy);
    g_string_free(websocket->incoming, TRUE);
    g_free(websocket->close_reason);
    g_free(websocket);
}

// A message that crosses lws's read buffer comes in several pieces.
static int receive(struct websocket *websocket, struct lws *wsi, const char *bytes, gsize length)
{
    const struct websocket_server *server = websocket->server;
    if (websocket->closing)
        return 0;
    gsize max = websocket->stranger ? MIN(server->max_message, WEBSOCKET_STRANGER_MESSAGE)
                                    : server->max_message;
    bool whole = lws_is_final_fragment(wsi) && lws_remaining_packet_payload(wsi) == 0;
    if (lws_frame_is_binary(wsi)) {
        websocket_close(websocket, LWS_CLOSE_STATUS_UNACCEPTABLE_OPCODE, "text is expected");
    } else if (websocket->incoming->len + length > max) {
        websocket_close(websocket, LWS_CLOSE_STATUS_MESSAGE_TOO_LARGE, "the message is too long");
    } else if (whole && websocket->incoming->len == 0) {
        server->ports.on_text(websocket->connection, bytes, length);
    } else {
        g_string_append_len(websocket->incoming, bytes, length);
        if (whole) {
            // The buffer is cleared first: on_text may have much to say.
            g_autoptr(GString) text = g_steal_pointer(&websocket->incoming);
            websocket->incoming = g_string_new(NULL);
            server->ports.on_text(websocket->connection, text->str, text->len);
        }
    }
    return 0;
}

static bool write_one(struct websocket *websocket)
{
    struct outgoing *message = g_queue_pop_head(&websocket->outgoing);
    gsize length;
    const void *text = g_bytes_get_data(message->text, &length);
    if (message->key)
        g_hash_table_remove(websocket->keyed, message->key);
    websocket->waiting -= length;
    g_autofree unsigned char *frame = g_malloc(LWS_PRE + length);
    memcpy(frame + LWS_PRE, text, length);
    bool written = lws_write(websocket->wsi, frame + LWS_PRE, length, LWS_WRITE_TEXT) >= 0;
    outgoing_destroy(message);
    return written;
}

// lws keeps what the socket did not take; more may be written only when that is gone.
static int write_some(struct websocket *websocket)
{
    for (int i = 0; i < WRITE_BURST && websocket->outgoing.length > 0; i++) {
        if (!write_one(websocket))
            return -1;
        if (lws_send_pipe_choked(websocket->wsi))
            break;
    }
    if (websocket->outgoing.length > 0) {
        lws_callback_on_writable(websocket->wsi);
    } else if (websocket->closing) {
        lws_close_reason(websocket->wsi, (enum lws_close_status)websocket->close_code,
                         (unsigned char *)websocket->close_reason, strlen(websocket->close_reason));
        return -1;
    }
    return 0;
}

static int on_event(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
                    size_t length)
{
    struct session_data *session = user;
    const struct lws_protocols *protocol = lws_get_protocol(wsi);
    struct websocket_server *server = protocol ? protocol->user : NULL;
    switch (reason) {
    case LWS_CALLBACK_FILTER_PROTOCOL_CONNECTION:
        return server ? admit(server, wsi, session) : 1;
    case LWS_CALLBACK_ESTABLISHED:
        open_websocket(server, wsi, session);
        return 0;
    case LWS_CALLBACK_RECEIVE:
        return session->websocket ? receive(session->websocket, wsi, in, length) : -1;
    case LWS_CALLBACK_SERVER_WRITEABLE:
        return session->websocket ? write_some(session->websocket) : -1;
    case LWS_CALLBACK_CLOSED:
        if (session->websocket)
            close_websocket(g_steal_pointer(&session->websocket));
        return 0;
    default:
        return 0;
    }
}

// Plain HTTP on this port: nothing is served here.
static int on_http(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
                   size_t length)
{
    if (reason == LWS_CALLBACK_FILTER_PROTOCOL_CONNECTION)
        return 1; // a WebSocket without our subprotocol
    if (reason == LWS_CALLBACK_HTTP) {
        lws_return_http_status(wsi, HTTP_STATUS_NOT_FOUND, "A WebSocket is spoken here.");
        return -1;
    }
    return lws_callback_http_dummy(wsi, reason, user, in, length);
}

static void on_lws_log(int level, const char *line)
{
    g_autofree char *text = g_strchomp(g_strdup(line));
    log_debug("websocket.library", "{s:s}", "line", text);
}

// A peer that does not answer a ping is gone.
static const lws_retry_bo_t idle_policy = {.secs_since_valid_ping = 20,
                                           .secs_since_valid_hangup = 30};

struct websockets *websockets_create(GMainLoop *loop)
{
    lws_set_log_level(LLL_ERR | LLL_WARN, on_lws_log);
    void *loops[] = {loop};
    struct lws_context_creation_info info = {
        .port = CONTEXT_PORT_NO_LISTEN,
        .options = LWS_SERVER_OPTION_GLIB | LWS_SERVER_OPTION_EXPLICIT_VHOSTS,
        .foreign_loops = loops,
        .pt_serv_buf_size = RECEIVE_BUFFER,
    };
    struct lws_context *context = lws_create_context(&info);
    if (!context)
        return NULL;
    struct websockets *websockets = g_new0(struct websockets, 1);
    websockets->context = context;
    websockets->servers = g_ptr_array_new();
    return websockets;
}

static void server_destroy(struct websocket_server *server)
{
    g_free(server->name);
    g_free(server);
}

void websockets_destroy(struct websockets *websockets)
{
    if (!websockets)
        return;
    lws_context_destroy(websockets->context);
    for (guint i = 0; i < websockets->servers->len; i++)
        server_destroy(g_ptr_array_index(websockets->servers, i));
    g_ptr_array_unref(websockets->servers);
    g_free(websockets);
}

struct websocket_server *websocket_listen(struct websockets *websockets, const char *address,
                                          int port, const char *protocol, gsize max_message,
                                          const struct websocket_ports *ports, GError **error)
{
    struct websocket_server *server = g_new0(struct websocket_server, 1);
    server->ports = *ports;
    server->max_message = max_message;
    server->name = g_strdup(protocol);
    server->protocols[0] = (struct lws_protocols){.name = "http", .callback = on_http};
    server->protocols[1] = (struct lws_protocols){
        .name = server->name,
        .callback = on_event,
        .per_session_data_size = sizeof(struct session_data),
        .rx_buffer_size = RECEIVE_BUFFER,
        .user = server,
    };
    struct lws_context_creation_info info = {
        .port = port,
        .iface = address,
        .protocols = server->protocols,
        .vhost_name = server->name,
        .options = LWS_SERVER_OPTION_FAIL_UPON_UNABLE_TO_BIND |
                   (strchr(address, ':') ? 0 : LWS_SERVER_OPTION_DISABLE_IPV6),
        .retry_and_idle_policy = &idle_policy,
        .timeout_secs = 10,
        .keepalive_timeout = 10,
    };
    server->vhost = lws_create_vhost(websockets->context, &info);
    if (!server->vhost) {
        g_set_error(error, FARFIELD_ERROR, ERROR_CONFLICT, "port %d of %s cannot be listened on",
                    port, address);
        server_destroy(server);
        return NULL;
    }
    g_ptr_array_add(websockets->servers, server);
    return server;
}

int websocket_server_port(const struct websocket_server *server)
{
    return lws_get_vhost_listen_port(server->vhost);
}

static void replace_or_push(struct websocket *websocket, GBytes *text, const char *key)
{
    struct outgoing *waiting = key ? g_hash_table_lookup(websocket->keyed, key) : NULL;
    websocket->waiting += g_bytes_get_size(text);
    if (waiting) {
        websocket->waiting -= g_bytes_get_size(waiting->text);
        g_bytes_unref(waiting->text);
        waiting->text = g_bytes_ref(text);
        return;
    }
    struct outgoing *message = g_new(struct outgoing, 1);
    *message = (struct outgoing){g_bytes_ref(text), g_strdup(key)};
    g_queue_push_tail(&websocket->outgoing, message);
    if (key)
        g_hash_table_insert(websocket->keyed, message->key, message);
}

void websocket_trust(struct websocket *websocket)
{
    if (!websocket->stranger)
        return;
    websocket->stranger = false;
    websocket->server->strangers--;
    lws_set_timeout(websocket->wsi, NO_PENDING_TIMEOUT, 0);
}

void websocket_send(struct websocket *websocket, GBytes *text, const char *key)
{
    if (websocket->closing)
        return;
    // Who has read all so far may be sent an answer of any length.
    bool too_slow = websocket->waiting > WEBSOCKET_MAX_QUEUE;
    replace_or_push(websocket, text, key);
    if (too_slow) {
        // What it has missed cannot be made good; it comes back and asks for the present state.
        g_hash_table_remove_all(websocket->keyed);
        g_queue_clear_full(&websocket->outgoing, outgoing_destroy);
        websocket->waiting = 0;
        websocket_close(websocket, LWS_CLOSE_STATUS_POLICY_VIOLATION, "reads too slowly");
        return;
    }
    lws_callback_on_writable(websocket->wsi);
}

void websocket_close(struct websocket *websocket, int code, const char *reason)
{
    if (websocket->closing)
        return;
    websocket->closing = true;
    websocket->close_code = code;
    websocket->close_reason = g_strdup(reason);
    lws_callback_on_writable(websocket->wsi);
    // One that does not read will not read its farewell either.
    lws_set_timeout(websocket->wsi, PENDING_TIMEOUT_CLOSE_SEND, 5);
}
