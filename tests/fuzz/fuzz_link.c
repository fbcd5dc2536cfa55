// SPDX-License-Identifier: GPL-3.0-or-later
// The link's messages: whatever arrives is refused or understood, and what was understood survives
// being written and read again.
#include <glib.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/link.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autoptr(GError) error = NULL;
    struct link_message *message = link_message_decode((const char *)data, size, &error);
    if (!message) {
        if (!error)
            abort();
        return 0;
    }
    g_autofree char *once = link_message_encode(message);
    link_message_destroy(message);
    message = link_message_decode(once, strlen(once), &error);
    if (!message)
        g_error("%s: %s", once, error->message);
    g_autofree char *twice = link_message_encode(message);
    link_message_destroy(message);
    if (strcmp(once, twice) != 0)
        g_error("%s became %s", once, twice);
    return 0;
}
