// SPDX-License-Identifier: GPL-3.0-or-later
// HTTP: WebM and Ogg without an end, and the refusals of everything else.
#include <string.h>

#include "common/error.h"
#include "pipeline/doors/own.h"

#define MAX_PATH 512
#define MAX_ARGUMENT (TOKEN_MAX + 64)
#define MAX_ARGUMENTS 8
#define HEAD_ROOM 2048

enum verb { VERB_GET, VERB_HEAD, VERB_OPTIONS, VERB_OTHER };

// --- what is asked ------------------------------------------------------------------------------

static const enum lws_token_indexes verbs[] = {
    [VERB_GET] = WSI_TOKEN_GET_URI,
    [VERB_HEAD] = WSI_TOKEN_HEAD_URI,
    [VERB_OPTIONS] = WSI_TOKEN_OPTIONS_URI,
};

static enum verb read_verb(struct lws *wsi)
{
    enum verb verb = VERB_GET;
    while (verb < VERB_OTHER && lws_hdr_total_length(wsi, verbs[verb]) == 0)
        verb++;
    return verb;
}

static bool read_path(struct lws *wsi, char *path, int size, GError **error)
{
    enum verb verb = read_verb(wsi);
    if (verb == VERB_OTHER || lws_hdr_copy(wsi, path, size, verbs[verb]) > 0)
        return true;
    g_set_error_literal(error, FARFIELD_ERROR, ERROR_TOO_LONG, "the path is too long");
    return false;
}

static bool read_arguments(struct lws *wsi, GPtrArray *arguments, GError **error)
{
    char argument[MAX_ARGUMENT];
    for (int i = 0; lws_hdr_fragment_length(wsi, WSI_TOKEN_HTTP_URI_ARGS, i) > 0; i++) {
        int length =
            lws_hdr_copy_fragment(wsi, argument, sizeof argument, WSI_TOKEN_HTTP_URI_ARGS, i);
        if (length < 0 || i >= MAX_ARGUMENTS) {
            g_set_error_literal(error, FARFIELD_ERROR, ERROR_REFUSED, "the query is too long");
            return false;
        }
        g_ptr_array_add(arguments, g_strdup(argument));
    }
    g_ptr_array_add(arguments, NULL);
    return true;
}

bool doors_ask(struct lws *wsi, struct ask *ask, GError **error)
{
    char path[MAX_PATH] = "";
    g_autoptr(GPtrArray) arguments = g_ptr_array_new_with_free_func(g_free);
    return read_path(wsi, path, sizeof path, error) && read_arguments(wsi, arguments, error) &&
           ask_read(ask, path, (const char *const *)arguments->pdata, error);
}

// --- answers ------------------------------------------------------------------------------------

static const char *title_of(int status)
{
    switch (status) {
    case 401:
        return "Unauthorized";
    case 403:
        return "Forbidden";
    case 404:
        return "Not Found";
    case 405:
        return "Method Not Allowed";
    case 414:
        return "URI Too Long";
    case 422:
        return "Unprocessable Content";
    case 426:
        return "Upgrade Required";
    case 503:
        return "Service Unavailable";
    default:
        return "Bad Request";
    }
}

static bool add(struct lws *wsi, const char *name, const char *value, unsigned char **at,
                unsigned char *end)
{
    return lws_add_http_header_by_name(wsi, (const unsigned char *)name,
                                       (const unsigned char *)value, (int)strlen(value), at,
                                       end) == 0;
}

// What internet radio players show beside the sound, as Icecast's servers say it. There is no
// icy-metaint: the files carry their title themselves.
static bool add_radio(struct lws *wsi, const struct room *room, unsigned char **at,
                      unsigned char *end)
{
    g_autofree char *name = g_strconcat("Farfield: ", room->name, NULL);
    g_autofree char *kilobits = g_strdup_printf("%d", room_bitrate(room) / 1000);
    return add(wsi, "icy-name:", name, at, end) && add(wsi, "icy-br:", kilobits, at, end);
}

// The head of an answer. With a `room` it is that of its sound; NULL is any other. A token is leave
// enough for pages of any origin.
static bool write_head(struct lws *wsi, int status, const char *type, lws_filepos_t length,
                       const struct room *room)
{
    unsigned char bytes[LWS_PRE + HEAD_ROOM], *begin = bytes + LWS_PRE, *at = begin;
    unsigned char *end = bytes + sizeof bytes - 1;
    // What has no content says nothing of it, not even how long it is (RFC 9110, section 8.6).
    bool good = status == 204 ? lws_add_http_header_status(wsi, 204, &at, end) == 0
                              : lws_add_http_common_headers(wsi, (unsigned)status, type, length,
                                                            &at, end) == 0;
    good = good && add(wsi, "access-control-allow-origin:", "*", &at, end) &&
           add(wsi, "cache-control:", "no-store", &at, end) &&
           add(wsi, "x-content-type-options:", "nosniff", &at, end);
    if (room)
        good = good && add_radio(wsi, room, &at, end);
    if (status == 204)
        good = good && add(wsi, "access-control-allow-methods:", "GET, HEAD, OPTIONS", &at, end) &&
               add(wsi, "access-control-allow-headers:", "Range", &at, end);
    if (status == 204 || status == 405)
        good = good && add(wsi, "allow:", "GET, HEAD, OPTIONS", &at, end);
    if (status == 401)
        good = good && add(wsi, "www-authenticate:", "Bearer", &at, end);
    if (status == 426)
        good = good && add(wsi, "upgrade:", "websocket", &at, end);
    if (status == 503)
        good = good && add(wsi, "retry-after:", "1", &at, end);
    return good && lws_finalize_write_http_header(wsi, begin, &at, end) == 0;
}

