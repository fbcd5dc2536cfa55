// SPDX-License-Identifier: GPL-3.0-or-later
#include "controller/core/listening/reception.h"

void reception_init(struct reception *reception, enum stream_mode mode)
{
    *reception =
        (struct reception){.stats = {.round_trip = -1, .jitter = -1, .mode = mode}, .bitrate = -1};
}

void reception_begin(struct reception *reception, int64_t now)
{
    reception->counted_at = now;
}

void reception_clear(struct reception *reception)
{
    g_clear_pointer(&reception->report, json_decref);
}

void reception_count(struct reception *reception, const struct link_stats *stats, int64_t now,
                     struct link_stats *grown)
{
    const struct link_stats *before = reception->counted_at ? &reception->stats : stats;
    // Packets that were only late make the count of the lost ones smaller again (RFC 3550, 6.4.1).
    *grown = (struct link_stats){.packets = MAX(stats->packets - before->packets, 0),
                                 .bytes = MAX(stats->bytes - before->bytes, 0),
                                 .lost = MAX(stats->lost - before->lost, 0),
                                 .expected = MAX(stats->expected - before->expected, 0)};
    if (reception->counted_at && now > reception->counted_at)
        reception->bitrate = grown->bytes * 8e6 / (double)(now - reception->counted_at);
    // Its reports come when they come: until there is a new one the last one holds. What the first
    // one counts from is not known.
    if (grown->expected > 0 && before->expected > 0) {
        reception->expected = grown->expected;
        reception->lost = MIN(grown->lost, grown->expected);
    }
    reception->stats = *stats;
    reception->counted_at = now;
}

bool reception_report(struct reception *reception, const json_t *report, int64_t now)
{
    if (reception->report && now - reception->reported_at < RECEPTION_REPORT_INTERVAL)
        return false;
    json_decref(reception->report);
    reception->report = json_copy((json_t *)report);
    json_object_del(reception->report, "id");
    reception->reported_at = now;
    return true;
}

double reception_loss(const struct reception *reception)
{
    return reception->expected > 0 ? reception->lost / reception->expected : -1;
}

static json_t *known(double value)
{
    return value < 0 ? json_null() : json_real(value);
}

static json_t *report_to_json(const struct reception *reception, int64_t now)
{
    if (!reception->report)
        return json_null();
    json_t *report = json_copy(reception->report);
    json_object_set_new(report, "age", json_real((double)(now - reception->reported_at) / 1e6));
    return report;
}

void reception_to_json(const struct reception *reception, json_t *object, int64_t now)
{
    const struct link_stats *stats = &reception->stats;
    json_t *delay = json_object_get(reception->report, "delay");
    json_t *figures =
        json_pack("{s:I s:I s:I s:o s:o s:o s:o s:O? s:o}", "packets", (json_int_t)stats->packets,
                  "bytes", (json_int_t)stats->bytes, "lost", (json_int_t)stats->lost, "bitrate",
                  known(reception->bitrate), "loss", known(reception_loss(reception)), "round_trip",
                  known(stats->round_trip), "jitter", known(stats->jitter), "delay", delay,
                  "report", report_to_json(reception, now));
    json_object_update_new(object, figures);
}
