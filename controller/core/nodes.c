// SPDX-License-Identifier: GPL-3.0-or-later
// The tree as scsynth reports it: /n_go, /n_end, /n_off, /n_on, /n_move, /n_info, and /n_setn for
// the values of a synth (Server Command Reference, "Node Status").
#include <string.h>

#include "controller/core/api/rpc.h"
#include "controller/core/session_own.h"

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
    } while (tree_find(&session->tree, id));
    return id;
}

// The /s_new of a synth, and what it has no room for.
struct making {
    const struct node *synth;
    struct osc_message *message;
    GPtrArray *rest;         // struct osc_message
    struct osc_message *set; // the last of them, while it is an /n_set
};

static bool has_room(const struct osc_message *message)
{
    return message && message->args->len < 2 * BATCH_MAX_CONTROLS;
}

static void make_value(struct making *m, const struct synthdef_parameter *p, int slot)
{
    struct osc_message *message = has_room(m->message) ? m->message : m->set;
    if (!has_room(message)) {
        message = m->set = osc_message_new("/n_set", "i", m->synth->id);
        g_ptr_array_add(m->rest, message);
    }
    control_add(message, p, slot);
    osc_add_float(message, m->synth->values[slot]);
}

static void make_map(struct making *m, const struct synthdef_parameter *p, int slot)
{
    if (has_room(m->message)) {
        g_autofree char *text = node_map_text(m->synth, slot);
        control_add(m->message, p, slot);
        osc_add_string(m->message, text);
        return;
    }
    m->set = NULL;
    g_ptr_array_add(m->rest, map_message(m->synth, slot, m->synth->maps[slot]));
}

static void make_controls(struct making *m, bool fixed)
{
    const struct synthdef *synthdef = m->synth->synthdef;
    for (guint i = 0; i < synthdef->parameters->len; i++) {
        const struct synthdef_parameter *p = g_ptr_array_index(synthdef->parameters, i);
        for (int slot = p->index; slot < p->index + p->size; slot++) {
            if (fixed != (p->rate == RATE_SCALAR))
                continue;
            // Below a map lies the value that is there again when it ends.
            if (m->synth->values[slot] != p->defaults[slot - p->index])
                make_value(m, p, slot);
            if (m->synth->maps[slot] != MAP_NONE)
                make_map(m, p, slot);
        }
    }
}

void session_make_synth(struct batch *batch, const struct node *synth, int action, int32_t target)
{
    g_autoptr(GPtrArray) rest = g_ptr_array_new();
    struct making making = {synth, NULL, rest, NULL};
    making.message =
        osc_message_new("/s_new", "siii", synth->synthdef->name, synth->id, action, target);
    // Those that are fixed can only be given here.
    make_controls(&making, true);
    make_controls(&making, false);
    batch_add(batch, making.message);
    for (guint i = 0; i < rest->len; i++)
        batch_add(batch, g_ptr_array_index(rest, i));
}

struct node *session_node_of(struct session *session, struct call *call)
{
    int32_t id = call_integer(call, "id");
    struct node *node = tree_find(&session->tree, id);
    if (!node)
        call_fail(call, problem_new(404, "there is no node %d", id));
    return node;
}

void session_unplan_node(struct session *session, struct node *node)
{
    for (struct node *n = node; n; n = tree_next_below(n, node))
        batch_forget(&session->batch, n);
    tree_remove(&session->tree, node);
}

// A value that is on its way to scsynth comes after the effect.
static bool is_overtaken(const struct node *node, const struct effect *effect)
{
    bool sets = effect->kind == EFFECT_VALUE || effect->kind == EFFECT_MAP;
    return sets && node->synthdef && effect->slot < synthdef_slots(node->synthdef) &&
           node->dirty[effect->slot];
}

static void take_effect(struct session *session, const struct effect *effect)
{
    struct node *node = tree_find(&session->tree, effect->node);
    if (!node || is_overtaken(node, effect))
        return;
    effect_on_node(effect, node);
    node->set_at = session->now;
    session_note_cause(session, node);
    session_node_changed(session, node);
}

void session_take_effects(struct session *session, const GArray *effects)
{
    const struct bus *bus = NULL;
    for (guint i = 0; i < effects->len; i++) {
        const struct effect *effect = &g_array_index(effects, struct effect, i);
        if (effect->kind == EFFECT_BUS)
            bus = session_note_bus(session, bus, effect->node, effect->value);
        else
            take_effect(session, effect);
    }
    if (bus)
        session_bus_changed(session, bus);
}

void session_node_changed(struct session *session, struct node *node)
{
    // What is yet to be tells when it is.
    if (node->changed || node->planned || session->bundle)
        return;
    node->changed = true;
    g_ptr_array_add(session->changed, GINT_TO_POINTER(node->id));
    if (!session->changes_at)
        session->changes_at = session->now + SESSION_CHANGES_INTERVAL;
}

void session_note_cause(struct session *session, struct node *node)
{
    node->cause = session->client_id;
    node->asker = session->asker;
}

void session_forget_cause(struct node *node)
{
    node->cause = -1;
    node->asker = NULL;
}

