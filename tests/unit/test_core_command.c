// SPDX-License-Identifier: GPL-3.0-or-later
// The command table, and what is checked by it before any handler runs.
#include "controller/core/api/command.h"

#include "common/token.h"
#include "controller/core/api/rest.h"
#include "tests/unit/fake_asserts.h"

static void every_row_can_be_found_and_is_described(void **state)
{
    gsize count;
    const struct command *const *rows = command_table(&count);
    assert_true(count > 30);
    for (gsize i = 0; i < count; i++) {
        const struct command *row = rows[i];
        if (i > 0 && strcmp(rows[i - 1]->method, row->method) >= 0)
            fail_msg("%s stands behind %s", row->method, rows[i - 1]->method);
        assert_ptr_equal(command_by_method(row->method), row);
        assert_non_null(row->handle);
        if (!row->words || !g_str_has_suffix(row->words, "."))
            fail_msg("%s has no sentence", row->method);
        for (const struct param *p = row->params; p->name; p++) {
            if (!p->words || !*p->words)
                fail_msg("%s: %s has no words", row->method, p->name);
            if (p->required && p->fallback)
                fail_msg("%s: %s is required and has a fallback", row->method, p->name);
            for (const struct param *q = row->params; q < p; q++)
                if (strcmp(p->name, q->name) == 0)
                    fail_msg("%s: %s is there twice", row->method, p->name);
        }
    }
    assert_null(command_by_method("node"));
    assert_null(command_by_method(""));
}

static void every_path_is_well_made_and_there_once(void **state)
{
    gsize count;
    const struct command *const *rows = command_table(&count);
    for (gsize i = 0; i < count; i++) {
        const struct command *row = rows[i];
        if (!row->path != !row->verb || (row->websocket_only && row->path))
            fail_msg("%s is half a REST command", row->method);
        if (row->answer == BODY_FILE && !row->rest_only)
            fail_msg("%s: a file cannot be said in JSON", row->method);
        if (!row->path)
            continue;
        assert_true((row->status >= 200 && row->status < 300) ||
                    (row->status == 307 && row->location));
        for (gsize k = 0; k < i; k++)
            if (rows[k]->path && strcmp(rows[k]->path, row->path) == 0 &&
                strcmp(rows[k]->verb, row->verb) == 0)
                fail_msg("%s %s is there twice", row->verb, row->path);
        // What is in braces is a parameter that must be given.
        for (const char *open = row->path; (open = strchr(open, '{')); open++) {
            g_autofree char *name = g_strndup(open + 1, strcspn(open + 1, "}"));
            const struct param *p = row->params;
            while (p->name && strcmp(p->name, name) != 0)
                p++;
            if (!p->name || !p->required)
                fail_msg("%s: {%s} is no parameter", row->path, name);
        }
    }
}

// A fallback is a value that its own row would accept.
static void fallbacks_pass_their_own_checks(void **state)
{
    gsize count;
    const struct command *const *rows = command_table(&count);
    for (gsize i = 0; i < count; i++) {
        json_t *params = json_object();
        for (const struct param *p = rows[i]->params; p->name; p++)
            if (p->fallback)
                json_object_set_new(params, p->name,
                                    json_loads(p->fallback, JSON_DECODE_ANY, NULL));
        struct problem *problem = command_validate(rows[i], params, false);
        size_t k;
        json_t *entry;
        json_array_foreach(problem ? problem->errors : NULL, k, entry)
            assert_string_equal(json_string_value(json_object_get(entry, "detail")), "is required");
        problem_destroy(problem);
        json_decref(params);
    }
}

// --- paths --------------------------------------------------------------------------------------

static void finds(const char *verb, const char *path, const char *method, const char *expected)
{
    g_autofree char *allowed = NULL;
    json_t *params = json_object();
    const struct command *row = command_by_path(verb, path, params, &allowed);
    char *text = json_dumps(params, JSON_COMPACT | JSON_SORT_KEYS);
    if (!row || strcmp(row->method, method) != 0 || strcmp(text, expected) != 0)
        fail_msg("%s %s is %s %s", verb, path, row ? row->method : "nothing", text);
    free(text);
    json_decref(params);
}

