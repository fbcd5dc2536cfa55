// SPDX-License-Identifier: GPL-3.0-or-later
// The short way of a listener's RTP packets: protected here and handed to libnice, past the dozen
// elements of webrtcbin that have nothing to do for them.
//
// webrtcbin stays in charge of everything else: ICE, DTLS and its keys, RTCP. It has to see a
// packet now and then, or its sender reports would end; those go the long way, and the rest is
// added to its reports.
#pragma once

#include <gst/gst.h>
#include <stdint.h>

#include "pipeline/webrtc/srtp.h"

struct shortcut;

// Of a webrtcbin that is connected and sends one stream. NULL when it has agreed on something that
// is not known here; then all goes the long way.
struct shortcut *shortcut_create(GstElement *webrtc);
// No packet may be under way.
void shortcut_destroy(struct shortcut *shortcut);

// Sends a packet, whose bytes it spoils. One that the socket has no room for is lost, as on the
// network. Never blocks.
void shortcut_send(struct shortcut *shortcut, const struct srtp_packet *packet);

// What went this way so far: packets, and bytes of payload. Any thread.
uint64_t shortcut_packets(const struct shortcut *shortcut);
uint64_t shortcut_bytes(const struct shortcut *shortcut);
