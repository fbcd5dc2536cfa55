// SPDX-License-Identifier: GPL-3.0-or-later
#include <stdio.h>

#include "common/log.h"
#include "controller/app.h"

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
    int status = app_run(config);
    config_destroy(config);
    return status;
}
