// SPDX-License-Identifier: GPL-3.0-or-later
// Lock and counts are those of POSIX and C, as in hub.c, for ThreadSanitizer (make tsan).
#include "pipeline/doors/packets.h"

#include <pthread.h>
#include <string.h>

struct packets {
    guint size;
    pthread_mutex_t lock; // guards what follows, for moments
    guint64 end;
    struct packet *slots[]; // owned: that of number n is at n % size, NULL where there is none yet
};

static struct packet *packet_new(gconstpointer bytes, gsize length, gint64 time)
{
    struct packet *packet = g_malloc(sizeof *packet + length);
    atomic_init(&packet->references, 1);
    packet->time = time;
    packet->length = length;
    memcpy(packet->bytes, bytes, length);
    return packet;
}

static struct packet *packet_ref(struct packet *packet)
{
    atomic_fetch_add_explicit(&packet->references, 1, memory_order_relaxed);
    return packet;
}

void packet_unref(struct packet *packet)
{
    if (packet && atomic_fetch_sub(&packet->references, 1) == 1)
        g_free(packet);
}

struct packets *packets_create(guint size)
{
    struct packets *packets = g_malloc0(sizeof *packets + size * sizeof(struct packet *));
    packets->size = size;
    pthread_mutex_init(&packets->lock, NULL);
    return packets;
}

void packets_destroy(struct packets *packets)
{
    if (!packets)
        return;
    for (guint i = 0; i < packets->size; i++)
        packet_unref(packets->slots[i]);
    pthread_mutex_destroy(&packets->lock);
    g_free(packets);
}

void packets_add(struct packets *packets, gconstpointer bytes, gsize length, gint64 time)
{
    struct packet *packet = packet_new(bytes, length, time);
    pthread_mutex_lock(&packets->lock);
    packet->number = packets->end++;
    struct packet **slot = &packets->slots[packet->number % packets->size], *old = *slot;
    *slot = packet;
    pthread_mutex_unlock(&packets->lock);
    packet_unref(old);
}

static guint64 begin_of(const struct packets *packets)
{
    return packets->end > packets->size ? packets->end - packets->size : 0;
}

guint64 packets_end(struct packets *packets)
{
    pthread_mutex_lock(&packets->lock);
    guint64 end = packets->end;
    pthread_mutex_unlock(&packets->lock);
    return end;
}

guint64 packets_begin(struct packets *packets)
{
    pthread_mutex_lock(&packets->lock);
    guint64 begin = begin_of(packets);
    pthread_mutex_unlock(&packets->lock);
    return begin;
}

struct packet *packets_get(struct packets *packets, guint64 number)
{
    struct packet *packet = NULL;
    pthread_mutex_lock(&packets->lock);
    if (number >= begin_of(packets) && number < packets->end)
        packet = packet_ref(packets->slots[number % packets->size]);
    pthread_mutex_unlock(&packets->lock);
    return packet;
}
