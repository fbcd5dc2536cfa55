// SPDX-License-Identifier: GPL-3.0-or-later
// The small parts of the core by themselves: who may ask, the tree, OSC messages, problems.
#include <math.h>

#include "common/error.h"
#include "controller/core/api/access.h"
#include "tests/unit/fake_asserts.h"

// --- access -------------------------------------------------------------------------------------

static void loopback_is_this_machine_alone(void **state)
{
    static const char *const here[] = {"127.0.0.1", "127.1.2.3", "::1", "localhost"};
    static const char *const beyond[] = {"0.0.0.0",
                                         "::",
                                         "10.0.0.1",
                                         "example.org",
                                         "",
                                         "127.evil",
                                         "127.0.0.1.example.org",
                                         "localhost.example.org",
                                         "128.0.0.1"};
    for (gsize i = 0; i < G_N_ELEMENTS(here); i++)
        if (!access_is_loopback(here[i]))
            fail_msg("%s", here[i]);
    for (gsize i = 0; i < G_N_ELEMENTS(beyond); i++)
        if (access_is_loopback(beyond[i]))
            fail_msg("%s", beyond[i]);
}

static void check_hosts(const struct access *access, const char *const *hosts, bool allowed)
{
    for (; *hosts; hosts++)
        if (access_host_allowed(access, *hosts) != allowed)
            fail_msg("%s", *hosts);
}

static void without_a_key_hosts_are_this_machine(void **state)
{
    static const char *const good[] = {
        "127.0.0.1:8080",   "localhost", "LOCALHOST:80", "[::1]:8080", "panel.example.org",
        "192.168.1.5:8080", NULL};
    static const char *const bad[] = {
        "evil.example:8080",      "127.0.0.1.evil.example", "[::2]:8080", "", ":8080", "[::1",
        "localhost.evil.example", "xpanel.example.org",     NULL};
    struct access access;
    access_init(&access, "https://panel.example.org  http://other.example", "192.168.1.5", 8080,
                false);
    check_hosts(&access, good, true);
    check_hosts(&access, bad, false);
    assert_true(access_host_allowed(&access, NULL));
    access_clear(&access);
    access_init(&access, "*", "127.0.0.1", 8080, false);
    assert_true(access_host_allowed(&access, "anything"));
    access_clear(&access);
    access_init(&access, "", "127.0.0.1", 8080,
                true); // with a key a name is of no use to a stranger
    assert_true(access_host_allowed(&access, "evil.example"));
    access_clear(&access);
}

static void a_host_is_a_name_and_a_port(void **state)
{
    static const char *const good[] = {
        NULL,          "",      "localhost",          "127.0.0.1:8080", "Farfield.example:80",
        "a_b-c.local", "[::1]", "[2001:db8::7]:8080", "example.org:"};
    static const char *const bad[] = {"a b",     "a<b>",      "a\"",
                                      "a%0d",    "a/b",       "user@a",
                                      "a:b",     "a:80:80",   "a:80 ",
                                      ":8080",   "[::1",      "[::1]x",
                                      "[]",      "[a]",       "[127.0.0.1]:8080",
                                      "::1",     "[::1]:80x", "[fe80::1%eth0]",
                                      "a:123456"};
    for (gsize i = 0; i < G_N_ELEMENTS(good); i++)
        if (!access_host_is_good(good[i]))
            fail_msg("%s", good[i]);
    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++)
        if (access_host_is_good(bad[i]))
            fail_msg("%s", bad[i]);
    g_autofree char *long_name = g_strnfill(254, 'a');
    assert_false(access_host_is_good(long_name));
}

static void origins_are_ours_or_listed(void **state)
{
    static const struct {
        const char *host, *origin;
        bool allowed;
    } cases[] = {
        {"127.0.0.1:8080", NULL, true},
        {"127.0.0.1:8081", "http://127.0.0.1:8080", true},
        {"Farfield.example", "https://farfield.example", true},
        {"127.0.0.1:8080", "http://evil.example", false},
        {"127.0.0.1:8080", "null", false},
        {"127.0.0.1:8080", "", false},
        {"", "http://", false},
        {NULL, "http://127.0.0.1", false},
        {NULL, NULL, true},
        {"127.0.0.1", "http://127.0.0.1.evil.example", false},
        {"127.0.0.1", "http://evil.example/http://127.0.0.1", false},
        {"127.0.0.1", "http://evil.example?://127.0.0.1", false},
        {"a", "https://studio.example", true},
        {"a", "HTTPS://STUDIO.example", true},
        {"a", "http://studio.example", false},
        {"a", "https://studio.example:8443", false},
        {"a", "https://xstudio.example", false},
    };
    struct access access;
    access_init(&access, " https://studio.example  ", "127.0.0.1", 8080, false);
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++)
        if (access_origin_allowed(&access, cases[i].host, cases[i].origin) != cases[i].allowed)
            fail_msg("host %s, origin %s", cases[i].host, cases[i].origin);
    access_clear(&access);
    access_init(&access, "*", "127.0.0.1", 8080, false);
    assert_true(access_origin_allowed(&access, "a", "http://any.example"));
    access_clear(&access);
}

