// SPDX-License-Identifier: GPL-3.0-or-later
// The session's port to what the programs use: the controller itself, and its children.
#include <string.h>
#include <unistd.h>

#include "controller/doors/usage.h"
#include "controller/supervisor.h"
#include "controller/wiring.h"

static int port_usage(void *data, struct usage *all)
{
    static const char *const children[] = {"jackd", "scsynth", "pipeline"};
    const struct app *app = data;
    int count = 0;
    if (usage_read(getpid(), &all[0]))
        all[count++].name = "controller";
    json_t *running = supervisor_save(app->supervisor);
    for (gsize i = 0; i < G_N_ELEMENTS(children); i++) {
        const json_t *child = json_object_get(running, children[i]);
        pid_t pid = (pid_t)json_integer_value(json_object_get(child, "pid"));
        if (pid && usage_read(pid, &all[count]))
            all[count++].name = children[i];
    }
    json_decref(running);
    return count;
}

void wiring_usage(struct session_ports *ports)
{
    ports->usage = port_usage;
}
