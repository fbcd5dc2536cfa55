// SPDX-License-Identifier: GPL-3.0-or-later
#include "controller/core/commands/commands.h"
#include "controller/core/listening/relays.h"

static void relay_list(struct session *session, struct call *call)
{
    call_succeed(call, json_pack("{s:o}", "relays", relays_to_json(session)));
}

// NULL with the call answered by 404 where there is none.
static struct relaying *relay_of(struct session *session, struct call *call)
{
    struct relaying *relaying = relays_find(session, call_string(call, "id"));
    if (!relaying)
        call_fail(call, problem_new(404, "there is no relay \"%s\"", call_string(call, "id")));
    return relaying;
}

static void relay_show(struct session *session, struct call *call)
{
    struct relaying *relaying = relay_of(session, call);
    if (relaying)
        call_succeed(call, relaying_to_json(relaying));
}

static void relay_free(struct session *session, struct call *call)
{
    struct relaying *relaying = relay_of(session, call);
    if (relaying)
        relays_free(session, call, relaying);
}

#define ID                                                                                         \
    {                                                                                              \
        "id", PARAM_STRING, true, "id of the relay"                                                \
    }

static const struct command list = {
    "relay.list",
    "GET",
    "/v1/relays",
    SCOPE_ADMIN,
    BODY_NONE,
    BODY_JSON,
    200,
    .words = "Every relay, the oldest first.",
    .result = "relays",
    .example = "{}",
    .handle = relay_list,
};
static const struct command new = {
    "relay.new",
    "POST",
    "/v1/relays",
    SCOPE_ADMIN,
    BODY_JSON,
    BODY_JSON,
    201,
    .location = "/v1/relays/{id}",
    .words = "Sends a room's packets to one address from now on, as RTP or SRTP; answered when it "
             "has begun.",
    .params =
        {{"room", PARAM_STRING, false, "room that is heard there", .fallback = "\"main\""},
         {"host", PARAM_STRING, true, "numeric address, of IPv4 or IPv6"},
         {"port", PARAM_INTEGER, true, "UDP port", .min = RELAY_MIN_PORT, .max = 65535},
         {"rtcp_port", PARAM_INTEGER, false,
          "UDP port for sender reports, of which there are none without it", .min = RELAY_MIN_PORT,
          .max = 65535},
         ANY_MODE,
         {"payload", PARAM_INTEGER, false, "RTP payload type", .min = RELAY_MIN_PAYLOAD,
          .max = RELAY_MAX_PAYLOAD, .fallback = "111"},
         {"ssrc", PARAM_INTEGER, false,
          "RTP synchronisation source; one is made up where it is missing, and for SRTP always",
          .min = 0, .max = G_MAXUINT32},
         {"srtp_key", PARAM_STRING, false,
          "base64 of 30 bytes, key and salt of AES_CM_128_HMAC_SHA1_80; with it, SRTP is sent",
          .max = 40},
         {"ttl", PARAM_INTEGER, false, "hops; a multicast address needs it", .min = 1, .max = 255}},
    .result = "relay",
    .example = "{\"host\":\"127.0.0.1\",\"port\":5002}",
    .handle = relays_start,
};
static const struct command show = {
    "relay.show",
    "GET",
    "/v1/relays/{id}",
    SCOPE_ADMIN,
    BODY_NONE,
    BODY_JSON,
    200,
    .words = "One relay, with what it has sent.",
    .params = {ID},
    .result = "relay",
    .example = "{\"id\":\"r1\"}",
    .handle = relay_show,
};
static const struct command free_row = {
    "relay.free",
    "DELETE",
    "/v1/relays/{id}",
    SCOPE_ADMIN,
    BODY_NONE,
    BODY_NONE,
    204,
    .words = "Ends a relay.",
    .params = {ID},
    .example = "{\"id\":\"r1\"}",
    .handle = relay_free,
};

const struct command *const relay_commands[] = {&list, &new, &show, &free_row, NULL};
