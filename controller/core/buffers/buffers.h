// SPDX-License-Identifier: GPL-3.0-or-later
// The buffers that are ours in scsynth, and the sounds (assets) that they are filled from.
//
// Numbers lie in the share of scsynth's -b that our client id has, divided as sclang does it: other
// clients' numbers are never named. A buffer's frames are what scsynth's /b_info says, since a
// failed /b_alloc or /b_allocRead answers nothing: the messages carry a /b_query as completion, and
// a buffer whose /b_info is missing or wrong when its /synced is there was not made.
//
// What is in a buffer is its asset, or silence, and above it layers: tables of /b_gen, and samples
// that were written by value. All of it is kept, so that a new scsynth gets the same.
#pragma once

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "controller/core/osc/osc.h"

#define BUFFERS_DEFAULT                                                                            \
    16384                    // of a scsynth that is started here: a thousand for each of 16 clients
#define BUFFERS_PORTION 1024 // samples of one /b_setn or /b_getn
#define BUFFERS_MAX_LAYERS 64
#define BUFFERS_MAX_RECORD (1 << 20)  // samples that are kept because they were written by value
#define BUFFERS_MAX_SAMPLES (1 << 29) // of one buffer
#define BUFFERS_MAX_UPLOADS 16        // that are being checked, and calls that wait for them
#define BUFFERS_MAX_NAME 64           // bytes

struct session;
struct call;
struct problem;

// A sound that is kept: a WAV file that Farfield has written, by the SHA-256 of its bytes.
struct asset {
    char *name;  // owned: "<sum>.wav"
    char *title; // owned: what it was called where it came from, NULL if that was not said
    guint64 bytes;
    int64_t frames;
    int channels, rate;
    char *format; // owned: "wav", "aiff", "flac", "ogg": what it came as
};

// One table, or samples in runs that follow each other and never overlap.
struct layer {
    json_t *wave; // owned: what buffer.generate was called with; NULL of samples
    GArray *runs; // owned: struct stretch, by their start; NULL of a table
};

struct stretch {
    int start;
    GArray *values; // float
};

enum buffer_state { BUFFER_LOADING, BUFFER_READY, BUFFER_LOST };

struct buffer {
    int number;
    char *name; // owned, NULL without one
    int frames, channels;
    double rate;               // Hz, 0 while unknown
    const struct asset *asset; // NULL of an allocated one
    int64_t start;             // its first frame in the asset
    GPtrArray *layers;         // owned: struct layer, the oldest first
    enum buffer_state state;
    bool confirmed; // scsynth has it, of these frames and channels
    int busy;       // commands on the way that take their time in scsynth
    GQueue held;    // struct call, that come after those
};

// Samples on their way from scsynth.
struct reading {
    struct call *call;
    int number, start, count;
    float *values;        // owned
    int missing;          // portions
    GHashTable *portions; // starts of those that are not there yet
};

// A buffer that is being drawn.
struct drawing {
    struct call *call;
    char *path; // owned: of the file that scsynth writes it into, and PATH.1 and so on
    int from, frames, channels, points;
    int pieces, written; // files and frames that are written, or are being
    double rate;         // Hz
    int64_t deadline;
};

// A call that waits until another buffer has been written.
struct undrawn {
    struct call *call;
    int64_t deadline;
};

struct buffers {
    GHashTable *buffers;  // number -> struct buffer
    GHashTable *raw;      // of osc.send: number -> samples; in use, and not to be brought back
    GHashTable *assets;   // name -> struct asset
    GHashTable *uploads;  // ticket -> struct call that waits for the check of its file
    GHashTable *drawings; // ticket -> struct drawing whose file is being looked at
    int drawing;          // these, and the one that scsynth still writes
    bool writing;         // it writes one
    GQueue undrawn;       // struct undrawn, in order
    guint next_ticket;
    int total;                      // scsynth's -b
    int next;                       // number to be tried first, within the share
    guint64 max_memory, max_assets; // bytes
    guint64 asset_bytes;
    guint recorded;       // samples in layers
    guint next_file;      // of those that scsynth writes
    bool changed;         // since it was last kept
    GHashTable *readings; // struct reading
    GArray *boot_numbers; // int: those that boot goes through, again for each layer
    guint boot_at, boot_layer, boot_run, boot_value;
};

