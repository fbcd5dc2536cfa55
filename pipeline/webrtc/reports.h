// SPDX-License-Identifier: GPL-3.0-or-later
// What a listener reports about the stream that it gets (RTCP receiver reports). Read from
// webrtcbin's RTP session: its own get-stats builds far more and takes 4 ms.
#pragma once

#include <gst/gst.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/link.h"

// Fills in the counters so far. `highest` is the newest packet that the listener has reported, and
// stays as it was while there is no report.
void reports_read(GstElement *webrtc, struct link_stats *stats, guint *highest);
