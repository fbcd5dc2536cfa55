// SPDX-License-Identifier: GPL-3.0-or-later
#include "controller/core/api/openapi.h"

#include <string.h>

#include "controller/core/api/command.h"
#include "controller/core/api/problem.h"
#include "controller/core/api/rest.h"
#include "controller/core/api/schemas.h"

#define PROBLEM "application/problem+json"

// What stands before the dot of a method, in words.
static const struct {
    const char *name, *words;
} tags[] = {
    {"asset", "Sounds that are kept, of which buffers are made."},
    {"buffer", "Buffers: sound, or tables, in scsynth's memory."},
    {"bundle", "Several commands at one time, to the sample."},
    {"bus", "Control and audio buses, over which synths hear each other."},
    {"clock", "The beat that all clients share."},
    {"group", "Groups, in which nodes run one after the other."},
    {"health", "Whether Farfield is well, for those who watch over it."},
    {"listener", "Who listens, and how it arrives."},
    {"log", "What Farfield and its programs have said of late."},
    {"node", "What is done to any node of scsynth's tree."},
    {"openapi", "This document."},
    {"osc", "Commands of scsynth's own, checked."},
    {"preset", "Control values of a SynthDef, kept by a name."},
    {"recording", "Sound files that are made of a room."},
    {"relay", "A room's packets as RTP, for servers that hand them on."},
    {"room", "Rooms, each with a sound of its own."},
    {"scene", "The whole state by a name, kept and brought back."},
    {"server", "Farfield as a whole, and its scsynth."},
    {"stats", "Figures to watch Farfield by."},
    {"synth", "Synths, which sound."},
    {"synthdef", "SynthDefs, of which synths are made."},
    {"whep", "Listening by WHEP, with any player that speaks it."},
};

static char *tag_of(const struct command *row)
{
    return g_strndup(row->method, strcspn(row->method, "."));
}

static json_t *all_tags(void)
{
    json_t *list = json_array();
    for (gsize i = 0; i < G_N_ELEMENTS(tags); i++)
        json_array_append_new(
            list, json_pack("{s:s s:s}", "name", tags[i].name, "description", tags[i].words));
    return list;
}

// --- what goes in -------------------------------------------------------------------------------

static bool is_in_path(const struct command *row, const char *name)
{
    g_autofree char *braces = g_strdup_printf("{%s}", name);
    return strstr(row->path, braces) != NULL;
}

// Where the body is a file, it need not come as text in a parameter, and its name is in the query.
static bool is_in_body(const struct command *row, const struct param *p)
{
    if (row->body == BODY_UPLOAD)
        return strcmp(p->name, "name") != 0;
    return row->body == BODY_JSON || (row->body == BODY_SYNTHDEF && strcmp(p->name, "data") == 0);
}

static json_t *parameters_of(const struct command *row, const json_t *example)
{
    json_t *list = json_array();
    for (const struct param *p = row->params; p->name; p++) {
        bool in_path = is_in_path(row, p->name);
        if (!in_path && is_in_body(row, p))
            continue;
        json_array_append_new(list,
                              json_pack("{s:s s:s s:s s:b s:o}", "name", p->name, "in",
                                        in_path ? "path" : "query", "description", p->words,
                                        "required", p->required, "schema",
                                        schemas_of_param(p, json_object_get(example, p->name))));
    }
    return list;
}

static json_t *json_body(const struct command *row, const json_t *example)
{
    json_t *properties = json_object(), *required = json_array(), *shown = json_object();
    for (const struct param *p = row->params; p->name; p++) {
        if (is_in_path(row, p->name))
            continue;
        json_object_set_new(properties, p->name, schemas_of_param(p, NULL));
        if (p->required)
            json_array_append_new(required, json_string(p->name));
        if (json_object_get(example, p->name))
            json_object_set(shown, p->name, json_object_get(example, p->name));
    }
    bool must = json_array_size(required) > 0;
    json_t *schema = json_pack("{s:s s:b s:o}", "type", "object", "additionalProperties", 0,
                               "properties", properties);
    if (must)
        json_object_set(schema, "required", required);
    json_decref(required);
    json_t *media = json_pack("{s:o}", "schema", schema);
    if (example)
        json_object_set(media, "example", shown);
    json_decref(shown);
    return json_pack("{s:b s:{s:o}}", "required", must, "content", "application/json", media);
}

