// SPDX-License-Identifier: GPL-3.0-or-later
// What the commands of buffers, their samples and assets share.
#pragma once

#include "controller/core/session.h"

#define BUFFER_ID                                                                                  \
    {                                                                                              \
        "id", PARAM_ID, true, "number or name of the buffer"                                       \
    }

// The buffer that a call names. NULL where the call has been answered, or held back until the
// buffer has done what it is busy with; its handler is called again then.
struct buffer *call_buffer(struct session *session, struct call *call);
// Likewise one that scsynth has, or 409.
struct buffer *call_ready_buffer(struct session *session, struct call *call);

// Makes the buffer of buffer.new and answers it; `asset` may be NULL.
void buffer_make(struct session *session, struct call *call, const struct asset *asset);
struct problem *buffer_check_name(const char *name);

// Has call->upload checked; session_on_sound() goes on with the call.
void upload_begin(struct session *session, struct call *call);
