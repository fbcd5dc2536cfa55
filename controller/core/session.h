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
#include "controller/core/batch.h"
#include "controller/core/catalog.h"
#include "controller/core/command.h"
#include "controller/core/ids.h"
#include "controller/core/osc.h"
#include "controller/core/tree.h"

// Microseconds.
#define SESSION_FLUSH_INTERVAL 1000    // between two bundles
#define SESSION_REPLY_DEADLINE 5000000 // of every command
#define SESSION_STATUS_INTERVAL 500000 // between two /status
#define SESSION_LOST_AFTER 3500000     // without /status.reply
#define SESSION_KNOCK_INTERVAL 50000   // between two /status while scsynth is away
#define SESSION_PIPELINE_LOST 4000000  // without a meter, of which there are ten a second
#define SESSION_CHANGES_INTERVAL 33000 // between two node.changed of one node
#define SESSION_QUERY_DELAY 20000      // before asking what another client's synth is

#define SESSION_HELD_UP 500000 // so late a tick means that we stood still ourselves

#define SESSION_MAX_WAITS 20000
#define SESSION_MAX_NOTIFIED 2000 // waits that a call without an answer may add to

enum server_state { SERVER_LOST, SERVER_STARTING, SERVER_RUNNING };

struct session_ports {
    void *data;
    // Sends messages (struct osc_message) to scsynth, as one bundle where it fits in a datagram.
    void (*send)(void *data, const GPtrArray *messages);
    // Tells all who have subscribed to `topic`. A later event of the same `key` may replace one
    // that a slow reader has not got yet; NULL for one that must arrive. Takes `params`.
    void (*emit)(void *data, const char *topic, const char *event, json_t *params, const char *key);
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
    // Keeps an uploaded definition for the next start, or forgets it.
    bool (*keep_synthdef)(void *data, const struct synthdef *synthdef, GError **error);
    bool (*forget_synthdef)(void *data, const char *name, GError **error);
    void (*random)(void *data, guint8 *bytes, gsize length);
};

struct server_status {
    int ugens, synths, groups, synthdefs;
    double cpu_average, cpu_peak; // percent; on JACK of the whole graph
    double sample_rate;           // Hz, as the driver measures it
    char *version;                // owned, "" while unknown
};

struct room {
    char *name;           // owned
    int32_t group, guard; // 0 until the client id is known
    int bus;
    bool guard_asked; // its /s_new is on the way
    double peak[LINK_CHANNELS], rms[LINK_CHANNELS];
};

struct pipeline_state {
    bool linked; // hello has been said
    int64_t heard_at;
    bool jack;
    int rate, connected, xruns;
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

    struct tree tree;
    struct catalog catalog;
    struct batch batch;
    int64_t flushed_at;
    int64_t tick_at;        // when session_tick() was asked for, 0 if not
    GQueue waits;           // struct wait, oldest first
    GHashTable *node_waits; // node id -> struct wait, for those that wait for a node
    int sync;               // number of the next /sync
    bool sync_is_due;       // somebody in the batch waits for it

    GPtrArray *changed;  // ids of nodes with a node.changed due
    int64_t changes_at;  // when, 0 if none
    GHashTable *queries; // ids of groups to be asked for their synths' names and controls
    int64_t queries_at;

    GHashTable *rooms;      // name -> struct room
    GPtrArray *ice_servers; // struct ice_server
    GHashTable *listeners;  // id -> struct listener
    int joining;            // of them, those whose call waits for the pipeline
    GHashTable *left;       // ids of those who left while the pipeline was away
    struct pipeline_state pipeline;
    bool store_ok;
    bool stopping;

    char *address; // owned: that is listened on
    int websocket_port;
    int first_epoch; // when this session began
    char *api_key;   // owned, NULL where none is asked for
};

// `wanted_client_id` is asked for at /notify, -1 for whichever scsynth gives.
struct session *session_create(const struct session_ports *ports, int wanted_client_id);
void session_destroy(struct session *session);
// Answers every call that still waits; to be called while those who wait are still there.
void session_stop(struct session *session, int64_t now);

// Whether two secrets are the same; takes as long for a near miss as for a far one.
bool session_secrets_equal(const char *a, const char *b);
// Whether `key` is the configured one, or none is.
bool session_key_fits(const struct session *session, const char *key);

// Runs a call: checks its parameters, then hands it to its row. `loose` as in command_validate().
void session_call(struct session *session, struct call *call, bool loose, int64_t now);

