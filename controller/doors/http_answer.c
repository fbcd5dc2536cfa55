// SPDX-License-Identifier: GPL-3.0-or-later
#include "controller/doors/http_answer.h"

#include <string.h>
#include <unistd.h>

#include "controller/core/api/rest.h"
#include "controller/core/api/transfer.h"
#include "controller/doors/http_files.h"
#include "controller/doors/http_gzip.h"

const char *http_header(struct MHD_Connection *connection, const char *name)
{
    return MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);
}

static void add_header(struct MHD_Response *response, const char *name, const char *value)
{
    if (value)
        MHD_add_response_header(response, name, value);
}

// Pages of other origins that are allowed may read our answers.
void http_add_cors(struct MHD_Response *response, struct MHD_Connection *connection)
{
    const char *origin = http_header(connection, "Origin");
    if (!origin)
        return;
    add_header(response, "Access-Control-Allow-Origin", origin);
    add_header(response, "Access-Control-Expose-Headers",
               "Location, Link, ETag, Accept-Post, Accept-Patch, Retry-After, Accept-Ranges, "
               "Content-Disposition, Content-Range, Last-Modified");
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

struct MHD_Response *http_problem(const struct problem *problem)
{
    json_t *json = problem_to_json(problem);
    struct MHD_Response *response = response_of_json(json, "application/problem+json");
    json_decref(json);
    if (problem->status == 401)
        add_header(response, "WWW-Authenticate", "Bearer");
    if (problem->retry_after > 0) {
        g_autofree char *seconds = g_strdup_printf("%d", problem->retry_after);
        add_header(response, "Retry-After", seconds);
    }
    return response;
}

enum MHD_Result http_queue(struct MHD_Connection *connection, int status,
                           struct MHD_Response *response)
{
    enum MHD_Result result = MHD_queue_response(connection, status, response);
    MHD_destroy_response(response);
    return result;
}

struct MHD_Response *http_refusal(struct MHD_Connection *connection, const struct problem *problem,
                                  const char *allow)
{
    struct MHD_Response *response = http_problem(problem);
    add_header(response, "Allow", allow);
    // Only who may ask at all may read why not.
    if (problem->status != 403)
        http_add_cors(response, connection);
    return response;
}

enum MHD_Result http_refuse(struct MHD_Connection *connection, struct problem *problem,
                            const char *allow)
{
    struct MHD_Response *response = http_refusal(connection, problem, allow);
    int status = problem->status;
    problem_destroy(problem);
    return http_queue(connection, status, response);
}

static struct MHD_Response *response_of(const struct command *command, const json_t *result)
{
    const char *member = command->answer == BODY_METRICS ? "text" : "sdp";
    const char *text = json_string_value(json_object_get(result, member));
    if (command->answer == BODY_JSON)
        return response_of_json(result, "application/json");
    return text ? response_of_text(strdup(text), rest_body_type(command->answer))
                : response_of_text(NULL, NULL);
}

struct MHD_Response *http_result(const struct command *command, const json_t *result)
{
    struct MHD_Response *response = response_of(command, result);
    g_autofree char *location = rest_location(command, result);
    g_autofree char *etag = rest_etag(command, result);
    add_header(response, "Location", location);
    add_header(response, "ETag", etag);
    size_t i;
    json_t *server;
    json_array_foreach(json_object_get(result, "ice_servers"), i, server)
    {
        g_autofree char *link = rest_ice_link(server);
        add_header(response, "Link", link);
    }
    return response;
}

enum MHD_Result http_answer_options(struct MHD_Connection *connection, const char *path)
{
    g_autofree char *allowed = rest_verbs(path);
    if (!allowed)
        return http_refuse(connection, problem_new(404, "there is nothing at %s", path), NULL);
    g_autofree char *methods = g_strconcat(allowed, ", OPTIONS", NULL);
    g_autofree char *posted = rest_accepts("POST", path), *patched = rest_accepts("PATCH", path);
    struct MHD_Response *response = response_of_text(NULL, NULL);
    add_header(response, "Allow", methods);
    add_header(response, "Accept-Post", posted);
    add_header(response, "Accept-Patch", patched);
    add_header(response, "Access-Control-Allow-Methods", methods);
    add_header(response, "Access-Control-Allow-Headers",
               "Authorization, Content-Type, If-Match, If-None-Match, If-Range, Range");
    add_header(response, "Access-Control-Max-Age", "600");
    http_add_cors(response, connection);
    return http_queue(connection, 200, response);
}

void http_panel_init(struct http_panel *panel, const char *dir, const char *streams)
{
    *panel = (struct http_panel){g_strdup(dir), g_strdup(streams), http_gzip_create()};
}

void http_panel_clear(struct http_panel *panel)
{
    http_gzip_destroy(panel->gzip);
    g_free(panel->dir);
    g_free(panel->streams);
}

// The file as who asks wants it: NULL for as it is.
static GBytes *compressed(const struct http_panel *panel, struct MHD_Connection *connection,
                          const char *path, const struct http_file *file)
{
    if (!file->is_text || !transfer_takes_gzip(http_header(connection, "Accept-Encoding")))
        return NULL;
    return http_gzip_file(panel->gzip, path, file->etag, file->fd, file->size);
}

static void on_bytes_sent(void *bytes)
{
    g_bytes_unref(bytes);
}

static struct MHD_Response *response_of_bytes(GBytes *bytes)
{
    gsize size;
    void *data = (void *)g_bytes_get_data(bytes, &size);
    return MHD_create_response_from_buffer_with_free_callback_cls(size, data, on_bytes_sent,
                                                                  g_bytes_ref(bytes));
}

// Takes the descriptor.
static struct MHD_Response *response_of_file(const struct http_file *file, GBytes *gzip,
                                             bool unchanged)
{
    if (!unchanged && !gzip)
        return MHD_create_response_from_fd64(file->size, file->fd);
    close(file->fd);
    return unchanged ? MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT)
                     : response_of_bytes(gzip);
}

