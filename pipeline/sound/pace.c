// SPDX-License-Identifier: GPL-3.0-or-later
#include "pipeline/sound/pace.h"

#include <glib.h>

static void clear_slot(struct pace *pace, int64_t slot)
{
    pace->least[slot % PACE_SLOTS] = G_MAXINT64;
    pace->most[slot % PACE_SLOTS] = G_MININT64;
}

void pace_init(struct pace *pace, int64_t length)
{
    *pace = (struct pace){.length = length, .per_slot = MAX(1000000 / PACE_SLOTS / length, 1)};
    for (int i = 0; i < PACE_SLOTS; i++)
        clear_slot(pace, i);
}

static void note(struct pace *pace, int64_t n, int64_t offset)
{
    int64_t slot = n / pace->per_slot;
    // After a jump, everything is old.
    for (int64_t s = MAX(pace->slot + 1, slot - PACE_SLOTS + 1); s <= slot; s++)
        clear_slot(pace, s);
    pace->slot = slot;
    int64_t *least = &pace->least[slot % PACE_SLOTS], *most = &pace->most[slot % PACE_SLOTS];
    *least = MIN(*least, offset);
    *most = MAX(*most, offset);
}

static void bounds(const struct pace *pace, int64_t *least, int64_t *most)
{
    *least = G_MAXINT64;
    *most = G_MININT64;
    for (int i = 0; i < PACE_SLOTS; i++) {
        *least = MIN(*least, pace->least[i]);
        *most = MAX(*most, pace->most[i]);
    }
}

int64_t pace_due(struct pace *pace, int64_t n, int64_t ready, int64_t period)
{
    int64_t least, most;
    note(pace, n, ready - n * pace->length);
    bounds(pace, &least, &most);
    // A frame that the machine delayed must not raise everyone's delay: `most` counts up to what
    // the period explains.
    int64_t due = n * pace->length + MIN(most, least + period);
    return CLAMP(due, ready, ready + period);
}

int64_t pace_began(const struct pace *pace, int64_t n)
{
    int64_t least, most;
    bounds(pace, &least, &most);
    return (n - 1) * pace->length + least;
}
