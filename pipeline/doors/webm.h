// SPDX-License-Identifier: GPL-3.0-or-later
// WebM (Matroska, RFC 9559) of one Opus track, for mux.h: a segment and clusters of unknown size,
// as a live stream has them.
#pragma once

#include <glib.h>

struct webm {
    guint64 samples; // so far, at 48 kHz
    guint64 cluster; // when the cluster began, ms
};

// `head` is the OpusHead that Ogg has, too; of which `pre_skip` samples are to be thrown away.
void webm_begin(GByteArray *out, const char *title, const GByteArray *head, int pre_skip);
void webm_add(struct webm *webm, const guint8 *packet, gsize length, int samples, GByteArray *out);
