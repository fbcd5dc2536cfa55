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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_loses_some_is_served_safely_until_well),
        cmocka_unit_test(who_has_chosen_stays),
    };
    return cmocka_run_group_tests_name("pipeline adapt", tests, NULL, NULL);
}
