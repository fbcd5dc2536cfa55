// SPDX-License-Identifier: GPL-3.0-or-later
// The ring of packets: what is kept, what is lost, and one thread that fills it while others read.
#include "pipeline/doors/packets.h"

#include "tests/unit/fake_asserts.h"

static void add_number(struct packets *packets, guint32 number)
{
    packets_add(packets, &number, sizeof number, 1000 + number);
}

static void expect(struct packets *packets, guint64 number)
{
    struct packet *packet = packets_get(packets, number);
    assert_non_null(packet);
    assert_int_equal(packet->number, number);
    assert_int_equal(packet->time, 1000 + number);
    assert_int_equal(packet->length, sizeof(guint32));
    guint32 value;
    memcpy(&value, packet->bytes, sizeof value);
    assert_int_equal(value, number);
    packet_unref(packet);
}

static void the_last_are_kept(void **state)
{
    struct packets *packets = packets_create(3);
    assert_int_equal(packets_begin(packets), 0);
    assert_int_equal(packets_end(packets), 0);
    assert_null(packets_get(packets, 0));
    for (guint32 i = 0; i < 2; i++)
        add_number(packets, i);
    assert_int_equal(packets_begin(packets), 0);
    assert_int_equal(packets_end(packets), 2);
    expect(packets, 0);
    expect(packets, 1);
    assert_null(packets_get(packets, 2));
    for (guint32 i = 2; i < 10; i++)
        add_number(packets, i);
    assert_int_equal(packets_begin(packets), 7);
    assert_int_equal(packets_end(packets), 10);
    assert_null(packets_get(packets, 6));
    for (guint64 i = 7; i < 10; i++)
        expect(packets, i);
    assert_null(packets_get(packets, 10));
    assert_null(packets_get(packets, G_MAXUINT64));
    packets_destroy(packets);
}

static void who_holds_a_packet_keeps_it(void **state)
{
    struct packets *packets = packets_create(1);
    add_number(packets, 0);
    struct packet *held = packets_get(packets, 0);
    add_number(packets, 1);
    assert_null(packets_get(packets, 0));
    packets_destroy(packets);
    assert_int_equal(held->number, 0);
    packet_unref(held);
}

#define MANY 100000

static gpointer fill(gpointer packets)
{
    for (guint32 i = 0; i < MANY; i++)
        add_number(packets, i);
    return NULL;
}

static void one_fills_while_another_reads(void **state)
{
    struct packets *packets = packets_create(16);
    GThread *thread = g_thread_new("fill", fill, packets);
    guint64 next = 0;
    while (next < MANY) {
        struct packet *packet = packets_get(packets, next);
        if (!packet) {
            next = MAX(next, packets_begin(packets));
            continue;
        }
        assert_int_equal(packet->number, next);
        assert_int_equal(packet->time, 1000 + next);
        packet_unref(packet);
        next++;
    }
    g_thread_join(thread);
    packets_destroy(packets);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_last_are_kept),
        cmocka_unit_test(who_holds_a_packet_keeps_it),
        cmocka_unit_test(one_fills_while_another_reads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