static void misses(const char *verb, const char *path, const char *expected)
{
    g_autofree char *allowed = NULL;
    json_t *params = json_object();
    const struct command *row = command_by_path(verb, path, params, &allowed);
    json_decref(params);
    if (row || g_strcmp0(allowed, expected) != 0)
        fail_msg("%s %s: %s", verb, path, allowed ? allowed : "nothing");
}

static void paths_lead_to_rows(void **state)
{
    finds("GET", "/v1", "server.about", "{}");
    finds("GET", "/v1/nodes/12", "node.show", "{\"id\":\"12\"}");
    finds("POST", "/v1/nodes/12/free", "node.free", "{\"id\":\"12\"}");
    finds("DELETE", "/v1/rooms/main/whep/a1", "whep.end",
          "{\"listener\":\"a1\",\"room\":\"main\"}");
    finds("GET", "/v1/synthdefs/caf%C3%A9%20x", "synthdef.show", "{\"name\":\"caf\xc3\xa9 x\"}");
    finds("GET", "/v1/synthdefs/%2e%2e", "synthdef.show", "{\"name\":\"..\"}");
}

static void paths_that_lead_nowhere(void **state)
{
    static const char *const paths[] = {
        "",
        "/",
        "v1",
        "/v1/",
        "/v1/nodes/",
        "/v1/nodes//free",
        "/v1/nodes/1/free/",
        "/v1//nodes",
        "/v1/node",
        "/v1/nodesx",
        "/v2/nodes",
        "/v1/synthdefs/a/b",
        "/v1/rooms/main/whep/",
        "/v1/nodes/../nodes",
    };
    for (gsize i = 0; i < G_N_ELEMENTS(paths); i++)
        misses("GET", paths[i], NULL);
    misses("PUT", "/v1/nodes", "GET, POST");
    misses("get", "/v1/nodes", "GET, POST");
    misses("POST", "/v1/nodes/1", "DELETE, PATCH, GET");
}

// An escaped slash or NUL, and what is not UTF-8, name nothing.
static void paths_with_bad_escapes(void **state)
{
    static const char *const names[] = {"a%2fb", "a%00b", "%", "%4", "%zz", "%ff", "\xff", "%C3"};
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *path = g_strconcat("/v1/synthdefs/", names[i], NULL);
        misses("GET", path, NULL);
    }
}

// --- validation ---------------------------------------------------------------------------------

static char *validate(const char *method, const char *text, bool loose)
{
    g_autofree char *json = g_strdelimit(g_strdup(text), "'", '"');
    json_t *params = json_loads(json, JSON_ALLOW_NUL, NULL);
    assert_non_null(params);
    struct problem *problem = command_validate(command_by_method(method), params, loose);
    json_t *shown = problem ? json_incref(problem->errors) : json_incref(params);
    char *dumped = json_dumps(shown, JSON_COMPACT | JSON_REAL_PRECISION(7));
    char *result = g_strdup(dumped);
    free(dumped);
    json_decref(shown);
    problem_destroy(problem);
    json_decref(params);
    return result;
}

#define FAILS(method, text, field, detail)                                                         \
    assert_text(validate(method, text, false),                                                     \
                "[{\"field\":\"" field "\",\"detail\":\"" detail "\"}]")

static void fills_in_what_is_assumed(void **state)
{
    assert_text(validate("synth.new", "{'synthdef': 'sine'}", false),
                "{\"synthdef\":\"sine\",\"action\":\"head\",\"room\":\"main\"}");
}

