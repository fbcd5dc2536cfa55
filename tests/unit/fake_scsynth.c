// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/unit/fake_scsynth.h"

#include <string.h>

struct fake_node {
    int32_t id;
    bool is_group, running;
    struct fake_node *parent;
    GPtrArray *children; // struct fake_node, of a group
    char *synthdef;      // owned
};

static void node_destroy(gpointer data)
{
    struct fake_node *node = data;
    g_ptr_array_unref(node->children);
    g_free(node->synthdef);
    g_free(node);
}

static struct fake_node *find(const struct fake_scsynth *s, int32_t id)
{
    return g_hash_table_lookup(s->nodes, GINT_TO_POINTER(id));
}

static struct fake_node *add(struct fake_scsynth *s, int32_t id, bool is_group)
{
    struct fake_node *node = g_new0(struct fake_node, 1);
    node->id = id;
    node->is_group = is_group;
    node->running = true;
    node->children = g_ptr_array_new();
    g_hash_table_insert(s->nodes, GINT_TO_POINTER(id), node);
    return node;
}

static void say(struct fake_scsynth *s, struct osc_message *message)
{
    g_queue_push_tail(&s->outgoing, message);
}

static int32_t sibling(const struct fake_node *node, int step)
{
    guint at;
    if (!node->parent || !g_ptr_array_find(node->parent->children, node, &at))
        return -1;
    int to = (int)at + step;
    if (to < 0 || to >= (int)node->parent->children->len)
        return -1;
    return ((struct fake_node *)node->parent->children->pdata[to])->id;
}

static void tell(struct fake_scsynth *s, const char *address, const struct fake_node *node)
{
    struct osc_message *message =
        osc_message_new(address, "iiiii", node->id, node->parent ? node->parent->id : -1,
                        sibling(node, -1), sibling(node, 1), (int)node->is_group);
    if (node->is_group) {
        guint count = node->children->len;
        osc_add_int(message, count ? ((struct fake_node *)node->children->pdata[0])->id : -1);
        osc_add_int(message,
                    count ? ((struct fake_node *)node->children->pdata[count - 1])->id : -1);
    }
    say(s, message);
}

static void fail(struct fake_scsynth *s, const char *address, const char *format, int32_t id)
{
    g_autofree char *text =
        strstr(format, "%d")
            ? g_strdup_printf("%s %d not found", *format == 'G' ? "Group" : "Node", id)
            : g_strdup(format);
    say(s, osc_message_new("/fail", "ss", address, text));
}

static void place(struct fake_node *node, int action, struct fake_node *target)
{
    if (node->parent)
        g_ptr_array_remove(node->parent->children, node);
    bool inside = action == 0 || action == 1;
    struct fake_node *parent = inside ? target : target->parent;
    guint at = 0;
    if (!inside)
        g_ptr_array_find(parent->children, target, &at);
    if (action == 1)
        at = parent->children->len;
    if (action == 3)
        at++;
    g_ptr_array_insert(parent->children, (int)at, node);
    node->parent = parent;
}

static void free_node(struct fake_scsynth *s, struct fake_node *node)
{
    while (node->children->len)
        free_node(s, node->children->pdata[node->children->len - 1]);
    tell(s, "/n_end", node);
    g_ptr_array_remove(node->parent->children, node);
    g_hash_table_remove(s->nodes, GINT_TO_POINTER(node->id));
}

static void deep_free(struct fake_scsynth *s, struct fake_node *group)
{
    for (guint i = 0; i < group->children->len;) {
        struct fake_node *child = group->children->pdata[i];
        if (child->is_group) {
            deep_free(s, child);
            i++;
        } else {
            free_node(s, child);
        }
    }
}

static void new_node(struct fake_scsynth *s, const struct osc_message *m, guint at, bool is_group)
{
    int32_t id = osc_int(m, at), target_id = osc_int(m, at + 2);
    int action = osc_int(m, at + 1);
    struct fake_node *target = find(s, target_id);
    if (s->refuse > 0) {
        s->refuse--;
        fail(s, m->address, "too many nodes", 0);
        return;
    }
    if (!target || (action < 2 && !target->is_group) || (action >= 2 && !target->parent)) {
        fail(s, m->address, "Group %d", target_id);
        return;
    }
    if (find(s, id)) {
        fail(s, m->address, "duplicate node ID", 0);
        return;
    }
    struct fake_node *node = add(s, id, is_group);
    node->synthdef = is_group ? NULL : g_strdup(osc_string(m, 0));
    place(node, action == 4 ? 3 : action, target);
    if (action == 4)
        free_node(s, target);
    tell(s, "/n_go", node);
}

