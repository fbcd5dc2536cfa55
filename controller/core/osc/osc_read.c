// SPDX-License-Identifier: GPL-3.0-or-later
#include "controller/core/osc/osc_read.h"

#include <stdint.h>
#include <string.h>

#include "common/error.h"

#define BUNDLE "#bundle" // with its NUL, 8 bytes
#define TIMETAG 8

struct reader {
    const guint8 *bytes;
    gsize length, at;
    int depth;
    GError **error;
};

static bool fail(struct reader *r, const char *what)
{
    g_set_error(r->error, FARFIELD_ERROR, ERROR_INVALID, "%s, at byte %zu", what, r->at);
    return false;
}

static bool read_int(struct reader *r, guint32 *value)
{
    if (r->length - r->at < 4)
        return fail(r, "4 more bytes were expected");
    memcpy(value, r->bytes + r->at, 4);
    *value = GUINT32_FROM_BE(*value);
    r->at += 4;
    return true;
}

static bool read_long(struct reader *r, guint64 *value)
{
    guint32 high, low;
    if (!read_int(r, &high) || !read_int(r, &low))
        return false;
    *value = (guint64)high << 32 | low;
    return true;
}

static bool is_zero(const guint8 *bytes, gsize length)
{
    for (gsize i = 0; i < length; i++)
        if (bytes[i])
            return false;
    return true;
}

// A string of the packet, which has its NUL there; NULL where it has not.
static const char *read_string(struct reader *r)
{
    const char *text = (const char *)r->bytes + r->at;
    const char *end = memchr(text, '\0', r->length - r->at);
    if (!end) {
        fail(r, "a string does not end");
        return NULL;
    }
    gsize length = end - text, padded = (length + 4) & ~(gsize)3;
    if (padded > r->length - r->at || !is_zero(r->bytes + r->at + length, padded - length)) {
        fail(r, "a string is not padded with zeros to 4 bytes");
        return NULL;
    }
    if (!g_utf8_validate(text, (gssize)length, NULL)) {
        fail(r, "a string is not UTF-8");
        return NULL;
    }
    r->at += padded;
    return text;
}

bool osc_address_check(const char *address, GError **error)
{
    const char *what = NULL;
    if (strcmp(address, BUNDLE) == 0)
        what = "a bundle cannot stand here";
    else if (*address == '\0')
        what = "an address that is a number is not taken here";
    else if (*address != '/')
        what = "an address begins with a slash";
    else if (strpbrk(address, "*?[]{}"))
        what = "address patterns are not taken here";
    for (const char *c = address; *c && !what; c++)
        if (*c <= ' ' || *c > '~' || *c == '#' || *c == ',')
            what = "an address has ASCII letters that can be seen, without # and comma";
    if (what)
        g_set_error_literal(error, FARFIELD_ERROR, ERROR_INVALID, what);
    return !what;
}

static struct osc_message *read_message(struct reader *r);

static bool read_blob(struct reader *r, struct osc_message *message)
{
    guint32 size;
    if (!read_int(r, &size))
        return false;
    gsize padded = ((gsize)size + 3) & ~(gsize)3;
    if (padded > r->length - r->at)
        return fail(r, "a blob is longer than what is there");
    // A message is a multiple of 4 bytes, so there is no padding.
    if (padded != size)
        return fail(r, "a blob must be a message, a multiple of 4 bytes");
    if (r->depth == OSC_READ_MAX_DEPTH)
        return fail(r, "too many messages within messages");
    struct reader inner = {r->bytes + r->at, size, 0, r->depth + 1, r->error};
    struct osc_message *nested = read_message(&inner);
    if (!nested) {
        g_prefix_error(r->error, "in the blob at byte %zu: ", r->at);
        return false;
    }
    osc_add_message(message, nested);
    r->at += size;
    return true;
}

static void add_float(struct osc_message *message, guint32 bits)
{
    float value;
    memcpy(&value, &bits, sizeof value);
    osc_add_float(message, value);
}

static void add_double(struct osc_message *message, guint64 bits)
{
    double value;
    memcpy(&value, &bits, sizeof value);
    osc_add_double(message, value);
}

