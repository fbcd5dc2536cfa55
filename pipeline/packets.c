// SPDX-License-Identifier: GPL-3.0-or-later
#include "pipeline/packets.h"

#include <string.h>

struct packets {
    guint size;
    GMutex lock; // guards what follows, for moments
    guint64 end;
    struct packet *slots[]; // owned: that of number n is at n % size, NULL where there is none yet
};

void packet_unref(struct packet *packet)
{
    if (packet)
        g_atomic_rc_box_release(packet);
}

struct packets *packets_create(guint size)
{
    struct packets *packets = g_malloc0(sizeof *packets + size * sizeof(struct packet *));
    packets->size = size;
    g_mutex_init(&packets->lock);
    return packets;
}

void packets_destroy(struct packets *packets)
{
    if (!packets)
        return;
    for (guint i = 0; i < packets->size; i++)
        packet_unref(packets->slots[i]);
    g_mutex_clear(&packets->lock);
    g_free(packets);
}

void packets_add(struct packets *packets, gconstpointer bytes, gsize length, gint64 time)
{
    struct packet *packet = g_atomic_rc_box_alloc(sizeof *packet + length);
    packet->time = time;
    packet->length = length;
    memcpy(packet->bytes, bytes, length);
    g_mutex_lock(&packets->lock);
    packet->number = packets->end++;
    struct packet **slot = &packets->slots[packet->number % packets->size], *old = *slot;
    *slot = packet;
    g_mutex_unlock(&packets->lock);
    packet_unref(old);
}

static guint64 begin_of(const struct packets *packets)
{
    return packets->end > packets->size ? packets->end - packets->size : 0;
}

guint64 packets_end(struct packets *packets)
{
    g_mutex_lock(&packets->lock);
    guint64 end = packets->end;
    g_mutex_unlock(&packets->lock);
    return end;
}

guint64 packets_begin(struct packets *packets)
{
    g_mutex_lock(&packets->lock);
    guint64 begin = begin_of(packets);
    g_mutex_unlock(&packets->lock);
    return begin;
}

struct packet *packets_get(struct packets *packets, guint64 number)
{
    struct packet *packet = NULL;
    g_mutex_lock(&packets->lock);
    if (number >= begin_of(packets) && number < packets->end)
        packet = g_atomic_rc_box_acquire(packets->slots[number % packets->size]);
    g_mutex_unlock(&packets->lock);
    return packet;
}
