// SPDX-License-Identifier: GPL-3.0-or-later
// Fading one scene into another, whatever their nodes are and wherever they write.
//
// Nodes write to the room's buses one after the other, so what is on a bus behind a group is what
// that group and all before it have put there. The old scene's nodes are moved into a group at the
// head of the room and the new one's begin in a group behind it, with synths of Farfield's between
// (sclang/fade.scd): one before takes what others have put on the bus aside, one between takes the
// old scene's sound, less and less of it, and one behind puts both back and adds the new one's,
// more and more of it. Squares of the shares add up to 1, so that the power of unlike sounds stays.
// Later, at a second time, the old nodes are freed, unheard, the new ones move to their places, and
// the rest goes. scsynth has both bundles by then; should it not get the second, whoever looks
// finds the new scene in a group, and the old one silent.
#pragma once

#include "controller/core/session.h"

#define FADE_LONGEST 600   // seconds
#define FADE_SHORTEST 0.05 // where there must be one
#define FADE_SETTLE 120000 // microseconds behind its end, since scsynth's clock is not ours

// Where a node of the new scene belongs, once the fade is over: before, in or behind a room.
enum fade_place { FADE_BEFORE_ROOM, FADE_IN_ROOM, FADE_BEHIND_ROOM };

struct fade {
    int32_t room;              // group
    int32_t old, new;          // groups; `old` is 0 where nothing is to go
    int32_t stash[2], unstash; // synths; the second of `stash` is 0 without `old`
    GArray *places[3];         // owned: ids of the new scene's outermost nodes, by enum fade_place
    GPtrArray *buses;          // struct bus, owned by session::buses: to be freed at the end
    GArray *buffers;           // int: numbers of buffers, likewise
    int end;                   // number of the bundle that ends it, 0 before it is made
};

// Whether what it needs has been found among the SynthDefs that ship.
bool fade_is_possible(const struct session *session);

// How many nodes of its own a fade has.
guint fade_nodes(bool has_old);

// Writes into the bundle that is being made, by `plan_*`, which answer the node that they plan.
struct fade_plan {
    void *data;
    struct node *(*group)(void *data, int action, int32_t target);
    struct node *(*synth)(void *data, struct synthdef *synthdef, int action, int32_t target,
                          const float *values);
};

// Begins: `old` are ids of the outermost nodes that are to go (none for NULL or an empty array),
// `stash` an audio bus of two channels. New nodes belong at the tail of `new`.
struct fade *fade_begin(struct session *session, const struct fade_plan *plan,
                        const struct room *room, const GArray *old, struct bus *stash,
                        double seconds);
void fade_destroy(struct fade *fade);

// Has it end at `time`, microseconds of Unix time. The session owns it from then on.
void fade_end_at(struct session *session, struct fade *fade, int64_t time);
// It does not come to pass.
void fade_call_off(struct session *session, struct fade *fade);
// Whether one goes on beyond `time`, microseconds of Unix time.
bool fades_go_on(const struct session *session, int64_t time);
// Those that go on beyond `time` are not to end by themselves: their nodes are `into`'s old ones.
void fades_absorb(struct session *session, struct fade *into, int64_t time);
// Of a node that a fade has made and that ends with it by `time`, which it is; FADE_NOT_ITS for
// every other.
enum fade_part { FADE_NOT_ITS, FADE_NEW_GROUP, FADE_OTHER_PART };
enum fade_part fades_part(const struct session *session, int32_t node, int64_t time);
