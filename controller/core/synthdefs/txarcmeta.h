// SPDX-License-Identifier: GPL-3.0-or-later
// The metadata that sclang writes beside a SynthDef, NAME.txarcmeta (TextArchiveMDPlugin). To
// sclang it is code, which it runs. Here it is text in the one form that Object:asTextArchive
// writes: a list of objects, and what their slots hold. Nothing is run, and what has another form
// is refused.
#pragma once

#include <glib.h>
#include <jansson.h>

#define TXARCMETA_MAX_OBJECTS 16384
#define TXARCMETA_MAX_SLOTS 65536 // of all objects together

// Ranges and units of `specs`, in the form of a sidecar (controller/core/synthdefs/sidecar.h): what
// a spec says that a sidecar cannot is left out. Else NULL, with `error` (ERROR_INVALID,
// ERROR_TOO_LARGE) saying at which byte what was expected. The caller owns the result.
json_t *txarcmeta_parse(const char *text, gsize length, GError **error);