static void the_key_is_what_follows_bearer(void **state)
{
    assert_string_equal(access_bearer("Bearer abc"), "abc");
    assert_string_equal(access_bearer("bEaReR a b "), "a b ");
    assert_string_equal(access_bearer("Bearer "), "");
    assert_null(access_bearer("Bearer"));
    assert_null(access_bearer("Basic abc"));
    assert_null(access_bearer(""));
    assert_null(access_bearer(NULL));
}

// --- the tree -----------------------------------------------------------------------------------

static char *order(const struct tree *tree)
{
    GString *text = g_string_new(NULL);
    for (struct node *n = tree_find(tree, 0); n; n = tree_next(n))
        g_string_append_printf(text, "%s%d", text->len ? " " : "", n->id);
    return g_string_free(text, FALSE);
}

static void nodes_stand_where_they_are_put(void **state)
{
    struct tree tree;
    tree_init(&tree);
    tree_place(&tree, 1, 0, -1, true);
    tree_place(&tree, 2, 0, 1, false);
    tree_place(&tree, 3, 0, 1, false);
    tree_place(&tree, 4, 0, -1, false);
    tree_place(&tree, 5, 1, 99, false); // a sibling that is not known: last
    tree_place(&tree, 6, 1, 2, false);  // one that stands elsewhere: last
    tree_place(&tree, 7, 1, -1, false);
    assert_text(order(&tree), "0 4 1 7 5 6 3 2");
    tree_place(&tree, 3, 0, 3, false); // behind itself: last
    assert_text(order(&tree), "0 4 1 7 5 6 2 3");
    tree_place(&tree, 7, 0, 2, false);
    assert_text(order(&tree), "0 4 1 5 6 2 7 3");
    struct node *group = tree_find(&tree, 1);
    assert_int_equal(tree_next_below(tree_find(&tree, 5), group)->id, 6);
    assert_null(tree_next_below(tree_find(&tree, 6), group));
    assert_null(tree_next_below(tree_find(&tree, 4), tree_find(&tree, 4)));
    tree_remove(&tree, group);
    assert_text(order(&tree), "0 4 2 7 3");
    assert_null(tree_find(&tree, 5));
    tree_clear(&tree);
}

static void nodes_that_cannot_stand_there(void **state)
{
    struct tree tree;
    tree_init(&tree);
    tree_place(&tree, 1, 0, -1, true);
    tree_place(&tree, 2, 1, -1, true);
    tree_place(&tree, 3, 2, -1, false);
    assert_null(tree_place(&tree, 4, 99, -1, false));
    assert_null(tree_place(&tree, 4, 3, -1, false));
    assert_null(tree_place(&tree, 0, 1, -1, true));
    assert_null(tree_place(&tree, 1, 2, -1, true));
    assert_null(tree_place(&tree, 1, 1, -1, true));
    assert_text(order(&tree), "0 1 2 3");
    tree_renumber(&tree, tree_find(&tree, 2), 20);
    assert_null(tree_find(&tree, 2));
    assert_text(order(&tree), "0 1 20 3");
    assert_int_equal(tree_find(&tree, 3)->parent->id, 20);
    tree_clear(&tree);
}

static void values_are_shown_as_json_can(void **state)
{
    struct tree tree;
    struct synthdef *synthdef = fake_synthdef("x a=0.1 b=440 c=0 d=0 e=0 f=1,2");
    tree_init(&tree);
    struct node *node = tree_place(&tree, 5, 0, -1, false);
    node_set_synthdef(node, synthdef);
    synthdef_unref(synthdef);
    assert_int_equal(synthdef_slots(node->synthdef), 7);
    node->values[2] = NAN;
    node->values[3] = -INFINITY;
    node->values[4] = 16777217;
    json_t *json = node_to_json(node);
    char *text = json_dumps(json_object_get(json, "controls"), JSON_COMPACT);
    assert_string_equal(text, "{\"a\":0.10000000000000001,\"b\":440,\"c\":null,\"d\":"
                              "-3.4028234663852886e38,\"e\":16777216.0,\"f\":[1,2]}");
    free(text);
    json_decref(json);
    tree_clear(&tree);
}

// --- OSC messages -------------------------------------------------------------------------------

static void messages_are_read_by_position(void **state)
{
    struct osc_message *message = osc_message_new("/a", "isf", 7, "text", 1.5);
    osc_add_double(message, -2.5);
    osc_add_double(message, 1e12);
    assert_int_equal(osc_int(message, 0), 7);
    assert_int_equal(osc_int(message, 1), 0);
    assert_int_equal(osc_int(message, 2), 1);
    assert_int_equal(osc_int(message, 3), -2);
    assert_int_equal(osc_int(message, 4), 0); // beyond 32 bits
    assert_int_equal(osc_int(message, 5), 0);
    assert_string_equal(osc_string(message, 1), "text");
    assert_string_equal(osc_string(message, 0), "");
    assert_string_equal(osc_string(message, 99), "");
    assert_true(osc_number(message, 0) == 7 && osc_number(message, 1) == 0);
    assert_int_equal(osc_type(message, 3), 'd');
    assert_int_equal(osc_type(message, 5), 0);
    assert_text(osc_to_text(message), "/a 7 text 1.5f -2.5d 1e+12d");
    // "/a" 4, ",isfdd" 8, 4 + 8 + 4 + 8 + 8
    assert_int_equal(osc_size(message), 44);
    osc_message_destroy(message);
    osc_message_destroy(NULL);
}

