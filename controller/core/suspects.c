// SPDX-License-Identifier: GPL-3.0-or-later
// When scsynth crashes twice in a row, bringing back what crashed it would crash it for ever. What
// was sent last is then set aside: a user's definition with all that is made of it, the newest
// synth of one that ships, or the node that a command was about. Two more crashes set the next
// aside.
#include <string.h>

#include "common/log.h"
#include "controller/core/session_own.h"

#define MAX_RECENT 32

struct suspect {
    const char *method; // borrowed from the command table
    char *synthdef;     // owned, NULL where it is not about one
    int32_t node;       // 0 where it is not about one
};

static void suspect_destroy(gpointer data)
{
    struct suspect *suspect = data;
    g_free(suspect->synthdef);
    g_free(suspect);
}

// synthdef.* names its definition by `name`; an upload of several is known by none.
void suspects_note(struct session *session, const struct call *call)
{
    const char *method = call->command->method;
    const char *synthdef = call_string(call, "synthdef");
    if (!synthdef && g_str_has_prefix(method, "synthdef."))
        synthdef = call_string(call, "name");
    const json_t *id = json_object_get(call->params, "id");
    int32_t node = g_str_has_prefix(method, "node.") && json_is_integer(id)
                       ? (int32_t)json_integer_value(id)
                       : 0;
    if (call->command->scope != SCOPE_PLAY || (!synthdef && !node))
        return;
    const struct suspect *latest = g_queue_peek_head(&session->recent);
    if (latest && latest->node == node && g_strcmp0(latest->synthdef, synthdef) == 0)
        return;
    struct suspect *suspect = g_new(struct suspect, 1);
    *suspect = (struct suspect){method, g_strdup(synthdef), node};
    g_queue_push_head(&session->recent, suspect);
    if (session->recent.length > MAX_RECENT)
        suspect_destroy(g_queue_pop_tail(&session->recent));
}

static struct node *newest_of(struct session *session, const char *synthdef)
{
    struct node *newest = NULL;
    for (struct node *n = tree_find(&session->tree, TREE_ROOT); n; n = tree_next(n))
        if (n->own && !n->planned && n->synthdef && strcmp(n->synthdef->name, synthdef) == 0 &&
            (!newest || n->id > newest->id))
            newest = n;
    return newest;
}

// It is not to come back as one that has only seemed to end.
static void drop(struct session *session, struct node *node)
{
    for (struct node *n = node; n; n = tree_next_below(n, node))
        n->dismissed = true;
    session_forget_node(session, node);
}

// Whether there was anything to leave out.
static bool leave_out(struct session *session, const struct suspect *suspect)
{
    struct node *node;
    bool found = false;
    if (!suspect->synthdef) {
        node = tree_find(&session->tree, suspect->node);
        if (!node || node->system || node->planned)
            return false;
        drop(session, node);
        return true;
    }
    bool is_users = catalog_find(&session->catalog, suspect->synthdef) &&
                    catalog_origin(&session->catalog, suspect->synthdef) == ORIGIN_USER;
    while ((node = newest_of(session, suspect->synthdef))) {
        drop(session, node);
        found = true;
        if (!is_users)
            break;
    }
    if (is_users)
        session_remove_synthdef(session, suspect->synthdef, ORIGIN_USER, session->now);
    return found || is_users;
}

static json_t *suspect_to_json(const struct suspect *suspect)
{
    return json_pack("{s:s s:s? s:o}", "method", suspect->method, "synthdef", suspect->synthdef,
                     "node", suspect->node ? json_integer(suspect->node) : json_null());
}

static void set_aside(struct session *session, struct suspect *suspect)
{
    log_error("scsynth.aside", "{s:s s:s s:i}", "method", suspect->method, "synthdef",
              suspect->synthdef ? suspect->synthdef : "", "node", suspect->node);
    session->ports.emit(session->ports.data, "server", "server.aside", suspect_to_json(suspect),
                        NULL);
    g_ptr_array_add(session->aside, suspect);
    if (session->aside->len > SESSION_MAX_ASIDE)
        g_ptr_array_remove_index(session->aside, 0);
}

void suspects_on_crash(struct session *session)
{
    bool in_row = session->state != SERVER_RUNNING ||
                  session->now - session->running_since < SESSION_CRASH_ROW;
    session->crashes = in_row ? session->crashes + 1 : 1;
    if (session->crashes < 2)
        return;
    session->crashes = 0;
    struct suspect *suspect;
    while ((suspect = g_queue_pop_head(&session->recent))) {
        if (leave_out(session, suspect)) {
            set_aside(session, suspect);
            return;
        }
        suspect_destroy(suspect);
    }
}

void suspects_clear(struct session *session)
{
    g_queue_clear_full(&session->recent, suspect_destroy);
    g_clear_pointer(&session->aside, g_ptr_array_unref);
}

json_t *suspects_to_json(const struct session *session)
{
    json_t *list = json_array();
    for (guint i = 0; i < session->aside->len; i++)
        json_array_append_new(list, suspect_to_json(g_ptr_array_index(session->aside, i)));
    return list;
}

void suspects_init(struct session *session)
{
    g_queue_init(&session->recent);
    session->aside = g_ptr_array_new_with_free_func(suspect_destroy);
}
