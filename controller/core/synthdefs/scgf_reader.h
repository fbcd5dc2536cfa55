// SPDX-License-Identifier: GPL-3.0-or-later
// The numbers and names that a SCgf file is made of. After the first refusal every read gives 0,
// NULL or nothing, so that callers need to look at `error` only before they go on to something
// costly.
#pragma once

#include <glib.h>

struct scgf_reader {
    const guint8 *data;
    gsize length, at;
    int version;
    GError *error; // owned; the first refusal
};

// Sets `error` to "byte AT: ..." unless there is one.
G_GNUC_PRINTF(3, 4)
void reader_refuse(struct scgf_reader *reader, gsize at, const char *format, ...);

// The next `size` bytes, or NULL. `what` is what is expected, in words.
const guint8 *reader_take(struct scgf_reader *reader, gsize size, const char *what);

// Big-endian. An index is long from version 2 on, short before.
int reader_byte(struct scgf_reader *reader, const char *what);
gint16 reader_short(struct scgf_reader *reader, const char *what);
gint32 reader_long(struct scgf_reader *reader, const char *what);
gint32 reader_index(struct scgf_reader *reader, const char *what);

// `count`, which stands at byte `at`, if it is from 0 to `most` and so many things of at least
// `least` bytes each can follow from here on; else 0.
int reader_check_count(struct scgf_reader *reader, gsize at, int count, int most, gsize least,
                       const char *what);
// Reads a count as an index and checks it.
int reader_count(struct scgf_reader *reader, int most, gsize least, const char *what);

// A length byte and so many bytes of UTF-8 without control characters, at least one. `what` is as
// in "a parameter's name". The caller owns the result.
char *reader_name(struct scgf_reader *reader, const char *what);

// `count` floats, none of them NaN, after reader_count() has found room for them. The caller owns
// the result.
float *reader_floats(struct scgf_reader *reader, int count, const char *what);
