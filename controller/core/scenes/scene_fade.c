// SPDX-License-Identifier: GPL-3.0-or-later
#include "controller/core/scenes/scene_fade.h"

#include <string.h>

#include "controller/core/scenes/scene_load.h"
#include "controller/core/session_own.h"

#define STASH "farfield_stash"
#define UNSTASH "farfield_unstash"
#define IDS_A_MESSAGE 1000

enum { HEAD, TAIL, BEFORE, AFTER }; // add actions

void fades_init(struct session *session)
{
    session->fades = g_ptr_array_new();
}

void fades_clear(struct session *session)
{
    for (guint i = 0; i < session->fades->len; i++)
        fade_destroy(g_ptr_array_index(session->fades, i));
    g_ptr_array_unref(session->fades);
}

static struct fade *fade_create(int32_t room)
{
    struct fade *fade = g_new0(struct fade, 1);
    fade->room = room;
    for (int i = 0; i < 3; i++)
        fade->places[i] = g_array_new(FALSE, FALSE, sizeof(int32_t));
    fade->buses = g_ptr_array_new();
    fade->buffers = g_array_new(FALSE, FALSE, sizeof(int));
    return fade;
}

void fade_destroy(struct fade *fade)
{
    if (!fade)
        return;
    for (int i = 0; i < 3; i++)
        g_array_unref(fade->places[i]);
    g_ptr_array_unref(fade->buses);
    g_array_unref(fade->buffers);
    g_free(fade);
}

bool fade_is_possible(const struct session *session)
{
    return catalog_find(&session->catalog, STASH) && catalog_find(&session->catalog, UNSTASH);
}

guint fade_nodes(bool has_old)
{
    return has_old ? 5 : 3;
}

static void set(const struct synthdef *synthdef, float *values, const char *name, double value)
{
    values[synthdef_parameter(synthdef, name)->index] = (float)value;
}

struct ramp {
    const struct room *room;
    const struct bus *stash;
    double from, to, seconds;
};

static int32_t plan_synth(struct session *session, const struct fade_plan *plan, const char *name,
                          int action, int32_t target, const struct ramp *ramp)
{
    struct synthdef *synthdef = catalog_find(&session->catalog, name);
    g_autofree float *values = synthdef_defaults(synthdef);
    set(synthdef, values, "bus", ramp->room->bus);
    set(synthdef, values, "stash", ramp->stash->index);
    set(synthdef, values, "from", ramp->from);
    set(synthdef, values, "to", ramp->to);
    set(synthdef, values, "time", ramp->seconds);
    return plan->synth(plan->data, synthdef, action, target, values)->id;
}

// By as many messages as keep each within a datagram.
static void order(struct batch *batch, int action, int32_t target, const GArray *ids)
{
    for (guint i = 0; i < ids->len;) {
        struct osc_message *message = osc_message_new("/n_order", "ii", action, target);
        for (guint k = 0; k < IDS_A_MESSAGE && i < ids->len; k++, i++)
            osc_add_int(message, g_array_index(ids, int32_t, i));
        batch_add(batch, message);
        // The next ones stand behind the last, but where they all go to the tail or before.
        if (action == AFTER)
            target = g_array_index(ids, int32_t, i - 1);
    }
}

// What fades is on its way out: it does not come back. Groups go at the end, as one.
static void mark_old(struct session *session, const GArray *old)
{
    for (guint i = 0; i < old->len; i++) {
        struct node *top = tree_find(&session->tree, g_array_index(old, int32_t, i));
        for (struct node *n = top; n; n = tree_next_below(n, top)) {
            if (!n->own || n->is_group || n->planned > session_when(session))
                continue;
            batch_release(session->out, n, true);
            session_node_changed(session, n);
        }
    }
}

