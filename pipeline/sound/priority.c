// SPDX-License-Identifier: GPL-3.0-or-later
#include "pipeline/sound/priority.h"

#include <pthread.h>
#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>

#define NICENESS -11 // as desktop sound servers run

enum priority priority_raise(void)
{
    struct sched_param param = {.sched_priority = sched_get_priority_min(SCHED_FIFO)};
    if (pthread_setschedparam(pthread_self(), SCHED_FIFO, &param) == 0)
        return PRIORITY_REALTIME;
    return setpriority(PRIO_PROCESS, gettid(), NICENESS) == 0 ? PRIORITY_NICE : PRIORITY_NORMAL;
}
