// SPDX-License-Identifier: GPL-3.0-or-later
// The load generator: hundreds of WebRTC listeners in one thread, to find what a server can carry
// rather than what its listeners can. Signaling is left to whoever runs it, a JSON object a line.
// It takes
//   {"join": ID}                   makes a listener with an offer of its own
//   {"join": ID, "offer": SDP}     makes one that answers
//   {"accept": ID, "answer": SDP}  gives it the answer to its offer
//   {"leave": ID}
//   {"report": true}               what came since the last one
// and gives {"listener": ID, "sdp": SDP}, {"listener": ID, "joined": SECONDS} with the first packet
// of sound, {"listener": ID, "error": TEXT}, and {"report": {...}}.
#include <jansson.h>
#include <linux/sock_diag.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/bench/load_peer.h"

#define TICK 0.02 // seconds
#define EVENTS 256

struct load {
    struct load_stage stage;
    GHashTable *peers; // owned: id -> struct load_peer
    int epoll;
    GString *input;
    bool over;
};

static void print(json_t *object)
{
    char *line = json_dumps(object, JSON_COMPACT);
    puts(line);
    fflush(stdout);
    free(line);
    json_decref(object);
}

static void watch(struct load *load, int fd, void *data)
{
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = data};
    epoll_ctl(load->epoll, EPOLL_CTL_ADD, fd, &event);
}

static void join(struct load *load, int id, const char *offer)
{
    struct load_peer *peer = load_peer_create(&load->stage, id, offer);
    if (!peer) {
        print(json_pack("{s:i s:s}", "listener", id, "error", "the offer cannot be read"));
        return;
    }
    g_hash_table_insert(load->peers, GINT_TO_POINTER(id), peer);
    g_autofree char *sdp = load_peer_describe(&load->stage, peer);
    print(json_pack("{s:i s:s}", "listener", id, "sdp", sdp));
    if (offer)
        watch(load, peer->fd, peer);
}

static void take_answer(struct load *load, int id, const char *answer)
{
    struct load_peer *peer = g_hash_table_lookup(load->peers, GINT_TO_POINTER(id));
    if (peer && answer && load_peer_accept(peer, answer))
        watch(load, peer->fd, peer);
    else
        print(json_pack("{s:i s:s}", "listener", id, "error", "the answer cannot be read"));
}

// What the kernel threw away because this program was too slow to fetch it.
static guint32 dropped(const struct load_peer *peer)
{
    guint32 memory[SK_MEMINFO_VARS] = {0};
    socklen_t length = sizeof memory;
    getsockopt(peer->fd, SOL_SOCKET, SO_MEMINFO, memory, &length);
    return memory[SK_MEMINFO_DROPS];
}

static double cpu_seconds(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static void report(struct load *load)
{
    GHashTableIter iter;
    gpointer value;
    json_int_t packets = 0, bytes = 0, lost = 0, reordered = 0, drops = 0;
    int hearing = 0, losing = 0, closed = 0;
    double gap = 0, now = load_now();
    g_hash_table_iter_init(&iter, load->peers);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        struct load_peer *peer = value;
        gap = MAX(gap, peer->count.gap);
        gint64 missed = load_peer_take_lost(peer);
        losing += missed > 0;
        lost += missed;
        packets += peer->count.packets;
        bytes += peer->count.bytes;
        reordered += peer->count.reordered;
        drops += dropped(peer);
        closed += peer->closed;
        hearing += peer->count.packets > 0 && now - peer->count.last < 1;
    }
    print(json_pack("{s:{s:i s:i s:i s:i s:I s:I s:I s:I s:I s:f s:f}}", "report", "listeners",
                    (int)g_hash_table_size(load->peers), "hearing", hearing, "losing", losing,
                    "closed", closed, "packets", packets, "bytes", bytes, "lost", lost, "reordered",
                    reordered, "dropped", drops, "gap", gap, "cpu", cpu_seconds()));
}

static void take_line(struct load *load, const char *line)
{
    json_t *object = json_loads(line, 0, NULL), *id;
    if ((id = json_object_get(object, "join")))
        join(load, (int)json_integer_value(id),
             json_string_value(json_object_get(object, "offer")));
    else if ((id = json_object_get(object, "accept")))
        take_answer(load, (int)json_integer_value(id),
                    json_string_value(json_object_get(object, "answer")));
    else if ((id = json_object_get(object, "leave")))
        g_hash_table_remove(load->peers, GINT_TO_POINTER((int)json_integer_value(id)));
    else if (json_object_get(object, "report"))
        report(load);
    json_decref(object);
}

static void take_input(struct load *load)
{
    char data[65536];
    ssize_t length = read(STDIN_FILENO, data, sizeof data);
    if (length <= 0)
        load->over = true;
    else
        g_string_append_len(load->input, data, length);
    char *end;
    while ((end = strchr(load->input->str, '\n'))) {
        *end = '\0';
        take_line(load, load->input->str);
        g_string_erase(load->input, 0, end + 1 - load->input->str);
    }
}

static void take_packet(struct load_peer *peer)
{
    bool heard = peer->count.packets > 0;
    load_peer_read(peer);
    if (!heard && peer->count.packets > 0)
        print(json_pack("{s:i s:f}", "listener", peer->id, "joined", peer->joined));
}

static void tick(struct load *load, double now)
{
    GHashTableIter iter;
    gpointer value;
    g_hash_table_iter_init(&iter, load->peers);
    while (g_hash_table_iter_next(&iter, NULL, &value))
        load_peer_tick(value, now);
}

// Commands come last: one may take away a listener that this turn's events still name.
static void turn(struct load *load)
{
    struct epoll_event events[EVENTS];
    bool told = false;
    int count = epoll_wait(load->epoll, events, EVENTS, (int)(TICK * 1000));
    for (int i = 0; i < count; i++) {
        if (events[i].data.ptr)
            take_packet(events[i].data.ptr);
        else
            told = true;
    }
    if (told)
        take_input(load);
}

int main(void)
{
    struct load load = {.epoll = epoll_create1(EPOLL_CLOEXEC), .input = g_string_new(NULL)};
    load.peers = g_hash_table_new_full(NULL, NULL, NULL, (GDestroyNotify)load_peer_destroy);
    if (!load_stage_init(&load.stage)) {
        fprintf(stderr, "load: OpenSSL does not do what is needed\n");
        return EXIT_FAILURE;
    }
    watch(&load, STDIN_FILENO, NULL);
    double next = load_now();
    while (!load.over) {
        turn(&load);
        double now = load_now();
        if (now >= next) {
            tick(&load, now);
            next = now + TICK;
        }
    }
    g_hash_table_destroy(load.peers);
    return EXIT_SUCCESS;
}
