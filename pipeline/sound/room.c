// SPDX-License-Identifier: GPL-3.0-or-later
#include "pipeline/sound/room.h"

#include <string.h>

#include "common/log.h"

#define CLIENT "farfield-pipeline"
#define MAIN "main"
#define DECIDE_TIME (10 * G_TIME_SPAN_SECOND)

#define LOWEST_BLOCK 240 // 5 ms, see docs/benchmarks.md
#define SAFE_BLOCK 960   // 20 ms

static struct encoder_settings settings_of_mode(const struct encoder_settings *balanced,
                                                enum stream_mode mode)
{
    struct encoder_settings settings = *balanced;
    if (mode == MODE_LOWEST)
        settings.block = MIN(balanced->block, LOWEST_BLOCK);
    if (mode == MODE_SAFE)
        settings.block = SAFE_BLOCK;
    settings.fec = settings.block == SAFE_BLOCK || (balanced->fec && mode == MODE_BALANCED);
    return settings;
}

static struct stream *stream_of_block(struct room *room, const struct encoder_settings *settings)
{
    int i = 0;
    while (room->streams[i] && stream_block(room->streams[i]) != settings->block)
        i++;
    if (!room->streams[i])
        room->streams[i] = stream_create(settings);
    return room->streams[i];
}

static void make_streams(struct room *room, const struct encoder_settings *balanced)
{
    for (enum stream_mode mode = 0; mode < STREAM_MODES; mode++) {
        struct encoder_settings settings = settings_of_mode(balanced, mode);
        room->of_mode[mode] = stream_of_block(room, &settings);
    }
}

struct room *room_create(const struct room_settings *settings, const struct link_room *wanted)
{
    struct room *room = g_new0(struct room, 1);
    room->name = g_strdup(wanted->name);
    bool is_main = strcmp(room->name, MAIN) == 0;
    g_autofree char *client =
        is_main ? g_strdup(CLIENT) : g_strconcat(CLIENT "-", room->name, NULL);
    room->capture =
        capture_create(settings->jack_server, client, wanted->sources, is_main && settings->local);
    make_streams(room, &settings->encoder);
    bitrate_init(&room->safe, settings->encoder.bitrate);
    room->source = source_create(room->capture, room->streams, settings->base);
    return room;
}

void room_destroy(struct room *room)
{
    if (!room)
        return;
    source_destroy(room->source);
    for (int i = 0; i < SOURCE_STREAMS; i++)
        stream_destroy(room->streams[i]);
    capture_destroy(room->capture);
    g_free(room->name);
    g_free(room);
}

int room_bitrate(const struct room *room)
{
    return room->safe.full;
}

void room_follow(struct room *room, const struct link_room *wanted)
{
    capture_set_sources(room->capture, wanted->sources);
    if (wanted->bitrate != room_bitrate(room))
        bitrate_init(&room->safe, wanted->bitrate);
    for (int i = 0; i < SOURCE_STREAMS && room->streams[i]; i++)
        stream_tune(room->streams[i], wanted->bitrate, wanted->complexity);
    stream_tune(room->of_mode[MODE_SAFE], room->safe.now, wanted->complexity);
}

struct link_message room_meter(struct room *room)
{
    struct level level = source_take_level(room->source);
    struct link_message message = {.type = LINK_METER, .room = room->name};
    level_read(&level, message.peak, message.rms);
    return message;
}

bool room_put_out_stalled(struct room *room)
{
    bool good = true;
    for (int i = 0; i < SOURCE_STREAMS && room->streams[i]; i++)
        good &= hub_put_out_stalled(stream_hub(room->streams[i]));
    return good;
}

void room_note_loss(struct room *room, enum stream_mode served, double lost)
{
    gint64 now = g_get_monotonic_time();
    if (served != MODE_SAFE)
        return;
    bitrate_report(&room->safe, lost);
    if (now - room->decided < DECIDE_TIME)
        return;
    room->decided = now;
    if (!bitrate_decide(&room->safe))
        return;
    struct stream *safe = room->of_mode[MODE_SAFE];
    stream_tune(safe, room->safe.now, stream_complexity(safe));
    log_info("room.bitrate", "{s:s s:i}", "room", room->name, "safe", room->safe.now);
}
