// SPDX-License-Identifier: GPL-3.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glib.h>

#include "pipeline/webrtc/turn.h"

static const int blocks[] = {120, 240, 480, 960};

// What a listener hears of two streams while it goes over at sample `when`, whichever of the two
// is delivered first where both end a packet, and whenever the new one begins. Every sample once.
static void check(int from, int to, int64_t when, bool new_first)
{
    struct turn turn;
    int64_t heard = 0;
    turn_init(&turn, from);
    for (int64_t at = 0; at < 9600; at += 120) {
        if (at == when)
            turn_begin(&turn, to);
        for (int i = 0; i < 2; i++) {
            bool is_new = (i == 0) == new_first;
            int block = is_new ? to : from;
            int64_t end = at + 120, begin = end - block;
            // The new stream begins with the packet after it was joined.
            if (end % block != 0 || (is_new && begin < when))
                continue;
            if (!turn_takes(&turn, begin, block))
                continue;
            assert_int_equal(begin, heard);
            heard = end;
        }
    }
    assert_false(turn_is_under_way(&turn));
    assert_int_equal(turn.block, to);
    assert_int_equal(heard, 9600);
}

static void every_sample_is_heard_once(void **state)
{
    for (size_t a = 0; a < G_N_ELEMENTS(blocks); a++)
        for (size_t b = 0; b < G_N_ELEMENTS(blocks); b++)
            for (int64_t when = 960; when < 2880 && a != b; when += 120) {
                check(blocks[a], blocks[b], when, true);
                check(blocks[a], blocks[b], when, false);
            }
}

static void to_the_same_stream_is_no_turn(void **state)
{
    struct turn turn;
    turn_init(&turn, 480);
    turn_begin(&turn, 480);
    assert_false(turn_is_under_way(&turn));
    assert_true(turn_takes(&turn, 0, 480));
    assert_false(turn_takes(&turn, 480, 960));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_sample_is_heard_once),
        cmocka_unit_test(to_the_same_stream_is_no_turn),
    };
    return cmocka_run_group_tests_name("pipeline turn", tests, NULL, NULL);
}
