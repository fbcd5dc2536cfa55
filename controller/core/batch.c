// SPDX-License-Identifier: GPL-3.0-or-later
#include "controller/core/batch.h"

static void destroy_message(gpointer data)
{
    osc_message_destroy(data);
}

void batch_init(struct batch *batch)
{
    *batch = (struct batch){g_ptr_array_new_with_free_func(destroy_message), g_ptr_array_new()};
}

void batch_init_later(struct batch *batch, int64_t time)
{
    batch_init(batch);
    batch->effects = g_array_new(FALSE, FALSE, sizeof(struct effect));
    batch->time = time;
}

void batch_clear(struct batch *batch)
{
    g_clear_pointer(&batch->messages, g_ptr_array_unref);
    g_clear_pointer(&batch->dirty, g_ptr_array_unref);
    g_clear_pointer(&batch->effects, g_array_unref);
}

bool batch_is_empty(const struct batch *batch)
{
    return batch->messages->len == 0 && batch->dirty->len == 0;
}

void control_add(struct osc_message *message, const struct synthdef_parameter *p, int slot)
{
    if (p && p->size == 1)
        osc_add_string(message, p->name);
    else
        osc_add_int(message, slot);
}

struct osc_message *map_message(const struct node *node, int slot, int32_t map)
{
    // Either command ends what the other one began (-1).
    bool audio = map < 0 || (map == MAP_NONE && node->maps[slot] < 0);
    return osc_message_new(audio ? "/n_mapa" : "/n_map", "iii", node->id, slot, map_bus(map));
}

// A datagram holds no more.
static struct osc_message *next_set(struct batch *batch, int32_t node, struct osc_message *message)
{
    if (message && message->args->len <= 2 * BATCH_MAX_CONTROLS)
        return message;
    message = osc_message_new("/n_set", "i", node);
    g_ptr_array_add(batch->messages, message);
    return message;
}

static void write_changes_of(struct batch *batch, struct node *node)
{
    struct osc_message *message = NULL;
    for (guint i = 0; i < node->synthdef->parameters->len; i++) {
        const struct synthdef_parameter *p = g_ptr_array_index(node->synthdef->parameters, i);
        for (int k = 0; k < p->size; k++) {
            int slot = p->index + k;
            if (!node->dirty[slot])
                continue;
            node->dirty[slot] = 0;
            message = next_set(batch, node->id, message);
            control_add(message, p, slot);
            osc_add_float(message, node->values[slot]);
            // scsynth sets a trigger back to 0 after one block.
            if (p->rate == RATE_TRIGGER)
                node->values[slot] = 0;
        }
    }
    node->is_dirty = false;
}

// Neighbouring changes of one node become one message.
static void write_effects(struct batch *batch)
{
    struct osc_message *message = NULL;
    int32_t node = -1;
    for (; batch->written < batch->effects->len; batch->written++) {
        struct effect *effect = &g_array_index(batch->effects, struct effect, batch->written);
        if (effect->kind != EFFECT_VALUE)
            continue;
        message = next_set(batch, effect->node, effect->node == node ? message : NULL);
        node = effect->node;
        control_add(message, effect->set, effect->slot);
        osc_add_float(message, effect->value);
        effect->set = NULL;
    }
}

static void write_changes(struct batch *batch)
{
    for (guint i = 0; i < batch->dirty->len; i++)
        write_changes_of(batch, g_ptr_array_index(batch->dirty, i));
    g_ptr_array_set_size(batch->dirty, 0);
    if (batch->effects)
        write_effects(batch);
}

void batch_add(struct batch *batch, struct osc_message *message)
{
    write_changes(batch);
    g_ptr_array_add(batch->messages, message);
}

void effect_on_node(const struct effect *effect, struct node *node)
{
    bool has_slot = node->synthdef && effect->slot < synthdef_slots(node->synthdef);
    if (effect->kind == EFFECT_RELEASING) {
        node->releasing = effect->value != 0;
    } else if (effect->kind == EFFECT_MAP && has_slot) {
        node->maps[effect->slot] = effect->map;
    } else if (effect->kind == EFFECT_VALUE && has_slot) {
        const struct synthdef_parameter *p = synthdef_parameter_at(node->synthdef, effect->slot);
        node->maps[effect->slot] = MAP_NONE;
        node->values[effect->slot] = p && p->rate == RATE_TRIGGER ? 0 : effect->value;
    }
}

// Carried out at once, or noted.
static void take_effect(struct batch *batch, struct node *node, const struct effect *effect)
{
    if (batch->effects)
        g_array_append_val(batch->effects, *effect);
    else
        effect_on_node(effect, node);
}

void batch_set(struct batch *batch, struct node *node, int slot, float value)
{
    if (batch->effects) {
        struct effect effect = {EFFECT_VALUE, node->id, slot, value};
        effect.set = synthdef_parameter_at(node->synthdef, slot);
        g_array_append_val(batch->effects, effect);
        return;
    }
    node->values[slot] = value;
    node->maps[slot] = MAP_NONE;
    node->dirty[slot] = 1;
    if (!node->is_dirty) {
        node->is_dirty = true;
        g_ptr_array_add(batch->dirty, node);
    }
}

void batch_map(struct batch *batch, struct node *node, int slot, int32_t map)
{
    batch_add(batch, map_message(node, slot, map));
    take_effect(batch, node, &(struct effect){EFFECT_MAP, node->id, slot, .map = map});
}

void batch_release(struct batch *batch, struct node *node, bool releasing)
{
    take_effect(batch, node, &(struct effect){EFFECT_RELEASING, node->id, .value = releasing});
}

void batch_set_bus(struct batch *batch, struct bus *bus, const float *values, int count)
{
    struct osc_message *message = osc_message_new("/c_setn", "ii", bus->index, count);
    for (int i = 0; i < count; i++) {
        osc_add_float(message, values[i]);
        if (batch->effects)
            g_array_append_val(batch->effects,
                               ((struct effect){EFFECT_BUS, bus->index + i, .value = values[i]}));
        else
            bus->values[i] = values[i];
    }
    batch_add(batch, message);
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
