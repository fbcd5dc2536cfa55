// SPDX-License-Identifier: GPL-3.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <gst/gst.h>

#include "common/error.h"
#include "common/link.h"
#include "pipeline/webrtc/sdp.h"

#define HASH                                                                                        \
    "A8:88:5E:76:41:8B:60:02:BA:0E:70:4D:AA:A0:C0:D8:C2:9F:2C:2A:BB:08:A0:CF:27:A2:8D:D0:5A:D6:5F:" \
    "51"
#define BEGIN "v=0\r\no=- 8778707959297404441 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n"
#define TRANSPORT                                                                                  \
    "a=ice-ufrag:+U+o\r\na=ice-pwd:PvPAq/hbVYxuJiYxPaHGDb7D\r\na=ice-options:trickle\r\n"          \
    "a=fingerprint:sha-256 " HASH "\r\n"
#define AUDIO_LINE "m=audio 9 UDP/TLS/RTP/SAVPF 111 63 9\r\nc=IN IP4 0.0.0.0\r\n"
#define AUDIO_REST                                                                                 \
    "a=recvonly\r\na=rtcp-mux\r\na=rtpmap:111 opus/48000/2\r\na=rtcp-fb:111 transport-cc\r\n"      \
    "a=fmtp:111 minptime=10;useinbandfec=1;stereo=1;sprop-stereo=1\r\n"                            \
    "a=rtpmap:63 red/48000/2\r\na=fmtp:63 111/111\r\na=rtpmap:9 G722/8000\r\n"
#define AUDIO AUDIO_LINE TRANSPORT "a=setup:actpass\r\na=mid:0\r\n" AUDIO_REST
#define VIDEO_LINE "m=video 9 UDP/TLS/RTP/SAVPF 96 97\r\nc=IN IP4 0.0.0.0\r\n"
#define VIDEO                                                                                      \
    VIDEO_LINE TRANSPORT "a=setup:actpass\r\na=mid:1\r\na=recvonly\r\na=rtcp-mux\r\n"              \
                         "a=rtpmap:96 VP8/90000\r\na=rtpmap:97 rtx/90000\r\n"

static const char own_text[] =
    "v=0\r\no=- 1 0 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\na=ice-options:trickle\r\n"
    "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\nc=IN IP4 0.0.0.0\r\na=ice-ufrag:abcd\r\n"
    "a=ice-pwd:0123456789012345678901\r\na=mid:audio0\r\na=rtcp-mux\r\na=setup:active\r\n"
    "a=rtpmap:111 OPUS/48000/2\r\na=ssrc:7 msid:user1 webrtctransceiver0\r\n"
    "a=ssrc:7 cname:user1\r\na=sendonly\r\na=fingerprint:sha-256 " HASH "\r\n"
    "a=candidate:1 1 UDP 2015363327 192.0.2.1 40000 typ host\r\n"
    "a=candidate:2 1 TCP 1015021823 192.0.2.1 9 typ host tcptype active\r\n";

static struct sdp *read_good(const char *text, enum sdp_role role)
{
    g_autoptr(GError) error = NULL;
    struct sdp *sdp = sdp_read(text, role, &error);
    assert_null(error);
    assert_non_null(sdp);
    return sdp;
}

static void test_what_webrtcbin_sees(void **state)
{
    struct sdp *offer =
        read_good(BEGIN "a=group:BUNDLE 0 1\r\na=extmap-allow-mixed\r\n" AUDIO "a=rtcp-rsize\r\n"
                        "a=candidate:1 1 udp 2122260223 192.0.2.7 40001 typ host generation 0\r\n"
                        "a=candidate:2 1 udp 2122260223 name.local 40001 typ host\r\n" VIDEO,
                  SDP_OFFER);
    g_autofree char *inner = sdp_write_inner(offer, offer->payload);
    assert_string_equal(inner,
                        "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n"
                        "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\nc=IN IP4 0.0.0.0\r\na=mid:audio0\r\n"
                        "a=ice-ufrag:+U+o\r\na=ice-pwd:PvPAq/hbVYxuJiYxPaHGDb7D\r\n"
                        "a=fingerprint:sha-256 " HASH "\r\na=setup:actpass\r\na=rtcp-mux\r\n"
                        "a=rtcp-rsize\r\na=recvonly\r\na=rtpmap:111 OPUS/48000/2\r\n"
                        "a=candidate:1 1 UDP 2122260223 192.0.2.7 40001 typ host\r\n");
    sdp_destroy(offer);
}

