// SPDX-License-Identifier: GPL-3.0-or-later
// The folder of recordings, which the pipeline fills.
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "common/recording.h"

// Every recording that is there: struct recording. The caller owns the array, whose elements are
// not freed with it. What cannot be read is logged and left alone.
GPtrArray *recordings_load(const char *dir);

// Deletes the folder of one. It is out of sight at once; its files go on a thread, since large ones
// take time.
bool recordings_erase(const char *dir, const char *id, GError **error);
