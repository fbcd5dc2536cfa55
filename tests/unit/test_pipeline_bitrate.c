// SPDX-License-Identifier: GPL-3.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "pipeline/sound/bitrate.h"

static void decide(struct bitrate *bitrate, int good, int lossy, int expected)
{
    int before = bitrate->now;
    for (int i = 0; i < good; i++)
        bitrate_report(bitrate, 0.05);
    for (int i = 0; i < lossy; i++)
        bitrate_report(bitrate, 0.11);
    assert_int_equal(bitrate_decide(bitrate), expected != before);
    assert_int_equal(bitrate->now, expected);
}

static void a_stream_of_full_lines_takes_fewer_bits(void **state)
{
    struct bitrate bitrate;
    bitrate_init(&bitrate, 128000);
    decide(&bitrate, 0, 0, 128000);
    decide(&bitrate, 4, 1, 128000); // one of many
    decide(&bitrate, 3, 1, 96000);
    decide(&bitrate, 0, 1, 72000);
    decide(&bitrate, 0, 1, 54000);
    decide(&bitrate, 0, 1, 40500);
    decide(&bitrate, 0, 1, 32000);
    decide(&bitrate, 0, 1, 32000);
    decide(&bitrate, 1, 0, 32000);
    decide(&bitrate, 1, 0, 32000);
    decide(&bitrate, 1, 0, 42667); // well for half a minute
    decide(&bitrate, 9, 1, 42667);
    for (int i = 0; i < 30; i++)
        bitrate_decide(&bitrate);
    assert_int_equal(bitrate.now, 128000);
    bitrate_init(&bitrate, 16000);
    decide(&bitrate, 0, 1, 16000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_stream_of_full_lines_takes_fewer_bits),
    };
    return cmocka_run_group_tests_name("pipeline bitrate", tests, NULL, NULL);
}
