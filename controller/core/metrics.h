// SPDX-License-Identifier: GPL-3.0-or-later
// What there is to know in numbers, for those who watch over Farfield: one table, told as JSON and
// in the text format of Prometheus.
#pragma once

#include <jansson.h>

#include "controller/core/session.h"

#define METRICS_TYPE "text/plain; version=0.0.4"

// {"metrics": [{"name", "type", "help", "samples": [{"labels": {name: value}, "value"}]}]}
json_t *metrics_to_json(const struct session *session);

// The same as text; `metrics` is what metrics_to_json() gave. The caller frees it.
// https://prometheus.io/docs/instrumenting/exposition_formats/
char *metrics_to_text(const json_t *metrics);
