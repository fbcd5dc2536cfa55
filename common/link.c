// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/link.h"

#include <jansson.h>
#include <math.h>
#include <string.h>

#include "common/error.h"
#include "common/ice.h"
#include "common/take.h"

static const char *const type_names[] = {
    [LINK_CONTROLLER_HELLO] = "controller.hello",
    [LINK_PIPELINE_HELLO] = "pipeline.hello",
    [LINK_LISTEN] = "listen",
    [LINK_OFFER] = "offer",
    [LINK_ANSWER] = "answer",
    [LINK_CANDIDATE] = "candidate",
    [LINK_RESTART] = "restart",
    [LINK_REFUSED] = "refused",
    [LINK_STATE] = "state",
    [LINK_CLOSE] = "close",
    [LINK_MODE] = "mode",
    [LINK_METER] = "meter",
    [LINK_STATS] = "stats",
    [LINK_CAPTURE] = "capture",
    [LINK_RECORD] = "record",
    [LINK_RECORD_STOP] = "record.stop",
    [LINK_RECORDING] = "recording",
    [LINK_JOINED] = "joined",
    [LINK_STREAMS] = "streams",
    [LINK_RELAY] = "relay",
    [LINK_RELAY_STOP] = "relay.stop",
    [LINK_RELAYED] = "relayed",
};

static const char *const kind_names[LISTENER_KINDS] = {
    [KIND_WEBRTC] = "webrtc", [KIND_WEBSOCKET] = "websocket",
    [KIND_PCM] = "pcm",       [KIND_WEBM] = "webm",
    [KIND_OGG] = "ogg",
};

const char *listener_kind_name(enum listener_kind kind)
{
    return kind_names[kind];
}

static const char *const state_names[] = {
    [LISTENER_CONNECTING] = "connecting",
    [LISTENER_CONNECTED] = "connected",
    [LISTENER_CLOSED] = "closed",
};

// Which members a type has; a member that is not optional must be there.
enum {
    HAS_LISTENER = 1 << 0,
    HAS_ROOM = 1 << 1,
    HAS_SDP = 1 << 2,
    MAY_SDP = 1 << 3,
    HAS_CANDIDATE = 1 << 4,
    HAS_STATE = 1 << 5,
    HAS_STATUS = 1 << 6,
    MAY_DETAIL = 1 << 7,
    HAS_LEVELS = 1 << 8,
    HAS_STATS = 1 << 9,
    HAS_ROOMS = 1 << 10,
    HAS_LISTENERS = 1 << 11,
    HAS_CAPTURE = 1 << 12,
    HAS_RECORDINGS = 1 << 13,
    HAS_RECORDING = 1 << 14,
    HAS_ID = 1 << 15,
    HAS_MODE = 1 << 16,
    HAS_KIND = 1 << 17,
    HAS_SINCE = 1 << 18,
    HAS_PORT = 1 << 19,
    MAY_ICE = 1 << 20,
    MAY_CLIENT = 1 << 21,
    HAS_RELAYS = 1 << 22,
    HAS_RELAY = 1 << 23,
};

static const int members[] = {
    [LINK_CONTROLLER_HELLO] = HAS_ROOMS,
    [LINK_PIPELINE_HELLO] = HAS_LISTENERS | HAS_RECORDINGS | HAS_RELAYS,
    [LINK_LISTEN] = HAS_LISTENER | HAS_ROOM | MAY_SDP | HAS_MODE,
    [LINK_OFFER] = HAS_LISTENER | HAS_SDP,
    [LINK_ANSWER] = HAS_LISTENER | HAS_SDP,
    [LINK_CANDIDATE] = HAS_LISTENER | HAS_CANDIDATE,
    [LINK_RESTART] = HAS_LISTENER | MAY_ICE,
    [LINK_REFUSED] = HAS_LISTENER | HAS_STATUS | MAY_DETAIL,
    [LINK_STATE] = HAS_LISTENER | HAS_STATE | MAY_DETAIL,
    [LINK_CLOSE] = HAS_LISTENER | MAY_DETAIL,
    [LINK_MODE] = HAS_LISTENER | HAS_MODE,
    [LINK_METER] = HAS_ROOM | HAS_LEVELS,
    [LINK_STATS] = HAS_LISTENER | HAS_STATS,
    [LINK_CAPTURE] = HAS_CAPTURE,
    [LINK_RECORD] = HAS_RECORDING,
    [LINK_RECORD_STOP] = HAS_ID,
    [LINK_RECORDING] = HAS_RECORDING,
    [LINK_JOINED] = HAS_LISTENER | HAS_ROOM | HAS_KIND | HAS_MODE | HAS_SINCE | MAY_CLIENT,
    [LINK_STREAMS] = HAS_PORT | MAY_DETAIL,
    [LINK_RELAY] = HAS_RELAY,
    [LINK_RELAY_STOP] = HAS_ID,
    [LINK_RELAYED] = HAS_RELAY,
};

