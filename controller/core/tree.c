// SPDX-License-Identifier: GPL-3.0-or-later
#include "controller/core/tree.h"

#include <stdlib.h>
#include <string.h>

#include "controller/core/ids.h"
#include "controller/core/api/numbers.h"

// Making JSON of a node is most of the work of listing them, and few change between two lists. What
// was made is kept with what it was made of.
struct shown {
    json_t *json; // owned, NULL before the first time and after a change of name, room or SynthDef
    int32_t id, parent;
    bool releasing, running, own, system, planned;
    float *values; // owned
    int32_t *maps; // owned
};

static void shown_clear(struct shown *shown)
{
    g_clear_pointer(&shown->json, json_decref);
    g_clear_pointer(&shown->values, g_free);
    g_clear_pointer(&shown->maps, g_free);
}

static void node_destroy(gpointer data)
{
    struct node *node = data;
    if (node->synthdef)
        synthdef_unref(node->synthdef);
    g_free(node->values);
    g_free(node->maps);
    g_free(node->dirty);
    shown_clear(node->shown);
    g_free(node->shown);
    g_free(node->room);
    g_free(node->name);
    g_free(node);
}

static struct node *node_new(struct tree *tree, int32_t id, bool is_group)
{
    struct node *node = g_new0(struct node, 1);
    node->id = id;
    node->is_group = is_group;
    node->running = true;
    node->cause = -1;
    node->shown = g_new0(struct shown, 1);
    g_hash_table_insert(tree->nodes, GINT_TO_POINTER(id), node);
    return node;
}

void tree_init(struct tree *tree)
{
    tree->nodes = g_hash_table_new_full(NULL, NULL, NULL, node_destroy);
    tree->names = g_hash_table_new(g_str_hash, g_str_equal);
    tree->planned = 0;
    node_new(tree, TREE_ROOT, true)->system = true;
}

void tree_clear(struct tree *tree)
{
    g_clear_pointer(&tree->names, g_hash_table_unref);
    g_clear_pointer(&tree->nodes, g_hash_table_unref);
}

struct node *tree_find(const struct tree *tree, int32_t id)
{
    return g_hash_table_lookup(tree->nodes, GINT_TO_POINTER(id));
}

static void unlink_node(struct node *node)
{
    if (!node->parent)
        return;
    if (node->previous)
        node->previous->next = node->next;
    else
        node->parent->first = node->next;
    if (node->next)
        node->next->previous = node->previous;
    else
        node->parent->last = node->previous;
    node->parent = node->previous = node->next = NULL;
}

static void link_node(struct node *node, struct node *parent, struct node *previous)
{
    node->parent = parent;
    node->previous = previous;
    node->next = previous ? previous->next : parent->first;
    if (previous)
        previous->next = node;
    else
        parent->first = node;
    if (node->next)
        node->next->previous = node;
    else
        parent->last = node;
}

static bool is_below(const struct node *node, const struct node *ancestor)
{
    for (; node; node = node->parent)
        if (node == ancestor)
            return true;
    return false;
}

struct node *tree_place(struct tree *tree, int32_t id, int32_t parent_id, int32_t previous_id,
                        bool is_group)
{
    struct node *parent = tree_find(tree, parent_id);
    struct node *node = tree_find(tree, id);
    if (!parent || !parent->is_group || id == TREE_ROOT || (node && is_below(parent, node)))
        return NULL;
    if (!node)
        node = node_new(tree, id, is_group);
    unlink_node(node);
    struct node *previous = previous_id == -1 ? NULL : tree_find(tree, previous_id);
    if (previous_id != -1 && (!previous || previous->parent != parent))
        previous = parent->last;
    link_node(node, parent, previous);
    return node;
}

struct node *tree_plan(struct tree *tree, int32_t id, int action, struct node *target,
                       bool is_group, int64_t time)
{
    enum { HEAD, TAIL, BEFORE, AFTER, REPLACE };
    g_assert(!tree_find(tree, id) && time != 0);
    bool inside = action == HEAD || action == TAIL;
    struct node *parent = inside ? target : target->parent;
    const struct node *previous = action == HEAD     ? NULL
                                  : action == TAIL   ? target->last
                                  : action == BEFORE ? target->previous
                                                     : target;
    struct node *node = tree_place(tree, id, parent->id, previous ? previous->id : -1, is_group);
    node->planned = time;
    tree->planned++;
    return node;
}

