// SPDX-License-Identifier: GPL-3.0-or-later
#include "pipeline/sound/capture.h"

#include <glib.h>
#include <jack/jack.h>
#include <semaphore.h>
#include <time.h>

#include "common/log.h"
#include "pipeline/sound/client.h"
#include "pipeline/sound/ring.h"
#include "pipeline/sound/sources.h"

// All that the process callback touches.
struct io {
    jack_port_t *ports[2];
    struct ring ring;
    _Atomic size_t wanted; // frames that the reader waits for
    _Atomic int64_t heard; // when the callback last ran
    sem_t ready;
};

struct capture {
    struct io io;
    struct client *client; // owned
    char *name;            // owned
    _Atomic int rate, period, xruns;
    bool local;
    char *made[2];   // owned, the client's thread's: the ports that it connected to itself
    char *played[2]; // owned, the same: to the driver's outputs

    GMutex lock;      // guards what follows
    char *sources[2]; // owned
    struct capture_state state;
};

static int64_t now(void)
{
    return g_get_monotonic_time();
}

static int on_process(jack_nframes_t count, void *data)
{
    struct io *io = &((struct capture *)data)->io;
    // What does not fit is lost: the reader is stuck, and old sound is of no use to it.
    ring_write(&io->ring, jack_port_get_buffer(io->ports[0], count),
               jack_port_get_buffer(io->ports[1], count), count);
    atomic_store_explicit(&io->heard, now(), memory_order_release);
    if (ring_filled(&io->ring) >= atomic_load(&io->wanted))
        sem_post(&io->ready);
    return 0;
}

static int on_xrun(void *data)
{
    struct capture *capture = data;
    capture->xruns++;
    return 0;
}

static int on_buffer_size(jack_nframes_t frames, void *data)
{
    struct capture *capture = data;
    capture->period = frames;
    return 0;
}

static bool register_ports(struct capture *capture, jack_client_t *client)
{
    static const char *const names[] = {"in_1", "in_2"};
    for (int c = 0; c < 2; c++) {
        capture->io.ports[c] =
            jack_port_register(client, names[c], JACK_DEFAULT_AUDIO_TYPE, JackPortIsInput, 0);
        if (!capture->io.ports[c])
            return false;
    }
    return true;
}

static bool on_open(jack_client_t *client, void *data)
{
    struct capture *capture = data;
    jack_set_xrun_callback(client, on_xrun, capture);
    jack_set_buffer_size_callback(client, on_buffer_size, capture);
    capture->rate = jack_get_sample_rate(client);
    capture->period = jack_get_buffer_size(client);
    return register_ports(capture, client);
}

static void publish(struct capture *capture, bool jack, int connected, int played)
{
    g_mutex_lock(&capture->lock);
    bool changed = capture->state.jack != jack || capture->state.connected != connected ||
                   capture->state.played != played;
    capture->state.jack = jack;
    capture->state.rate = jack ? capture->rate : 0;
    capture->state.connected = connected;
    capture->state.played = played;
    g_mutex_unlock(&capture->lock);
    if (changed)
        log_info("capture.changed", "{s:s s:b s:i s:i s:i}", "client", capture->name, "jack", jack,
                 "rate", jack ? capture->rate : 0, "connected", connected, "played", played);
}

// Whether the source goes to the driver's output of that channel now. What is heard there is what
// listeners hear: scsynth's outputs, behind the guard.
static bool play(struct capture *capture, jack_client_t *client, int channel, const char *source)
{
    const char **outputs =
        jack_get_ports(client, NULL, JACK_DEFAULT_AUDIO_TYPE, JackPortIsInput | JackPortIsPhysical);
    // A device with one output plays the left alone: both together would pass the limit.
    bool there = outputs && g_strv_length((char **)outputs) > (guint)channel;
    jack_port_t *output = there ? jack_port_by_name(client, outputs[channel]) : NULL;
    bool played = output && sources_connect(client, output, source, &capture->played[channel]);
    if (outputs)
        jack_free(outputs);
    return played;
}

static bool on_serve(jack_client_t *client, void *data)
{
    struct capture *capture = data;
    int connected = 0, played = 0;
    for (int c = 0; c < 2; c++) {
        g_mutex_lock(&capture->lock);
        g_autofree char *source = g_strdup(capture->sources[c]);
        g_mutex_unlock(&capture->lock);
        connected += sources_connect(client, capture->io.ports[c], source, &capture->made[c]);
        played += capture->local && play(capture, client, c, source);
    }
    publish(capture, true, connected, played);
    return connected == 2;
}

static void on_closed(void *data)
{
    publish(data, false, 0, 0);
}

static void on_free(void *data)
{
    struct capture *capture = data;
    for (int c = 0; c < 2; c++) {
        g_free(capture->sources[c]);
        g_free(capture->made[c]);
        g_free(capture->played[c]);
    }
    sem_destroy(&capture->io.ready);
    g_mutex_clear(&capture->lock);
    g_free(capture->name);
    g_free(capture);
}

struct capture *capture_create(const char *server, const char *name, char *const sources[2],
                               bool local)
{
    struct capture *capture = g_new0(struct capture, 1);
    capture->name = g_strdup(name);
    capture->local = local;
    capture->rate = 48000;
    capture->period = 128;
    g_mutex_init(&capture->lock);
    sem_init(&capture->io.ready, 0, 0);
    for (int c = 0; c < 2; c++)
        capture->sources[c] = g_strdup(sources[c]);
    struct client_user user = {.open = on_open,
                               .serve = on_serve,
                               .closed = on_closed,
                               .process = on_process,
                               .free = on_free,
                               .data = capture};
    capture->client = client_create(server, name, &user);
    return capture;
}

void capture_destroy(struct capture *capture)
{
    if (capture)
        client_destroy(capture->client);
}

void capture_set_sources(struct capture *capture, char *const sources[2])
{
    g_mutex_lock(&capture->lock);
    for (int c = 0; c < 2; c++) {
        g_free(capture->sources[c]);
        capture->sources[c] = g_strdup(sources[c]);
    }
    g_mutex_unlock(&capture->lock);
    client_wake(capture->client);
}

struct capture_state capture_state(struct capture *capture)
{
    g_mutex_lock(&capture->lock);
    struct capture_state state = capture->state;
    g_mutex_unlock(&capture->lock);
    state.xruns = capture->xruns;
    return state;
}

bool capture_wait(struct capture *capture, size_t count, int64_t deadline)
{
    struct timespec until = {deadline / G_USEC_PER_SEC, deadline % G_USEC_PER_SEC * 1000};
    atomic_store(&capture->io.wanted, count);
    while (ring_filled(&capture->io.ring) < count)
        if (sem_clockwait(&capture->io.ready, CLOCK_MONOTONIC, &until) != 0 && now() >= deadline)
            return ring_filled(&capture->io.ring) >= count;
    return true;
}

size_t capture_read(struct capture *capture, float *frames, size_t count)
{
    return ring_read(&capture->io.ring, frames, count);
}

size_t capture_filled(const struct capture *capture)
{
    return ring_filled(&capture->io.ring);
}

void capture_skip(struct capture *capture, size_t count)
{
    ring_skip(&capture->io.ring, count);
}

int64_t capture_heard(const struct capture *capture)
{
    return atomic_load_explicit(&capture->io.heard, memory_order_acquire);
}

int capture_rate(const struct capture *capture)
{
    return capture->rate;
}

int64_t capture_period(const struct capture *capture)
{
    return (int64_t)capture->period * G_USEC_PER_SEC / capture->rate;
}
