// SPDX-License-Identifier: GPL-3.0-or-later
// Keeps the mirror true where notifications do not: other clients' /n_set and /n_map are told to
// nobody, and notifications can be lost. The tree is gone through again and again, a bit at a time.
// A group whose answer fits a datagram is asked for whole (/g_queryTree); the children of a larger
// one are asked for one by one (/n_query, /s_getn), however many there are.
#include <math.h>
#include <string.h>

#include "controller/core/session_own.h"

#define FITTING 24000 // bytes of a /g_queryTree.reply
#define PORTION 50    // nodes that are asked for one by one in a step

// What the answer takes for a node: id, children, name, count, and name and value of each control.
static gsize answer_size(const struct node *node)
{
    gsize size = 16;
    if (!node->synthdef)
        return node->is_group ? size : size + 256;
    size += strlen(node->synthdef->name) + 4;
    for (guint i = 0; i < node->synthdef->parameters->len; i++) {
        const struct synthdef_parameter *p = g_ptr_array_index(node->synthdef->parameters, i);
        size += (gsize)p->size * 14 + strlen(p->name);
    }
    return size;
}

static bool fits(const struct node *group)
{
    gsize size = 0;
    for (const struct node *n = group; n && size < FITTING; n = tree_next_below(n, group))
        size += answer_size(n);
    return size < FITTING;
}

static void ask_about(struct session *session, const struct node *node)
{
    int slots = node->synthdef ? synthdef_slots(node->synthdef) : 0;
    batch_add(&session->batch, osc_message_new("/n_query", "i", node->id));
    if (slots)
        batch_add(&session->batch, osc_message_new("/s_getn", "iii", node->id, 0, slots));
}

void sweep_begin(struct session *session)
{
    session->sweep_node = TREE_ROOT;
    session->sweep_at = session->sweep_interval ? session->now + session->sweep_interval : 0;
}

static void step(struct session *session)
{
    struct node *node = tree_find(&session->tree, session->sweep_node);
    session->swept_at = session->now;
    for (int asked = 0; node && asked < PORTION; asked++) {
        if (node->planned) {
            node = tree_next_behind(node);
        } else if (node->is_group && fits(node)) {
            batch_add(&session->batch, osc_message_new("/g_queryTree", "ii", node->id, 1));
            node = tree_next_behind(node);
            break;
        } else {
            ask_about(session, node);
            node = tree_next(node);
        }
    }
    session->sweep_node = node ? node->id : TREE_ROOT;
    session->sweep_at = session->now + (node ? SESSION_SWEEP_STEP : session->sweep_interval);
}

void sweep_forget(struct session *session, const struct node *node)
{
    const struct node *next = session->sweep_node == node->id ? tree_next_behind(node) : NULL;
    if (next)
        session->sweep_node = next->id;
}

void sweep_tick(struct session *session)
{
    if (session->sweep_at && session->sweep_at <= session->now && session->state == SERVER_RUNNING)
        step(session);
}

// A node that is elsewhere, or gone, or not known: it is asked for by itself, since the answer may
// be older than what was heard since.
void sweep_compare(struct session *session, const struct node *group, const GArray *ids)
{
    guint at = 0;
    for (const struct node *n = node_first(group); n; n = node_next(n)) {
        if (at < ids->len && g_array_index(ids, int32_t, at) == n->id)
            at++;
        else
            batch_add(&session->batch, osc_message_new("/n_query", "i", n->id));
    }
}

static bool is_newer(const struct session *session, const struct node *node, int slot)
{
    // An answer may belong to the step before the last.
    bool is_late = node->set_at && node->set_at >= session->swept_at - SESSION_SWEEP_STEP;
    return is_late || node->dirty[slot];
}

// Another client may have set what is no number.
static bool is_same(float a, float b)
{
    return a == b || (isnan(a) && isnan(b));
}

bool sweep_value_below(struct session *session, struct node *node, int slot, float value)
{
    if (is_newer(session, node, slot) || is_same(node->values[slot], value))
        return false;
    node->values[slot] = value;
    return true;
}

bool sweep_value(struct session *session, struct node *node, int slot, float value, int32_t map)
{
    bool same = node->maps[slot] == map && (map != MAP_NONE || is_same(node->values[slot], value));
    if (is_newer(session, node, slot) || same)
        return false;
    node->maps[slot] = map;
    if (map == MAP_NONE)
        node->values[slot] = value;
    return true;
}
