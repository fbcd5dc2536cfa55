// SPDX-License-Identifier: GPL-3.0-or-later
// Sounds on disk: what was uploaded, checked and made into WAV files by farfield-sound, each named
// by the SHA-256 of its bytes, with a JSON file beside it; and the folder of the server's own where
// scsynth finds what it is to read, and writes what is asked of it.
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "controller/core/session.h"

#define ASSETS_CHECKS 2        // at once; more wait for their turn
#define ASSETS_DEADLINE 120000 // of one check, ms

struct assets_plan {
    const char *assets_dir, *uploads_dir;
    const char *server_dir; // scsynth may read and write there
    const char *program;    // farfield-sound
    guint64 max_bytes;      // that a sound may take in a buffer
};

struct assets;

// The folders must be there.
struct assets *assets_create(const struct assets_plan *plan);
void assets_destroy(struct assets *assets);

// Tells the session of what is there, and removes what a crash has left behind.
void assets_start(struct assets *assets, struct session *session);
// Ends the checks that run.
void assets_stop(struct assets *assets);

// The ports of the session that lead here (session_ports in controller/core/session.h).
bool assets_check(struct assets *assets, guint ticket, const char *path, const char *title,
                  GError **error);
char *assets_stage(struct assets *assets, const char *name, int number, GError **error);
void assets_unstage(struct assets *assets, int number);
bool assets_delete(struct assets *assets, const char *name, GError **error);
char *assets_path(const struct assets *assets, const char *name);
char *assets_scratch(struct assets *assets, int number, guint64 bytes, GError **error);
