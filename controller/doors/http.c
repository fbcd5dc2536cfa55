// SPDX-License-Identifier: GPL-3.0-or-later
#include "controller/doors/http.h"

#include <arpa/inet.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <string.h>

#include "common/error.h"
#include "common/log.h"
#include "controller/core/api/rest.h"
#include "controller/core/listening/streams.h"
#include "controller/doors/http_answer.h"
#include "controller/doors/http_send.h"
#include "controller/doors/http_upload.h"

struct http {
    struct MHD_Daemon *daemon;
    GSource *source; // owned
    struct session *session;
    const struct access *access;
    struct http_panel panel;
    char *upload_dir;   // owned, NULL where no uploads are taken
    guint64 max_upload; // bytes
    int uploads;        // on their way
};

// One request, from its headers to its answer.
struct request {
    struct http *http;
    struct MHD_Connection *connection;
    const struct command *command;
    char verb[8];
    json_t *params;             // owned: from path and query
    GByteArray *body;           // owned
    struct http_upload *upload; // owned: takes the place of `body`, NULL without one
    struct problem *refusal;    // owned: of the body, NULL while it is good
    gsize max_body;
    bool is_too_large;
    bool has_begun; // the call has been made
    bool is_suspended;
    struct MHD_Response *response; // owned, NULL until it is known
    int status;
};

static void answer_problem(struct request *request, const struct problem *problem)
{
    request->status = problem->status;
    request->response = http_problem(problem);
}

static void answer_result(struct request *request, const json_t *result)
{
    if (request->command->answer != BODY_FILE) {
        request->status = rest_status(request->command, result);
        request->response = http_result(request->command, result);
        return;
    }
    request->response =
        http_send_file(request->connection, request->verb, result, &request->status);
    if (request->response)
        return;
    struct problem *problem = problem_new(404, "the file is not there any more");
    answer_problem(request, problem);
    problem_destroy(problem);
}

static void wake(struct http *http)
{
    // MHD_resume_connection() alone does not stir an external loop.
    g_source_set_ready_time(http->source, 0);
}

static void on_reply(void *data, json_t *result, const struct problem *problem)
{
    struct request *request = data;
    if (problem)
        answer_problem(request, problem);
    else
        answer_result(request, result);
    json_decref(result);
    http_add_cors(request->response, request->connection);
    if (request->is_suspended) {
        request->is_suspended = false;
        MHD_resume_connection(request->connection);
        wake(request->http);
    }
}

// --- requests -----------------------------------------------------------------------------------

static struct problem *check_access(const struct http *http, struct MHD_Connection *connection)
{
    const char *host = http_header(connection, "Host");
    const char *origin = http_header(connection, "Origin");
    if (!access_host_allowed(http->access, host))
        return problem_new(403,
                           "without a key only this machine may ask, by its own name; "
                           "\"%s\" is not one of them (settings: api-key, origins)",
                           host);
    if (!access_origin_allowed(http->access, host, origin))
        return problem_new(403, "pages of %s may not use this server (setting: origins)", origin);
    return NULL;
}

// What is no host must not come into addresses that others follow.
static struct problem *check_host(struct MHD_Connection *connection)
{
    if (access_host_is_good(http_header(connection, "Host")))
        return NULL;
    return problem_new(400, "the header Host must be HOST or HOST:PORT");
}

static bool has_key(const struct http *http, struct MHD_Connection *connection)
{
    const char *key = access_bearer(http_header(connection, "Authorization"));
    return session_key_fits(http->session, key ? key : "");
}

static enum MHD_Result add_query(void *data, enum MHD_ValueKind kind, const char *name,
                                 const char *value)
{
    rest_add_query(data, name, value);
    return MHD_YES;
}

// A body that is on its way is let in before it is refused, if it is of any reasonable size: to who
// still sends, an early answer may be lost by the connection's reset (RFC 9112, section 9.6).
static bool body_is_coming(struct MHD_Connection *connection)
{
    const char *length = http_header(connection, "Content-Length");
    guint64 bytes = length ? g_ascii_strtoull(length, NULL, 10) : 0;
    if (http_header(connection, "Expect"))
        return false;
    return http_header(connection, "Transfer-Encoding") || (bytes > 0 && bytes <= HTTP_MAX_REFUSED);
}