// Who caused it, as far as that is known, and when it was heard of.
static json_t *with_cause(struct session *session, const struct node *node, json_t *params)
{
    const struct client *asker = node->asker;
    json_object_set_new(params, "by", asker ? json_string(rpc_client_name(asker)) : json_null());
    json_object_set_new(params, "client",
                        asker ? json_integer(rpc_client_number(asker)) : json_null());
    json_object_set_new(params, "client_id",
                        node->cause >= 0 ? json_integer(node->cause) : json_null());
    json_object_set_new(params, "time", json_real(session_real_seconds(session)));
    return params;
}

json_t *session_node_event(struct session *session, const struct node *node)
{
    return with_cause(session, node, json_pack("{s:o}", "node", node_to_json(node)));
}

// Tells where a node stands now. At once, and each time: who hears of all that come to stand
// somewhere, in this order, has them in scsynth's.
static void tell_place(struct session *session, struct node *node, const char *event)
{
    const struct node *previous = node_previous(node);
    json_t *params = session_node_event(session, node);
    json_object_set_new(params, "previous", previous ? json_integer(previous->id) : json_null());
    session->ports.emit(session->ports.data, "nodes", event, params, NULL);
    node->changed = false;
    session_forget_cause(node);
}

static void emit_started(struct session *session, struct node *node)
{
    node->cause = ids_client(node->id); // its number tells who made it
    tell_place(session, node, "node.started");
}

static void emit_ended(struct session *session, const struct node *node)
{
    json_t *params =
        json_pack("{s:i s:i}", "id", node->id, "parent", node->parent ? node->parent->id : -1);
    session->ports.emit(session->ports.data, "nodes", "node.ended",
                        with_cause(session, node, params), NULL);
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
    node_set_room(node, room ? room->name : NULL);
    node->system = node->id == TREE_ROOT || room_with(session, node->id);
}

void session_confirm_node(struct session *session, struct node *node)
{
    node->confirmed = true;
    node->own = ids_client(node->id) == session->client_id;
    set_room(session, node);
    model_on_node(session, node);
}

void session_note_release(struct node *node)
{
    const struct synthdef_parameter *gate = node_gate(node);
    if (gate)
        node->releasing = node->values[gate->index] <= 0;
}

void session_forget_node(struct session *session, struct node *node)
{
    while (node->last)
        session_forget_node(session, node->last);
    batch_forget(&session->batch, node);
    emit_ended(session, node);
    int32_t id = node->id;
    sweep_forget(session, node);
    if (room_has_group(session, id))
        session->doubt_at = 0; // it was there
    endings_note(session, node);
    holds_forget_node(session, id);
    tree_remove(&session->tree, node);
    waits_on_node(session, WAIT_END, id);
}

void session_forget_other_kind(struct session *session, int32_t id, bool is_group)
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
    if (node && is_last && node_next(node))
        tree_place(tree, id, parent, node->parent->last->id, is_group);
    // Its group is not in the mirror: see what there is from the root on.
    if (!node && id != TREE_ROOT)
        ask_about(session, tree_find(tree, TREE_ROOT));
    return node;
}

static void on_go(struct session *session, const struct osc_message *reply)
{
    int32_t id = osc_int(reply, 0);
    session_forget_other_kind(session, id, osc_int(reply, 4) == 1);
    const struct node *before = tree_find(&session->tree, id);
    bool is_new = !before || before->planned;
    struct node *node = place(session, reply);
    if (!node)
        return;
    session_confirm_node(session, node);
    node->came_at = session->now;
    tree_arrive(&session->tree, node);
    if (node->name)
        session_model_changed(session);
    if (node->system && !node->is_group)
        rooms_describe_guard(session, node);
    else if (!node->is_group && !node->synthdef)
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

// A neighbour that is not in the mirror: the news of it were lost.
static void ask_for_stranger(struct session *session, int32_t id)
{
    if (id > 0 && !tree_find(&session->tree, id))
        batch_add(&session->batch, osc_message_new("/n_query", "i", id));
}

// /n_move and /n_info; of a node whose /n_go was lost they tell as much.
static void on_move(struct session *session, const struct osc_message *reply)
{
    const struct node *before = tree_find(&session->tree, osc_int(reply, 0));
    if (!before || before->planned) {
        on_go(session, reply);
        return;
    }
    const struct node *parent = before->parent, *previous = node_previous(before);
    struct node *node = place(session, reply);
    if (!node)
        return;
    node->confirmed = true;
    ask_for_stranger(session, osc_int(reply, 2));
    ask_for_stranger(session, osc_int(reply, 3));
    if (node->parent == parent && node_previous(node) == previous)
        return;
    for (struct node *n = node; n; n = tree_next_below(n, node))
        set_room(session, n);
    tell_place(session, node, "node.changed");
}

static void on_run(struct session *session, const struct osc_message *reply, bool running)
{
    struct node *node = tree_find(&session->tree, osc_int(reply, 0));
    if (!node)
        return;
    node->running = running;
    session_model_changed(session);
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
    bool changed = false;
    for (int i = 0; i < count; i++)
        changed |= sweep_value_below(session, node, i, (float)osc_number(reply, 3 + i));
    session_note_release(node);
    if (changed)
        session_node_changed(session, node);
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
