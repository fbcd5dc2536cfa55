// SPDX-License-Identifier: GPL-3.0-or-later
// Files over HTTP, asked for by hand on a socket.
#include "controller/doors/http_send.h"

#include <arpa/inet.h>
#include <glib/gstdio.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/fake_asserts.h"

#define SIZE 1000003

struct server {
    struct MHD_Daemon *daemon;
    int port;
    char *dir, *path; // owned
    char *bytes;      // owned: what is in the file
    bool delete;
};

static enum MHD_Result on_request(void *data, struct MHD_Connection *connection, const char *path,
                                  const char *verb, const char *version, const char *bytes,
                                  size_t *length, void **state)
{
    struct server *server = data;
    json_t *result = json_pack("{s:s s:s s:s s:b}", "path", server->path, "type", "audio/wav",
                               "filename", "a \"b\".wav", "delete", server->delete);
    int status = 404;
    struct MHD_Response *response = http_send_file(connection, verb, result, &status);
    json_decref(result);
    if (!response)
        response = MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);
    enum MHD_Result queued = MHD_queue_response(connection, status, response);
    MHD_destroy_response(response);
    return queued;
}

static int set_up(void **state)
{
    struct server *server = g_new0(struct server, 1);
    server->dir = g_dir_make_tmp("farfield-XXXXXX", NULL);
    server->path = g_build_filename(server->dir, "file", NULL);
    server->bytes = g_malloc(SIZE);
    for (int i = 0; i < SIZE; i++)
        server->bytes[i] = (char)(i * 7 + i / 251);
    assert_true(g_file_set_contents(server->path, server->bytes, SIZE, NULL));
    server->daemon = MHD_start_daemon(MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_EPOLL, 0, NULL,
                                      NULL, on_request, server, MHD_OPTION_END);
    assert_non_null(server->daemon);
    server->port = MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_BIND_PORT)->port;
    *state = server;
    return 0;
}

static int tear_down_server(void **state)
{
    struct server *server = *state;
    MHD_stop_daemon(server->daemon);
    g_unlink(server->path);
    g_rmdir(server->dir);
    g_free(server->path);
    g_free(server->dir);
    g_free(server->bytes);
    g_free(server);
    return 0;
}

// The whole answer; `headers` are lines.
static GString *ask(const struct server *server, const char *verb, const char *headers)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons(server->port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    g_autofree char *request =
        g_strdup_printf("%s / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n%s\r\n", verb, headers);
    assert_int_equal(write(fd, request, strlen(request)), strlen(request));
    GString *answer = g_string_new(NULL);
    char piece[65536];
    for (ssize_t n; (n = read(fd, piece, sizeof piece)) > 0;)
        g_string_append_len(answer, piece, n);
    close(fd);
    return answer;
}

static char *header_of(const GString *answer, const char *name)
{
    g_autofree char *start = g_strdup_printf("\r\n%s: ", name);
    const char *at = strstr(answer->str, start);
    if (!at)
        return g_strdup("");
    at += strlen(start);
    return g_strndup(at, strcspn(at, "\r"));
}

static void expect(const struct server *server, const char *verb, const char *headers,
                   const char *status, const char *range, gsize first, gsize length)
{
    GString *answer = ask(server, verb, headers);
    assert_memory_equal(answer->str + strlen("HTTP/1.1 "), status, 3);
    assert_text(header_of(answer, "Content-Range"), range);
    const char *body = strstr(answer->str, "\r\n\r\n") + 4;
    assert_int_equal(answer->len - (body - answer->str), length);
    assert_memory_equal(body, server->bytes + first, length);
    g_string_free(answer, TRUE);
}

static void the_part_that_is_asked_for(void **state)
{
    const struct server *server = *state;
    expect(server, "GET", "", "200", "", 0, SIZE);
    expect(server, "GET", "Range: bytes=5-9\r\n", "206", "bytes 5-9/1000003", 5, 5);
    expect(server, "GET", "Range: bytes=900000-\r\n", "206", "bytes 900000-1000002/1000003", 900000,
           100003);
    expect(server, "GET", "Range: bytes=-3\r\n", "206", "bytes 1000000-1000002/1000003", 1000000,
           3);
    expect(server, "GET", "Range: bytes=0-1,5-6\r\n", "200", "", 0, SIZE);
    expect(server, "HEAD", "Range: bytes=5-9\r\n", "200", "", 0, 0);
}

