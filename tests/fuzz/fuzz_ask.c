// SPDX-License-Identifier: GPL-3.0-or-later
// What strangers send to the doors without WebRTC: lines are a path, arguments, and a message. All
// is read or refused with a reason, and no token is good that the controller has not signed.
#include <glib.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/token.h"
#include "pipeline/doors/ask.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_token(const struct ask *ask)
{
    g_autofree char *listener = NULL;
    g_autoptr(GError) error = NULL;
    if (token_check("secret", ask->token, ask->room, listener_kind_name(ask->kind), 0, &listener,
                    &error) ||
        !error)
        abort();
    // One that is signed for the same is good, whatever the room is called.
    struct token leave = {ask->room, listener_kind_name(ask->kind), "0a", 1};
    g_autofree char *text = token_sign("secret", &leave);
    if (!token_check("secret", text, ask->room, leave.kind, 0, &listener, NULL) ||
        strcmp(listener, "0a") != 0)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autofree char *text = g_strndup((const char *)data, size);
    g_auto(GStrv) lines = g_strsplit(text, "\n", 16);
    struct ask ask;
    struct said said;
    g_autoptr(GError) error = NULL;
    if (!lines[0])
        return 0;
    if (ask_read(&ask, lines[0], (const char *const *)lines + 1, &error)) {
        if (strlen(ask.room) >= sizeof ask.room || strchr(ask.room, '/'))
            abort();
        check_token(&ask);
    } else if (!error) {
        abort();
    }
    g_clear_error(&error);
    if (said_read(&said, (const char *)data, size, &error) == (error != NULL))
        abort();
    said_clear(&said);
    return 0;
}