static void each_type_is_checked(void **state)
{
    FAILS("synth.new", "{}", "synthdef", "is required");
    FAILS("synth.new", "{'synthdef': 5}", "synthdef", "must be a string");
    FAILS("synth.new", "{'synthdef': null}", "synthdef", "must be a string");
    FAILS("synth.new", "{'synthdef': 'a', 'colour': 1}", "colour", "is not known here");
    FAILS("synth.new", "{'synthdef': 'a', 'target': 1.0}", "target", "must be a whole number");
    FAILS("synth.new", "{'synthdef': 'a', 'target': '1'}", "target", "must be a whole number");
    FAILS("synth.new", "{'synthdef': 'a', 'target': -1}", "target", "must be from 0 to 2147483647");
    FAILS("synth.new", "{'synthdef': 'a', 'target': 2147483648}", "target",
          "must be from 0 to 2147483647");
    FAILS("synth.new", "{'synthdef': 'a', 'target': 9223372036854775807}", "target",
          "must be from 0 to 2147483647");
    FAILS("synth.new", "{'synthdef': 'a', 'action': 'up'}", "action",
          "must be one of head|tail|before|after|replace");
    FAILS("synth.new", "{'synthdef': 'a', 'action': ''}", "action",
          "must be one of head|tail|before|after|replace");
    FAILS("node.run", "{'id': 1, 'run': 1}", "run", "must be true or false");
    FAILS("node.set", "{'id': 1, 'controls': []}", "controls",
          "must be an object of control names and values");
    FAILS("subscribe", "{'topics': 'nodes'}", "topics", "must be an array of strings");
    FAILS("subscribe", "{'topics': [1]}", "topics", "must be a string");
}

static void each_control_is_checked(void **state)
{
    static const char *const values[] = {"true", "null",     "'1'",        "{}",
                                         "[]",   "[1, 'a']", "[1, [2]]",   "[null]",
                                         "1e39", "-1e39",    "[1, 3.5e38]"};
    for (gsize i = 0; i < G_N_ELEMENTS(values); i++) {
        g_autofree char *text =
            g_strdup_printf("{'id': 1, 'controls': {'good': 1, 'bad': %s}}", values[i]);
        FAILS("node.set", text, "controls.bad", "must be a number or an array of numbers");
    }
    assert_text(
        validate("node.set", "{'id': 1, 'controls': {'a': 1, 'b': [1, 2.5], 'c': -3e38}}", false),
        "{\"id\":1,\"controls\":{\"a\":1,\"b\":[1,2.5],\"c\":-3e38}}");
}

static void there_are_bounds(void **state)
{
    g_autofree char *long_name = g_strnfill(256, 'x');
    g_autofree char *text = g_strdup_printf("{'synthdef': '%s'}", long_name);
    FAILS("synth.new", text, "synthdef", "is too long");
    GString *controls = g_string_new("{'id': 1, 'controls': {");
    for (int i = 0; i < 1025; i++)
        g_string_append_printf(controls, "%s'c%d': 1", i ? "," : "", i);
    g_string_append(controls, "}}");
    FAILS("node.set", controls->str, "controls", "has more than 1024 controls");
    g_string_free(controls, TRUE);
    GString *topics = g_string_new("{'topics': ['nodes'");
    for (int i = 0; i < 64; i++)
        g_string_append(topics, ",'nodes'");
    g_string_append(topics, "]}");
    FAILS("subscribe", topics->str, "topics", "must be an array of strings");
    g_string_free(topics, TRUE);
}

static void every_field_that_is_wrong_is_named(void **state)
{
    assert_text(validate("synth.new", "{'target': 'x', 'action': 1, 'extra': 1}", false),
                "[{\"field\":\"target\",\"detail\":\"must be a whole number\"},"
                "{\"field\":\"action\",\"detail\":\"must be a string\"},"
                "{\"field\":\"extra\",\"detail\":\"is not known here\"},"
                "{\"field\":\"synthdef\",\"detail\":\"is required\"}]");
}

static void paths_and_queries_may_write_numbers_as_text(void **state)
{
    assert_text(validate("node.run", "{'id': '12', 'run': 'true'}", true),
                "{\"id\":12,\"run\":true}");
    assert_text(validate("node.run", "{'id': '0', 'run': '0'}", true), "{\"id\":0,\"run\":false}");
    static const char *const numbers[] = {"",     " ", "x", "1x", "1.5", "99999999999999999999",
                                          "0x10", "-", "+"};
    for (gsize i = 0; i < G_N_ELEMENTS(numbers); i++) {
        g_autofree char *text = g_strdup_printf("{'id': '%s'}", numbers[i]);
        assert_text(validate("node.show", text, true),
                    "[{\"field\":\"id\",\"detail\":\"must be a whole number\"}]");
    }
    assert_text(validate("node.run", "{'id': '1', 'run': 'maybe'}", true),
                "[{\"field\":\"run\",\"detail\":\"must be true or false\"}]");
}

// --- what REST adds -----------------------------------------------------------------------------

