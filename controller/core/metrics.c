// SPDX-License-Identifier: GPL-3.0-or-later
#include "controller/core/metrics.h"

#include "controller/core/listening/audience.h"
#include "controller/core/listening/listeners.h"
#include "controller/core/session_own.h"

// What metrics are made of, and where the samples of one go.
struct samples {
    const struct session *session;
    struct usage processes[USAGE_MAX];
    int count; // of those
    json_t *list;
};

// Takes `labels`, an object or NULL for none.
static void add(struct samples *samples, json_t *labels, double value)
{
    json_array_append_new(
        samples->list,
        json_pack("{s:o s:f}", "labels", labels ? labels : json_object(), "value", value));
}

static json_t *label(const char *name, const char *value)
{
    return json_pack("{s:s}", name, value);
}

// --- Farfield as a whole ------------------------------------------------------------------------

static void info(struct samples *s)
{
    add(s,
        json_pack("{s:s s:s}", "version", FARFIELD_VERSION, "scsynth", s->session->status.version),
        1);
}

static void uptime(struct samples *s)
{
    const struct session_ports *ports = &s->session->ports;
    add(s, NULL, (double)(ports->real_time(ports->data) - s->session->began) / 1e6);
}

static void epoch(struct samples *s)
{
    add(s, NULL, s->session->epoch);
}

static void waiting(struct samples *s)
{
    add(s, NULL, s->session->waits.length);
}

// --- scsynth ------------------------------------------------------------------------------------

static void running(struct samples *s)
{
    add(s, NULL, s->session->state == SERVER_RUNNING);
}

static void restarts(struct samples *s)
{
    add(s, NULL, s->session->restarts);
}

static void load(struct samples *s)
{
    add(s, label("of", "average"), s->session->status.cpu_average / 100);
    add(s, label("of", "peak"), s->session->status.cpu_peak / 100);
}

static void ugens(struct samples *s)
{
    add(s, NULL, s->session->status.ugens);
}

static void nodes(struct samples *s)
{
    add(s, label("kind", "synth"), s->session->status.synths);
    add(s, label("kind", "group"), s->session->status.groups);
}

static void synthdefs(struct samples *s)
{
    add(s, NULL, s->session->status.synthdefs);
}

static void late(struct samples *s)
{
    add(s, NULL, s->session->late);
}

static void alloc_failed(struct samples *s)
{
    add(s, NULL, s->session->alloc_failed);
}

// --- the pipeline and JACK ----------------------------------------------------------------------

static void linked(struct samples *s)
{
    add(s, NULL, s->session->pipeline.linked);
}

static void jack(struct samples *s)
{
    add(s, NULL, s->session->pipeline.jack);
}

static void captured(struct samples *s)
{
    add(s, NULL, s->session->pipeline.connected);
}

static void xruns(struct samples *s)
{
    add(s, NULL, s->session->pipeline.xruns);
}

// --- rooms and who listens ----------------------------------------------------------------------

static void rooms(struct samples *s)
{
    add(s, NULL, g_hash_table_size(s->session->rooms));
}

static void each_room(struct samples *s,
                      void (*each)(struct samples *samples, const struct room *room))
{
    GHashTableIter iter;
    gpointer room;
    g_hash_table_iter_init(&iter, s->session->rooms);
    while (g_hash_table_iter_next(&iter, NULL, &room))
        each(s, room);
}

static void listeners_of(struct samples *s, const struct room *room)
{
    struct audience all;
    audience_of(s->session, room, &all);
    for (int kind = 0; kind < LISTENER_KINDS; kind++)
        for (int mode = 0; mode < STREAM_MODES; mode++)
            if (all.count[kind][mode] > 0)
                add(s,
                    json_pack("{s:s s:s s:s}", "room", room->name, "kind", listener_kind_name(kind),
                              "mode", stream_mode_name(mode)),
                    all.count[kind][mode]);
}

static void all_of(struct samples *s, const struct room *room)
{
    add(s, label("room", room->name), listeners_in_room(s->session, room->name));
}

static void bytes_of(struct samples *s, const struct room *room)
{
    add(s, label("room", room->name), room->sent.bytes);
}

static void packets_of(struct samples *s, const struct room *room)
{
    add(s, label("room", room->name), room->sent.packets);
}

static void lost_of(struct samples *s, const struct room *room)
{
    add(s, label("room", room->name), room->sent.lost);
}

static void recordings_of(struct samples *s, const struct room *room)
{
    json_t *ids = recordings_in_room(s->session, room->name);
    add(s, label("room", room->name), (double)json_array_size(ids));
    json_decref(ids);
}

static void recordings(struct samples *s)
{
    each_room(s, recordings_of);
}

static void listeners(struct samples *s)
{
    each_room(s, listeners_of);
}

static void room_listeners(struct samples *s)
{
    each_room(s, all_of);
}

static void bytes(struct samples *s)
{
    each_room(s, bytes_of);
}

static void packets(struct samples *s)
{
    each_room(s, packets_of);
}

static void lost(struct samples *s)
{
    each_room(s, lost_of);
}

// --- processes ----------------------------------------------------------------------------------

static void each_process(struct samples *s, double (*read)(const struct usage *usage))
{
    for (int i = 0; i < s->count; i++)
        add(s, label("process", s->processes[i].name), read(&s->processes[i]));
}

static double read_cpu(const struct usage *usage)
{
    return usage->cpu;
}

static double read_resident(const struct usage *usage)
{
    return usage->resident;
}

static double read_threads(const struct usage *usage)
{
    return usage->threads;
}

