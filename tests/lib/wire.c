// SPDX-License-Identifier: GPL-3.0-or-later
// wire SUBNET SEED: a bad network between this network namespace and a new one of its own.
//
// A TUN device on each side, 10.77.SUBNET.1 here and .2 there, and this program carries the packets
// from one to the other, by orders that come on stdin, a line each, for both directions:
//
//   loss P        drops a share of P (0 to 1)
//   delay MS, jitter MS    so late, and up to so much later, in order
//   reorder P MS  has a share of P come MS later still, so that others pass it
//   rate KBITS    carries so much a second, and drops what would wait longer than
//   queue MS      (250); 0 is any rate
//   down, up      drops everything, or no more
//   udp 0, udp 1  drops UDP, or no more
//   clear         all of that as at the start
//
// Prints "ready" once it carries. Everything goes when it ends, which it does with stdin. Others
// get into its namespace by /proc/PID/ns/net. Dice are thrown by SEED, so that a run can be had
// again.
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#define MAX_PACKET 2048
#define MAX_WAITING 4096 // packets in one direction
#define MS 1e-3

struct packet {
    double due; // seconds
    size_t length;
    uint8_t bytes[];
};

struct way {
    int from, to;
    GQueue waiting; // struct packet, by `due`
    double free_at; // when the last packet has been sent at the rate
    double last;    // `due` of the last one that was not held back
};

static struct conditions {
    double loss, delay, jitter, reorder, hold, rate, queue;
    bool down, no_udp;
} conditions;
static const struct conditions good = {.queue = 250 * MS};

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void give_up(const char *what)
{
    fprintf(stderr, "wire: %s: %s\n", what, strerror(errno));
    exit(EXIT_FAILURE);
}

// --- devices ------------------------------------------------------------------------------------

static void configure(int socket, unsigned long request, struct ifreq *wish)
{
    if (ioctl(socket, request, wish) != 0)
        give_up("configuring the device");
}

static void set_address(int socket, unsigned long request, struct ifreq *wish, const char *text)
{
    struct sockaddr_in *address = (struct sockaddr_in *)&wish->ifr_addr;
    *address = (struct sockaddr_in){.sin_family = AF_INET};
    inet_pton(AF_INET, text, &address->sin_addr);
    configure(socket, request, wish);
}

// In the namespace of the moment, where it stays.
static int open_device(int subnet, int host)
{
    struct ifreq wish = {.ifr_flags = IFF_TUN | IFF_NO_PI};
    g_snprintf(wish.ifr_name, sizeof wish.ifr_name, "wire%d", subnet);
    int device = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
    if (device < 0 || ioctl(device, TUNSETIFF, &wish) != 0)
        give_up("making a TUN device");
    int control = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    g_autofree char *address = g_strdup_printf("10.77.%d.%d", subnet, host);
    set_address(control, SIOCSIFADDR, &wish, address);
    set_address(control, SIOCSIFNETMASK, &wish, "255.255.255.252");
    wish.ifr_flags = IFF_UP | IFF_RUNNING;
    configure(control, SIOCSIFFLAGS, &wish);
    close(control);
    return device;
}

static void bring_loopback_up(void)
{
    struct ifreq wish = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};
    int control = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    configure(control, SIOCSIFFLAGS, &wish);
    close(control);
}

// --- packets ------------------------------------------------------------------------------------

static int by_due(gconstpointer a, gconstpointer b, gpointer data)
{
    double x = ((const struct packet *)a)->due, y = ((const struct packet *)b)->due;
    return (x > y) - (x < y);
}

// IPv4 alone comes here.
static bool is_udp(const uint8_t *bytes, size_t length)
{
    return length > 9 && bytes[9] == IPPROTO_UDP;
}

// When a packet that comes at `time` is to leave; negative when it is lost.
static double judge(struct way *way, const uint8_t *bytes, size_t length, double time)
{
    const struct conditions *c = &conditions;
    if (c->down || (c->no_udp && is_udp(bytes, length)) || drand48() < c->loss ||
        way->waiting.length >= MAX_WAITING)
        return -1;
    double sent = time;
    if (c->rate > 0) {
        sent = MAX(time, way->free_at) + (double)length * 8 / c->rate;
        if (sent - time > c->queue)
            return -1;
        way->free_at = sent;
    }
    double due = MAX(way->last, sent + c->delay + drand48() * c->jitter);
    if (drand48() < c->reorder)
        return due + c->hold;
    return way->last = due;
}

