// SPDX-License-Identifier: GPL-3.0-or-later
// What notifications do not tell. /g_queryTree.reply: flag, group, children, then each node: id,
// children (-1 for a synth), and for a synth its SynthDef's name, the number of controls, and name
// (or index, inside an array) and value of each. A value is a string where the control is mapped to
// a bus.
#include <string.h>

#include "controller/core/session_own.h"

struct query {
    struct session *session;
    const struct osc_message *reply;
    bool with_controls; // the flag of the query
    guint at;
};

// A definition of which no more is known than what a query shows.
static struct synthdef *synthdef_of_query(const char *name, const struct query *q, int controls)
{
    struct synthdef *synthdef = synthdef_create(name);
    struct synthdef_parameter *last = NULL;
    for (int i = 0; i < controls; i++) {
        const char *control = osc_string(q->reply, q->at + 2 * i);
        float value = (float)osc_number(q->reply, q->at + 2 * i + 1);
        if (osc_type(q->reply, q->at + 2 * i) == 's') {
            last = synthdef_add_parameter(synthdef, control, i, &value, 1);
            last->rate = RATE_CONTROL;
            synthdef->releasable = synthdef->releasable || strcmp(control, "gate") == 0;
        } else if (last) {
            last->defaults = g_renew(float, last->defaults, last->size + 1);
            last->defaults[last->size++] = value;
        }
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
    int slots = synthdef_slots(node->synthdef), maps = 0;
    for (int i = 0; i < controls && i < slots; i++) {
        node->maps[i] = node_map_parse(osc_string(q->reply, q->at + 2 * i + 1));
        maps += node->maps[i] != MAP_NONE;
        if (node->maps[i] == MAP_NONE)
            node->values[i] = (float)osc_number(q->reply, q->at + 2 * i + 1);
    }
    session_note_release(node);
    // What lies below a map only this tells.
    if (maps)
        batch_add(&session->batch, osc_message_new("/s_getn", "iii", node->id, 0, slots));
}

// What others have set or mapped. Whether anything has changed.
static bool compare_synth(const struct query *q, struct node *node, int controls)
{
    bool changed = false;
    for (int i = 0; i < controls; i++) {
        guint at = q->at + 2 * i + 1;
        int32_t map = node_map_parse(osc_string(q->reply, at));
        changed |= sweep_value(q->session, node, i, (float)osc_number(q->reply, at), map);
    }
    if (changed)
        session_note_release(node);
    return changed;
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
    if (q->at > q->reply->args->len || controls < 0 ||
        (guint)controls > (q->reply->args->len - q->at) / 2)
        return false;
    if (node && !node->synthdef) {
        learn_synth(q, node, name, controls);
        if (q->session->state == SERVER_RUNNING)
            session_node_changed(q->session, node);
    } else if (node && !node->planned && has_these_controls(node->synthdef, q, controls)) {
        if (compare_synth(q, node, controls) && q->session->state == SERVER_RUNNING)
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
    session_forget_other_kind(q->session, id, is_group);
    struct node *node = tree_place(&q->session->tree, id, parent, previous, is_group);
    if (node)
        session_confirm_node(q->session, node);
    return node;
}

static bool read_children(struct query *q, int32_t parent, int children, int depth)
{
    int32_t previous = -1;
    bool running = q->session->state == SERVER_RUNNING;
    g_autoptr(GArray) ids = g_array_new(FALSE, FALSE, sizeof(int32_t));
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
        if (node)
            g_array_append_val(ids, id);
    }
    const struct node *group = tree_find(&q->session->tree, parent);
    if (running && group)
        sweep_compare(q->session, group, ids);
    return true;
}

// Whether each room's group that is here is there, too; one that is not is asked for by itself.
static bool tells_of_rooms(struct session *session, const struct osc_message *reply)
{
    const struct node *root = tree_find(&session->tree, TREE_ROOT);
    bool all = true;
    for (const struct node *n = root->first; n; n = n->next) {
        bool found = !room_has_group(session, n->id);
        for (guint i = 3; i < reply->args->len && !found; i++)
            found = osc_type(reply, i) == 'i' && osc_int(reply, i) == n->id;
        if (!found)
            batch_add(&session->batch, osc_message_new("/n_query", "i", n->id));
        all = all && found;
    }
    return all;
}

void session_on_tree(struct session *session, const struct osc_message *reply)
{
    if (!tree_find(&session->tree, osc_int(reply, 1)))
        return;
    // Another scsynth's tree says nothing of ours: all in it would seem to have ended.
    if (osc_int(reply, 1) == TREE_ROOT && session->state == SERVER_RUNNING &&
        !tells_of_rooms(session, reply))
        return;
    struct query query = {session, reply, osc_int(reply, 0) == 1, 3};
    read_children(&query, osc_int(reply, 1), osc_int(reply, 2), 0);
    rooms_keep_guards(session);
}