static char *route(struct rest_head head)
{
    g_autofree char *allowed = NULL;
    struct problem *problem = NULL;
    json_t *params = json_object();
    const struct command *row = rest_route(&head, params, &problem, &allowed);
    char *text = row ? g_strdup(row->method)
                     : g_strdup_printf("%d %s%s%s", problem->status, problem->detail,
                                       allowed ? "; " : "", allowed ? allowed : "");
    problem_destroy(problem);
    json_decref(params);
    return text;
}

static void requests_are_routed_by_their_head(void **state)
{
#define HEAD(...) route((struct rest_head){__VA_ARGS__})
    assert_text(HEAD("GET", "/v1/nodes", .authorised = true), "node.list");
    assert_text(HEAD("HEAD", "/v1/nodes", .authorised = true), "node.list");
    assert_text(HEAD("GET", "/v1/nodes"), "401 this needs the header Authorization: Bearer KEY");
    assert_text(HEAD("GET", "/v1"), "server.about");
    assert_text(HEAD("GET", "/v1/health/live"), "health.live");
    assert_text(HEAD("GET", "/v1/nothing", .authorised = true), "404 there is nothing at "
                                                                "/v1/nothing");
    assert_text(HEAD("BREW", "/v1/nodes", .authorised = true),
                "405 BREW is not possible here; GET, POST");
    assert_text(HEAD("POST", "/v1/nodes", "text/plain", .authorised = true),
                "415 application/json is expected here");
    assert_text(HEAD("POST", "/v1/nodes", "application/JSON; charset=utf-8", .authorised = true),
                "synth.new");
    assert_text(HEAD("POST", "/v1/rooms/main/whep", "application/json", .authorised = true),
                "415 application/sdp is expected here");
    assert_text(HEAD("POST", "/v1/synthdefs", "application/json", .authorised = true),
                "415 application/octet-stream is expected here");
    assert_text(HEAD("POST", "/v1/nodes", "application/json", "1048576", .authorised = true),
                "synth.new");
    assert_text(HEAD("POST", "/v1/nodes", "application/json", "1048577", .authorised = true),
                "413 at most 1048576 bytes are taken here");
    assert_text(HEAD("PUT", "/v1/synthdefs/a", NULL, "4194305", .authorised = true),
                "413 at most 4194304 bytes are taken here");
    assert_text(HEAD("POST", "/v1/nodes", NULL, "99999999999999999999999", .authorised = true),
                "413 at most 1048576 bytes are taken here");
}

static void a_token_is_leave_for_one_recording(void **state)
{
    struct token leave = {"a", "recording.audio", "0f", 1000};
    g_autofree char *token = token_sign("secret", &leave);
#define TOKEN(verb, path, text, time)                                                              \
    HEAD(verb, path, .token = (text), .secret = "secret", .now = (time))
    assert_text(TOKEN("GET", "/v1/recordings/a/audio", token, 999), "recording.audio");
    assert_text(TOKEN("HEAD", "/v1/recordings/a/audio", token, 999), "recording.audio");
    assert_text(TOKEN("GET", "/v1/recordings/a/audio", token, 1000),
                "401 the token has expired; ask for another one");
    assert_text(TOKEN("GET", "/v1/recordings/b/audio", token, 999),
                "403 the token was not given for this");
    assert_text(TOKEN("GET", "/v1/recordings/a/audio", "1000.0f.00", 999),
                "403 the token was not given for this");
    assert_text(TOKEN("GET", "/v1/recordings/a/audio", "%zz", 999),
                "403 the token was not given for this");
    static const char key_wanted[] = "401 this needs the header Authorization: Bearer KEY";
    assert_text(TOKEN("GET", "/v1/recordings/a/audio", NULL, 999), key_wanted);
    assert_text(TOKEN("GET", "/v1/recordings/a", token, 999), key_wanted);
    assert_text(TOKEN("DELETE", "/v1/recordings/a", token, 999), key_wanted);
    assert_text(TOKEN("POST", "/v1/recordings/a/link", token, 999), key_wanted);
    assert_text(TOKEN("DELETE", "/v1/recordings/a/audio", token, 999),
                "405 DELETE is not possible here; GET");
}

