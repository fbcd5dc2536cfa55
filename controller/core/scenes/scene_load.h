// SPDX-License-Identifier: GPL-3.0-or-later
// The buffers of a scene: {"frames", "channels", "name"?, "asset"?, "start"?, "layers"?}, where
// layers are what was written into one since, {"wave": what buffer.generate takes} or {"runs":
// [{"start", "values": float32 in base64}]}.
#pragma once

#include "controller/core/session.h"

// Every buffer that is ready, by number; `numbers` gets theirs (int), in that order.
json_t *scene_take_buffers(const struct session *session, GArray *numbers);

// Called once: with the number (int) of each of the scene's buffers, those of them that are new,
// and NULL; or with what went wrong, nothing new being left.
typedef void (*scene_loaded)(struct session *session, void *data, const GArray *numbers,
                             const GArray *fresh, struct problem *problem);

// Makes what is not there. A sound that nobody has written into is shared with a buffer that has it
// already; with `reuse` any buffer of the same name and content is.
void scene_load(struct session *session, const json_t *scene, bool reuse, scene_loaded done,
                void *data);

// Frees buffers (int) that are there; nobody waits for it.
void scene_free_buffers(struct session *session, const GArray *numbers);
