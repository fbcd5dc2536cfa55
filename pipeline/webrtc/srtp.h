// SPDX-License-Identifier: GPL-3.0-or-later
// Protection of the RTP packets that one source sends (RFC 3711): AES in counter mode with 128
// bits, HMAC-SHA1, no MKI, a key derivation rate of zero. What DTLS-SRTP agrees on with every
// browser.
//
// There are libraries for SRTP; the one that webrtcbin uses takes a quarter of all the processor
// time of a listener, most of it to set up anew what is the same for each packet.
#pragma once

#include <nettle/aes.h>
#include <nettle/hmac.h>
#include <stddef.h>
#include <stdint.h>

#define SRTP_KEY 30 // bytes: master key and master salt
#define SRTP_TAG 10 // bytes, at most

struct srtp {
    struct aes128_ctx cipher;
    struct hmac_sha1_ctx authentication;
    uint8_t salt[14];
    size_t tag; // bytes
};

// One source; a packet of it.
struct srtp_packet {
    uint32_t ssrc;
    uint64_t index;      // its sequence number, counted on through rollovers
    uint8_t *bytes;      // has room for SRTP_TAG more
    size_t header, size; // of it
};

// `tag` is 4 or 10 bytes.
void srtp_init(struct srtp *srtp, const uint8_t key[SRTP_KEY], size_t tag);

// Protects a packet in place and returns how long it is now. Never to be called twice with one
// index and different payloads.
size_t srtp_protect(struct srtp *srtp, const struct srtp_packet *packet);