void tree_arrive(struct tree *tree, struct node *node)
{
    if (!node->planned)
        return;
    node->planned = 0;
    tree->planned--;
    g_autofree char *name = g_steal_pointer(&node->name);
    tree_name(tree, node, name);
}

struct node *tree_find_name(const struct tree *tree, const char *name)
{
    return g_hash_table_lookup(tree->names, name);
}

void node_set_room(struct node *node, const char *room)
{
    if (g_strcmp0(node->room, room) == 0)
        return;
    g_free(node->room);
    node->room = g_strdup(room);
    shown_clear(node->shown);
}

static void forget_name(struct tree *tree, struct node *node)
{
    if (node->name && g_hash_table_lookup(tree->names, node->name) == node)
        g_hash_table_remove(tree->names, node->name);
    g_clear_pointer(&node->name, g_free);
    shown_clear(node->shown);
}

void tree_name(struct tree *tree, struct node *node, const char *name)
{
    if (g_strcmp0(node->name, name) == 0)
        return;
    forget_name(tree, node);
    if (!name)
        return;
    if (!node->planned) {
        struct node *other = tree_find_name(tree, name);
        if (other)
            forget_name(tree, other);
    }
    node->name = g_strdup(name);
    shown_clear(node->shown);
    if (!node->planned)
        g_hash_table_insert(tree->names, node->name, node);
}

void tree_renumber(struct tree *tree, struct node *node, int32_t id)
{
    g_assert(!tree_find(tree, id));
    g_hash_table_steal(tree->nodes, GINT_TO_POINTER(node->id));
    node->id = id;
    g_hash_table_insert(tree->nodes, GINT_TO_POINTER(id), node);
}

void tree_remove(struct tree *tree, struct node *node)
{
    g_assert(node->id != TREE_ROOT);
    while (node->first)
        tree_remove(tree, node->first);
    unlink_node(node);
    forget_name(tree, node);
    if (node->planned)
        tree->planned--;
    g_hash_table_remove(tree->nodes, GINT_TO_POINTER(node->id));
}

struct node *tree_next_below(const struct node *node, const struct node *top)
{
    if (node->first)
        return node->first;
    while (node != top && !node->next)
        node = node->parent;
    return node == top ? NULL : node->next;
}

struct node *tree_next(const struct node *node)
{
    const struct node *root = node;
    while (root->parent)
        root = root->parent;
    return tree_next_below(node, root);
}

struct node *tree_next_behind(const struct node *node)
{
    while (node && !node->next)
        node = node->parent;
    return node ? node->next : NULL;
}

const struct node *node_previous(const struct node *node)
{
    const struct node *n = node->previous;
    while (n && n->planned)
        n = n->previous;
    return n;
}

const struct node *node_next(const struct node *node)
{
    const struct node *n = node->next;
    while (n && n->planned)
        n = n->next;
    return n;
}

const struct node *node_first(const struct node *group)
{
    const struct node *n = group->first;
    return n && n->planned ? node_next(n) : n;
}

const struct synthdef_parameter *node_gate(const struct node *node)
{
    bool has = node->synthdef && node->synthdef->releasable;
    return has ? synthdef_parameter(node->synthdef, "gate") : NULL;
}

void node_set_synthdef(struct node *node, struct synthdef *synthdef)
{
    int slots = synthdef_slots(synthdef);
    struct synthdef *old = node->synthdef;
    node->synthdef = synthdef_ref(synthdef);
    if (old)
        synthdef_unref(old);
    shown_clear(node->shown);
    g_free(node->values);
    g_free(node->maps);
    g_free(node->dirty);
    node->values = synthdef_defaults(synthdef);
    node->maps = g_new0(int32_t, slots);
    node->dirty = g_new0(guint8, slots);
}

char *node_map_text(const struct node *node, int slot)
{
    int32_t map = node->maps[slot];
    return map == MAP_NONE ? NULL : g_strdup_printf("%c%d", map > 0 ? 'c' : 'a', map_bus(map));
}

