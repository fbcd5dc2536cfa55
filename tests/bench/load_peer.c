// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/bench/load_peer.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define CHECK_AGAIN 0.1 // seconds until a check that was not answered is sent again
#define CONSENT 4.0     // seconds between checks of a connection, about what RFC 7675 wants
#define REPORT_TIME 2.0 // seconds between receiver reports
#define MTU 1200
#define RECEIVED (1 << 20)  // bytes that may wait in a socket while others have the processor
#define PRIORITY 1845501695 // of a peer reflexive candidate

double load_now(void)
{
    return g_get_monotonic_time() / 1e6;
}

// --- what all share -------------------------------------------------------------------------

// Servers leave the loopback interface out of their candidates where there is another.
static void find_address(char *address, size_t size)
{
    struct ifaddrs *all = NULL;
    g_strlcpy(address, "127.0.0.1", size);
    if (getifaddrs(&all) != 0)
        return;
    for (struct ifaddrs *each = all; each; each = each->ifa_next) {
        if (!each->ifa_addr || each->ifa_addr->sa_family != AF_INET)
            continue;
        const struct sockaddr_in *in = (const struct sockaddr_in *)each->ifa_addr;
        if (ntohl(in->sin_addr.s_addr) >> 24 == 127)
            continue;
        inet_ntop(AF_INET, &in->sin_addr, address, size);
        break;
    }
    freeifaddrs(all);
}

static X509 *make_certificate(EVP_PKEY *key)
{
    X509 *certificate = X509_new();
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate), -86400);
    X509_gmtime_adj(X509_getm_notAfter(certificate), 86400);
    X509_set_pubkey(certificate, key);
    X509_NAME *name = X509_get_subject_name(certificate);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const guchar *)"load", -1, -1, 0);
    X509_set_issuer_name(certificate, name);
    X509_sign(certificate, key, EVP_sha256());
    return certificate;
}

static int accept_any(int good, X509_STORE_CTX *store)
{
    return 1;
}

bool load_stage_init(struct load_stage *stage)
{
    find_address(stage->address, sizeof stage->address);
    srtp_init();
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *certificate = make_certificate(key);
    stage->context = SSL_CTX_new(DTLS_method());
    SSL_CTX_set_verify(stage->context, SSL_VERIFY_PEER, accept_any);
    bool good = SSL_CTX_use_certificate(stage->context, certificate) == 1 &&
                SSL_CTX_use_PrivateKey(stage->context, key) == 1 &&
                SSL_CTX_set_tlsext_use_srtp(stage->context, "SRTP_AES128_CM_SHA1_80") == 0;
    guchar digest[EVP_MAX_MD_SIZE];
    guint length = 0;
    X509_digest(certificate, EVP_sha256(), digest, &length);
    for (guint i = 0; i < length; i++)
        sprintf(stage->fingerprint + 3 * i, i + 1 < length ? "%02X:" : "%02X", digest[i]);
    X509_free(certificate);
    EVP_PKEY_free(key);
    return good;
}

// --- descriptions ---------------------------------------------------------------------------

static char *find(const char *sdp, const char *pattern)
{
    g_autoptr(GRegex) regex = g_regex_new(pattern, G_REGEX_MULTILINE | G_REGEX_CASELESS, 0, NULL);
    g_autoptr(GMatchInfo) match = NULL;
    return g_regex_match(regex, sdp, 0, &match) ? g_match_info_fetch(match, 1) : NULL;
}

// The first IPv4 candidate is as good as any here.
static bool connect_to(struct load_peer *peer, const char *sdp)
{
    g_autofree char *address = find(sdp, "^a=candidate:\\S+ 1 udp \\d+ ([0-9.]+) ");
    g_autofree char *port = find(sdp, "^a=candidate:\\S+ 1 udp \\d+ [0-9.]+ (\\d+) ");
    if (!address)
        return false;
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(atoi(port))};
    if (inet_pton(AF_INET, address, &to.sin_addr) != 1 ||
        connect(peer->fd, (struct sockaddr *)&to, sizeof to) != 0)
        return false;
    BIO_ADDR *known = BIO_ADDR_new();
    BIO_ADDR_rawmake(known, AF_INET, &to.sin_addr, sizeof to.sin_addr, to.sin_port);
    BIO_ctrl_set_connected(SSL_get_wbio(peer->ssl), known);
    BIO_ADDR_free(known);
    return true;
}

