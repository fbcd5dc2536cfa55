// SPDX-License-Identifier: GPL-3.0-or-later
#include "controller/core/scenes/scene_recall.h"

#include <string.h>

#include "controller/core/scenes/scene_load.h"
#include "controller/core/scenes/scenes.h"
#include "controller/core/session_own.h"

#define MAX_MISSING 50 // that are named

// --- is all there? ------------------------------------------------------------------------------

static void add_missing(struct problem *problem, const char *kind, const char *name)
{
    g_autofree char *detail = g_strdup_printf("there is no %s \"%s\"", kind, name);
    size_t i;
    json_t *error;
    json_array_foreach(
        problem->errors, i,
        error) if (strcmp(json_string_value(json_object_get(error, "detail")), detail) == 0) return;
    if (json_array_size(problem->errors) < MAX_MISSING)
        problem_add(problem, kind, "%s", detail);
}

static void check_there(const struct session *session, const json_t *nodes, struct problem *problem,
                        guint *count)
{
    size_t i;
    json_t *node;
    json_array_foreach((json_t *)nodes, i, node)
    {
        const char *synthdef = json_string_value(json_object_get(node, "synthdef"));
        const char *room = json_string_value(json_object_get(node, "room"));
        *count += !room;
        if (synthdef && !catalog_find(&session->catalog, synthdef))
            add_missing(problem, "synthdef", synthdef);
        if (room && !session_room(session, room))
            add_missing(problem, "room", room);
        check_there(session, json_object_get(node, "nodes"), problem, count);
    }
}

// --- what was there -----------------------------------------------------------------------------

// Ours, outermost, that will be there by then.
static void collect_old(struct session *session, struct node *node, int64_t time, GArray *old)
{
    enum fade_part part = fades_part(session, node->id, time);
    if (node->planned || part == FADE_OTHER_PART)
        return;
    if (node->own && !node->system && part == FADE_NOT_ITS) {
        g_array_append_val(old, node->id);
        return;
    }
    for (struct node *n = node->first; n; n = n->next)
        collect_old(session, n, time, old);
}

// A paused synth never sees its gate close.
static bool runs(const struct node *node)
{
    while (node && node->running)
        node = node->parent;
    return !node;
}

// By its gate where it has one. What ends by itself, or is about to, is left to ring out.
static void let_go(struct session *session, struct node *top)
{
    for (struct node *n = top; n; n = tree_next_below(n, top)) {
        if (!n->own || n->planned || n->releasing || (n->synthdef && n->synthdef->one_shot))
            continue;
        batch_release(session->out, n, true);
        session_note_cause(session, n);
        session_node_changed(session, n);
        const struct synthdef_parameter *gate = node_gate(n);
        if (gate && runs(n))
            batch_set(session->out, n, gate->index, 0);
        else if (!n->is_group || !n->first)
            batch_add(session->out, osc_message_new("/n_free", "i", n->id));
    }
}

// --- the whole ----------------------------------------------------------------------------------

// What a recall that has been planned still has to do when its time comes.
struct afterwards {
    GPtrArray *fresh, *unused; // struct bus: given back if it is called off, or if it is not
    GArray *fresh_buffers, *unused_buffers; // int: numbers of buffers, likewise
    double tempo;                           // 0 for none
    int beats_per_bar;
    struct fade *fade; // borrowed, and of the session
};

static void set_clock(struct session *session, const struct afterwards *a, int64_t time)
{
    struct clock *clock = &session->clock;
    bool same = !a->tempo || (clock->tempo == a->tempo && clock->beats_per_bar == a->beats_per_bar);
    if (same)
        return;
    clock_set_tempo(clock, a->tempo, time);
    clock->beats_per_bar = a->beats_per_bar;
    session->beat_at = 0;
    session->ports.emit(session->ports.data, "clock", "clock.changed",
                        clock_to_json(clock, session->ports.real_time(session->ports.data)),
                        "clock.changed");
    session_model_changed(session);
}

static void on_time(struct session *session, const struct bundle *bundle, void *data, bool done)
{
    struct afterwards *a = data;
    GPtrArray *gone = done ? a->unused : a->fresh;
    for (guint i = 0; i < gone->len; i++)
        if (g_ptr_array_find(session->buses.all, gone->pdata[i], NULL))
            recall_forget_bus(session, gone->pdata[i]);
    if (!session->stopping)
        scene_free_buffers(session, done ? a->unused_buffers : a->fresh_buffers);
    if (done)
        set_clock(session, a, bundle->time);
    else if (a->fade && g_ptr_array_find(session->fades, a->fade, NULL))
        fade_call_off(session, a->fade);
    g_ptr_array_unref(a->fresh);
    g_ptr_array_unref(a->unused);
    g_array_unref(a->fresh_buffers);
    g_array_unref(a->unused_buffers);
    g_free(a);
}