#define MUSIC(type)                                                                                \
    "a=sendonly\r\na=msid:farfield audio\r\na=rtpmap:" type " opus/48000/2\r\na=fmtp:" type        \
    " stereo=1;sprop-stereo=1;useinbandfec=1\r\n"                                                  \
    "a=ssrc:7 msid:user1 webrtctransceiver0\r\na=ssrc:7 cname:user1\r\n"                           \
    "a=candidate:1 1 UDP 2015363327 192.0.2.1 40000 typ host\r\n"
#define OWN_TRANSPORT                                                                              \
    "a=ice-ufrag:abcd\r\na=ice-pwd:0123456789012345678901\r\na=fingerprint:sha-256 " HASH          \
    "\r\na=setup:active\r\na=rtcp-mux\r\n"

static void test_answer_refuses_what_is_not_ours(void **state)
{
    struct sdp *offer = read_good(BEGIN "a=group:BUNDLE v a\r\n" VIDEO_LINE TRANSPORT
                                        "a=setup:actpass\r\na=mid:v\r\na=rtpmap:96 VP8/90000\r\n"
                                        "m=audio 9 UDP/TLS/RTP/SAVPF 0 100\r\na=mid:a\r\n" TRANSPORT
                                        "a=setup:actpass\r\na=rtcp-mux\r\na=rtcp-rsize\r\n"
                                        "a=rtpmap:100 OPUS/48000/2\r\n"
                                        "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n",
                                  SDP_OFFER);
    struct sdp *own = read_good(own_text, SDP_OWN);
    g_autofree char *answer =
        sdp_write_answer(own, offer, &(struct sdp_music){.payload = 100, .complete = true});
    assert_string_equal(answer,
                        "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE a\r\n"
                        "a=ice-options:trickle\r\n"
                        "m=video 0 UDP/TLS/RTP/SAVPF 96\r\nc=IN IP4 0.0.0.0\r\na=mid:v\r\n"
                        "a=inactive\r\n"
                        "m=audio 9 UDP/TLS/RTP/SAVPF 100\r\nc=IN IP4 0.0.0.0\r\n"
                        "a=mid:a\r\n" OWN_TRANSPORT "a=rtcp-rsize\r\n" MUSIC(
                            "100") "a=end-of-candidates\r\n"
                                   "m=application 0 UDP/DTLS/SCTP webrtc-datachannel\r\n"
                                   "c=IN IP4 0.0.0.0\r\na=inactive\r\n");
    sdp_destroy(own);
    sdp_destroy(offer);
}

static void test_offer(void **state)
{
    struct sdp *own = read_good(own_text, SDP_OWN);
    g_autofree char *offer = sdp_write_offer(own, &(struct sdp_music){.payload = 111});
    assert_string_equal(offer, "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n"
                               "a=group:BUNDLE audio0\r\na=ice-options:trickle\r\n"
                               "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\nc=IN IP4 0.0.0.0\r\n"
                               "a=mid:audio0\r\n" OWN_TRANSPORT "a=rtcp-rsize\r\n" MUSIC("111"));
    sdp_destroy(own);
}

