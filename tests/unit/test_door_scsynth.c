// SPDX-License-Identifier: GPL-3.0-or-later
// The bytes between us and scsynth, at a socket that plays scsynth.
#include "controller/doors/scsynth.h"

#include <gio/gio.h>

#include "tests/unit/fake_asserts.h"

struct wire {
    GSocket *socket;    // owned: plays scsynth
    GSocketAddress *us; // owned
    struct scsynth *door;
    GPtrArray *heard; // owned char *: messages as text
};

static void on_message(void *data, const struct osc_message *message)
{
    g_ptr_array_add(((struct wire *)data)->heard, osc_to_text(message));
}

static GSocket *open_socket(int *port)
{
    g_autoptr(GInetAddress) loopback = g_inet_address_new_loopback(G_SOCKET_FAMILY_IPV4);
    g_autoptr(GSocketAddress) address = g_inet_socket_address_new(loopback, 0);
    GSocket *socket =
        g_socket_new(G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_DATAGRAM, G_SOCKET_PROTOCOL_UDP, NULL);
    assert_true(g_socket_bind(socket, address, FALSE, NULL));
    g_socket_set_timeout(socket, 10);
    g_autoptr(GSocketAddress) bound = g_socket_get_local_address(socket, NULL);
    *port = g_inet_socket_address_get_port(G_INET_SOCKET_ADDRESS(bound));
    return socket;
}

static int set_up_wire(void **state)
{
    struct wire *w = g_new0(struct wire, 1);
    int port;
    w->socket = open_socket(&port);
    w->heard = g_ptr_array_new_with_free_func(g_free);
    int local;
    g_object_unref(open_socket(&local)); // one that is free
    w->door = scsynth_open("localhost", port, local, on_message, w, NULL);
    assert_non_null(w->door);
    g_autoptr(GInetAddress) loopback = g_inet_address_new_loopback(G_SOCKET_FAMILY_IPV4);
    w->us = g_inet_socket_address_new(loopback, scsynth_local_port(w->door));
    *state = w;
    return 0;
}

static int tear_down_wire(void **state)
{
    struct wire *w = *state;
    scsynth_close(w->door);
    g_object_unref(w->socket);
    g_object_unref(w->us);
    g_ptr_array_unref(w->heard);
    g_free(w);
    return 0;
}

// --- out ----------------------------------------------------------------------------------------

static void free_message(gpointer data)
{
    osc_message_destroy(data);
}

static void send_messages(struct wire *w, const char *const *texts)
{
    g_autoptr(GPtrArray) messages = g_ptr_array_new_with_free_func(free_message);
    for (; *texts; texts++)
        g_ptr_array_add(messages, fake_message(*texts));
    scsynth_send(w->door, messages);
}

// The next datagram, what can be read as it is, other bytes as \xx.
static char *receive(struct wire *w)
{
    char bytes[65536];
    gssize length = g_socket_receive(w->socket, bytes, sizeof bytes, NULL, NULL);
    assert_true(length >= 0);
    GString *text = g_string_new(NULL);
    for (gssize i = 0; i < length; i++) {
        guchar c = (guchar)bytes[i];
        if (c >= ' ' && c < 127 && c != '\\')
            g_string_append_c(text, (char)c);
        else
            g_string_append_printf(text, "\\%02x", c);
    }
    return g_string_free(text, FALSE);
}

#define NUL1 "\\00"
#define NUL2 NUL1 NUL1
#define NUL3 NUL2 NUL1
#define NUL4 NUL2 NUL2
#define BUNDLE "#bundle" NUL1 NUL4 NUL3 "\\01"

static void one_message_goes_as_it_is(void **state)
{
    struct wire *w = *state;
    send_messages(w, (const char *const[]){"/status", NULL});
    assert_text(receive(w), "/status" NUL1 "," NUL3);
    send_messages(w, (const char *const[]){"/notify 1 15", NULL});
    assert_text(receive(w), "/notify" NUL1 ",ii" NUL1 NUL3 "\\01" NUL3 "\\0f");
    send_messages(w, (const char *const[]){"/n_set 1000 freq 440.0", NULL});
    assert_text(receive(w), "/n_set" NUL2 ",isf" NUL4 NUL2 "\\03\\e8"
                            "freq" NUL4 "C\\dc" NUL2);
}

