// SPDX-License-Identifier: GPL-3.0-or-later
#include "controller/doors/http.h"

#include <arpa/inet.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <string.h>
#include <unistd.h>

#include "common/error.h"
#include "common/log.h"
#include "controller/core/rest.h"
#include "controller/doors/http_files.h"

struct http {
    struct MHD_Daemon *daemon;
    GSource *source; // owned
    struct session *session;
    const struct access *access;
    char *web_dir; // owned
};

// One request, from its headers to its answer.
struct request {
    struct http *http;
    struct MHD_Connection *connection;
    const struct command *command;
    json_t *params;   // owned: from path and query
    GByteArray *body; // owned
    gsize max_body;
    bool is_too_large;
    bool has_begun; // the call has been made
    bool is_suspended;
    struct MHD_Response *response; // owned, NULL until it is known
    int status;
};

static const char *request_header(struct MHD_Connection *connection, const char *name)
{
    return MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);
}

// --- answers ------------------------------------------------------------------------------------

static void add_header(struct MHD_Response *response, const char *name, const char *value)
{
    if (value)
        MHD_add_response_header(response, name, value);
}

// Pages of other origins that are allowed may read our answers.
static void add_cors(struct MHD_Response *response, struct MHD_Connection *connection)
{
    const char *origin = request_header(connection, "Origin");
    if (!origin)
        return;
    add_header(response, "Access-Control-Allow-Origin", origin);
    add_header(response, "Access-Control-Expose-Headers", "Location, Link, ETag, Accept-Post");
    add_header(response, "Vary", "Origin");
}

static struct MHD_Response *response_of_text(char *text, const char *type)
{
    struct MHD_Response *response =
        MHD_create_response_from_buffer(text ? strlen(text) : 0, text, MHD_RESPMEM_MUST_FREE);
    add_header(response, "Content-Type", type);
    add_header(response, "Cache-Control", "no-store");
    add_header(response, "X-Content-Type-Options", "nosniff");
    return response;
}

static struct MHD_Response *response_of_json(const json_t *json, const char *type)
{
    char *text = json_dumps(json, JSON_COMPACT | JSON_REAL_PRECISION(15));
    return response_of_text(text, type);
}

static struct MHD_Response *response_of_problem(const struct problem *problem)
{
    json_t *json = problem_to_json(problem);
    struct MHD_Response *response = response_of_json(json, "application/problem+json");
    json_decref(json);
    if (problem->status == 401)
        add_header(response, "WWW-Authenticate", "Bearer");
    if (problem->status == 503)
        add_header(response, "Retry-After", "1");
    return response;
}

static enum MHD_Result queue(struct MHD_Connection *connection, int status,
                             struct MHD_Response *response)
{
    enum MHD_Result result = MHD_queue_response(connection, status, response);
    MHD_destroy_response(response);
    return result;
}

static struct MHD_Response *response_of_refusal(struct MHD_Connection *connection,
                                                const struct problem *problem, const char *allow)
{
    struct MHD_Response *response = response_of_problem(problem);
    add_header(response, "Allow", allow);
    // Only who may ask at all may read why not.
    if (problem->status != 403)
        add_cors(response, connection);
    return response;
}

static enum MHD_Result refuse(struct MHD_Connection *connection, struct problem *problem,
                              const char *allow)
{
    struct MHD_Response *response = response_of_refusal(connection, problem, allow);
    int status = problem->status;
    problem_destroy(problem);
    return queue(connection, status, response);
}

static struct MHD_Response *response_of_result(const struct command *command, const json_t *result)
{
    struct MHD_Response *response;
    if (command->answer == BODY_JSON)
        response = response_of_json(result, "application/json");
    else if (command->answer == BODY_SDP)
        response = response_of_text(strdup(json_string_value(json_object_get(result, "sdp"))),
                                    "application/sdp");
    else
        response = response_of_text(NULL, NULL);
    g_autofree char *location = rest_location(command, result);
    add_header(response, "Location", location);
    size_t i;
    json_t *server;
    json_array_foreach(json_object_get(result, "ice_servers"), i, server)
    {
        g_autofree char *link = rest_ice_link(server);
        add_header(response, "Link", link);
    }
    return response;
}

static void wake(struct http *http)
{
    // MHD_resume_connection() alone does not stir an external loop.
    g_source_set_ready_time(http->source, 0);
}

static void on_reply(void *data, json_t *result, const struct problem *problem)
{
    struct request *request = data;
    if (problem) {
        request->status = problem->status;
        request->response = response_of_problem(problem);
    } else {
        request->status = rest_status(request->command, result);
        request->response = response_of_result(request->command, result);
    }
    json_decref(result);
    add_cors(request->response, request->connection);
    if (request->is_suspended) {
        request->is_suspended = false;
        MHD_resume_connection(request->connection);
        wake(request->http);
    }
}

// --- requests -----------------------------------------------------------------------------------

static struct problem *check_access(const struct http *http, struct MHD_Connection *connection)
{
    const char *host = request_header(connection, "Host");
    const char *origin = request_header(connection, "Origin");
    if (!access_host_allowed(http->access, host))
        return problem_new(403,
                           "without a key only this machine may ask, by its own name; "
                           "\"%s\" is not one of them (settings: api-key, origins)",
                           host);
    if (!access_origin_allowed(http->access, host, origin))
        return problem_new(403, "pages of %s may not use this server (setting: origins)", origin);
    return NULL;
}