static struct request *request_new(struct http *http, struct MHD_Connection *connection)
{
    struct request *request = g_new0(struct request, 1);
    request->http = http;
    request->connection = connection;
    request->body = g_byte_array_new();
    return request;
}

static enum MHD_Result refuse_in_turn(struct http *http, struct MHD_Connection *connection,
                                      struct problem *problem, const char *allow,
                                      struct request **result)
{
    if (!body_is_coming(connection))
        return http_refuse(connection, problem, allow);
    *result = request_new(http, connection);
    (*result)->has_begun = (*result)->is_too_large = true;
    (*result)->response = http_refusal(connection, problem, allow);
    (*result)->status = problem->status;
    problem_destroy(problem);
    return MHD_YES;
}

// What is announced as too large need not be sent.
static struct problem *check_announced(const struct http *http, const char *length)
{
    guint64 max = MAX(http->max_upload, (guint64)REST_MAX_JSON);
    if (!length || g_ascii_strtoull(length, NULL, 10) <= max)
        return NULL;
    return problem_new(413, "at most %" G_GUINT64_FORMAT " bytes are taken here", max);
}

// All else is a file of the panel.
static bool is_command(const char *path)
{
    return g_str_has_prefix(path, "/v1/") || strcmp(path, "/v1") == 0 ||
           strcmp(path, "/metrics") == 0;
}

// The headers are there: find the row, see that the request may be made at all.
static enum MHD_Result begin(struct http *http, struct MHD_Connection *connection, const char *path,
                             const char *verb, struct request **result)
{
    struct problem *problem = check_host(connection);
    if (!problem)
        problem = check_access(http, connection);
    if (problem)
        return refuse_in_turn(http, connection, problem, NULL, result);
    if (!is_command(path))
        return http_answer_file(&http->panel, connection, verb, path);
    if (strcmp(verb, "OPTIONS") == 0)
        return http_answer_options(connection, path);
    struct rest_head head = {
        verb,
        path,
        http_header(connection, "Content-Type"),
        http_header(connection, "Content-Length"),
        has_key(http, connection),
        MHD_lookup_connection_value(connection, MHD_GET_ARGUMENT_KIND, "token"),
        http->session->stream_token,
        (gint64)session_real_seconds(http->session)};
    g_autofree char *allowed = NULL;
    json_t *params = json_object();
    const struct command *command = rest_route(&head, params, &problem, &allowed);
    if (!problem && command->body == BODY_UPLOAD)
        problem = check_announced(http, head.content_length);
    if (problem) {
        json_decref(params);
        return refuse_in_turn(http, connection, problem, allowed, result);
    }
    MHD_get_connection_values(connection, MHD_GET_ARGUMENT_KIND, add_query, params);
    *result = request_new(http, connection);
    (*result)->command = command;
    g_strlcpy((*result)->verb, verb, sizeof(*result)->verb);
    (*result)->params = params;
    (*result)->max_body = rest_max_body(command);
    return MHD_YES;
}

static guint64 announced_length(const struct request *request)
{
    const char *length = http_header(request->connection, "Content-Length");
    return length ? g_ascii_strtoull(length, NULL, 10) : 0;
}

static struct problem *begin_upload(struct request *request)
{
    struct http *http = request->http;
    struct problem *problem = NULL;
    if (!http->upload_dir)
        return problem_new(503, "no files are taken at the moment");
    if (http->uploads >= HTTP_MAX_UPLOADS)
        return problem_new(503, "%d files are being uploaded already", http->uploads);
    request->upload =
        http_upload_open(http->upload_dir, http->max_upload, announced_length(request), &problem);
    http->uploads += request->upload != NULL;
    return problem;
}

static void end_upload(struct request *request)
{
    request->http->uploads -= request->upload != NULL;
    http_upload_close(g_steal_pointer(&request->upload));
}

