// SPDX-License-Identifier: GPL-3.0-or-later
// The families of commands, one file each; every list ends with NULL.
#pragma once

#include "controller/core/command.h"

extern const struct command *const group_commands[];
extern const struct command *const health_commands[];
extern const struct command *const listener_commands[];
extern const struct command *const node_commands[];
extern const struct command *const room_commands[];
extern const struct command *const server_commands[];
extern const struct command *const synthdef_commands[];
extern const struct command *const topic_commands[];
extern const struct command *const webrtc_commands[];
extern const struct command *const whep_commands[];
