// SPDX-License-Identifier: GPL-3.0-or-later
// What a listener may send in place of a description or a candidate: refused, or rewritten to a
// text that is good in its turn.
#include <glib.h>
#include <gst/sdp/sdp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "pipeline/webrtc/sdp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char own_text[] =
    "v=0\r\no=- 1 0 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n"
    "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\nc=IN IP4 0.0.0.0\r\na=ice-ufrag:abcd\r\n"
    "a=ice-pwd:0123456789012345678901\r\na=mid:audio0\r\na=rtcp-mux\r\na=setup:active\r\n"
    "a=rtpmap:111 OPUS/48000/2\r\na=ssrc:7 cname:user1\r\na=sendonly\r\na=fingerprint:sha-1 "
    "A8:88:5E:76:41:8B:60:02:BA:0E:70:4D:AA:A0:C0:D8:C2:9F:2C:2A\r\n";

static void check_inner(const struct sdp *sdp, enum sdp_role role)
{
    g_autofree char *inner = sdp_write_inner(sdp, sdp->payload);
    // webrtcbin sees it as the listener's.
    struct sdp *again = sdp_read(inner, role, NULL);
    if (!again || again->sections->len != 1 || again->payload != sdp->payload ||
        strcmp(again->ufrag, sdp->ufrag) != 0 || again->candidates->len != sdp->candidates->len)
        g_error("not good in its turn: %s", inner);
    sdp_destroy(again);
}

static void check_answer(const struct sdp *offer)
{
    struct sdp *own = sdp_read(own_text, SDP_OWN, NULL);
    g_autofree char *answer = sdp_write_answer(own, offer,
                                               &(struct sdp_music){.payload = offer->payload,
                                                                   .red = offer->red,
                                                                   .capture_id = offer->capture_id,
                                                                   .complete = true});
    struct sdp *again = sdp_read(answer, SDP_OWN, NULL);
    if (!again || again->sections->len != offer->sections->len || again->audio != offer->audio)
        g_error("not good in its turn: %s", answer);
    sdp_destroy(again);
    sdp_destroy(own);
}

// Another ICE session of ours, with what a router forwards.
static void check_fragment(const struct sdp *offer)
{
    static const char *const outside[] = {"203.0.113.5", "2001:db8::5", NULL};
    const struct sdp_section *audio = g_ptr_array_index(offer->sections, offer->audio);
    struct sdp *own = sdp_read(own_text, SDP_OWN, NULL);
    sdp_set_session(own, "efgh", "abcdefghijklmnopqrstuv");
    sdp_add_outside(own, outside);
    g_autofree char *text =
        sdp_write_fragment(own, audio->mid, &(struct sdp_music){.payload = offer->payload});
    if (!strstr(text, "a=ice-ufrag:efgh\r\n"))
        abort();
    sdp_destroy(own);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autofree char *text = g_strndup((const char *)data, size);
    static const enum sdp_role roles[] = {SDP_OFFER, SDP_ANSWER, SDP_OWN};
    for (size_t i = 0; i < G_N_ELEMENTS(roles); i++) {
        g_autoptr(GError) error = NULL;
        struct sdp *sdp = sdp_read(text, roles[i], &error);
        if (!sdp != (error != NULL))
            abort();
        if (sdp && roles[i] != SDP_OWN)
            check_inner(sdp, roles[i]);
        if (sdp && roles[i] == SDP_OFFER) {
            check_answer(sdp);
            check_fragment(sdp);
        }
        sdp_destroy(sdp);
    }
    g_autofree char *candidate = sdp_clean_candidate(text);
    if (candidate) {
        g_autofree char *again = sdp_clean_candidate(candidate);
        if (g_strcmp0(candidate, again) != 0)
            g_error("%s became %s", candidate, again);
    }
    return 0;
}
