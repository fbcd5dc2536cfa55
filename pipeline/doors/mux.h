// SPDX-License-Identifier: GPL-3.0-or-later
// Opus packets as a file without an end, for one who listens by HTTP. However late it begins, its
// time begins at 0; what it skips takes no time in it. Bytes in, bytes out.
#pragma once

#include <glib.h>

#include "common/link.h"

// Samples that a decoder needs before what it says is right, when it begins in the middle of a
// stream (RFC 7845, section 4.2: 80 ms); players throw them away. Without them a listener could
// hear a quiet room too loud for a moment.
#define MUX_PRE_SKIP 3840

struct mux;

// For KIND_WEBM or KIND_OGG; `title` is what players show, `serial` an Ogg stream's.
struct mux *mux_create(enum listener_kind kind, const char *title, guint32 serial);
void mux_destroy(struct mux *mux);

const char *mux_type(enum listener_kind kind);

// What comes before the first packet; one packet of so many samples at 48 kHz; what was held back.
// Each appends to `out`, or nothing while a page of Ogg is not full, 100 ms at most.
void mux_begin(struct mux *mux, GByteArray *out);
void mux_add(struct mux *mux, const guint8 *packet, gsize length, int samples, GByteArray *out);
void mux_end(struct mux *mux, GByteArray *out);
