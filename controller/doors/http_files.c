// SPDX-License-Identifier: GPL-3.0-or-later
#include "controller/doors/http_files.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void set_type(const char *path, struct http_file *file)
{
    static const struct {
        const char *suffix, *type;
        bool is_text;
    } types[] = {
        {".html", "text/html; charset=utf-8", true},
        {".css", "text/css; charset=utf-8", true},
        {".js", "text/javascript; charset=utf-8", true},
        {".mjs", "text/javascript; charset=utf-8", true},
        {".json", "application/json", true},
        {".svg", "image/svg+xml", true},
        {".png", "image/png", false},
        {".woff2", "font/woff2", false},
        {".webmanifest", "application/manifest+json", true},
    };
    file->type = "application/octet-stream";
    for (gsize i = 0; i < G_N_ELEMENTS(types); i++) {
        if (!g_str_has_suffix(path, types[i].suffix))
            continue;
        file->type = types[i].type;
        file->is_text = types[i].is_text;
        return;
    }
}

static gboolean is_plain(const char *path)
{
    // "/." covers "..", and files that are hidden.
    return *path == '/' && !strstr(path, "/.") && !strstr(path, "//") && !strchr(path, '\\');
}

bool http_files_open(const char *root, const char *path, struct http_file *file)
{
    *file = (struct http_file){.fd = -1};
    if (!is_plain(path))
        return false;
    g_autofree char *name =
        g_str_has_suffix(path, "/") ? g_strconcat(path, "index.html", NULL) : g_strdup(path);
    g_autofree char *full = g_build_filename(root, name, NULL);
    int fd = open(full, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    struct stat status;
    if (fd < 0)
        return false;
    if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) {
        close(fd);
        return false;
    }
    file->fd = fd;
    file->size = status.st_size;
    file->etag =
        g_strdup_printf("\"%lx-%lx-%lx\"", (unsigned long)status.st_mtim.tv_sec,
                        (unsigned long)status.st_mtim.tv_nsec, (unsigned long)status.st_size);
    set_type(name, file);
    return true;
}
