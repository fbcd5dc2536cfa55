// SPDX-License-Identifier: GPL-3.0-or-later
#include "pipeline/webrtc/negotiation.h"

#include <string.h>

#include "common/error.h"
#include "common/ice.h"

#define GATHER_TIME 1000   // ms that candidates may take to be in the description
#define GATHER_TIMES 3     // so often at most where there is none; then no port was free
#define CONNECT_TIME 15000 // ms until a listener who does not connect is given up
#define OFFER_TIME 30000   // the same of one who is offered (draft-ietf-wish-whep, section 4.3)
#define OWN_PAYLOAD 111    // as browsers have it, and the two below
#define OWN_RED 63
#define OWN_CAPTURE_ID 1

struct negotiation {
    struct stage *stage;
    struct negotiation_events events;
    struct sdp *offer;         // owned: the listener's, or NULL
    struct peer *peer;         // owned
    struct rtp rtp;            // how packets are to be, as far as it is agreed
    bool described;            // our description is out
    bool answered;             // and so is its answer to our offer, the last one
    bool connected;            // the connection stands
    bool restarted;            // that ICE session is not the first
    bool over;                 // nothing is told any more
    char *ufrag, *their_ufrag; // owned: of the ICE session; NULL while unknown

    guint gather_timer, connect_timer; // sources of the main loop, or 0
    int gathered_times;                // that there was no candidate yet
};

// --- the end --------------------------------------------------------------------------

void negotiation_stop(struct negotiation *negotiation)
{
    negotiation->over = true;
    g_clear_handle_id(&negotiation->gather_timer, g_source_remove);
    g_clear_handle_id(&negotiation->connect_timer, g_source_remove);
}

void negotiation_destroy(struct negotiation *negotiation)
{
    peer_destroy(negotiation->peer);
    sdp_destroy(negotiation->offer);
    g_free(negotiation->ufrag);
    g_free(negotiation->their_ufrag);
    g_free(negotiation);
}

static void fail(struct negotiation *negotiation, int refused, const char *detail)
{
    if (negotiation->over)
        return;
    negotiation_stop(negotiation);
    negotiation->events.failed(refused, detail, negotiation->events.data);
}

static void on_failed(const char *detail, void *data)
{
    struct negotiation *negotiation = data;
    fail(negotiation, negotiation->described ? 0 : ERROR_REFUSED, detail);
}

static void on_connected(void *data)
{
    struct negotiation *negotiation = data;
    if (negotiation->connected || negotiation->over)
        return;
    negotiation->connected = true;
    g_clear_handle_id(&negotiation->connect_timer, g_source_remove);
    negotiation->events.connected(negotiation->events.data);
}

// --- describing -------------------------------------------------------------------------

static void set_text(char **text, const char *value)
{
    g_free(*text);
    *text = g_strdup(value);
}

// What webrtcbin says of our side, with what is ours to add.
static struct sdp *own_sdp(struct negotiation *negotiation, GError **error)
{
    g_autofree char *text = peer_description(negotiation->peer);
    struct sdp *own = sdp_read(text ? text : "", SDP_OWN, error);
    if (!own)
        return NULL;
    if (own->candidates->len == 0) {
        g_set_error(error, FARFIELD_ERROR, ERROR_UNAVAILABLE,
                    negotiation->stage->last_port
                        ? "none of the UDP ports of ice-ports is free"
                        : "this machine has no address that could be listened on");
        sdp_destroy(own);
        return NULL;
    }
    sdp_add_outside(own, (const char *const *)negotiation->stage->addresses);
    return own;
}

static struct sdp_music own_music(const struct negotiation *negotiation)
{
    const struct rtp *rtp = &negotiation->rtp;
    return (struct sdp_music){.payload = rtp->opus ? rtp->opus : rtp->payload,
                              .red = rtp->opus ? rtp->payload : 0,
                              .capture_id = rtp->capture_id,
                              .complete = peer_is_gathered(negotiation->peer)};
}

static void send_description(struct negotiation *negotiation, const struct sdp *own)
{
    struct sdp_music music = own_music(negotiation);
    g_autofree char *text = negotiation->offer ? sdp_write_answer(own, negotiation->offer, &music)
                                               : sdp_write_offer(own, &music);
    set_text(&negotiation->ufrag, own->ufrag);
    negotiation->events.described(text, !negotiation->offer, negotiation->events.data);
}

static void describe(struct negotiation *negotiation)
{
    g_autoptr(GError) error = NULL;
    g_clear_handle_id(&negotiation->gather_timer, g_source_remove);
    struct sdp *own = own_sdp(negotiation, &error);
    if (!own) {
        fail(negotiation, error->code == ERROR_UNAVAILABLE ? error->code : ERROR_INTERNAL,
             error->message);
        return;
    }
    negotiation->described = true;
    send_description(negotiation, own);
    sdp_destroy(own);
}

