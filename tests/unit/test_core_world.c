// SPDX-License-Identifier: GPL-3.0-or-later
// A session and a scsynth that has a life of its own: whatever is asked, by us and by others, both
// end with the same tree, and every call is answered.
#include "tests/unit/fake_scsynth.h"

#include "tests/unit/fake_asserts.h"

struct world {
    struct fake_session *f;
    struct fake_scsynth *s;
    GRand *rand;
};

static struct world world_create(guint32 seed)
{
    struct world w = {.f = fake_session_create(), .rand = g_rand_new_with_seed(seed)};
    w.s = fake_scsynth_create(w.f, seed);
    fake_scsynth_run(w.s, FAKE_MS(100));
    if (w.f->session->state != SERVER_RUNNING)
        fail_msg("seed %u: no boot", seed);
    return w;
}

static void world_destroy(struct world *w)
{
    fake_scsynth_destroy(w->s);
    fake_session_destroy(w->f);
    g_rand_free(w->rand);
}

// Any node of the mirror.
static int32_t some_node(struct world *w)
{
    g_autoptr(GList) ids = g_hash_table_get_keys(w->f->session->tree.nodes);
    return GPOINTER_TO_INT(
        g_list_nth_data(ids, g_rand_int_range(w->rand, 0, (gint32)g_list_length(ids))));
}

static void do_something(struct world *w)
{
    static const char *const actions[] = {"head", "tail", "before", "after", "replace"};
    static const char *const synthdefs[] = {"sine", "plain"};
    const char *action = actions[g_rand_int_range(w->rand, 0, 5)];
    const char *synthdef = synthdefs[g_rand_int_range(w->rand, 0, 2)];
    int32_t id = some_node(w);
    g_autofree char *text = NULL;
    switch (g_rand_int_range(w->rand, 0, 12)) {
    case 0:
    case 1:
    case 2:
        text = g_strdup_printf("{'synthdef': '%s', 'target': %d, 'action': '%s'}", synthdef, id,
                               action);
        fake_call(w->f, "synth.new", text);
        break;
    case 3:
        text = g_strdup_printf("{'target': %d, 'action': '%s'}", id, action);
        fake_call(w->f, "group.new", text);
        break;
    case 4:
    case 5:
        text = g_strdup_printf("{'id': %d, 'controls': {'amp': 0.5}}", id);
        fake_call(w->f, "node.set", text);
        break;
    case 6:
        text = g_strdup_printf("{'id': %d, 'run': %s}", id,
                               g_rand_boolean(w->rand) ? "true" : "false");
        fake_call(w->f, "node.run", text);
        break;
    case 7:
        text = g_strdup_printf("{'id': %d}", id);
        fake_call(w->f, "node.release", text);
        break;
    case 8:
        text = g_strdup_printf("{'id': %d}", id);
        fake_call(w->f, "node.free", text);
        break;
    case 9:
        text =
            g_strdup_printf("/s_new sine %d %d %d", g_rand_int_range(w->rand, 67108864, 67108894),
                            g_rand_int_range(w->rand, 0, 5), id);
        fake_scsynth_other(w->s, text);
        break;
    case 10:
        text = g_strdup_printf("/n_free %d", id);
        fake_scsynth_other(w->s, text);
        break;
    case 11:
        text = g_strdup_printf("/g_tail 0 %d", id);
        if (id != TREE_ROOT)
            fake_scsynth_other(w->s, text);
        break;
    }
}

static void all_is_answered(struct world *w, guint32 seed)
{
    for (guint i = 0; i < w->f->answers->len; i++) {
        const struct fake_answer *answer = w->f->answers->pdata[i];
        if (answer->times != 1)
            fail_msg("seed %u: call %u was answered %d times", seed, i, answer->times);
    }
}

static void trees_are_equal(struct world *w, guint32 seed)
{
    g_autofree char *ours = fake_tree(w->f), *theirs = fake_scsynth_tree(w->s);
    if (strcmp(ours, theirs) != 0)
        fail_msg("seed %u: %s\nis held for %s", seed, theirs, ours);
    const struct node *guard = tree_find(&w->f->session->tree, 2);
    if (!guard || guard->next || guard->parent->id != TREE_ROOT || !guard->running)
        fail_msg("seed %u: the guard is not last: %s", seed, ours);
    if (!tree_find(&w->f->session->tree, 1))
        fail_msg("seed %u: the room has no group: %s", seed, ours);
}

