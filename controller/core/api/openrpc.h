// SPDX-License-Identifier: GPL-3.0-or-later
// The JSON-RPC half of the command table as an OpenRPC 1.3 document (spec.open-rpc.org).
#pragma once

#include <jansson.h>

// Made once; the caller gets a reference, and changes nothing in it.
json_t *openrpc_document(void);
