// SPDX-License-Identifier: GPL-3.0-or-later
// What is said to those who come by WebRTC waits for its turn.
#include "pipeline/webrtc/pending.h"

#include "tests/unit/fake_asserts.h"

struct bench {
    struct pending *pending;
    GString *done;
};

static void on_turn(struct room *room, const struct link_message *message, void *data)
{
    struct bench *bench = data;
    g_string_append_printf(bench->done, "%s%s ", message->listener,
                           message->type == LINK_LISTEN ? "+" : message->candidate);
}

static int lay_out(void **state)
{
    struct bench *bench = g_new0(struct bench, 1);
    bench->pending = pending_create(on_turn, bench);
    bench->done = g_string_new(NULL);
    pending_open(bench->pending);
    *state = bench;
    return 0;
}

static int put_away(void **state)
{
    struct bench *bench = *state;
    pending_destroy(bench->pending);
    g_string_free(bench->done, TRUE);
    g_free(bench);
    return 0;
}

static bool join(struct bench *bench, const char *id, const char *room)
{
    return pending_add(
        bench->pending, NULL,
        &(struct link_message){.type = LINK_LISTEN, .listener = (char *)id, .room = (char *)room});
}

static bool say(struct bench *bench, const char *id, const char *candidate)
{
    return pending_add(bench->pending, NULL,
                       &(struct link_message){.type = LINK_CANDIDATE,
                                              .listener = (char *)id,
                                              .candidate = (char *)candidate});
}

static void finish(void)
{
    while (g_main_context_iteration(NULL, FALSE))
        ;
}

static void all_wait_until_it_is_open(void **state)
{
    struct bench *bench = *state;
    struct pending *shut = pending_create(on_turn, bench);
    struct link_message join = {.type = LINK_LISTEN, .listener = (char *)"a"};
    assert_true(pending_add(shut, NULL, &join));
    finish();
    assert_string_equal(bench->done->str, "");
    pending_open(shut);
    finish();
    assert_string_equal(bench->done->str, "a+ ");
    pending_destroy(shut);
}

static void things_are_done_in_order(void **state)
{
    struct bench *bench = *state;
    join(bench, "a", "main");
    say(bench, "a", "1");
    join(bench, "b", "main");
    say(bench, "a", "2");
    assert_int_equal(pending_joins(bench->pending), 2);
    assert_string_equal(bench->done->str, "");
    finish();
    assert_string_equal(bench->done->str, "a+ a1 b+ a2 ");
    assert_int_equal(pending_joins(bench->pending), 0);
    assert_false(pending_has(bench->pending, "a"));
}

static gboolean on_ready(gpointer data)
{
    struct bench *bench = data;
    g_string_append(bench->done, "socket ");
    return G_SOURCE_REMOVE;
}

static void between_two_others_get_their_turn(void **state)
{
    struct bench *bench = *state;
    join(bench, "a", "main");
    join(bench, "b", "main");
    g_main_context_iteration(NULL, FALSE);
    g_idle_add_full(G_PRIORITY_DEFAULT, on_ready, bench, NULL);
    finish();
    assert_string_equal(bench->done->str, "a+ socket b+ ");
}

static void who_leaves_is_forgotten(void **state)
{
    struct bench *bench = *state;
    join(bench, "a", "main");
    join(bench, "b", "other");
    say(bench, "a", "1");
    assert_true(pending_has(bench->pending, "a"));
    g_autofree char *other = pending_join_of(bench->pending, "other");
    g_autofree char *first = pending_join_of(bench->pending, NULL);
    assert_string_equal(other, "b");
    assert_string_equal(first, "a");
    assert_null(pending_join_of(bench->pending, "none"));
    assert_true(pending_remove(bench->pending, "a"));
    assert_false(pending_remove(bench->pending, "a"));
    assert_int_equal(pending_joins(bench->pending), 1);
    finish();
    assert_string_equal(bench->done->str, "b+ ");
    join(bench, "c", "main");
    pending_clear(bench->pending);
    finish();
    assert_string_equal(bench->done->str, "b+ ");
    join(bench, "d", "main");
    finish();
    assert_string_equal(bench->done->str, "b+ d+ ");
}

static void there_is_a_bound(void **state)
{
    struct bench *bench = *state;
    for (int i = 0; i < PENDING_MAX; i++)
        assert_true(say(bench, "a", "1"));
    assert_false(join(bench, "b", "main"));
    assert_false(pending_has(bench->pending, "b"));
    assert_true(pending_remove(bench->pending, "a"));
    assert_true(join(bench, "b", "main"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, lay_out, put_away)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(all_wait_until_it_is_open),
        TEST(things_are_done_in_order),
        TEST(between_two_others_get_their_turn),
        TEST(who_leaves_is_forgotten),
        TEST(there_is_a_bound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
