// SPDX-License-Identifier: GPL-3.0-or-later
#include "controller/core/api/rest.h"

#include <string.h>

#include "common/link.h"
#include "common/token.h"
#include "controller/core/metrics.h"

static bool has_type(const char *given, const char *const *wanted)
{
    if (!given)
        return true;
    gsize length = strcspn(given, "; ");
    for (; *wanted; wanted++)
        if (strlen(*wanted) == length && g_ascii_strncasecmp(given, *wanted, length) == 0)
            return true;
    return false;
}

// curl sends application/x-www-form-urlencoded unless it is told otherwise.
static const char *const json_types[] = {"application/json", "application/x-www-form-urlencoded",
                                         NULL};
static const char *const bytes_types[] = {"application/octet-stream",
                                          "application/x-www-form-urlencoded", NULL};
static const char *const sdp_types[] = {"application/sdp", NULL};
static const char *const fragment_types[] = {"application/trickle-ice-sdpfrag", NULL};
static const char *const patch_types[] = {"application/trickle-ice-sdpfrag", "application/sdp",
                                          NULL};

// Whoever sends a sound may call it anything that begins with audio/.
static const char *const upload_types[] = {"application/octet-stream", "application/json",
                                           "application/x-www-form-urlencoded", "application/ogg",
                                           NULL};

static const char *const metrics_types[] = {METRICS_TYPE, NULL};

static const struct {
    const char *const *types;
    gsize max;
} bodies[] = {
    [BODY_NONE] = {json_types, REST_MAX_JSON},
    [BODY_JSON] = {json_types, REST_MAX_JSON},
    [BODY_SDP] = {sdp_types, LINK_MAX_SDP},
    [BODY_SDPFRAG] = {fragment_types, LINK_MAX_SDP},
    [BODY_SDP_PATCH] = {patch_types, LINK_MAX_SDP},
    [BODY_SYNTHDEF] = {bytes_types, REST_MAX_SYNTHDEF},
    [BODY_UPLOAD] = {upload_types, REST_MAX_JSON},
    [BODY_METRICS] = {metrics_types, 0},
};

const char *rest_body_type(enum body body)
{
    return bodies[body].types[0];
}

gsize rest_max_body(const struct command *command)
{
    return command->max_body ? command->max_body : bodies[command->body].max;
}

static bool is_sound(const char *type)
{
    return type && g_ascii_strncasecmp(type, "audio/", 6) == 0;
}

bool rest_is_file(const char *content_type, char first)
{
    static const char *const files[] = {"application/octet-stream", "application/ogg", NULL};
    static const char *const json[] = {"application/json", NULL};
    if (content_type && (is_sound(content_type) || has_type(content_type, files)))
        return true;
    if (content_type && has_type(content_type, json))
        return false;
    // Not said, or what curl says of anything: no sound file begins like an object.
    return first != '{' && !g_ascii_isspace(first);
}

static struct problem *check_body(const struct command *command, const struct rest_head *head)
{
    if (command->body == BODY_UPLOAD && is_sound(head->content_type))
        return NULL;
    if (!has_type(head->content_type, bodies[command->body].types))
        return problem_new(415, "%s is expected here", bodies[command->body].types[0]);
    // How large a file may be is found when it is there.
    if (command->body == BODY_UPLOAD)
        return NULL;
    gsize max = rest_max_body(command);
    if (head->content_length && g_ascii_strtoull(head->content_length, NULL, 10) > max)
        return problem_new(413, "at most %zu bytes are taken here", max);
    return NULL;
}

static struct problem *check_leave(const struct command *command, const struct rest_head *head,
                                   const json_t *params)
{
    if (command->scope == SCOPE_OPEN || head->authorised)
        return NULL;
    if (!command->by_token || !head->token)
        return problem_new(401, "this needs the header Authorization: Bearer KEY");
    const char *id = json_string_value(json_object_get(params, "id"));
    g_autofree char *bearer = NULL;
    g_autoptr(GError) error = NULL;
    if (token_check(head->secret, head->token, id, command->method, head->now, &bearer, &error))
        return NULL;
    return problem_new(error->code, "%s", error->message);
}

const struct command *rest_route(const struct rest_head *head, json_t *params,
                                 struct problem **problem, char **allowed)
{
    const char *verb = strcmp(head->verb, "HEAD") == 0 ? "GET" : head->verb;
    const struct command *command = command_by_path(verb, head->path, params, allowed);
    if (!command)
        *problem = *allowed ? problem_new(405, "%s is not possible here", head->verb)
                            : problem_new(404, "there is nothing at %s", head->path);
    else if (!(*problem = check_leave(command, head, params)))
        *problem = check_body(command, head);
    return *problem ? NULL : command;
}

