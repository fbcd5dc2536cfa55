// SPDX-License-Identifier: GPL-3.0-or-later
#include "pipeline/sound/stream.h"

#include <stdatomic.h>
#include <string.h>

#include "pipeline/sound/convert.h"

#define FRESH 4800 // frames; somebody who comes over has done so by then

struct stream {
    struct hub *hub;         // owned
    struct encoder *encoder; // owned
    int block;
    bool fec;
    atomic_int bitrate, complexity; // as wanted
    atomic_int fresh;               // frames of which packets are to lean on none before them

    // The source's thread alone:
    int bitrate_now, complexity_now;
    bool running;              // someone listens
    float held[2 * MAX_BLOCK]; // of the packet that is being filled
    int filled;                // frames
    struct stream_stamp stamp; // of its first
};

struct stream *stream_create(const struct encoder_settings *settings)
{
    g_assert(settings->block <= MAX_BLOCK);
    struct stream *stream = g_new0(struct stream, 1);
    stream->hub = hub_create();
    stream->encoder = encoder_create(settings);
    stream->block = settings->block;
    stream->fec = settings->fec;
    stream->bitrate = stream->bitrate_now = settings->bitrate;
    stream->complexity = stream->complexity_now = settings->complexity;
    return stream;
}

void stream_destroy(struct stream *stream)
{
    if (!stream)
        return;
    encoder_destroy(stream->encoder);
    hub_destroy(stream->hub);
    g_free(stream);
}

struct hub *stream_hub(struct stream *stream)
{
    return stream->hub;
}

int stream_block(const struct stream *stream)
{
    return stream->block;
}

static void follow_wishes(struct stream *stream)
{
    int bitrate = atomic_load(&stream->bitrate), complexity = atomic_load(&stream->complexity);
    if (bitrate == stream->bitrate_now && complexity == stream->complexity_now)
        return;
    encoder_tune(stream->encoder, bitrate, complexity);
    stream->bitrate_now = bitrate;
    stream->complexity_now = complexity;
}

static bool take_fresh(struct stream *stream)
{
    if (atomic_load(&stream->fresh) <= 0)
        return false;
    atomic_fetch_sub(&stream->fresh, stream->block);
    return true;
}

static void send_packet(struct stream *stream)
{
    follow_wishes(stream);
    GstBuffer *packet = encoder_encode(stream->encoder, stream->held, take_fresh(stream));
    GST_BUFFER_PTS(packet) = stream->stamp.time;
    GST_BUFFER_DURATION(packet) = gst_util_uint64_scale(stream->block, GST_SECOND, CONVERT_RATE);
    GST_BUFFER_OFFSET(packet) = stream->stamp.sample;
    GST_BUFFER_OFFSET_END(packet) = stream->stamp.microtime;
    hub_deliver(stream->hub, packet);
    gst_buffer_unref(packet);
}

void stream_push(struct stream *stream, const float *frames, int count,
                 const struct stream_stamp *stamp)
{
    bool begins = stamp->sample % stream->block == 0;
    if (begins) {
        bool running = !hub_is_empty(stream->hub);
        if (running && !stream->running)
            encoder_reset(stream->encoder);
        stream->running = running;
        stream->filled = 0;
        stream->stamp = *stamp;
    }
    if (!stream->running)
        return;
    memcpy(stream->held + 2 * stream->filled, frames, 2 * count * sizeof *frames);
    stream->filled += count;
    if (stream->filled == stream->block)
        send_packet(stream);
}

void stream_tune(struct stream *stream, int bitrate, int complexity)
{
    atomic_store(&stream->bitrate, bitrate);
    atomic_store(&stream->complexity, complexity);
}

void stream_freshen(struct stream *stream)
{
    if (stream->fec)
        atomic_store(&stream->fresh, FRESH);
}

int stream_complexity(struct stream *stream)
{
    return atomic_load(&stream->complexity);
}
