// SPDX-License-Identifier: GPL-3.0-or-later
// SynthDefs on disk: those that ship, the folder where a user drops .scsyndef files, and the folder
// of the server, from which alone scsynth loads.
//
// The user's folder is watched. A file that appears or changes is read, checked and loaded; one
// that goes takes its definitions along. Beside NAME.scsyndef a NAME.json, or sclang's
// NAME.txarcmeta, may hold ranges and words.
#pragma once

#include <glib.h>

#include "controller/core/session.h"

struct library;

// `server_dir` ends with '/'. All but `shipped_dir` must exist.
struct library *library_create(const char *shipped_dir, const char *user_dir,
                               const char *server_dir);
void library_destroy(struct library *library);

// Loads what ships (false with `error` where the guard is missing) and the user's folder, which is
// watched from then on.
bool library_start(struct library *library, struct session *session, GError **error);

// The three ports of the session that lead here (session_ports in controller/core/session.h).
char *library_stage(struct library *library, const struct synthdef *synthdef, GError **error);
bool library_keep(struct library *library, struct synthdef *synthdef, GError **error);
bool library_forget(struct library *library, const char *name, GError **error);