static void every_type_has_its_bytes(void **state)
{
    struct wire *w = *state;
    g_autoptr(GPtrArray) messages = g_ptr_array_new_with_free_func(free_message);
    struct osc_message *message = osc_message_new("/a", "isf", -2, "abc", -1.5);
    osc_add_double(message, 0.5);
    osc_add_string(message, "");
    osc_add_string(message, "four");
    g_ptr_array_add(messages, message);
    gsize size = osc_size(message);
    scsynth_send(w->door, messages);
    char bytes[256];
    gssize length = g_socket_receive(w->socket, bytes, sizeof bytes, NULL, NULL);
    static const char expected[] = "/a\0\0,isfdss\0\xff\xff\xff\xfe"
                                   "abc\0\xbf\xc0\0\0\x3f\xe0\0\0\0\0\0\0\0\0\0\0four\0\0\0";
    assert_int_equal(length, sizeof expected);
    assert_int_equal(length, size);
    assert_memory_equal(bytes, expected, length);
}

// Two deep, as "/b_allocRead, then /b_query, then ..." may be.
static void a_completion_message_goes_as_a_blob(void **state)
{
    struct wire *w = *state;
    g_autoptr(GPtrArray) messages = g_ptr_array_new_with_free_func(free_message);
    struct osc_message *message =
        osc_message_new("/b_alloc", "iim", 3, 512,
                        osc_message_new("/b_zero", "im", 3, osc_message_new("/b_query", "i", 3)));
    g_ptr_array_add(messages, message);
    assert_text(osc_to_text(message), "/b_alloc 3 512 {/b_zero 3 {/b_query 3}}");
    assert_null(osc_nested(message, 0));
    assert_string_equal(osc_nested(message, 2)->address, "/b_zero");
    scsynth_send(w->door, messages);
    char bytes[256];
    gssize length = g_socket_receive(w->socket, bytes, sizeof bytes, NULL, NULL);
    static const char expected[] = "/b_alloc\0\0\0\0,iib\0\0\0\0\0\0\0\x03\0\0\x02\0\0\0\0\x28"
                                   "/b_zero\0,ib\0\0\0\0\x03\0\0\0\x14"
                                   "/b_query\0\0\0\0,i\0\0\0\0\0\x03";
    assert_int_equal(length, sizeof expected - 1);
    assert_int_equal(length, osc_size(message));
    assert_memory_equal(bytes, expected, length);
}

static void several_go_as_a_bundle_for_now(void **state)
{
    struct wire *w = *state;
    send_messages(w, (const char *const[]){"/n_set 1000 amp 0.5", "/n_free 1001", "/sync 7", NULL});
    assert_text(receive(w), BUNDLE NUL3 "\\1c"
                                        "/n_set" NUL2 ",isf" NUL4 NUL2 "\\03\\e8"
                                        "amp" NUL1 "?" NUL3 NUL3 "\\10"
                                        "/n_free" NUL1 ",i" NUL2 NUL2 "\\03\\e9" NUL3 "\\10"
                                        "/sync" NUL3 ",i" NUL2 NUL3 "\\07");
}

// What the session makes of commands, byte for byte.
static void commands_become_bytes(void **state)
{
    struct wire *w = *state;
    send_messages(w, (const char *const[]){"/s_new sine 1000 0 1 freq 660.0", "/sync 3", NULL});
    assert_text(receive(w), BUNDLE NUL3 "0"
                                        "/s_new" NUL2 ",siiisf" NUL1 "sine" NUL4 NUL2
                                        "\\03\\e8" NUL4 NUL3 "\\01"
                                        "freq" NUL4 "D%" NUL2 NUL3 "\\10"
                                        "/sync" NUL3 ",i" NUL2 NUL3 "\\03");
    send_messages(w, (const char *const[]){"/g_new 1000 1 1", NULL});
    assert_text(receive(w), "/g_new" NUL2 ",iii" NUL4 NUL2 "\\03\\e8" NUL3 "\\01" NUL3 "\\01");
    send_messages(w, (const char *const[]){"/n_run 1000 0", NULL});
    assert_text(receive(w), "/n_run" NUL2 ",ii" NUL1 NUL2 "\\03\\e8" NUL4);
    send_messages(w, (const char *const[]){"/g_tail 0 2", NULL});
    assert_text(receive(w), "/g_tail" NUL1 ",ii" NUL1 NUL4 NUL3 "\\02");
    send_messages(w, (const char *const[]){"/g_queryTree 0 1", NULL});
    assert_text(receive(w), "/g_queryTree" NUL4 ",ii" NUL1 NUL4 NUL3 "\\01");
    send_messages(w, (const char *const[]){"/n_query 1000", NULL});
    assert_text(receive(w), "/n_query" NUL4 ",i" NUL2 NUL2 "\\03\\e8");
    send_messages(w, (const char *const[]){"/d_load /defs/a.scsyndef", NULL});
    assert_text(receive(w), "/d_load" NUL1 ",s" NUL2 "/defs/a.scsyndef" NUL4);
    send_messages(w, (const char *const[]){"/d_free mine", NULL});
    assert_text(receive(w), "/d_free" NUL1 ",s" NUL2 "mine" NUL4);
    send_messages(w, (const char *const[]){"/clearSched", "/g_deepFree 0", NULL});
    assert_text(receive(w), BUNDLE NUL3 "\\10"
                                        "/clearSched" NUL1 "," NUL3 NUL3 "\\14"
                                        "/g_deepFree" NUL1 ",i" NUL2 NUL4);
    send_messages(w, (const char *const[]){"/version", NULL});
    assert_text(receive(w), "/version" NUL4 "," NUL3);
}

