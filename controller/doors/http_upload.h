// SPDX-License-Identifier: GPL-3.0-or-later
// A request's body on its way into a file (BODY_UPLOAD of a command's row): never whole in memory.
#pragma once

#include <glib.h>

#include "controller/core/api/problem.h"

#define HTTP_UPLOAD_PREFIX "upload-"
// What is left free on the disk, bytes.
#define HTTP_UPLOAD_MARGIN (16 * 1024 * 1024)

struct http_upload;

// A new file in `dir` for at most `max` bytes, of which `expected` (0 if unknown) have been
// announced. NULL with `problem` (owned by the caller): 413, 507 where the disk has no room.
struct http_upload *http_upload_open(const char *dir, guint64 max, guint64 expected,
                                     struct problem **problem);
// NULL when all is well, else 413 or 507, owned by the caller.
struct problem *http_upload_write(struct http_upload *upload, const char *bytes, gsize length);
// The file's path, owned by the upload; nothing is written any more.
const char *http_upload_finish(struct http_upload *upload);
// Deletes the file, unless somebody has moved it away. NULL is no upload.
void http_upload_close(struct http_upload *upload);
