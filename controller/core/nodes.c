// SPDX-License-Identifier: GPL-3.0-or-later
// The tree as scsynth reports it: /n_go, /n_end, /n_off, /n_on, /n_move, /n_info, and
// /g_queryTree.reply for what notifications do not tell (Server Command Reference, "Node Status").
#include <string.h>

#include "controller/core/session.h"

int32_t session_new_node_id(struct session *session)
{
    int32_t id;
    // A controller that was started again does not begin where the last one did: it may not know of
    // every node that goes on.
    if (session->next_node == 0)
        session->next_node = IDS_FIRST_TEMPORARY + (session->first_epoch & 0xff) * 0x20000;
    // 2^26 ids a client; those of long-lived nodes are stepped over when it wraps.
    do {
        if (session->next_node >= 1 << IDS_SHIFT)
            session->next_node = IDS_FIRST_TEMPORARY;
        id = ids_node(session->client_id, session->next_node++);
    } while (tree_find(&session->tree, id) ||
             g_hash_table_contains(session->node_waits, GINT_TO_POINTER(id)));
    return id;
}

struct osc_message *session_synth_message(const struct synthdef *synthdef, int32_t id, int action,
                                          int32_t target, const float *values)
{
    struct osc_message *message =
        osc_message_new("/s_new", "siii", synthdef->name, id, action, target);
    for (guint i = 0; i < synthdef->parameters->len; i++) {
        const struct synthdef_parameter *p = g_ptr_array_index(synthdef->parameters, i);
        for (int k = 0; k < p->size; k++) {
            if (values[p->index + k] == p->defaults[k])
                continue;
            if (p->size == 1)
                osc_add_string(message, p->name);
            else
                osc_add_int(message, p->index + k);
            osc_add_float(message, values[p->index + k]);
        }
    }
    return message;
}

struct node *session_node_of(struct session *session, struct call *call)
{
    int32_t id = call_integer(call, "id");
    struct node *node = tree_find(&session->tree, id);
    if (!node)
        call_fail(call, problem_new(404, "there is no node %d", id));
    return node;
}

void session_node_changed(struct session *session, struct node *node)
{
    if (node->changed)
        return;
    node->changed = true;
    g_ptr_array_add(session->changed, GINT_TO_POINTER(node->id));
    if (!session->changes_at)
        session->changes_at = session->now + SESSION_CHANGES_INTERVAL;
}

static void emit_started(struct session *session, const struct node *node)
{
    session->ports.emit(session->ports.data, "nodes", "node.started",
                        json_pack("{s:o}", "node", node_to_json(node)), NULL);
}

static void emit_ended(struct session *session, const struct node *node)
{
    session->ports.emit(
        session->ports.data, "nodes", "node.ended",
        json_pack("{s:i s:i}", "id", node->id, "parent", node->parent ? node->parent->id : -1),
        NULL);
}

static void ask_about(struct session *session, const struct node *group)
{
    g_hash_table_add(session->queries, GINT_TO_POINTER(group->id));
    if (!session->queries_at)
        session->queries_at = session->now + SESSION_QUERY_DELAY;
}

static void set_room(struct session *session, struct node *node)
{
    const struct room *room = room_of_node(session, node);
    g_free(node->room);
    node->room = room ? g_strdup(room->name) : NULL;
    node->system = node->id == TREE_ROOT;
    GHashTableIter iter;
    gpointer each;
    g_hash_table_iter_init(&iter, session->rooms);
    while (g_hash_table_iter_next(&iter, NULL, &each)) {
        const struct room *r = each;
        node->system = node->system || node->id == r->group || node->id == r->guard;
    }
}

static void confirm_node(struct session *session, struct node *node)
{
    node->confirmed = true;
    node->own = ids_client(node->id) == session->client_id;
    set_room(session, node);
}

// A synth whose gate has been closed is on its way out, whoever closed it.
static void note_release(struct node *node)
{
    const struct synthdef_parameter *gate =
        node->synthdef->releasable ? synthdef_parameter(node->synthdef, "gate") : NULL;
    if (gate)
        node->releasing = node->values[gate->index] <= 0;
}

// What the wait for a new synth knows about it becomes the node's.
static void adopt_wait(struct session *session, struct node *node)
{
    struct wait *wait = g_hash_table_lookup(session->node_waits, GINT_TO_POINTER(node->id));
    if (!wait || wait->kind != WAIT_GO || !wait->synthdef)
        return;
    node_set_synthdef(node, wait->synthdef);
    memcpy(node->values, wait->values, synthdef_slots(wait->synthdef) * sizeof(float));
}

void session_forget_node(struct session *session, struct node *node)
{
    while (node->last)
        session_forget_node(session, node->last);
    batch_forget(&session->batch, node);
    emit_ended(session, node);
    int32_t id = node->id;
    tree_remove(&session->tree, node);
    waits_on_node(session, WAIT_END, id);
}

// A synth whose id is a group's now has ended unheard, and the other way round.
static void forget_other_kind(struct session *session, int32_t id, bool is_group)
{
    struct node *node = tree_find(&session->tree, id);
    if (node && id != TREE_ROOT && node->is_group != is_group)
        session_forget_node(session, node);
}

