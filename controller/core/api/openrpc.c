// SPDX-License-Identifier: GPL-3.0-or-later
#include "controller/core/api/openrpc.h"

#include "controller/core/api/command.h"
#include "controller/core/api/schemas.h"

static json_t *params_of(const struct command *row, const json_t *example)
{
    json_t *list = json_array();
    for (const struct param *p = row->params; p->name; p++)
        json_array_append_new(list,
                              json_pack("{s:s s:s s:b s:o}", "name", p->name, "summary", p->words,
                                        "required", p->required, "schema",
                                        schemas_of_param(p, json_object_get(example, p->name))));
    return list;
}

// An example of OpenRPC's own would have to know the result.
static json_t *method_of(const struct command *row)
{
    json_t *example = row->example ? json_loads(row->example, 0, NULL) : NULL;
    const char *result = row->result ? row->result : "nothing";
    return json_pack("{s:s s:s s:s s:o s:{s:s s:o} s:[{s:s} {s:s}] s:o*}", "name", row->method,
                     "summary", row->words, "paramStructure", "by-name", "params",
                     params_of(row, example), "result", "name", result, "schema",
                     schemas_ref(result), "errors", "$ref", "#/components/errors/invalid", "$ref",
                     "#/components/errors/refused", "x-example", example);
}

static json_t *all_methods(void)
{
    gsize count;
    const struct command *const *rows = command_table(&count);
    json_t *methods = json_array();
    for (gsize i = 0; i < count; i++)
        if (!rows[i]->rest_only)
            json_array_append_new(methods, method_of(rows[i]));
    return methods;
}

static json_t *all_errors(void)
{
    return json_pack("{s:{s:i s:s s:o} s:{s:i s:s s:o}}", "invalid", "code", -32602, "message",
                     "parameters are wrong; data.errors names each", "data", schemas_ref("problem"),
                     "refused", "code", -32000, "message", "it did not happen; data says why",
                     "data", schemas_ref("problem"));
}

static gpointer make_document(gpointer data)
{
    json_t *components = json_pack("{s:o}", "errors", all_errors());
    json_t *document =
        json_pack("{s:s s:{s:s s:s s:s s:{s:s}} s:o s:o}", "openrpc", "1.3.2", "info", "title",
                  "Farfield", "version", FARFIELD_VERSION, "description",
                  "JSON-RPC 2.0 over a WebSocket; server.about says where.", "license", "name",
                  "GPL-3.0-or-later", "methods", all_methods(), "components", components);
    json_object_set_new(components, "schemas", schemas_used_by(document));
    return document;
}

// The table never changes, and anybody may ask.
json_t *openrpc_document(void)
{
    static GOnce once = G_ONCE_INIT;
    return json_incref(g_once(&once, make_document, NULL));
}
