// SPDX-License-Identifier: GPL-3.0-or-later
// The command table describes itself.
#include "controller/core/commands/commands.h"
#include "controller/core/api/openapi.h"
#include "controller/core/api/openrpc.h"

static void openapi_show(struct session *session, struct call *call)
{
    call_succeed(call, openapi_document());
}

static void rpc_discover(struct session *session, struct call *call)
{
    call_succeed(call, openrpc_document());
}

static const struct command openapi_row = {
    "openapi.show",
    "GET",
    "/v1/openapi.json",
    SCOPE_OPEN,
    BODY_NONE,
    BODY_JSON,
    200,
    .words = "REST, described as OpenAPI 3.1 for programs that read that.",
    .result = "openapi",
    .example = "{}",
    .handle = openapi_show,
};
static const struct command discover_row = {
    "rpc.discover",         .scope = SCOPE_OPEN,
    .websocket_only = true, .words = "JSON-RPC, described as OpenRPC for programs that read that.",
    .result = "openrpc",    .example = "{}",
    .handle = rpc_discover,
};

const struct command *const describe_commands[] = {&openapi_row, &discover_row, NULL};
