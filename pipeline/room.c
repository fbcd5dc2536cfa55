// SPDX-License-Identifier: GPL-3.0-or-later
#include "pipeline/room.h"

#include <string.h>

#define CLIENT "farfield-pipeline"
#define MAIN "main"

struct room *room_create(const struct room_settings *settings, const struct link_room *wanted)
{
    struct room *room = g_new0(struct room, 1);
    room->name = g_strdup(wanted->name);
    g_autofree char *client = strcmp(room->name, MAIN) == 0
                                  ? g_strdup(CLIENT)
                                  : g_strconcat(CLIENT "-", room->name, NULL);
    room->capture = capture_create(settings->jack_server, client, wanted->sources);
    room->hub = hub_create();
    room->source = source_create(room->capture, room->hub, &settings->encoder, settings->base);
    return room;
}

void room_destroy(struct room *room)
{
    if (!room)
        return;
    source_destroy(room->source);
    hub_destroy(room->hub);
    capture_destroy(room->capture);
    g_free(room->name);
    g_free(room);
}

struct link_message room_meter(struct room *room)
{
    struct level level = source_take_level(room->source);
    struct link_message message = {.type = LINK_METER, .room = room->name};
    level_read(&level, message.peak, message.rms);
    return message;
}
