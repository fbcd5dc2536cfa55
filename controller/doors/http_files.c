// SPDX-License-Identifier: GPL-3.0-or-later
#include "controller/doors/http_files.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *content_type(const char *path)
{
    static const struct {
        const char *suffix, *type;
    } types[] = {
        {".html", "text/html; charset=utf-8"},
        {".css", "text/css; charset=utf-8"},
        {".js", "text/javascript; charset=utf-8"},
        {".mjs", "text/javascript; charset=utf-8"},
        {".json", "application/json"},
        {".svg", "image/svg+xml"},
        {".png", "image/png"},
        {".woff2", "font/woff2"},
        {".webmanifest", "application/manifest+json"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(types); i++)
        if (g_str_has_suffix(path, types[i].suffix))
            return types[i].type;
    return "application/octet-stream";
}

static gboolean is_plain(const char *path)
{
    // "/." covers "..", and files that are hidden.
    return *path == '/' && !strstr(path, "/.") && !strstr(path, "//") && !strchr(path, '\\');
}

int http_files_open(const char *root, const char *path, guint64 *size, const char **type,
                    char **etag)
{
    if (!is_plain(path))
        return -1;
    g_autofree char *name =
        g_str_has_suffix(path, "/") ? g_strconcat(path, "index.html", NULL) : g_strdup(path);
    g_autofree char *full = g_build_filename(root, name, NULL);
    int fd = open(full, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    struct stat status;
    if (fd >= 0 && (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode))) {
        close(fd);
        fd = -1;
    }
    if (fd < 0)
        return -1;
    *size = status.st_size;
    *type = content_type(name);
    *etag = g_strdup_printf("\"%lx-%lx-%lx\"", (unsigned long)status.st_mtim.tv_sec,
                            (unsigned long)status.st_mtim.tv_nsec, (unsigned long)status.st_size);
    return fd;
}