// Whether the body is a file, which goes to the disk piece by piece.
static bool take_file(struct request *request, const char *bytes, size_t length)
{
    if (!request->command || request->command->body != BODY_UPLOAD)
        return false;
    if (!request->upload && !request->refusal && request->body->len == 0 &&
        rest_is_file(http_header(request->connection, "Content-Type"), *bytes))
        request->refusal = begin_upload(request);
    if (!request->upload)
        return request->refusal != NULL;
    if (!request->refusal)
        request->refusal = http_upload_write(request->upload, bytes, length);
    return true;
}

static void take_body(struct request *request, const char *bytes, size_t length)
{
    if (take_file(request, bytes, length))
        return;
    request->is_too_large =
        request->is_too_large || request->body->len + length > request->max_body;
    if (!request->is_too_large)
        g_byte_array_append(request->body, (const guint8 *)bytes, length);
}

static void run(struct request *request, int64_t now)
{
    const struct command *command = request->command;
    struct problem *problem = NULL;
    GBytes *body = NULL;
    request->has_begun = true;
    if (request->refusal)
        problem = g_steal_pointer(&request->refusal);
    else if (request->is_too_large)
        problem = problem_new(413, "at most %zu bytes are taken here", request->max_body);
    else if (command->body == BODY_JSON || command->body == BODY_NONE ||
             (command->body == BODY_UPLOAD && !request->upload))
        problem =
            rest_add_json(request->params, (const char *)request->body->data, request->body->len);
    else
        body = g_bytes_new(request->body->data, request->body->len);
    struct call *call =
        call_new(command, g_steal_pointer(&request->params), body, NULL, on_reply, request);
    call->host = http_header(request->connection, "Host");
    call->agent = http_header(request->connection, "User-Agent");
    call->type = http_header(request->connection, "Content-Type");
    call->if_match = http_header(request->connection, "If-Match");
    call->upload = request->upload ? http_upload_finish(request->upload) : NULL;
    if (problem)
        call_fail(call, problem);
    else
        session_call(request->http->session, call, true, now);
}

static enum MHD_Result on_request(void *data, struct MHD_Connection *connection, const char *path,
                                  const char *verb, const char *version, const char *bytes,
                                  size_t *length, void **state)
{
    struct request *request = *state;
    if (!request)
        return begin(data, connection, path, verb, (struct request **)state);
    if (*length > 0) {
        take_body(request, bytes, *length);
        *length = 0;
        return MHD_YES;
    }
    if (!request->has_begun)
        run(request, g_get_monotonic_time());
    if (!request->response) {
        request->is_suspended = true;
        MHD_suspend_connection(connection);
        return MHD_YES;
    }
    return http_queue(connection, request->status, g_steal_pointer(&request->response));
}

static void on_completed(void *data, struct MHD_Connection *connection, void **state,
                         enum MHD_RequestTerminationCode code)
{
    struct request *request = *state;
    if (!request)
        return;
    if (request->response)
        MHD_destroy_response(request->response);
    json_decref(request->params);
    g_byte_array_unref(request->body);
    end_upload(request);
    problem_destroy(request->refusal);
    g_free(request);
    *state = NULL;
}

// --- the loop -----------------------------------------------------------------------------------

struct http_source {
    GSource source;
    struct MHD_Daemon *daemon;
    gpointer tag; // of the epoll descriptor
};

static gboolean source_prepare(GSource *source, int *timeout)
{
    MHD_UNSIGNED_LONG_LONG milliseconds;
    bool waits = MHD_get_timeout(((struct http_source *)source)->daemon, &milliseconds) == MHD_YES;
    *timeout = waits ? (int)MIN(milliseconds, 60000) : -1;
    return waits && milliseconds == 0;
}

static gboolean source_check(GSource *source)
{
    struct http_source *http = (struct http_source *)source;
    MHD_UNSIGNED_LONG_LONG milliseconds;
    return g_source_query_unix_fd(source, http->tag) != 0 ||
           (MHD_get_timeout(http->daemon, &milliseconds) == MHD_YES && milliseconds == 0);
}

