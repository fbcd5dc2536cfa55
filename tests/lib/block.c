// SPDX-License-Identifier: GPL-3.0-or-later
// Preloaded into a program: the file that FARFIELD_TEST_BLOCK names holds a port and milliseconds
// (16 bits each, in the machine's order). Whoever sends by UDP to that port is held up for so long,
// or, where it is 0, until another port stands there. No UDP socket does that by itself.
#include <arpa/inet.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#define MS 1000 // in microseconds
#define LOOK 10 // ms

struct order {
    uint16_t port, milliseconds;
};

static const volatile struct order *order;

__attribute__((constructor)) static void read_port(void)
{
    const char *path = getenv("FARFIELD_TEST_BLOCK");
    int file = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    if (file < 0)
        return;
    void *page = mmap(NULL, sizeof *order, PROT_READ, MAP_SHARED, file, 0);
    if (page != MAP_FAILED)
        order = page;
    close(file);
}

static void wait_for(const struct sockaddr *to)
{
    if (!order || !to || (to->sa_family != AF_INET && to->sa_family != AF_INET6))
        return;
    // The port stands at the same place in both families.
    uint16_t port = ntohs(((const struct sockaddr_in *)to)->sin_port);
    int waited = 0;
    while (port && port == order->port && !(order->milliseconds && waited >= order->milliseconds)) {
        usleep(LOOK * MS);
        waited += LOOK;
    }
}

ssize_t sendto(int socket, const void *data, size_t size, int flags, const struct sockaddr *to,
               socklen_t length)
{
    static ssize_t (*next)(int, const void *, size_t, int, const struct sockaddr *, socklen_t);
    if (!next)
        *(void **)&next = dlsym(RTLD_NEXT, "sendto");
    wait_for(to);
    return next(socket, data, size, flags, to, length);
}

ssize_t sendmsg(int socket, const struct msghdr *message, int flags)
{
    static ssize_t (*next)(int, const struct msghdr *, int);
    if (!next)
        *(void **)&next = dlsym(RTLD_NEXT, "sendmsg");
    wait_for(message->msg_name);
    return next(socket, message, flags);
}

int sendmmsg(int socket, struct mmsghdr *messages, unsigned int count, int flags)
{
    static int (*next)(int, struct mmsghdr *, unsigned int, int);
    if (!next)
        *(void **)&next = dlsym(RTLD_NEXT, "sendmmsg");
    for (unsigned int i = 0; i < count; i++)
        wait_for(messages[i].msg_hdr.msg_name);
    return next(socket, messages, count, flags);
}