static void bundles_are_split_in_order_at_8_kib(void **state)
{
    struct wire *w = *state;
    g_autoptr(GPtrArray) messages = g_ptr_array_new_with_free_func(free_message);
    for (int i = 0; i < 1000; i++)
        g_ptr_array_add(messages, osc_message_new("/n_set", "isf", i, "freq", 1.0));
    scsynth_send(w->door, messages);
    int next = 0, bundles = 0;
    while (next < 1000) {
        guchar bytes[65536];
        gssize length = g_socket_receive(w->socket, (char *)bytes, sizeof bytes, NULL, NULL);
        assert_in_range(length, 20, SCSYNTH_MAX_BUNDLE);
        assert_memory_equal(bytes, "#bundle", 8);
        // Each is 4 of size and 32 of message; a bundle is as full as it can be.
        for (gssize at = 16; at < length; at += 36, next++)
            assert_int_equal(bytes[at + 4 + 18] << 8 | bytes[at + 4 + 19], next);
        if (next < 1000)
            assert_true(length + 36 > SCSYNTH_MAX_BUNDLE);
        bundles++;
    }
    assert_int_equal(bundles, 5);
}

static void a_message_that_is_too_long_for_a_bundle_goes_alone(void **state)
{
    struct wire *w = *state;
    g_autoptr(GPtrArray) messages = g_ptr_array_new_with_free_func(free_message);
    struct osc_message *large = osc_message_new("/n_set", "i", 1);
    for (int i = 0; i < 2000; i++) {
        osc_add_int(large, i);
        osc_add_float(large, 1);
    }
    g_ptr_array_add(messages, osc_message_new("/n_free", "i", 1));
    g_ptr_array_add(messages, large);
    g_ptr_array_add(messages, osc_message_new("/n_free", "i", 2));
    gsize size = osc_size(large);
    assert_true(size > SCSYNTH_MAX_BUNDLE);
    scsynth_send(w->door, messages);
    assert_has(receive(w), "/n_free" NUL1 ",i" NUL2 NUL3 "\\01");
    char bytes[65536];
    assert_int_equal(g_socket_receive(w->socket, bytes, sizeof bytes, NULL, NULL), size);
    assert_string_equal(bytes, "/n_set");
    assert_text(receive(w), "/n_free" NUL1 ",i" NUL2 NUL3 "\\02");
}

// --- in -----------------------------------------------------------------------------------------

static void answer(struct wire *w, GSocket *from, const void *bytes, gsize length)
{
    assert_true(g_socket_send_to(from, w->us, bytes, length, NULL, NULL) == (gssize)length);
}

// Runs the loop until `count` messages are there.
static void hear(struct wire *w, guint count)
{
    gint64 deadline = g_get_monotonic_time() + 10 * G_USEC_PER_SEC;
    while (w->heard->len < count && g_get_monotonic_time() < deadline)
        g_main_context_iteration(NULL, FALSE);
    assert_int_equal(w->heard->len, count);
}

#define SAY(w, bytes) answer(w, (w)->socket, bytes, sizeof(bytes) - 1)
#define LAST "/synced\0,i\0\0\0\0\0\x09"

static void replies_are_read(void **state)
{
    struct wire *w = *state;
    SAY(w, "/n_go\0\0\0,iiiii\0\0\0\0\x03\xe8\0\0\0\x01\xff\xff\xff\xff\xff\xff\xff\xff\0\0\0\0");
    SAY(w, "/fail\0\0\0,ss\0/s_new\0\0SynthDef not found\0\0");
    SAY(w, "/status.reply\0\0\0,ifd\0\0\0\0\0\0\0\x01\x3f\0\0\0\x40\xe7\x70\0\0\0\0\0");
    SAY(w, "#bundle\0\0\0\0\0\0\0\0\x01\0\0\0\x10/synced\0,i\0\0\0\0\0\x05"
           "\0\0\0\x10/synced\0,i\0\0\0\0\0\x06");
    hear(w, 5);
    assert_string_equal(w->heard->pdata[0], "/n_go 1000 1 -1 -1 0");
    assert_string_equal(w->heard->pdata[1], "/fail /s_new SynthDef not found");
    assert_string_equal(w->heard->pdata[2], "/status.reply 1 0.5f 48000d");
    assert_string_equal(w->heard->pdata[3], "/synced 5");
    assert_string_equal(w->heard->pdata[4], "/synced 6");
}

