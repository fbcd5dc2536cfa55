// SPDX-License-Identifier: GPL-3.0-or-later
#include "pipeline/webrtc/sdp.h"

#define TRICKLE "a=ice-options:trickle"

static void add(GString *text, const char *format, ...) G_GNUC_PRINTF(2, 3);

static void add(GString *text, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_string_append_vprintf(text, format, args);
    va_end(args);
    g_string_append(text, "\r\n");
}

static GString *begin(void)
{
    GString *text = g_string_new(NULL);
    add(text, "v=0");
    // Nobody renegotiates, so one number will do for all.
    add(text, "o=- 1 1 IN IP4 127.0.0.1");
    add(text, "s=-");
    add(text, "t=0 0");
    return text;
}

static void add_audio(GString *text, const struct sdp *transport, const char *mid, int payload,
                      int red)
{
    if (red)
        add(text, "m=audio 9 UDP/TLS/RTP/SAVPF %d %d", payload, red);
    else
        add(text, "m=audio 9 UDP/TLS/RTP/SAVPF %d", payload);
    add(text, "c=IN IP4 0.0.0.0");
    add(text, "a=mid:%s", mid);
    add(text, "a=ice-ufrag:%s", transport->ufrag);
    add(text, "a=ice-pwd:%s", transport->password);
    add(text, "a=fingerprint:%s", transport->fingerprint);
    add(text, "a=setup:%s", transport->setup);
    add(text, "a=rtcp-mux");
}

static void add_candidates(GString *text, const struct sdp *sdp)
{
    for (guint i = 0; i < sdp->candidates->len; i++)
        add(text, "a=%s", (const char *)g_ptr_array_index(sdp->candidates, i));
}

char *sdp_write_inner(const struct sdp *listener, int payload)
{
    GString *text = begin();
    if (listener->ice_lite)
        add(text, "a=ice-lite");
    add_audio(text, listener, SDP_INNER_MID, payload, 0);
    if (listener->reduced_size)
        add(text, "a=rtcp-rsize");
    add(text, "a=recvonly");
    add(text, "a=rtpmap:%d OPUS/48000/2", payload);
    add_candidates(text, listener);
    return g_string_free(text, FALSE);
}

static void add_own_candidates(GString *text, const struct sdp *own, const struct sdp_music *music)
{
    add_candidates(text, own);
    if (music->complete)
        add(text, "a=end-of-candidates");
}

static void add_music(GString *text, const struct sdp *own, const struct sdp_music *music)
{
    if (music->capture_id)
        add(text, "a=extmap:%d " SDP_CAPTURE_TIME, music->capture_id);
    add(text, "a=sendonly");
    add(text, "a=msid:farfield audio");
    add(text, "a=rtpmap:%d opus/48000/2", music->payload);
    // What error correction it gets depends on its mode, which may change while it listens.
    add(text, "a=fmtp:%d stereo=1;sprop-stereo=1;useinbandfec=1", music->payload);
    if (music->red) {
        add(text, "a=rtpmap:%d red/48000/2", music->red);
        add(text, "a=fmtp:%d %d/%d", music->red, music->payload, music->payload);
    }
    for (guint i = 0; i < own->sources->len; i++)
        add(text, "a=ssrc:%s", (const char *)g_ptr_array_index(own->sources, i));
    add_own_candidates(text, own, music);
}

char *sdp_write_offer(const struct sdp *own, const struct sdp_music *music)
{
    GString *text = begin();
    add(text, "a=group:BUNDLE " SDP_INNER_MID);
    add(text, TRICKLE);
    add_audio(text, own, SDP_INNER_MID, music->payload, music->red);
    add(text, "a=rtcp-rsize");
    add_music(text, own, music);
    return g_string_free(text, FALSE);
}

static void add_refused(GString *text, const struct sdp_section *section)
{
    add(text, "m=%s 0 %s %s", section->media, section->protocol, section->format);
    add(text, "c=IN IP4 0.0.0.0");
    if (section->mid)
        add(text, "a=mid:%s", section->mid);
    add(text, "a=inactive");
}

char *sdp_write_answer(const struct sdp *own, const struct sdp *offer,
                       const struct sdp_music *music)
{
    const struct sdp_section *audio = g_ptr_array_index(offer->sections, offer->audio);
    GString *text = begin();
    if (audio->bundled)
        add(text, "a=group:BUNDLE %s", audio->mid);
    add(text, TRICKLE);
    for (guint i = 0; i < offer->sections->len; i++) {
        if (i != offer->audio) {
            add_refused(text, g_ptr_array_index(offer->sections, i));
            continue;
        }
        add_audio(text, own, audio->mid, music->payload, music->red);
        if (offer->reduced_size)
            add(text, "a=rtcp-rsize");
        add_music(text, own, music);
    }
    return g_string_free(text, FALSE);
}

char *sdp_write_fragment(const struct sdp *own, const char *mid, const struct sdp_music *music)
{
    GString *text = g_string_new(NULL);
    add(text, TRICKLE);
    add(text, "m=audio 9 UDP/TLS/RTP/SAVPF %d", music->payload);
    add(text, "a=mid:%s", mid);
    add(text, "a=ice-ufrag:%s", own->ufrag);
    add(text, "a=ice-pwd:%s", own->password);
    add_own_candidates(text, own, music);
    return g_string_free(text, FALSE);
}
