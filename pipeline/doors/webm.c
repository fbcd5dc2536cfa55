// SPDX-License-Identifier: GPL-3.0-or-later
#include "pipeline/doors/webm.h"

#include <string.h>

#define CLUSTER 1000 // ms; a block's time within it has 16 bits
#define MILLISECOND 1000000
#define CHANNELS 2
#define RATE 48000

// RFC 9559, section 5.1, and RFC 8794, section 11.2, for the head.
enum {
    EBML = 0x1A45DFA3,
    EBML_VERSION = 0x4286,
    EBML_READ_VERSION = 0x42F7,
    EBML_MAX_ID_LENGTH = 0x42F2,
    EBML_MAX_SIZE_LENGTH = 0x42F3,
    DOC_TYPE = 0x4282,
    DOC_TYPE_VERSION = 0x4287,
    DOC_TYPE_READ_VERSION = 0x4285,
    SEGMENT = 0x18538067,
    INFO = 0x1549A966,
    TIMESTAMP_SCALE = 0x2AD7B1,
    TITLE = 0x7BA9,
    MUXING_APP = 0x4D80,
    WRITING_APP = 0x5741,
    TRACKS = 0x1654AE6B,
    TRACK_ENTRY = 0xAE,
    TRACK_NUMBER = 0xD7,
    TRACK_UID = 0x73C5,
    TRACK_TYPE = 0x83,
    FLAG_LACING = 0x9C,
    CODEC_ID = 0x86,
    CODEC_PRIVATE = 0x63A2,
    CODEC_DELAY = 0x56AA,
    SEEK_PRE_ROLL = 0x56BB,
    AUDIO = 0xE1,
    SAMPLING_FREQUENCY = 0xB5,
    AUDIO_CHANNELS = 0x9F,
    CLUSTER_ID = 0x1F43B675,
    TIMESTAMP = 0xE7,
    SIMPLE_BLOCK = 0xA3,
};

static void put_bytes(GByteArray *out, gconstpointer bytes, gsize length)
{
    g_byte_array_append(out, bytes, (guint)length);
}

// Big-endian, in so many bytes.
static void put_number(GByteArray *out, guint64 value, int bytes)
{
    for (int i = bytes - 1; i >= 0; i--)
        put_bytes(out, &(guint8){(guint8)(value >> 8 * i)}, 1);
}

static int bytes_of(guint64 value)
{
    int bytes = 1;
    while (value >>= 8)
        bytes++;
    return bytes;
}

static void put_id(GByteArray *out, guint32 id)
{
    put_number(out, id, bytes_of(id));
}

// A size of four bytes, whose mark takes up four bits, holds all that we have.
static void put_size(GByteArray *out, gsize size)
{
    g_assert(size < 1 << 28);
    put_number(out, 0x10000000 | size, 4);
}

static void put_unknown_size(GByteArray *out)
{
    put_number(out, 0x01FFFFFFFFFFFFFF, 8);
}

static void put_binary(GByteArray *out, guint32 id, gconstpointer bytes, gsize length)
{
    put_id(out, id);
    put_size(out, length);
    put_bytes(out, bytes, length);
}

static void put_text(GByteArray *out, guint32 id, const char *text)
{
    put_binary(out, id, text, strlen(text));
}

static void put_unsigned(GByteArray *out, guint32 id, guint64 value)
{
    put_id(out, id);
    put_size(out, bytes_of(value));
    put_number(out, value, bytes_of(value));
}

static void put_float(GByteArray *out, guint32 id, float value)
{
    guint32 bits;
    memcpy(&bits, &value, sizeof bits);
    put_id(out, id);
    put_size(out, sizeof bits);
    put_number(out, bits, sizeof bits);
}

// Takes `inner`, as a master element.
static void put_master(GByteArray *out, guint32 id, GByteArray *inner)
{
    put_binary(out, id, inner->data, inner->len);
    g_byte_array_unref(inner);
}

static GByteArray *ebml_head(void)
{
    GByteArray *head = g_byte_array_new();
    put_unsigned(head, EBML_VERSION, 1);
    put_unsigned(head, EBML_READ_VERSION, 1);
    put_unsigned(head, EBML_MAX_ID_LENGTH, 4);
    put_unsigned(head, EBML_MAX_SIZE_LENGTH, 8);
    put_text(head, DOC_TYPE, "webm");
    put_unsigned(head, DOC_TYPE_VERSION, 4);
    put_unsigned(head, DOC_TYPE_READ_VERSION, 2);
    return head;
}

static GByteArray *info(const char *title)
{
    GByteArray *info = g_byte_array_new();
    put_unsigned(info, TIMESTAMP_SCALE, MILLISECOND);
    put_text(info, TITLE, title);
    put_text(info, MUXING_APP, "Farfield");
    put_text(info, WRITING_APP, "Farfield");
    return info;
}

static GByteArray *tracks(const GByteArray *head, int pre_skip)
{
    GByteArray *audio = g_byte_array_new(), *track = g_byte_array_new();
    GByteArray *tracks = g_byte_array_new();
    put_float(audio, SAMPLING_FREQUENCY, RATE);
    put_unsigned(audio, AUDIO_CHANNELS, CHANNELS);
    put_unsigned(track, TRACK_NUMBER, 1);
    put_unsigned(track, TRACK_UID, 1);
    put_unsigned(track, TRACK_TYPE, 2);
    put_unsigned(track, FLAG_LACING, 0);
    put_text(track, CODEC_ID, "A_OPUS");
    put_unsigned(track, CODEC_DELAY, (guint64)pre_skip * 1000 * MILLISECOND / RATE);
    put_unsigned(track, SEEK_PRE_ROLL, 80 * MILLISECOND);
    put_master(track, AUDIO, audio);
    put_binary(track, CODEC_PRIVATE, head->data, head->len);
    put_master(tracks, TRACK_ENTRY, track);
    return tracks;
}

void webm_begin(GByteArray *out, const char *title, const GByteArray *head, int pre_skip)
{
    put_master(out, EBML, ebml_head());
    put_id(out, SEGMENT);
    put_unknown_size(out);
    put_master(out, INFO, info(title));
    put_master(out, TRACKS, tracks(head, pre_skip));
}

void webm_add(struct webm *webm, const guint8 *packet, gsize length, int samples, GByteArray *out)
{
    guint64 time = webm->samples * 1000 / RATE;
    if (webm->samples == 0 || time - webm->cluster >= CLUSTER) {
        webm->cluster = time;
        put_id(out, CLUSTER_ID);
        put_unknown_size(out);
        put_unsigned(out, TIMESTAMP, time);
    }
    put_id(out, SIMPLE_BLOCK);
    put_size(out, 4 + length);
    put_number(out, 0x81, 1); // the track's number, as a size is written
    put_number(out, time - webm->cluster, 2);
    put_number(out, 0x80, 1); // any packet may be the first
    put_bytes(out, packet, length);
    webm->samples += samples;
}