void link_room_destroy(struct link_room *room)
{
    if (!room)
        return;
    g_free(room->name);
    for (int i = 0; i < LINK_CHANNELS; i++)
        g_free(room->sources[i]);
    g_free(room);
}

void link_listener_destroy(struct link_listener *listener)
{
    if (!listener)
        return;
    g_free(listener->id);
    g_free(listener->room);
    g_free(listener->ufrag);
    g_free(listener->their_ufrag);
    g_free(listener->client);
    g_free(listener);
}

void link_message_destroy(struct link_message *message)
{
    if (!message)
        return;
    g_free(message->listener);
    g_free(message->room);
    g_free(message->sdp);
    g_free(message->candidate);
    g_free(message->mid);
    g_free(message->ufrag);
    g_free(message->password);
    g_free(message->detail);
    g_free(message->client);
    g_clear_pointer(&message->rooms, g_ptr_array_unref);
    g_clear_pointer(&message->listeners, g_ptr_array_unref);
    g_clear_pointer(&message->recordings, g_ptr_array_unref);
    recording_destroy(message->recording);
    g_clear_pointer(&message->relays, g_ptr_array_unref);
    relay_destroy(message->relay);
    g_free(message->id);
    g_free(message);
}

static void set_text(json_t *object, const char *key, const char *text)
{
    // Text from outside that is not UTF-8 becomes "", which the reader refuses where it matters.
    json_t *value = json_string(text);
    json_object_set_new(object, key, value ? value : json_string(""));
}

static void set_text_if_any(json_t *object, const char *key, const char *text)
{
    if (text)
        set_text(object, key, text);
}

static json_t *encode_rooms(const GPtrArray *rooms)
{
    json_t *array = json_array();
    for (guint i = 0; rooms && i < rooms->len; i++) {
        const struct link_room *room = g_ptr_array_index(rooms, i);
        json_t *sources = json_array();
        for (int c = 0; c < LINK_CHANNELS; c++)
            json_array_append_new(sources, json_string(room->sources[c]));
        json_array_append_new(array,
                              json_pack("{s:s s:o s:i s:i}", "room", room->name, "sources", sources,
                                        "bitrate", room->bitrate, "complexity", room->complexity));
    }
    return array;
}

static json_t *encode_listeners(const GPtrArray *listeners)
{
    json_t *array = json_array();
    for (guint i = 0; listeners && i < listeners->len; i++) {
        const struct link_listener *listener = g_ptr_array_index(listeners, i);
        json_t *entry =
            json_pack("{s:s s:s s:s s:s s:s s:f}", "listener", listener->id, "room", listener->room,
                      "kind", kind_names[listener->kind], "state", state_names[listener->state],
                      "mode", stream_mode_name(listener->mode), "since", listener->since);
        set_text_if_any(entry, "ufrag", listener->ufrag);
        set_text_if_any(entry, "their_ufrag", listener->their_ufrag);
        set_text_if_any(entry, "client", listener->client);
        json_array_append_new(array, entry);
    }
    return array;
}

static json_t *encode_recordings(const GPtrArray *recordings)
{
    json_t *array = json_array();
    for (guint i = 0; recordings && i < recordings->len; i++)
        json_array_append_new(array, recording_to_json(g_ptr_array_index(recordings, i)));
    return array;
}

static json_t *encode_relays(const GPtrArray *relays)
{
    json_t *array = json_array();
    for (guint i = 0; relays && i < relays->len; i++)
        json_array_append_new(array, relay_to_json(g_ptr_array_index(relays, i)));
    return array;
}