static void other_types_keep_their_place(void **state)
{
    struct wire *w = *state;
    SAY(w, "/a\0\0,TihNb\0\0\0\0\0\x05\0\0\0\0\0\0\0\x07\0\0\0\x04\x01\x02\x03\x04");
    hear(w, 1);
    assert_string_equal(w->heard->pdata[0], "/a 0 5 0 0 0");
}

static void strangers_are_not_heard(void **state)
{
    struct wire *w = *state;
    int port;
    g_autoptr(GSocket) stranger = open_socket(&port);
    answer(w, stranger, "/synced\0,i\0\0\0\0\0\x01", 16);
    SAY(w, LAST);
    hear(w, 1);
    assert_string_equal(w->heard->pdata[0], "/synced 9");
}

static void damaged_datagrams_are_passed_over(void **state)
{
    struct wire *w = *state;
    SAY(w, "");
    SAY(w, "x");
    SAY(w, "/n_go");
    SAY(w, "/n_go\0\0\0");
    SAY(w, "/n_go\0\0\0,iiiii\0\0");
    SAY(w, "/n_go\0\0\0,iiiii\0\0\0\0\x03");
    SAY(w, "/n_go\0\0\0,ssss");
    SAY(w, "/n_go\0\0\0,s\0\0never ends");
    SAY(w, "/n_go\0\0\0,b\0\0\x7f\xff\xff\xff");
    SAY(w, "/n_go\0\0\0,b\0\0\xff\xff\xff\xff");
    SAY(w, "/n_go\0\0\0nothing\0");
    SAY(w, "#bundle\0");
    SAY(w, "#bundle\0\0\0\0\0\0\0\0\x01\0\0\0\x7f/n_go\0\0\0");
    SAY(w, "#bundle\0\0\0\0\0\0\0\0\x01\xff\xff\xff\xf0/n_go\0\0\0");
    SAY(w, "#bundle\0\0\0\0\0\0\0\0\x01\0\0\0\0");
    SAY(w, "/q?*{a,b}[!c]\0\0\0,\0\0\0");
    char large[60000] = "/n_go\0\0\0,";
    answer(w, w->socket, large, sizeof large);
    SAY(w, LAST);
    gint64 deadline = g_get_monotonic_time() + 10 * G_USEC_PER_SEC;
    while (g_get_monotonic_time() < deadline &&
           (w->heard->len == 0 || strcmp(w->heard->pdata[w->heard->len - 1], "/synced 9") != 0))
        g_main_context_iteration(NULL, FALSE);
    assert_string_equal(w->heard->pdata[w->heard->len - 1], "/synced 9");
}

// A bundle for the future is not kept for it.
static void nothing_waits_for_its_time(void **state)
{
    struct wire *w = *state;
    SAY(w, "#bundle\0\xff\xff\xff\xff\0\0\0\0\0\0\0\x10/synced\0,i\0\0\0\0\0\x05");
    SAY(w, LAST);
    hear(w, 2);
    assert_string_equal(w->heard->pdata[0], "/synced 5");
}

static void a_local_port_is_kept_or_refused(void **state)
{
    struct wire *w = *state;
    int taken;
    g_autoptr(GSocket) socket = open_socket(&taken);
    g_autoptr(GError) error = NULL;
    struct scsynth *other = scsynth_open("127.0.0.1", 57110, taken, on_message, w, &error);
    assert_null(other);
    assert_non_null(error);
    scsynth_close(NULL);
}

int main(void)
{
#define WIRE(test) cmocka_unit_test_setup_teardown(test, set_up_wire, tear_down_wire)
    const struct CMUnitTest tests[] = {
        WIRE(one_message_goes_as_it_is),
        WIRE(every_type_has_its_bytes),
        WIRE(a_completion_message_goes_as_a_blob),
        WIRE(several_go_as_a_bundle_for_now),
        WIRE(commands_become_bytes),
        WIRE(bundles_are_split_in_order_at_8_kib),
        WIRE(a_message_that_is_too_long_for_a_bundle_goes_alone),
        WIRE(replies_are_read),
        WIRE(other_types_keep_their_place),
        WIRE(strangers_are_not_heard),
        WIRE(damaged_datagrams_are_passed_over),
        WIRE(nothing_waits_for_its_time),
        WIRE(a_local_port_is_kept_or_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
