// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/token.h"

#include <string.h>

#include "common/error.h"

#define SIGNATURE 64 // hexadecimal digits of SHA-256

static char *signature(const char *secret, const struct token *token)
{
    // The subject comes last: it alone may hold any character.
    g_autofree char *text =
        g_strdup_printf("farfield.stream.v1\n%" G_GINT64_FORMAT "\n%s\n%s\n%s", token->expires,
                        token->listener, token->kind, token->subject);
    return g_compute_hmac_for_string(G_CHECKSUM_SHA256, (const guchar *)secret, strlen(secret),
                                     text, -1);
}

char *token_sign(const char *secret, const struct token *token)
{
    g_autofree char *sign = signature(secret, token);
    return g_strdup_printf("%" G_GINT64_FORMAT ".%s.%s", token->expires, token->listener, sign);
}

static bool same_signature(const char *a, const char *b)
{
    guchar difference = 0;
    if (strlen(a) != SIGNATURE || strlen(b) != SIGNATURE)
        return false;
    for (int i = 0; i < SIGNATURE; i++)
        difference |= a[i] ^ b[i];
    return difference == 0;
}

static bool is_hexadecimal(const char *text)
{
    return *text && strspn(text, "0123456789abcdef") == strlen(text);
}

static bool is_good(const char *secret, char **parts, const char *subject, const char *kind,
                    gint64 *expires)
{
    if (g_strv_length(parts) != 3 || !is_hexadecimal(parts[1]) ||
        !g_ascii_string_to_signed(parts[0], 10, 0, G_MAXINT64, expires, NULL))
        return false;
    struct token token = {subject, kind, parts[1], *expires};
    g_autofree char *expected = signature(secret, &token);
    return same_signature(parts[2], expected);
}

bool token_check(const char *secret, const char *text, const char *subject, const char *kind,
                 gint64 now, char **listener, GError **error)
{
    if (!text || !*text) {
        g_set_error(error, FARFIELD_ERROR, ERROR_UNAUTHENTICATED,
                    "a token is needed, as room.streams and recording.link give it");
        return false;
    }
    gint64 expires = 0;
    g_auto(GStrv) parts = g_strsplit(strlen(text) <= TOKEN_MAX ? text : "", ".", 4);
    if (!is_good(secret, parts, subject, kind, &expires)) {
        g_set_error(error, FARFIELD_ERROR, ERROR_FORBIDDEN, "the token was not given for this");
        return false;
    }
    if (expires <= now) {
        g_set_error(error, FARFIELD_ERROR, ERROR_UNAUTHENTICATED,
                    "the token has expired; ask for another one");
        return false;
    }
    *listener = g_strdup(parts[1]);
    return true;
}
