// SPDX-License-Identifier: GPL-3.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "pipeline/sound/bitrate.h"
#include "pipeline/webrtc/adapt.h"

static int reports_until_change(struct adapt *adapt, double lost, int most)
{
    for (int n = 1; n <= most; n++)
        if (adapt_report(adapt, lost))
            return n;
    return 0;
}

static void who_loses_some_is_served_safely_until_well(void **state)
{
    struct adapt adapt;
    adapt_init(&adapt, MODE_BALANCED);
    assert_int_equal(reports_until_change(&adapt, 0.02, 100), 0);
    assert_int_equal(reports_until_change(&adapt, 0.021, 100), 2);
    assert_int_equal(adapt.served, MODE_SAFE);
    assert_int_equal(adapt.wished, MODE_BALANCED);
    assert_int_equal(reports_until_change(&adapt, 0.01, 100), 0);
    assert_int_equal(reports_until_change(&adapt, 0, 14), 0);
    assert_false(adapt_report(&adapt, 0.01)); // begins to count anew
    assert_int_equal(reports_until_change(&adapt, 0, 100), 15);
    assert_int_equal(adapt.served, MODE_BALANCED);
    assert_true(adapt_report(&adapt, 0.11)); // at once
}

static void who_has_chosen_stays(void **state)
{
    struct adapt adapt;
    adapt_init(&adapt, MODE_LOWEST);
    assert_int_equal(reports_until_change(&adapt, 0.5, 100), 0);
    adapt_init(&adapt, MODE_SAFE);
    assert_int_equal(reports_until_change(&adapt, 0, 100), 0);
    adapt_init(&adapt, MODE_BALANCED);
    assert_true(adapt_report(&adapt, 0.5));
    adapt_init(&adapt, MODE_BALANCED);
    assert_int_equal(adapt.served, MODE_BALANCED);
}

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
        cmocka_unit_test(who_loses_some_is_served_safely_until_well),
        cmocka_unit_test(who_has_chosen_stays),
        cmocka_unit_test(a_stream_of_full_lines_takes_fewer_bits),
    };
    return cmocka_run_group_tests_name("pipeline adapt", tests, NULL, NULL);
}
