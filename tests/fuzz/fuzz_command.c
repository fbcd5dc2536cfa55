// SPDX-License-Identifier: GPL-3.0-or-later
// Commands of every kind against a session that runs, with a scsynth that answers. An input is
// lines: "VERB PATH[?QUERY] [BODY]" as REST brings them, anything else as a WebSocket message.
// Every call must be answered once, and the guard stay last.
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "controller/core/api/rest.h"
#include "controller/core/api/rpc.h"
#include "tests/unit/fake_scsynth.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void on_answer(void *data, json_t *result, const struct problem *problem)
{
    int *answers = data;
    if (!result == !problem)
        abort();
    if (problem)
        json_decref(problem_to_json(problem));
    json_decref(result);
    ++*answers;
}

static void add_query(json_t *params, char *query)
{
    g_auto(GStrv) pairs = g_strsplit(query, "&", 20);
    for (int i = 0; pairs[i]; i++) {
        char *equals = strchr(pairs[i], '=');
        if (equals)
            *equals = '\0';
        rest_add_query(params, pairs[i], equals ? equals + 1 : NULL);
    }
}

// How many calls were made: none where the request is refused before.
static int request(struct fake_session *f, char *verb, char *path, const char *body, int *answers)
{
    char *query = strchr(path, '?');
    if (query)
        *query++ = '\0';
    json_t *params = json_object();
    struct problem *problem = NULL;
    g_autofree char *allowed = NULL;
    struct rest_head head = {verb, path, .authorised = true};
    const struct command *command = rest_route(&head, params, &problem, &allowed);
    bool takes_json = command && (command->body == BODY_JSON || command->body == BODY_NONE);
    if (command && query)
        add_query(params, query);
    if (takes_json)
        problem = rest_add_json(params, body, strlen(body));
    if (!command || problem) {
        problem_destroy(problem);
        json_decref(params);
        return 0;
    }
    GBytes *bytes = takes_json ? NULL : g_bytes_new(body, strlen(body));
    session_call(f->session, call_new(command, params, bytes, NULL, on_answer, answers), true,
                 f->now);
    return 1;
}

static bool is_verb(const char *word)
{
    static const char *const verbs[] = {"GET", "POST", "PUT", "PATCH", "DELETE", NULL};
    return g_strv_contains(verbs, word);
}

static int run_line(struct fake_session *f, struct client *client, const char *line, gsize length,
                    int *answers)
{
    g_autofree char *text = g_strndup(line, length);
    g_auto(GStrv) words = g_strsplit(text, " ", 3);
    if (words[0] && words[1] && is_verb(words[0]))
        return request(f, words[0], words[1], words[2] ? words[2] : "", answers);
    rpc_receive(client, line, length, f->now);
    return 0;
}

// A group with a sine in it, and a chord behind.
static void populate(struct fake_scsynth *s)
{
    struct fake_session *f = s->session;
    fake_call(f, "group.new", NULL);
    fake_scsynth_run(s, FAKE_MS(2));
    fake_call(f, "synth.new", "{'synthdef': 'sine', 'target': 1000}");
    fake_call(f, "synth.new", "{'synthdef': 'chord'}");
    fake_scsynth_run(s, FAKE_MS(2));
}

static void check(struct fake_session *f)
{
    const struct node *guard = tree_find(&f->session->tree, 2);
    if (!guard || node_next(guard) || !guard->running || !tree_find(&f->session->tree, 1)) {
        g_autofree char *tree = fake_tree(f);
        g_error("the guard is not last: %s", tree);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    log_setup("fuzz", LOG_ERROR_LEVEL, false);
    struct fake_session *f = fake_session_create();
    struct fake_scsynth *s = fake_scsynth_create(f, 1);
    fake_scsynth_run(s, FAKE_MS(20));
    populate(s);
    struct client *client = fake_connect(f, "c", true);
    int asked = 0, answers = 0;
    const char *line = (const char *)data, *end = line + size;
    for (int i = 0; line < end && i < 50; i++) {
        const char *stop = memchr(line, '\n', end - line);
        asked += run_line(f, client, line, (stop ? stop : end) - line, &answers);
        fake_scsynth_run(s, FAKE_MS(2));
        line = stop ? stop + 1 : end;
    }
    fake_scsynth_run(s, FAKE_MS(20));
    check(f);
    fake_leave(f, client);
    fake_scsynth_destroy(s);
    fake_session_destroy(f);
    if (asked != answers)
        g_error("%d calls were answered %d times", asked, answers);
    return 0;
}
