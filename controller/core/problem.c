// SPDX-License-Identifier: GPL-3.0-or-later
#include "controller/core/problem.h"

#include <stdarg.h>

#include "common/error.h"

static const struct {
    int status;
    const char *slug, *title;
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
    {429, "too-many", "Too many at once"},
    {500, "internal", "Something went wrong in Farfield"},
    {502, "refused-by-scsynth", "scsynth refused"},
    {503, "unavailable", "A part of Farfield is away"},
    {504, "timeout", "No answer in time"},
};

struct problem *problem_new(int status, const char *format, ...)
{
    struct problem *problem = g_new0(struct problem, 1);
    problem->status = status;
    va_list args;
    va_start(args, format);
    problem->detail = g_strdup_vprintf(format, args);
    va_end(args);
    return problem;
}

struct problem *problem_from_error(const GError *error)
{
    int status = error->domain == FARFIELD_ERROR ? error->code : ERROR_INTERNAL;
    return problem_new(status, "%s", error->message);
}

void problem_destroy(struct problem *problem)
{
    if (!problem)
        return;
    g_free(problem->detail);
    json_decref(problem->errors);
    g_free(problem);
}

static json_t *json_text(const char *text)
{
    g_autofree char *valid = g_utf8_make_valid(text, -1);
    return json_string(valid);
}

void problem_add(struct problem *problem, const char *field, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *detail = g_strdup_vprintf(format, args);
    va_end(args);
    if (!problem->errors)
        problem->errors = json_array();
    json_t *entry = json_object();
    json_object_set_new(entry, "field", json_text(field));
    json_object_set_new(entry, "detail", json_text(detail));
    json_array_append_new(problem->errors, entry);
}

json_t *problem_to_json(const struct problem *problem)
{
    const char *slug = "other", *title = "The request failed";
    for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++) {
        if (kinds[i].status == problem->status) {
            slug = kinds[i].slug;
            title = kinds[i].title;
        }
    }
    g_autofree char *type = g_strconcat("urn:farfield:problem:", slug, NULL);
    json_t *object =
        json_pack("{s:s s:s s:i}", "type", type, "title", title, "status", problem->status);
    json_object_set_new(object, "detail", json_text(problem->detail));
    if (problem->errors)
        json_object_set(object, "errors", problem->errors);
    return object;
}
