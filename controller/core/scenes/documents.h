// SPDX-License-Identifier: GPL-3.0-or-later
// How the session names what the store keeps for it.
#pragma once

#include "controller/core/api/problem.h"

#define DOCUMENTS_MAX 1000 // of one kind in one folder

struct document_key {
    const char *kind;   // "scene", "preset"
    const char *folder; // a preset's SynthDef, "" for what needs none
    const char *name;
};

// Adds an entry to `problem` for a name that a path could not carry.
void document_check_name(const char *field, const char *name, struct problem *problem);