static bool take_description(struct load_peer *peer, const char *sdp)
{
    peer->their_ufrag = find(sdp, "^a=ice-ufrag:(\\S+)");
    peer->their_password = find(sdp, "^a=ice-pwd:(\\S+)");
    g_autofree char *setup = find(sdp, "^a=setup:(\\S+)");
    peer->dtls_client = g_strcmp0(setup, "active") != 0;
    return peer->their_ufrag && peer->their_password && connect_to(peer, sdp);
}

char *load_peer_describe(const struct load_stage *stage, const struct load_peer *peer)
{
    struct sockaddr_in own;
    socklen_t length = sizeof own;
    getsockname(peer->fd, (struct sockaddr *)&own, &length);
    return g_strdup_printf("v=0\r\no=- %d 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n"
                           "a=group:BUNDLE %s\r\nm=audio 9 UDP/TLS/RTP/SAVPF %s\r\n"
                           "c=IN IP4 0.0.0.0\r\na=mid:%s\r\na=rtcp-mux\r\na=recvonly\r\n"
                           "a=ice-ufrag:%s\r\na=ice-pwd:%s\r\na=fingerprint:sha-256 %s\r\n"
                           "a=setup:%s\r\na=rtpmap:%s opus/48000/2\r\na=fmtp:%s stereo=1\r\n"
                           "a=candidate:1 1 udp 2130706431 %s %d typ host\r\n"
                           "a=end-of-candidates\r\n",
                           peer->id + 1, peer->mid, peer->payload, peer->mid, peer->ufrag,
                           peer->password, stage->fingerprint,
                           peer->controlling ? "actpass" : "active", peer->payload, peer->payload,
                           stage->address, ntohs(own.sin_port));
}

// --- ICE --------------------------------------------------------------------------------------

static void send_check(struct load_peer *peer, double now)
{
    guint8 buffer[MTU];
    StunMessage message;
    g_autofree char *username = g_strconcat(peer->their_ufrag, ":", peer->ufrag, NULL);
    if (peer->checked > 0)
        stun_agent_forget_transaction(&peer->stun, peer->check);
    size_t length = stun_usage_ice_conncheck_create(
        &peer->stun, &message, buffer, sizeof buffer, (guint8 *)username, strlen(username),
        (guint8 *)peer->their_password, strlen(peer->their_password), peer->controlling,
        peer->controlling, PRIORITY, peer->tie, NULL, STUN_USAGE_ICE_COMPATIBILITY_RFC5245);
    stun_message_id(&message, peer->check);
    peer->checked = now;
    if (length > 0)
        send(peer->fd, buffer, length, 0);
}

// What was answered can be sent to.
static void begin_dtls(struct load_peer *peer)
{
    if (peer->selected)
        return;
    peer->selected = true;
    if (peer->dtls_client)
        SSL_do_handshake(peer->ssl);
}

static void answer_check(struct load_peer *peer, StunMessage *request)
{
    guint8 buffer[MTU];
    size_t length = sizeof buffer;
    StunMessage message;
    struct sockaddr_storage from;
    socklen_t size = sizeof from;
    bool controlling = peer->controlling;
    getpeername(peer->fd, (struct sockaddr *)&from, &size);
    stun_usage_ice_conncheck_create_reply(&peer->stun, request, &message, buffer, &length, &from,
                                          size, &controlling, peer->tie,
                                          STUN_USAGE_ICE_COMPATIBILITY_RFC5245);
    if (length > 0)
        send(peer->fd, buffer, length, 0);
}

static void take_stun(struct load_peer *peer, const guint8 *data, size_t length)
{
    StunMessage message;
    g_autofree char *username = g_strconcat(peer->ufrag, ":", peer->their_ufrag, NULL);
    StunDefaultValidaterData known[] = {
        {(guint8 *)username, strlen(username), (guint8 *)peer->password, strlen(peer->password)},
        {NULL, 0, NULL, 0}};
    if (stun_agent_validate(&peer->stun, &message, data, length, stun_agent_default_validater,
                            known) != STUN_VALIDATION_SUCCESS)
        return;
    StunClass class = stun_message_get_class(&message);
    if (class == STUN_REQUEST)
        answer_check(peer, &message);
    else if (class == STUN_RESPONSE)
        begin_dtls(peer);
}

