// SPDX-License-Identifier: GPL-3.0-or-later
// How a file is handed out over HTTP: which status, which part of it, by what the request's headers
// say (RFC 9110, sections 8.8, 13 and 14). Pure: the headers come in as text, the file as numbers.
#pragma once

#include <glib.h>
#include <stdbool.h>

// What a request says; NULL for headers that it lacks.
struct transfer_head {
    bool is_get; // a range means nothing to HEAD
    const char *if_match, *if_none_match;
    const char *if_modified_since, *if_unmodified_since;
    const char *range, *if_range;
};

struct transfer_file {
    guint64 size;     // bytes
    const char *etag; // strong, with its quotes
    gint64 modified;  // seconds of Unix time
    gint64 now;       // likewise
};

struct transfer {
    int status;            // 200, 206, 304, 412 or 416
    guint64 first, length; // bytes of the file that are the body of 200 or 206
};

// A range that is malformed, in another unit than bytes, or one of several, is passed over.
struct transfer transfer_decide(const struct transfer_head *head, const struct transfer_file *file);

// An HTTP date (section 5.6.7), in any of its three forms; -1 where it is none.
gint64 transfer_parse_date(const char *text);
// "Sun, 06 Nov 1994 08:49:37 GMT"; the caller frees it.
char *transfer_format_date(gint64 time);

// The value of a Content-Disposition (RFC 6266) that has a browser save the file by that name,
// whatever characters that is made of. The caller frees it.
char *transfer_disposition(const char *filename);

// Whether `list`, the value of If-None-Match, names `etag`, weakly or not.
bool transfer_names_tag(const char *list, const char *etag);

// Whether who sends this Accept-Encoding (section 12.5.3; NULL without one) wants gzip no less than
// the bytes as they are. What cannot be read is passed over.
bool transfer_takes_gzip(const char *accept);
