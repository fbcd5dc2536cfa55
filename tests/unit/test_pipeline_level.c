// SPDX-License-Identifier: GPL-3.0-or-later
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glib.h>

#include "pipeline/sound/level.h"
#include "pipeline/sound/ring.h"

static void test_clean(void **state)
{
    float frames[] = {NAN, INFINITY, -INFINITY, 1e30f, -1e30f, 0.5f, -1.0f, 1.0001f};
    const float expected[] = {0, 0, 0, 1, -1, 0.5f, -1, 1};
    level_clean(frames, 4);
    assert_memory_equal(frames, expected, sizeof expected);
}

static void test_silence_reads_as_the_floor(void **state)
{
    struct level level = {0};
    double peak[2], rms[2];
    level_read(&level, peak, rms);
    for (int c = 0; c < 2; c++) {
        assert_float_equal(peak[c], LEVEL_FLOOR, 0);
        assert_float_equal(rms[c], LEVEL_FLOOR, 0);
    }
    const float frames[8] = {0};
    level_add(&level, frames, 4);
    level_read(&level, peak, rms);
    assert_float_equal(peak[0], LEVEL_FLOOR, 0);
    assert_float_equal(rms[1], LEVEL_FLOOR, 0);
}

static void test_levels_of_a_sine_and_a_square(void **state)
{
    struct level level = {0};
    double peak[2], rms[2];
    for (int i = 0; i < 4800; i++) {
        const float frame[2] = {0.5f * sinf(2 * (float)M_PI * i / 48), i % 2 ? 1 : -1};
        level_add(&level, frame, 1);
    }
    level_read(&level, peak, rms);
    assert_float_equal(peak[0], -6.02, 0.01);
    assert_float_equal(rms[0], -9.03, 0.01);
    assert_float_equal(peak[1], 0, 1e-9);
    assert_float_equal(rms[1], 0, 1e-9);
}

static void test_ring(void **state)
{
    struct ring *ring = g_new0(struct ring, 1);
    static float left[RING_FRAMES + 1], right[RING_FRAMES + 1], out[2 * RING_FRAMES];
    for (int i = 0; i < RING_FRAMES; i++) {
        left[i] = i;
        right[i] = -i;
    }
    assert_false(ring_write(ring, left, right, RING_FRAMES + 1));
    assert_int_equal(ring_filled(ring), 0);
    // The second round crosses the end of the ring.
    for (int round = 0; round < 3; round++) {
        assert_true(ring_write(ring, left, right, 20000));
        assert_false(ring_write(ring, left, right, 20000));
        assert_int_equal(ring_filled(ring), 20000);
        ring_skip(ring, 5);
        assert_int_equal(ring_read(ring, out, 7), 7);
        assert_float_equal(out[0], 5, 0);
        assert_float_equal(out[13], -11, 0);
        assert_int_equal(ring_read(ring, out, RING_FRAMES), 20000 - 12);
        assert_float_equal(out[2 * (20000 - 13)], 19999, 0);
        ring_skip(ring, 100);
        assert_int_equal(ring_filled(ring), 0);
    }
    g_free(ring);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_clean),
        cmocka_unit_test(test_silence_reads_as_the_floor),
        cmocka_unit_test(test_levels_of_a_sine_and_a_square),
        cmocka_unit_test(test_ring),
    };
    return cmocka_run_group_tests_name("pipeline level", tests, NULL, NULL);
}
