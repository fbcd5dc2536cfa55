// SPDX-License-Identifier: GPL-3.0-or-later
// A call that waits for what the pipeline will say, and for how long.
#pragma once

#include "controller/core/session.h"

struct awaited {
    struct call *call; // NULL where none waits
    int64_t deadline;  // of the session's clock, microseconds
};

// Of all that wait, however long they still may.
#define AWAITED_ALL G_MAXINT64

// From `now` on, for five seconds. Nothing may wait yet.
void awaited_begin(struct awaited *awaited, struct call *call, int64_t now);
// The call, which the caller has to answer now; NULL where none waited.
struct call *awaited_end(struct awaited *awaited);
// Ends it by an error, if one waits.
void awaited_fail(struct awaited *awaited, int status, const char *detail);

// Whether one waits, and may do so until `time` at most.
bool awaited_ends_by(const struct awaited *awaited, int64_t time);
// The earlier of its deadline and `next`; 0 is none.
int64_t awaited_earlier(const struct awaited *awaited, int64_t next);
