// SPDX-License-Identifier: GPL-3.0-or-later
// cmocka's assertions over what a fake session recorded.
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "tests/unit/fake_session.h"

#define assert_text(made, expected)                                                                \
    do {                                                                                           \
        g_autofree char *made_ = (made);                                                           \
        assert_string_equal(made_, expected);                                                      \
    } while (0)
#define assert_has(made, part)                                                                     \
    do {                                                                                           \
        g_autofree char *made_ = (made);                                                           \
        if (!strstr(made_, part))                                                                  \
            fail_msg("\"%s\" is not in:\n%s", part, made_);                                        \
    } while (0)
#define assert_lacks(made, part)                                                                   \
    do {                                                                                           \
        g_autofree char *made_ = (made);                                                           \
        if (strstr(made_, part))                                                                   \
            fail_msg("\"%s\" is in:\n%s", part, made_);                                            \
    } while (0)

// What left since it was last asked; the loop is given its turn first.
#define assert_sent(f, expected)                                                                   \
    do {                                                                                           \
        fake_run(f, FAKE_MS(2));                                                                   \
        assert_text(fake_sent(f), expected);                                                       \
    } while (0)
#define assert_tree(f, expected) assert_text(fake_tree(f), expected)
#define assert_answer(answer, expected) assert_text(fake_text(answer), expected)
#define assert_waiting(answer) assert_int_equal((answer)->times, 0)

// Each test gets a session that runs, as client 0, and leaves none behind.
static inline int set_up_running(void **state)
{
    struct fake_session *f = fake_session_create();
    fake_session_boot(f, 0);
    *state = f;
    return 0;
}

static inline int set_up_new(void **state)
{
    *state = fake_session_create();
    return 0;
}

static inline int tear_down(void **state)
{
    fake_session_destroy(*state);
    return 0;
}

#define RUNNING(test) cmocka_unit_test_setup_teardown(test, set_up_running, tear_down)
#define NEW(test) cmocka_unit_test_setup_teardown(test, set_up_new, tear_down)
