// SPDX-License-Identifier: GPL-3.0-or-later
// Session descriptions, RFC 8866 and 8829, cut down to what a listener needs. Pure.
//
// No text from outside ever reaches webrtcbin. What a listener wrote is read into a struct sdp, all
// of it checked; webrtcbin gets a description that is written anew, of one audio section; and what
// webrtcbin says is read the same way and written anew for the listener, with the sections that it
// asked for and does not get refused one by one.
#pragma once

#include <glib.h>
#include <stdbool.h>

struct sdp_section {
    char *media, *protocol, *format; // owned: "video", "UDP/TLS/RTP/SAVPF", "96"
    char *mid;                       // owned, NULL if there is none
    bool bundled;                    // in one BUNDLE group with the audio
};

// One side's description of the audio that we send.
struct sdp {
    GPtrArray *sections; // owned: struct sdp_section, in order
    guint audio;         // index of the one that is ours
    int payload;         // Opus's payload type, a dynamic one
    int red;             // that of redundancy for it (RFC 2198), 0 if there is none
    int capture_id;      // of the extension abs-capture-time, 1 to 14, 0 if there is none
    char *ufrag, *password;
    char *fingerprint; // "sha-256 AA:BB.."
    char *setup;       // "actpass", "active" or "passive"
    bool reduced_size; // RTCP (RFC 5506)
    bool ice_lite;
    GPtrArray *candidates; // owned: char *, "candidate:..."; at most SDP_MAX_CANDIDATES
    GPtrArray *sources;    // owned: char *, values of a=ssrc
};

// libwebrtc's documentation, native-api/rtp-hdrext/abs-capture-time.
#define SDP_CAPTURE_TIME "http://www.webrtc.org/experiments/rtp-hdrext/abs-capture-time"

#define SDP_MAX_SECTIONS 64
#define SDP_MAX_CANDIDATES 64

enum sdp_role {
    SDP_OFFER,  // of a listener, who must want to receive Opus
    SDP_ANSWER, // of a listener, to our offer
    SDP_OWN,    // what webrtcbin wrote
};

// NULL with `error` saying what is wrong (ERROR_REFUSED), or that all is well but that there is no
// Opus wanted in it (ERROR_UNUSABLE).
struct sdp *sdp_read(const char *text, enum sdp_role role, GError **error);
void sdp_destroy(struct sdp *sdp);

// Gives it the name and password of another ICE session.
void sdp_set_session(struct sdp *sdp, const char *ufrag, const char *password);

// Adds to each host candidate of ours those at `addresses` (numeric, ended by NULL), from which a
// router forwards the same port to us.
void sdp_add_outside(struct sdp *own, const char *const *addresses);

// For webrtcbin: what a listener described, as its section 0 named SDP_INNER_MID, of one payload
// type: that of the packets that it will be given.
char *sdp_write_inner(const struct sdp *listener, int payload);
#define SDP_INNER_MID "audio0" // as webrtcbin names it in an offer of its own

// What we send, and how.
struct sdp_music {
    int payload;    // of Opus
    int red;        // of its redundancy, 0 for none
    int capture_id; // of abs-capture-time, 0 for none
    bool complete;  // all candidates are inside
};

// For a listener: our offer, or our answer to its offer.
char *sdp_write_offer(const struct sdp *own, const struct sdp_music *music);
char *sdp_write_answer(const struct sdp *own, const struct sdp *offer,
                       const struct sdp_music *music);

// What a new ICE session brings, for the section of that mid (RFC 8840, section 9).
char *sdp_write_fragment(const struct sdp *own, const char *mid, const struct sdp_music *music);

// One ICE candidate from a listener, written anew, if it is one that helps: UDP, RTP, and an
// address, not a name. NULL otherwise.
char *sdp_clean_candidate(const char *text);
