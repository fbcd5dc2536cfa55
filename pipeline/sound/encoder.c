// SPDX-License-Identifier: GPL-3.0-or-later
#include "pipeline/sound/encoder.h"

#include <opus/opus.h>
#include <string.h>

// Expected loss in percent. From 9 on libopus 1.3 gives up its pure music layer for the hybrid one,
// which alone carries error correction (opus_encoder.c); the more, the more is put into it.
#define EXPECTED_LOSS 20

struct encoder {
    OpusEncoder *opus; // owned
    int block;
};

struct encoder *encoder_create(const struct encoder_settings *settings)
{
    // In-band FEC lives in the speech layer, which the low-delay mode does without.
    int application = settings->fec ? OPUS_APPLICATION_AUDIO : OPUS_APPLICATION_RESTRICTED_LOWDELAY;
    int error;
    struct encoder *encoder = g_new0(struct encoder, 1);
    encoder->opus = opus_encoder_create(48000, 2, application, &error);
    g_assert(encoder->opus);
    encoder->block = settings->block;
    encoder_tune(encoder, settings->bitrate, settings->complexity);
    opus_encoder_ctl(encoder->opus, OPUS_SET_SIGNAL(OPUS_SIGNAL_MUSIC));
    if (settings->fec) {
        opus_encoder_ctl(encoder->opus, OPUS_SET_INBAND_FEC(1));
        opus_encoder_ctl(encoder->opus, OPUS_SET_PACKET_LOSS_PERC(EXPECTED_LOSS));
    }
    return encoder;
}

void encoder_destroy(struct encoder *encoder)
{
    if (!encoder)
        return;
    opus_encoder_destroy(encoder->opus);
    g_free(encoder);
}

GstBuffer *encoder_encode(struct encoder *encoder, const float *frames, bool fresh)
{
    guint8 packet[MAX_PACKET];
    opus_encoder_ctl(encoder->opus, OPUS_SET_PREDICTION_DISABLED(fresh));
    opus_int32 length =
        opus_encode_float(encoder->opus, frames, encoder->block, packet, sizeof packet);
    g_assert(length > 0);
    return gst_buffer_new_memdup(packet, length);
}

void encoder_tune(struct encoder *encoder, int bitrate, int complexity)
{
    opus_encoder_ctl(encoder->opus, OPUS_SET_BITRATE(bitrate));
    opus_encoder_ctl(encoder->opus, OPUS_SET_COMPLEXITY(complexity));
}

void encoder_reset(struct encoder *encoder)
{
    opus_encoder_ctl(encoder->opus, OPUS_RESET_STATE);
}