// What scsynth said.
void session_on_reply(struct session *session, const struct osc_message *reply, int64_t now);
// scsynth is there, or will be soon: /status is asked until it answers. Not to be said of one that
// is supervised before it is ready, since another program might answer on its port.
void session_server_expected(struct session *session, int64_t now);
// scsynth's process has ended, or a new one is on its way: what was on the way to it is lost.
void session_server_gone(struct session *session, int64_t now);
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

// --- for the core's own files -------------------------------------------------------------------

enum wait_kind { WAIT_SYNC, WAIT_GO, WAIT_END };

// A call that scsynth has not answered yet. `done` is called once, with NULL or what went wrong
// (owned by it), and has to answer the call.
struct wait {
    enum wait_kind kind;
    struct call *call;
    int32_t node;        // that it is about, 0 for none
    int freed;           // by a panic
    GPtrArray *paths;    // owned: of an upload, the files that /d_load named
    const char *address; // of the message that may fail: "/s_new"
    int sync;
    int64_t deadline;
    bool asked; // scsynth is asked for the node, its notification being overdue
    void (*done)(struct session *session, struct wait *wait, struct problem *problem);
    struct synthdef *synthdef; // owned reference: of a new synth
    float *values;             // owned: of a new synth
    GPtrArray *uploads;        // owned: of an upload, struct synthdef references
    GList link;                // session::waits
};

// waits.c
struct wait *wait_add(struct session *session, enum wait_kind kind, struct call *call,
                      const char *address, int32_t node,
                      void (*done)(struct session *, struct wait *, struct problem *));
void waits_on_node(struct session *session, enum wait_kind kind, int32_t node);
void waits_on_synced(struct session *session, int sync);
void waits_on_fail(struct session *session, const struct osc_message *fail);
void waits_expire(struct session *session);
void waits_fail_all(struct session *session, int status, const char *detail);
int64_t waits_deadline(const struct session *session); // 0 if none

// Sends what has gathered in the batch.
void session_flush(struct session *session);
// Asks for a tick when the next thing is due.
void session_schedule(struct session *session);
// Puts a definition that scsynth has loaded from `path` into the catalog, with its event.
void session_admit_synthdef(struct session *session, struct synthdef *synthdef,
                            enum synthdef_origin origin, const char *path);
// False, with the call answered by 503, unless scsynth is running.
bool session_require_server(struct session *session, struct call *call);

// nodes.c: what the commands of nodes share with replies.
struct node *session_node_of(struct session *session, struct call *call);
void session_node_changed(struct session *session, struct node *node);
void session_on_node(struct session *session, const struct osc_message *reply);
void session_on_tree(struct session *session, const struct osc_message *reply);
int32_t session_new_node_id(struct session *session);
// Takes a node and all below it out of the mirror, with an event for each.
void session_forget_node(struct session *session, struct node *node);
// The /s_new that makes a synth of these values, only what differs from the defaults being sent.
struct osc_message *session_synth_message(const struct synthdef *synthdef, int32_t id, int action,
                                          int32_t target, const float *values);

// boot.c
void boot_begin(struct session *session);
// Compares what scsynth counts with what is in the tree. Where they stay different it is not the
// scsynth that we know (another one has taken its place), or notifications were lost: it is learnt
// anew.
void boot_check_counts(struct session *session);
bool boot_on_reply(struct session *session, const struct osc_message *reply);
void boot_tick(struct session *session);
int64_t boot_next(const struct session *session);
json_t *server_to_json(const struct session *session);
void session_emit_status(struct session *session);

// rooms.c
struct room *session_room(const struct session *session, const char *name);
const struct room *room_of_node(const struct session *session, const struct node *node);
// The /s_new of its guard, at the very end.
struct osc_message *room_guard_message(struct room *room);
void rooms_set_client(struct session *session);
// Has each room's guard running and last, whatever others did to it.
void rooms_keep_guards(struct session *session);
// To be called now and then: asks again where that was in vain.
void rooms_remind(struct session *session);
// A node that a room asked for has come to its place.
void rooms_on_settled(struct session *session, int32_t node);
// Whether each room's guard runs.
bool rooms_are_guarded(const struct session *session);
json_t *room_to_json(const struct session *session, const struct room *room);

// listeners.c
void listeners_init(struct session *session);
void listeners_clear(struct session *session);
void listeners_stop(struct session *session);
void listeners_expire(struct session *session);
int64_t listeners_deadline(const struct session *session); // 0 if none
int listeners_in_room(const struct session *session, const char *room);
json_t *listeners_to_json(const struct session *session);
json_t *ice_servers_to_json(const struct session *session);
void session_send_rooms(struct session *session);