void buffers_init(struct buffers *buffers);
void buffers_clear(struct buffers *buffers);

// Our share of the numbers: [*first, *first + the result), as `client` of `logins`.
int buffers_share(const struct buffers *buffers, int client, int logins, int *first);
// A number that is free, -1 where all are in use. One that has just been freed comes last, since
// synths may still play it.
int buffers_new_number(struct buffers *buffers, int client, int logins);

struct buffer *buffers_find(const struct buffers *buffers, int number);
// By number or name.
struct buffer *buffers_named(const struct buffers *buffers, const char *id);
struct buffer *buffers_add(struct buffers *buffers, int number, const char *name);
void buffers_remove(struct buffers *buffers, struct buffer *buffer);
// The values of a table in order; the caller owns the array.
GPtrArray *buffers_sorted(GHashTable *table, GCompareFunc compare);
// Bytes that the buffers take in scsynth.
guint64 buffers_memory(const struct buffers *buffers);
gsize buffer_samples(const struct buffer *buffer);
json_t *buffer_to_json(const struct buffer *buffer);

struct asset *asset_new(const char *name, const char *title, const json_t *facts);
void asset_destroy(struct asset *asset);
// {"asset", "title", "bytes", "frames", "channels", "rate", "format", "buffers": [numbers]}
json_t *asset_to_json(const struct buffers *buffers, const struct asset *asset);
bool asset_is_used(const struct buffers *buffers, const struct asset *asset);

// layers.c: what was put into a buffer after it was made. False where it cannot be kept.
bool buffer_add_table(struct buffers *buffers, struct buffer *buffer, const json_t *wave,
                      bool clear);
// Whether that many samples more may be written into the buffer by value.
bool buffer_has_room(const struct buffers *buffers, const struct buffer *buffer, guint count);
bool buffer_add_samples(struct buffers *buffers, struct buffer *buffer, int start,
                        const float *values, guint count);
void buffer_drop_layers(struct buffers *buffers, struct buffer *buffer);
// The /b_gen of a table, which has been checked; the /b_setn of some samples.
struct osc_message *buffer_table_message(const struct buffer *buffer, const json_t *wave);
struct osc_message *buffer_samples_message(const struct buffer *buffer, int start,
                                           const float *values, guint count);
json_t *buffer_layers_to_json(const struct buffer *buffer);
void buffer_layers_from_json(struct buffers *buffers, struct buffer *buffer, const json_t *json);

// buffer_flow.c: towards scsynth and back.

// The message that makes a buffer: /b_alloc, or /b_allocRead of its asset, which is put where
// scsynth can read it; NULL with `error` where it cannot be. A /b_query is carried out when it is
// done, so that the buffer is `confirmed` when its /synced is there, or was not made.
struct osc_message *buffer_make_message(struct session *session, struct buffer *buffer,
                                        GError **error);
// It is made, or not: says so to all, and takes the asset's file away from where scsynth reads.
void buffer_made(struct session *session, struct buffer *buffer);
void buffer_changed(struct session *session, const struct buffer *buffer);
void buffer_removed(struct session *session, struct buffer *buffer);
// What takes its time in scsynth begins and ends; what came meanwhile is carried out then.
void buffer_begin(struct buffer *buffer);
void buffer_end(struct session *session, int number);
// False where the reply is none of a buffer.
bool buffers_on_reply(struct session *session, const struct osc_message *reply);
// scsynth is gone, or has another client id for us.
void buffers_lose_server(struct session *session);
void buffers_set_client(struct session *session);
// Has what has changed written down.
void buffers_keep(struct session *session);
json_t *buffers_to_json(const struct buffers *buffers);
void buffers_from_json(struct session *session, const json_t *json);
// Answers the calls that wait for their file.
void buffers_stop(struct session *session);

// commands/peaks.c
void drawing_destroy(struct drawing *drawing);
// Answers the calls that wait for what is drawn.
void drawings_stop(struct session *session);

// buffer_boot.c: while scsynth is set up. Each sends the next portion with a /sync behind it, and
// is called again at its /synced; false when there is no more.
bool buffers_check(struct session *session, bool first);   // asks what scsynth has
bool buffers_restore(struct session *session, bool first); // makes what it lacks
