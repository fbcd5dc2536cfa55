// SPDX-License-Identifier: GPL-3.0-or-later
// Moves that scsynth has been asked for, or will be by a bundle, and that the mirror does not show
// yet. scsynth does not look whether a group comes to stand below itself, where it is lost.
#pragma once

#include "controller/core/session_own.h"

// Whether a node may move into or beside `target`, in whatever order other moves that are on their
// way are carried out. False for a group that might come to stand below itself.
bool moves_allow(const struct session *session, const struct node *node, int32_t target);

// Whether any move is on its way.
bool moves_are_due(const struct session *session);
