// SPDX-License-Identifier: GPL-3.0-or-later
// The panel's files.
#pragma once

#include <glib.h>
#include <stdbool.h>

struct http_file {
    int fd;           // owned
    guint64 size;     // bytes
    const char *type; // a content type
    bool is_text;     // it gets smaller by compression
    char *etag;       // owned, strong
};

// Opens the file that a URL path names below `root`: "/" is index.html. Hidden files and whatever
// leads out of `root` are not found: false, with nothing in `file`.
bool http_files_open(const char *root, const char *path, struct http_file *file);
