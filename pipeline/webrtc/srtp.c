// SPDX-License-Identifier: GPL-3.0-or-later
#include "pipeline/webrtc/srtp.h"

#include <nettle/ctr.h>
#include <string.h>

// Labels of section 4.3.2.
enum { CIPHER_KEY, AUTHENTICATION_KEY, SALT };

// Uses up `iv`.
static void crypt(const struct aes128_ctx *cipher, uint8_t iv[AES_BLOCK_SIZE], uint8_t *bytes,
                  size_t size)
{
    ctr_crypt(cipher, (nettle_cipher_func *)aes128_encrypt, AES_BLOCK_SIZE, iv, size, bytes, bytes);
}

// Section 4.3.1.
static void derive(const struct aes128_ctx *master, const uint8_t salt[14], int label, uint8_t *out,
                   size_t size)
{
    uint8_t iv[AES_BLOCK_SIZE] = {0};
    memcpy(iv, salt, 14);
    iv[7] ^= label;
    memset(out, 0, size);
    crypt(master, iv, out, size);
}

void srtp_init(struct srtp *srtp, const uint8_t key[SRTP_KEY], size_t tag)
{
    struct aes128_ctx master;
    uint8_t derived[SHA1_DIGEST_SIZE];
    const uint8_t *salt = key + AES128_KEY_SIZE;
    aes128_set_encrypt_key(&master, key);
    derive(&master, salt, CIPHER_KEY, derived, AES128_KEY_SIZE);
    aes128_set_encrypt_key(&srtp->cipher, derived);
    derive(&master, salt, AUTHENTICATION_KEY, derived, SHA1_DIGEST_SIZE);
    hmac_sha1_set_key(&srtp->authentication, SHA1_DIGEST_SIZE, derived);
    derive(&master, salt, SALT, srtp->salt, sizeof srtp->salt);
    srtp->tag = tag;
}

static void write_big(uint8_t *out, uint64_t value, int bytes)
{
    for (int i = 0; i < bytes; i++)
        out[i] = value >> 8 * (bytes - 1 - i);
}

// Section 4.1.1.
static void make_iv(const struct srtp *srtp, const struct srtp_packet *packet,
                    uint8_t iv[AES_BLOCK_SIZE])
{
    uint8_t place[10];
    write_big(place, packet->ssrc, 4);
    write_big(place + 4, packet->index, 6);
    memcpy(iv, srtp->salt, sizeof srtp->salt);
    iv[14] = iv[15] = 0;
    for (int i = 0; i < 10; i++)
        iv[4 + i] ^= place[i];
}

size_t srtp_protect(struct srtp *srtp, const struct srtp_packet *packet)
{
    uint8_t iv[AES_BLOCK_SIZE], rollovers[4];
    make_iv(srtp, packet, iv);
    crypt(&srtp->cipher, iv, packet->bytes + packet->header, packet->size - packet->header);
    write_big(rollovers, packet->index >> 16, sizeof rollovers);
    hmac_sha1_update(&srtp->authentication, packet->size, packet->bytes);
    hmac_sha1_update(&srtp->authentication, sizeof rollovers, rollovers);
    // Which leaves it ready for the next packet.
    hmac_sha1_digest(&srtp->authentication, srtp->tag, packet->bytes + packet->size);
    return packet->size + srtp->tag;
}
