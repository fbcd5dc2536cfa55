// SPDX-License-Identifier: GPL-3.0-or-later
#include "controller/core/moment.h"

#include <math.h>

int64_t moment_of_call(struct session *session, const struct call *call, struct problem *problem)
{
    int64_t real = session->ports.real_time(session->ports.data);
    if (call_has(call, "at") + call_has(call, "in") + call_has(call, "beats") > 1)
        problem_add(problem, "at", "only one of at, in and beats says when");
    if (call_has(call, "phase") && !call_has(call, "beats"))
        problem_add(problem, "phase", "is counted from beats, which are not given");
    if (call_has(call, "in"))
        return real + llround(call_number(call, "in") * 1e6);
    if (call_has(call, "beats")) {
        double beat = clock_next(&session->clock, call_number(call, "beats"),
                                 call_number(call, "phase"), real);
        return clock_time_of(&session->clock, beat);
    }
    if (!call_has(call, "at"))
        return 0;
    double at = call_number(call, "at");
    if (at < 0 || at > (double)real / 1e6 + BUNDLES_FARTHEST) {
        problem_add(problem, "at", "must be Unix time within the next %d seconds",
                    BUNDLES_FARTHEST);
        return 0;
    }
    return MAX(llround(at * 1e6), 1);
}