static void nan_is_no_whole_number(void **state)
{
    struct osc_message *message = osc_message_new("/a", "ff", NAN, -INFINITY);
    assert_int_equal(osc_int(message, 0), 0);
    assert_int_equal(osc_int(message, 1), 0);
    osc_message_destroy(message);
}

static void sizes_are_padded_to_four(void **state)
{
    static const struct {
        const char *address, *text;
        gsize size;
    } cases[] = {
        {"/ab", "", 4 + 4 + 4},     {"/abc", "", 8 + 4 + 4},           {"/ab", "abc", 4 + 4 + 4},
        {"/ab", "abcd", 4 + 4 + 8}, {"/abcdef", "abcdefg", 8 + 4 + 8},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        struct osc_message *message = osc_message_new(cases[i].address, "s", cases[i].text);
        assert_int_equal(osc_size(message), cases[i].size);
        osc_message_destroy(message);
    }
    struct osc_message *empty = osc_message_new("/abc", "");
    assert_int_equal(osc_size(empty), 12);
    osc_message_destroy(empty);
}

// --- problems -----------------------------------------------------------------------------------

static void problems_have_their_shape(void **state)
{
    static const struct {
        int status;
        const char *type, *title;
    } kinds[] = {
        {400, "malformed", "The request cannot be understood"},
        {401, "unauthorized", "A key is needed"},
        {403, "forbidden", "That is not allowed"},
        {404, "not-found", "There is no such thing"},
        {405, "method-not-allowed", "That cannot be done here"},
        {409, "conflict", "That does not fit the present state"},
        {413, "too-large", "That is too large"},
        {415, "unsupported-type", "That content type is not taken here"},
        {422, "invalid", "The input is not valid"},
        {502, "refused-by-scsynth", "scsynth refused"},
        {503, "unavailable", "A part of Farfield is away"},
        {504, "timeout", "No answer in time"},
        {418, "other", "The request failed"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(kinds); i++) {
        struct problem *problem = problem_new(kinds[i].status, "a %s", "sentence");
        json_t *json = problem_to_json(problem);
        char *text = json_dumps(json, JSON_COMPACT);
        g_autofree char *expected = g_strdup_printf(
            "{\"type\":\"urn:farfield:problem:%s\",\"title\":\"%s\",\"status\":%d,\"detail\":\"a "
            "sentence\"}",
            kinds[i].type, kinds[i].title, kinds[i].status);
        assert_string_equal(text, expected);
        free(text);
        json_decref(json);
        problem_destroy(problem);
    }
    problem_destroy(NULL);
}

static void problems_name_fields_and_write_utf8(void **state)
{
    struct problem *problem = problem_new(422, "caf\xe9");
    problem_add(problem, "controls.\xff", "is %d", 5);
    json_t *json = problem_to_json(problem);
    char *text = json_dumps(json, JSON_COMPACT);
    assert_non_null(strstr(text, "\"detail\":\"caf\xef\xbf\xbd\",\"errors\":[{\"field\":"
                                 "\"controls.\xef\xbf\xbd\",\"detail\":\"is 5\"}]"));
    free(text);
    json_decref(json);
    problem_destroy(problem);
}

static void errors_become_problems(void **state)
{
    g_autoptr(GError) ours = g_error_new(FARFIELD_ERROR, ERROR_CONFLICT, "taken");
    g_autoptr(GError) other = g_error_new(G_FILE_ERROR, G_FILE_ERROR_NOENT, "gone");
    struct problem *a = problem_from_error(ours), *b = problem_from_error(other);
    assert_int_equal(a->status, 409);
    assert_string_equal(a->detail, "taken");
    assert_int_equal(b->status, 500);
    problem_destroy(a);
    problem_destroy(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(loopback_is_this_machine_alone),
        cmocka_unit_test(without_a_key_hosts_are_this_machine),
        cmocka_unit_test(a_host_is_a_name_and_a_port),
        cmocka_unit_test(origins_are_ours_or_listed),
        cmocka_unit_test(the_key_is_what_follows_bearer),
        cmocka_unit_test(nodes_stand_where_they_are_put),
        cmocka_unit_test(nodes_that_cannot_stand_there),
        cmocka_unit_test(values_are_shown_as_json_can),
        cmocka_unit_test(messages_are_read_by_position),
        cmocka_unit_test(nan_is_no_whole_number),
        cmocka_unit_test(sizes_are_padded_to_four),
        cmocka_unit_test(problems_have_their_shape),
        cmocka_unit_test(problems_name_fields_and_write_utf8),
        cmocka_unit_test(errors_become_problems),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
