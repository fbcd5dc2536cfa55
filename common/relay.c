// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/relay.h"

#include <arpa/inet.h>
#include <string.h>

#include "common/error.h"
#include "common/take.h"

#define MAX_TEXT 256
#define MAX_NUMBER 1e18

struct relay *relay_copy(const struct relay *relay)
{
    struct relay *copy = g_new(struct relay, 1);
    *copy = *relay;
    copy->id = g_strdup(relay->id);
    copy->room = g_strdup(relay->room);
    copy->host = g_strdup(relay->host);
    copy->key = g_strdup(relay->key);
    copy->detail = g_strdup(relay->detail);
    return copy;
}

void relay_destroy(struct relay *relay)
{
    if (!relay)
        return;
    g_free(relay->id);
    g_free(relay->room);
    g_free(relay->host);
    g_free(relay->key);
    g_free(relay->detail);
    g_free(relay);
}

static bool fail(GError **error, const char *words)
{
    g_set_error_literal(error, FARFIELD_ERROR, ERROR_INVALID, words);
    return false;
}

bool relay_check_host(const char *host, int ttl, GError **error)
{
    struct in_addr v4;
    struct in6_addr v6;
    bool nowhere, multicast, local = false;
    if (inet_pton(AF_INET, host, &v4) == 1) {
        // 0.0.0.0/8 is this machine by another name (RFC 1122, 3.2.1.3).
        nowhere = ntohl(v4.s_addr) >> 24 == 0 || v4.s_addr == INADDR_BROADCAST;
        multicast = IN_MULTICAST(ntohl(v4.s_addr));
    } else if (inet_pton(AF_INET6, host, &v6) == 1) {
        // An IPv4 address in disguise would get around what is said of those.
        nowhere =
            IN6_IS_ADDR_UNSPECIFIED(&v6) || IN6_IS_ADDR_V4MAPPED(&v6) || IN6_IS_ADDR_V4COMPAT(&v6);
        multicast = IN6_IS_ADDR_MULTICAST(&v6);
        local = IN6_IS_ADDR_LINKLOCAL(&v6);
    } else {
        return fail(error, "must be a numeric address; names are not looked up");
    }
    if (nowhere)
        return fail(error, "is an address that nothing can be sent to");
    if (local)
        return fail(error, "is link-local, which needs an interface that cannot be said here");
    if (multicast && ttl == 0)
        return fail(error, "is a multicast address, which needs a ttl");
    if (!multicast && ttl != 0)
        return fail(error, "is no multicast address, of which ttl speaks");
    return true;
}

bool relay_read_key(const char *key, guint8 bytes[RELAY_KEY], GError **error)
{
    gsize length = 0;
    g_autofree guint8 *decoded = g_base64_decode(key, &length);
    g_autofree char *again = g_base64_encode(decoded, length);
    // The decoder passes over what is no base64.
    if (length != RELAY_KEY || strcmp(again, key) != 0)
        return fail(error, "must be the base64 of 30 bytes: key of 16 and salt of 14");
    memcpy(bytes, decoded, RELAY_KEY);
    return true;
}

json_t *relay_to_json(const struct relay *r)
{
    json_t *json =
        json_pack("{s:s s:s s:s s:i s:i s:i s:I s:i s:s s:f s:I s:I s:I}", "id", r->id, "room",
                  r->room, "host", r->host, "port", r->port, "rtcp_port", r->rtcp_port, "payload",
                  r->payload, "ssrc", (json_int_t)r->ssrc, "ttl", r->ttl, "mode",
                  stream_mode_name(r->mode), "since", r->since, "packets", (json_int_t)r->packets,
                  "bytes", (json_int_t)r->bytes, "errors", (json_int_t)r->errors);
    if (r->key)
        json_object_set_new(json, "srtp_key", json_string(r->key));
    if (r->detail)
        json_object_set_new(json, "detail", json_string(r->detail));
    if (r->status)
        json_object_set_new(json, "status", json_integer(r->status));
    return json;
}

// --- reading ------------------------------------------------------------------------------------

static bool take_ssrc(const struct taking *take, guint32 *ssrc)
{
    const json_t *value = json_object_get(take->json, "ssrc");
    json_int_t n = json_integer_value(value);
    if (!json_is_integer(value) || n < 0 || n > G_MAXUINT32)
        return take_fail(take, "ssrc", "a number in range");
    *ssrc = (guint32)n;
    return true;
}

static bool take_counts(const struct taking *take, struct relay *r)
{
    if (json_object_get(take->json, "status") &&
        !take_integer(take, "status", 400, 599, &r->status))
        return false;
    return take_number(take, "since", 0, MAX_NUMBER, &r->since) &&
           take_number(take, "packets", 0, MAX_NUMBER, &r->packets) &&
           take_number(take, "bytes", 0, MAX_NUMBER, &r->bytes) &&
           take_number(take, "errors", 0, MAX_NUMBER, &r->errors) &&
           take_text(take, "detail", true, MAX_TEXT, &r->detail);
}

static bool take_all(const struct taking *take, struct relay *r)
{
    guint8 key[RELAY_KEY];
    return take_text(take, "id", false, MAX_TEXT, &r->id) &&
           take_text(take, "room", false, MAX_TEXT, &r->room) &&
           take_text(take, "host", false, MAX_TEXT, &r->host) &&
           take_integer(take, "port", RELAY_MIN_PORT, 65535, &r->port) &&
           take_integer(take, "rtcp_port", 0, 65535, &r->rtcp_port) &&
           take_integer(take, "payload", RELAY_MIN_PAYLOAD, RELAY_MAX_PAYLOAD, &r->payload) &&
           take_ssrc(take, &r->ssrc) && take_integer(take, "ttl", 0, 255, &r->ttl) &&
           take_mode(take, &r->mode) && take_text(take, "srtp_key", true, MAX_TEXT, &r->key) &&
           take_counts(take, r) && relay_check_host(r->host, r->ttl, take->error) &&
           (!r->key || relay_read_key(r->key, key, take->error));
}

struct relay *relay_from_json(const json_t *json, GError **error)
{
    struct relay *relay = g_new0(struct relay, 1);
    struct taking take = {"relay", json, error};
    if (take_all(&take, relay))
        return relay;
    relay_destroy(relay);
    return NULL;
}
