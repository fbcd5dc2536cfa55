// SPDX-License-Identifier: GPL-3.0-or-later
// The headers by which a part of a file is asked for, a line each: whatever they say, what is
// handed out lies within the file.
#include <glib.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "controller/core/api/transfer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define FILE_SIZE 1000

static void check(const struct transfer_head *head)
{
    struct transfer_file file = {FILE_SIZE, "\"tag\"", 784111777, 784111777 + 60};
    struct transfer transfer = transfer_decide(head, &file);
    bool has_body = transfer.status == 200 || transfer.status == 206;
    if (!has_body && transfer.status != 304 && transfer.status != 412 && transfer.status != 416)
        g_error("status %d", transfer.status);
    if (transfer.first + transfer.length > FILE_SIZE || (!has_body && transfer.length > 0))
        g_error("%d: %" G_GUINT64_FORMAT "+%" G_GUINT64_FORMAT, transfer.status, transfer.first,
                transfer.length);
    if (transfer.status == 200 && transfer.length != FILE_SIZE)
        g_error("not the whole");
    if (transfer.status == 206 && transfer.length == 0)
        g_error("a part of nothing");
}

// What a header carries is one line of printable ASCII.
static void check_disposition(const char *name)
{
    g_autofree char *value = transfer_disposition(name);
    for (const char *at = value; *at; at++)
        if (*at < ' ' || *at > '~')
            g_error("byte %d", *at);
    const char *quote = strchr(value, '"'), *end = quote ? strchr(quote + 1, '"') : NULL;
    if (!end || (end[1] != '\0' && !g_str_has_prefix(end, "\"; filename*=UTF-8''")))
        g_error("%s", value);
}

static void check_date(const char *text)
{
    gint64 time = transfer_parse_date(text);
    if (time < 0)
        return;
    g_autofree char *again = transfer_format_date(time);
    if (transfer_parse_date(again) != time)
        g_error("%s became %s", text, again);
}

// A refusal at the end is the last word.
static void check_gzip(const char *text)
{
    g_autofree char *refused = g_strconcat(text, ",gzip;q=0,x-gzip;q=0", NULL);
    if (transfer_takes_gzip(refused))
        g_error("%s", refused);
    transfer_takes_gzip(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autofree char *text = g_strndup((const char *)data, size);
    g_auto(GStrv) lines = g_strsplit(text, "\n", 7);
    const char *values[7] = {NULL};
    for (int i = 0; lines[i]; i++)
        values[i] = *lines[i] ? lines[i] : NULL;
    check(&(struct transfer_head){.is_get = !values[0] || *values[0] != 'H',
                                  .range = values[1],
                                  .if_range = values[2],
                                  .if_match = values[3],
                                  .if_none_match = values[4],
                                  .if_modified_since = values[5],
                                  .if_unmodified_since = values[6]});
    check_disposition(text);
    for (int i = 0; lines[i]; i++) {
        check_date(lines[i]);
        check_gzip(lines[i]);
    }
    return 0;
}