static void take(struct way *way)
{
    uint8_t bytes[MAX_PACKET];
    ssize_t length;
    while ((length = read(way->from, bytes, sizeof bytes)) > 0) {
        double due = judge(way, bytes, (size_t)length, now());
        if (due < 0)
            continue;
        struct packet *packet = g_malloc(sizeof *packet + (size_t)length);
        packet->due = due;
        packet->length = (size_t)length;
        memcpy(packet->bytes, bytes, (size_t)length);
        g_queue_insert_sorted(&way->waiting, packet, by_due, NULL);
    }
}

// Sends what is due; how long the next one has, in seconds.
static double send_due(struct way *way)
{
    struct packet *packet;
    while ((packet = g_queue_peek_head(&way->waiting))) {
        double left = packet->due - now();
        if (left > 0)
            return left;
        g_queue_pop_head(&way->waiting);
        // A full device drops it, as any network card does.
        if (write(way->to, packet->bytes, packet->length) < 0 && errno != EAGAIN && errno != EIO)
            give_up("writing");
        g_free(packet);
    }
    return 3600;
}

// --- orders -------------------------------------------------------------------------------------

static void obey(const char *line)
{
    struct conditions *c = &conditions;
    char word[16] = "";
    double a = 0, b = 0;
    sscanf(line, "%15s %lf %lf", word, &a, &b);
    if (strcmp(word, "loss") == 0)
        c->loss = a;
    else if (strcmp(word, "delay") == 0)
        c->delay = a * MS;
    else if (strcmp(word, "jitter") == 0)
        c->jitter = a * MS;
    else if (strcmp(word, "reorder") == 0)
        c->reorder = a, c->hold = b * MS;
    else if (strcmp(word, "rate") == 0)
        c->rate = a * 1000;
    else if (strcmp(word, "queue") == 0)
        c->queue = a * MS;
    else if (strcmp(word, "down") == 0 || strcmp(word, "up") == 0)
        c->down = *word == 'd';
    else if (strcmp(word, "udp") == 0)
        c->no_udp = a == 0;
    else if (strcmp(word, "clear") == 0)
        *c = good;
    else
        fprintf(stderr, "wire: \"%s\" is no order\n", word);
}

// False at the end of the orders.
static bool read_orders(void)
{
    static char text[1024];
    static size_t filled;
    ssize_t length = read(STDIN_FILENO, text + filled, sizeof text - 1 - filled);
    if (length <= 0)
        return false;
    filled += (size_t)length;
    text[filled] = '\0';
    for (char *end; (end = strchr(text, '\n'));
         filled -= (size_t)(end + 1 - text), memmove(text, end + 1, filled + 1)) {
        *end = '\0';
        obey(text);
    }
    return filled < sizeof text - 1;
}

static void carry(struct way ways[2])
{
    struct pollfd fds[] = {{STDIN_FILENO, POLLIN}, {ways[0].from, POLLIN}, {ways[1].from, POLLIN}};
    do {
        take(&ways[0]);
        take(&ways[1]);
        double left = MIN(send_due(&ways[0]), send_due(&ways[1]));
        struct timespec wait = {(time_t)left, (long)((left - (time_t)left) * 1e9)};
        ppoll(fds, G_N_ELEMENTS(fds), &wait, NULL);
    } while (!fds[0].revents || read_orders());
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        fprintf(stderr, "usage: wire SUBNET SEED\n");
        return EXIT_FAILURE;
    }
    int subnet = atoi(argv[1]);
    srand48(atol(argv[2]));
    conditions = good;
    int here = open_device(subnet, 1);
    if (unshare(CLONE_NEWNET) != 0)
        give_up("making a network namespace");
    bring_loopback_up();
    int there = open_device(subnet, 2);
    struct way ways[] = {{here, there, G_QUEUE_INIT}, {there, here, G_QUEUE_INIT}};
    printf("ready\n");
    fflush(stdout);
    carry(ways);
    return EXIT_SUCCESS;
}
