// SPDX-License-Identifier: GPL-3.0-or-later
// A room is a group for its synths and a guard: a synth at the very end of the tree that scrubs and
// limits the room's buses. Whatever any client does, the guard runs and is last.
#include "controller/core/listening/audience.h"
#include "controller/core/session_own.h"

#define GUARD "farfield_guard"

struct room *session_room(const struct session *session, const char *name)
{
    return g_hash_table_lookup(session->rooms, name);
}

struct room *room_with(const struct session *session, int32_t id)
{
    GHashTableIter iter;
    gpointer each;
    g_hash_table_iter_init(&iter, session->rooms);
    while (g_hash_table_iter_next(&iter, NULL, &each)) {
        struct room *room = each;
        if (id == room->group || id == room->guard)
            return room;
    }
    return NULL;
}

const struct room *room_of_node(const struct session *session, const struct node *node)
{
    const struct room *room = NULL;
    for (const struct node *n = node; n && !room; n = n->parent)
        room = room_with(session, n->id);
    return room;
}

struct osc_message *room_guard_message(struct room *room)
{
    room->guard_asked = true;
    return osc_message_new("/s_new", "siiisf", GUARD, room->guard, 1, TREE_ROOT, "bus",
                           (double)room->bus);
}

void rooms_describe_guard(struct session *session, struct node *node)
{
    struct synthdef *synthdef = catalog_find(&session->catalog, GUARD);
    const struct room *room = room_of_node(session, node);
    const struct synthdef_parameter *bus = synthdef ? synthdef_parameter(synthdef, "bus") : NULL;
    if (!room || !bus || node->synthdef)
        return;
    node_set_synthdef(node, synthdef);
    node->values[bus->index] = (float)room->bus;
}

void rooms_set_client(struct session *session)
{
    // One room so far: our client's default group, so that what SuperCollider users know holds.
    struct room *room = session_room(session, "main");
    room->group = ids_node(session->client_id, IDS_DEFAULT_GROUP);
    room->guard = ids_node(session->client_id, IDS_FIRST_PERMANENT);
}

static bool is_guard(const struct session *session, const struct node *node)
{
    const struct room *room = room_with(session, node->id);
    return room && room->guard == node->id;
}

static void keep_room(struct session *session, struct room *room)
{
    const struct node *guard = tree_find(&session->tree, room->guard);
    if (room->guard_asked)
        return;
    if (!tree_find(&session->tree, room->group)) {
        room->guard_asked = true;
        batch_add(&session->batch, osc_message_new("/g_new", "iii", room->group, 0, TREE_ROOT));
    } else if (!guard) {
        batch_add(&session->batch, room_guard_message(room));
    } else if (guard->parent->id != TREE_ROOT ||
               (node_next(guard) && !is_guard(session, node_next(guard)))) {
        room->guard_asked = true;
        batch_add(&session->batch, osc_message_new("/g_tail", "ii", TREE_ROOT, room->guard));
    }
}

void rooms_keep_guards(struct session *session)
{
    if (session->state != SERVER_RUNNING)
        return;
    GHashTableIter iter;
    gpointer room;
    g_hash_table_iter_init(&iter, session->rooms);
    while (g_hash_table_iter_next(&iter, NULL, &room))
        keep_room(session, room);
}

// What was asked for and not heard of since may be there, its notification being lost: a second one
// of the same id would only be refused.
void rooms_remind(struct session *session)
{
    GHashTableIter iter;
    gpointer each;
    g_hash_table_iter_init(&iter, session->rooms);
    while (g_hash_table_iter_next(&iter, NULL, &each)) {
        struct room *room = each;
        if (!room->guard_asked) {
            keep_room(session, room);
            continue;
        }
        room->guard_asked = false;
        // Somebody may have freed its definition.
        const char *path = catalog_path(&session->catalog, GUARD);
        if (path && !tree_find(&session->tree, room->guard))
            batch_add(&session->batch, osc_message_new("/d_load", "s", path));
        batch_add(&session->batch, osc_message_new("/n_query", "i", room->group));
        batch_add(&session->batch, osc_message_new("/n_query", "i", room->guard));
    }
}

void rooms_on_settled(struct session *session, int32_t node)
{
    struct room *room = room_with(session, node);
    if (room)
        room->guard_asked = false;
}

bool room_has_group(const struct session *session, int32_t id)
{
    const struct room *room = room_with(session, id);
    return room && room->group == id;
}

bool rooms_are_guarded(const struct session *session)
{
    GHashTableIter iter;
    gpointer room;
    g_hash_table_iter_init(&iter, session->rooms);
    while (g_hash_table_iter_next(&iter, NULL, &room))
        if (!tree_find(&session->tree, ((struct room *)room)->guard))
            return false;
    return true;
}

void session_set_encoding(struct session *session, const struct encoding *encoding)
{
    GHashTableIter iter;
    gpointer room;
    g_hash_table_iter_init(&iter, session->rooms);
    while (g_hash_table_iter_next(&iter, NULL, &room))
        ((struct room *)room)->encoding = *encoding;
}

json_t *room_to_json(const struct session *session, const struct room *room)
{
    return json_pack("{s:s s:i s:i s:i s:i s:o s:o s:{s:[ff] s:[ff]}}", "name", room->name, "group",
                     room->group, "bitrate", room->encoding.bitrate, "complexity",
                     room->encoding.complexity, "listeners", listeners_in_room(session, room->name),
                     "audience", audience_to_json(session, room), "recordings",
                     recordings_in_room(session, room->name), "level", "peak", room->peak[0],
                     room->peak[1], "rms", room->rms[0], room->rms[1]);
}

void session_emit_room(struct session *session, const char *name)
{
    const struct room *room = session_room(session, name);
    if (!room)
        return;
    g_autofree char *key = g_strconcat("room/", name, NULL);
    session->ports.emit(session->ports.data, "rooms", "room.changed",
                        json_pack("{s:o}", "room", room_to_json(session, room)), key);
}