static bool is_within(const struct fake_node *node, const struct fake_node *group)
{
    for (; node; node = node->parent)
        if (node == group)
            return true;
    return false;
}

static void run_node(struct fake_scsynth *s, struct fake_node *node, bool run)
{
    if (node->running == run)
        return;
    node->running = run;
    tell(s, run ? "/n_on" : "/n_off", node);
}

static int synth_controls(const struct fake_node *node)
{
    return strcmp(node->synthdef, "sine") == 0 ? 4 : 1;
}

static void query_children(const struct fake_node *group, struct osc_message *reply)
{
    static const char *const sine[] = {"out", "freq", "amp", "gate"};
    for (guint i = 0; i < group->children->len; i++) {
        const struct fake_node *node = group->children->pdata[i];
        osc_add_int(reply, node->id);
        osc_add_int(reply, node->is_group ? (int)node->children->len : -1);
        if (node->is_group) {
            query_children(node, reply);
            continue;
        }
        osc_add_string(reply, node->synthdef);
        osc_add_int(reply, synth_controls(node));
        for (int k = 0; k < synth_controls(node); k++) {
            osc_add_string(reply, synth_controls(node) == 4 ? sine[k] : "amp");
            osc_add_float(reply, (float)k);
        }
    }
}

static void query(struct fake_scsynth *s, const struct fake_node *group)
{
    struct osc_message *reply =
        osc_message_new("/g_queryTree.reply", "iii", 1, group->id, (int)group->children->len);
    query_children(group, reply);
    say(s, reply);
}

// What is about one node that must be there.
static void on_node(struct fake_scsynth *s, const struct osc_message *m)
{
    bool at_tail = strcmp(m->address, "/g_tail") == 0;
    struct fake_node *node = find(s, osc_int(m, at_tail ? 1 : 0));
    if (!node)
        fail(s, m->address, "Node %d", osc_int(m, at_tail ? 1 : 0));
    else if (strcmp(m->address, "/n_run") == 0)
        run_node(s, node, osc_int(m, 1));
    else if (strcmp(m->address, "/n_query") == 0)
        tell(s, "/n_info", node);
    else if (strcmp(m->address, "/n_set") == 0 && strcmp(osc_string(m, 1), "gate") == 0 &&
             osc_number(m, 2) == 0)
        free_node(s, node); // it rings out at once
    else if (at_tail && !is_within(find(s, osc_int(m, 0)), node)) {
        place(node, 1, find(s, osc_int(m, 0)));
        tell(s, "/n_move", node);
    }
}

// Those that are there stand, one behind the other, where it says.
static void order(struct fake_scsynth *s, const struct osc_message *m)
{
    int action = osc_int(m, 0);
    struct fake_node *target = find(s, osc_int(m, 1));
    for (guint i = 2; i < m->args->len; i++) {
        struct fake_node *node = find(s, osc_int(m, i));
        if (!node || !target || (action >= 2 && !target->parent)) {
            fail(s, m->address, "Node %d", osc_int(m, node ? 1 : i));
            continue;
        }
        if (node == target || is_within(target, node))
            continue;
        place(node, action, target);
        tell(s, "/n_move", node);
        if (action == 0 || action == 3) {
            action = 3;
            target = node;
        }
    }
}

static void free_nodes(struct fake_scsynth *s, const struct osc_message *m)
{
    for (guint i = 0; i < m->args->len; i++) {
        struct fake_node *node = find(s, osc_int(m, i));
        if (node && node->id != TREE_ROOT)
            free_node(s, node);
        else
            fail(s, m->address, "Node %d", osc_int(m, i));
    }
}

static void free_all(struct fake_scsynth *s, const struct osc_message *m)
{
    struct fake_node *group = find(s, osc_int(m, 0));
    if (!group || !group->is_group)
        fail(s, m->address, "Group %d", osc_int(m, 0));
    while (group && group->is_group && group->children->len)
        free_node(s, group->children->pdata[0]);
}

