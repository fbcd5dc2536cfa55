// SPDX-License-Identifier: GPL-3.0-or-later
// What Farfield and its programs have said of late, for those who have no terminal: the topic `log`
// and log.list. Of level debug it takes nothing.
//
// A line that is noted while others are told may be about the telling itself: it is kept, and not
// told.
#pragma once

#include <glib.h>
#include <jansson.h>
#include <stdint.h>

#include "common/log.h"

#define JOURNAL_MAX_LINES 500
#define JOURNAL_MAX_TEXT 1000 // bytes of a message, and of a field
#define JOURNAL_MAX_FIELDS 16

// Events: so many lines at once, so often at most (microseconds). Of more the latest are told, and
// how many are not.
#define JOURNAL_MAX_TOLD 20
#define JOURNAL_INTERVAL 100000

struct session;

struct journal {
    GQueue lines;       // json_t *, oldest first
    GPtrArray *secrets; // owned: texts that are left out
    uint64_t next;      // number of the next line
    uint64_t told;      // the first of which nobody has been told
    int64_t due;        // when they are to be told, 0 if there are none
};

void journal_init(struct journal *journal);
void journal_clear(struct journal *journal);
// From now on no line shows that text. NULL and "" hide nothing.
void journal_hide(struct journal *journal, const char *secret);

// Somebody has said something: `source` is a program, `fields` an object or NULL (borrowed). To be
// called at any time, on the thread of the session.
void journal_note(struct session *session, enum log_level level, const char *source,
                  const char *message, const json_t *fields);

void journal_tick(struct session *session);

// The last `count` lines, oldest first.
json_t *journal_to_json(const struct journal *journal, int count);