int32_t node_map_parse(const char *text)
{
    gsize digits = strspn(text + (*text != '\0'), G_CSET_DIGITS);
    if ((*text != 'c' && *text != 'a') || digits == 0 || digits > 8 || text[1 + digits] != '\0')
        return MAP_NONE;
    int bus = atoi(text + 1);
    return *text == 'c' ? MAP_CONTROL(bus) : MAP_AUDIO(bus);
}

// One of a parameter's slots, or all of them in an array.
static json_t *slots_to_json(const struct node *node, const struct synthdef_parameter *p,
                             json_t *(*slot_to_json)(const struct node *node, int slot))
{
    if (p->size == 1)
        return slot_to_json(node, p->index);
    json_t *slots = json_array();
    for (int k = 0; k < p->size; k++)
        json_array_append_new(slots, slot_to_json(node, p->index + k));
    return slots;
}

static json_t *value_to_json(const struct node *node, int slot)
{
    return float_to_json(node->values[slot]);
}

static json_t *map_to_json(const struct node *node, int slot)
{
    g_autofree char *text = node_map_text(node, slot);
    return text ? json_string(text) : json_null();
}

static bool is_mapped(const struct node *node, const struct synthdef_parameter *p)
{
    for (int k = 0; k < p->size; k++)
        if (node->maps[p->index + k] != MAP_NONE)
            return true;
    return false;
}

static void add_synth(json_t *object, const struct node *node)
{
    json_t *controls = json_object(), *maps = json_object();
    for (guint i = 0; node->synthdef && i < node->synthdef->parameters->len; i++) {
        const struct synthdef_parameter *p = g_ptr_array_index(node->synthdef->parameters, i);
        json_object_set_new(controls, p->name, slots_to_json(node, p, value_to_json));
        if (is_mapped(node, p))
            json_object_set_new(maps, p->name, slots_to_json(node, p, map_to_json));
    }
    json_object_set_new(object, "synthdef",
                        node->synthdef ? json_string(node->synthdef->name) : json_null());
    json_object_set_new(object, "controls", controls);
    json_object_set_new(object, "maps", maps);
    json_object_set_new(object, "releasing", json_boolean(node->releasing));
}

static json_t *make_json(const struct node *node)
{
    json_t *object = json_pack("{s:i s:s s:s?}", "id", node->id, "kind",
                               node->is_group ? "group" : "synth", "name", node->name);
    json_object_set_new(object, "parent",
                        node->parent ? json_integer(node->parent->id) : json_null());
    if (!node->is_group)
        add_synth(object, node);
    json_object_set_new(object, "running", json_boolean(node->running));
    json_object_set_new(object, "own", json_boolean(node->own));
    json_object_set_new(object, "client", json_integer(ids_client(node->id)));
    json_object_set_new(object, "system", json_boolean(node->system));
    json_object_set_new(object, "room", node->room ? json_string(node->room) : json_null());
    if (node->planned)
        json_object_set_new(object, "planned", json_true());
    return object;
}

static int32_t parent_id(const struct node *node)
{
    return node->parent ? node->parent->id : -1;
}

static bool is_as_shown(const struct node *node, gsize slots)
{
    const struct shown *s = node->shown;
    return s->json && s->id == node->id && s->parent == parent_id(node) &&
           s->releasing == node->releasing && s->running == node->running && s->own == node->own &&
           s->system == node->system && s->planned == (node->planned != 0) &&
           (!slots || (memcmp(s->values, node->values, slots * sizeof(float)) == 0 &&
                       memcmp(s->maps, node->maps, slots * sizeof(int32_t)) == 0));
}

json_t *node_to_json(const struct node *node)
{
    gsize slots = node->synthdef ? synthdef_slots(node->synthdef) : 0;
    struct shown *s = node->shown;
    if (is_as_shown(node, slots))
        return json_incref(s->json);
    shown_clear(s);
    *s = (struct shown){.json = make_json(node),
                        .id = node->id,
                        .parent = parent_id(node),
                        .releasing = node->releasing,
                        .running = node->running,
                        .own = node->own,
                        .system = node->system,
                        .planned = node->planned != 0,
                        .values = g_memdup2(node->values, slots * sizeof(float)),
                        .maps = g_memdup2(node->maps, slots * sizeof(int32_t))};
    return json_incref(s->json);
}