static json_t *patch_body(void)
{
    return json_pack("{s:b s:{s:{s:{s:s}} s:{s:{s:s}}}}", "required", 1, "content",
                     rest_body_type(BODY_SDPFRAG), "schema", "type", "string",
                     rest_body_type(BODY_SDP), "schema", "type", "string");
}

static json_t *file_body(const struct command *row)
{
    json_t *schema =
        row->body == BODY_SYNTHDEF ? json_object() : json_pack("{s:s}", "type", "string");
    return json_pack("{s:b s:{s:{s:o}}}", "required", 1, "content", rest_body_type(row->body),
                     "schema", schema);
}

// A sound file, and where more can be said than its name, JSON in its place.
static json_t *upload_body(const struct command *row, const json_t *example)
{
    json_t *body = row->rest_only ? json_pack("{s:b s:{}}", "required", 1, "content")
                                  : json_body(row, example);
    json_object_set_new(json_object_get(body, "content"), "audio/*", json_pack("{s:{}}", "schema"));
    json_object_set_new(body, "required", json_true());
    return body;
}

static json_t *body_of(const struct command *row, const json_t *example)
{
    if (row->body == BODY_NONE)
        return NULL;
    if (row->body == BODY_UPLOAD)
        return upload_body(row, example);
    if (row->body == BODY_SDP_PATCH)
        return patch_body();
    return row->body == BODY_JSON ? json_body(row, example) : file_body(row);
}

// --- what comes out -----------------------------------------------------------------------------

static const char *words_of_status(int status)
{
    return status == 201   ? "It is made."
           : status == 202 ? "It has begun."
           : status == 307 ? "It is at another address."
                           : "It is done.";
}

static json_t *content_of(const struct command *row)
{
    if (row->answer == BODY_JSON)
        return json_pack("{s:{s:o}}", "application/json", "schema",
                         row->result ? schemas_ref(row->result)
                                     : json_pack("{s:s}", "type", "object"));
    if (row->answer == BODY_FILE)
        return json_pack("{s:{s:{}}}", "audio/*", "schema");
    return json_pack("{s:{s:{s:s}}}", rest_body_type(row->answer), "schema", "type", "string");
}

static json_t *success_of(const struct command *row)
{
    json_t *response = json_pack("{s:s}", "description", words_of_status(row->status));
    if (row->answer != BODY_NONE)
        json_object_set_new(response, "content", content_of(row));
    if (row->location)
        json_object_set_new(response, "headers",
                            json_pack("{s:{s:s s:{s:s}}}", "Location", "description",
                                      row->status == 307 ? "where it is" : "path of what was made",
                                      "schema", "type", "string"));
    return response;
}

// What transfer.h makes of the headers of a request.
static void add_parts_of_file(json_t *responses, const struct command *row)
{
    json_object_set_new(responses, "206",
                        json_pack("{s:s s:o}", "description", "The part that Range asks for.",
                                  "content", content_of(row)));
    static const char *const others[][2] = {{"304", "It is what If-None-Match has."},
                                            {"412", "It is not what If-Match has."},
                                            {"416", "It is shorter than that."}};
    for (gsize i = 0; i < G_N_ELEMENTS(others); i++)
        json_object_set_new(responses, others[i][0],
                            json_pack("{s:s}", "description", others[i][1]));
}

// What WHEP may answer besides.
static void add_whep(json_t *responses, const struct command *row)
{
    if (row->answer == BODY_SDP)
        json_object_set_new(responses, "406",
                            json_pack("{s:s s:o}", "description",
                                      "The server's own offer, which PATCH at Location answers.",
                                      "content", content_of(row)));
    if (row->answer != BODY_SDPFRAG)
        return;
    static const char *const others[][2] = {{"204", "Candidates or answer are taken."},
                                            {"412", "It is not of the present ICE session."},
                                            {"428", "It may be of another ICE session."}};
    for (gsize i = 0; i < G_N_ELEMENTS(others); i++)
        json_object_set_new(responses, others[i][0],
                            json_pack("{s:s}", "description", others[i][1]));
}

static json_t *problem_response(int status)
{
    json_t *response = json_pack("{s:s s:{s:{s:o}}}", "description", problem_title(status),
                                 "content", PROBLEM, "schema", schemas_ref("problem"));
    if (status == 503)
        json_object_set_new(response, "headers",
                            json_pack("{s:{s:s s:{s:s}}}", "Retry-After", "description",
                                      "seconds, after which to ask again", "schema", "type",
                                      "integer"));
    return response;
}

