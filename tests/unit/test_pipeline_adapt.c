// SPDX-License-Identifier: GPL-3.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "pipeline/webrtc/adapt.h"

static int reports_until_change(struct adapt *adapt, double lost, int most)
{
    for (int n = 1; n <= most; n++)
        if (adapt_report(adapt, lost, 2))
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
    assert_false(adapt_report(&adapt, 0.01, 2)); // begins to count anew
    assert_int_equal(reports_until_change(&adapt, 0, 100), 15);
    assert_int_equal(adapt.served, MODE_BALANCED);
    assert_true(adapt_report(&adapt, 0.11, 2)); // at once
}

static void one_report_of_a_long_time_is_enough(void **state)
{
    struct adapt adapt;
    adapt_init(&adapt, MODE_BALANCED);
    assert_false(adapt_report(&adapt, 0.03, 3));
    assert_false(adapt_report(&adapt, 0, 5));
    assert_true(adapt_report(&adapt, 0.03, 5));
    for (int i = 0; i < 5; i++)
        assert_false(adapt_report(&adapt, 0, 5));
    assert_true(adapt_report(&adapt, 0, 5));
}

static void who_has_chosen_stays(void **state)
{
    struct adapt adapt;
    adapt_init(&adapt, MODE_LOWEST);
    assert_int_equal(reports_until_change(&adapt, 0.5, 100), 0);
    adapt_init(&adapt, MODE_SAFE);
    assert_int_equal(reports_until_change(&adapt, 0, 100), 0);
    adapt_init(&adapt, MODE_BALANCED);
    assert_true(adapt_report(&adapt, 0.5, 2));
    adapt_init(&adapt, MODE_BALANCED);
    assert_int_equal(adapt.served, MODE_BALANCED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_loses_some_is_served_safely_until_well),
        cmocka_unit_test(one_report_of_a_long_time_is_enough),
        cmocka_unit_test(who_has_chosen_stays),
    };
    return cmocka_run_group_tests_name("pipeline adapt", tests, NULL, NULL);
}
