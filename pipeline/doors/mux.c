// SPDX-License-Identifier: GPL-3.0-or-later
#include "pipeline/doors/mux.h"

#include <ogg/ogg.h>
#include <string.h>

#include "pipeline/doors/webm.h"

#define RATE 48000
#define PAGE_SAMPLES (RATE / 10) // of a page of Ogg, after which it is sent
#define CHANNELS 2

struct mux {
    enum listener_kind kind;
    char *title; // owned
    struct webm webm;
    ogg_stream_state ogg; // KIND_OGG
    gint64 granule;       // samples so far
    gint64 sent;          // granule of the last page
    gint64 packets;
};

struct mux *mux_create(enum listener_kind kind, const char *title, guint32 serial)
{
    struct mux *mux = g_new0(struct mux, 1);
    mux->kind = kind;
    mux->title = g_strdup(title);
    if (kind == KIND_OGG)
        ogg_stream_init(&mux->ogg, (int)serial);
    return mux;
}

void mux_destroy(struct mux *mux)
{
    if (!mux)
        return;
    if (mux->kind == KIND_OGG)
        ogg_stream_clear(&mux->ogg);
    g_free(mux->title);
    g_free(mux);
}

const char *mux_type(enum listener_kind kind)
{
    return kind == KIND_OGG ? "audio/ogg; codecs=\"opus\"" : "audio/webm; codecs=\"opus\"";
}

// RFC 7845, section 5.1; little-endian.
static GByteArray *opus_head(void)
{
    static const guint8 head[] = {
        'O',
        'p',
        'u',
        's',
        'H',
        'e',
        'a',
        'd', // magic
        1,
        CHANNELS, // version
        MUX_PRE_SKIP & 255,
        MUX_PRE_SKIP >> 8, // thrown away at the start
        RATE & 255,
        RATE >> 8 & 255,
        RATE >> 16 & 255,
        0, // of what was encoded
        0,
        0, // gain
        0, // mapping family
    };
    return g_byte_array_append(g_byte_array_new(), head, sizeof head);
}

// RFC 7845, section 5.2: the vendor's name, and one comment.
static GByteArray *opus_tags(const char *title)
{
    static const char tags[] =
        "OpusTags\10\0\0\0Farfield\1\0\0"; // its NUL is the number's last byte
    g_autofree char *comment = g_strconcat("TITLE=", title, NULL);
    guint32 length = GUINT32_TO_LE((guint32)strlen(comment));
    GByteArray *out = g_byte_array_new();
    g_byte_array_append(out, (const guint8 *)tags, sizeof tags);
    g_byte_array_append(out, (const guint8 *)&length, sizeof length);
    return g_byte_array_append(out, (const guint8 *)comment, (guint)strlen(comment));
}

static void put_pages(struct mux *mux, GByteArray *out)
{
    ogg_page page;
    while (ogg_stream_flush(&mux->ogg, &page)) {
        g_byte_array_append(out, page.header, (guint)page.header_len);
        g_byte_array_append(out, page.body, (guint)page.body_len);
    }
    mux->sent = mux->granule;
}

static void put_packet(struct mux *mux, const guint8 *bytes, gsize length)
{
    ogg_packet packet = {.packet = (guint8 *)bytes,
                         .bytes = (long)length,
                         .b_o_s = mux->packets == 0,
                         .granulepos = mux->granule,
                         .packetno = mux->packets};
    mux->packets++;
    ogg_stream_packetin(&mux->ogg, &packet);
}

// Each of the two heads has a page of its own.
static void put_head(struct mux *mux, GByteArray *head, GByteArray *out)
{
    put_packet(mux, head->data, head->len);
    put_pages(mux, out);
    g_byte_array_unref(head);
}

void mux_begin(struct mux *mux, GByteArray *out)
{
    if (mux->kind == KIND_OGG) {
        put_head(mux, opus_head(), out);
        put_head(mux, opus_tags(mux->title), out);
        return;
    }
    GByteArray *head = opus_head();
    webm_begin(out, mux->title, head, MUX_PRE_SKIP);
    g_byte_array_unref(head);
}

void mux_add(struct mux *mux, const guint8 *packet, gsize length, int samples, GByteArray *out)
{
    if (mux->kind == KIND_WEBM) {
        webm_add(&mux->webm, packet, length, samples, out);
        return;
    }
    mux->granule += samples;
    put_packet(mux, packet, length);
    if (mux->granule - mux->sent >= PAGE_SAMPLES)
        put_pages(mux, out);
}

void mux_end(struct mux *mux, GByteArray *out)
{
    if (mux->kind == KIND_OGG)
        put_pages(mux, out);
}