static char *body(const char *params_text, const char *bytes)
{
    json_t *params = json_loads(params_text, 0, NULL);
    struct problem *problem = rest_add_json(params, bytes, strlen(bytes));
    char *dumped = json_dumps(params, JSON_COMPACT);
    char *text =
        problem ? g_strdup_printf("%d %s", problem->status, problem->detail) : g_strdup(dumped);
    free(dumped);
    problem_destroy(problem);
    json_decref(params);
    return text;
}

static void bodies_join_the_parameters(void **state)
{
    assert_text(body("{\"id\":\"1\"}", "{\"run\":true}"), "{\"id\":\"1\",\"run\":true}");
    assert_text(body("{}", ""), "{}");
    assert_text(body("{}", "[]"), "400 the body must be a JSON object");
    assert_text(body("{}", "5"), "400 the body is not JSON: '[' or '{' expected near '5', at byte "
                                 "1");
    assert_has(body("{}", "{\"a\":1,\"a\":2}"), "400 the body is not JSON: duplicate object key");
    assert_has(body("{}", "{\"a\":NaN}"), "400 the body is not JSON");
    assert_has(body("{}", "{\"a\":\"\xff\"}"), "400 the body is not JSON");
    assert_has(body("{}", "{\"a\":1}x"), "400 the body is not JSON: end of file expected");
    assert_text(body("{\"id\":\"1\"}", "{\"id\":2}"), "422 a field is given twice");
}

static void queries_join_the_parameters(void **state)
{
    json_t *params = json_pack("{s:s}", "id", "1");
    rest_add_query(params, "room", "caf%C3%A9");
    rest_add_query(params, "id", "2");
    rest_add_query(params, "bad", "%zz");
    rest_add_query(params, "none", NULL);
    char *text = json_dumps(params, JSON_COMPACT);
    assert_string_equal(text, "{\"id\":\"1\",\"room\":\"caf\xc3\xa9\",\"none\":\"\"}");
    free(text);
    json_decref(params);
}

static void locations_name_what_was_made(void **state)
{
    json_t *result =
        json_pack("{s:i s:s s:s}", "id", 1000, "name", "a b/\xc3\xa9", "listener", "0af");
    json_object_set_new(result, "room", json_string("main"));
    assert_text(rest_location(command_by_method("synth.new"), result), "/v1/nodes/1000");
    assert_text(rest_location(command_by_method("synthdef.put"), result),
                "/v1/synthdefs/a%20b%2F%C3%A9");
    assert_text(rest_location(command_by_method("whep.offer"), result), "/v1/rooms/main/whep/0af");
    assert_null(rest_location(command_by_method("node.list"), result));
    json_decref(result);
}

static void ice_servers_are_links(void **state)
{
    json_t *server = json_pack("{s:s}", "urls", "stun:a:3478");
    assert_text(rest_ice_link(server), "<stun:a:3478>; rel=\"ice-server\"");
    json_object_set_new(server, "username", json_string("u"));
    json_object_set_new(server, "credential", json_string("p"));
    assert_text(rest_ice_link(server),
                "<stun:a:3478>; rel=\"ice-server\"; username=\"u\"; credential=\"p\"; "
                "credential-type=\"password\"");
    json_decref(server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_can_be_found_and_is_described),
        cmocka_unit_test(every_path_is_well_made_and_there_once),
        cmocka_unit_test(fallbacks_pass_their_own_checks),
        cmocka_unit_test(paths_lead_to_rows),
        cmocka_unit_test(paths_that_lead_nowhere),
        cmocka_unit_test(paths_with_bad_escapes),
        cmocka_unit_test(fills_in_what_is_assumed),
        cmocka_unit_test(each_type_is_checked),
        cmocka_unit_test(each_control_is_checked),
        cmocka_unit_test(there_are_bounds),
        cmocka_unit_test(every_field_that_is_wrong_is_named),
        cmocka_unit_test(paths_and_queries_may_write_numbers_as_text),
        cmocka_unit_test(requests_are_routed_by_their_head),
        cmocka_unit_test(a_token_is_leave_for_one_recording),
        cmocka_unit_test(bodies_join_the_parameters),
        cmocka_unit_test(queries_join_the_parameters),
        cmocka_unit_test(locations_name_what_was_made),
        cmocka_unit_test(ice_servers_are_links),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