static int complete(struct lws *wsi)
{
    return lws_http_transaction_completed(wsi) ? -1 : 0;
}

// Positive where the whole of it is written.
static int write_problem(struct lws *wsi, int status, const char *detail)
{
    g_autoptr(GByteArray) out = g_byte_array_new();
    json_t *json = json_pack("{s:s s:s s:i s:s}", "type", "about:blank", "title", title_of(status),
                             "status", status, "detail", detail);
    g_autofree char *text = json_dumps(json, JSON_COMPACT);
    json_decref(json);
    g_byte_array_set_size(out, LWS_PRE);
    g_byte_array_append(out, (const guint8 *)text, (guint)strlen(text));
    if (!write_head(wsi, status, "application/problem+json", strlen(text), NULL) ||
        lws_write(wsi, out->data + LWS_PRE, strlen(text), LWS_WRITE_HTTP_FINAL) < 0)
        return -1;
    return 1;
}

int doors_refuse(struct lws *wsi, const GError *error)
{
    return write_problem(wsi, error->code, error->message);
}

static int refuse(struct lws *wsi, int status, const char *detail)
{
    return write_problem(wsi, status, detail) < 0 ? -1 : complete(wsi);
}

static bool write_sound_head(struct lws *wsi, const struct ask *ask, const struct room *room)
{
    return write_head(wsi, 200, mux_type(ask->kind), LWS_ILLEGAL_HTTP_CONTENT_LEN, room);
}

static int answer_head(struct lws *wsi, struct doors *doors, const struct ask *ask)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *id = NULL;
    const struct room *room = doors_may(doors, ask, &id, &error);
    bool written = room ? write_sound_head(wsi, ask, room)
                        : write_head(wsi, error->code, "application/problem+json", 0, NULL);
    return written ? complete(wsi) : -1;
}

static int begin(struct lws *wsi, struct doors *doors, const struct ask *ask,
                 struct doors_session *session)
{
    g_autoptr(GError) error = NULL;
    session->visitor = visitor_create(doors, wsi, ask, &error);
    if (!session->visitor)
        return refuse(wsi, error->code, error->message);
    return write_sound_head(wsi, ask, session->visitor->channel->room) ? 0 : -1;
}

static int answer(struct lws *wsi, struct doors_session *session)
{
    struct doors *doors = lws_context_user(lws_get_context(wsi));
    struct ask ask;
    g_autoptr(GError) error = NULL;
    enum verb verb = read_verb(wsi);
    if (session->visitor)
        return -1;
    if (verb == VERB_OTHER)
        return refuse(wsi, 405, "only GET and HEAD are understood here");
    if (!doors_ask(wsi, &ask, &error))
        return refuse(wsi, error->code, error->message);
    if (verb == VERB_OPTIONS)
        return write_head(wsi, 204, NULL, 0, NULL) ? complete(wsi) : -1;
    if (ask.kind == KIND_WEBSOCKET || ask.kind == KIND_PCM)
        return refuse(wsi, 426, "a WebSocket of subprotocol " DOORS_PROTOCOL " is spoken here");
    return verb == VERB_HEAD ? answer_head(wsi, doors, &ask) : begin(wsi, doors, &ask, session);
}

// --- sending ------------------------------------------------------------------------------------

static void add_packets(struct visitor *visitor, GByteArray *out)
{
    int samples = tap_format(visitor->channel->tap)->samples;
    struct packet *packet;
    visitor_catch_up(visitor);
    while (out->len < DOORS_BURST && (packet = visitor_peek(visitor))) {
        mux_add(visitor->mux, packet->bytes, packet->length, samples, out);
        visitor_took(visitor, packet);
    }
}

static int send_some(struct visitor *visitor)
{
    if (!visitor)
        return 0;
    GByteArray *out = doors_out(visitor->doors);
    if (!visitor->begun)
        mux_begin(visitor->mux, out);
    visitor->begun = true;
    if (visitor->ending)
        mux_end(visitor->mux, out);
    else
        add_packets(visitor, out);
    if (!doors_write(visitor, LWS_WRITE_HTTP) || visitor->ending)
        return -1;
    visitor_wait(visitor);
    return 0;
}

int doors_on_http(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
                  size_t length)
{
    struct doors_session *session = user;
    struct strangers *strangers =
        ((struct doors *)lws_context_user(lws_get_context(wsi)))->strangers;
    switch (reason) {
    case LWS_CALLBACK_FILTER_NETWORK_CONNECTION:
        return strangers_may_come(strangers, (int)(intptr_t)in) ? 0 : -1;
    case LWS_CALLBACK_SERVER_NEW_CLIENT_INSTANTIATED:
        strangers_enter(strangers, wsi);
        return 0;
    case LWS_CALLBACK_WSI_DESTROY:
        strangers_leave(strangers, wsi);
        return 0;
    case LWS_CALLBACK_HTTP_CONFIRM_UPGRADE:
        strangers_leave(strangers, wsi);
        return doors_confirm(wsi, in);
    case LWS_CALLBACK_HTTP:
        strangers_leave(strangers, wsi);
        return answer(wsi, session);
    case LWS_CALLBACK_HTTP_WRITEABLE:
        return session ? send_some(session->visitor) : 0;
    case LWS_CALLBACK_CLOSED_HTTP:
        if (session)
            visitor_destroy(g_steal_pointer(&session->visitor));
        return 0;
    default:
        return lws_callback_http_dummy(wsi, reason, user, in, length);
    }
}