static gboolean source_dispatch(GSource *source, GSourceFunc callback, gpointer data)
{
    g_source_set_ready_time(source, -1);
    MHD_run(((struct http_source *)source)->daemon);
    return G_SOURCE_CONTINUE;
}

static GSourceFuncs source_funcs = {source_prepare, source_check, source_dispatch, NULL};

static bool parse_address(const char *address, int port, struct sockaddr_storage *storage,
                          GError **error)
{
    struct sockaddr_in *v4 = (struct sockaddr_in *)storage;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)storage;
    const char *numeric = strcmp(address, "localhost") == 0 ? "127.0.0.1" : address;
    if (inet_pton(AF_INET, numeric, &v4->sin_addr) == 1) {
        v4->sin_family = AF_INET;
        v4->sin_port = htons(port);
    } else if (inet_pton(AF_INET6, numeric, &v6->sin6_addr) == 1) {
        v6->sin6_family = AF_INET6;
        v6->sin6_port = htons(port);
    } else {
        g_set_error(error, FARFIELD_ERROR, ERROR_INVALID,
                    "address: \"%s\" is not a numeric address", address);
        return false;
    }
    return true;
}

// Paths and queries come as they were written; they are decoded piece by piece, once.
static size_t keep_escapes(void *data, struct MHD_Connection *connection, char *text)
{
    return strlen(text);
}

static void on_mhd_log(void *data, const char *format, va_list args)
{
    g_autofree char *text = g_strchomp(g_strdup_vprintf(format, args));
    log_debug("http.library", "{s:s}", "line", text);
}

struct http *http_open(const char *address, int port, const char *web_dir, struct session *session,
                       const struct access *access, GError **error)
{
    struct sockaddr_storage storage = {0};
    if (!parse_address(address, port, &storage, error))
        return NULL;
    struct http *http = g_new0(struct http, 1);
    http->session = session;
    http->access = access;
    g_autofree char *streams = stream_source(session);
    http_panel_init(&http->panel, web_dir, streams);
    unsigned flags = MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG |
                     (storage.ss_family == AF_INET6 ? MHD_USE_DUAL_STACK : 0);
    http->daemon = MHD_start_daemon(
        flags, port, NULL, NULL, on_request, http, MHD_OPTION_EXTERNAL_LOGGER, on_mhd_log, NULL,
        MHD_OPTION_SOCK_ADDR, &storage, MHD_OPTION_UNESCAPE_CALLBACK, keep_escapes, NULL,
        MHD_OPTION_NOTIFY_COMPLETED, on_completed, NULL, MHD_OPTION_PER_IP_CONNECTION_LIMIT,
        HTTP_MAX_OF_ONE_ADDRESS, MHD_OPTION_CONNECTION_LIMIT, HTTP_MAX_CONNECTIONS,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)HTTP_MAX_HEADER, MHD_OPTION_CONNECTION_TIMEOUT,
        HTTP_IDLE_SECONDS, MHD_OPTION_END);
    if (!http->daemon) {
        g_set_error(error, FARFIELD_ERROR, ERROR_CONFLICT, "port %d of %s cannot be listened on",
                    port, address);
        http_panel_clear(&http->panel);
        g_free(http);
        return NULL;
    }
    http->source = g_source_new(&source_funcs, sizeof(struct http_source));
    struct http_source *source = (struct http_source *)http->source;
    source->daemon = http->daemon;
    int fd = MHD_get_daemon_info(http->daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
    source->tag = g_source_add_unix_fd(http->source, fd, G_IO_IN);
    g_source_attach(http->source, NULL);
    return http;
}

void http_close(struct http *http)
{
    if (!http)
        return;
    g_source_destroy(http->source);
    g_source_unref(http->source);
    MHD_stop_daemon(http->daemon);
    http_panel_clear(&http->panel);
    g_free(http->upload_dir);
    g_free(http);
}

void http_take_uploads(struct http *http, const char *dir, guint64 max)
{
    http->upload_dir = g_strdup(dir);
    http->max_upload = max;
}
