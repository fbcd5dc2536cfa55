// SPDX-License-Identifier: GPL-3.0-or-later
#include "controller/core/holds.h"

#include <string.h>

#include "controller/core/api/rpc.h"
#include "controller/core/session_own.h"

static void hold_destroy(gpointer data)
{
    struct hold *hold = data;
    g_ptr_array_unref(hold->controls);
    g_free(hold);
}

void holds_init(struct holds *holds)
{
    *holds = (struct holds){.all = g_ptr_array_new_with_free_func(hold_destroy)};
}

void holds_clear(struct holds *holds)
{
    g_clear_pointer(&holds->all, g_ptr_array_unref);
}

static struct hold *find(const struct session *session, const struct client *client, int32_t node)
{
    for (guint i = 0; i < session->holds.all->len; i++) {
        struct hold *hold = g_ptr_array_index(session->holds.all, i);
        if (hold->client == client && hold->node == node)
            return hold;
    }
    return NULL;
}

static bool has(const struct hold *hold, const char *control, guint *at)
{
    return g_ptr_array_find_with_equal_func(hold->controls, control, g_str_equal, at);
}

static void set_due(struct holds *holds)
{
    holds->due = 0;
    for (guint i = 0; i < holds->all->len; i++) {
        const struct hold *hold = g_ptr_array_index(holds->all, i);
        if (!holds->due || hold->until < holds->due)
            holds->due = hold->until;
    }
}

json_t *holds_to_json(const struct session *session, struct client *client, int32_t node)
{
    const struct hold *hold = find(session, client, node);
    json_t *controls = json_array();
    for (guint i = 0; hold && i < hold->controls->len; i++)
        json_array_append_new(controls, json_string(g_ptr_array_index(hold->controls, i)));
    double left = hold ? (double)(hold->until - session->now) / G_USEC_PER_SEC : 0;
    json_t *until = hold && hold->controls->len > 0
                        ? json_real(session_real_seconds(session) + left)
                        : json_null();
    return json_pack("{s:i s:o s:s s:i s:o}", "id", node, "controls", controls, "by",
                     rpc_client_name(client), "client", rpc_client_number(client), "until", until);
}

// Who reads slowly is told how it is, not how it came about.
static void tell(struct session *session, struct client *client, int32_t node)
{
    char key[48];
    g_snprintf(key, sizeof key, "held/%d/%d", rpc_client_number(client), node);
    session->ports.emit_others(session->ports.data, client, "nodes", "node.held",
                               holds_to_json(session, client, node), key);
}

void holds_tell_present(struct session *session, struct client *client)
{
    for (guint i = 0; i < session->holds.all->len; i++) {
        const struct hold *hold = g_ptr_array_index(session->holds.all, i);
        if (hold->client != client)
            session->ports.notify(session->ports.data, client, "node.held",
                                  holds_to_json(session, hold->client, hold->node));
    }
}

void holds_tell_again(struct session *session, struct client *client)
{
    for (guint i = 0; i < session->holds.all->len; i++) {
        const struct hold *hold = g_ptr_array_index(session->holds.all, i);
        if (hold->client == client)
            tell(session, client, hold->node);
    }
}

static guint count_of_client(const struct session *session, const struct client *client)
{
    guint count = 0;
    for (guint i = 0; i < session->holds.all->len; i++) {
        const struct hold *hold = g_ptr_array_index(session->holds.all, i);
        count += hold->client == client ? hold->controls->len : 0;
    }
    return count;
}

static guint count_new(const struct hold *hold, const json_t *controls)
{
    guint count = 0;
    size_t i;
    json_t *control;
    json_array_foreach((json_t *)controls, i, control) count +=
        !hold || !has(hold, json_string_value(control), NULL);
    return count;
}

struct problem *holds_take(struct session *session, struct client *client, int32_t node,
                           const json_t *controls, int64_t until)
{
    struct holds *holds = &session->holds;
    struct hold *hold = find(session, client, node);
    if (count_of_client(session, client) + count_new(hold, controls) > HOLDS_MAX_OF_CLIENT)
        return problem_new(429, "one connection holds %d controls at most", HOLDS_MAX_OF_CLIENT);
    if (!hold && holds->all->len >= HOLDS_MAX)
        return problem_new(429, "too many controls are held");
    if (!hold) {
        hold = g_new0(struct hold, 1);
        hold->client = client;
        hold->node = node;
        hold->controls = g_ptr_array_new_with_free_func(g_free);
        g_ptr_array_add(holds->all, hold);
    }
    size_t i;
    json_t *control;
    json_array_foreach((json_t *)controls, i,
                       control) if (!has(hold, json_string_value(control), NULL))
        g_ptr_array_add(hold->controls, g_strdup(json_string_value(control)));
    hold->until = until;
    set_due(holds);
    tell(session, client, node);
    return NULL;
}

// All that `is_gone` says, each told of.
static void drop(struct session *session, bool (*is_gone)(const struct hold *hold, void *data),
                 void *data)
{
    GPtrArray *all = session->holds.all;
    for (guint i = all->len; i-- > 0;) {
        struct hold *hold = g_ptr_array_index(all, i);
        if (!is_gone(hold, data))
            continue;
        struct client *client = hold->client;
        int32_t node = hold->node;
        g_ptr_array_remove_index(all, i);
        tell(session, client, node);
    }
    set_due(&session->holds);
}

struct whose {
    const struct client *client;
    int32_t node; // -1 for all
};

static bool is_whose(const struct hold *hold, void *data)
{
    const struct whose *whose = data;
    return hold->client == whose->client && (whose->node == -1 || hold->node == whose->node);
}

void holds_drop(struct session *session, struct client *client, int32_t node,
                const json_t *controls)
{
    struct hold *hold = controls ? find(session, client, node) : NULL;
    guint before = hold ? hold->controls->len : 0, at;
    size_t i;
    json_t *control;
    json_array_foreach((json_t *)controls, i,
                       control) if (hold && has(hold, json_string_value(control), &at))
        g_ptr_array_remove_index(hold->controls, at);
    struct whose whose = {client, node};
    if (!controls || (hold && hold->controls->len == 0))
        drop(session, is_whose, &whose);
    else if (hold && hold->controls->len < before)
        tell(session, client, node);
}

static bool is_over(const struct hold *hold, void *data)
{
    return hold->until <= *(int64_t *)data;
}

void holds_tick(struct session *session)
{
    if (session->holds.due && session->holds.due <= session->now)
        drop(session, is_over, &session->now);
}

void holds_forget_node(struct session *session, int32_t node)
{
    GPtrArray *all = session->holds.all;
    for (guint i = all->len; i-- > 0;)
        if (((struct hold *)g_ptr_array_index(all, i))->node == node)
            g_ptr_array_remove_index(all, i);
    set_due(&session->holds);
}
