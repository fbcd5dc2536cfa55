// SPDX-License-Identifier: GPL-3.0-or-later
// A relay: one room's packets, sent as plain RTP or SRTP to one address, from where others hand
// them on. What the controller asks the pipeline for, and what the pipeline tells of it.
#pragma once

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>

#include "common/mode.h"

#define RELAY_MAX 16         // at once
#define RELAY_KEY 30         // bytes: master key and salt of AES_CM_128_HMAC_SHA1_80 (RFC 4568)
#define RELAY_MIN_PORT 1024  // below are services that nobody wants sound sent to
#define RELAY_MIN_PAYLOAD 96 // the dynamic types (RFC 3551)
#define RELAY_MAX_PAYLOAD 127

struct relay {
    char *id, *room;     // owned
    char *host;          // owned: a numeric address
    int port, rtcp_port; // rtcp_port: where sender reports go; 0 sends none
    int payload;         // type of RTP
    guint32 ssrc;        // synchronisation source
    int ttl;             // hops of a multicast address; 0 for one that is none
    enum stream_mode mode;
    char *key;    // owned: base64 of RELAY_KEY bytes, NULL for plain RTP
    double since; // seconds of Unix time at which it was asked for

    // As the pipeline counts; not before it has begun.
    double packets, bytes, errors; // errors: packets that could not be sent
    char *detail;                  // owned: the last error, NULL without one
    int status;                    // HTTP status that fits where it could not begin, else 0
};

struct relay *relay_copy(const struct relay *relay);
void relay_destroy(struct relay *relay);

// Whether sound may be sent there: a numeric address of IPv4 or IPv6 that is neither unspecified
// nor broadcast, and multicast exactly where `ttl` is not 0.
bool relay_check_host(const char *host, int ttl, GError **error);
// The bytes of a key. False with `error` where it is none.
bool relay_read_key(const char *key, guint8 bytes[RELAY_KEY], GError **error);

// Whole, its key included; the other way round, NULL with `error` naming the member that is
// missing or out of range.
json_t *relay_to_json(const struct relay *relay);
struct relay *relay_from_json(const json_t *json, GError **error);
