// SPDX-License-Identifier: GPL-3.0-or-later
// Replies that no scsynth would send. None may do more than be passed over; AddressSanitizer
// watches.
#include "tests/unit/fake_asserts.h"

#include <math.h>

static const char *const addresses[] = {
    "/status.reply",
    "/version.reply",
    "/done",
    "/fail",
    "/synced",
    "/n_go",
    "/n_end",
    "/n_on",
    "/n_off",
    "/n_move",
    "/n_info",
    "/tr",
    "/n_",
    "/n_nothing",
    "/n_set",
    "",
    "/g_queryTree.reply",
    "/late",
};

static void every_reply_cut_short_and_of_wrong_types(void **state)
{
    struct fake_session *f = *state;
    static const char *const args[] = {"",
                                       " 0",
                                       " 1.5",
                                       " text",
                                       " -1 -1 -1 -1 -1 -1",
                                       " 2147483647 -2147483648 2147483647 -2147483648 5",
                                       " 1e30 nan inf -inf 1e-30",
                                       " a b c d e f g h i",
                                       " 1 text 1 text 1 text",
                                       " 0 0 0 0 0 0 0 0 0 0"};
    for (gsize i = 0; i < G_N_ELEMENTS(addresses); i++) {
        for (gsize k = 0; k < G_N_ELEMENTS(args); k++) {
            if (!*addresses[i])
                continue;
            g_autofree char *text = g_strconcat(addresses[i], args[k], NULL);
            fake_reply(f, text);
            fake_run(f, FAKE_MS(5));
        }
    }
    assert_non_null(tree_find(&f->session->tree, 1));
    struct fake_answer *a = fake_call(f, "server.status", NULL);
    assert_int_equal(a->status, 200);
}

static void reply_of(struct fake_session *f, const char *address, float *numbers, int count)
{
    struct osc_message *message = osc_message_new(address, "i", 1);
    for (int i = 0; i < count; i++)
        osc_add_float(message, numbers[i]);
    session_on_reply(f->session, message, f->now);
    osc_message_destroy(message);
}

// JSON has neither NaN nor infinity: a status that holds one must still be told.
static void a_status_of_nonsense_is_shown_as_zero(void **state)
{
    struct fake_session *f = *state;
    float numbers[] = {NAN, INFINITY, -INFINITY, 1e30f, NAN, INFINITY, 48000, NAN};
    reply_of(f, "/status.reply", numbers, G_N_ELEMENTS(numbers));
    fake_reply(f, "/version.reply 'caf\xe9' 3 13 '\xff\xfe'");
    struct fake_answer *a = fake_call(f, "server.status", NULL);
    assert_has(fake_text(a), "\"sample_rate\":0.0,\"cpu\":{\"average\":0.0,\"peak\":0.0}");
    assert_has(fake_events(f, "server"), "server.status {\"state\":\"running\"");
}

static void trees_that_cannot_be(void **state)
{
    struct fake_session *f = *state;
    static const char *const trees[] = {
        "1 0 2147483647",
        "1 0 -5",
        "1 0 1 0 1 0 1 0 1 0 1",
        "1 0 1 5 2147483647 6 -1 sine 2147483647",
        "1 0 1 5 -1 sine -1",
        "1 0 1 5 -1 sine 4 out 0.0 freq",
        "1 0 1 5 -1 sine 1000000 out 0.0",
        "1 0 1 5 -1",
        "1 0 1 5",
        "1 0 1",
        "1 77 1 5 -1 sine 0",
        "0 0 1 5 -1 sine",
        "1 1 1 1 1 1 1",
        "1 0 2 1 0 1 0",
        "1 0 1 1 1 0 0",
        "1 2 1 5 -1 sine 0",
        "1 0 1 -1 -1 sine 0",
        "1 0 1 8 -1 '\xff\xfe' 2 '\xe9' 1.0 '\xe9' 2.0",
        "1 0 1 9 -1 sine 4 0 1.0 1 1.0 2 1.0 3 1.0",
        "text text text text",
    };
    for (gsize i = 0; i < G_N_ELEMENTS(trees); i++) {
        g_autofree char *text = g_strconcat("/g_queryTree.reply ", trees[i], NULL);
        fake_reply(f, text);
        fake_run(f, FAKE_MS(50));
    }
    assert_int_equal(fake_call(f, "node.list", NULL)->status, 200);
    assert_non_null(tree_find(&f->session->tree, 2));
}

static struct osc_message *deep_tree(int depth)
{
    struct osc_message *message = osc_message_new("/g_queryTree.reply", "iii", 1, 0, 1);
    for (int i = 0; i < depth; i++) {
        osc_add_int(message, 5000 + i);
        osc_add_int(message, i + 1 < depth);
    }
    return message;
}

static void a_deep_tree(void **state)
{
    struct fake_session *f = *state;
    struct osc_message *message = deep_tree(8000);
    fake_alive(f);
    fake_reply(f, "/done /notify 0 16");
    session_on_reply(f->session, message, f->now);
    osc_message_destroy(message);
    assert_non_null(tree_find(&f->session->tree, 5500));
    assert_int_equal(fake_call(f, "node.list", NULL)->status, 200);
    fake_reply(f, "/n_end 5000 0 -1 -1 1 -1 -1");
    assert_null(tree_find(&f->session->tree, 5500));
}

