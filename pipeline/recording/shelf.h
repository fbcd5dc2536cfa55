// SPDX-License-Identifier: GPL-3.0-or-later
// The folder of all recordings: how full it may be, and what an earlier pipeline left in it. Any
// thread may call.
#pragma once

#include <glib.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "common/recording.h"

struct shelf {
    char *dir;            // owned, "" where none is set
    guint64 limit;        // bytes of all recordings together
    guint64 reserve;      // bytes of the disk that are left to others
    guint64 margin;       // bytes that may come in between two looks
    _Atomic guint64 used; // as counted last, and what was written since
};

void shelf_init(struct shelf *shelf, const char *dir, guint64 limit, guint64 reserve,
                guint64 margin);
void shelf_clear(struct shelf *shelf);

// Whether there is room to begin a recording; ERROR_FULL with the reason where there is not.
bool shelf_may_begin(struct shelf *shelf, GError **error);
// Whether one that runs may go on, having written `bytes` since it last asked.
bool shelf_may_go_on(struct shelf *shelf, guint64 bytes, GError **error);

// Makes the folder of a recording and holds it for as long as the descriptor that is returned is
// open; -1 with `error`.
int shelf_make(const struct shelf *shelf, const char *id, GError **error);
// Writes recording.json.
bool shelf_note(const struct shelf *shelf, const struct recording *recording, GError **error);
// Deletes the folder of a recording, with what is in it.
void shelf_remove(const struct shelf *shelf, const struct recording *recording);

// Marks as interrupted what nobody records any more, its files set right.
void shelf_recover(const struct shelf *shelf);
