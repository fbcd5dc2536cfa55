// SPDX-License-Identifier: GPL-3.0-or-later
// A buffer as it is drawn. scsynth writes what is in it into files, and another program looks at
// those. While it writes, scsynth answers nobody: so one buffer is written at a time, in pieces,
// and what others ask comes between two pieces.
#include "controller/core/commands/buffer.h"
#include "controller/core/commands/commands.h"
#include "controller/core/session_own.h"

#define MAX_POINTS 4096
#define MAX_VALUES 32768               // pairs, of all channels together
#define MAX_DRAWINGS 16                // at once, with those that wait for their turn
#define PIECE (1 << 20)                // samples of one file: some hundredths of a second
#define DEADLINE (30 * G_USEC_PER_SEC) // till a buffer has been written

void drawing_destroy(struct drawing *drawing)
{
    g_free(drawing->path);
    g_free(drawing);
}

static void end(struct session *session, struct drawing *drawing)
{
    session->buffers.drawing--;
    drawing_destroy(drawing);
}

static void fail(struct session *session, struct drawing *drawing, struct problem *problem)
{
    call_fail(drawing->call, problem);
    end(session, drawing);
}

void session_on_peaks(struct session *session, guint ticket, const json_t *channels,
                      struct problem *problem, int64_t now)
{
    gpointer key = GUINT_TO_POINTER(ticket);
    struct drawing *drawing = g_hash_table_lookup(session->buffers.drawings, key);
    session->now = now;
    g_hash_table_remove(session->buffers.drawings, key);
    if (!drawing) {
        problem_destroy(problem);
        return;
    }
    if (problem) {
        fail(session, drawing, problem);
    } else {
        call_succeed(drawing->call, json_pack("{s:i s:i s:f s:O}", "from", drawing->from, "frames",
                                              drawing->frames, "sample_rate", drawing->rate,
                                              "channels", channels));
        end(session, drawing);
    }
    session_schedule(session);
}

void drawings_stop(struct session *session)
{
    GHashTableIter iter;
    gpointer drawing;
    g_hash_table_iter_init(&iter, session->buffers.drawings);
    struct undrawn *next;
    while ((next = g_queue_pop_head(&session->buffers.undrawn))) {
        call_fail(next->call, problem_new(503, "Farfield is shutting down"));
        g_free(next);
    }
    while (g_hash_table_iter_next(&iter, NULL, &drawing)) {
        g_hash_table_iter_remove(&iter);
        fail(session, drawing, problem_new(503, "Farfield is shutting down"));
    }
}

static void write_next(struct session *session, struct drawing *drawing, int number);

static void delete_files(struct session *session, const struct drawing *drawing)
{
    session->ports.delete_file(session->ports.data, drawing->path);
    for (int i = 1; i < drawing->pieces; i++) {
        g_autofree char *path = g_strdup_printf("%s.%d", drawing->path, i);
        session->ports.delete_file(session->ports.data, path);
    }
}

// Those whose time is over meanwhile are told so. As many wait as are allowed at once.
static void take_turn(struct session *session)
{
    struct undrawn *next;
    while (!session->buffers.writing && (next = g_queue_pop_head(&session->buffers.undrawn))) {
        struct call *call = next->call;
        bool late = next->deadline <= session->now;
        g_free(next);
        if (late)
            call_fail(call, problem_new(503, "too many buffers are being drawn; try again later"));
        else
            call->command->handle(session, call);
    }
}

static void end_writing(struct session *session, int number)
{
    session->buffers.writing = false;
    buffer_end(session, number);
    take_turn(session);
}

static char *last_path(const struct drawing *drawing)
{
    return drawing->pieces > 1 ? g_strdup_printf("%s.%d", drawing->path, drawing->pieces - 1)
                               : g_strdup(drawing->path);
}

static void answer_written(struct session *session, struct wait *wait, struct problem *problem)
{
    struct drawing *drawing = wait->extra;
    struct buffers *buffers = &session->buffers;
    int number = wait->node, most = MAX(PIECE / drawing->channels, 1);
    int before = (drawing->pieces - 1) * most;
    guint64 least = (guint64)(drawing->written - before) * drawing->channels * sizeof(float);
    g_autofree char *path = last_path(drawing);
    if (!problem && session->ports.file_size(session->ports.data, path) < least)
        problem = problem_new(507, "the file could not be written; is the disk full?");
    if (!problem && drawing->written < drawing->frames && session->now >= drawing->deadline)
        problem = problem_new(504, "scsynth could not write the buffer in time");
    if (problem) {
        delete_files(session, drawing);
        fail(session, drawing, problem);
    } else if (drawing->written < drawing->frames) {
        write_next(session, drawing, number);
        return;
    } else {
        guint ticket = buffers->next_ticket++;
        g_hash_table_insert(buffers->drawings, GUINT_TO_POINTER(ticket), drawing);
        session->ports.read_peaks(session->ports.data, ticket, drawing->path, drawing->pieces,
                                  drawing->points);
    }
    end_writing(session, number);
}

