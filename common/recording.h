// SPDX-License-Identifier: GPL-3.0-or-later
// A recording of a room: what the pipeline writes into its folder, tells the controller, and
// clients are shown. It is a folder of its own, named by its id, that holds recording.json (this
// struct as JSON) and its parts 1.wav, 2.wav ... or 1.flac ...: one continuous sound, cut where a
// part had reached its size.
#pragma once

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>

#define RECORDING_RATE 48000 // Hz; always stereo, 24 bit
#define RECORDING_FILE "recording.json"
#define RECORDING_MAX_PARTS 500
#define RECORDING_MAX_NAME 200     // bytes
#define RECORDING_MIN_SPLIT 262144 // bytes; of a part
#define RECORDING_MAX_SPLIT 2000000000
#define RECORDING_MAX_SECONDS 1000000

enum recording_format { RECORDING_WAV, RECORDING_FLAC };

enum recording_state {
    RECORDING_STARTING,    // its first file is being made
    RECORDING_RUNNING,     // "recording"
    RECORDING_STOPPING,    // what was heard is being written to its end
    RECORDING_DONE,        // whole, even where `detail` says why it was ended
    RECORDING_FAILED,      // it could not be begun or went wrong: `status` and `detail` say why
    RECORDING_INTERRUPTED, // the pipeline died; what it had written is there
};

struct recording_part {
    guint64 bytes, frames;
};

struct recording {
    char *id;     // owned: [0-9A-Za-z-], at most 64 bytes
    char *room;   // owned
    char *name;   // owned: for people, may be ""
    char *detail; // owned: why it ended, for a person; NULL where it was asked to
    enum recording_format format;
    enum recording_state state;
    double started; // seconds of Unix time
    double seconds; // after which it ends by itself; 0 never
    double split;   // bytes; the most that a part may have
    int status;     // FAILED: the HTTP status that fits, else 0
    guint64 lost;   // frames that are silent because the disk was too slow
    guint64 xruns;  // times that JACK was late meanwhile, each of which may be heard
    GArray *parts;  // owned: struct recording_part
};

struct recording *recording_new(const char *id, const char *room, const char *name);
struct recording *recording_copy(const struct recording *recording);
void recording_destroy(struct recording *recording);

// Whether an id may be the name of a folder.
bool recording_id_is_good(const char *id);
// Whether it is being recorded, or about to be.
bool recording_is_active(const struct recording *recording);

guint64 recording_bytes(const struct recording *recording);
guint64 recording_frames(const struct recording *recording);
const struct recording_part *recording_part(const struct recording *recording, guint i);

// "wav", "flac". The strings are static.
const char *recording_format_name(enum recording_format format);
// "1.flac", for part 0. The caller frees it.
char *recording_part_name(const struct recording *recording, guint i);

// Whole, as it is kept and sent; the other way round, NULL with `error` naming the member that is
// missing or out of range.
json_t *recording_to_json(const struct recording *recording);
struct recording *recording_from_json(const json_t *json, GError **error);

// recording.json of the folder `dir`/id. NULL with `error` where there is none that can be read.
struct recording *recording_read(const char *dir, const char *id, GError **error);
