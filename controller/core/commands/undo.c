// SPDX-License-Identifier: GPL-3.0-or-later
#include "controller/core/undo/undo.h"

#include "controller/core/commands/commands.h"

static const struct command undo = {
    "session.undo",
    .scope = SCOPE_PLAY,
    .websocket_only = true,
    .waits = true,
    .words = "Takes back the last change of controls, or the last freeing of nodes, of this "
             "connection.",
    .result = "undone",
    .handle = undo_back,
};
static const struct command redo = {
    "session.redo",
    .scope = SCOPE_PLAY,
    .websocket_only = true,
    .waits = true,
    .words = "Does again what was taken back last.",
    .result = "redone",
    .handle = undo_again,
};

const struct command *const undo_commands[] = {&undo, &redo, NULL};
