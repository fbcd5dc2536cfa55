// SPDX-License-Identifier: GPL-3.0-or-later
#include "controller/core/listening/awaited.h"

#define PATIENCE (5 * G_TIME_SPAN_SECOND)

void awaited_begin(struct awaited *awaited, struct call *call, int64_t now)
{
    g_assert(!awaited->call);
    *awaited = (struct awaited){call, now + PATIENCE};
}

struct call *awaited_end(struct awaited *awaited)
{
    return g_steal_pointer(&awaited->call);
}

void awaited_fail(struct awaited *awaited, int status, const char *detail)
{
    struct call *call = awaited_end(awaited);
    if (call)
        call_fail(call, problem_new(status, "%s", detail));
}

bool awaited_ends_by(const struct awaited *awaited, int64_t time)
{
    return awaited->call && awaited->deadline <= time;
}

int64_t awaited_earlier(const struct awaited *awaited, int64_t next)
{
    return awaited->call && (next == 0 || awaited->deadline < next) ? awaited->deadline : next;
}