// A policy is heeded with what opens a page or a worker. Modules and styles come by the dozen, and
// with them it would weigh more than many of them do.
static bool heeds_policy(struct MHD_Connection *connection)
{
    const char *use = http_header(connection, "Sec-Fetch-Dest");
    return !use || (strcmp(use, "script") != 0 && strcmp(use, "style") != 0);
}

static void add_policy(struct MHD_Response *response, const char *streams)
{
    g_autofree char *policy = g_strdup_printf(
        "default-src 'self'; connect-src 'self' ws: wss: %s; img-src 'self' data:; "
        "media-src 'self' blob: mediastream: %s; object-src 'none'; base-uri 'none'; "
        "frame-ancestors 'self'",
        streams, streams);
    add_header(response, "Content-Security-Policy", policy);
}

enum MHD_Result http_answer_file(const struct http_panel *panel, struct MHD_Connection *connection,
                                 const char *verb, const char *path)
{
    struct http_file file;
    if (strcmp(verb, "GET") != 0 && strcmp(verb, "HEAD") != 0)
        return http_refuse(connection, problem_new(405, "files can only be read"), "GET, HEAD");
    if (!http_files_open(panel->dir, path, &file))
        return http_refuse(connection, problem_new(404, "there is nothing at %s", path), NULL);
    g_autoptr(GBytes) gzip = compressed(panel, connection, path, &file);
    // Other bytes, another tag.
    g_autofree char *etag =
        gzip ? g_strdup_printf("%.*s-gzip\"", (int)strlen(file.etag) - 1, file.etag)
             : g_strdup(file.etag);
    const char *known = http_header(connection, "If-None-Match");
    bool unchanged = known && transfer_names_tag(known, etag);
    struct MHD_Response *response = response_of_file(&file, gzip, unchanged);
    if (!unchanged) {
        add_header(response, "Content-Type", file.type);
        add_header(response, "Content-Encoding", gzip ? "gzip" : NULL);
    }
    add_header(response, "Vary", file.is_text ? "Accept-Encoding" : NULL);
    add_header(response, "ETag", etag);
    add_header(response, "Cache-Control", "no-cache");
    add_header(response, "X-Content-Type-Options", "nosniff");
    add_header(response, "Referrer-Policy", "no-referrer");
    if (heeds_policy(connection))
        add_policy(response, panel->streams);
    g_free(file.etag);
    return http_queue(connection, unchanged ? 304 : 200, response);
}
