// SPDX-License-Identifier: GPL-3.0-or-later
#include "pipeline/sound/priority.h"

#include <glib.h>
#include <pthread.h>
#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>

#include "common/log.h"

#define NICENESS -11 // as desktop sound servers run

void priority_raise(void)
{
    struct sched_param param = {.sched_priority = sched_get_priority_min(SCHED_FIFO)};
    if (pthread_setschedparam(pthread_self(), SCHED_FIFO, &param) == 0) {
        log_info("source.priority", "{s:s}", "scheduling", "realtime");
        return;
    }
    if (setpriority(PRIO_PROCESS, gettid(), NICENESS) == 0) {
        log_info("source.priority", "{s:s s:i}", "scheduling", "nice", "niceness", NICENESS);
        return;
    }
    log_warning("source.priority", "{s:s s:s}", "scheduling", "normal", "detail",
                "neither realtime scheduling nor a better niceness is allowed here");
}
