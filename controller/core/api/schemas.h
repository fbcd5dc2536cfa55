// SPDX-License-Identifier: GPL-3.0-or-later
// JSON Schemas (2020-12) of what goes in and comes out, for the descriptions that are made from the
// command table (openapi.h, openrpc.h). Those of results are data: schemas.json, which `result` of
// a row names.
#pragma once

#include <jansson.h>
#include <stdbool.h>

#include "controller/core/api/command.h"

// All of schemas.json, by name.
const json_t *schemas_all(void);

// Whether schemas.json has one of that name.
bool schemas_know(const char *name);

// {"$ref": ...} to one of schemas.json; NULL means the one of "nothing".
json_t *schemas_ref(const char *name);

// What a parameter may be; `example` (borrowed, NULL for none) is shown with it.
json_t *schemas_of_param(const struct param *param, const json_t *example);

// All that `document` refers to, directly or not, by name.
json_t *schemas_used_by(const json_t *document);
