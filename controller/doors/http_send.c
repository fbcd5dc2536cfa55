// SPDX-License-Identifier: GPL-3.0-or-later
#include "controller/doors/http_send.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "controller/core/api/problem.h"
#include "controller/core/api/transfer.h"

static const char *header(struct MHD_Connection *connection, const char *name)
{
    return MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);
}

static const char *member(const json_t *result, const char *name)
{
    return json_string_value(json_object_get(result, name));
}

static int open_file(const json_t *result, struct stat *status)
{
    const char *path = member(result, "path");
    // A pipe would have us wait for its other end.
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0)
        return -1;
    if (json_is_true(json_object_get(result, "delete")))
        unlink(path);
    if (fstat(fd, status) == 0 && S_ISREG(status->st_mode))
        return fd;
    close(fd);
    return -1;
}

static struct transfer decide(struct MHD_Connection *connection, const char *verb,
                              const struct stat *status, const char *etag)
{
    struct transfer_head head = {
        .is_get = strcmp(verb, "GET") == 0,
        .if_match = header(connection, "If-Match"),
        .if_none_match = header(connection, "If-None-Match"),
        .if_modified_since = header(connection, "If-Modified-Since"),
        .if_unmodified_since = header(connection, "If-Unmodified-Since"),
        .range = header(connection, "Range"),
        .if_range = header(connection, "If-Range"),
    };
    struct transfer_file file = {status->st_size, etag, status->st_mtim.tv_sec,
                                 g_get_real_time() / G_USEC_PER_SEC};
    return transfer_decide(&head, &file);
}

static struct MHD_Response *response_of_nothing(void)
{
    return MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);
}

// 412 and 416 say so in words.
static struct MHD_Response *response_of_refusal(int status)
{
    struct problem *problem =
        problem_new(status, "%s",
                    status == 416 ? "the range begins behind the end of the file"
                                  : "the file is not as the request wants it");
    json_t *json = problem_to_json(problem);
    char *text = json_dumps(json, JSON_COMPACT);
    struct MHD_Response *response =
        MHD_create_response_from_buffer(strlen(text), text, MHD_RESPMEM_MUST_FREE);
    MHD_add_response_header(response, "Content-Type", "application/problem+json");
    json_decref(json);
    problem_destroy(problem);
    return response;
}

// Takes the descriptor.
static struct MHD_Response *response_of_part(int fd, const struct transfer *transfer,
                                             const json_t *result)
{
    struct MHD_Response *response =
        MHD_create_response_from_fd_at_offset64(transfer->length, fd, transfer->first);
    MHD_add_response_header(response, "Content-Type", member(result, "type"));
    const char *filename = member(result, "filename");
    if (filename) {
        g_autofree char *disposition = transfer_disposition(filename);
        MHD_add_response_header(response, "Content-Disposition", disposition);
    }
    return response;
}

static void add_range(struct MHD_Response *response, const struct transfer *transfer,
                      const struct stat *status)
{
    g_autofree char *range =
        transfer->status == 206
            ? g_strdup_printf("bytes %" G_GUINT64_FORMAT "-%" G_GUINT64_FORMAT "/%ld",
                              transfer->first, transfer->first + transfer->length - 1,
                              (long)status->st_size)
            : g_strdup_printf("bytes */%ld", (long)status->st_size);
    MHD_add_response_header(response, "Content-Range", range);
}

static void add_validators(struct MHD_Response *response, const char *etag,
                           const struct stat *status)
{
    g_autofree char *modified = transfer_format_date(status->st_mtim.tv_sec);
    MHD_add_response_header(response, "ETag", etag);
    MHD_add_response_header(response, "Last-Modified", modified);
    MHD_add_response_header(response, "Accept-Ranges", "bytes");
    // Kept by who asked alone, and not used again without asking.
    MHD_add_response_header(response, "Cache-Control", "private, no-cache");
    MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
}

struct MHD_Response *http_send_file(struct MHD_Connection *connection, const char *verb,
                                    const json_t *result, int *status)
{
    struct stat file;
    int fd = open_file(result, &file);
    if (fd < 0)
        return NULL;
    g_autofree char *etag =
        g_strdup_printf("\"%lx-%lx-%lx-%lx\"", (long)file.st_ino, (long)file.st_mtim.tv_sec,
                        file.st_mtim.tv_nsec, (long)file.st_size);
    struct transfer transfer = decide(connection, verb, &file, etag);
    bool has_body = transfer.status == 200 || transfer.status == 206;
    struct MHD_Response *response = has_body ? response_of_part(fd, &transfer, result)
                                    : transfer.status == 304 ? response_of_nothing()
                                                             : response_of_refusal(transfer.status);
    if (!has_body)
        close(fd);
    if (transfer.status == 206 || transfer.status == 416)
        add_range(response, &transfer, &file);
    add_validators(response, etag, &file);
    *status = transfer.status;
    return response;
}
