// SPDX-License-Identifier: GPL-3.0-or-later
// Buffers of a scsynth that is being set up. A new one has none of them, one that a controller
// finds after its own restart may have all: it is asked first.
//
// What it lacks is made in rounds: the buffers themselves, then of each its lowest layer, and so
// on, with a /synced between, since /b_setn would else overtake /b_alloc and /b_gen.
#include "common/log.h"
#include "controller/core/session.h"

// What goes between two /sync.
#define QUERIES 200
#define PORTION_BYTES 49152        // of messages
#define PORTION_SAMPLES (16 << 20) // that scsynth reads from files

static void list_numbers(struct session *session)
{
    struct buffers *buffers = &session->buffers;
    g_array_set_size(buffers->boot_numbers, 0);
    buffers->boot_at = buffers->boot_layer = buffers->boot_run = buffers->boot_value = 0;
    GHashTableIter iter;
    gpointer buffer;
    g_hash_table_iter_init(&iter, buffers->buffers);
    while (g_hash_table_iter_next(&iter, NULL, &buffer))
        if (!((struct buffer *)buffer)->confirmed)
            g_array_append_val(buffers->boot_numbers, ((struct buffer *)buffer)->number);
}

bool buffers_check(struct session *session, bool first)
{
    struct buffers *buffers = &session->buffers;
    if (first)
        list_numbers(session);
    if (buffers->boot_at >= buffers->boot_numbers->len)
        return false;
    struct osc_message *query = osc_message_new("/b_query", "");
    for (int i = 0; i < QUERIES && buffers->boot_at < buffers->boot_numbers->len; i++)
        osc_add_int(query, g_array_index(buffers->boot_numbers, int, buffers->boot_at++));
    batch_add(&session->batch, query);
    return true;
}

// Each returns what it costs in bytes of messages.
static gsize send(struct session *session, struct osc_message *message)
{
    gsize size = osc_size(message);
    batch_add(&session->batch, message);
    return size;
}

static gsize make(struct session *session, struct buffer *buffer)
{
    g_autoptr(GError) error = NULL;
    struct osc_message *message = buffer_make_message(session, buffer, &error);
    if (!message) {
        log_error("buffer.restore", "{s:i s:s}", "number", buffer->number, "reason",
                  error->message);
        return 0;
    }
    // Reading a file is dear: it counts as if its samples were sent.
    gsize samples = buffer->asset ? buffer_samples(buffer) : 0;
    return send(session, message) + samples / (PORTION_SAMPLES / PORTION_BYTES);
}

// The next piece of a layer; `done` when it was the last.
static gsize send_piece(struct session *session, struct buffer *buffer, bool *done)
{
    struct buffers *buffers = &session->buffers;
    const struct layer *layer = buffers->boot_layer <= buffer->layers->len
                                    ? g_ptr_array_index(buffer->layers, buffers->boot_layer - 1)
                                    : NULL;
    *done = true;
    if (!layer)
        return 0;
    if (!layer->runs)
        return send(session, buffer_table_message(buffer, layer->wave));
    const struct stretch *run = &g_array_index(layer->runs, struct stretch, buffers->boot_run);
    guint from = buffers->boot_value, count = MIN(run->values->len - from, BUFFERS_PORTION);
    buffers->boot_value += count;
    if (buffers->boot_value == run->values->len) {
        buffers->boot_run++;
        buffers->boot_value = 0;
    }
    *done = buffers->boot_run == layer->runs->len;
    return send(session, buffer_samples_message(buffer, run->start + (int)from,
                                                &g_array_index(run->values, float, from), count));
}

static gsize send_next(struct session *session, struct buffer *buffer)
{
    struct buffers *buffers = &session->buffers;
    bool done = true;
    gsize size = 0;
    if (buffer && buffers->boot_layer == 0)
        size = make(session, buffer);
    else if (buffer)
        size = send_piece(session, buffer, &done);
    if (done) {
        buffers->boot_at++;
        buffers->boot_run = buffers->boot_value = 0;
    }
    return size;
}

static void finish(struct session *session)
{
    struct buffers *buffers = &session->buffers;
    for (guint i = 0; i < buffers->boot_numbers->len; i++) {
        struct buffer *buffer = buffers_find(buffers, g_array_index(buffers->boot_numbers, int, i));
        if (!buffer)
            continue;
        buffer_made(session, buffer);
        if (buffer->state == BUFFER_LOST)
            log_error("buffer.lost", "{s:i}", "number", buffer->number);
    }
    g_array_set_size(buffers->boot_numbers, 0);
}

static void begin(struct session *session)
{
    list_numbers(session);
    GHashTableIter iter;
    gpointer each;
    // Those that are there need nothing.
    g_hash_table_iter_init(&iter, session->buffers.buffers);
    while (g_hash_table_iter_next(&iter, NULL, &each))
        if (((struct buffer *)each)->confirmed)
            ((struct buffer *)each)->state = BUFFER_READY;
    if (session->buffers.boot_numbers->len)
        log_info("buffer.restore", "{s:i}", "buffers", (int)session->buffers.boot_numbers->len);
}

bool buffers_restore(struct session *session, bool first)
{
    struct buffers *buffers = &session->buffers;
    if (first)
        begin(session);
    gsize size = 0;
    while (buffers->boot_layer <= BUFFERS_MAX_LAYERS) {
        while (buffers->boot_at < buffers->boot_numbers->len) {
            int number = g_array_index(buffers->boot_numbers, int, buffers->boot_at);
            size += send_next(session, buffers_find(buffers, number));
            if (size >= PORTION_BYTES)
                return true;
        }
        buffers->boot_at = 0;
        buffers->boot_layer++;
        if (size > 0)
            return true;
    }
    finish(session);
    return false;
}
