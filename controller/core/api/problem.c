// SPDX-License-Identifier: GPL-3.0-or-later
#include "controller/core/api/problem.h"

#include <stdarg.h>

#include "common/error.h"

static const struct kind {
    int status;
    const char *slug, *title;
} kinds[] = {
    {400, "malformed", "The request cannot be understood"},
    {401, "unauthorized", "A key is needed"},
    {403, "forbidden", "That is not allowed"},
    {404, "not-found", "There is no such thing"},
    {405, "method-not-allowed", "That cannot be done here"},
    {406, "not-acceptable", "That is of no use here"},
    {409, "conflict", "That does not fit the present state"},
    {412, "precondition-failed", "That is not the present state"},
    {413, "too-large", "That is too large"},
    {415, "unsupported-type", "That content type is not taken here"},
    {422, "invalid", "The input is not valid"},
    {428, "precondition-required", "It must be said which state is meant"},
    {429, "too-many", "Too many at once"},
    {500, "internal", "Something went wrong in Farfield"},
    {502, "refused-by-scsynth", "scsynth refused"},
    {503, "unavailable", "A part of Farfield is away"},
    {504, "timeout", "No answer in time"},
    {507, "no-room", "There is no room for that"},
    {0, "other", "The request failed"},
};

static const struct kind *kind_of(int status)
{
    const struct kind *kind = kinds;
    while (kind->status && kind->status != status)
        kind++;
    return kind;
}

const char *problem_title(int status)
{
    return kind_of(status)->title;
}

struct problem *problem_new(int status, const char *format, ...)
{
    struct problem *problem = g_new0(struct problem, 1);
    problem->status = status;
    problem->retry_after = status == 503 ? 1 : 0;
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

struct problem *problem_copy(const struct problem *problem)
{
    struct problem *copy = problem_new(problem->status, "%s", problem->detail);
    copy->errors = json_incref(problem->errors);
    copy->retry_after = problem->retry_after;
    return copy;
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
    const struct kind *kind = kind_of(problem->status);
    g_autofree char *type = g_strconcat("urn:farfield:problem:", kind->slug, NULL);
    json_t *object =
        json_pack("{s:s s:s s:i}", "type", type, "title", kind->title, "status", problem->status);
    json_object_set_new(object, "detail", json_text(problem->detail));
    if (problem->errors)
        json_object_set(object, "errors", problem->errors);
    return object;
}

char *problem_to_text(const struct problem *problem)
{
    const json_t *first = json_array_get(problem->errors, 0);
    const char *field = json_string_value(json_object_get(first, "field"));
    const char *detail = json_string_value(json_object_get(first, "detail"));
    // Many say of the first field what is said of all.
    if (!field || g_str_has_prefix(problem->detail, field))
        return g_strdup(problem->detail);
    return g_strdup_printf("%s: %s %s", problem->detail, field, detail);
}