char *rest_verbs(const char *path)
{
    char *verbs = NULL;
    json_t *params = json_object();
    command_by_path("", path, params, &verbs);
    json_decref(params);
    return verbs;
}

char *rest_accepts(const char *verb, const char *path)
{
    g_autofree char *others = NULL;
    json_t *params = json_object();
    const struct command *command = command_by_path(verb, path, params, &others);
    json_decref(params);
    return command ? g_strjoinv(", ", (char **)bodies[command->body].types) : NULL;
}

void rest_add_query(json_t *params, const char *name, const char *value)
{
    g_autofree char *decoded = g_uri_unescape_string(value ? value : "", NULL);
    json_t *text = json_string(decoded);
    if (text && !json_object_get(params, name))
        json_object_set_new(params, name, text);
    else
        json_decref(text);
}

struct problem *rest_add_json(json_t *params, const char *bytes, gsize length)
{
    if (length == 0)
        return NULL;
    json_error_t failure;
    json_t *json = json_loadb(bytes, length, JSON_REJECT_DUPLICATES, &failure);
    if (!json)
        return problem_new(400, "the body is not JSON: %s, at byte %d", failure.text,
                           failure.position);
    struct problem *problem = NULL;
    const char *name;
    json_t *value;
    if (!json_is_object(json))
        problem = problem_new(400, "the body must be a JSON object");
    json_object_foreach(json, name, value)
    {
        if (json_object_get(params, name)) {
            problem = problem ? problem : problem_new(422, "a field is given twice");
            problem_add(problem, name, "is given by the path or query already");
        } else {
            json_object_set(params, name, value);
        }
    }
    json_decref(json);
    return problem;
}

int rest_status(const struct command *command, const json_t *result)
{
    // WHEP has more than one success.
    json_int_t own = command->rest_only && command->answer != BODY_JSON
                         ? json_integer_value(json_object_get(result, "status"))
                         : 0;
    if (own)
        return (int)own;
    // A probe looks at the status alone.
    return json_is_false(json_object_get(result, "ready")) ? 503 : command->status;
}

char *rest_location(const struct command *command, const json_t *result)
{
    const char *template = command->location;
    if (!template)
        return NULL;
    GString *path = g_string_new(NULL);
    for (const char *open; (open = strchr(template, '{')); template = strchr(open, '}') + 1) {
        g_string_append_len(path, template, open - template);
        g_autofree char *name = g_strndup(open + 1, strchr(open, '}') - open - 1);
        const json_t *value = json_object_get(result, *name == '+' ? name + 1 : name);
        if (*name == '+')
            g_string_append(path, json_string_value(value));
        else if (json_is_string(value))
            g_string_append_uri_escaped(path, json_string_value(value), NULL, FALSE);
        else
            g_string_append_printf(path, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
    }
    g_string_append(path, template);
    return g_string_free(path, FALSE);
}

char *rest_etag(const struct command *command, const json_t *result)
{
    const char *etag = json_string_value(json_object_get(result, "etag"));
    return etag && command->answer != BODY_JSON ? g_strdup_printf("\"%s\"", etag) : NULL;
}

// RFC 9110, section 5.6.4.
static char *quoted_pairs(const char *text)
{
    GString *quoted = g_string_new(NULL);
    for (; *text; text++) {
        if (*text == '"' || *text == '\\')
            g_string_append_c(quoted, '\\');
        g_string_append_c(quoted, *text);
    }
    return g_string_free(quoted, FALSE);
}

char *rest_ice_link(const json_t *server)
{
    const char *url = json_string_value(json_object_get(server, "urls"));
    const char *username = json_string_value(json_object_get(server, "username"));
    const char *password = json_string_value(json_object_get(server, "credential"));
    g_autofree char *user = username ? quoted_pairs(username) : NULL;
    g_autofree char *credential = password ? quoted_pairs(password) : NULL;
    if (!user)
        return g_strdup_printf("<%s>; rel=\"ice-server\"", url);
    return g_strdup_printf("<%s>; rel=\"ice-server\"; username=\"%s\"; credential=\"%s\"; "
                           "credential-type=\"password\"",
                           url, user, credential);
}
