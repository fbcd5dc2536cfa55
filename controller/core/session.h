// SPDX-License-Identifier: GPL-3.0-or-later
// The session: what Farfield knows of scsynth, of rooms and of listeners, and what it wants of
// them.
//
// It does no I/O and reads no clock. Commands, scsynth's replies, the pipeline's messages and the
// passing of time come in by the functions below, each with the monotonic time `now` in
// microseconds; what is to be done leaves by struct session_ports. So a test can lose, delay,
// reorder and repeat anything.
//
// How it thinks. A command that changes scsynth appends OSC messages to the batch and keeps its
// call in `waits`. The batch leaves as one bundle when the turn of the loop ends, with a /sync
// behind it when somebody waits. scsynth runs a bundle in order and answers in order: a wait for a
// node is ended by its /n_go or /n_end, every other by /synced; a /fail before that goes to the
// wait that it fits. Where a notification is overdue, scsynth is asked for the node. The tree is
// only ever changed by what scsynth says, save for control values, which scsynth never reports.
//
// The tree is also the desired state. When scsynth is lost, our own nodes stay in it; when it is
// back, what is missing there is made again, in order, by the same ids (boot.c).
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/ice.h"
#include "common/link.h"
#include "controller/core/synthdefs/audition.h"
#include "controller/core/batch.h"
#include "controller/core/buffers/buffers.h"
#include "controller/core/bundles.h"
#include "controller/core/buses.h"
#include "controller/core/synthdefs/catalog.h"
#include "controller/core/clock.h"
#include "controller/core/api/command.h"
#include "controller/core/scenes/documents.h"
#include "controller/core/history.h"
#include "controller/core/holds.h"
#include "controller/core/ids.h"
#include "controller/core/journal.h"
#include "controller/core/osc/osc.h"
#include "controller/core/tree.h"
#include "controller/core/usage.h"

// Microseconds.
#define SESSION_FLUSH_INTERVAL 1000    // between two bundles
#define SESSION_REPLY_DEADLINE 5000000 // of every command
#define SESSION_STATUS_INTERVAL 500000 // between two /status
#define SESSION_LOST_AFTER 3500000     // without /status.reply
#define SESSION_KNOCK_INTERVAL 50000   // between two /status while scsynth is away
#define SESSION_PIPELINE_LOST 4000000  // without a meter, of which there are ten a second
#define SESSION_CHANGES_INTERVAL 33000 // between two node.changed of one node
#define SESSION_STATS_INTERVAL 1000000 // between two listener.stats of one room
#define SESSION_QUERY_DELAY 20000      // before asking what another client's synth is

#define SESSION_SWEEP_INTERVAL 2000000 // between two sweeps through the tree
#define SESSION_SWEEP_STEP 100000      // between two steps of one
#define SESSION_MODEL_DELAY 200000     // before the model is saved

// Crashes of scsynth are in a row when it has not run for longer in between.
#define SESSION_CRASH_ROW 10000000
#define SESSION_MAX_ASIDE 32

#define SESSION_HELD_UP 500000 // so late a tick means that we stood still ourselves

#define SESSION_MAX_WAITS 20000
#define SESSION_MAX_NOTIFIED 2000 // waits that a call without an answer may add to

enum server_state { SERVER_LOST, SERVER_STARTING, SERVER_RUNNING };