// --- DTLS ---------------------------------------------------------------------------------------

// Browsers do not wait for the second that OpenSSL would when a server is not ready for their
// hello.
static unsigned int on_timer(SSL *ssl, unsigned int before)
{
    return before ? MIN(2 * before, 1000000) : 50000; // microseconds
}

#define KEY 16
#define SALT 14

// RFC 5764: both keys, then both salts, the client's first.
static void make_srtp(struct load_peer *peer)
{
    guchar material[2 * (KEY + SALT)], own[KEY + SALT];
    static const char label[] = "EXTRACTOR-dtls_srtp";
    SSL_export_keying_material(peer->ssl, material, sizeof material, label, strlen(label), NULL, 0,
                               0);
    int place = peer->dtls_client ? 0 : 1;
    memcpy(own, material + place * KEY, KEY);
    memcpy(own + KEY, material + 2 * KEY + place * SALT, SALT);
    srtp_policy_t policy = {.ssrc = {.type = ssrc_any_outbound}, .key = own};
    srtp_crypto_policy_set_aes_cm_128_hmac_sha1_80(&policy.rtp);
    srtp_crypto_policy_set_aes_cm_128_hmac_sha1_80(&policy.rtcp);
    srtp_create(&peer->srtp, &policy);
}

static void take_dtls(struct load_peer *peer, const guint8 *data, size_t length)
{
    guchar rest[MTU];
    BIO_write(SSL_get_rbio(peer->ssl), data, (int)length);
    int result = SSL_is_init_finished(peer->ssl) ? SSL_read(peer->ssl, rest, sizeof rest)
                                                 : SSL_do_handshake(peer->ssl);
    if (!peer->connected && SSL_is_init_finished(peer->ssl)) {
        peer->connected = true;
        make_srtp(peer);
    } else if (result <= 0 && SSL_get_shutdown(peer->ssl) & SSL_RECEIVED_SHUTDOWN) {
        peer->closed = true;
    }
}

// --- RTP ----------------------------------------------------------------------------------------

static guint32 word(const guint8 *data)
{
    guint32 value;
    memcpy(&value, data, sizeof value);
    return ntohl(value);
}

static void put_word(guint8 *data, guint32 value)
{
    value = htonl(value);
    memcpy(data, &value, sizeof value);
}

static void take_rtp(struct load_peer *peer, const guint8 *data, size_t length)
{
    struct load_count *count = &peer->count;
    double now = load_now();
    guint16 sequence = word(data) & 0xffff;
    if (count->packets == 0) {
        peer->joined = now - peer->begun;
        peer->source = word(data + 8);
        count->first = count->highest = 65536u + sequence;
        count->last = now;
    }
    gint16 ahead = (gint16)(sequence - (guint16)count->highest);
    if (ahead > 0)
        count->highest += ahead;
    else if (count->packets > 0)
        count->reordered++;
    count->packets++;
    count->bytes += length;
    count->gap = MAX(count->gap, now - count->last);
    count->last = now;
}

static gint64 lost(const struct load_count *count)
{
    return count->packets == 0
               ? 0
               : (gint64)(count->highest - count->first + 1) - (gint64)count->packets;
}

gint64 load_peer_take_lost(struct load_peer *peer)
{
    gint64 now = lost(&peer->count), since = now - peer->count.before;
    peer->count.before = now;
    peer->count.gap = 0;
    return since;
}

// A receiver report without what only a decrypted sender report tells.
static void send_report(struct load_peer *peer)
{
    guint8 packet[32 + SRTP_MAX_TRAILER_LEN + 4] = {0x81, 201, 0, 7};
    int length = 32;
    put_word(packet + 4, (guint32)peer->tie);
    put_word(packet + 8, peer->source);
    put_word(packet + 12, (guint32)MAX(lost(&peer->count), 0) & 0x7fffff);
    put_word(packet + 16, peer->count.highest);
    if (srtp_protect_rtcp(peer->srtp, packet, &length) == srtp_err_status_ok)
        send(peer->fd, packet, length, 0);
}