char *link_message_encode(const struct link_message *m)
{
    json_t *object = json_object();
    set_text(object, "type", type_names[m->type]);
    int has = members[m->type];
    if (has & HAS_LISTENER)
        set_text(object, "listener", m->listener);
    if (has & HAS_ROOM)
        set_text(object, "room", m->room);
    if (has & HAS_SDP || (has & MAY_SDP && m->sdp))
        set_text(object, "sdp", m->sdp);
    if (has & HAS_CANDIDATE) {
        set_text(object, "candidate", m->candidate);
        json_object_set_new(object, "mline", json_integer(m->mline));
        set_text_if_any(object, "mid", m->mid);
    }
    if (has & MAY_ICE) {
        set_text_if_any(object, "ufrag", m->ufrag);
        set_text_if_any(object, "password", m->password);
    }
    if (has & HAS_STATE)
        set_text(object, "state", state_names[m->state]);
    if (has & HAS_MODE)
        set_text(object, "mode", stream_mode_name(m->mode));
    if (has & HAS_STATUS)
        json_object_set_new(object, "status", json_integer(m->status));
    if (has & MAY_DETAIL && m->detail)
        set_text(object, "detail", m->detail);
    if (has & HAS_LEVELS) {
        json_object_set_new(object, "peak", json_pack("[ff]", m->peak[0], m->peak[1]));
        json_object_set_new(object, "rms", json_pack("[ff]", m->rms[0], m->rms[1]));
    }
    if (has & HAS_STATS)
        json_object_set_new(object, "stats",
                            json_pack("{s:f s:f s:f s:f s:f s:f s:s}", "packets", m->stats.packets,
                                      "bytes", m->stats.bytes, "lost", m->stats.lost, "expected",
                                      m->stats.expected, "round_trip", m->stats.round_trip,
                                      "jitter", m->stats.jitter, "mode",
                                      stream_mode_name(m->stats.mode)));
    if (has & HAS_ROOMS)
        json_object_set_new(object, "rooms", encode_rooms(m->rooms));
    if (has & HAS_LISTENERS)
        json_object_set_new(object, "listeners", encode_listeners(m->listeners));
    if (has & HAS_CAPTURE)
        json_object_set_new(object, "capture",
                            json_pack("{s:b s:i s:i s:i}", "jack", m->jack, "rate", m->rate,
                                      "connected", m->connected, "xruns", m->xruns));
    if (has & HAS_RECORDINGS)
        json_object_set_new(object, "recordings", encode_recordings(m->recordings));
    if (has & HAS_RECORDING)
        json_object_set_new(object, "recording", recording_to_json(m->recording));
    if (has & HAS_RELAYS)
        json_object_set_new(object, "relays", encode_relays(m->relays));
    if (has & HAS_RELAY)
        json_object_set_new(object, "relay", relay_to_json(m->relay));
    if (has & HAS_ID)
        set_text(object, "id", m->id);
    if (has & HAS_KIND)
        set_text(object, "kind", kind_names[m->kind]);
    if (has & HAS_SINCE)
        json_object_set_new(object, "since", json_real(m->since));
    if (has & MAY_CLIENT && m->client)
        set_text(object, "client", m->client);
    if (has & HAS_PORT)
        json_object_set_new(object, "port", json_integer(m->port));
    char *text = json_dumps(object, JSON_COMPACT | JSON_REAL_PRECISION(15));
    json_decref(object);
    g_assert(text);
    return text;
}

static bool take_state(const struct taking *take, enum listener_state *state)
{
    int word = 0;
    bool good = take_word(take, "state", state_names, G_N_ELEMENTS(state_names),
                          "connecting, connected or closed", &word);
    *state = (enum listener_state)word;
    return good;
}

// The other side may be of a version that knew of no modes.
static bool take_mode_if_any(const struct taking *take, enum stream_mode *mode)
{
    *mode = MODE_BALANCED;
    return !json_object_get(take->json, "mode") || take_mode(take, mode);
}

// A pipeline of an earlier version has no other kind.
static bool take_kind(const struct taking *take, enum listener_kind *kind)
{
    int word = KIND_WEBRTC;
    bool good = !json_object_get(take->json, "kind") ||
                take_word(take, "kind", kind_names, LISTENER_KINDS,
                          "webrtc, websocket, pcm, webm or ogg", &word);
    *kind = (enum listener_kind)word;
    return good;
}

static bool take_pair(const struct taking *take, const char *key, double *pair)
{
    const json_t *array = json_object_get(take->json, key);
    if (json_array_size(array) != LINK_CHANNELS)
        return take_fail(take, key, "two levels");
    for (int i = 0; i < LINK_CHANNELS; i++) {
        const json_t *value = json_array_get(array, i);
        if (!json_is_number(value) || !isfinite(json_number_value(value)))
            return take_fail(take, key, "two levels");
        pair[i] = json_number_value(value);
    }
    return true;
}

#define MAX_NAME 128

