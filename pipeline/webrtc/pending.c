// SPDX-License-Identifier: GPL-3.0-or-later
#include "pipeline/webrtc/pending.h"

struct task {
    struct room *room;
    struct link_message *message; // owned
};

struct pending {
    GQueue tasks; // owned: struct task
    guint joins;
    bool open;
    guint source;
    pending_act act;
    void *data;
};

static void task_destroy(gpointer data)
{
    struct task *task = data;
    link_message_destroy(task->message);
    g_free(task);
}

static struct task *task_create(struct room *room, const struct link_message *message)
{
    struct task *task = g_new0(struct task, 1);
    task->room = room;
    task->message = g_new0(struct link_message, 1);
    *task->message = (struct link_message){.type = message->type,
                                           .listener = g_strdup(message->listener),
                                           .room = g_strdup(message->room),
                                           .sdp = g_strdup(message->sdp),
                                           .candidate = g_strdup(message->candidate),
                                           .mline = message->mline,
                                           .mid = g_strdup(message->mid),
                                           .ufrag = g_strdup(message->ufrag),
                                           .password = g_strdup(message->password),
                                           .mode = message->mode};
    return task;
}

static bool is_join(const struct task *task)
{
    return task->message->type == LINK_LISTEN;
}

// Takes the task of `link` out.
static struct task *take(struct pending *pending, GList *link)
{
    struct task *task = link->data;
    g_queue_delete_link(&pending->tasks, link);
    pending->joins -= is_join(task);
    return task;
}

static gboolean on_idle(gpointer data)
{
    struct pending *pending = data;
    struct task *task = take(pending, pending->tasks.head);
    pending->act(task->room, task->message, pending->data);
    task_destroy(task);
    if (!g_queue_is_empty(&pending->tasks))
        return G_SOURCE_CONTINUE;
    pending->source = 0;
    return G_SOURCE_REMOVE;
}

static void go_on(struct pending *pending)
{
    if (pending->open && !pending->source && !g_queue_is_empty(&pending->tasks))
        pending->source = g_idle_add(on_idle, pending);
}

void pending_open(struct pending *pending)
{
    pending->open = true;
    go_on(pending);
}

bool pending_add(struct pending *pending, struct room *room, const struct link_message *message)
{
    if (pending->tasks.length >= PENDING_MAX)
        return false;
    struct task *task = task_create(room, message);
    pending->joins += is_join(task);
    g_queue_push_tail(&pending->tasks, task);
    go_on(pending);
    return true;
}

bool pending_has(const struct pending *pending, const char *listener)
{
    for (const GList *l = pending->tasks.head; l; l = l->next)
        if (g_strcmp0(((const struct task *)l->data)->message->listener, listener) == 0)
            return true;
    return false;
}

static void stop_if_empty(struct pending *pending)
{
    if (g_queue_is_empty(&pending->tasks))
        g_clear_handle_id(&pending->source, g_source_remove);
}

bool pending_remove(struct pending *pending, const char *listener)
{
    guint before = pending->tasks.length;
    for (GList *l = pending->tasks.head, *next; l; l = next) {
        next = l->next;
        if (g_strcmp0(((struct task *)l->data)->message->listener, listener) == 0)
            task_destroy(take(pending, l));
    }
    stop_if_empty(pending);
    return pending->tasks.length < before;
}

void pending_clear(struct pending *pending)
{
    g_queue_clear_full(&pending->tasks, task_destroy);
    pending->joins = 0;
    stop_if_empty(pending);
}

guint pending_joins(const struct pending *pending)
{
    return pending->joins;
}

char *pending_join_of(const struct pending *pending, const char *room)
{
    for (const GList *l = pending->tasks.head; l; l = l->next) {
        const struct task *task = l->data;
        if (is_join(task) && (!room || g_strcmp0(task->message->room, room) == 0))
            return g_strdup(task->message->listener);
    }
    return NULL;
}

struct pending *pending_create(pending_act act, void *data)
{
    struct pending *pending = g_new0(struct pending, 1);
    pending->act = act;
    pending->data = data;
    g_queue_init(&pending->tasks);
    return pending;
}

void pending_destroy(struct pending *pending)
{
    if (!pending)
        return;
    pending_clear(pending);
    g_free(pending);
}