// One group in the other as far as scsynth's nodes go, each told of by itself.
static void a_tower_of_groups(void **state)
{
    struct fake_session *f = *state;
    for (int i = 0; i < 8000; i++) {
        g_autofree char *text =
            g_strdup_printf("/n_go %d %d -1 -1 1 -1 -1", 5000 + i, i ? 4999 + i : 0);
        fake_reply(f, text);
        // What it asks and tells meanwhile is not of interest.
        fake_forget(f);
    }
    fake_reply(f, "/n_move 5000 12999 -1 -1 1 -1 -1"); // into itself
    assert_int_equal(tree_find(&f->session->tree, 5000)->parent->id, 0);
    fake_reply(f, "/n_end 5000 0 -1 -1 1 -1 -1");
    assert_null(tree_find(&f->session->tree, 12999));
}

static void moves_that_cannot_be(void **state)
{
    struct fake_session *f = *state;
    fake_reply(f, "/n_go 5000 0 -1 -1 1 -1 -1");
    fake_reply(f, "/n_go 5001 5000 -1 -1 1 -1 -1");
    fake_reply(f, "/n_move 5000 5001 -1 -1 1 -1 -1");
    fake_reply(f, "/n_move 5000 5000 -1 -1 1 -1 -1");
    fake_reply(f, "/n_move 0 5000 -1 -1 1 -1 -1");
    fake_reply(f, "/n_move 5001 2 -1 -1 1 -1 -1"); // the guard is no group
    fake_reply(f, "/n_end 0 -1 -1 -1 1 -1 -1");
    fake_reply(f, "/n_move 5001 0 5001 -1 1 -1 -1"); // behind itself
    assert_non_null(tree_find(&f->session->tree, 5001));
    assert_int_equal(tree_find(&f->session->tree, 0)->id, 0);
    assert_int_equal(fake_call(f, "node.list", NULL)->status, 200);
}

// A synth's id that comes back as a group's: scsynth was told by others, and its end was lost.
static void a_synth_becomes_a_group(void **state)
{
    struct fake_session *f = *state;
    fake_reply(f, "/n_go 5000 1 -1 -1 0");
    fake_reply(f, "/g_queryTree.reply 1 1 1 5000 -1 sine 4 out 0.0 freq 1.0 amp 1.0 gate 1.0");
    fake_call(f, "node.set", "{'id': 5000, 'controls': {'freq': 3}}");
    fake_reply(f, "/n_go 5000 1 -1 -1 1 -1 -1");
    fake_reply(f, "/n_go 5001 5000 -1 -1 0");
    fake_run(f, FAKE_MS(50));
    assert_tree(f, "0(1(5000(5001)) 2)");
    fake_reply(f, "/n_go 5000 1 -1 -1 0");
    fake_run(f, FAKE_MS(50));
    assert_tree(f, "0(1(5000) 2)");
}

static void during_the_boot(void **state)
{
    for (int steps = 0; steps < 4; steps++) {
        for (gsize i = 0; i < G_N_ELEMENTS(addresses); i++) {
            struct fake_session *f = fake_session_create();
            fake_alive(f);
            if (steps > 0)
                fake_reply(f, "/done /notify 0 16");
            if (steps > 1)
                fake_reply(f, "/g_queryTree.reply 1 0 0");
            if (steps > 2)
                fake_reply(f, "/synced 1");
            g_autofree char *text = g_strconcat(addresses[i], " 5 5 5 5 5 5 5", NULL);
            if (*addresses[i])
                fake_reply(f, text);
            fake_run(f, FAKE_MS(6000));
            fake_session_destroy(f);
        }
    }
}

// Bytes of chance as messages, the same ones each time.
static void a_thousand_replies_of_chance(void **state)
{
    struct fake_session *f = *state;
    g_autoptr(GRand) rand = g_rand_new_with_seed(20261121);
    for (int i = 0; i < 20000; i++) {
        const char *address = addresses[g_rand_int_range(rand, 0, G_N_ELEMENTS(addresses))];
        struct osc_message *message = osc_message_new(address, "");
        int count = g_rand_int_range(rand, 0, 12);
        for (int k = 0; k < count; k++) {
            switch (g_rand_int_range(rand, 0, 5)) {
            case 0:
                osc_add_int(message, (int32_t)g_rand_int(rand));
                break;
            case 1:
                osc_add_float(message, (float)g_rand_double_range(rand, -5, 5));
                break;
            case 2:
                osc_add_string(message, g_rand_boolean(rand) ? "sine" : "/n_set");
                break;
            default:
                osc_add_int(message, g_rand_int_range(rand, -2, 1010));
                break;
            }
        }
        session_on_reply(f->session, message, f->now);
        osc_message_destroy(message);
        if (i % 50 == 0) {
            fake_run(f, FAKE_MS(10));
            fake_forget(f);
            fake_alive(f);
        }
        if (i % 100 == 0)
            fake_notify(f, "synth.new", "{'synthdef': 'sine'}");
    }
    assert_int_equal(fake_call(f, "node.list", NULL)->status, 200);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUNNING(every_reply_cut_short_and_of_wrong_types),
        RUNNING(a_status_of_nonsense_is_shown_as_zero),
        RUNNING(trees_that_cannot_be),
        NEW(a_deep_tree),
        RUNNING(a_tower_of_groups),
        RUNNING(moves_that_cannot_be),
        RUNNING(a_synth_becomes_a_group),
        cmocka_unit_test(during_the_boot),
        RUNNING(a_thousand_replies_of_chance),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
