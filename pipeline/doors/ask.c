// SPDX-License-Identifier: GPL-3.0-or-later
#include "pipeline/doors/ask.h"

#include <string.h>

#include "common/error.h"

#define ROOMS "/v1/rooms/"
#define MAX_T 64 // bytes of a string that comes back

static const struct {
    const char *leaf;
    enum listener_kind kind;
} leaves[] = {{"audio", KIND_WEBSOCKET}, {"listen.webm", KIND_WEBM}, {"listen.ogg", KIND_OGG}};

static bool refuse(GError **error, enum farfield_error kind, const char *words)
{
    g_set_error_literal(error, FARFIELD_ERROR, kind, words);
    return false;
}

static bool read_path(struct ask *ask, const char *path, GError **error)
{
    const char *room = g_str_has_prefix(path, ROOMS) ? path + strlen(ROOMS) : "";
    gsize length = strcspn(room, "/");
    for (gsize i = 0; i < G_N_ELEMENTS(leaves); i++) {
        if (length == 0 || length >= sizeof ask->room || room[length] != '/' ||
            strcmp(room + length + 1, leaves[i].leaf) != 0)
            continue;
        g_strlcpy(ask->room, room, length + 1);
        ask->kind = leaves[i].kind;
        return true;
    }
    return refuse(error, ERROR_NOT_FOUND, "there is nothing at this path");
}

static bool read_format(struct ask *ask, const char *value, GError **error)
{
    if (ask->kind == KIND_WEBSOCKET && strcmp(value, "s16") == 0)
        ask->kind = KIND_PCM;
    else if (ask->kind != KIND_WEBSOCKET || strcmp(value, "opus") != 0)
        return refuse(error, ERROR_REFUSED, "format is opus or s16, of audio alone");
    return true;
}

static bool read_token(struct ask *ask, const char *value, GError **error)
{
    if (g_strlcpy(ask->token, value, sizeof ask->token) >= sizeof ask->token)
        return refuse(error, ERROR_FORBIDDEN, "the token is too long to be one");
    return true;
}

static bool read_mode(enum stream_mode *mode, const char *value, GError **error)
{
    if (!value || !stream_mode_of_name(value, mode))
        return refuse(error, ERROR_REFUSED, "mode is balanced, lowest or safe");
    return true;
}

static bool read_argument(struct ask *ask, const char *argument, unsigned *seen, GError **error)
{
    static const char *const names[] = {"token", "mode", "format"};
    const char *equals = strchr(argument, '=');
    gsize length = equals ? (gsize)(equals - argument) : 0;
    unsigned which = 0;
    while (which < G_N_ELEMENTS(names) && (strlen(names[which]) != length || length == 0 ||
                                           strncmp(names[which], argument, length) != 0))
        which++;
    if (which == G_N_ELEMENTS(names))
        return refuse(error, ERROR_REFUSED, "the query may have token, mode and format");
    if (*seen & 1u << which)
        return refuse(error, ERROR_REFUSED, "the query says something twice");
    *seen |= 1u << which;
    const char *value = equals + 1;
    return which == 0   ? read_token(ask, value, error)
           : which == 1 ? read_mode(&ask->mode, value, error)
                        : read_format(ask, value, error);
}

bool ask_read(struct ask *ask, const char *path, const char *const *arguments, GError **error)
{
    unsigned seen = 0;
    *ask = (struct ask){.mode = MODE_BALANCED};
    if (!read_path(ask, path, error))
        return false;
    for (; *arguments; arguments++)
        if (!read_argument(ask, *arguments, &seen, error))
            return false;
    return true;
}

static bool read_clock(struct said *said, const json_t *object, GError **error)
{
    json_t *t = json_object_get(object, "t");
    if (t && !json_is_number(t) && !(json_is_string(t) && json_string_length(t) <= MAX_T))
        return refuse(error, ERROR_INVALID, "t must be a number, or a string of at most 64 bytes");
    said->type = SAID_CLOCK;
    said->t = json_incref(t);
    return true;
}

static bool read_said(struct said *said, const json_t *object, GError **error)
{
    const char *type = json_string_value(json_object_get(object, "type"));
    if (g_strcmp0(type, "clock") == 0)
        return read_clock(said, object, error);
    said->type = SAID_MODE;
    if (g_strcmp0(type, "mode") == 0)
        return read_mode(&said->mode, json_string_value(json_object_get(object, "mode")), error);
    return refuse(error, ERROR_INVALID, "type must be clock or mode");
}

bool said_read(struct said *said, const char *text, gsize length, GError **error)
{
    *said = (struct said){0};
    if (length > ASK_MAX_SAID)
        return refuse(error, ERROR_TOO_LARGE, "a message is at most 1024 bytes");
    json_t *object = json_loadb(text, length, JSON_REJECT_DUPLICATES, NULL);
    bool good = json_is_object(object) ? read_said(said, object, error)
                                       : refuse(error, ERROR_INVALID, "a JSON object is expected");
    json_decref(object);
    return good;
}

void said_clear(struct said *said)
{
    json_decref(said->t);
    said->t = NULL;
}
