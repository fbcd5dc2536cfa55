// SPDX-License-Identifier: GPL-3.0-or-later
// How the stream arrives at a listener: what the pipeline counts, as rates of the last interval,
// and what the listener's own program measures and reports.
#pragma once

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/link.h"

// Microseconds between two reports of one listener.
#define RECEPTION_REPORT_INTERVAL 200000

struct reception {
    struct link_stats stats; // as the pipeline last counted
    int64_t counted_at;      // when that was, 0 before it has
    double bitrate;          // bits a second of the last interval, negative while unknown
    double lost, expected;   // packets of the last interval of which the listener has told
    json_t *report;          // owned: its own measures, NULL where it has sent none
    int64_t reported_at;
};

void reception_init(struct reception *reception, enum stream_mode mode);
// It has only begun, so that all it is sent counts; without this, what it is sent from the first
// counters on.
void reception_begin(struct reception *reception, int64_t now);
void reception_clear(struct reception *reception);

// Takes the pipeline's counters; what they have grown by is put into `grown`.
void reception_count(struct reception *reception, const struct link_stats *stats, int64_t now,
                     struct link_stats *grown);

// Takes a report (borrowed): members of listener.report without the id. False where the last one
// has only just come.
bool reception_report(struct reception *reception, const json_t *report, int64_t now);

// Share of the packets of the last interval that were lost, negative while unknown.
double reception_loss(const struct reception *reception);

// Every figure, as members of `object`.
void reception_to_json(const struct reception *reception, json_t *object, int64_t now);
