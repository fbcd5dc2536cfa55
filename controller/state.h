// SPDX-License-Identifier: GPL-3.0-or-later
// The data folder: one controller at a time, and what the next one has to know if this one crashes.
#pragma once

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>

struct state {
    char *auditions_dir;                          // owned: made when it is needed
    char *run_dir, *defs_dir, *user_dir;          // owned; defs_dir ends with '/'
    char *recordings_dir;                         // owned
    char *server_dir;                             // owned; the only folder that scsynth may use
    char *assets_dir, *uploads_dir, *buffers_dir; // owned; the last is within server_dir
    char *file, *model, *buffers_file;            // owned
    char *store_file;                             // owned: for scenes and presets
    int lock;
};

// Makes the folders that are missing and takes the lock; false with a sentence where another
// controller has it or the folder cannot be used. `data_dir` may be "" for the default.
bool state_open(struct state *state, const char *data_dir, GError **error);
void state_close(struct state *state);

// What an earlier controller left behind, an object, or NULL. The caller owns it.
json_t *state_load(const struct state *state);
bool state_save(const struct state *state, const json_t *saved, GError **error);
// The same of session_ports::save_model.
json_t *state_load_model(const struct state *state);
bool state_save_model(const struct state *state, const json_t *model, GError **error);
// What its buffers were, likewise.
json_t *state_load_buffers(const struct state *state);
bool state_save_buffers(const struct state *state, const json_t *buffers, GError **error);
// After an orderly end there is nothing to adopt.
void state_forget(const struct state *state);
