// SPDX-License-Identifier: GPL-3.0-or-later
#include "controller/core/tree.h"

#include <float.h>
#include <math.h>

static void node_destroy(gpointer data)
{
    struct node *node = data;
    if (node->synthdef)
        synthdef_unref(node->synthdef);
    g_free(node->values);
    g_free(node->dirty);
    g_free(node->room);
    g_free(node);
}

static struct node *node_new(struct tree *tree, int32_t id, bool is_group)
{
    struct node *node = g_new0(struct node, 1);
    node->id = id;
    node->is_group = is_group;
    node->running = true;
    g_hash_table_insert(tree->nodes, GINT_TO_POINTER(id), node);
    return node;
}

void tree_init(struct tree *tree)
{
    tree->nodes = g_hash_table_new_full(NULL, NULL, NULL, node_destroy);
    node_new(tree, TREE_ROOT, true)->system = true;
}

void tree_clear(struct tree *tree)
{
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

int synthdef_slots(const struct synthdef *synthdef)
{
    int slots = 0;
    for (guint i = 0; i < synthdef->parameters->len; i++) {
        const struct synthdef_parameter *p = g_ptr_array_index(synthdef->parameters, i);
        slots = MAX(slots, p->index + p->size);
    }
    return slots;
}

void node_set_synthdef(struct node *node, struct synthdef *synthdef)
{
    int slots = synthdef_slots(synthdef);
    struct synthdef *old = node->synthdef;
    node->synthdef = synthdef_ref(synthdef);
    if (old)
        synthdef_unref(old);
    g_free(node->values);
    g_free(node->dirty);
    node->values = g_new0(float, slots);
    node->dirty = g_new0(guint8, slots);
    for (guint i = 0; i < synthdef->parameters->len; i++) {
        const struct synthdef_parameter *p = g_ptr_array_index(synthdef->parameters, i);
        for (int k = 0; k < p->size; k++)
            node->values[p->index + k] = p->defaults[k];
    }
}

// JSON has neither infinity nor NaN; the shortest decimal that is the same float reads best.
static json_t *json_float(float value)
{
    if (isnan(value))
        return json_null();
    if (isinf(value))
        return json_real(value > 0 ? FLT_MAX : -FLT_MAX);
    char text[G_ASCII_DTOSTR_BUF_SIZE];
    for (int digits = 6; digits <= 9; digits++) {
        char format[] = {'%', '.', (char)('0' + digits), 'g', '\0'};
        double shown = g_ascii_strtod(g_ascii_formatd(text, sizeof text, format, value), NULL);
        if ((float)shown == value)
            return json_real(shown);
    }
    return json_real(value);
}

static json_t *controls_to_json(const struct node *node)
{
    json_t *controls = json_object();
    for (guint i = 0; node->synthdef && i < node->synthdef->parameters->len; i++) {
        const struct synthdef_parameter *p = g_ptr_array_index(node->synthdef->parameters, i);
        json_t *value;
        if (p->size == 1) {
            value = json_float(node->values[p->index]);
        } else {
            value = json_array();
            for (int k = 0; k < p->size; k++)
                json_array_append_new(value, json_float(node->values[p->index + k]));
        }
        json_object_set_new(controls, p->name, value);
    }
    return controls;
}

json_t *node_to_json(const struct node *node)
{
    json_t *object =
        json_pack("{s:i s:s}", "id", node->id, "kind", node->is_group ? "group" : "synth");
    json_object_set_new(object, "parent",
                        node->parent ? json_integer(node->parent->id) : json_null());
    if (!node->is_group) {
        json_object_set_new(object, "synthdef",
                            node->synthdef ? json_string(node->synthdef->name) : json_null());
        json_object_set_new(object, "controls", controls_to_json(node));
        json_object_set_new(object, "releasing", json_boolean(node->releasing));
    }
    json_object_set_new(object, "running", json_boolean(node->running));
    json_object_set_new(object, "own", json_boolean(node->own));
    json_object_set_new(object, "system", json_boolean(node->system));
    json_object_set_new(object, "room", node->room ? json_string(node->room) : json_null());
    return object;
}