static bool read_arg(struct reader *r, struct osc_message *message, char type)
{
    guint32 bits;
    guint64 long_bits;
    const char *text;
    switch (type) {
    case 'i':
        if (!read_int(r, &bits))
            return false;
        osc_add_int(message, (int32_t)bits);
        return true;
    case 'f':
        if (!read_int(r, &bits))
            return false;
        add_float(message, bits);
        return true;
    case 'd':
    case 'h':
        if (!read_long(r, &long_bits))
            return false;
        if (type == 'd')
            add_double(message, long_bits);
        else
            osc_add_double(message, (double)(int64_t)long_bits);
        return true;
    case 's':
    case 'S':
        text = read_string(r);
        if (text)
            osc_add_string(message, text);
        return text != NULL;
    case 'T':
    case 'F':
        osc_add_int(message, type == 'T');
        return true;
    case 'b':
        return read_blob(r, message);
    default:
        return fail(r, "an argument has a type that is not taken here; i, f, s, d, h, T, F and b "
                       "are");
    }
}

static bool read_args(struct reader *r, struct osc_message *message)
{
    if (r->at == r->length || r->bytes[r->at] != ',')
        return fail(r, "the types of the arguments were expected");
    const char *types = read_string(r);
    if (!types)
        return false;
    if (strlen(types + 1) > OSC_READ_MAX_ARGS)
        return fail(r, "there are too many arguments");
    for (const char *type = types + 1; *type; type++)
        if (!read_arg(r, message, *type))
            return false;
    return r->at == r->length || fail(r, "nothing more was expected");
}

// All that is left of the reader's bytes.
static struct osc_message *read_message(struct reader *r)
{
    if (r->length == 0) {
        fail(r, "there is nothing");
        return NULL;
    }
    // A number's first byte is 0, which no number of a command reaches beyond.
    const char *address = r->bytes[0] ? read_string(r) : "";
    if (!address || !osc_address_check(address, r->error))
        return NULL;
    struct osc_message *message = osc_message_new(address, "");
    if (read_args(r, message))
        return message;
    osc_message_destroy(message);
    return NULL;
}

static bool read_element(struct reader *r, GPtrArray *messages);

static bool read_bundle(struct reader *r, GPtrArray *messages)
{
    r->at = sizeof BUNDLE;
    if (r->length - r->at < TIMETAG)
        return fail(r, "a timetag was expected");
    r->at += TIMETAG;
    while (r->at < r->length) {
        guint32 size;
        if (!read_int(r, &size))
            return false;
        if (size > r->length - r->at || size % 4)
            return fail(r, "the size of an element is wrong");
        if (r->depth == OSC_READ_MAX_DEPTH)
            return fail(r, "too many bundles within bundles");
        struct reader inner = {r->bytes + r->at, size, 0, r->depth + 1, r->error};
        if (!read_element(&inner, messages))
            return false;
        r->at += size;
    }
    return true;
}

static bool read_element(struct reader *r, GPtrArray *messages)
{
    if (r->length >= sizeof BUNDLE && memcmp(r->bytes, BUNDLE, sizeof BUNDLE) == 0)
        return read_bundle(r, messages);
    if (messages->len == OSC_READ_MAX_MESSAGES)
        return fail(r, "there are too many messages");
    r->depth = 0;
    struct osc_message *message = read_message(r);
    if (message)
        g_ptr_array_add(messages, message);
    return message != NULL;
}

struct osc_message *osc_read_message(const guint8 *bytes, gsize length, GError **error)
{
    struct reader reader = {bytes, length, 0, 0, error};
    return read_message(&reader);
}

bool osc_read_packet(const guint8 *bytes, gsize length, GPtrArray *messages, GError **error)
{
    g_autoptr(GPtrArray) found = g_ptr_array_new();
    struct reader reader = {bytes, length, 0, 0, error};
    bool good = read_element(&reader, found);
    for (guint i = 0; i < found->len; i++) {
        if (good)
            g_ptr_array_add(messages, found->pdata[i]);
        else
            osc_message_destroy(found->pdata[i]);
    }
    return good;
}
