// SPDX-License-Identifier: GPL-3.0-or-later
#include "controller/core/batch.h"

static void destroy_message(gpointer data)
{
    osc_message_destroy(data);
}

void batch_init(struct batch *batch)
{
    batch->messages = g_ptr_array_new_with_free_func(destroy_message);
    batch->dirty = g_ptr_array_new();
}

void batch_clear(struct batch *batch)
{
    g_clear_pointer(&batch->messages, g_ptr_array_unref);
    g_clear_pointer(&batch->dirty, g_ptr_array_unref);
}

bool batch_is_empty(const struct batch *batch)
{
    return batch->messages->len == 0 && batch->dirty->len == 0;
}

// Controls go by name where one slot is one control, by index inside arrays.
static struct osc_message *take_changes(struct node *node)
{
    struct osc_message *message = osc_message_new("/n_set", "i", node->id);
    for (guint i = 0; i < node->synthdef->parameters->len; i++) {
        const struct synthdef_parameter *p = g_ptr_array_index(node->synthdef->parameters, i);
        for (int k = 0; k < p->size; k++) {
            int slot = p->index + k;
            if (!node->dirty[slot])
                continue;
            node->dirty[slot] = 0;
            if (p->size == 1)
                osc_add_string(message, p->name);
            else
                osc_add_int(message, slot);
            osc_add_float(message, node->values[slot]);
            // scsynth sets a trigger back to 0 after one block.
            if (p->rate == RATE_TRIGGER)
                node->values[slot] = 0;
        }
    }
    node->is_dirty = false;
    return message;
}

static void write_changes(struct batch *batch)
{
    for (guint i = 0; i < batch->dirty->len; i++)
        g_ptr_array_add(batch->messages, take_changes(g_ptr_array_index(batch->dirty, i)));
    g_ptr_array_set_size(batch->dirty, 0);
}

void batch_add(struct batch *batch, struct osc_message *message)
{
    write_changes(batch);
    g_ptr_array_add(batch->messages, message);
}

void batch_set(struct batch *batch, struct node *node, int slot, float value)
{
    node->values[slot] = value;
    node->dirty[slot] = 1;
    if (!node->is_dirty) {
        node->is_dirty = true;
        g_ptr_array_add(batch->dirty, node);
    }
}

void batch_forget(struct batch *batch, struct node *node)
{
    if (node->is_dirty)
        g_ptr_array_remove(batch->dirty, node);
    node->is_dirty = false;
}

GPtrArray *batch_take(struct batch *batch)
{
    write_changes(batch);
    GPtrArray *messages = batch->messages;
    batch->messages = g_ptr_array_new_with_free_func(destroy_message);
    return messages;
}
