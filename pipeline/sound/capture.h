// SPDX-License-Identifier: GPL-3.0-or-later
// The JACK side of one room: a client of its own (client.h), which connects its sources whenever
// they appear.
//
// Its process callback only copies frames to a ring and wakes the reader.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct capture;

// What a capture is doing now.
struct capture_state {
    bool jack;     // the server is there
    int rate;      // Hz, 0 without a server
    int connected; // source ports connected
    int played;    // of them, to an output of the driver
    int xruns;     // since the start
};

// Begins at once and never fails: without a server it waits for one. `sources` are two port names,
// left first; "scsynth:out_1" also stands for "scsynth-01:out_1", the name of a second client. With
// `local` the sources are connected to the first two outputs of the server's driver, too.
struct capture *capture_create(const char *server, const char *client, char *const sources[2],
                               bool local);
// Its thread is left behind when JACK does not let it go at once.
void capture_destroy(struct capture *capture);

void capture_set_sources(struct capture *capture, char *const sources[2]);
struct capture_state capture_state(struct capture *capture);

// The rest is for the one thread that reads.

// Waits until `count` frames are there, or until `deadline` (microseconds, monotonic); whether
// they are.
bool capture_wait(struct capture *capture, size_t count, int64_t deadline);

// Takes at most `count` frames, interleaved; returns how many.
size_t capture_read(struct capture *capture, float *frames, size_t count);

size_t capture_filled(const struct capture *capture);
void capture_skip(struct capture *capture, size_t count);

// When the newest frame came in, microseconds.
int64_t capture_heard(const struct capture *capture);

// JACK's rate and period as the reader should take them; the last ones while there is no server.
int capture_rate(const struct capture *capture);
int64_t capture_period(const struct capture *capture); // microseconds
