// SPDX-License-Identifier: GPL-3.0-or-later
// The panel's files.
#pragma once

#include <glib.h>

// Opens the file that a URL path names below `root`: "/" is index.html. Hidden files and whatever
// leads out of `root` are not found. The descriptor (-1 if there is none) is the caller's; `size`
// is in bytes, `type` a content type that is static, `etag` owned by the caller.
int http_files_open(const char *root, const char *path, guint64 *size, const char **type,
                    char **etag);