struct session_ports {
    void *data;
    // Sends messages (struct osc_message) to scsynth, as one bundle where it fits in a datagram.
    void (*send)(void *data, const GPtrArray *messages);
    // The same, to be carried out all at once at `time`, microseconds of Unix time; 0 for now.
    void (*send_at)(void *data, const GPtrArray *messages, int64_t time);
    // Microseconds of Unix time.
    int64_t (*real_time)(void *data);
    // Keeps what a controller that takes over has to know besides what scsynth tells it
    // (session_learn_model()). Takes `model`.
    void (*save_model)(void *data, json_t *model);
    // Tells all who have subscribed to `topic`. A later event of the same `key` may replace one
    // that a slow reader has not got yet; NULL for one that must arrive. Takes `params`.
    void (*emit)(void *data, const char *topic, const char *event, json_t *params, const char *key);
    // The same, but not the one that has caused it.
    void (*emit_others)(void *data, const struct client *except, const char *topic,
                        const char *event, json_t *params, const char *key);
    // Tells one WebSocket client. Takes `params`.
    void (*notify)(void *data, struct client *client, const char *method, json_t *params);
    // False where the pipeline is away.
    bool (*to_pipeline)(void *data, const struct link_message *message);
    // Asks for session_tick() at `time`, instead of any time asked for before.
    void (*wake_at)(void *data, int64_t time);
    // scsynth has stopped answering.
    void (*server_lost)(void *data);
    // The pipeline is linked and has stopped talking.
    void (*pipeline_lost)(void *data);
    // POST /v1/server/restart. False where scsynth is not ours to restart.
    bool (*restart_server)(void *data);
    // Puts a definition where scsynth can load it; the path, owned by the caller, or NULL.
    char *(*stage_synthdef)(void *data, const struct synthdef *synthdef, GError **error);
    // What a render of a definition showed, owned by the caller; NULL where it is not known yet and
    // session_on_audition() follows. `again` renders it anew, `urgent` before others.
    struct audition *(*audition)(void *data, const struct synthdef *synthdef, bool again,
                                 bool urgent);
    // Keeps an uploaded definition for the next start, with what the sidecar that lies there says
    // of it; or forgets it.
    bool (*keep_synthdef)(void *data, struct synthdef *synthdef, GError **error);
    bool (*forget_synthdef)(void *data, const char *name, GError **error);
    // Documents that are kept by name; as of controller/doors/store.h.
    json_t *(*store_get)(void *data, const struct document_key *key, GError **error);
    json_t *(*store_list)(void *data, const char *kind, const char *folder, GError **error);
    bool (*store_put)(void *data, const struct document_key *key, const json_t *about,
                      const json_t *body, GError **error);
    bool (*store_delete)(void *data, const struct document_key *key, GError **error);
    bool (*store_rename)(void *data, const struct document_key *key, const char *to,
                         GError **error);
    const char *(*store_trouble)(void *data); // NULL when all is well
    // recording.json of a recording, owned by the caller, NULL where there is none; and its end.
    struct recording *(*read_recording)(void *data, const char *id);
    bool (*delete_recording)(void *data, const char *id, GError **error);
    // Has an uploaded file checked, which it takes; session_on_sound() says what has come of it.
    bool (*check_sound)(void *data, guint ticket, const char *path, const char *title,
                        GError **error);
    // Puts a sound where scsynth can read it, for one buffer: the path, owned by the caller, or
    // NULL; and takes it away.
    char *(*stage_asset)(void *data, const char *asset, int number, GError **error);
    void (*unstage_asset)(void *data, int number);
    bool (*delete_asset)(void *data, const char *asset, GError **error);
    char *(*asset_path)(void *data, const char *asset); // owned by the caller
    // A new name for a file of that size which scsynth is to write, owned by the caller; NULL where
    // the disk has no room. Its size when it is there; its end.
    char *(*scratch_file)(void *data, int number, guint64 bytes, GError **error);
    guint64 (*file_size)(void *data, const char *path);
    void (*delete_file)(void *data, const char *path);
    // Has sound files looked at, which it takes: PATH, and of several pieces PATH.1 and so on.
    // session_on_peaks() says what is drawn of them.
    void (*read_peaks)(void *data, guint ticket, const char *path, int pieces, int points);
    // buffers_to_json() is to be written down.
    void (*buffers_changed)(void *data);
    void (*random)(void *data, guint8 *bytes, gsize length);
    // What Farfield's programs use, USAGE_MAX at most; how many they are.
    int (*usage)(void *data, struct usage *all);
};

struct server_status {
    int ugens, synths, groups, synthdefs;
    double cpu_average, cpu_peak; // percent; on JACK of the whole graph
    double sample_rate;           // Hz, as the driver measures it
    char *version;                // owned, "" while unknown
};

// How a room's sound is encoded with Opus.
struct encoding {
    int bitrate;    // bits a second
    int complexity; // 0 to 10
};

