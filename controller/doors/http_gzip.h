// SPDX-License-Identifier: GPL-3.0-or-later
// Files of the panel as gzip has them, each made once for what it holds.
#pragma once

#include <glib.h>

#define HTTP_GZIP_MAX_FILE (2 * 1024 * 1024) // bytes of a file that is compressed at all
#define HTTP_GZIP_MAX_KEPT (8 * 1024 * 1024) // bytes that are kept, compressed

struct http_gzip;

struct http_gzip *http_gzip_create(void);
void http_gzip_destroy(struct http_gzip *gzip);

// The `size` bytes of the open file `fd`, compressed; `etag` tells what is kept of an earlier state
// of the file `name`. The caller owns a reference. NULL where that is no smaller, or cannot be.
GBytes *http_gzip_file(struct http_gzip *gzip, const char *name, const char *etag, int fd,
                       guint64 size);