static bool take_rooms(const struct taking *take, GPtrArray *rooms)
{
    const json_t *array = json_object_get(take->json, "rooms"), *entry;
    if (!json_is_array(array))
        return take_fail(take, "rooms", "an array");
    size_t i;
    json_array_foreach(array, i, entry)
    {
        struct taking each = take_inside(take, entry);
        struct link_room *room = g_new0(struct link_room, 1);
        g_ptr_array_add(rooms, room);
        if (!take_text(&each, "room", false, MAX_NAME, &room->name))
            return false;
        const json_t *sources = json_object_get(entry, "sources");
        for (int c = 0; c < LINK_CHANNELS; c++) {
            const char *source = json_string_value(json_array_get(sources, c));
            if (!source)
                return take_fail(take, "sources", "two JACK port names");
            room->sources[c] = g_strdup(source);
        }
        if (!take_integer(&each, "bitrate", LINK_MIN_BITRATE, LINK_MAX_BITRATE, &room->bitrate) ||
            !take_integer(&each, "complexity", 0, LINK_MAX_COMPLEXITY, &room->complexity))
            return false;
    }
    return true;
}

static bool take_listeners(const struct taking *take, GPtrArray *listeners)
{
    const json_t *array = json_object_get(take->json, "listeners"), *entry;
    if (!json_is_array(array))
        return take_fail(take, "listeners", "an array");
    size_t i;
    json_array_foreach(array, i, entry)
    {
        struct taking each = take_inside(take, entry);
        struct link_listener *listener = g_new0(struct link_listener, 1);
        g_ptr_array_add(listeners, listener);
        if (!take_text(&each, "listener", false, MAX_NAME, &listener->id) ||
            !take_text(&each, "room", false, MAX_NAME, &listener->room) ||
            !take_kind(&each, &listener->kind) || !take_state(&each, &listener->state) ||
            !take_mode_if_any(&each, &listener->mode) ||
            !take_number(&each, "since", 0, 1e12, &listener->since) ||
            !take_text(&each, "ufrag", true, ICE_MAX_WORD, &listener->ufrag) ||
            !take_text(&each, "their_ufrag", true, ICE_MAX_WORD, &listener->their_ufrag) ||
            !take_text(&each, "client", true, MAX_NAME, &listener->client))
            return false;
    }
    return true;
}

static bool take_stats(const struct taking *take, struct link_stats *stats)
{
    struct taking s = take_inside(take, json_object_get(take->json, "stats"));
    return take_number(&s, "packets", 0, 1e18, &stats->packets) &&
           take_number(&s, "bytes", 0, 1e18, &stats->bytes) &&
           take_number(&s, "lost", -1e18, 1e18, &stats->lost) &&
           take_number(&s, "expected", 0, 1e18, &stats->expected) &&
           take_number(&s, "round_trip", -1, 1e6, &stats->round_trip) &&
           take_number(&s, "jitter", -1, 1e6, &stats->jitter) && take_mode_if_any(&s, &stats->mode);
}

static bool take_capture(const struct taking *take, struct link_message *m)
{
    const json_t *capture = json_object_get(take->json, "capture");
    const json_t *jack = json_object_get(capture, "jack");
    if (!json_is_boolean(jack))
        return take_fail(take, "jack", "true or false");
    m->jack = json_is_true(jack);
    struct taking inside = take_inside(take, capture);
    return take_integer(&inside, "rate", 0, 1000000, &m->rate) &&
           take_integer(&inside, "connected", 0, 1000000, &m->connected) &&
           take_integer(&inside, "xruns", 0, G_MAXINT, &m->xruns);
}

static bool take_recordings(const struct taking *take, GPtrArray *recordings)
{
    // A pipeline of an earlier version knows of none.
    const json_t *array = json_object_get(take->json, "recordings"), *entry;
    if (array && !json_is_array(array))
        return take_fail(take, "recordings", "an array");
    size_t i;
    json_array_foreach(array, i, entry)
    {
        struct recording *recording = recording_from_json(entry, take->error);
        if (!recording)
            return false;
        g_ptr_array_add(recordings, recording);
    }
    return true;
}

static bool take_recording(const struct taking *take, struct link_message *m)
{
    m->recording = recording_from_json(json_object_get(take->json, "recording"), take->error);
    return m->recording != NULL;
}

static bool take_relays(const struct taking *take, GPtrArray *relays)
{
    // A pipeline of an earlier version knows of none.
    const json_t *array = json_object_get(take->json, "relays"), *entry;
    if (array && !json_is_array(array))
        return take_fail(take, "relays", "an array");
    size_t i;
    json_array_foreach(array, i, entry)
    {
        struct relay *relay = relay_from_json(entry, take->error);
        if (!relay)
            return false;
        g_ptr_array_add(relays, relay);
    }
    return true;
}