static void write_next(struct session *session, struct drawing *drawing, int number)
{
    int from = drawing->from + drawing->written;
    int frames = MIN(MAX(PIECE / drawing->channels, 1), drawing->frames - drawing->written);
    drawing->pieces++;
    drawing->written += frames;
    g_autofree char *path = last_path(drawing);
    batch_add(&session->batch, osc_message_new("/b_write", "isssiii", number, path, "wav", "float",
                                               frames, from, 0));
    wait_add(session, WAIT_SYNC, drawing->call, "/b_write", number, answer_written)->extra =
        drawing;
}

static struct problem *check_range(const struct call *call, const struct buffer *buffer)
{
    int from = call_integer(call, "from"), frames = call_integer(call, "frames");
    if (from < buffer->frames && frames <= buffer->frames - from)
        return NULL;
    const char *field = from < buffer->frames ? "frames" : "from";
    struct problem *problem =
        problem_new(422, "%s leads behind the last of %d frames", field, buffer->frames);
    problem_add(problem, field, "leads behind the last of %d frames", buffer->frames);
    return problem;
}

static struct drawing *drawing_new(struct call *call, const struct buffer *buffer)
{
    struct drawing *drawing = g_new0(struct drawing, 1);
    drawing->call = call;
    drawing->from = call_integer(call, "from");
    drawing->frames =
        call_has(call, "frames") ? call_integer(call, "frames") : buffer->frames - drawing->from;
    drawing->channels = buffer->channels;
    drawing->rate = buffer->rate;
    drawing->points = MIN(call_integer(call, "points"), MAX_VALUES / buffer->channels);
    return drawing;
}

static void wait_for_turn(struct session *session, struct call *call)
{
    struct undrawn *undrawn = g_new(struct undrawn, 1);
    *undrawn = (struct undrawn){call, session->now + DEADLINE};
    g_queue_push_tail(&session->buffers.undrawn, undrawn);
}

static void buffer_peaks(struct session *session, struct call *call)
{
    struct buffers *buffers = &session->buffers;
    struct buffer *buffer = call_ready_buffer(session, call);
    if (!buffer)
        return;
    g_autoptr(GError) error = NULL;
    struct problem *problem = check_range(call, buffer);
    if (!problem && session->stopping)
        problem = problem_new(503, "Farfield is shutting down");
    if (!problem && buffers->drawing + buffers->undrawn.length >= MAX_DRAWINGS)
        problem = problem_new(503, "%d buffers are being drawn already; try again in a moment",
                              MAX_DRAWINGS);
    if (problem) {
        call_fail(call, problem);
        return;
    }
    if (buffers->writing) {
        wait_for_turn(session, call);
        return;
    }
    // What the others take is on the disk by now: room for one more is looked for at its turn.
    struct drawing *drawing = drawing_new(call, buffer);
    guint64 bytes = (guint64)drawing->frames * drawing->channels * sizeof(float);
    drawing->path = session->ports.scratch_file(session->ports.data, buffer->number, bytes, &error);
    drawing->deadline = session->now + DEADLINE;
    if (!drawing->path) {
        drawing_destroy(drawing);
        call_fail(call, problem_from_error(error));
        return;
    }
    buffers->drawing++;
    buffers->writing = true;
    buffer_begin(buffer);
    write_next(session, drawing, buffer->number);
}

static const struct command peaks = {
    "buffer.peaks",
    "GET",
    "/v1/buffers/{id}/peaks",
    SCOPE_READ,
    BODY_NONE,
    BODY_JSON,
    200,
    .waits = true,
    .example = "{\"id\":\"table\",\"points\":4}",
    .words =
        "What is in a buffer now, as it is drawn: the lowest and highest sample of each point.",
    .result = "peaks",
    .params = {BUFFER_ID,
               {"points", PARAM_INTEGER, false,
                "how many to divide the frames into; fewer where there are fewer frames, or more "
                "than 8 channels",
                .min = 1, .max = MAX_POINTS, .fallback = "1024"},
               {"from", PARAM_INTEGER, false, "the first frame", .min = 0, .max = G_MAXINT32,
                .fallback = "0"},
               {"frames", PARAM_INTEGER, false, "how many; all that follow unless it is given",
                .min = 1, .max = BUFFERS_MAX_SAMPLES}},
    .handle = buffer_peaks,
};

const struct command *const peaks_commands[] = {&peaks, NULL};
