// SPDX-License-Identifier: GPL-3.0-or-later
#include "pipeline/relay/relayer.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/error.h"
#include "pipeline/sound/encoder.h"
#include "pipeline/sound/hub.h"
#include "pipeline/webrtc/rtp_bytes.h"
#include "pipeline/webrtc/srtp.h"

#define SENDER 28                        // bytes of a sender report
#define REPORT_SPAN (2 * G_USEC_PER_SEC) // of capture, between two sender reports

struct relayer {
    gatomicrefcount references; // the owner's, and one for each place in the hub
    struct relay *told;         // owned; the main loop's, but for what never changes
    struct hub *hub;
    struct hub_sink *sink;
    int rtp, rtcp;    // sockets, -1 without one
    struct srtp srtp; // where there is a key

    // Guards what follows: after a stall, a call under way and the next may be in two threads.
    GMutex lock;
    guint64 index;        // sequence number of the next, with its rollovers
    guint32 origin;       // RTP time of sample 0
    gint64 reported;      // capture of the last sender report, microseconds of Unix time
    guint32 sent, octets; // as a sender report wants them

    _Atomic guint64 packets, bytes, errors;
    atomic_int last_error; // errno
};

// --- packets: any thread ------------------------------------------------------------------------

static bool send_datagram(struct relayer *relayer, int fd, const guint8 *data, gsize length)
{
    if (send(fd, data, length, MSG_DONTWAIT | MSG_NOSIGNAL) == (gssize)length)
        return true;
    atomic_store(&relayer->last_error, errno);
    atomic_fetch_add(&relayer->errors, 1);
    return false;
}

static void send_rtp(struct relayer *relayer, GstBuffer *packet)
{
    _Alignas(guint32) guint8 data[RTP_FIXED + MAX_PACKET + SRTP_TAG];
    struct rtp_header header = {.marker = relayer->sent == 0,
                                .payload = (guint8)relayer->told->payload,
                                .sequence = (guint16)relayer->index,
                                .time = relayer->origin + (guint32)GST_BUFFER_OFFSET(packet),
                                .ssrc = relayer->told->ssrc};
    rtp_write_header(&header, data);
    gsize opus = gst_buffer_extract(packet, 0, data + RTP_FIXED, MAX_PACKET);
    gsize length = RTP_FIXED + opus;
    struct srtp_packet plain = {header.ssrc, relayer->index++, data, RTP_FIXED, length};
    if (relayer->told->key)
        length = srtp_protect(&relayer->srtp, &plain);
    relayer->sent++;
    relayer->octets += opus;
    if (!send_datagram(relayer, relayer->rtp, data, length))
        return;
    atomic_fetch_add(&relayer->packets, 1);
    atomic_fetch_add(&relayer->bytes, length);
}

// Sender report and name, by which a receiver knows when a sample was captured.
static void send_report(struct relayer *relayer, GstBuffer *packet)
{
    static const guint8 name[] = {1, 8, 'f', 'a', 'r', 'f', 'i', 'e', 'l', 'd', 0, 0};
    _Alignas(guint32) guint8 data[SENDER + 8 + sizeof name];
    guint8 *described = data + SENDER;
    GST_WRITE_UINT32_BE(data, 0x80c80006); // type 200, six more words
    GST_WRITE_UINT32_BE(data + 4, relayer->told->ssrc);
    rtp_write_time(GST_BUFFER_OFFSET_END(packet), data + 8);
    GST_WRITE_UINT32_BE(data + 16, relayer->origin + (guint32)GST_BUFFER_OFFSET(packet));
    GST_WRITE_UINT32_BE(data + 20, relayer->sent);
    GST_WRITE_UINT32_BE(data + 24, relayer->octets);
    GST_WRITE_UINT32_BE(described, 0x81ca0004); // type 202, four more words
    GST_WRITE_UINT32_BE(described + 4, relayer->told->ssrc);
    memcpy(described + 8, name, sizeof name);
    send_datagram(relayer, relayer->rtcp, data, sizeof data);
}

static bool on_packet(GstBuffer *packet, void *data)
{
    struct relayer *relayer = data;
    gint64 captured = GST_BUFFER_OFFSET_END(packet);
    g_mutex_lock(&relayer->lock);
    send_rtp(relayer, packet);
    if (relayer->rtcp >= 0 && ABS(captured - relayer->reported) >= REPORT_SPAN) {
        relayer->reported = captured;
        send_report(relayer, packet);
    }
    g_mutex_unlock(&relayer->lock);
    return true;
}

