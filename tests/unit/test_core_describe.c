// SPDX-License-Identifier: GPL-3.0-or-later
// What is made from the command table: the reference that is committed, OpenAPI and OpenRPC.
#include <glib.h>

#include "controller/core/api/command.h"
#include "controller/core/api/openapi.h"
#include "controller/core/api/openrpc.h"
#include "controller/core/api/reference.h"
#include "controller/core/api/schemas.h"
#include "tests/unit/fake_asserts.h"

static void the_committed_reference_is_current(void **state)
{
    g_autofree char *committed = NULL, *page = reference_markdown();
    g_autoptr(GError) error = NULL;
    if (!g_file_get_contents("docs/reference.md", &committed, NULL, &error))
        fail_msg("%s: run `make reference`", error->message);
    if (strcmp(committed, page) != 0)
        fail_msg("docs/reference.md is not what the command table says: run `make reference`");
}

static void the_reference_has_every_command(void **state)
{
    g_autofree char *page = reference_markdown();
    gsize count;
    const struct command *const *rows = command_table(&count);
    for (gsize i = 0; i < count; i++) {
        g_autofree char *heading = g_strdup_printf("\n## %s\n", rows[i]->method);
        if (!strstr(page, heading))
            fail_msg("the reference lacks %s", rows[i]->method);
    }
    assert_non_null(strstr(page, "\n`PATCH /v1/nodes/{id}`\n"));
    assert_non_null(strstr(page, "\n| `id` | whole number, at least 0; required | "
                                 "number of the node |\n"));
}

static void every_result_has_a_schema(void **state)
{
    gsize count;
    const struct command *const *rows = command_table(&count);
    for (gsize i = 0; i < count; i++) {
        if (rows[i]->answer == BODY_JSON && !rows[i]->result)
            fail_msg("%s answers JSON, but names no result", rows[i]->method);
        if (rows[i]->result && !schemas_know(rows[i]->result))
            fail_msg("%s answers \"%s\", which schemas.json does not have", rows[i]->method,
                     rows[i]->result);
    }
}

static void every_example_passes_its_own_row(void **state)
{
    gsize count;
    const struct command *const *rows = command_table(&count);
    for (gsize i = 0; i < count; i++) {
        if (!rows[i]->example)
            continue;
        json_t *params = json_loads(rows[i]->example, JSON_REJECT_DUPLICATES, NULL);
        if (!json_is_object(params))
            fail_msg("the example of %s is no JSON object", rows[i]->method);
        struct problem *problem = command_validate(rows[i], params, false);
        if (problem)
            fail_msg("the example of %s: %s", rows[i]->method, problem->detail);
        json_decref(params);
    }
}

// Each reference inside a document leads to something in it.
static void check_refs(const json_t *document, const json_t *part)
{
    const char *key, *ref = json_string_value(json_object_get(part, "$ref"));
    json_t *value;
    size_t i;
    if (ref) {
        g_auto(GStrv) steps = g_strsplit(ref, "/", -1);
        const json_t *target = document;
        for (int k = 1; steps[k]; k++)
            target = json_object_get(target, steps[k]);
        if (!target)
            fail_msg("%s leads nowhere", ref);
    }
    json_object_foreach((json_t *)part, key, value) check_refs(document, value);
    json_array_foreach(part, i, value) check_refs(document, value);
}

static bool has_named(const json_t *list, const char *name)
{
    size_t i;
    json_t *entry;
    json_array_foreach(list, i, entry)
    {
        if (g_strcmp0(json_string_value(json_object_get(entry, "name")), name) == 0)
            return true;
    }
    return false;
}

static json_t *operation(const json_t *document, const struct command *row)
{
    g_autofree char *verb = g_ascii_strdown(row->verb, -1);
    return json_object_get(json_object_get(json_object_get(document, "paths"), row->path), verb);
}

static void openapi_has_every_path(void **state)
{
    json_t *document = openapi_document();
    gsize count;
    const struct command *const *rows = command_table(&count);
    for (gsize i = 0; i < count; i++) {
        if (!rows[i]->path)
            continue;
        const json_t *found = operation(document, rows[i]);
        assert_string_equal(json_string_value(json_object_get(found, "operationId")),
                            rows[i]->method);
        const char *tag = json_string_value(json_array_get(json_object_get(found, "tags"), 0));
        if (!has_named(json_object_get(document, "tags"), tag))
            fail_msg("openapi.c has no words for the tag %s", tag);
    }
    check_refs(document, document);
    json_decref(document);
}

static char *text_of(const json_t *json)
{
    return json_dumps(json, JSON_COMPACT);
}

static void openapi_puts_everything_in_its_place(void **state)
{
    json_t *document = openapi_document();
    const json_t *set = operation(document, command_by_method("node.set"));
    assert_text(text_of(json_object_get(set, "parameters")),
                "[{\"name\":\"id\",\"in\":\"path\",\"description\":\"number of the node\","
                "\"required\":true,\"schema\":{\"type\":\"integer\",\"minimum\":0,"
                "\"maximum\":2147483647,\"description\":\"number of the node\","
                "\"examples\":[1006633960]}}]");
    g_autofree char *body = text_of(json_object_get(set, "requestBody"));
    assert_non_null(strstr(body, "\"controls\":{\"$ref\":\"#/components/schemas/controls\""));
    assert_non_null(strstr(body, "\"example\":{\"controls\":{\"freq\":330}}"));
    assert_null(strstr(body, "\"id\""));
    const json_t *put = operation(document, command_by_method("synthdef.put"));
    assert_text(text_of(json_object_get(put, "requestBody")),
                "{\"required\":true,\"content\":{\"application/octet-stream\":{\"schema\":{}}}}");
    const json_t *offer = operation(document, command_by_method("whep.offer"));
    assert_non_null(json_object_get(
        json_object_get(json_object_get(json_object_get(offer, "responses"), "201"), "headers"),
        "Location"));
    const json_t *live = operation(document, command_by_method("health.live"));
    assert_int_equal(json_array_size(json_object_get(live, "security")), 0);
    assert_true(json_is_array(json_object_get(live, "security")));
    json_decref(document);
}

static void openrpc_has_every_method(void **state)
{
    json_t *document = openrpc_document();
    gsize count;
    const struct command *const *rows = command_table(&count);
    for (gsize i = 0; i < count; i++)
        assert_int_equal(has_named(json_object_get(document, "methods"), rows[i]->method),
                         !rows[i]->rest_only);
    check_refs(document, document);
    json_decref(document);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_committed_reference_is_current),
        cmocka_unit_test(the_reference_has_every_command),
        cmocka_unit_test(every_result_has_a_schema),
        cmocka_unit_test(every_example_passes_its_own_row),
        cmocka_unit_test(openapi_has_every_path),
        cmocka_unit_test(openapi_puts_everything_in_its_place),
        cmocka_unit_test(openrpc_has_every_method),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
