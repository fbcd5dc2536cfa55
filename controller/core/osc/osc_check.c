// SPDX-License-Identifier: GPL-3.0-or-later
// The arguments of a message against the grammar of its rule.
#include <float.h>
#include <math.h>
#include <string.h>

#include "controller/core/osc/osc_rules.h"
#include "controller/core/osc/osc_tokens.h"
#include "controller/core/session.h"

struct osc_arg *check_arg(struct check *c)
{
    return c->at < c->message->args->len ? &g_array_index(c->message->args, struct osc_arg, c->at)
                                         : NULL;
}

bool check_fail(struct check *c, int status, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *detail = g_strdup_vprintf(format, args);
    va_end(args);
    g_autofree char *field = g_strdup_printf("%sargs[%u]", c->path, c->at);
    c->problem = problem_new(status, "%s %s", field, detail);
    problem_add(c->problem, field, "%s", detail);
    return false;
}

static bool arg_number(const struct osc_arg *arg, double *number)
{
    if (arg->type != 'i' && arg->type != 'f' && arg->type != 'd')
        return false;
    *number = arg->type == 'i' ? arg->i : arg->type == 'f' ? (double)arg->f : arg->d;
    return true;
}

bool check_int(struct check *c, int64_t min, int64_t max, int32_t *value)
{
    struct osc_arg *arg = check_arg(c);
    double number;
    if (!arg_number(arg, &number) || number != floor(number) || fabs(number) > G_MAXINT32)
        return check_fail(c, 422, "must be a whole number");
    if (number < (double)min || number > (double)max)
        return check_fail(c, 422, "must be from %" G_GINT64_FORMAT " to %" G_GINT64_FORMAT, min,
                          max);
    *arg = (struct osc_arg){.type = 'i', .i = (int32_t)number};
    *value = arg->i;
    c->at++;
    return true;
}

bool check_value(struct check *c)
{
    struct osc_arg *arg = check_arg(c);
    double number;
    // A float32 is what scsynth keeps; what does not fit would become infinite there.
    if (!arg_number(arg, &number) || !(fabs(number) <= FLT_MAX))
        return check_fail(c, 422, "must be a number that fits a float32");
    *arg = (struct osc_arg){.type = 'f', .f = (float)number};
    c->at++;
    return true;
}

const char *check_string(struct check *c)
{
    struct osc_arg *arg = check_arg(c);
    if (arg->type == 's')
        return arg->s;
    check_fail(c, 422, "must be a string");
    return NULL;
}

// --- the grammar --------------------------------------------------------------------------------

static const struct token *find_token(const char *name, gsize length)
{
    for (const struct token *t = osc_token_table; t->name; t++)
        if (strlen(t->name) == length && strncmp(t->name, name, length) == 0)
            return t;
    g_assert_not_reached();
}

static bool is_missing(const struct check *c)
{
    return c->at >= c->message->args->len;
}

static bool run_token(struct check *c, const char *name, gsize length)
{
    bool optional = name[length - 1] == '?';
    const struct token *token = find_token(name, length - optional);
    const struct osc_arg *arg = check_arg(c);
    // A completion message ends what may be left out.
    bool completion = arg && arg->type == 'm';
    if (optional && (!arg || completion != (token->check == check_completion)))
        return true;
    if (!arg)
        return check_fail(c, 422, "is missing: %s takes %s", c->message->address, c->grammar);
    if (completion && token->check != check_completion)
        return check_fail(c, 422, "must be %s, not a message", token->words);
    return token->check(c);
}

// The tokens from `grammar` on, up to `end`.
static bool run_tokens(struct check *c, const char *grammar, const char *end)
{
    while (grammar < end) {
        gsize length = strcspn(grammar, " )");
        length = MIN(length, (gsize)(end - grammar));
        if (length && !run_token(c, grammar, length))
            return false;
        grammar += length + 1;
    }
    return true;
}

static void begin_group(struct check *c)
{
    c->room = G_MAXINT32;
}

bool check_grammar(struct check *c, const char *grammar)
{
    const char *open = strchr(grammar, '('), *end = grammar + strlen(grammar);
    begin_group(c);
    if (!run_tokens(c, grammar, open ? open : end))
        return false;
    if (open) {
        const char *close = strchr(open, ')');
        bool needed = close[1] == '+';
        while (needed || !is_missing(c)) {
            begin_group(c);
            if (!run_tokens(c, open + 1, close))
                return false;
            needed = false;
        }
    }
    if (is_missing(c))
        return true;
    return check_fail(c, 422, "is one too many: %s takes %s", c->message->address,
                      *c->grammar ? c->grammar : "none");
}

// --- messages -----------------------------------------------------------------------------------

static struct problem *refuse(const char *path, int status, const char *address, const char *format,
                              ...) G_GNUC_PRINTF(4, 5);

static struct problem *refuse(const char *path, int status, const char *address, const char *format,
                              ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *why = g_strdup_vprintf(format, args);
    va_end(args);
    g_autofree char *field = g_strconcat(path, "address", NULL);
    struct problem *problem = problem_new(status, "%s %s", address, why);
    problem_add(problem, field, "%s %s", address, why);
    return problem;
}

static struct problem *check_message(struct check *c)
{
    const char *address = c->message->address;
    const struct osc_rule *rule = osc_rule_find(address);
    if (!rule)
        return refuse(c->path, 422, address, "is no command of scsynth");
    if (!rule->grammar)
        return refuse(c->path, 403, address, "is not allowed: %s%s%s", rule->words,
                      rule->instead ? "; use " : "", rule->instead ? rule->instead : "");
    if (strcmp(address, "/sync") == 0 && c->outer)
        return refuse(c->path, 403, address,
                      "has no place within another message: the answer "
                      "waits anyway");
    c->grammar = rule->grammar;
    check_grammar(c, rule->grammar);
    return c->problem;
}

static void init_check(struct check *c, struct check *outer, struct session *session,
                       struct osc_message *message, const char *path)
{
    *c = (struct check){.session = session, .message = message, .path = path, .outer = outer};
    c->made = outer ? outer->made : g_hash_table_new(NULL, NULL);
    c->moved = outer ? outer->moved : g_hash_table_new(NULL, NULL);
}

bool check_completion(struct check *c)
{
    struct osc_arg *arg = check_arg(c);
    if (arg->type != 'm')
        return check_fail(c, 422, "must be a completion message");
    g_autofree char *path = g_strdup_printf("%sargs[%u].message.", c->path, c->at);
    struct check inner;
    init_check(&inner, c, c->session, arg->m, path);
    c->problem = check_message(&inner);
    c->at++;
    return !c->problem;
}

struct problem *osc_check(struct session *session, struct osc_message *message, const char *path)
{
    struct check check;
    init_check(&check, NULL, session, message, path);
    struct problem *problem = check_message(&check);
    if (!problem && osc_size(message) > OSC_MAX_SIZE)
        problem = problem_new(413, "the message has more than %d bytes", OSC_MAX_SIZE);
    g_hash_table_unref(check.made);
    g_hash_table_unref(check.moved);
    return problem;
}
