// SPDX-License-Identifier: GPL-3.0-or-later
// Prints what is made from the command table: docs/reference.md; or by the argument
// "server-commands", docs/server-commands.md; "openapi" or "openrpc", what Farfield serves of
// itself, for `make types`.
#include "controller/core/api/reference.h"

#include <glib.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "controller/core/api/openapi.h"
#include "controller/core/api/openrpc.h"
#include "controller/core/osc/osc_rules.h"

static char *text_of(json_t *document)
{
    char *text = json_dumps(document, JSON_INDENT(1));
    json_decref(document);
    return text;
}

int main(int argc, char **argv)
{
    const char *wanted = argc > 1 ? argv[1] : "reference";
    char *page = g_str_equal(wanted, "server-commands") ? osc_rules_markdown()
                 : g_str_equal(wanted, "openapi")       ? text_of(openapi_document())
                 : g_str_equal(wanted, "openrpc")       ? text_of(openrpc_document())
                                                        : reference_markdown();
    bool failed = fputs(page, stdout) < 0;
    free(page); // g_free() is the same
    return failed;
}
