// SPDX-License-Identifier: GPL-3.0-or-later
// One listener of the load generator: a UDP socket, enough ICE and DTLS to be sent sound by any
// WebRTC server, and a count of what comes. RTP's headers are not encrypted, so nothing is
// decrypted and nothing decoded; reports of what came are sent as a browser would.
#pragma once

#include <glib.h>
#include <openssl/ssl.h>
#include <srtp2/srtp.h>
#include <stdbool.h>
#include <stun/usages/ice.h>

struct load_count {
    guint64 packets, bytes, reordered;
    guint64 before;         // lost up to the last peer_take_count()
    guint32 first, highest; // sequence numbers with their cycles
    guint64 in_order;       // packets since the first, repeated ones too
    double last, gap;       // arrival of the last one, longest time between two, seconds
};

struct load_peer {
    int id, fd;
    char ufrag[9], password[25];        // ours
    char *their_ufrag, *their_password; // owned; NULL before their description came
    char *mid, *payload;                // owned: as they or we have called them
    bool controlling, dtls_client, selected, connected, closed;
    StunAgent stun;
    StunTransactionId check;                 // the one under way
    double checked, reported, begun, joined; // times, seconds
    guint64 tie;
    SSL *ssl;       // owned
    srtp_t srtp;    // owned: protects what we report
    guint32 source; // SSRC of what comes
    struct load_count count;
};

// What all listeners share: own address, certificate. False, with words on stderr, on failure.
struct load_stage {
    char address[64], fingerprint[128];
    SSL_CTX *context;
};
bool load_stage_init(struct load_stage *stage);

// With `offer` it is answered, without it one is made. NULL when the offer cannot be read.
struct load_peer *load_peer_create(const struct load_stage *stage, int id, const char *offer);
void load_peer_destroy(struct load_peer *peer);

// Our description; the caller owns it.
char *load_peer_describe(const struct load_stage *stage, const struct load_peer *peer);
// Their answer to ours. From here on the socket may be read.
bool load_peer_accept(struct load_peer *peer, const char *answer);

// The socket has something.
void load_peer_read(struct load_peer *peer);
// Some time has passed: what was lost is sent again, reports go out.
void load_peer_tick(struct load_peer *peer, double now);

double load_now(void); // seconds, monotonic

// Packets lost since the first or since the last call; restarts the measure of gaps.
gint64 load_peer_take_lost(struct load_peer *peer);
