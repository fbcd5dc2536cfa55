// SPDX-License-Identifier: GPL-3.0-or-later
// Owns every part of the pipeline and does all the wiring.
#pragma once

#include "common/config.h"

struct app;

// NULL with `error` when a setting is wrong or a library is missing.
struct app *app_create(const struct config *config, GError **error);
void app_destroy(struct app *app);

// Runs until SIGTERM or SIGINT, or until app_create()'s parts are told to stop.
void app_run(struct app *app);