static void receive(void *data, const struct osc_message *m)
{
    struct fake_scsynth *s = data;
    const char *address = m->address;
    if (strcmp(address, "/status") == 0)
        say(s,
            osc_message_new("/status.reply", "iiiiiffff", 1, 0, 1,
                            (int)g_hash_table_size(s->nodes) - 1, 5, 0.5, 1.5, 48000.0, 48000.0));
    else if (strcmp(address, "/notify") == 0)
        say(s, fake_message("/done /notify 0 16"));
    else if (strcmp(address, "/sync") == 0)
        say(s, osc_message_new("/synced", "i", osc_int(m, 0)));
    else if (strcmp(address, "/g_queryTree") == 0 && find(s, osc_int(m, 0)))
        query(s, find(s, osc_int(m, 0)));
    else if (strcmp(address, "/s_new") == 0)
        new_node(s, m, 1, false);
    else if (strcmp(address, "/g_new") == 0)
        new_node(s, m, 0, true);
    else if (strcmp(address, "/g_deepFree") == 0)
        deep_free(s, find(s, osc_int(m, 0)));
    else if (strcmp(address, "/g_freeAll") == 0)
        free_all(s, m);
    else if (strcmp(address, "/n_order") == 0)
        order(s, m);
    else if (strcmp(address, "/n_free") == 0)
        free_nodes(s, m);
    else if (strcmp(address, "/b_alloc") == 0)
        say(s, osc_message_new("/b_info", "iiif", osc_int(m, 0), osc_int(m, 1), osc_int(m, 2),
                               48000.0));
    else if (g_str_has_prefix(address, "/n_") || strcmp(address, "/g_tail") == 0)
        on_node(s, m);
}

static void clear(struct fake_scsynth *s)
{
    struct osc_message *message;
    while ((message = g_queue_pop_head(&s->outgoing)))
        osc_message_destroy(message);
    g_hash_table_remove_all(s->nodes);
    add(s, TREE_ROOT, true);
}

struct fake_scsynth *fake_scsynth_create(struct fake_session *session, guint32 seed)
{
    struct fake_scsynth *s = g_new0(struct fake_scsynth, 1);
    s->session = session;
    s->nodes = g_hash_table_new_full(NULL, NULL, NULL, node_destroy);
    s->rand = g_rand_new_with_seed(seed);
    g_queue_init(&s->outgoing);
    clear(s);
    session->on_message = receive;
    session->data = s;
    session_server_expected(session->session, session->now);
    return s;
}

void fake_scsynth_destroy(struct fake_scsynth *s)
{
    s->session->on_message = NULL;
    clear(s);
    g_hash_table_unref(s->nodes);
    g_rand_free(s->rand);
    g_free(s);
}

void fake_scsynth_other(struct fake_scsynth *s, const char *text)
{
    struct osc_message *message = fake_message(text);
    receive(s, message);
    osc_message_destroy(message);
}

static void hear(struct fake_scsynth *s, const struct osc_message *message)
{
    bool notification =
        g_str_has_prefix(message->address, "/n_") && strcmp(message->address, "/n_info") != 0;
    bool barrier = strcmp(message->address, "/synced") == 0 && s->lose_barriers;
    bool running = s->session->session->state == SERVER_RUNNING;
    s->said++;
    // A boot in which an answer is lost is another test's.
    if (running && (notification || barrier) && g_rand_double(s->rand) < s->lose) {
        s->lost++;
        return;
    }
    int times = running && g_rand_double(s->rand) < s->repeat ? 2 : 1;
    for (int i = 0; i < times; i++)
        session_on_reply(s->session->session, message, s->session->now);
}

void fake_scsynth_run(struct fake_scsynth *s, int64_t time)
{
    struct fake_session *f = s->session;
    int64_t end = f->now + time;
    GQueue held = G_QUEUE_INIT;
    while (f->now < end) {
        fake_run(f, FAKE_MS(1));
        while (s->outgoing.length) {
            guint at =
                s->shuffle ? g_rand_int_range(s->rand, 0, (gint32)MIN(s->outgoing.length, 4)) : 0;
            struct osc_message *message = g_queue_pop_nth(&s->outgoing, at);
            bool tree = strcmp(message->address, "/g_queryTree.reply") == 0;
            bool running = f->session->state == SERVER_RUNNING;
            if (tree && running && g_rand_double(s->rand) < s->hold) {
                g_queue_push_tail(&held, message);
                continue;
            }
            hear(s, message);
            osc_message_destroy(message);
        }
        while (held.length)
            g_queue_push_tail(&s->outgoing, g_queue_pop_head(&held));
    }
}

void fake_scsynth_restart(struct fake_scsynth *s)
{
    clear(s);
    fake_lose_server(s->session);
}

static void write_node(GString *text, const struct fake_node *node)
{
    g_string_append_printf(text, "%d", node->id);
    if (!node->is_group)
        return;
    g_string_append_c(text, '(');
    for (guint i = 0; i < node->children->len; i++) {
        g_string_append(text, i ? " " : "");
        write_node(text, node->children->pdata[i]);
    }
    g_string_append_c(text, ')');
}

char *fake_scsynth_tree(const struct fake_scsynth *s)
{
    GString *text = g_string_new(NULL);
    write_node(text, find(s, TREE_ROOT));
    return g_string_free(text, FALSE);
}