static void test_redundancy_and_capture_time(void **state)
{
    static const char lines[] = "a=rtpmap:111 opus/48000/2\r\na=rtpmap:63 red/48000/2\r\n";
    static const struct {
        const char *more;
        int red, capture_id;
    } cases[] = {
        {"a=fmtp:63 111/111\r\na=extmap:3/recvonly " SDP_CAPTURE_TIME "\r\n", 63, 0},
        {"a=fmtp:63 111/111\r\na=extmap:3 " SDP_CAPTURE_TIME "\r\n", 63, 3},
        {"a=fmtp:63 111/110\r\na=extmap:15 " SDP_CAPTURE_TIME "\r\n", 0, 0},
        {"a=extmap:0 " SDP_CAPTURE_TIME "\r\n", 0, 0},
        {"a=extmap:2 urn:other\r\na=extmap:14 " SDP_CAPTURE_TIME "\r\n", 0, 14},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *text =
            g_strconcat(BEGIN "m=audio 9 UDP/TLS/RTP/SAVPF 111 63\r\na=mid:0\r\n" TRANSPORT
                              "a=setup:actpass\r\na=rtcp-mux\r\n",
                        lines, cases[i].more, NULL);
        struct sdp *offer = read_good(text, SDP_OFFER);
        assert_int_equal(offer->red, cases[i].red);
        assert_int_equal(offer->capture_id, cases[i].capture_id);
        sdp_destroy(offer);
    }
    struct sdp *own = read_good(own_text, SDP_OWN);
    struct sdp_music music = {.payload = 111, .red = 63, .capture_id = 3};
    g_autofree char *offer = sdp_write_offer(own, &music);
    assert_non_null(strstr(offer, "m=audio 9 UDP/TLS/RTP/SAVPF 111 63\r\n"));
    assert_non_null(strstr(offer, "a=extmap:3 " SDP_CAPTURE_TIME "\r\n"));
    assert_non_null(strstr(offer, "a=rtpmap:63 red/48000/2\r\na=fmtp:63 111/111\r\n"));
    sdp_destroy(own);
}

// Bundled sections may leave their transport to the first of the bundle (RFC 8843).
static void test_transport_of_the_bundle_and_of_the_session(void **state)
{
    struct sdp *sdp = read_good(BEGIN "a=group:BUNDLE 1 0\r\n" VIDEO_LINE TRANSPORT
                                      "a=setup:active\r\na=mid:1\r\n"
                                      "m=audio 0 UDP/TLS/RTP/SAVPF 111\r\na=bundle-only\r\n"
                                      "a=mid:0\r\n" AUDIO_REST,
                                SDP_OFFER);
    assert_int_equal(sdp->audio, 1);
    assert_string_equal(sdp->ufrag, "+U+o");
    assert_string_equal(sdp->setup, "active");
    sdp_destroy(sdp);
    sdp = read_good(BEGIN TRANSPORT "a=ice-lite\r\na=setup:passive\r\n" AUDIO_LINE
                                    "a=mid:0\r\n" AUDIO_REST,
                    SDP_OFFER);
    assert_string_equal(sdp->fingerprint, "sha-256 " HASH);
    assert_string_equal(sdp->setup, "passive");
    assert_true(sdp->ice_lite);
    g_autofree char *inner = sdp_write_inner(sdp, sdp->payload);
    assert_non_null(strstr(inner, "t=0 0\r\na=ice-lite\r\nm=audio"));
    sdp_destroy(sdp);
}

static void test_plain_line_ends_will_do(void **state)
{
    g_auto(GStrv) lines = g_strsplit(BEGIN AUDIO, "\r\n", -1);
    g_autofree char *text = g_strjoinv("\n", lines);
    sdp_destroy(read_good(text, SDP_OFFER));
}

static void assert_error(const char *text, enum sdp_role role, int code, const char *why)
{
    g_autoptr(GError) error = NULL;
    struct sdp *sdp = sdp_read(text, role, &error);
    if (sdp)
        print_error("not refused (%s): %.300s\n", why, text);
    assert_null(sdp);
    assert_int_equal(error->code, code);
    assert_string_equal(error->message, why);
}

static void assert_refused(const char *text, enum sdp_role role, const char *why)
{
    assert_error(text, role, ERROR_REFUSED, why);
}

