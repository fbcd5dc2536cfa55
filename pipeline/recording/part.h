// SPDX-License-Identifier: GPL-3.0-or-later
// One sound file being written: WAV or FLAC, 24 bit, stereo, at RECORDING_RATE. It can be read at
// any time, and is readable when this process dies, but for the last second.
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

#include "common/recording.h"

struct part;

// Makes the file, which must not be there yet. NULL with `error`.
struct part *part_create(const char *path, enum recording_format format, GError **error);
// Completes it and says what it has. False with `error` where that fails; it is freed all the same.
bool part_close(struct part *part, struct recording_part *whole, GError **error);

// Adds frames, interleaved, within -1..1. False with `error` when the disk does not take them.
bool part_write(struct part *part, const float *frames, size_t count, GError **error);

// Has the file say how long it is, as far as it is written; to be called every second. With `sync`
// it is handed to the disk, which can take long.
void part_update(struct part *part, bool sync);

guint64 part_frames(const struct part *part);
guint64 part_bytes(const struct part *part); // of the file, so far
// The most that the file can have after `count` further frames and its end.
guint64 part_bytes_after(const struct part *part, size_t count);

// Sets right the header of a file whose writer died, and counts what is in it. False where it is no
// such file.
bool part_recover(const char *path, enum recording_format format, struct recording_part *found);
