// SPDX-License-Identifier: GPL-3.0-or-later
// The messages between controller and pipeline: JSON text frames on one WebSocket, subprotocol
// `farfield.link.v1`, the pipeline being the client. It authenticates with the header
// `Authorization: Bearer TOKEN`. Both sides say hello first; the pipeline's hello carries every
// listener, recording and relay that it has, so that a restarted controller learns them again.
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "common/mode.h"
#include "common/recording.h"
#include "common/relay.h"

#define LINK_PROTOCOL "farfield.link.v1"
// Longest frame that either side accepts, bytes. An SDP is at most LINK_MAX_SDP.
#define LINK_MAX_MESSAGE (2 * 1024 * 1024)
#define LINK_MAX_SDP (64 * 1024)

enum link_type {
    LINK_CONTROLLER_HELLO, // controller -> pipeline: what to capture; repeated when rooms change
    LINK_PIPELINE_HELLO,   // pipeline -> controller: who listens
    LINK_LISTEN,    // controller -> pipeline: offer to this listener (sdp NULL), or answer it
    LINK_OFFER,     // pipeline -> controller: the offer to a listener
    LINK_ANSWER,    // either way: the answer to the other side's offer
    LINK_CANDIDATE, // either way: one ICE candidate; "" ends them
    LINK_RESTART,   // controller -> pipeline: begin a new ICE session (RFC 8445, section 9) on this
                    // connection: with these words of the client's, which comes back as ANSWER
                    // with an SDP fragment; or without any, which comes back as OFFER
    LINK_REFUSED,   // pipeline -> controller: LISTEN or ANSWER failed and the listener is gone;
                    // or RESTART failed, and it goes on as it was
    LINK_STATE,     // pipeline -> controller: a listener's connection changed, or ANSWER was taken
    LINK_CLOSE,     // controller -> pipeline: take this listener down
    LINK_MODE,      // controller -> pipeline: encode for this listener so from now on
    LINK_METER,     // pipeline -> controller: level of a room, ten a second
    LINK_STATS,     // pipeline -> controller: counters of one listener
    LINK_CAPTURE,   // pipeline -> controller: the JACK side changed
    LINK_RECORD,    // controller -> pipeline: begin this recording; of it, id to split count
    LINK_RECORD_STOP, // controller -> pipeline: end the recording of this id in order
    LINK_JOINED,      // pipeline -> controller: one listens by a door without WebRTC
    LINK_STREAMS,     // pipeline -> controller: whether those doors are open
    LINK_RECORDING,  // pipeline -> controller: how a recording is now; each second and when it ends
    LINK_RELAY,      // controller -> pipeline: begin this relay
    LINK_RELAY_STOP, // controller -> pipeline: end the relay of this id
    LINK_RELAYED,    // pipeline -> controller: how a relay is now; each second, and when it ends
};

enum listener_state { LISTENER_CONNECTING, LISTENER_CONNECTED, LISTENER_CLOSED };

// By which door; all but the first are the pipeline's own.
enum listener_kind { KIND_WEBRTC, KIND_WEBSOCKET, KIND_PCM, KIND_WEBM, KIND_OGG };
#define LISTENER_KINDS 5

const char *listener_kind_name(enum listener_kind kind);

#define LINK_CHANNELS 2

// Of Opus.
#define LINK_MIN_BITRATE 6000 // bits a second
#define LINK_MAX_BITRATE 510000
#define LINK_MAX_COMPLEXITY 10

struct link_room {
    char *name;                   // owned: "main"
    char *sources[LINK_CHANNELS]; // owned: JACK ports, "client:port", left first
    int bitrate;                  // of Opus, bits a second
    int complexity;               // of Opus, 0 to 10
};

struct link_listener {
    char *id;   // owned
    char *room; // owned
    enum listener_kind kind;
    enum listener_state state;
    enum stream_mode mode;
    double since;              // seconds of Unix time at which it was asked for
    char *ufrag, *their_ufrag; // owned: names of the ICE session, ours and the client's; or NULL
    char *client; // owned: name of its program (agent.h), of the pipeline's own doors; may be NULL
};

struct link_stats {
    double packets, bytes; // sent since the start
    double lost;           // packets that the listener reported lost
    double expected;       // packets that it had to get until that report, counted from anywhere
    double round_trip;     // seconds, negative while unknown
    double jitter;         // seconds, negative while unknown
    enum stream_mode mode; // that it gets, which is safe while it loses packets
};

// Strings and arrays are owned by the message and NULL where the type has none.
struct link_message {
    enum link_type type;
    char *listener; // every type that concerns one listener
    char *room;     // LISTEN, METER, JOINED
    char *sdp;      // LISTEN (may be NULL), OFFER, ANSWER
    char *candidate;
    int mline;              // CANDIDATE: index of the SDP's media section
    char *mid;              // CANDIDATE: name of that section, which counts then (may be NULL)
    char *ufrag, *password; // RESTART: of the client's new ICE session (both may be NULL)
    enum listener_state state;
    enum stream_mode mode; // LISTEN, MODE, JOINED
    int status;            // REFUSED: HTTP status that fits
    char *detail;          // REFUSED, STATE (may be NULL), CLOSE, STREAMS: why, for a person
    double peak[LINK_CHANNELS], rms[LINK_CHANNELS]; // METER: dBFS, at least -200
    struct link_stats stats;
    enum listener_kind kind;     // JOINED
    double since;                // JOINED: seconds of Unix time
    char *client;                // JOINED: name of its program, may be NULL
    int port;                    // STREAMS: that is listened on, 0 for none
    GPtrArray *rooms;            // CONTROLLER_HELLO: struct link_room
    GPtrArray *listeners;        // PIPELINE_HELLO: struct link_listener
    GPtrArray *recordings;       // PIPELINE_HELLO: struct recording, those that it records
    struct recording *recording; // RECORD, RECORDING
    GPtrArray *relays;           // PIPELINE_HELLO: struct relay, those that it sends
    struct relay *relay;         // RELAY, RELAYED
    char *id;                    // RECORD_STOP: of a recording; RELAY_STOP: of a relay
    bool jack;                   // CAPTURE: the JACK server is there
    int rate;                    // CAPTURE: its sample rate, Hz, 0 without JACK
    int connected;               // CAPTURE: source ports connected
    int xruns;                   // CAPTURE: since the pipeline started
};

// JSON text of a message, without a newline. Never NULL; the caller frees it.
char *link_message_encode(const struct link_message *message);

// Reads one frame of `length` bytes. Unknown members are ignored, unknown types refused; strings
// are UTF-8 without NUL, SDPs at most LINK_MAX_SDP, numbers finite. NULL with `error` naming the
// member otherwise.
struct link_message *link_message_decode(const char *text, gsize length, GError **error);

void link_message_destroy(struct link_message *message);

void link_room_destroy(struct link_room *room);
void link_listener_destroy(struct link_listener *listener);