static bool has_key(const struct http *http, struct MHD_Connection *connection)
{
    const char *key = access_bearer(request_header(connection, "Authorization"));
    return session_key_fits(http->session, key ? key : "");
}

static enum MHD_Result answer_options(struct MHD_Connection *connection, const char *path)
{
    g_autofree char *allowed = rest_verbs(path);
    if (!allowed)
        return refuse(connection, problem_new(404, "there is nothing at %s", path), NULL);
    g_autofree char *methods = g_strconcat(allowed, ", OPTIONS", NULL);
    struct MHD_Response *response = response_of_text(NULL, NULL);
    add_header(response, "Allow", methods);
    if (strstr(allowed, "POST") && g_str_has_suffix(path, "/whep"))
        add_header(response, "Accept-Post", "application/sdp");
    add_header(response, "Access-Control-Allow-Methods", methods);
    add_header(response, "Access-Control-Allow-Headers", "Authorization, Content-Type, If-Match");
    add_header(response, "Access-Control-Max-Age", "600");
    add_cors(response, connection);
    return queue(connection, 204, response);
}

static enum MHD_Result answer_file(const struct http *http, struct MHD_Connection *connection,
                                   const char *verb, const char *path)
{
    guint64 size;
    const char *type;
    g_autofree char *etag = NULL;
    if (strcmp(verb, "GET") != 0 && strcmp(verb, "HEAD") != 0)
        return refuse(connection, problem_new(405, "files can only be read"), "GET, HEAD");
    int fd = http_files_open(http->web_dir, path, &size, &type, &etag);
    if (fd < 0)
        return refuse(connection, problem_new(404, "there is nothing at %s", path), NULL);
    const char *known = request_header(connection, "If-None-Match");
    bool unchanged = g_strcmp0(known, etag) == 0;
    struct MHD_Response *response;
    if (unchanged) {
        close(fd);
        response = MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);
    } else {
        response = MHD_create_response_from_fd64(size, fd);
        add_header(response, "Content-Type", type);
    }
    add_header(response, "ETag", etag);
    add_header(response, "Cache-Control", "no-cache");
    add_header(response, "X-Content-Type-Options", "nosniff");
    add_header(response, "Referrer-Policy", "no-referrer");
    add_header(response, "Content-Security-Policy",
               "default-src 'self'; connect-src 'self' ws: wss:; img-src 'self' data:; "
               "media-src 'self' blob: mediastream:; object-src 'none'; base-uri 'none'; "
               "frame-ancestors 'self'");
    return queue(connection, unchanged ? 304 : 200, response);
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
    const char *length = request_header(connection, "Content-Length");
    guint64 bytes = length ? g_ascii_strtoull(length, NULL, 10) : 0;
    if (request_header(connection, "Expect"))
        return false;
    return request_header(connection, "Transfer-Encoding") ||
           (bytes > 0 && bytes <= HTTP_MAX_REFUSED);
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
        return refuse(connection, problem, allow);
    *result = request_new(http, connection);
    (*result)->has_begun = (*result)->is_too_large = true;
    (*result)->response = response_of_refusal(connection, problem, allow);
    (*result)->status = problem->status;
    problem_destroy(problem);
    return MHD_YES;
}

// The headers are there: find the row, see that the request may be made at all.
static enum MHD_Result begin(struct http *http, struct MHD_Connection *connection, const char *path,
                             const char *verb, struct request **result)
{
    struct problem *problem = check_access(http, connection);
    if (problem)
        return refuse_in_turn(http, connection, problem, NULL, result);
    if (strcmp(path, "/v1") != 0 && !g_str_has_prefix(path, "/v1/"))
        return answer_file(http, connection, verb, path);
    if (strcmp(verb, "OPTIONS") == 0)
        return answer_options(connection, path);
    struct rest_head head = {verb, path, request_header(connection, "Content-Type"),
                             request_header(connection, "Content-Length"),
                             has_key(http, connection)};
    g_autofree char *allowed = NULL;
    json_t *params = json_object();
    const struct command *command = rest_route(&head, params, &problem, &allowed);
    if (problem) {
        json_decref(params);
        return refuse_in_turn(http, connection, problem, allowed, result);
    }
    MHD_get_connection_values(connection, MHD_GET_ARGUMENT_KIND, add_query, params);
    *result = request_new(http, connection);
    (*result)->command = command;
    (*result)->params = params;
    (*result)->max_body = rest_max_body(command);
    return MHD_YES;
}

static void take_body(struct request *request, const char *bytes, size_t length)
{
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
    if (request->is_too_large)
        problem = problem_new(413, "at most %zu bytes are taken here", request->max_body);
    else if (command->body == BODY_JSON || command->body == BODY_NONE)
        problem =
            rest_add_json(request->params, (const char *)request->body->data, request->body->len);
    else
        body = g_bytes_new(request->body->data, request->body->len);
    struct call *call =
        call_new(command, g_steal_pointer(&request->params), body, NULL, on_reply, request);
    call->host = request_header(request->connection, "Host");
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
    return queue(connection, request->status, g_steal_pointer(&request->response));
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
    http->web_dir = g_strdup(web_dir);
    unsigned flags = MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG |
                     (storage.ss_family == AF_INET6 ? MHD_USE_IPv6 : 0);
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
        g_free(http->web_dir);
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
    g_free(http->web_dir);
    g_free(http);
}