// Buses of before that the scene does not have.
static GPtrArray *unused_buses(const struct recall *r)
{
    GPtrArray *unused = g_ptr_array_new();
    const GPtrArray *all = r->session->buses.all;
    for (guint i = 0; r->wish->replace && i < all->len; i++)
        if (!g_ptr_array_find(r->buses, all->pdata[i], NULL))
            g_ptr_array_add(unused, all->pdata[i]);
    return unused;
}

static bool has_number(const GArray *numbers, int number)
{
    for (guint i = 0; i < numbers->len; i++)
        if (g_array_index(numbers, int, i) == number)
            return true;
    return false;
}

static GArray *unused_buffers(const struct recall *r)
{
    GArray *unused = g_array_new(FALSE, FALSE, sizeof(int));
    GHashTableIter iter;
    gpointer each;
    g_hash_table_iter_init(&iter, r->session->buffers.buffers);
    while (r->wish->replace && g_hash_table_iter_next(&iter, NULL, &each)) {
        const struct buffer *buffer = each;
        if (!has_number(r->buffers, buffer->number))
            g_array_append_val(unused, buffer->number);
    }
    return unused;
}

static struct afterwards *plan_afterwards(struct recall *r, GPtrArray *unused)
{
    struct afterwards *a = g_new0(struct afterwards, 1);
    a->fresh_buffers = g_array_copy((GArray *)r->fresh_buffers);
    a->unused_buffers = unused_buffers(r);
    if (r->fade) {
        g_array_append_vals(r->fade->buffers, a->unused_buffers->data, a->unused_buffers->len);
        g_array_set_size(a->unused_buffers, 0);
    }
    a->fresh = g_ptr_array_ref(r->fresh);
    a->unused = g_ptr_array_ref(unused);
    if (r->wish->replace)
        a->tempo = json_number_value(json_object_get(r->wish->scene, "tempo"));
    json_int_t beats = json_integer_value(json_object_get(r->wish->scene, "beats_per_bar"));
    a->beats_per_bar = beats ? (int)beats : r->session->clock.beats_per_bar;
    a->fade = r->fade;
    return a;
}

// Writes all of it into the bundle.
static void write_bundle(struct recall *r, const GArray *old, struct bus *stash)
{
    struct session *session = r->session;
    const struct room *room = recall_room(r);
    recall_write_buses(r);
    if (stash) {
        struct fade_plan plan = recall_fade_plan(r);
        r->fade = fade_begin(session, &plan, room ? room : session_room(session, "main"), old,
                             stash, r->wish->fade);
    }
    recall_make_nodes(r);
    for (guint i = 0; !stash && i < old->len; i++)
        let_go(session, tree_find(&session->tree, g_array_index(old, int32_t, i)));
}

static json_t *answer_of(struct recall *r)
{
    json_t *skipped = json_array();
    const char *name;
    json_t *value;
    json_object_foreach(r->skipped, name, value) json_array_append_new(skipped, json_string(name));
    return json_pack("{s:s s:s s:f s:O s:o}", "name", r->wish->name, "mode",
                     r->wish->replace ? "replace" : "add", "fade", r->wish->fade, "nodes", r->made,
                     "skipped", skipped);
}

// What the bundle answers, and what there is to say of the scene.
struct recall_answer {
    struct session *session;
    struct call *call;
    json_t *scene; // owned
};

static void on_answer(void *data, json_t *result, const struct problem *problem)
{
    struct recall_answer *answer = data;
    answer->session->recalling = false;
    static const char *const members[] = {"bundle", "at", "late", "scheduled", "failed"};
    for (gsize i = 0; i < G_N_ELEMENTS(members); i++)
        if (result)
            json_object_set(answer->scene, members[i], json_object_get(result, members[i]));
    if (problem)
        call_fail(answer->call, problem_copy(problem));
    else
        call_succeed(answer->call, json_incref(answer->scene));
    json_decref(result);
    json_decref(answer->scene);
    g_free(answer);
}

static void commit(struct recall *r, struct call *call, GPtrArray *unused)
{
    struct session *session = r->session;
    struct recall_answer *answer = g_new0(struct recall_answer, 1);
    *answer = (struct recall_answer){session, call, answer_of(r)};
    session->ports.emit(session->ports.data, "scenes", "scene.recalled", json_copy(answer->scene),
                        NULL);
    struct bundle *bundle = r->bundle;
    int64_t time = bundle->time ? bundle->time : session->ports.real_time(session->ports.data);
    if (r->fade) {
        // They are heard until it is over.
        g_ptr_array_extend(r->fade->buses, unused, NULL, NULL);
        g_ptr_array_set_size(unused, 0);
    }
    bundle->then = on_time;
    bundle->then_data = plan_afterwards(r, unused);
    const struct command *command = call->command;
    bundle_commit(session, bundle, call_new(command, NULL, NULL, NULL, on_answer, answer));
    if (r->fade)
        fade_end_at(session, r->fade, time + (int64_t)(r->wish->fade * 1e6) + FADE_SETTLE);
}

