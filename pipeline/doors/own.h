// SPDX-License-Identifier: GPL-3.0-or-later
// What doors.c (the port, and all who listen), visitor.c (one who listens), http.c and
// socket.c share.
#pragma once

#include <libwebsockets.h>

#include "pipeline/doors/ask.h"
#include "pipeline/doors/doors.h"
#include "pipeline/doors/strangers.h"
#include "pipeline/doors/tap.h"
#include "pipeline/doors/mux.h"

#define DOORS_PROTOCOL "farfield.audio.v1"
// Bytes of packets written at once, before others get their turn.
#define DOORS_BURST 16384

struct doors_settings {
    const char *address, *token;
    int port;
    int queue_max, queue_target; // ms that one may be behind, and is put back to
    int patience;                // s that a listener by HTTP may take nothing
    bool flush;                  // begin with what is new, not with what is kept
    int preroll;                 // packets of what is kept
};

struct doors {
    struct doors_settings settings;
    struct doors_ports ports;
    struct link *link;
    struct lws_context *context; // owned
    struct lws_vhost *vhost;     // of the context, NULL while the port is not ours
    char *trouble;               // owned: why it is not
    guint retry_timer;
    GHashTable *visitors;        // id -> struct visitor, owned by its connection: those who listen
    GPtrArray *channels;         // owned: struct channel
    struct strangers *strangers; // owned
    guint connections;           // visitors, with those that have ended and are still being told
    bool locked;
    GByteArray *out; // owned: what is being written, LWS_PRE bytes from its start
};

// One tap and those who listen to it.
struct channel {
    struct doors *doors;
    struct room *room;
    struct tap *tap;     // owned
    GPtrArray *visitors; // struct visitor
};

// One connection.
struct visitor {
    struct doors *doors;
    struct lws *wsi;
    struct link_listener about;
    struct channel *channel; // NULL once it has ended
    guint64 next;            // number of the packet that it wants next
    guint64 packets, bytes, skipped;
    gint64 moved;      // when its socket last took something
    gint64 reported;   // when its stats were told
    char *ending;      // owned: why it ends, NULL while it lasts
    struct mux *mux;   // owned: HTTP
    bool begun;        // HTTP: the file's head is written
    GQueue texts;      // owned char *: WebSocket: what is to be said
    bool changed;      // WebSocket: what it hears is to be described
    bool farewell;     // WebSocket: stream_end has been said
    bool offended;     // WebSocket: it ends for what the client said
    bool quiet;        // WebSocket: and nothing more has come for a moment
    GString *incoming; // owned: WebSocket: the message that is coming in
    int faults;        // WebSocket: messages that were no good
    gint64 second;     // WebSocket: begin of the last second of messages
    int said;          // WebSocket: messages since
};

// What lws keeps for each connection, zeroed.
struct doors_session {
    struct ask ask; // WebSocket: between handshake and opening
    struct visitor *visitor;
};

void doors_channel_destroy(gpointer channel);

// Reads what the connection asks; false with `error`, of a kind that is its HTTP status.
bool doors_ask(struct lws *wsi, struct ask *ask, GError **error);
// Whether it may listen; NULL with `error`, or the room, and its listener's id, owned by the
// caller.
struct room *doors_may(struct doors *doors, const struct ask *ask, char **id, GError **error);

// Lets it in and tells so.
struct visitor *visitor_create(struct doors *doors, struct lws *wsi, const struct ask *ask,
                               GError **error);
// Its connection is gone.
void visitor_destroy(struct visitor *visitor);
// Begins its end: it hears no more, and is told why.
void visitor_end(struct visitor *visitor, const char *why);
// Goes on with another mode; false where there is none.
bool visitor_set_mode(struct visitor *visitor, enum stream_mode mode);

// Where it has fallen too far behind, goes on with what is new: how many packets were left out.
guint64 visitor_catch_up(struct visitor *visitor);
// The packet that is next for it, NULL when it has all. The caller takes it by visitor_took().
struct packet *visitor_peek(const struct visitor *visitor);
void visitor_took(struct visitor *visitor, struct packet *packet);

// Asks to be called when the socket takes more, if there is more; and gives it a deadline.
void visitor_wait(struct visitor *visitor);

// doors->out, empty but for the LWS_PRE bytes that lws wants; and writing it.
GByteArray *doors_out(struct doors *doors);
// False when the connection is broken.
bool doors_write(struct visitor *visitor, enum lws_write_protocol type);

int doors_on_http(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
                  size_t length);
int doors_on_socket(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
                    size_t length);
// Whether a request may become what it wants: 0, or positive when it has been refused.
int doors_confirm(struct lws *wsi, const char *upgrade);
// The refusal of a request, as problem+json: positive when it has been written, else negative.
int doors_refuse(struct lws *wsi, const GError *error);
