// SPDX-License-Identifier: GPL-3.0-or-later
// What scsynth tells nobody, and a controller that takes over from a crashed one has to know: names
// of nodes, which are paused and which are held, which buses are taken, the clock, and how rooms
// are encoded.
#include "controller/core/leases.h"
#include "controller/core/session_own.h"

void session_model_changed(struct session *session)
{
    if (!session->model_at)
        session->model_at = session->now + SESSION_MODEL_DELAY;
}

void session_bus_changed(struct session *session, const struct bus *bus)
{
    g_autofree char *id = bus_id(bus), *key = g_strconcat("bus/", id, NULL);
    session->ports.emit(session->ports.data, "buses", "bus.changed",
                        json_pack("{s:o}", "bus", bus_to_json(bus)), key);
    session_model_changed(session);
}

const struct bus *session_note_bus(struct session *session, const struct bus *before, int index,
                                   float value)
{
    const struct bus *bus = buses_note(&session->buses, index, value);
    if (before && bus != before)
        session_bus_changed(session, before);
    return bus;
}

static json_t *names_to_json(const struct session *session)
{
    json_t *names = json_object();
    GHashTableIter iter;
    gpointer name, node;
    g_hash_table_iter_init(&iter, session->tree.names);
    while (g_hash_table_iter_next(&iter, &name, &node))
        json_object_set_new(names, name, json_integer(((struct node *)node)->id));
    return names;
}

static bool is_paused(const struct node *node)
{
    return !node->running;
}

static bool is_held(const struct node *node)
{
    return node->holder || node->lapses;
}

static json_t *ids_to_json(const struct session *session, bool (*is_one)(const struct node *node))
{
    json_t *ids = json_array();
    for (struct node *n = tree_find(&session->tree, TREE_ROOT); n; n = tree_next(n))
        if (is_one(n))
            json_array_append_new(ids, json_integer(n->id));
    return ids;
}

static json_t *encodings_to_json(const struct session *session)
{
    json_t *rooms = json_object();
    GHashTableIter iter;
    gpointer name, value;
    g_hash_table_iter_init(&iter, session->rooms);
    while (g_hash_table_iter_next(&iter, &name, &value)) {
        const struct encoding *encoding = &((struct room *)value)->encoding;
        json_object_set_new(rooms, name,
                            json_pack("{s:i s:i}", "bitrate", encoding->bitrate, "complexity",
                                      encoding->complexity));
    }
    return rooms;
}

static void save(struct session *session)
{
    json_t *buses = json_array();
    for (guint i = 0; i < session->buses.all->len; i++)
        json_array_append_new(buses, bus_to_json(g_ptr_array_index(session->buses.all, i)));
    const struct clock *clock = &session->clock;
    session->ports.save_model(
        session->ports.data,
        json_pack("{s:i s:i s:o s:o s:o s:o s:o s:{s:f s:f s:I s:i}}", "client_id",
                  session->client_id, "max_logins", session->max_logins, "rooms",
                  encodings_to_json(session), "buses", buses, "names", names_to_json(session),
                  "paused", ids_to_json(session, is_paused), "held", ids_to_json(session, is_held),
                  "clock", "tempo", clock->tempo, "beat", clock->beat, "time",
                  (json_int_t)clock->time, "beats_per_bar", clock->beats_per_bar));
}

static void beat(struct session *session)
{
    int64_t real = session->ports.real_time(session->ports.data);
    // However late we are, it is the beat that it is told of.
    if (session->beat_at)
        session->ports.emit(
            session->ports.data, "clock", "clock.beat",
            clock_to_json(&session->clock, clock_time_of(&session->clock, session->beat)),
            "clock.beat");
    session->beat = clock_next(&session->clock, 1, 0, real + 1000);
    session->beat_at = session->now + clock_time_of(&session->clock, session->beat) - real;
}

void model_tick(struct session *session)
{
    if (session->model_at && session->model_at <= session->now) {
        session->model_at = 0;
        save(session);
    }
    if (session->beats_wanted && session->beat_at <= session->now)
        beat(session);
}

static void learn_bus(struct session *session, const json_t *saved)
{
    const char *rate = json_string_value(json_object_get(saved, "rate"));
    struct bus *bus = buses_add_at(&session->buses, g_strcmp0(rate, "audio") == 0,
                                   (int)json_integer_value(json_object_get(saved, "index")),
                                   (int)json_integer_value(json_object_get(saved, "channels")),
                                   json_string_value(json_object_get(saved, "name")));
    const json_t *values = json_object_get(saved, "values");
    for (int i = 0; bus && !bus->audio && i < bus->channels; i++)
        bus->values[i] = (float)json_number_value(json_array_get(values, i));
}

static void learn_encoding(struct room *room, const json_t *saved)
{
    int bitrate = (int)json_integer_value(json_object_get(saved, "bitrate"));
    int complexity = (int)json_integer_value(json_object_get(saved, "complexity"));
    // The pipeline would take no room at all with one that is out of range.
    if (room && bitrate >= LINK_MIN_BITRATE && bitrate <= LINK_MAX_BITRATE && complexity >= 0 &&
        complexity <= LINK_MAX_COMPLEXITY)
        room->encoding = (struct encoding){bitrate, complexity};
}

static void learn_clock(struct clock *clock, const json_t *saved)
{
    double tempo = json_number_value(json_object_get(saved, "tempo"));
    int beats = (int)json_integer_value(json_object_get(saved, "beats_per_bar"));
    if (tempo > 0 && beats > 0)
        *clock = (struct clock){tempo, json_number_value(json_object_get(saved, "beat")),
                                json_integer_value(json_object_get(saved, "time")), beats};
}

void session_learn_model(struct session *session, const json_t *model)
{
    buses_share(&session->buses, (int)json_integer_value(json_object_get(model, "client_id")),
                (int)json_integer_value(json_object_get(model, "max_logins")));
    size_t i;
    const char *name;
    json_t *each;
    json_array_foreach(json_object_get(model, "buses"), i, each) learn_bus(session, each);
    json_object_foreach(json_object_get(model, "names"), name, each) g_hash_table_insert(
        session->learnt, GINT_TO_POINTER((int)json_integer_value(each)), g_strdup(name));
    json_object_foreach(json_object_get(model, "rooms"), name, each)
        learn_encoding(session_room(session, name), each);
    json_array_foreach(json_object_get(model, "paused"), i, each)
        g_hash_table_add(session->paused, GINT_TO_POINTER((int)json_integer_value(each)));
    json_array_foreach(json_object_get(model, "held"), i, each)
        g_hash_table_add(session->leased, GINT_TO_POINTER((int)json_integer_value(each)));
    learn_clock(&session->clock, json_object_get(model, "clock"));
}

void model_on_node(struct session *session, struct node *node)
{
    gpointer id = GINT_TO_POINTER(node->id);
    const char *name = g_hash_table_lookup(session->learnt, id);
    if (name)
        tree_name(&session->tree, node, name);
    g_hash_table_remove(session->learnt, id);
    if (g_hash_table_remove(session->paused, id))
        node->running = false;
    if (g_hash_table_remove(session->leased, id))
        lease_lapse(session, node);
}