static bool take_relay(const struct taking *take, struct link_message *m)
{
    m->relay = relay_from_json(json_object_get(take->json, "relay"), take->error);
    return m->relay != NULL;
}

static bool take_members(const struct taking *take, struct link_message *m)
{
    int has = members[m->type];
    if (has & HAS_LISTENER && !take_text(take, "listener", false, MAX_NAME, &m->listener))
        return false;
    if (has & HAS_ROOM && !take_text(take, "room", false, MAX_NAME, &m->room))
        return false;
    if (has & (HAS_SDP | MAY_SDP) && !take_text(take, "sdp", has & MAY_SDP, LINK_MAX_SDP, &m->sdp))
        return false;
    if (has & HAS_CANDIDATE && (!take_text(take, "candidate", false, 1024, &m->candidate) ||
                                !take_integer(take, "mline", 0, 63, &m->mline) ||
                                !take_text(take, "mid", true, MAX_NAME, &m->mid)))
        return false;
    if (has & MAY_ICE &&
        (!take_text(take, "ufrag", true, ICE_MAX_WORD, &m->ufrag) ||
         !take_text(take, "password", m->ufrag == NULL, ICE_MAX_WORD, &m->password)))
        return false;
    if (has & HAS_STATE && !take_state(take, &m->state))
        return false;
    if (has & HAS_MODE && !take_mode_if_any(take, &m->mode))
        return false;
    if (has & HAS_STATUS && !take_integer(take, "status", 400, 599, &m->status))
        return false;
    if (has & MAY_DETAIL && !take_text(take, "detail", true, 4096, &m->detail))
        return false;
    if (has & HAS_LEVELS && (!take_pair(take, "peak", m->peak) || !take_pair(take, "rms", m->rms)))
        return false;
    if (has & HAS_STATS && !take_stats(take, &m->stats))
        return false;
    if (has & HAS_ROOMS) {
        m->rooms = g_ptr_array_new_with_free_func((GDestroyNotify)link_room_destroy);
        if (!take_rooms(take, m->rooms))
            return false;
    }
    if (has & HAS_LISTENERS) {
        m->listeners = g_ptr_array_new_with_free_func((GDestroyNotify)link_listener_destroy);
        if (!take_listeners(take, m->listeners))
            return false;
    }
    if (has & HAS_RECORDINGS) {
        m->recordings = g_ptr_array_new_with_free_func((GDestroyNotify)recording_destroy);
        if (!take_recordings(take, m->recordings))
            return false;
    }
    if (has & HAS_RECORDING && !take_recording(take, m))
        return false;
    if (has & HAS_RELAYS) {
        m->relays = g_ptr_array_new_with_free_func((GDestroyNotify)relay_destroy);
        if (!take_relays(take, m->relays))
            return false;
    }
    if (has & HAS_RELAY && !take_relay(take, m))
        return false;
    if (has & HAS_ID && !take_text(take, "id", false, MAX_NAME, &m->id))
        return false;
    if (has & HAS_KIND && !take_kind(take, &m->kind))
        return false;
    if (has & HAS_SINCE && !take_number(take, "since", 0, 1e12, &m->since))
        return false;
    if (has & MAY_CLIENT && !take_text(take, "client", true, MAX_NAME, &m->client))
        return false;
    if (has & HAS_PORT && !take_integer(take, "port", 0, 65535, &m->port))
        return false;
    return !(has & HAS_CAPTURE) || take_capture(take, m);
}

static bool take_type(const struct taking *take, enum link_type *type)
{
    int word = 0;
    bool good = take_word(take, "type", type_names, G_N_ELEMENTS(type_names),
                          "a type of this version", &word);
    *type = (enum link_type)word;
    return good;
}

struct link_message *link_message_decode(const char *text, gsize length, GError **error)
{
    json_error_t failure;
    json_t *object = json_loadb(text, length, JSON_REJECT_DUPLICATES, &failure);
    if (!object) {
        g_set_error(error, FARFIELD_ERROR, ERROR_INVALID, "link message: %s", failure.text);
        return NULL;
    }
    struct link_message *message = g_new0(struct link_message, 1);
    struct taking take = {"link message", object, error};
    bool good = take_type(&take, &message->type) && take_members(&take, message);
    json_decref(object);
    if (good)
        return message;
    link_message_destroy(message);
    return NULL;
}