static void test_refusals(void **state)
{
    static const struct {
        const char *text, *why;
    } rows[] = {
        {"", "SDP: does not begin with the line \"v=0\""},
        {"hello", "SDP: does not begin with the line \"v=0\""},
        {"v=01\r\n", "SDP: does not begin with the line \"v=0\""},
        {"v=0", "SDP: there is no media section (m=audio ...), nor what belongs to it"},
        {"v=0\r\n", "SDP: there is no media section (m=audio ...), nor what belongs to it"},
        {"v=0\r\nnonsense\r\n", "SDP: line 2 is not \"x=...\""},
        {"v=0\r\n\r\ns=-\r\n", "SDP: line 2 is not \"x=...\""},
        {"v=0\r\ns=\x01\r\n", "SDP: line 2 holds a control character"},
        {"v=0\r\ns=\xff\r\n", "SDP: not UTF-8"},
        {BEGIN AUDIO_LINE TRANSPORT "a=setup:actpass\r\n" AUDIO_REST,
         "SDP: the audio section has no mid"},
        {BEGIN AUDIO_LINE TRANSPORT "a=setup:actpass\r\na=mid:a b\r\n" AUDIO_REST,
         "SDP: media section 0 has a bad mid"},
        {BEGIN AUDIO_LINE TRANSPORT "a=setup:actpass\r\na=mid:0\r\na=rtpmap:111 opus/48000/2\r\n",
         "SDP: the audio has no rtcp-mux"},
        // Of no use, and no connection could be made of it either.
        {BEGIN VIDEO_LINE "a=mid:1\r\na=rtpmap:96 VP8/90000\r\n",
         "SDP: ice-ufrag must be 4 to 256 letters, digits, + or /"},
        {BEGIN "m=audio 9 RTP/AVP 111\r\n" TRANSPORT "a=setup:actpass\r\na=mid:0\r\n" AUDIO_REST,
         "SDP: the audio's protocol is not UDP/TLS/RTP/SAVPF"},
        {BEGIN AUDIO_LINE "a=setup:actpass\r\na=mid:0\r\n" AUDIO_REST,
         "SDP: ice-ufrag must be 4 to 256 letters, digits, + or /"},
        {BEGIN AUDIO_LINE "a=ice-ufrag:abc\r\na=setup:actpass\r\na=mid:0\r\n" AUDIO_REST,
         "SDP: ice-ufrag must be 4 to 256 letters, digits, + or /"},
        {BEGIN AUDIO_LINE "a=ice-ufrag:abcd\r\na=ice-pwd:short\r\na=mid:0\r\n" AUDIO_REST,
         "SDP: ice-pwd must be 22 to 256 letters, digits, + or /"},
        {BEGIN AUDIO_LINE
         "a=ice-ufrag:abcd\r\na=ice-pwd:0123456789012345678901\r\n"
         "a=fingerprint:sha-256 AA:BB\r\na=setup:actpass\r\na=mid:0\r\n" AUDIO_REST,
         "SDP: fingerprint must be a hash's name and its bytes"},
        {BEGIN AUDIO_LINE TRANSPORT "a=setup:holdconn\r\na=mid:0\r\n" AUDIO_REST,
         "SDP: setup must be actpass, active or passive"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
        assert_refused(rows[i].text, SDP_OFFER, rows[i].why);
    assert_refused(BEGIN AUDIO, SDP_ANSWER, "SDP: setup must be active or passive");
}

// Who offers this may be made an offer.
static void test_offers_of_no_use(void **state)
{
    static const struct {
        const char *text, *why;
    } rows[] = {
        {BEGIN VIDEO, "SDP: no audio section"},
        {BEGIN "m=audio 0 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\n" TRANSPORT
               "a=setup:actpass\r\n" AUDIO_REST,
         "SDP: no audio section"},
        {BEGIN AUDIO_LINE TRANSPORT "a=setup:actpass\r\na=mid:0\r\na=rtcp-mux\r\n"
                                    "a=rtpmap:9 G722/8000\r\n",
         "SDP: the audio has no opus/48000/2 with a dynamic payload type"},
        // Opus is described, but the media line does not list it.
        {BEGIN "m=audio 9 UDP/TLS/RTP/SAVPF 9\r\n" TRANSPORT
               "a=setup:actpass\r\na=mid:0\r\n" AUDIO_REST,
         "SDP: the audio has no opus/48000/2 with a dynamic payload type"},
        {BEGIN AUDIO_LINE TRANSPORT "a=setup:actpass\r\na=mid:0\r\na=rtcp-mux\r\na=sendonly\r\n"
                                    "a=rtpmap:111 opus/48000/2\r\n",
         "SDP: the audio does not want to receive"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
        assert_error(rows[i].text, SDP_OFFER, ERROR_UNUSABLE, rows[i].why);
}

static void test_a_new_session_is_a_fragment(void **state)
{
    struct sdp *own = read_good(own_text, SDP_OWN);
    static const char *const outside[] = {"203.0.113.5", "2001:db8::5", NULL};
    sdp_set_session(own, "efgh", "abcdefghijklmnopqrstuv");
    sdp_add_outside(own, outside);
    g_autofree char *text =
        sdp_write_fragment(own, "a", &(struct sdp_music){.payload = 100, .complete = true});
    assert_string_equal(text, "a=ice-options:trickle\r\nm=audio 9 UDP/TLS/RTP/SAVPF 100\r\n"
                              "a=mid:a\r\na=ice-ufrag:efgh\r\na=ice-pwd:abcdefghijklmnopqrstuv\r\n"
                              "a=candidate:1 1 UDP 2015363327 192.0.2.1 40000 typ host\r\n"
                              "a=candidate:0o0 1 UDP 1679819007 203.0.113.5 40000 typ srflx raddr "
                              "192.0.2.1 rport 40000\r\na=end-of-candidates\r\n");
    sdp_destroy(own);
}

static void test_sizes(void **state)
{
    g_autoptr(GString) text = g_string_new(BEGIN AUDIO);
    for (int i = 0; i < 63; i++)
        g_string_append(text, "m=video 9 UDP/TLS/RTP/SAVPF 96\r\n");
    sdp_destroy(read_good(text->str, SDP_OFFER));
    g_string_append(text, "m=video 9 UDP/TLS/RTP/SAVPF 96\r\n");
    assert_refused(text->str, SDP_OFFER, "SDP: 65 media sections, the most is 64");

    g_string_assign(text, BEGIN AUDIO);
    for (int i = 0; i < 500; i++)
        g_string_append_printf(text, "a=candidate:%d 1 UDP 1 192.0.2.1 %d typ host\r\n", i, i + 1);
    struct sdp *sdp = read_good(text->str, SDP_OFFER);
    assert_int_equal(sdp->candidates->len, SDP_MAX_CANDIDATES);
    sdp_destroy(sdp);

    while (text->len <= LINK_MAX_SDP)
        g_string_append(text, "a=x\r\n");
    assert_refused(text->str, SDP_OFFER, "SDP: longer than 65536 bytes");
}

static void test_candidates(void **state)
{
    static const struct {
        const char *text, *clean;
    } rows[] = {
        {"candidate:842163049 1 udp 1677729535 203.0.113.1 46154 typ srflx raddr 0.0.0.0 rport 0 "
         "generation 0 ufrag x network-cost 999",
         "candidate:842163049 1 UDP 1677729535 203.0.113.1 46154 typ srflx"},
        {"candidate:1 1 UDP 1 2001:DB8::1 5 typ relay",
         "candidate:1 1 UDP 1 2001:db8::1 5 typ relay"},
        {"candidate:1 2 UDP 1 192.0.2.1 5 typ host", NULL},
        {"candidate:1 1 TCP 1 192.0.2.1 9 typ host tcptype active", NULL},
        {"candidate:1 1 UDP 1 a-name.local 5 typ host", NULL},
        {"candidate:1 1 UDP 1 192.0.2.1 0 typ host", NULL},
        {"candidate:1 1 UDP 1 192.0.2.1 65536 typ host", NULL},
        {"candidate:1 1 UDP 4294967296 192.0.2.1 5 typ host", NULL},
        {"candidate:1 1 UDP 1 192.0.2.1 5 typ other", NULL},
        {"candidate:1 1 UDP 1 192.0.2.1 5 typ", NULL},
        {"candidate:a\r\nb 1 UDP 1 192.0.2.1 5 typ host", NULL},
        {"a=candidate:1 1 UDP 1 192.0.2.1 5 typ host", NULL},
        {"", NULL},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *clean = sdp_clean_candidate(rows[i].text);
        if (rows[i].clean)
            assert_string_equal(clean, rows[i].clean);
        else
            assert_null(clean);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_webrtcbin_sees),
        cmocka_unit_test(test_answer_refuses_what_is_not_ours),
        cmocka_unit_test(test_offer),
        cmocka_unit_test(test_redundancy_and_capture_time),
        cmocka_unit_test(test_transport_of_the_bundle_and_of_the_session),
        cmocka_unit_test(test_plain_line_ends_will_do),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_offers_of_no_use),
        cmocka_unit_test(test_a_new_session_is_a_fragment),
        cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_candidates),
    };
    gst_init(NULL, NULL);
    return cmocka_run_group_tests_name("pipeline sdp", tests, NULL, NULL);
}
