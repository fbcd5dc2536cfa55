// SPDX-License-Identifier: GPL-3.0-or-later
// The REST half of the command table as an OpenAPI 3.1 document (spec.openapis.org/oas/v3.1.0).
#pragma once

#include <jansson.h>

// Made once; the caller gets a reference, and changes nothing in it.
json_t *openapi_document(void);
