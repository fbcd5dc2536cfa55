// SPDX-License-Identifier: GPL-3.0-or-later
// Leave to hear something without a key, for a while: a room, as the controller gives it and the
// pipeline's doors ask for it, for one listener and one kind of door; or a recording, of which the
// controller does both. It is text that fits into a URL as it is, "EXPIRES.LISTENER.SIGNATURE", the
// signature being HMAC-SHA256 by the secret that both share.
#pragma once

#include <glib.h>
#include <stdbool.h>

// The longest that is read, bytes.
#define TOKEN_MAX 256
// How long one for a room is good for, seconds.
#define TOKEN_SECONDS 120

struct token {
    const char *subject;  // name of the room, id of the recording
    const char *kind;     // "websocket", "pcm", "webm", "ogg"; of a recording "recording.audio"
    const char *listener; // its id: hexadecimal digits
    gint64 expires;       // seconds of Unix time
};

// The caller frees it.
char *token_sign(const char *secret, const struct token *token);

// Whether `text` (NULL for none) is a token for this subject and kind, at `now` seconds of Unix
// time. Gives the listener's id, owned by the caller. Otherwise `error` is of kind 401 where
// another token would do (none, expired), 403 where it was never good for this. Takes as long for a
// near miss as for a far one.
bool token_check(const char *secret, const char *text, const char *subject, const char *kind,
                 gint64 now, char **listener, GError **error);
