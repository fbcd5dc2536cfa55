// SPDX-License-Identifier: GPL-3.0-or-later
// Prints docs/reference.md, or docs/server-commands.md where that is asked for, for
// `make reference`.
#include "controller/core/api/reference.h"

#include <glib.h>
#include <stdio.h>
#include <string.h>

#include "controller/core/osc/osc_rules.h"

int main(int argc, char **argv)
{
    bool commands = argc > 1 && strcmp(argv[1], "server-commands") == 0;
    g_autofree char *page = commands ? osc_rules_markdown() : reference_markdown();
    return fputs(page, stdout) < 0;
}
