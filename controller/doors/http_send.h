// SPDX-License-Identifier: GPL-3.0-or-later
// Answers that are a file (BODY_FILE of a command's row).
#pragma once

#include <jansson.h>
#include <microhttpd.h>

// `result` is {"path", "type", "filename"?, "delete"?}: the file, which no caller has chosen; its
// content type; the name it is saved by; and true for one that nobody needs afterwards, which is
// deleted at once (what has been opened is still sent). The bytes go from the kernel's cache to the
// socket, the part that was asked for; `status` is set to 200, 206, 304, 412 or 416. NULL where
// there is no such file.
struct MHD_Response *http_send_file(struct MHD_Connection *connection, const char *verb,
                                    const json_t *result, int *status);
