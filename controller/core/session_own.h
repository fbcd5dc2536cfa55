// SPDX-License-Identifier: GPL-3.0-or-later
// What the files of the core share of the session; doors and app know session.h alone.
#pragma once

#include "controller/core/session.h"

enum wait_kind { WAIT_SYNC, WAIT_GO, WAIT_END };

// A call that scsynth has not answered yet. `done` is called once, with NULL or what went wrong
// (owned by it), and has to answer the call.
struct wait {
    enum wait_kind kind;
    struct call *call;
    int32_t node; // that it is about, 0 for none
    bool is_move; // of that node: into or beside `beside`
    int32_t beside;
    int freed;           // by a panic
    GPtrArray *paths;    // owned: of an upload, the files that /d_load named
    const char *address; // of the message that may fail: "/s_new"
    int sync;
    int64_t deadline;
    bool asked; // scsynth is asked for the node, its notification being overdue
    void (*done)(struct session *session, struct wait *wait, struct problem *problem);
    GPtrArray *uploads;   // owned: of an upload, struct synthdef references
    struct osc_sent *osc; // of osc.send, freed by its `done`
    GQueue *queue;        // that it stands in: session::waits, or that of a bundle of later
    void *extra;          // owned: whatever `done` needs besides, freed by `free_extra`
    GDestroyNotify free_extra;
    GList link; // of that queue
    struct wait *next_of_node;
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
// The waits of a bundle that scsynth has carried out become those of the session.
void waits_move(struct session *session, GQueue *from);
// Ends every wait of a queue in failure.
void waits_fail(struct session *session, GQueue *queue, int status, const char *detail);

// Sends what has gathered in the batch.
void session_flush(struct session *session);
// Asks for a tick when the next thing is due.
void session_schedule(struct session *session);
// Puts a definition that scsynth has loaded from `path` into the catalog, with its event.
void session_admit_synthdef(struct session *session, struct synthdef *synthdef,
                            enum synthdef_origin origin, const char *path);
// Has scsynth load a definition. One of a user is in the catalog when scsynth has it: before, no
// synth could be made of it.
bool session_load_synthdef(struct session *session, struct synthdef *synthdef,
                           enum synthdef_origin origin, GError **error);
// The event that says what is known of a definition.
void session_tell_synthdef(struct session *session, const char *name);
// False, with the call answered by 503, unless scsynth is running.
bool session_require_server(struct session *session, struct call *call);

// nodes.c: what the commands of nodes share with replies.
struct node *session_node_of(struct session *session, struct call *call);
void session_node_changed(struct session *session, struct node *node);
// Who causes what comes of a node next is who calls now; nobody is known to.
void session_note_cause(struct session *session, struct node *node);
void session_forget_cause(struct node *node);
// {"node", "by", "client", "client_id", "time"} of an event.
json_t *session_node_event(struct session *session, const struct node *node);
void session_on_node(struct session *session, const struct osc_message *reply);
// A node is where this scsynth has it: who made it, its room, its name.
void session_confirm_node(struct session *session, struct node *node);
// A synth whose gate has been closed is on its way out, whoever closed it.
void session_note_release(struct node *node);
// A synth whose id is a group's now has ended unheard, and the other way round.
void session_forget_other_kind(struct session *session, int32_t id, bool is_group);

// tree_reply.c
void session_on_tree(struct session *session, const struct osc_message *reply);
int32_t session_new_node_id(struct session *session);
// Takes a node and all below it out of the mirror, with an event for each.
void session_forget_node(struct session *session, struct node *node);
// Takes a node that has not come to be, and what was to be below it, out of the mirror.
void session_unplan_node(struct session *session, struct node *node);
// When what is written now will be carried out, on the session's clock.
int64_t session_when(const struct session *session);
// A bundle's time has come: its effects become the mirror's.
void session_take_effects(struct session *session, const GArray *effects);
// Has scsynth make a synth with its values and maps, of which only what differs from the defaults
// is sent: by /s_new, and what that has no room for behind it.
void session_make_synth(struct batch *batch, const struct node *synth, int action, int32_t target);

// model.c: names, buses and the clock, which scsynth knows nothing of.
// It is different from what was saved.
void session_model_changed(struct session *session);
void session_bus_changed(struct session *session, const struct bus *bus);
// A channel of a control bus has a value. Of several channels one after the other: `before` is what
// this returned for the one before, NULL at first; the caller tells of the last by
// session_bus_changed(). The bus, NULL where it is none of ours.
const struct bus *session_note_bus(struct session *session, const struct bus *before, int index,
                                   float value);
void model_tick(struct session *session);
// What an earlier controller knew of a node holds again: its name, and that it is paused.
void model_on_node(struct session *session, struct node *node);

// osc_sent.c: messages of osc.send, and what scsynth answers to each.
struct osc_sent *osc_sent_add(struct session *session, const struct osc_message *message);
void osc_sent_destroy(struct session *session, struct osc_sent *sent);
void osc_sent_on_reply(struct session *session, const struct osc_message *reply);
// Whether all that is to be answered has been, and what has been refused meanwhile (or NULL).
bool osc_sent_is_answered(const struct osc_sent *sent);
const char *osc_sent_failure(const struct osc_sent *sent);
// Whether to ask once more whether scsynth is done: some answers come after its /synced.
bool osc_sent_may_wait(struct osc_sent *sent);
// What was to begin, or to be allocated, and has not been is not going to be.
void osc_sent_give_up(struct session *session, struct osc_sent *sent);
// {"sent": MESSAGE, "replies": [MESSAGE]}. The caller owns it.
json_t *osc_sent_to_json(const struct osc_sent *sent);

// osc_apply.c: what a message that has passed osc_check() changes without a word of scsynth's.
void osc_apply(struct session *session, const struct osc_message *message);
// sweep.c: scsynth is asked again and again for what it does not tell by itself, a bit at a time.
void sweep_begin(struct session *session);
void sweep_tick(struct session *session);
// To be called before a node is taken out of the tree, all below it being gone: the sweep goes on
// behind it.
void sweep_forget(struct session *session, const struct node *node);
// What an answer of a running scsynth shows of a group: every node below it, in order.
void sweep_compare(struct session *session, const struct node *group, const GArray *ids);
// Takes a control's value from an answer, unless ours is newer. True where it was another.
bool sweep_value(struct session *session, struct node *node, int slot, float value, int32_t map);
// The same of an answer that tells nothing of maps, but the values below them.
bool sweep_value_below(struct session *session, struct node *node, int slot, float value);

// suspects.c: when scsynth crashes again and again, what was sent last is left out.
// A command that changes scsynth is about to be carried out.
void suspects_note(struct session *session, const struct call *call);
void suspects_on_crash(struct session *session);
void suspects_init(struct session *session);
void suspects_clear(struct session *session);
json_t *suspects_to_json(const struct session *session);

// auditions.c
// Definitions of a call that wait until each has been heard; bounded by MAX_HEARINGS calls.
// `done` is called once, with NULL or what went wrong (owned by it), and has to answer the call.
struct hearing {
    struct call *call;    // NULL for the one definition of a folder's file
    GPtrArray *synthdefs; // owned: struct synthdef references
    int64_t deadline;     // of a call, 0 without one
    void (*done)(struct session *session, struct hearing *hearing, struct problem *problem);
};
// Takes `synthdefs`. Calls `done` at once where all is known.
void hearing_begin(struct session *session, struct call *call, GPtrArray *synthdefs, bool again,
                   void (*done)(struct session *, struct hearing *, struct problem *));
void hearings_expire(struct session *session);
int64_t hearings_deadline(const struct session *session); // 0 if none
void hearings_stop(struct session *session);
void hearings_clear(struct session *session);
// A definition of the user's folder, of which scsynth can do what it asks for: heard first where
// the policy is strict, meanwhile where it is warn. True where it may be loaded right now; false
// without `error` where it has to wait.
bool hearing_of_folder(struct session *session, struct synthdef *synthdef, GError **error);
// A definition from a folder is no longer wanted.
void hearings_forget(struct session *session, const char *name);
// False where scsynth has not what a definition needs: a plugin, or memory.
bool session_can_hold(const struct session *session, const struct synthdef *synthdef,
                      GError **error);
// Synths that are made of another definition of this one's name.
int session_running_before(const struct session *session, const struct synthdef *synthdef);

// endings.c
// A node is about to be taken out of the mirror.
void endings_note(struct session *session, struct node *node);
// scsynth is alive: what has ended has.
void endings_forget(struct session *session);
// scsynth has ended: what seemed to have ended before is wanted again.
void endings_undo(struct session *session);
void endings_client_gone(struct session *session, const struct client *client);

// boot.c
void boot_begin(struct session *session);
// Compares what scsynth counts with what is in the tree. Where they stay different it is not the
// scsynth that we know (another one has taken its place), or notifications were lost: it is learnt
// anew.
void boot_check_counts(struct session *session);
// scsynth lacks a node. True where it seems to be another one on the port of the one that we knew,
// since it lacks a room's group, whose end it would have told us: it is looked at again in a
// moment, and what it lacks till then has not ended.
bool boot_is_another(struct session *session, int32_t missing);
bool boot_on_reply(struct session *session, const struct osc_message *reply);
void boot_tick(struct session *session);
int64_t boot_next(const struct session *session);
json_t *server_to_json(const struct session *session);
void session_emit_status(struct session *session);

// rooms.c
struct room *session_room(const struct session *session, const char *name);
// The room whose group or guard has this id, or NULL.
struct room *room_with(const struct session *session, int32_t id);
const struct room *room_of_node(const struct session *session, const struct node *node);
// The /s_new of its guard, at the very end.
struct osc_message *room_guard_message(struct room *room);
void rooms_set_client(struct session *session);
// Has each room's guard running and last, whatever others did to it.
void rooms_keep_guards(struct session *session);
// To be called now and then: asks again where that was in vain.
void rooms_remind(struct session *session);
// What a guard is made of, without asking.
void rooms_describe_guard(struct session *session, struct node *node);
// Whether the node is the group of a room.
bool room_has_group(const struct session *session, int32_t id);
// A node that a room asked for has come to its place.
void rooms_on_settled(struct session *session, int32_t node);
// Whether each room's guard runs.
bool rooms_are_guarded(const struct session *session);
json_t *room_to_json(const struct session *session, const struct room *room);
void session_emit_room(struct session *session, const char *name);

// scene_fade.c
void fades_init(struct session *session);
void fades_clear(struct session *session);
// A fade that an earlier controller began comes to its end.
void fades_adopt(struct session *session);

// listeners.c
void listeners_init(struct session *session);
void listeners_clear(struct session *session);
void listeners_stop(struct session *session);
void listeners_on_link(struct session *session, const struct link_message *message);
void listeners_on_hello(struct session *session, const GPtrArray *list);
void listeners_link_lost(struct session *session);
int listeners_in_room(const struct session *session, const char *room);
json_t *listeners_to_json(const struct session *session);
void signaling_expire(struct session *session);            // signaling.c
int64_t signaling_deadline(const struct session *session); // 0 if none
void recordings_init(struct session *session);             // recordings.c
void recordings_clear(struct session *session);
void recordings_stop(struct session *session);
void recordings_expire(struct session *session);
int64_t recordings_deadline(const struct session *session); // 0 if none
void recordings_on_link(struct session *session, const struct recording *told);
void recordings_on_hello(struct session *session, const GPtrArray *told);
void recordings_link_lost(struct session *session);
json_t *recordings_in_room(const struct session *session, const char *room); // ids
void relays_init(struct session *session);                                   // relays.c
void relays_clear(struct session *session);
void relays_stop(struct session *session);
void relays_expire(struct session *session);
int64_t relays_deadline(const struct session *session); // 0 if none
void relays_on_link(struct session *session, const struct relay *told);
void relays_on_hello(struct session *session, const GPtrArray *told);
void relays_link_lost(struct session *session);
void session_send_rooms(struct session *session); // pipeline.c
void pipeline_expire(struct session *session);
int64_t pipeline_deadline(const struct session *session); // 0 if none