// Puts a node where scsynth says it is; NULL where that cannot be.
static struct node *place(struct session *session, const struct osc_message *reply)
{
    struct tree *tree = &session->tree;
    int32_t id = osc_int(reply, 0), parent = osc_int(reply, 1);
    bool is_group = osc_int(reply, 4) == 1;
    bool is_last = osc_int(reply, 3) == -1 && session->state == SERVER_RUNNING;
    struct node *node = tree_place(tree, id, parent, osc_int(reply, 2), is_group);
    // Told to be the last it is, even if its siblings are out of order here.
    if (node && is_last && node->next)
        tree_place(tree, id, parent, node->parent->last->id, is_group);
    // Its group is not in the mirror: see what there is from the root on.
    if (!node && id != TREE_ROOT)
        ask_about(session, tree_find(tree, TREE_ROOT));
    return node;
}

static void on_go(struct session *session, const struct osc_message *reply)
{
    int32_t id = osc_int(reply, 0);
    forget_other_kind(session, id, osc_int(reply, 4) == 1);
    bool is_new = !tree_find(&session->tree, id);
    struct node *node = place(session, reply);
    if (!node)
        return;
    confirm_node(session, node);
    adopt_wait(session, node);
    if (!node->is_group && !node->synthdef && !node->system)
        ask_about(session, node->parent);
    if (is_new)
        emit_started(session, node);
    waits_on_node(session, WAIT_GO, id);
}

static void on_end(struct session *session, const struct osc_message *reply)
{
    struct node *node = tree_find(&session->tree, osc_int(reply, 0));
    if (!node || node->id == TREE_ROOT)
        return;
    struct node *parent = node->parent;
    // Each node's end is told by itself; what is below a freed group ends with it.
    session_forget_node(session, node);
    if (parent->releasing && !parent->first)
        batch_add(&session->batch, osc_message_new("/n_free", "i", parent->id));
}

// /n_move and /n_info; of a node whose /n_go was lost they tell as much.
static void on_move(struct session *session, const struct osc_message *reply)
{
    if (!tree_find(&session->tree, osc_int(reply, 0))) {
        on_go(session, reply);
        return;
    }
    struct node *node = place(session, reply);
    if (!node)
        return;
    node->confirmed = true;
    for (struct node *n = node; n; n = tree_next_below(n, node))
        set_room(session, n);
    session_node_changed(session, node);
}

static void on_run(struct session *session, const struct osc_message *reply, bool running)
{
    struct node *node = tree_find(&session->tree, osc_int(reply, 0));
    if (!node)
        return;
    node->running = running;
    // A paused guard lets everything through.
    if (node->system && !running)
        batch_add(&session->batch, osc_message_new("/n_run", "ii", node->id, 1));
    session_node_changed(session, node);
}

// The answer to /s_getn: id, first slot, how many, the values.
static void on_values(struct session *session, const struct osc_message *reply)
{
    struct node *node = tree_find(&session->tree, osc_int(reply, 0));
    int first = osc_int(reply, 1), count = osc_int(reply, 2);
    if (!node || !node->synthdef || first != 0 || count != synthdef_slots(node->synthdef) ||
        (guint)count + 3 > reply->args->len)
        return;
    for (int i = 0; i < count; i++)
        if (!node->dirty[i])
            node->values[i] = (float)osc_number(reply, 3 + i);
    note_release(node);
}

void session_on_node(struct session *session, const struct osc_message *reply)
{
    const char *address = reply->address;
    if (strcmp(address, "/n_setn") == 0)
        on_values(session, reply);
    if (reply->args->len < 5 || strcmp(address, "/n_setn") == 0)
        return;
    session->stirred = true;
    if (strcmp(address, "/n_go") == 0)
        on_go(session, reply);
    else if (strcmp(address, "/n_end") == 0)
        on_end(session, reply);
    else if (strcmp(address, "/n_move") == 0 || strcmp(address, "/n_info") == 0)
        on_move(session, reply);
    else if (strcmp(address, "/n_on") == 0)
        on_run(session, reply, true);
    else if (strcmp(address, "/n_off") == 0)
        on_run(session, reply, false);
    if (strcmp(address, "/n_go") == 0 || strcmp(address, "/n_move") == 0 ||
        strcmp(address, "/n_info") == 0)
        rooms_on_settled(session, osc_int(reply, 0));
    rooms_keep_guards(session);
}

// --- /g_queryTree.reply: flag, group, children, then each node: id, children (-1 for a synth),
// and for a synth its SynthDef's name, the number of controls, and name (or index, inside an
// array) and value of each. A value is a string where the control is mapped to a bus.

struct query {
    struct session *session;
    const struct osc_message *reply;
    bool with_controls; // the flag of the query
    guint at;
};

static void free_parameter(gpointer data)
{
    struct synthdef_parameter *p = data;
    g_free(p->name);
    g_free(p->defaults);
    g_free(p);
}