static void live(struct world *w, int steps)
{
    for (int i = 0; i < steps; i++) {
        do_something(w);
        if (g_rand_boolean(w->rand))
            fake_scsynth_run(w->s, FAKE_MS(g_rand_int_range(w->rand, 1, 4)));
        fake_forget(w->f);
    }
}

static void a_perfect_world(void **state)
{
    for (guint32 seed = 1; seed <= 40; seed++) {
        struct world w = world_create(seed);
        live(&w, 150);
        fake_scsynth_run(w.s, FAKE_MS(2000));
        all_is_answered(&w, seed);
        trees_are_equal(&w, seed);
        assert_int_equal(w.f->session->epoch, 1);
        for (guint i = 0; i < w.f->answers->len; i++) {
            const struct fake_answer *answer = w.f->answers->pdata[i];
            if (answer->status == 504 || answer->status == 500)
                fail_msg("seed %u: call %u: %s", seed, i, answer->detail);
        }
        world_destroy(&w);
    }
}

// What a query saw may be long over when its answer comes.
static void trees_come_late(void **state)
{
    for (guint32 seed = 1; seed <= 40; seed++) {
        struct world w = world_create(seed);
        w.s->hold = 0.8;
        live(&w, 150);
        w.s->hold = 0;
        fake_scsynth_run(w.s, FAKE_MS(2000));
        all_is_answered(&w, seed);
        trees_are_equal(&w, seed);
        assert_int_equal(w.f->session->epoch, 1); // nothing had to be learnt anew
        world_destroy(&w);
    }
}

static void everything_is_said_twice(void **state)
{
    for (guint32 seed = 1; seed <= 20; seed++) {
        struct world w = world_create(seed);
        w.s->repeat = 0.5;
        live(&w, 100);
        w.s->repeat = 0;
        fake_scsynth_run(w.s, FAKE_MS(2000));
        all_is_answered(&w, seed);
        world_destroy(&w);
    }
}

// Of a tenth of the notifications nothing is heard, and barriers get lost: all are answered in
// time, and a scsynth that is there again has the session know its tree.
static void much_is_lost(void **state)
{
    int lost = 0;
    for (guint32 seed = 1; seed <= 20; seed++) {
        struct world w = world_create(seed);
        w.s->lose = 0.1;
        w.s->lose_barriers = true;
        live(&w, 100);
        w.s->lose = 0;
        fake_scsynth_run(w.s, FAKE_MS(7000));
        all_is_answered(&w, seed);
        lost += w.s->lost;
        fake_lose_server(w.f);
        fake_scsynth_run(w.s, FAKE_MS(1000));
        assert_int_equal(w.f->session->state, SERVER_RUNNING);
        trees_are_equal(&w, seed);
        world_destroy(&w);
    }
    assert_true(lost > 100);
}

static void the_order_is_lost(void **state)
{
    for (guint32 seed = 1; seed <= 20; seed++) {
        struct world w = world_create(seed);
        w.s->shuffle = true;
        live(&w, 100);
        w.s->shuffle = false;
        fake_scsynth_run(w.s, FAKE_MS(7000));
        all_is_answered(&w, seed);
        fake_lose_server(w.f);
        fake_scsynth_run(w.s, FAKE_MS(1000));
        trees_are_equal(&w, seed);
        world_destroy(&w);
    }
}

// scsynth dies again and again, with calls on the way to it.
static void scsynth_dies(void **state)
{
    for (guint32 seed = 1; seed <= 20; seed++) {
        struct world w = world_create(seed);
        for (int i = 0; i < 5; i++) {
            live(&w, 30);
            fake_scsynth_restart(w.s);
            live(&w, 3);
            fake_scsynth_run(w.s, FAKE_MS(1500));
            all_is_answered(&w, seed);
            trees_are_equal(&w, seed);
        }
        assert_int_equal(w.f->session->epoch, 6);
        world_destroy(&w);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_perfect_world),          cmocka_unit_test(trees_come_late),
        cmocka_unit_test(everything_is_said_twice), cmocka_unit_test(much_is_lost),
        cmocka_unit_test(the_order_is_lost),        cmocka_unit_test(scsynth_dies),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