struct fade *fade_begin(struct session *session, const struct fade_plan *plan,
                        const struct room *room, const GArray *old, struct bus *stash,
                        double seconds)
{
    struct fade *fade = fade_create(room->group);
    struct ramp open = {room, stash, 1, 1, seconds}, down = {room, stash, 1, 0, seconds},
                up = {room, stash, 0, 1, seconds};
    g_ptr_array_add(fade->buses, stash);
    fade->stash[0] = plan_synth(session, plan, STASH, HEAD, room->group, &open);
    int32_t last = fade->stash[0];
    if (old && old->len) {
        last = fade->old = plan->group(plan->data, AFTER, last)->id;
        order(session->out, TAIL, fade->old, old);
        mark_old(session, old);
        last = fade->stash[1] = plan_synth(session, plan, STASH, AFTER, last, &down);
    }
    fade->new = plan->group(plan->data, AFTER, last)->id;
    fade->unstash = plan_synth(session, plan, UNSTASH, AFTER, fade->new, &up);
    return fade;
}

// --- its end ------------------------------------------------------------------------------------

static void write_end(struct session *session, const struct fade *fade)
{
    struct batch *out = session->out;
    if (fade->old)
        batch_add(out, osc_message_new("/n_free", "ii", fade->old, fade->stash[1]));
    order(out, BEFORE, fade->room, fade->places[FADE_BEFORE_ROOM]);
    order(out, AFTER, fade->room, fade->places[FADE_BEHIND_ROOM]);
    order(out, BEFORE, fade->new, fade->places[FADE_IN_ROOM]);
    batch_add(out, osc_message_new("/n_free", "iii", fade->stash[0], fade->new, fade->unstash));
}

static void free_buses(struct session *session, struct fade *fade)
{
    for (guint i = 0; i < fade->buses->len; i++) {
        struct bus *bus = g_ptr_array_index(fade->buses, i);
        // One may have been freed by hand, or have been another client id's.
        if (!g_ptr_array_find(session->buses.all, bus, NULL))
            continue;
        g_autofree char *id = bus_id(bus);
        buses_remove(&session->buses, bus);
        session->ports.emit(session->ports.data, "buses", "bus.removed",
                            json_pack("{s:s}", "id", id), NULL);
    }
    session_model_changed(session);
}

// Called off, be it by panic, what it would have ended is ended now.
static void on_end(struct session *session, const struct bundle *bundle, void *data, bool done)
{
    struct fade *fade = data;
    if (!g_ptr_array_remove(session->fades, fade))
        return; // another one has taken its nodes over
    if (!done && session->state == SERVER_RUNNING && !session->stopping &&
        tree_find(&session->tree, fade->new))
        write_end(session, fade);
    free_buses(session, fade);
    if (!session->stopping)
        scene_free_buffers(session, fade->buffers);
    fade_destroy(fade);
}

void fade_end_at(struct session *session, struct fade *fade, int64_t time)
{
    struct bundle *end = bundle_begin(session, time, 0);
    const struct command *command = command_by_method("scene.recall");
    write_end(session, fade);
    end->then = on_end;
    end->then_data = fade;
    fade->end = end->number;
    g_ptr_array_add(session->fades, fade);
    bundle_commit(session, end, call_new(command, NULL, NULL, NULL, NULL, NULL));
}

void fade_call_off(struct session *session, struct fade *fade)
{
    struct bundle *end = bundles_find(&session->bundles, fade->end);
    g_ptr_array_remove(session->fades, fade);
    if (end)
        bundle_cancel(session, end, "the scene was called off");
    fade_destroy(fade);
}

static const struct bundle *end_of(const struct session *session, const struct fade *fade)
{
    return bundles_find(&session->bundles, fade->end);
}

bool fades_go_on(const struct session *session, int64_t time)
{
    for (guint i = 0; i < session->fades->len; i++) {
        const struct bundle *end = end_of(session, g_ptr_array_index(session->fades, i));
        if (end && end->time >= time)
            return true;
    }
    return false;
}

