// SPDX-License-Identifier: GPL-3.0-or-later
#include <glib.h>
#include <stdio.h>
#include <sys/resource.h>

#include "common/log.h"
#include "controller/app.h"

// A thousand connections of each kind, and what else is open. A shell gives 1024 by default.
#define DESCRIPTORS 4096

static void allow_descriptors(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= DESCRIPTORS)
        return;
    limit.rlim_cur = MIN(limit.rlim_max, DESCRIPTORS);
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur < DESCRIPTORS)
        log_warning("controller.descriptors", "{s:i}", "most", (int)limit.rlim_cur);
}

int main(int argc, char **argv)
{
    struct config *config;
    g_autoptr(GError) error = NULL;
    switch (config_load(PROGRAM_CONTROLLER, argc, argv, &config, &error)) {
    case CONFIG_EXIT:
        return 0;
    case CONFIG_ERROR:
        fprintf(stderr, "farfield-controller: %s\n", error->message);
        return 2;
    case CONFIG_RUN:
        break;
    }
    log_setup("farfield-controller", log_level_from(config_string(config, "log-level")),
              *config_string(config, "log-format") == 'j');
    allow_descriptors();
    int status = app_run(config);
    config_destroy(config);
    return status;
}