static void what_cannot_be_had_is_said_in_words(void **state)
{
    GString *answer = ask(*state, "GET", "Range: bytes=1000003-\r\n");
    assert_has(g_strdup(answer->str), "HTTP/1.1 416 ");
    assert_text(header_of(answer, "Content-Range"), "bytes */1000003");
    assert_text(header_of(answer, "Content-Type"), "application/problem+json");
    assert_has(g_strdup(answer->str), "\"status\":416");
    g_string_free(answer, TRUE);
    answer = ask(*state, "GET", "If-Match: \"x\"\r\n");
    assert_has(g_strdup(answer->str), "HTTP/1.1 412 ");
    g_string_free(answer, TRUE);
}

static void the_headers_tell_what_it_is(void **state)
{
    struct server *server = *state;
    GString *answer = ask(server, "HEAD", "");
    assert_text(header_of(answer, "Content-Length"), "1000003");
    assert_text(header_of(answer, "Content-Type"), "audio/wav");
    assert_text(header_of(answer, "Accept-Ranges"), "bytes");
    assert_text(header_of(answer, "Content-Disposition"),
                "attachment; filename=\"a _b_.wav\"; filename*=UTF-8''a%20%22b%22.wav");
    g_autofree char *etag = header_of(answer, "ETag");
    g_autofree char *modified = header_of(answer, "Last-Modified");
    g_string_free(answer, TRUE);
    g_autofree char *same = g_strdup_printf("If-None-Match: %s\r\n", etag);
    g_autofree char *since = g_strdup_printf("If-Modified-Since: %s\r\n", modified);
    g_autofree char *part = g_strdup_printf("Range: bytes=1-1\r\nIf-Range: %s\r\n", etag);
    expect(server, "GET", same, "304", "", 0, 0);
    expect(server, "GET", since, "304", "", 0, 0);
    expect(server, "GET", part, "206", "bytes 1-1/1000003", 1, 1);
    // Another version of the file has another tag.
    assert_true(g_file_set_contents(server->path, server->bytes, SIZE, NULL));
    expect(server, "GET", same, "200", "", 0, SIZE);
    expect(server, "GET", part, "200", "", 0, SIZE);
}

static void a_temporary_one_is_sent_and_gone(void **state)
{
    struct server *server = *state;
    server->delete = true;
    expect(server, "GET", "Range: bytes=7-8\r\n", "206", "bytes 7-8/1000003", 7, 2);
    assert_int_not_equal(access(server->path, F_OK), 0);
    expect(server, "GET", "", "404", "", 0, 0);
}

static void what_is_no_file_is_not_there(void **state)
{
    struct server *server = *state;
    g_unlink(server->path);
    assert_int_equal(mkfifo(server->path, 0600), 0);
    expect(server, "GET", "", "404", "", 0, 0);
    g_unlink(server->path);
    assert_int_equal(symlink("/etc/hostname", server->path), 0);
    expect(server, "GET", "", "404", "", 0, 0);
}

static void an_empty_file_has_no_part(void **state)
{
    struct server *server = *state;
    assert_true(g_file_set_contents(server->path, "", 0, NULL));
    expect(server, "GET", "", "200", "", 0, 0);
    GString *answer = ask(server, "GET", "Range: bytes=0-\r\n");
    assert_text(header_of(answer, "Content-Range"), "bytes */0");
    g_string_free(answer, TRUE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_part_that_is_asked_for, set_up, tear_down_server),
        cmocka_unit_test_setup_teardown(what_cannot_be_had_is_said_in_words, set_up,
                                        tear_down_server),
        cmocka_unit_test_setup_teardown(the_headers_tell_what_it_is, set_up, tear_down_server),
        cmocka_unit_test_setup_teardown(a_temporary_one_is_sent_and_gone, set_up, tear_down_server),
        cmocka_unit_test_setup_teardown(what_is_no_file_is_not_there, set_up, tear_down_server),
        cmocka_unit_test_setup_teardown(an_empty_file_has_no_part, set_up, tear_down_server),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