struct room {
    char *name;           // owned
    int32_t group, guard; // 0 until the client id is known
    int bus;
    bool guard_asked; // its /s_new is on the way
    struct encoding encoding;
    double peak[LINK_CHANNELS], rms[LINK_CHANNELS];
    struct link_stats sent; // to all who listen or have listened: packets, bytes, lost
};

struct pipeline_state {
    bool linked; // hello has been said
    int64_t heard_at;
    bool jack;
    int rate, connected, xruns;
    int stream_port; // of its doors, 0 while they are shut
};

struct session {
    struct session_ports ports;
    int64_t now;

    enum server_state state;
    int boot_step; // of boot.c
    int64_t boot_deadline;
    bool boot_brief;    // the tree was too large to be asked for whole
    bool boot_blind;    // it was too large for that, too: it is not known whole
    GArray *boot_nodes; // int32_t: ids that the step goes through, in portions
    guint boot_at;      // of the next
    bool server_expected;
    int epoch; // goes up each time scsynth has been set up anew
    int client_id, wanted_client_id, max_logins;
    int server_port; // scsynth's, for other clients of it; 0 while unknown
    int32_t next_node;
    struct server_status status;
    int64_t asked_at; // last /status
    int unanswered;   // /status since the last reply to one
    bool stirred;     // a node has moved since that reply
    int strange;      // replies in a row whose counts are not those of the tree
    int late, alloc_failed, restarts;
    bool recalling;   // a scene whose buffers are being loaded, or whose nodes started
    int64_t doubt_at; // when a scsynth that seems to be another one is taken for it, 0 if none does
    GQueue endings;   // struct ending, latest first: since the last /status.reply
    GQueue recent;    // struct suspect, latest first: what was sent last
    GPtrArray *aside; // struct suspect: what was set aside since scsynth kept crashing
    int crashes;      // in a row
    int64_t running_since;

    struct tree tree;
    struct catalog catalog;
    struct buffers buffers;
    struct batch batch;
    struct batch *out;      // what commands write to: `batch`, or that of the bundle being made
    struct bundle *bundle;  // which is this one, NULL for none
    struct bundles bundles; // those of later
    GPtrArray *fades;       // struct fade of recall.c: scenes that are on their way out or in
    struct buses buses;
    struct clock clock;
    int64_t beat_at;    // when the next clock.beat is due, 0 if nobody listens
    double beat;        // which it is
    bool beats_wanted;  // somebody has subscribed to them
    int64_t model_at;   // when the model is to be saved, 0 if it is
    GHashTable *learnt; // node id -> name, of nodes that an earlier controller named
    GHashTable *paused; // ids of nodes that were paused then
    GHashTable *leased; // ids of synths that somebody held then
    int64_t lease_due;  // when the first lease may lapse, 0 if none does
    int64_t flushed_at;
    int64_t tick_at;        // when session_tick() was asked for, 0 if not
    GQueue waits;           // struct wait, oldest first
    GHashTable *node_waits; // node id -> struct wait, the last of those that wait for the node
    int sync;               // number of the next /sync
    bool sync_is_due;       // somebody in the batch waits for it

    GQueue osc_sent;        // struct osc_sent, oldest first: of osc.send, whose answers are awaited
    int64_t sweep_interval; // SESSION_SWEEP_INTERVAL; 0 for never
    int64_t sweep_at;       // when the next step is due
    int64_t swept_at;       // when the last step asked
    int32_t sweep_node;     // where it goes on from

    int64_t ask_at; // when further nodes overdue are asked for, 0 if there are none

    GPtrArray *changed;  // ids of nodes with a node.changed due
    int64_t changes_at;  // when, 0 if none
    GHashTable *queries; // ids of groups to be asked for their synths' names and controls
    int64_t queries_at;

    GHashTable *rooms;      // name -> struct room
    GPtrArray *ice_servers; // struct ice_server
    GHashTable *listeners;  // id -> struct listener
    int joining;            // of them, those whose call waits for the pipeline
    int64_t stats_at;       // when their figures are to be told, 0 if there are no new ones
    GHashTable *left;       // ids of those who left while the pipeline was away
    struct pipeline_state pipeline;
    GHashTable *relays;     // id -> struct relaying
    guint relays_made;      // so far, by which the next is named
    GHashTable *recordings; // id -> struct take
    char *recordings_dir;   // owned: where their files are
    bool store_ok;
    bool stopping;

