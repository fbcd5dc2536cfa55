// SPDX-License-Identifier: GPL-3.0-or-later
// A buffer as it is drawn. scsynth writes what is in it into a file, and another program looks at
// that: a long buffer keeps nobody waiting but who asked.
#include "controller/core/commands/buffer.h"
#include "controller/core/commands/commands.h"
#include "controller/core/session_own.h"

#define MAX_POINTS 4096
#define MAX_VALUES 32768 // pairs, of all channels together
#define MAX_DRAWINGS 16  // at once

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
    while (g_hash_table_iter_next(&iter, NULL, &drawing)) {
        g_hash_table_iter_remove(&iter);
        fail(session, drawing, problem_new(503, "Farfield is shutting down"));
    }
}

static void answer_written(struct session *session, struct wait *wait, struct problem *problem)
{
    struct drawing *drawing = wait->extra;
    struct buffers *buffers = &session->buffers;
    guint64 least = (guint64)drawing->frames * drawing->channels * sizeof(float);
    int number = wait->node;
    if (!problem && session->ports.file_size(session->ports.data, drawing->path) < least)
        problem = problem_new(507, "the file could not be written; is the disk full?");
    if (problem) {
        session->ports.delete_file(session->ports.data, drawing->path);
        fail(session, drawing, problem);
    } else {
        guint ticket = buffers->next_ticket++;
        g_hash_table_insert(buffers->drawings, GUINT_TO_POINTER(ticket), drawing);
        session->ports.read_peaks(session->ports.data, ticket, drawing->path, drawing->points);
    }
    buffer_end(session, number);
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

static void buffer_peaks(struct session *session, struct call *call)
{
    struct buffer *buffer = call_ready_buffer(session, call);
    if (!buffer)
        return;
    g_autoptr(GError) error = NULL;
    struct problem *problem = check_range(call, buffer);
    if (!problem && session->buffers.drawing >= MAX_DRAWINGS)
        problem = problem_new(503, "%d buffers are being drawn already; try again in a moment",
                              MAX_DRAWINGS);
    if (problem) {
        call_fail(call, problem);
        return;
    }
    struct drawing *drawing = drawing_new(call, buffer);
    guint64 bytes = (guint64)drawing->frames * drawing->channels * sizeof(float);
    drawing->path = session->ports.scratch_file(session->ports.data, buffer->number, bytes, &error);
    if (!drawing->path) {
        drawing_destroy(drawing);
        call_fail(call, problem_from_error(error));
        return;
    }
    session->buffers.drawing++;
    batch_add(&session->batch, osc_message_new("/b_write", "isssiii", buffer->number, drawing->path,
                                               "wav", "float", drawing->frames, drawing->from, 0));
    buffer_begin(buffer);
    wait_add(session, WAIT_SYNC, call, "/b_write", buffer->number, answer_written)->extra = drawing;
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