static void carry_out(struct recall *r, struct call *call, guint nodes, struct bus *stash)
{
    struct session *session = r->session;
    int64_t real = session->ports.real_time(session->ports.data);
    int64_t time = r->wish->time ? r->wish->time : real;
    g_autoptr(GArray) old = g_array_new(FALSE, FALSE, sizeof(int32_t));
    g_autoptr(GPtrArray) unused = unused_buses(r);
    g_ptr_array_remove(unused, stash);
    if (r->wish->replace)
        collect_old(session, tree_find(&session->tree, TREE_ROOT), time, old);
    nodes += stash ? fade_nodes(old->len > 0) : 0;
    r->bundle = bundle_begin(session, r->wish->time, nodes);
    write_bundle(r, old, stash);
    if (r->fade && r->wish->replace)
        fades_absorb(session, r->fade, time);
    commit(r, call, unused);
}

static bool prepare(struct recall *r, guint *nodes, struct bus **stash, struct problem *problem)
{
    check_there(r->session, json_object_get(r->wish->scene, "nodes"), problem, nodes);
    if (problem->errors || !recall_take_buses(r, problem))
        return false;
    if (r->wish->fade > 0 && !fade_is_possible(r->session))
        problem_add(problem, "fade", "Farfield's own SynthDefs for it are missing");
    else if (r->wish->fade > 0 && !(*stash = buses_add(&r->session->buses, true, 2, NULL)))
        problem_add(problem, "fade", "needs two audio buses, and there are none");
    if (*stash)
        g_ptr_array_add(r->fresh, *stash);
    return !problem->errors;
}

// A recall that waits for its buffers.
struct recalling {
    struct call *call;
    struct scene_wish wish;
    char *name;    // owned
    json_t *scene; // owned reference
};

static struct problem *not_now(void)
{
    return problem_new(409, "the scene cannot be recalled; nothing has changed");
}

static void recall_now(struct session *session, const struct recalling *w, const GArray *numbers,
                       const GArray *fresh)
{
    struct problem *problem = not_now();
    struct recall r = {.session = session, .wish = &w->wish};
    r.buffers = numbers;
    r.fresh_buffers = fresh;
    r.buses = g_ptr_array_new();
    r.fresh = g_ptr_array_new();
    r.made = json_array();
    r.skipped = json_object();
    guint nodes = 0;
    struct bus *stash = NULL;
    if (prepare(&r, &nodes, &stash, problem)) {
        problem_destroy(problem);
        session->recalling = true; // until its nodes are known, which the next may have to free
        carry_out(&r, w->call, nodes, stash);
    } else {
        recall_give_back(&r);
        scene_free_buffers(session, fresh);
        call_fail(w->call, problem);
    }
    g_ptr_array_unref(r.buses);
    g_ptr_array_unref(r.fresh);
    json_decref(r.made);
    json_decref(r.skipped);
}

static void on_loaded(struct session *session, void *data, const GArray *numbers,
                      const GArray *fresh, struct problem *problem)
{
    struct recalling *w = data;
    session->recalling = false;
    int64_t real = session->ports.real_time(session->ports.data);
    // What fades can only be taken over by what fades.
    if (w->wish.replace && w->wish.fade == 0 &&
        fades_go_on(session, w->wish.time ? w->wish.time : real))
        w->wish.fade = FADE_SHORTEST;
    if (problem)
        call_fail(w->call, problem_copy(problem));
    else if (session_require_server(session, w->call))
        recall_now(session, w, numbers, fresh);
    g_free(w->name);
    json_decref(w->scene);
    g_free(w);
}

static void check_assets(const struct session *session, const json_t *scene,
                         struct problem *problem)
{
    const json_t *buffers = json_object_get(scene, "buffers");
    for (size_t i = 0; i < json_array_size(buffers); i++) {
        const char *asset = json_string_value(json_object_get(json_array_get(buffers, i), "asset"));
        if (asset && !g_hash_table_lookup(session->buffers.assets, asset))
            add_missing(problem, "asset", asset);
    }
}

void scene_recall(struct session *session, struct call *call, const struct scene_wish *wish)
{
    // One that frees what it need not keep must not meet what another is loading.
    if (session->recalling) {
        call_fail(call, problem_new(409, "another scene is being recalled; try again in a moment"));
        return;
    }
    struct problem *problem = not_now();
    guint nodes = 0;
    check_there(session, json_object_get(wish->scene, "nodes"), problem, &nodes);
    check_assets(session, wish->scene, problem);
    if (problem->errors) {
        call_fail(call, problem);
        return;
    }
    problem_destroy(problem);
    struct recalling *w = g_new0(struct recalling, 1);
    *w = (struct recalling){call, *wish, g_strdup(wish->name), json_incref((json_t *)wish->scene)};
    w->wish.name = w->name;
    session->recalling = true;
    scene_load(session, w->scene, wish->replace && wish->fade == 0, on_loaded, w);
}
