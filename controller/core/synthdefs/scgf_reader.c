// SPDX-License-Identifier: GPL-3.0-or-later
#include "controller/core/synthdefs/scgf_reader.h"

#include "common/error.h"

#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <string.h>

void reader_refuse(struct scgf_reader *reader, gsize at, const char *format, ...)
{
    if (reader->error)
        return;
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *sentence = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    g_set_error(&reader->error, FARFIELD_ERROR, ERROR_INVALID, "byte %zu: %s", at, sentence);
}

const guint8 *reader_take(struct scgf_reader *reader, gsize size, const char *what)
{
    if (reader->error)
        return NULL;
    gsize left = reader->length - reader->at;
    if (left < size) {
        reader_refuse(reader, reader->at, "expected %s (%zu byte%s), the file ends after %zu", what,
                      size, size == 1 ? "" : "s", left);
        return NULL;
    }
    const guint8 *bytes = reader->data + reader->at;
    reader->at += size;
    return bytes;
}

int reader_byte(struct scgf_reader *reader, const char *what)
{
    const guint8 *bytes = reader_take(reader, 1, what);
    return bytes ? bytes[0] : 0;
}

gint16 reader_short(struct scgf_reader *reader, const char *what)
{
    const guint8 *bytes = reader_take(reader, 2, what);
    return bytes ? (gint16)(bytes[0] << 8 | bytes[1]) : 0;
}

gint32 reader_long(struct scgf_reader *reader, const char *what)
{
    const guint8 *bytes = reader_take(reader, 4, what);
    return bytes ? (gint32)((guint32)bytes[0] << 24 | bytes[1] << 16 | bytes[2] << 8 | bytes[3])
                 : 0;
}

gint32 reader_index(struct scgf_reader *reader, const char *what)
{
    return reader->version >= 2 ? reader_long(reader, what) : reader_short(reader, what);
}

int reader_check_count(struct scgf_reader *reader, gsize at, int count, int most, gsize least,
                       const char *what)
{
    if (reader->error)
        return 0;
    if (count < 0 || count > most) {
        reader_refuse(reader, at, "expected 0 to %d %s, found %d", most, what, count);
        return 0;
    }
    guint64 size = (guint64)count * least;
    gsize left = reader->length - reader->at;
    if (size > left) {
        reader_refuse(reader, reader->at,
                      "expected %d %s (%" G_GUINT64_FORMAT " bytes), the file ends after %zu",
                      count, what, size, left);
        return 0;
    }
    return count;
}

int reader_count(struct scgf_reader *reader, int most, gsize least, const char *what)
{
    gsize at = reader->at;
    g_autofree char *number = g_strdup_printf("the number of %s", what);
    int count = reader_index(reader, number);
    return reader_check_count(reader, at, count, most, least, what);
}

static bool printable(const char *text)
{
    for (const char *c = text; *c; c = g_utf8_next_char(c))
        if (g_unichar_iscntrl(g_utf8_get_char(c)))
            return false;
    return true;
}

char *reader_name(struct scgf_reader *reader, const char *what)
{
    gsize at = reader->at;
    int length = reader_byte(reader, what);
    if (!reader->error && length == 0)
        reader_refuse(reader, at, "expected %s, found an empty one", what);
    const guint8 *bytes = reader_take(reader, length, what);
    if (!bytes)
        return NULL;
    // g_utf8_validate_len() takes a NUL for an error too.
    if (!g_utf8_validate_len((const char *)bytes, length, NULL)) {
        reader_refuse(reader, at + 1, "expected %s in UTF-8", what);
        return NULL;
    }
    g_autofree char *name = g_strndup((const char *)bytes, length);
    if (!printable(name)) {
        reader_refuse(reader, at + 1, "expected %s without control characters", what);
        return NULL;
    }
    return g_steal_pointer(&name);
}

float *reader_floats(struct scgf_reader *reader, int count, const char *what)
{
    if (reader->error)
        return NULL;
    float *values = g_new0(float, count);
    for (int i = 0; i < count && !reader->error; i++) {
        gsize at = reader->at;
        guint32 bits = (guint32)reader_long(reader, what);
        memcpy(&values[i], &bits, sizeof(float));
        if (isnan(values[i]))
            reader_refuse(reader, at, "expected a number as %s %d, found NaN", what, i);
    }
    return values;
}
