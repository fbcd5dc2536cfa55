// SPDX-License-Identifier: GPL-3.0-or-later
#include "pipeline/doors/tap.h"

#include <math.h>

#define RATE 48000
#define PCM_TIME ((gint64)TAP_PCM_SAMPLES * G_USEC_PER_SEC / RATE) // of a chunk, us
#define PCM_TICK 10                                                // ms between looks at the tape
#define TAPE_FRAMES 32768                                          // 0.7 s
#define CLOCK_SLACK 1000000 // us that the time of PCM may be wrong before it is set anew
#define CLOCK_SMOOTHING 256 // chunks over which it follows the clock

// What the encoder's thread sees; it may outlive the tap by a moment.
struct inlet {
    gatomicrefcount references;
    struct packets *packets; // owned
    GSource *wake;           // owned: runs the main loop when there is something new
    struct tap *tap;         // the main loop's, NULL when it is gone
};

struct tap {
    struct tap_format format;
    struct room *room;
    struct inlet *inlet;   // a reference
    struct hub_sink *sink; // Opus
    struct tape *tape;     // owned: PCM
    guint timer;           // PCM: source of the main loop
    gint64 chunk_time;     // PCM: of the chunk that is being filled
    gint16 chunk[TAP_PCM_SAMPLES * 2];
    gsize filled; // frames
    void (*arrived)(struct tap *tap, void *data);
    void *data;
};

// --- waking the loop ----------------------------------------------------------------------------

static gboolean on_wake(GSource *source, GSourceFunc callback, gpointer data)
{
    g_source_set_ready_time(source, -1);
    return callback(data);
}

static GSourceFuncs wake_funcs = {NULL, NULL, on_wake, NULL};

static gboolean on_arrived(gpointer data)
{
    struct tap *tap = data;
    tap->arrived(tap, tap->data);
    return G_SOURCE_CONTINUE;
}

static struct inlet *inlet_create(struct tap *tap)
{
    struct inlet *inlet = g_new0(struct inlet, 1);
    g_atomic_ref_count_init(&inlet->references);
    inlet->tap = tap;
    inlet->packets = packets_create(tap_count(tap, TAP_KEEP));
    inlet->wake = g_source_new(&wake_funcs, sizeof(GSource));
    g_source_set_callback(inlet->wake, on_arrived, tap, NULL);
    g_source_attach(inlet->wake, NULL);
    return inlet;
}

static void inlet_unref(void *data)
{
    struct inlet *inlet = data;
    if (!g_atomic_ref_count_dec(&inlet->references))
        return;
    packets_destroy(inlet->packets);
    g_source_unref(inlet->wake);
    g_free(inlet);
}

// --- Opus ---------------------------------------------------------------------------------------

// On the encoder's thread.
static bool take(GstBuffer *buffer, void *data)
{
    struct inlet *inlet = data;
    GstMapInfo map;
    if (!gst_buffer_map(buffer, &map, GST_MAP_READ))
        return false;
    packets_add(inlet->packets, map.data, map.size, (gint64)GST_BUFFER_OFFSET_END(buffer));
    gst_buffer_unmap(buffer, &map);
    g_source_set_ready_time(inlet->wake, 0);
    return true;
}

static struct hub *hub_of(const struct tap *tap)
{
    return stream_hub(tap->room->of_mode[tap->format.mode]);
}

// Adding a packet to a ring does not block; it was the machine that did.
static void on_stalled(void *data)
{
    struct inlet *inlet = data;
    hub_rejoin(inlet->tap->sink);
}

static void subscribe(struct tap *tap)
{
    struct hub_subscriber subscriber = {
        .take = take, .released = inlet_unref, .stalled = on_stalled, .data = tap->inlet};
    g_atomic_ref_count_inc(&tap->inlet->references);
    tap->sink = hub_subscribe(hub_of(tap), &subscriber);
}

// --- PCM ----------------------------------------------------------------------------------------

static gint16 sample_of(float value)
{
    return (gint16)lrintf(CLAMP(value, -1.0f, 1.0f) * 32767.0f);
}

// The tape has no times. A chunk follows the one before it, and the clock gently; it jumps when the
// machine has slept.
static void end_chunk(struct tap *tap)
{
    gint64 late = g_get_real_time() - PCM_TIME - tap->chunk_time;
    tap->chunk_time += ABS(late) > CLOCK_SLACK ? late : late / CLOCK_SMOOTHING;
    packets_add(tap->inlet->packets, tap->chunk, sizeof tap->chunk, tap->chunk_time);
    tap->chunk_time += PCM_TIME;
    tap->filled = 0;
}

static gboolean on_tape_time(gpointer data)
{
    struct tap *tap = data;
    float frames[2 * TAP_PCM_SAMPLES];
    gsize count;
    guint64 before = packets_end(tap->inlet->packets);
    while ((count = tape_read(tap->tape, frames, TAP_PCM_SAMPLES - tap->filled)) > 0) {
        for (gsize i = 0; i < 2 * count; i++)
            tap->chunk[2 * tap->filled + i] = GINT16_TO_LE(sample_of(frames[i]));
        tap->filled += count;
        if (tap->filled == TAP_PCM_SAMPLES)
            end_chunk(tap);
    }
    if (packets_end(tap->inlet->packets) != before)
        tap->arrived(tap, tap->data);
    return G_SOURCE_CONTINUE;
}

// --- life ---------------------------------------------------------------------------------------

struct tap *tap_create(struct room *room, bool pcm, enum stream_mode mode,
                       void (*arrived)(struct tap *tap, void *data), void *data)
{
    struct tap *tap = g_new0(struct tap, 1);
    tap->room = room;
    tap->arrived = arrived;
    tap->data = data;
    tap->format =
        (struct tap_format){.pcm = pcm,
                            .mode = mode,
                            .samples = pcm ? TAP_PCM_SAMPLES : stream_block(room->of_mode[mode])};
    tap->inlet = inlet_create(tap);
    if (pcm) {
        tap->tape = tape_create(TAPE_FRAMES);
        source_add_tape(room->source, tap->tape);
        tap->timer = g_timeout_add(PCM_TICK, on_tape_time, tap);
        return tap;
    }
    subscribe(tap);
    return tap;
}

void tap_destroy(struct tap *tap)
{
    if (!tap)
        return;
    if (tap->sink)
        hub_unsubscribe(hub_of(tap), tap->sink);
    if (tap->tape)
        source_remove_tape(tap->room->source, tap->tape);
    tape_destroy(tap->tape);
    g_clear_handle_id(&tap->timer, g_source_remove);
    g_source_destroy(tap->inlet->wake);
    tap->inlet->tap = NULL;
    inlet_unref(tap->inlet);
    g_free(tap);
}

const struct tap_format *tap_format(const struct tap *tap)
{
    return &tap->format;
}

struct packets *tap_packets(const struct tap *tap)
{
    return tap->inlet->packets;
}

guint64 tap_count(const struct tap *tap, int milliseconds)
{
    return (guint64)milliseconds * (RATE / 1000) / tap->format.samples;
}
