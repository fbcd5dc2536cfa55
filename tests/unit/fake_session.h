// SPDX-License-Identifier: GPL-3.0-or-later
// A session whose ports only write down what they are asked, and whose clock is a number. Scripts
// read as text: "/n_go 1000 1 -1 -1 0" comes from scsynth, {'synthdef': 'sine'} from a caller.
#pragma once

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "controller/core/session.h"

#define FAKE_MS(milliseconds) ((int64_t)(milliseconds)*1000)

// What a call was answered.
struct fake_answer {
    int times;
    int status;         // of a problem; 200 for a result
    json_t *json;       // owned: the result, or the problem
    const char *detail; // of a problem, "" for a result
};

// Seconds of Unix time when the fake's clock is 0.
#define FAKE_EPOCH INT64_C(1700000000)

struct fake_session {
    struct session *session;
    int64_t now, wake;
    GPtrArray *sent; // owned char *: a bundle each, messages joined by "; "; one with a time begins
                     // with the seconds until then: "@0.500 /n_set ..."
    GPtrArray *events;  // owned char *: "topic event {params} key"
    GPtrArray *notes;   // owned char *: "method {params}", to single clients
    GPtrArray *link;    // owned char *: what the pipeline was told
    GPtrArray *answers; // owned struct fake_answer
    bool pipeline_away, may_restart;
    const char *stage_error, *keep_error, *forget_error, *erase_error; // NULL where it works
    json_t *stored;          // owned: documents by "kind/folder/name"
    int store_error;         // kind of error of whatever is asked of the store, 0 where it works
    json_t *model;           // owned: as it was saved last
    const char *sound_error; // of a sound that cannot be checked, given to scsynth, or written
    GString *files;          // owned: "stage tone.wav 3; unstage 3;": what was asked of files
    guint64 file_size;       // of what scsynth has written
    int buffers_kept;        // times that they were to be written down
    int statuses;            // /status by itself, which is not in `sent`
    int lost, restarts, kept, forgotten, erased;
    int pipelines_lost;  // pipelines that were given up
    struct rpc *rpc;     // NULL unless fake_connect() has been called
    GPtrArray *clients;  // struct client, those that are connected
    GPtrArray *received; // owned char *: "CONNECTION text", what WebSocket clients were sent
    // Called with each message sent, where somebody plays scsynth.
    void (*on_message)(void *data, const struct osc_message *message);
    void *data;
};

// Knows the SynthDefs sine (out, freq, amp, gate), bell (one-shot: freq), plain (amp), chord
// (freqs[3], t_hit, i_bus, amp) and farfield_guard.
// It does not sweep the tree, until sweep_interval is set.
struct fake_session *fake_session_create(void);
// Stops it first, and aborts where a call was not answered exactly once.
void fake_session_destroy(struct fake_session *f);

// Answers scsynth's way through the boot, as client `client`; what was recorded is cleared.
void fake_session_boot(struct fake_session *f, int client);

// scsynth's process ends, and another one is there.
void fake_lose_server(struct fake_session *f);

// "NAME WORDS PARAMETERS": words are releasable, one_shot; parameters are name=default, or
// name=default,default,... for an array; t_ and i_ begin triggers and scalars.
struct synthdef *fake_synthdef(const char *text);
void fake_add_synthdef(struct fake_session *f, const char *text);

// Reads "/n_go 1000 1 -1 -1 0": whole numbers, numbers with a dot, strings (quoted by ' if need
// be).
struct osc_message *fake_message(const char *text);
// scsynth answers /status, with as many nodes as the session knows.
void fake_alive(struct fake_session *f);
// It comes from scsynth.
void fake_reply(struct fake_session *f, const char *text);

// Makes a call; in `params` ' stands for ".
struct fake_answer *fake_call(struct fake_session *f, const char *method, const char *params);
struct fake_answer *fake_call_bytes(struct fake_session *f, const char *method, const char *params,
                                    const void *bytes, gsize length);
// The same with headers of HTTP, either of which may be NULL.
struct fake_answer *fake_patch(struct fake_session *f, const char *method, const char *params,
                               const char *type, const char *if_match, const char *body);
// The same with an uploaded file.
struct fake_answer *fake_upload(struct fake_session *f, const char *method, const char *params,
                                const char *path);
// The same without anybody who waits for the answer.
void fake_notify(struct fake_session *f, const char *method, const char *params);

// A WebSocket client, whose connection is named by a letter.
struct client *fake_connect(struct fake_session *f, const char *connection, bool authorised);
void fake_leave(struct fake_session *f, struct client *client);
// A message of it; ' stands for ".
void fake_receive(struct fake_session *f, struct client *client, const char *text);
// What clients were sent since it was last asked, one message a line.
char *fake_received(struct fake_session *f);

// Lets time pass, with a tick at the end of it.
void fake_pass(struct fake_session *f, int64_t microseconds);
// Lets time pass as the loop would: a tick each time one was asked for.
void fake_run(struct fake_session *f, int64_t microseconds);

// The pipeline sends a message; ' stands for ".
void fake_pipeline_says(struct fake_session *f, const char *text);
// What it was told since it was last asked, a message a line. The caller owns it.
char *fake_linked(struct fake_session *f);

// What was sent since it was last asked, a line for each bundle.
char *fake_sent(struct fake_session *f);
// Events of one topic since it was last asked, one a line: "event {params}".
char *fake_events(struct fake_session *f, const char *topic);
// What was asked of sounds and files since it was last asked.
char *fake_files(struct fake_session *f);
// Forgets what was recorded.
void fake_forget(struct fake_session *f);
// The tree as "0(1(1000 1001) 2)".
char *fake_tree(const struct fake_session *f);

// An answer as "200 {...}" or "404 detail; field: detail", "waiting" while there is none.
char *fake_text(const struct fake_answer *answer);
