// SPDX-License-Identifier: GPL-3.0-or-later
// The reference for people: docs/reference.md, made from the command table by `make reference`.
#pragma once

#include <glib.h>

// The page, Markdown; the caller frees it.
char *reference_markdown(void);

// --- its parts ----------------------------------------------------------------------------------

void reference_add_results(GString *text);
