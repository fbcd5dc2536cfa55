// SPDX-License-Identifier: GPL-3.0-or-later
// The last seconds of one stream, for any number of readers: a ring that one thread fills and the
// main loop reads. A reader is no more than the number of the packet that it wants next, so that
// one who reads slowly costs nothing, and loses what the ring has lost.
#pragma once

#include <glib.h>
#include <stdatomic.h>

// Never changes; belongs to whoever has a reference.
struct packet {
    atomic_uint references; // packet_unref()'s
    guint64 number;         // counts from 0, without a gap
    gint64 time;            // when its first sample was captured, microseconds of Unix time
    gsize length;
    guint8 bytes[];
};

void packet_unref(struct packet *packet);

struct packets;

// Keeps the last `size` packets.
struct packets *packets_create(guint size);
void packets_destroy(struct packets *packets);

// For the thread that fills it.
void packets_add(struct packets *packets, gconstpointer bytes, gsize length, gint64 time);

// The number that the next packet will have; those before it, but for what is lost, can be had.
guint64 packets_end(struct packets *packets);
// The oldest that is kept, or packets_end().
guint64 packets_begin(struct packets *packets);

// A reference to that packet, NULL where it is not there yet or not any more.
struct packet *packets_get(struct packets *packets, guint64 number);
