// SPDX-License-Identifier: GPL-3.0-or-later
// The families of commands, one file each; every list ends with NULL.
#pragma once

#include "controller/core/api/command.h"

// Parameters that several families have.
#define ROOM_PARAM                                                                                 \
    {                                                                                              \
        "room", PARAM_STRING, true, "name of the room"                                             \
    }
#define MODE_PARAM(must, otherwise)                                                                \
    {                                                                                              \
        "mode", PARAM_STRING, must,                                                                \
            "lowest: the shortest delay; safe: for networks that lose packets",                    \
            .choices = "balanced|lowest|safe", .fallback = otherwise                               \
    }
#define ANY_MODE MODE_PARAM(false, "\"balanced\"")
#define CLIENT_PARAM                                                                               \
    {                                                                                              \
        "client", PARAM_STRING, false, "name of the program, in place of its User-Agent"           \
    }

extern const struct command *const asset_commands[];
extern const struct command *const buffer_commands[];
extern const struct command *const bundle_commands[];
extern const struct command *const bus_commands[];
extern const struct command *const clock_commands[];
extern const struct command *const control_commands[];
extern const struct command *const describe_commands[];
extern const struct command *const group_commands[];
extern const struct command *const health_commands[];
extern const struct command *const hold_commands[];
extern const struct command *const listener_commands[];
extern const struct command *const log_commands[];
extern const struct command *const node_commands[];
extern const struct command *const osc_commands[];
extern const struct command *const peaks_commands[];
extern const struct command *const preset_commands[];
extern const struct command *const recording_commands[];
extern const struct command *const relay_commands[];
extern const struct command *const room_commands[];
extern const struct command *const samples_commands[];
extern const struct command *const scene_commands[];
extern const struct command *const server_commands[];
extern const struct command *const stats_commands[];
extern const struct command *const stream_commands[];
extern const struct command *const synth_commands[];
extern const struct command *const synthdef_commands[];
extern const struct command *const topic_commands[];
extern const struct command *const undo_commands[];
extern const struct command *const webrtc_commands[];
extern const struct command *const whep_commands[];