static gboolean on_gather_time(gpointer data)
{
    struct negotiation *negotiation = data;
    // A machine that is very busy has not even the first yet, without which nobody can reach us.
    g_autofree char *text = peer_description(negotiation->peer);
    if (!peer_is_gathered(negotiation->peer) && !(text && strstr(text, "a=candidate:")) &&
        ++negotiation->gathered_times < GATHER_TIMES)
        return G_SOURCE_CONTINUE;
    negotiation->gather_timer = 0;
    describe(negotiation);
    return G_SOURCE_REMOVE;
}

static void on_candidate(const char *candidate, void *data)
{
    struct negotiation *negotiation = data;
    // Until then it is put into the description.
    if (negotiation->described && !negotiation->over)
        negotiation->events.candidate(candidate,
                                      negotiation->offer ? (int)negotiation->offer->audio : 0,
                                      negotiation->events.data);
}

static void on_gathered(void *data)
{
    struct negotiation *negotiation = data;
    if (negotiation->described)
        on_candidate("", negotiation);
    else if (!negotiation->over)
        describe(negotiation);
}

// --- what it sends ------------------------------------------------------------------------

static bool answer_fits(const struct negotiation *negotiation, const struct sdp *answer,
                        GError **error)
{
    if (answer->payload == OWN_PAYLOAD && answer->audio == 0 && !negotiation->offer &&
        negotiation->described && !negotiation->answered)
        return true;
    g_set_error(error, FARFIELD_ERROR, ERROR_REFUSED, "SDP: the answer does not fit the offer");
    return false;
}

static void begin_session(struct negotiation *negotiation, const char *ufrag, const char *password)
{
    set_text(&negotiation->their_ufrag, ufrag);
    peer_set_session(negotiation->peer, ufrag, password);
}

static void take_first_answer(struct negotiation *negotiation, const struct sdp *answer)
{
    g_autofree char *inner = sdp_write_inner(answer, negotiation->rtp.payload);
    // What it does not take over from the offer it does not want.
    if (answer->capture_id != negotiation->rtp.capture_id)
        negotiation->rtp.capture_id = 0;
    if (negotiation->rtp.opus && answer->red != negotiation->rtp.payload)
        rtp_set_plain(&negotiation->rtp);
    set_text(&negotiation->their_ufrag, answer->ufrag);
    peer_accept(negotiation->peer, inner);
}

static void take_answer(struct negotiation *negotiation, const struct sdp *answer)
{
    negotiation->answered = true;
    if (!negotiation->restarted) {
        take_first_answer(negotiation, answer);
        return;
    }
    begin_session(negotiation, answer->ufrag, answer->password);
    for (guint i = 0; i < answer->candidates->len; i++)
        peer_add_candidate(negotiation->peer, g_ptr_array_index(answer->candidates, i));
}

bool negotiation_answer(struct negotiation *negotiation, const char *sdp, GError **error)
{
    struct sdp *answer = sdp_read(sdp, SDP_ANSWER, error);
    if (!answer)
        return false;
    bool fits = answer_fits(negotiation, answer, error);
    if (fits)
        take_answer(negotiation, answer);
    sdp_destroy(answer);
    return fits;
}

static const struct sdp_section *own_section(const struct negotiation *negotiation)
{
    return g_ptr_array_index(negotiation->offer->sections, negotiation->offer->audio);
}

static void send_fragment(struct negotiation *negotiation, const struct sdp *own)
{
    struct sdp_music music = own_music(negotiation);
    const char *mid = negotiation->offer ? own_section(negotiation)->mid : SDP_INNER_MID;
    g_autofree char *text = sdp_write_fragment(own, mid, &music);
    set_text(&negotiation->ufrag, own->ufrag);
    negotiation->events.described(text, false, negotiation->events.data);
}

static bool may_restart(const struct negotiation *negotiation, const char *ufrag,
                        const char *password, GError **error)
{
    if (ufrag && (!ice_is_ufrag(ufrag) || !ice_is_password(password)))
        g_set_error(error, FARFIELD_ERROR, ERROR_REFUSED, "these cannot name an ICE session");
    else if (!ufrag && negotiation->offer)
        g_set_error(error, FARFIELD_ERROR, ERROR_REFUSED, "who has offered restarts ICE itself");
    else if (!negotiation->connected)
        g_set_error(error, FARFIELD_ERROR, ERROR_CONFLICT, "it has not been connected yet");
    else
        return true;
    return false;
}