static double read_descriptors(const struct usage *usage)
{
    return usage->descriptors;
}

static void process_cpu(struct samples *s)
{
    each_process(s, read_cpu);
}

static void process_resident(struct samples *s)
{
    each_process(s, read_resident);
}

static void process_threads(struct samples *s)
{
    each_process(s, read_threads);
}

static void process_descriptors(struct samples *s)
{
    each_process(s, read_descriptors);
}

// --- the table ----------------------------------------------------------------------------------

static const struct metric {
    const char *name, *type, *help;
    void (*read)(struct samples *samples);
} table[] = {
    {"farfield_info", "gauge", "Always 1; the labels say which versions run.", info},
    {"farfield_uptime_seconds", "gauge", "Since the controller was started.", uptime},
    {"farfield_epoch", "gauge", "Goes up each time scsynth has been set up anew.", epoch},
    {"farfield_waiting_commands", "gauge", "Commands that wait for scsynth.", waiting},
    {"farfield_scsynth_up", "gauge", "1 while scsynth runs and answers.", running},
    {"farfield_scsynth_restarts_total", "counter", "Times that scsynth was set up again.",
     restarts},
    {"farfield_scsynth_load_ratio", "gauge",
     "Share of its time that scsynth takes; on JACK that of the whole graph.", load},
    {"farfield_scsynth_ugens", "gauge", "Unit generators that run.", ugens},
    {"farfield_scsynth_nodes", "gauge", "Nodes in scsynth's tree.", nodes},
    {"farfield_scsynth_synthdefs", "gauge", "SynthDefs that scsynth has.", synthdefs},
    {"farfield_scsynth_late_total", "counter", "Bundles that came to scsynth after their time.",
     late},
    {"farfield_scsynth_alloc_failed_total", "counter",
     "Times that scsynth's realtime memory was short.", alloc_failed},
    {"farfield_pipeline_up", "gauge", "1 while the pipeline is linked.", linked},
    {"farfield_jack_up", "gauge", "1 while the pipeline is connected to JACK.", jack},
    {"farfield_jack_captured_ports", "gauge", "Ports of scsynth that the pipeline captures.",
     captured},
    {"farfield_jack_xruns_total", "counter", "Xruns of JACK since the pipeline was started.",
     xruns},
    {"farfield_rooms", "gauge", "Rooms.", rooms},
    {"farfield_room_listeners", "gauge", "Who listens to a room.", room_listeners},
    {"farfield_listeners", "gauge", "The same, by door and mode.", listeners},
    {"farfield_recordings", "gauge", "Recordings that are being made of a room.", recordings},
    {"farfield_sent_bytes_total", "counter", "Bytes of sound sent to listeners.", bytes},
    {"farfield_sent_packets_total", "counter", "Packets of sound sent to listeners.", packets},
    {"farfield_lost_packets_total", "counter", "Of them, those that listeners reported lost.",
     lost},
    {"farfield_process_cpu_seconds_total", "counter", "Processor time of a program of Farfield's.",
     process_cpu},
    {"farfield_process_resident_bytes", "gauge", "Memory that it holds.", process_resident},
    {"farfield_process_threads", "gauge", "Threads that it has.", process_threads},
    {"farfield_process_open_fds", "gauge", "Descriptors that it has open.", process_descriptors},
};

json_t *metrics_to_json(const struct session *session)
{
    json_t *metrics = json_array();
    struct samples samples = {.session = session};
    samples.count = session->ports.usage(session->ports.data, samples.processes);
    for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
        samples.list = json_array();
        table[i].read(&samples);
        json_array_append_new(metrics, json_pack("{s:s s:s s:s s:o}", "name", table[i].name, "type",
                                                 table[i].type, "help", table[i].help, "samples",
                                                 samples.list));
    }
    return json_pack("{s:o}", "metrics", metrics);
}

static void append_escaped(GString *text, const char *value)
{
    for (; *value; value++) {
        if (*value == '\n')
            g_string_append(text, "\\n");
        else if (*value == '"' || *value == '\\')
            g_string_append_printf(text, "\\%c", *value);
        else
            g_string_append_c(text, *value);
    }
}

static void append_sample(GString *text, const char *name, const json_t *sample)
{
    char number[G_ASCII_DTOSTR_BUF_SIZE];
    json_t *labels = json_object_get(sample, "labels"), *value;
    const char *key, *before = "{";
    g_string_append(text, name);
    json_object_foreach(labels, key, value)
    {
        g_string_append_printf(text, "%s%s=\"", before, key);
        append_escaped(text, json_string_value(value));
        g_string_append_c(text, '"');
        before = ",";
    }
    g_ascii_dtostr(number, sizeof number, json_number_value(json_object_get(sample, "value")));
    g_string_append_printf(text, "%s %s\n", *before == ',' ? "}" : "", number);
}

char *metrics_to_text(const json_t *metrics)
{
    GString *text = g_string_new(NULL);
    json_t *metric, *sample;
    size_t i, k;
    json_array_foreach(json_object_get(metrics, "metrics"), i, metric)
    {
        const char *name = json_string_value(json_object_get(metric, "name"));
        g_string_append_printf(text, "# HELP %s %s\n# TYPE %s %s\n", name,
                               json_string_value(json_object_get(metric, "help")), name,
                               json_string_value(json_object_get(metric, "type")));
        json_array_foreach(json_object_get(metric, "samples"), k, sample)
            append_sample(text, name, sample);
    }
    return g_string_free(text, FALSE);
}