enum fade_part fades_part(const struct session *session, int32_t node, int64_t time)
{
    for (guint i = 0; i < session->fades->len; i++) {
        const struct fade *fade = g_ptr_array_index(session->fades, i);
        const struct bundle *end = end_of(session, fade);
        if (end && end->time >= time)
            continue;
        if (node == fade->new)
            return FADE_NEW_GROUP;
        if (node == fade->old || node == fade->stash[0] || node == fade->stash[1] ||
            node == fade->unstash)
            return FADE_OTHER_PART;
    }
    return FADE_NOT_ITS;
}

void fades_absorb(struct session *session, struct fade *into, int64_t time)
{
    g_autoptr(GPtrArray) fades = g_ptr_array_copy(session->fades, NULL, NULL);
    for (guint i = 0; i < fades->len; i++) {
        struct fade *fade = g_ptr_array_index(fades, i);
        struct bundle *end = bundles_find(&session->bundles, fade->end);
        if (!end || end->is_sent || end->time < time)
            continue;
        g_ptr_array_remove(session->fades, fade);
        g_ptr_array_extend(into->buses, fade->buses, NULL, NULL);
        g_array_append_vals(into->buffers, fade->buffers->data, fade->buffers->len);
        bundle_cancel(session, end, "another scene is recalled");
        fade_destroy(fade);
    }
}

// --- after a crash of the controller ------------------------------------------------------------

static int32_t id_if(const struct node *node, const char *synthdef)
{
    bool fits =
        node && node->own &&
        (synthdef ? node->synthdef && strcmp(node->synthdef->name, synthdef) == 0 : node->is_group);
    return fits ? node->id : 0;
}

static bool is_known(const struct session *session, int32_t unstash)
{
    for (guint i = 0; i < session->fades->len; i++)
        if (((const struct fade *)g_ptr_array_index(session->fades, i))->unstash == unstash)
            return true;
    return false;
}

static float value_of(const struct node *synth, const char *name)
{
    const struct synthdef_parameter *p = synthdef_parameter(synth->synthdef, name);
    return p ? synth->values[p->index] : 0;
}

// The nodes before an unstash are those of its fade. Which of the new ones belong beside the room
// is not known any more; they stay in it.
static struct fade *fade_of(const struct session *session, const struct node *unstash)
{
    const struct node *new = unstash->previous, *before = new ? new->previous : NULL;
    int32_t id = id_if(new, NULL), stash = id_if(before, STASH);
    if (!id || !stash)
        return NULL;
    struct fade *fade = fade_create(unstash->parent->id);
    fade->new = id;
    fade->unstash = unstash->id;
    fade->stash[0] = stash;
    const struct node *old = before->previous, *first = old ? old->previous : NULL;
    if (id_if(old, NULL) && id_if(first, STASH)) {
        fade->old = old->id;
        fade->stash[1] = stash;
        fade->stash[0] = first->id;
    }
    for (const struct node *n = new->first; n; n = n->next)
        g_array_append_val(fade->places[FADE_IN_ROOM], n->id);
    for (guint i = 0; i < session->buses.all->len; i++) {
        struct bus *bus = g_ptr_array_index(session->buses.all, i);
        if (bus->audio && (float)bus->index == value_of(unstash, "stash"))
            g_ptr_array_add(fade->buses, bus);
    }
    return fade;
}

// It is not known when it began: by then it is over.
void fades_adopt(struct session *session)
{
    g_autoptr(GPtrArray) found = g_ptr_array_new();
    for (struct node *n = tree_find(&session->tree, TREE_ROOT); n; n = tree_next(n))
        if (id_if(n, UNSTASH) && !is_known(session, n->id))
            g_ptr_array_add(found, n);
    for (guint i = 0; i < found->len; i++) {
        const struct node *unstash = g_ptr_array_index(found, i);
        struct fade *fade = fade_of(session, unstash);
        double seconds = CLAMP(value_of(unstash, "time"), 0, FADE_LONGEST);
        int64_t real = session->ports.real_time(session->ports.data);
        if (fade)
            fade_end_at(session, fade, real + (int64_t)(seconds * 1e6) + FADE_SETTLE);
    }
}