    struct journal journal;
    struct history history;
    struct holds holds;
    struct client *asker; // whose call is being handled, NULL for nobody's
    GHashTable *undos;    // struct client -> struct undo
    gsize undo_bytes;     // of all

    enum audition_policy audition_policy;
    GQueue hearings;     // struct hearing: definitions that wait for their audition
    GHashTable *plugins; // owned: names of those that scsynth has, NULL while unknown
    double memory;       // scsynth's realtime memory, bytes; 0 while unknown

    char *address; // owned: that is listened on
    int websocket_port;
    int stream_port;    // of the pipeline's doors, 0 where it has none
    char *stream_url;   // owned: where they are for clients, "" for that port of the host asked
    char *stream_token; // owned: the secret that tokens are signed with
    int first_epoch;    // when this session began
    int64_t began;      // the same, microseconds of Unix time
    char *api_key;      // owned, NULL where none is asked for
};

// `wanted_client_id` is asked for at /notify, -1 for whichever scsynth gives.
struct session *session_create(const struct session_ports *ports, int wanted_client_id);

// How rooms are encoded unless they say otherwise. Before the first link.
void session_set_encoding(struct session *session, const struct encoding *encoding);
void session_destroy(struct session *session);
// Answers every call that still waits; to be called while those who wait are still there.
void session_stop(struct session *session, int64_t now);

// Whether two secrets are the same; takes as long for a near miss as for a far one.
bool session_secrets_equal(const char *a, const char *b);
// Whether `key` is the configured one, or none is.
bool session_key_fits(const struct session *session, const char *key);
// Unix time, seconds.
double session_real_seconds(const struct session *session);

// Runs a call: checks its parameters, then hands it to its row. `loose` as in command_validate().
void session_call(struct session *session, struct call *call, bool loose, int64_t now);

// What an earlier controller saved by session_ports::save_model, where scsynth has lived on.
void session_learn_model(struct session *session, const json_t *model);

// What scsynth said.
void session_on_reply(struct session *session, const struct osc_message *reply, int64_t now);
// scsynth is there, or will be soon: /status is asked until it answers. Not to be said of one that
// is supervised before it is ready, since another program might answer on its port.
void session_server_expected(struct session *session, int64_t now);
// scsynth's process has ended, or a new one is on its way: what was on the way to it is lost.
// `crashed` where it ended by a fault of its own.
void session_server_gone(struct session *session, bool crashed, int64_t now);
// A line of scsynth's standard output.
void session_on_output(struct session *session, const char *line, int64_t now);

// What the pipeline said, and whether it is there.
void session_on_link(struct session *session, const struct link_message *message, int64_t now);
void session_link_lost(struct session *session, int64_t now);

// A WebSocket client has gone: its listeners go too.
void session_client_gone(struct session *session, struct client *client, int64_t now);

// Time has passed.
void session_tick(struct session *session, int64_t now);

// A SynthDef from a folder, loaded at once if scsynth is there. Takes no ownership.
bool session_add_synthdef(struct session *session, struct synthdef *synthdef,
                          enum synthdef_origin origin, int64_t now, GError **error);
void session_remove_synthdef(struct session *session, const char *name, enum synthdef_origin origin,
                             int64_t now);

// A recording that is in the folder. Takes it.
void session_add_recording(struct session *session, struct recording *recording);
// A sound that is kept; `facts` as farfield-sound says them. Takes no ownership.
void session_add_asset(struct session *session, const char *name, const char *title,
                       const json_t *facts);
// What has come of the check of `ticket`: a sound of that name and title, or `problem`, which it
// takes.
void session_on_sound(struct session *session, guint ticket, const char *name, const char *title,
                      const json_t *facts, struct problem *problem, int64_t now);
// What is drawn of the file of `ticket`: of each channel {"min", "max"} (borrowed), or `problem`,
// which it takes.
void session_on_peaks(struct session *session, guint ticket, const json_t *channels,
                      struct problem *problem, int64_t now);

// A definition has been rendered.
void session_on_audition(struct session *session, const char *sum, const struct audition *audition,
                         int64_t now);
