// SPDX-License-Identifier: GPL-3.0-or-later
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glib.h>

#include "pipeline/sound/convert.h"
#include "pipeline/sound/encoder.h"

#define BLOCK 480

static void test_48_khz_goes_through_unchanged(void **state)
{
    struct convert *convert = convert_create(48000, BLOCK);
    float in[2 * 300], out[2 * BLOCK];
    for (int i = 0; i < 600; i++)
        in[i] = i / 600.0f;
    assert_int_equal(convert_missing(convert), 480);
    convert_push(convert, in, 300);
    assert_int_equal(convert_missing(convert), 180);
    assert_false(convert_pull(convert, out));
    convert_push(convert, in, 300);
    assert_int_equal(convert_missing(convert), 0);
    assert_true(convert_pull(convert, out));
    assert_memory_equal(out, in, sizeof in);
    assert_memory_equal(out + 600, in, 2 * 180 * sizeof(float));
    assert_int_equal(convert_missing(convert), 360);
    convert_clear(convert);
    assert_int_equal(convert_missing(convert), 480);
    convert_push_silence(convert, 100);
    assert_int_equal(convert_missing(convert), 380);
    convert_destroy(convert);
}

// Pushes ten seconds of a 1 kHz sine at `rate` as a source does, only what is missing each time.
static void check_rate(int rate)
{
    struct convert *convert = convert_create(rate, BLOCK);
    float out[2 * BLOCK], frame[2];
    double square = 0;
    int pushed = 0, pulled = 0, crossings = 0;
    float before = 0;
    while (pushed < 10 * rate) {
        for (size_t missing = convert_missing(convert); missing > 0; missing--, pushed++) {
            frame[0] = 0.5f * sinf((float)fmod(2 * M_PI * 1000.0 * pushed / rate, 2 * M_PI));
            frame[1] = 0;
            convert_push(convert, frame, 1);
        }
        while (convert_pull(convert, out)) {
            pulled += BLOCK;
            for (int i = 0; i < BLOCK; i++) {
                crossings += before < 0 && out[2 * i] >= 0;
                before = out[2 * i];
                square += out[2 * i] * out[2 * i];
                assert_true(fabsf(out[2 * i + 1]) < 1e-6f);
            }
        }
    }
    // Never more than the filter's length behind.
    assert_in_range(pulled, 480000 - 1000, 480000 + BLOCK);
    assert_in_range(crossings, 9970, 10010);
    assert_float_equal(sqrt(square / pulled), 0.5 / sqrt(2), 0.01);
    convert_destroy(convert);
}

static void test_other_rates_keep_length_pitch_and_level(void **state)
{
    static const int rates[] = {22050, 32000, 44100, 88200, 96000, 192000};
    for (size_t i = 0; i < G_N_ELEMENTS(rates); i++)
        check_rate(rates[i]);
}

static void test_packets_of_every_length(void **state)
{
    static const int blocks[] = {120, 240, 480, 960};
    static const float silence[2 * 960];
    for (size_t i = 0; i < G_N_ELEMENTS(blocks); i++) {
        for (int fec = 0; fec <= (blocks[i] >= 480); fec++) {
            struct encoder *encoder = encoder_create(
                &(struct encoder_settings){.bitrate = 128000, .block = blocks[i], .fec = fec});
            GstBuffer *packet = encoder_encode(encoder, silence, fec);
            assert_in_range(gst_buffer_get_size(packet), 1, 1276);
            gst_buffer_unref(packet);
            encoder_destroy(encoder);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_48_khz_goes_through_unchanged),
        cmocka_unit_test(test_other_rates_keep_length_pitch_and_level),
        cmocka_unit_test(test_packets_of_every_length),
    };
    gst_init(NULL, NULL);
    return cmocka_run_group_tests_name("pipeline convert", tests, NULL, NULL);
}
