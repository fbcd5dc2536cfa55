// SPDX-License-Identifier: GPL-3.0-or-later
#include "pipeline/sound/capture.h"

#include <glib.h>
#include <jack/jack.h>
#include <semaphore.h>
#include <time.h>

#include "common/log.h"
#include "pipeline/sound/ring.h"
#include "pipeline/sound/sources.h"

#define RETRY (500 * G_TIME_SPAN_MILLISECOND)
#define CLOSE_TIME (300 * G_TIME_SPAN_MILLISECOND) // leaving JACK takes some 10 ms

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
    char *server, *name; // owned
    _Atomic int rate, period, xruns;
    GThread *thread; // owned; makes every call into JACK
    bool local;
    char *made[2];   // owned, the thread's: the ports that it connected to itself
    char *played[2]; // owned, the same: to the driver's outputs

    GMutex lock; // guards what follows
    GCond wake;
    bool stopping, lost, stale; // stale: ports or sources have changed
    bool ended, abandoned;      // the thread has come to its end, or may take its time
    char *sources[2];           // owned
    struct capture_state state;
};

static int64_t now(void)
{
    return g_get_monotonic_time();
}

static int on_process(jack_nframes_t count, void *data)
{
    struct io *io = data;
    // What does not fit is lost: the reader is stuck, and old sound is of no use to it.
    ring_write(&io->ring, jack_port_get_buffer(io->ports[0], count),
               jack_port_get_buffer(io->ports[1], count), count);
    atomic_store_explicit(&io->heard, now(), memory_order_release);
    if (ring_filled(&io->ring) >= atomic_load(&io->wanted))
        sem_post(&io->ready);
    return 0;
}

static void wake(struct capture *capture, bool *flag)
{
    g_mutex_lock(&capture->lock);
    *flag = true;
    g_cond_signal(&capture->wake);
    g_mutex_unlock(&capture->lock);
}

static void on_shutdown(void *data)
{
    struct capture *capture = data;
    wake(capture, &capture->lost);
}

static void on_port_registration(jack_port_id_t port, int registered, void *data)
{
    struct capture *capture = data;
    wake(capture, &capture->stale);
}

static void on_port_connect(jack_port_id_t a, jack_port_id_t b, int connected, void *data)
{
    struct capture *capture = data;
    wake(capture, &capture->stale);
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

static jack_client_t *open_client(struct capture *capture)
{
    jack_status_t status;
    jack_client_t *client = jack_client_open(capture->name, JackNoStartServer | JackServerName,
                                             &status, capture->server);
    if (!client)
        return NULL;
    jack_set_process_callback(client, on_process, &capture->io);
    jack_on_shutdown(client, on_shutdown, capture);
    jack_set_port_registration_callback(client, on_port_registration, capture);
    jack_set_port_connect_callback(client, on_port_connect, capture);
    jack_set_xrun_callback(client, on_xrun, capture);
    jack_set_buffer_size_callback(client, on_buffer_size, capture);
    capture->rate = jack_get_sample_rate(client);
    capture->period = jack_get_buffer_size(client);
    if (register_ports(capture, client) && jack_activate(client) == 0)
        return client;
    jack_client_close(client);
    return NULL;
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

static void connect_sources(struct capture *capture, jack_client_t *client)
{
    int connected = 0, played = 0;
    for (int c = 0; c < 2; c++) {
        g_mutex_lock(&capture->lock);
        g_autofree char *source = g_strdup(capture->sources[c]);
        g_mutex_unlock(&capture->lock);
        connected += sources_connect(client, capture->io.ports[c], source, &capture->made[c]);
        played += capture->local && play(capture, client, c, source);
    }
    publish(capture, true, connected, played);
}

// Waits for something to do; false when there is no more.
static bool wait_for_change(struct capture *capture, int64_t until)
{
    g_mutex_lock(&capture->lock);
    while (!capture->stopping && !capture->lost && !capture->stale &&
           g_cond_wait_until(&capture->wake, &capture->lock, until))
        ;
    capture->stale = false;
    bool go_on = !capture->stopping && !capture->lost;
    g_mutex_unlock(&capture->lock);
    return go_on;
}

static void serve(struct capture *capture, jack_client_t *client)
{
    do
        connect_sources(capture, client);
    while (wait_for_change(capture, G_MAXINT64));
    jack_client_close(client);
    publish(capture, false, 0, 0);
}

static void capture_free(struct capture *capture)
{
    for (int c = 0; c < 2; c++) {
        g_free(capture->sources[c]);
        g_free(capture->made[c]);
        g_free(capture->played[c]);
    }
    sem_destroy(&capture->io.ready);
    g_cond_clear(&capture->wake);
    g_mutex_clear(&capture->lock);
    g_free(capture->server);
    g_free(capture->name);
    g_free(capture);
}

// Waits to try again; false when there is no more.
static bool wait_for_retry(struct capture *capture)
{
    g_mutex_lock(&capture->lock);
    capture->lost = false;
    int64_t until = now() + RETRY;
    while (!capture->stopping && g_cond_wait_until(&capture->wake, &capture->lock, until))
        ;
    bool go_on = !capture->stopping;
    g_mutex_unlock(&capture->lock);
    return go_on;
}

static void *run(void *data)
{
    struct capture *capture = data;
    do {
        jack_client_t *client = open_client(capture);
        if (client)
            serve(capture, client);
    } while (wait_for_retry(capture));
    g_mutex_lock(&capture->lock);
    capture->ended = true;
    bool abandoned = capture->abandoned;
    g_cond_signal(&capture->wake);
    g_mutex_unlock(&capture->lock);
    if (abandoned)
        capture_free(capture);
    return NULL;
}

// libjack writes several lines on stderr at each attempt to connect.
static void on_jack_text(const char *text)
{
    log_debug("jack", "{s:s}", "message", text);
}

struct capture *capture_create(const char *server, const char *client, char *const sources[2],
                               bool local)
{
    jack_set_error_function(on_jack_text);
    jack_set_info_function(on_jack_text);
    struct capture *capture = g_new0(struct capture, 1);
    capture->server = g_strdup(server);
    capture->name = g_strdup(client);
    capture->local = local;
    capture->rate = 48000;
    capture->period = 128;
    g_mutex_init(&capture->lock);
    g_cond_init(&capture->wake);
    sem_init(&capture->io.ready, 0, 0);
    for (int c = 0; c < 2; c++)
        capture->sources[c] = g_strdup(sources[c]);
    capture->thread = g_thread_new("capture", run, capture);
    return capture;
}

void capture_destroy(struct capture *capture)
{
    if (!capture)
        return;
    GThread *thread = capture->thread;
    wake(capture, &capture->stopping);
    g_mutex_lock(&capture->lock);
    int64_t until = now() + CLOSE_TIME;
    while (!capture->ended && g_cond_wait_until(&capture->wake, &capture->lock, until))
        ;
    bool ended = capture->ended;
    capture->abandoned = !ended;
    g_mutex_unlock(&capture->lock);
    if (!ended) {
        g_thread_unref(thread);
        return;
    }
    g_thread_join(thread);
    capture_free(capture);
}

void capture_set_sources(struct capture *capture, char *const sources[2])
{
    g_mutex_lock(&capture->lock);
    for (int c = 0; c < 2; c++) {
        g_free(capture->sources[c]);
        capture->sources[c] = g_strdup(sources[c]);
    }
    g_mutex_unlock(&capture->lock);
    wake(capture, &capture->stale);
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
