// SPDX-License-Identifier: GPL-3.0-or-later
// One client of a JACK server, which comes back when the server dies.
//
// Calls into JACK wait for its server, which may hang, so a thread of the client makes them all.
#pragma once

#include <jack/jack.h>
#include <stdbool.h>

struct client;

// What it is for. All but `process` run on the client's own thread.
struct client_user {
    // Makes the ports and whatever else a client that is not active yet needs; false where that
    // cannot be.
    bool (*open)(jack_client_t *jack, void *data);
    // It is active, and has been told that ports have come, gone or been connected: the place to
    // connect. Whether all is connected; it is tried again soon where not, since ports of a client
    // that is not active yet refuse, and JACK does not tell when it is.
    bool (*serve)(jack_client_t *jack, void *data);
    // The server is gone, or the client has left it.
    void (*closed)(void *data);
    // JACK's process callback: never waits, locks or allocates.
    JackProcessCallback process;
    // Frees `data`, of which nothing is used any more.
    void (*free)(void *data);
    void *data;
};

// Begins at once and never fails: without a server it waits for one.
struct client *client_create(const char *server, const char *name, const struct client_user *user);
// Its thread is left behind when JACK does not let it go at once, and frees `data` whenever it
// ends. Any thread may call it.
void client_destroy(struct client *client);

// Has `serve` called anew; any thread may.
void client_wake(struct client *client);
