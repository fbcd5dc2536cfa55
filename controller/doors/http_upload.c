// SPDX-License-Identifier: GPL-3.0-or-later
#include "controller/doors/http_upload.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "common/log.h"

struct http_upload {
    char *path; // owned
    int fd;     // -1 when it is closed
    guint64 max, size;
};

static struct problem *too_large(guint64 max)
{
    return problem_new(413, "at most %" G_GUINT64_FORMAT " bytes are taken here (max-upload)", max);
}

// A disk that is full, or whoever writes to it may have no more of it.
static struct problem *no_room(int error)
{
    if (error == ENOSPC || error == EDQUOT || error == EFBIG)
        return problem_new(507, "the disk has no room for the upload");
    log_error("http.upload", "{s:s}", "reason", g_strerror(error));
    return problem_new(500, "the upload cannot be written");
}

static bool has_room(const char *dir, guint64 bytes)
{
    struct statvfs disk;
    return statvfs(dir, &disk) != 0 ||
           (guint64)disk.f_bavail * disk.f_frsize >= bytes + HTTP_UPLOAD_MARGIN;
}

struct http_upload *http_upload_open(const char *dir, guint64 max, guint64 expected,
                                     struct problem **problem)
{
    if (expected > max)
        *problem = too_large(max);
    else if (!has_room(dir, expected))
        *problem = no_room(ENOSPC);
    if (*problem)
        return NULL;
    g_autofree char *path = g_build_filename(dir, HTTP_UPLOAD_PREFIX "XXXXXX", NULL);
    int fd = g_mkstemp_full(path, O_RDWR | O_CLOEXEC, 0600);
    if (fd < 0) {
        *problem = no_room(errno);
        return NULL;
    }
    struct http_upload *upload = g_new0(struct http_upload, 1);
    *upload = (struct http_upload){g_steal_pointer(&path), fd, max, 0};
    return upload;
}

struct problem *http_upload_write(struct http_upload *upload, const char *bytes, gsize length)
{
    if (upload->size + length > upload->max)
        return too_large(upload->max);
    while (length > 0) {
        ssize_t written = write(upload->fd, bytes, length);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return no_room(errno);
        bytes += written;
        length -= written;
        upload->size += written;
    }
    return NULL;
}

const char *http_upload_finish(struct http_upload *upload)
{
    if (upload->fd >= 0)
        close(upload->fd);
    upload->fd = -1;
    return upload->path;
}

void http_upload_close(struct http_upload *upload)
{
    if (!upload)
        return;
    unlink(http_upload_finish(upload));
    g_free(upload->path);
    g_free(upload);
}