// --- life ---------------------------------------------------------------------------------------

static void relayer_unref(void *data)
{
    struct relayer *relayer = data;
    if (!g_atomic_ref_count_dec(&relayer->references))
        return;
    if (relayer->rtp >= 0)
        close(relayer->rtp);
    if (relayer->rtcp >= 0)
        close(relayer->rtcp);
    relay_destroy(relayer->told);
    g_mutex_clear(&relayer->lock);
    g_free(relayer);
}

// Sending never waits, so that it is the machine that stood still, and the next packets may go.
static void on_stalled(void *data)
{
    struct relayer *relayer = data;
    hub_rejoin(relayer->sink);
}

static void join(struct relayer *relayer)
{
    struct hub_subscriber subscriber = {
        .take = on_packet, .released = relayer_unref, .stalled = on_stalled, .data = relayer};
    g_atomic_ref_count_inc(&relayer->references);
    relayer->sink = hub_subscribe(relayer->hub, &subscriber);
}

static socklen_t make_address(const char *host, int port, struct sockaddr_storage *address)
{
    struct sockaddr_in *v4 = (struct sockaddr_in *)address;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)address;
    *address = (struct sockaddr_storage){0};
    if (inet_pton(AF_INET, host, &v4->sin_addr) == 1) {
        v4->sin_family = AF_INET;
        v4->sin_port = htons(port);
        return sizeof *v4;
    }
    inet_pton(AF_INET6, host, &v6->sin6_addr);
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(port);
    return sizeof *v6;
}

static bool set_ttl(int fd, int family, int ttl)
{
    if (family == AF_INET6)
        return setsockopt(fd, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, &ttl, sizeof ttl) == 0;
    return setsockopt(fd, IPPROTO_IP, IP_MULTICAST_TTL, &ttl, sizeof ttl) == 0;
}

// Connected, so that the kernel tells when nobody listens there.
static int open_socket(const struct relay *relay, int port, GError **error)
{
    struct sockaddr_storage address;
    socklen_t length = make_address(relay->host, port, &address);
    int fd = socket(address.ss_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd >= 0 && (!relay->ttl || set_ttl(fd, address.ss_family, relay->ttl)) &&
        connect(fd, (struct sockaddr *)&address, length) == 0)
        return fd;
    g_set_error(error, FARFIELD_ERROR, ERROR_REFUSED, "%s port %d: %s", relay->host, port,
                errno == EACCES ? "a broadcast address, to which nothing is sent"
                                : g_strerror(errno));
    if (fd >= 0)
        close(fd);
    return -1;
}

static bool open_all(struct relayer *relayer, GError **error)
{
    const struct relay *told = relayer->told;
    guint8 key[RELAY_KEY];
    if (told->key && !relay_read_key(told->key, key, error))
        return false;
    if (told->key)
        srtp_init(&relayer->srtp, key, SRTP_TAG);
    relayer->rtp = open_socket(told, told->port, error);
    if (relayer->rtp < 0)
        return false;
    if (told->rtcp_port)
        relayer->rtcp = open_socket(told, told->rtcp_port, error);
    return !told->rtcp_port || relayer->rtcp >= 0;
}

struct relayer *relayer_create(struct room *room, const struct relay *wanted, GError **error)
{
    struct relayer *relayer = g_new0(struct relayer, 1);
    g_atomic_ref_count_init(&relayer->references);
    g_mutex_init(&relayer->lock);
    relayer->told = relay_copy(wanted);
    relayer->rtp = relayer->rtcp = -1;
    relayer->index = g_random_int() & 0x7fff; // a receiver's count of rollovers begins at 0
    relayer->origin = g_random_int();
    if (!open_all(relayer, error)) {
        relayer_unref(relayer);
        return NULL;
    }
    relayer->hub = stream_hub(room->of_mode[wanted->mode]);
    join(relayer);
    return relayer;
}

void relayer_destroy(struct relayer *relayer)
{
    hub_unsubscribe(relayer->hub, relayer->sink);
    relayer_unref(relayer);
}

const struct relay *relayer_state(struct relayer *relayer)
{
    struct relay *told = relayer->told;
    int error = atomic_load(&relayer->last_error);
    told->packets = (double)atomic_load(&relayer->packets);
    told->bytes = (double)atomic_load(&relayer->bytes);
    told->errors = (double)atomic_load(&relayer->errors);
    g_free(told->detail);
    told->detail = error ? g_strdup(g_strerror(error)) : NULL;
    return told;
}