// --- life ---------------------------------------------------------------------------------------

void load_peer_read(struct load_peer *peer)
{
    guint8 data[2048];
    ssize_t length = recv(peer->fd, data, sizeof data, MSG_DONTWAIT);
    if (length < 12)
        return;
    bool rtcp = data[1] >= 192 && data[1] <= 223;
    if (data[0] >= 128 && data[0] < 192 && !rtcp)
        take_rtp(peer, data, length);
    else if (data[0] < 4)
        take_stun(peer, data, length);
    else if (data[0] >= 20 && data[0] < 64)
        take_dtls(peer, data, length);
}

void load_peer_tick(struct load_peer *peer, double now)
{
    if (!peer->their_ufrag || peer->closed)
        return;
    if (now - peer->checked > (peer->selected ? CONSENT : CHECK_AGAIN))
        send_check(peer, now);
    if (peer->selected && !peer->connected)
        DTLSv1_handle_timeout(peer->ssl);
    if (peer->count.packets > 0 && now - peer->reported > REPORT_TIME) {
        peer->reported = now;
        send_report(peer);
    }
}

bool load_peer_accept(struct load_peer *peer, const char *answer)
{
    if (peer->their_ufrag || !take_description(peer, answer))
        return false;
    if (peer->dtls_client)
        SSL_set_connect_state(peer->ssl);
    else
        SSL_set_accept_state(peer->ssl);
    send_check(peer, load_now());
    return true;
}

static void fill_random(char *text, size_t size)
{
    for (size_t i = 0; i + 1 < size; i++)
        text[i] = (char)('a' + g_random_int_range(0, 26));
}

// Beyond the usual limit, where that is allowed.
static void widen(int fd)
{
    int bytes = RECEIVED;
    if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof bytes) != 0)
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
}

static SSL *make_ssl(const struct load_stage *stage, int fd)
{
    SSL *ssl = SSL_new(stage->context);
    BIO *in = BIO_new(BIO_s_mem());
    BIO_set_mem_eof_return(in, -1);
    SSL_set_bio(ssl, in, BIO_new_dgram(fd, BIO_NOCLOSE));
    SSL_set_options(ssl, SSL_OP_NO_QUERY_MTU);
    DTLS_set_link_mtu(ssl, MTU);
    DTLS_set_timer_cb(ssl, on_timer);
    return ssl;
}

struct load_peer *load_peer_create(const struct load_stage *stage, int id, const char *offer)
{
    struct load_peer *peer = g_new0(struct load_peer, 1);
    struct sockaddr_in any = {.sin_family = AF_INET};
    peer->id = id;
    peer->begun = load_now();
    peer->tie = (guint64)g_random_int() << 32 | g_random_int();
    peer->controlling = !offer;
    peer->fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    widen(peer->fd);
    peer->ssl = make_ssl(stage, peer->fd);
    fill_random(peer->ufrag, sizeof peer->ufrag);
    fill_random(peer->password, sizeof peer->password);
    stun_agent_init(&peer->stun, STUN_ALL_KNOWN_ATTRIBUTES, STUN_COMPATIBILITY_RFC5389,
                    STUN_AGENT_USAGE_SHORT_TERM_CREDENTIALS | STUN_AGENT_USAGE_USE_FINGERPRINT);
    peer->mid = offer ? find(offer, "^a=mid:(\\S+)") : g_strdup("0");
    peer->payload = offer ? find(offer, "^a=rtpmap:(\\d+) opus/") : g_strdup("111");
    if (bind(peer->fd, (struct sockaddr *)&any, sizeof any) == 0 && peer->mid && peer->payload &&
        (!offer || load_peer_accept(peer, offer)))
        return peer;
    load_peer_destroy(peer);
    return NULL;
}

void load_peer_destroy(struct load_peer *peer)
{
    if (peer->connected)
        SSL_shutdown(peer->ssl);
    SSL_free(peer->ssl);
    if (peer->srtp)
        srtp_dealloc(peer->srtp);
    close(peer->fd);
    g_free(peer->their_ufrag);
    g_free(peer->their_password);
    g_free(peer->mid);
    g_free(peer->payload);
    g_free(peer);
}