// A definition of which no more is known than what a query shows.
static struct synthdef *synthdef_of_query(const char *name, const struct query *q, int controls)
{
    struct synthdef *synthdef = g_new0(struct synthdef, 1);
    synthdef->references = 1;
    synthdef->name = g_strdup(name);
    synthdef->parameters = g_ptr_array_new_with_free_func(free_parameter);
    synthdef->variants = g_ptr_array_new_with_free_func(g_free);
    struct synthdef_parameter *last = NULL;
    for (int i = 0; i < controls; i++) {
        const char *control = osc_string(q->reply, q->at + 2 * i);
        if (osc_type(q->reply, q->at + 2 * i) == 's') {
            last = g_new0(struct synthdef_parameter, 1);
            last->name = g_strdup(control);
            last->index = i;
            last->rate = RATE_CONTROL;
            g_ptr_array_add(synthdef->parameters, last);
            synthdef->releasable = synthdef->releasable || strcmp(control, "gate") == 0;
        }
        if (!last)
            continue;
        last->defaults = g_renew(float, last->defaults, last->size + 1);
        last->defaults[last->size++] = (float)osc_number(q->reply, q->at + 2 * i + 1);
    }
    return synthdef;
}

static bool has_these_controls(const struct synthdef *synthdef, const struct query *q, int controls)
{
    if (synthdef_slots(synthdef) != controls)
        return false;
    for (guint i = 0; i < synthdef->parameters->len; i++) {
        const struct synthdef_parameter *p = g_ptr_array_index(synthdef->parameters, i);
        if (strcmp(osc_string(q->reply, q->at + 2 * p->index), p->name) != 0)
            return false;
    }
    return true;
}

static void learn_synth(const struct query *q, struct node *node, const char *name, int controls)
{
    struct session *session = q->session;
    struct synthdef *known = catalog_find(&session->catalog, name);
    if (known && has_these_controls(known, q, controls)) {
        node_set_synthdef(node, known);
    } else {
        struct synthdef *shown = synthdef_of_query(name, q, controls);
        node_set_synthdef(node, shown);
        synthdef_unref(shown);
    }
    int slots = synthdef_slots(node->synthdef);
    for (int i = 0; i < controls && i < slots; i++)
        node->values[i] = (float)osc_number(q->reply, q->at + 2 * i + 1);
    note_release(node);
}

// Of an answer without controls: what the catalog has by that name, its values asked for.
static void assume_synth(const struct query *q, struct node *node, const char *name)
{
    struct synthdef *known = catalog_find(&q->session->catalog, name);
    if (!known || !node || node->synthdef)
        return;
    node_set_synthdef(node, known);
    int slots = synthdef_slots(known);
    if (slots > 0)
        batch_add(&q->session->batch, osc_message_new("/s_getn", "iii", node->id, 0, slots));
}

static bool read_synth(struct query *q, struct node *node)
{
    const char *name = osc_string(q->reply, q->at++);
    if (!q->with_controls) {
        assume_synth(q, node, name);
        return true;
    }
    int controls = osc_int(q->reply, q->at++);
    if (controls < 0 || (guint)controls > (q->reply->args->len - q->at) / 2)
        return false;
    // Our own synths' controls are known better than by an answer that may be older.
    if (node && !node->synthdef) {
        learn_synth(q, node, name, controls);
        if (q->session->state == SERVER_RUNNING)
            session_node_changed(q->session, node);
    }
    q->at += 2 * controls;
    return true;
}

// While scsynth runs its notifications tell where nodes are, and a query may be answered late: it
// could bring back what has ended since. A node that is only known by it is asked for by itself.
static struct node *look_up(struct query *q, int32_t id)
{
    struct node *node = tree_find(&q->session->tree, id);
    if (!node)
        batch_add(&q->session->batch, osc_message_new("/n_query", "i", id));
    return node;
}

static struct node *take_over(struct query *q, int32_t id, int32_t parent, int32_t previous,
                              bool is_group)
{
    forget_other_kind(q->session, id, is_group);
    struct node *node = tree_place(&q->session->tree, id, parent, previous, is_group);
    if (node)
        confirm_node(q->session, node);
    return node;
}

static bool read_children(struct query *q, int32_t parent, int children, int depth)
{
    int32_t previous = -1;
    bool running = q->session->state == SERVER_RUNNING;
    for (int i = 0; i < children; i++) {
        if (q->at + 2 > q->reply->args->len || depth > 1000)
            return false;
        int32_t id = osc_int(q->reply, q->at++);
        int below = osc_int(q->reply, q->at++);
        struct node *node =
            running ? look_up(q, id) : take_over(q, id, parent, previous, below >= 0);
        if (!node && !running)
            return false;
        if (below < 0 ? !read_synth(q, node) : !read_children(q, id, below, depth + 1))
            return false;
        previous = id;
    }
    return true;
}

void session_on_tree(struct session *session, const struct osc_message *reply)
{
    if (!tree_find(&session->tree, osc_int(reply, 1)))
        return;
    struct query query = {session, reply, osc_int(reply, 0) == 1, 3};
    read_children(&query, osc_int(reply, 1), osc_int(reply, 2), 0);
    rooms_keep_guards(session);
}
