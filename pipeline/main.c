// SPDX-License-Identifier: GPL-3.0-or-later
#include <gst/gst.h>
#include <signal.h>
#include <stdlib.h>

#include "common/config.h"
#include "common/log.h"
#include "pipeline/app.h"

static int run(const struct config *config)
{
    g_autoptr(GError) error = NULL;
    struct app *app = app_create(config, &error);
    if (!app) {
        log_error("pipeline.failed", "{s:s}", "detail", error->message);
        return EXIT_FAILURE;
    }
    app_run(app);
    app_destroy(app);
    return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
    g_autoptr(GError) error = NULL;
    struct config *config;
    enum config_outcome outcome = config_load(PROGRAM_PIPELINE, argc, argv, &config, &error);
    if (outcome == CONFIG_ERROR)
        g_printerr("farfield-pipeline: %s\n", error->message);
    if (outcome != CONFIG_RUN)
        return outcome == CONFIG_EXIT ? EXIT_SUCCESS : EXIT_FAILURE;
    log_setup("farfield-pipeline", log_level_from(config_string(config, "log-level")),
              g_str_equal(config_string(config, "log-format"), "json"));
    // A limit on the size of files is to be an error of writing, not our end.
    signal(SIGXFSZ, SIG_IGN);
    gst_init(NULL, NULL);
    int status = run(config);
    config_destroy(config);
    return status;
}