bool negotiation_restart(struct negotiation *negotiation, const char *ufrag, const char *password,
                         GError **error)
{
    const char *our_ufrag, *our_password;
    struct sdp *own =
        may_restart(negotiation, ufrag, password, error) ? own_sdp(negotiation, error) : NULL;
    if (!own)
        return false;
    if (!peer_restart(negotiation->peer, &our_ufrag, &our_password)) {
        g_set_error(error, FARFIELD_ERROR, ERROR_INTERNAL, "ICE cannot be restarted");
        sdp_destroy(own);
        return false;
    }
    sdp_set_session(own, our_ufrag, our_password);
    negotiation->restarted = true;
    negotiation->answered = false;
    if (ufrag) {
        begin_session(negotiation, ufrag, password);
        send_fragment(negotiation, own);
    } else {
        send_description(negotiation, own);
    }
    sdp_destroy(own);
    return true;
}

// Candidates of a bundle are for its first section, which need not be the audio.
static bool is_ours(const struct negotiation *negotiation, const char *mid, guint mline)
{
    if (!negotiation->offer)
        return mid ? strcmp(mid, SDP_INNER_MID) == 0 : mline == 0;
    for (guint i = 0; i < negotiation->offer->sections->len; i++) {
        const struct sdp_section *section = g_ptr_array_index(negotiation->offer->sections, i);
        if (mid ? g_strcmp0(mid, section->mid) == 0 : i == mline)
            return section == own_section(negotiation) || section->bundled;
    }
    return false;
}

void negotiation_add_candidate(struct negotiation *negotiation, const char *candidate,
                               const char *mid, int mline)
{
    g_autofree char *clean =
        is_ours(negotiation, mid, (guint)mline) ? sdp_clean_candidate(candidate) : NULL;
    if (clean)
        peer_add_candidate(negotiation->peer, clean);
}

// --- life ---------------------------------------------------------------------------------

static gboolean on_connect_time(gpointer data)
{
    struct negotiation *negotiation = data;
    negotiation->connect_timer = 0;
    fail(negotiation, negotiation->described ? 0 : ERROR_TIMEOUT, "no connection in time");
    return G_SOURCE_REMOVE;
}

// Redundancy is agreed upon with all who may come to need it, since it cannot be later; until they
// are served safely it is a byte a packet.
static void propose_rtp(struct negotiation *negotiation, bool redundant)
{
    const struct sdp *offer = negotiation->offer;
    int red = offer ? offer->red : OWN_RED;
    rtp_init(&negotiation->rtp, offer ? offer->payload : OWN_PAYLOAD,
             stage_next_source(negotiation->stage));
    negotiation->rtp.capture_id = offer ? offer->capture_id : OWN_CAPTURE_ID;
    if (red && redundant)
        rtp_set_red(&negotiation->rtp, red);
}

static void begin(struct negotiation *negotiation)
{
    if (negotiation->offer) {
        g_autofree char *inner = sdp_write_inner(negotiation->offer, negotiation->rtp.payload);
        peer_answer(negotiation->peer, inner);
    } else {
        peer_offer(negotiation->peer);
    }
    negotiation->gather_timer = g_timeout_add(GATHER_TIME, on_gather_time, negotiation);
    negotiation->connect_timer =
        g_timeout_add(negotiation->offer ? CONNECT_TIME : OFFER_TIME, on_connect_time, negotiation);
}

struct negotiation *negotiation_create(struct stage *stage, struct reaper *reaper,
                                       struct sdp *offer, bool redundant,
                                       const struct negotiation_events *events)
{
    struct negotiation *negotiation = g_new0(struct negotiation, 1);
    struct peer_events peer_events = {.gathered = on_gathered,
                                      .candidate = on_candidate,
                                      .connected = on_connected,
                                      .failed = on_failed,
                                      .data = negotiation};
    negotiation->stage = stage;
    negotiation->events = *events;
    negotiation->offer = offer;
    negotiation->their_ufrag = offer ? g_strdup(offer->ufrag) : NULL;
    propose_rtp(negotiation, redundant);
    g_autoptr(GstCaps) caps = rtp_caps(&negotiation->rtp);
    negotiation->peer = peer_create(stage, reaper, caps, &peer_events);
    begin(negotiation);
    return negotiation;
}

struct peer *negotiation_peer(const struct negotiation *negotiation)
{
    return negotiation->peer;
}

const struct rtp *negotiation_rtp(const struct negotiation *negotiation)
{
    return &negotiation->rtp;
}

const char *negotiation_ufrag(const struct negotiation *negotiation)
{
    return negotiation->ufrag;
}

const char *negotiation_their_ufrag(const struct negotiation *negotiation)
{
    return negotiation->their_ufrag;
}