static void add_problem(json_t *responses, bool applies, int status)
{
    if (!applies)
        return;
    g_autofree char *key = g_strdup_printf("%d", status);
    g_autofree char *ref = g_strdup_printf("#/components/responses/problem_%d", status);
    json_object_set_new(responses, key, json_pack("{s:s}", "$ref", ref));
}

static json_t *responses_of(const struct command *row)
{
    json_t *responses = json_object();
    g_autofree char *status = g_strdup_printf("%d", row->status);
    json_object_set_new(responses, status, success_of(row));
    if (row->answer == BODY_FILE)
        add_parts_of_file(responses, row);
    add_whep(responses, row);
    add_problem(responses, row->body == BODY_JSON || row->body == BODY_UPLOAD, 400);
    add_problem(responses, row->scope != SCOPE_OPEN, 401);
    add_problem(responses, true, 403); // a page or host that may not ask at all (access.h)
    add_problem(responses, strchr(row->path, '{'), 404);
    add_problem(responses, row->body != BODY_NONE, 413);
    add_problem(responses, row->body != BODY_NONE, 415);
    add_problem(responses, row->params[0].name != NULL, 422);
    add_problem(responses, row->waits, 502);
    add_problem(responses, row->waits, 503);
    add_problem(responses, row->waits, 504);
    // rest_status(): a probe looks at the status alone.
    if (g_strcmp0(row->result, "readiness") == 0)
        json_object_set_new(responses, "503", success_of(row));
    json_object_set_new(responses, "default",
                        json_pack("{s:s}", "$ref", "#/components/responses/problem"));
    return responses;
}

static json_t *shared_responses(void)
{
    static const int statuses[] = {400, 401, 403, 404, 413, 415, 422, 502, 503, 504};
    json_t *responses = json_pack("{s:o}", "problem", problem_response(0));
    for (gsize i = 0; i < G_N_ELEMENTS(statuses); i++) {
        g_autofree char *name = g_strdup_printf("problem_%d", statuses[i]);
        json_object_set_new(responses, name, problem_response(statuses[i]));
    }
    return responses;
}

// --- the whole ----------------------------------------------------------------------------------

static json_t *operation_of(const struct command *row)
{
    json_t *example = row->example ? json_loads(row->example, 0, NULL) : NULL;
    g_autofree char *tag = tag_of(row);
    json_t *operation =
        json_pack("{s:s s:s s:[s] s:o* s:o* s:o}", "operationId", row->method, "summary",
                  row->words, "tags", tag, "parameters", parameters_of(row, example), "requestBody",
                  body_of(row, example), "responses", responses_of(row));
    if (row->scope == SCOPE_OPEN)
        json_object_set_new(operation, "security", json_array());
    json_decref(example);
    return operation;
}

static json_t *all_paths(void)
{
    gsize count;
    const struct command *const *rows = command_table(&count);
    json_t *paths = json_object();
    for (gsize i = 0; i < count; i++) {
        if (!rows[i]->path)
            continue;
        if (!json_object_get(paths, rows[i]->path))
            json_object_set_new(paths, rows[i]->path, json_object());
        g_autofree char *verb = g_ascii_strdown(rows[i]->verb, -1);
        json_object_set_new(json_object_get(paths, rows[i]->path), verb, operation_of(rows[i]));
    }
    return paths;
}

static json_t *info(void)
{
    return json_pack("{s:s s:s s:s s:{s:s s:s}}", "title", "Farfield", "version", FARFIELD_VERSION,
                     "description",
                     "Plays SuperCollider's scsynth from anywhere. A command that changes scsynth "
                     "is answered when scsynth has done it.",
                     "license", "name", "GPL-3.0-or-later", "identifier", "GPL-3.0-or-later");
}

static gpointer make_document(gpointer data)
{
    json_t *components =
        json_pack("{s:o s:{s:{s:s s:s s:s}}}", "responses", shared_responses(), "securitySchemes",
                  "key", "type", "http", "scheme", "bearer", "description",
                  "The setting api-key; where none is set, none is asked for.");
    json_t *document = json_pack("{s:s s:o s:[{s:s}] s:[{s:[]}] s:o s:o s:o}", "openapi", "3.1.0",
                                 "info", info(), "servers", "url", "/", "security", "key", "tags",
                                 all_tags(), "paths", all_paths(), "components", components);
    json_object_set_new(components, "schemas", schemas_used_by(document));
    return document;
}

// The table never changes, and anybody may ask.
json_t *openapi_document(void)
{
    static GOnce once = G_ONCE_INIT;
    return json_incref(g_once(&once, make_document, NULL));
}
