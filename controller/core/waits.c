// SPDX-License-Identifier: GPL-3.0-or-later
// Calls that wait for scsynth. All have the same time allowed, so the queue is in order of
// deadlines as well as of /sync numbers.
#include <string.h>

#include "common/log.h"
#include "controller/core/session_own.h"

// What is neither confirmed nor refused when its bundle's /synced is there gets this much longer:
// /n_go leaves scsynth by another queue than /synced.
#define GRACE 500000
// scsynth holds 1024 notifications and answers about nodes, and loses what comes beyond: a bundle
// that starts thousands loses most of them, and may not lose the answers as well.
#define ASKED_AT_ONCE 500
#define ASK_STEP 50000

struct wait *wait_add(struct session *session, enum wait_kind kind, struct call *call,
                      const char *address, int32_t node,
                      void (*done)(struct session *, struct wait *, struct problem *))
{
    struct wait *wait = g_new0(struct wait, 1);
    struct bundle *bundle = session->bundle;
    wait->kind = kind;
    wait->call = call;
    wait->address = address;
    wait->node = node;
    wait->done = done;
    wait->sync = session->sync;
    wait->deadline = session->now + SESSION_REPLY_DEADLINE;
    wait->link.data = wait;
    wait->queue = bundle ? &bundle->waits : &session->waits;
    g_queue_push_tail_link(wait->queue, &wait->link);
    if (kind != WAIT_SYNC) {
        wait->next_of_node = g_hash_table_lookup(session->node_waits, GINT_TO_POINTER(node));
        g_hash_table_insert(session->node_waits, GINT_TO_POINTER(node), wait);
    }
    if (bundle)
        bundle->part->node = node;
    else
        session->sync_is_due = true;
    return wait;
}

static void forget_node_wait(struct session *session, const struct wait *wait)
{
    gpointer key = GINT_TO_POINTER(wait->node);
    struct wait *first = g_hash_table_lookup(session->node_waits, key), *before = first;
    while (before != wait && before->next_of_node != wait)
        before = before->next_of_node;
    if (before != wait)
        before->next_of_node = wait->next_of_node;
    else if (wait->next_of_node)
        g_hash_table_insert(session->node_waits, key, wait->next_of_node);
    else
        g_hash_table_remove(session->node_waits, key);
}

static void finish(struct session *session, struct wait *wait, struct problem *problem)
{
    g_queue_unlink(wait->queue, &wait->link);
    if (wait->kind != WAIT_SYNC)
        forget_node_wait(session, wait);
    struct node *node = tree_find(&session->tree, wait->node);
    if (problem && wait->kind == WAIT_GO && node && node->planned)
        session_unplan_node(session, node);
    wait->done(session, wait, problem);
    g_clear_pointer(&wait->uploads, g_ptr_array_unref);
    if (wait->free_extra)
        wait->free_extra(wait->extra);
    g_clear_pointer(&wait->paths, g_ptr_array_unref);
    g_free(wait);
}

static struct wait *wait_of_node(struct session *session, enum wait_kind kind, int32_t node)
{
    struct wait *wait = g_hash_table_lookup(session->node_waits, GINT_TO_POINTER(node));
    while (wait && wait->kind != kind)
        wait = wait->next_of_node;
    return wait;
}

void waits_on_node(struct session *session, enum wait_kind kind, int32_t node)
{
    struct wait *wait;
    while ((wait = wait_of_node(session, kind, node)))
        finish(session, wait, NULL);
}

void waits_move(struct session *session, GQueue *from)
{
    struct wait *wait;
    while ((wait = g_queue_peek_head(from))) {
        g_queue_unlink(from, &wait->link);
        wait->queue = &session->waits;
        g_queue_push_tail_link(wait->queue, &wait->link);
        wait->sync = session->sync;
        wait->deadline = session->now + SESSION_REPLY_DEADLINE;
        session->sync_is_due = true;
    }
}

void waits_on_synced(struct session *session, int sync)
{
    GList *link = session->waits.head;
    while (link) {
        struct wait *wait = link->data;
        link = link->next;
        if (wait->sync > sync)
            break;
        if (wait->kind == WAIT_SYNC)
            finish(session, wait, NULL);
        else
            wait->deadline = MIN(wait->deadline, session->now + GRACE);
    }
}

// scsynth says "Node 7 not found" or "Group 7 not found".
static bool names_node(const char *text, int32_t *node)
{
    const char *number = g_str_has_prefix(text, "Node ")    ? text + 5
                         : g_str_has_prefix(text, "Group ") ? text + 6
                                                            : NULL;
    if (!number || !g_ascii_isdigit(*number))
        return false;
    *node = (int32_t)g_ascii_strtoll(number, NULL, 10);
    return true;
}

static bool fits(const struct wait *wait, const char *address, const char *text)
{
    int32_t node;
    if (strcmp(wait->address, address) != 0)
        return false;
    if (wait->paths)
        return g_ptr_array_find_with_equal_func(wait->paths, text, g_str_equal, NULL);
    // A new node fails in the order of asking; others name their node.
    return wait->kind == WAIT_GO || !names_node(text, &node) || node == wait->node;
}

// A node that scsynth does not have has ended, if it ever was; its /n_end may have been lost.
static void on_missing(struct session *session, const char *address, const char *text, int32_t id)
{
    struct node *node = tree_find(&session->tree, id);
    struct wait *wait = wait_of_node(session, WAIT_GO, id);
    bool planned = node && node->planned;
    // "Group 7 not found" is said of a synth, too, that is there.
    bool other_kind = node && !node->is_group && g_str_has_prefix(text, "Group");
    if (node && !planned && !other_kind && id != TREE_ROOT && session->state == SERVER_RUNNING)
        session_forget_node(session, node);
    else if (wait && strcmp(address, "/n_query") == 0)
        finish(session, wait, problem_new(404, "node %d is not there", id));
}

static struct wait *find_failed(GQueue *queue, const char *address, const char *text)
{
    for (GList *link = queue->head; link; link = link->next)
        if (fits(link->data, address, text))
            return link->data;
    return NULL;
}

static bool answer_failed(struct session *session, const char *address, const char *text)
{
    struct wait *wait = find_failed(&session->waits, address, text);
    for (GList *link = session->bundles.all.head; link && !wait; link = link->next) {
        struct bundle *bundle = link->data;
        wait = bundle->is_sent ? find_failed(&bundle->waits, address, text) : NULL;
    }
    if (!wait)
        return false;
    g_autofree char *said = g_strchomp(g_strdup(text));
    int32_t id;
    int status = names_node(said, &id) ? 404 : 502;
    // Another client has freed the definition (/d_freeAll): it is there for the next call.
    const struct node *node = tree_find(&session->tree, wait->node);
    const char *path = node && node->planned && node->synthdef
                           ? catalog_path(&session->catalog, node->synthdef->name)
                           : NULL;
    if (path && strstr(said, "SynthDef not found"))
        batch_add(&session->batch, osc_message_new("/d_load", "s", path));
    finish(session, wait, problem_new(status, "scsynth refused %s: %s", address, said));
    return true;
}

void waits_on_fail(struct session *session, const struct osc_message *fail)
{
    const char *address = osc_string(fail, 0), *text = osc_string(fail, 1);
    int32_t node;
    bool is_news = strcmp(address, "/n_query") != 0 && strcmp(address, "/s_getn") != 0;
    if (!answer_failed(session, address, text) && is_news)
        log_warning("scsynth.fail", "{s:s s:s}", "command", address, "reason", text);
    if (names_node(text, &node) && !boot_is_another(session, node))
        on_missing(session, address, text, node);
}

// Whether there is reason to wait on: notifications are what is lost first where many come at once.
static bool ask_again(struct session *session, struct wait *wait, int *asked)
{
    if (wait->kind == WAIT_SYNC || wait->asked)
        return false;
    if (*asked == ASKED_AT_ONCE) {
        session->ask_at = wait->deadline = session->now + ASK_STEP;
        return true;
    }
    ++*asked;
    wait->asked = true;
    wait->deadline = session->now + GRACE;
    batch_add(&session->batch, osc_message_new("/n_query", "i", wait->node));
    return true;
}

void waits_expire(struct session *session)
{
    // A grace that has been shortened may stand before longer ones; there are few of them.
    GList *link = session->waits.head;
    int asked = 0;
    session->ask_at = 0;
    while (link) {
        struct wait *wait = link->data;
        link = link->next;
        if (wait->deadline <= session->now && !ask_again(session, wait, &asked))
            finish(session, wait,
                   problem_new(504, "scsynth did not answer %s in time", wait->address));
        else if (wait->deadline - session->now > GRACE)
            break;
    }
}

void waits_fail(struct session *session, GQueue *queue, int status, const char *detail)
{
    struct wait *wait;
    // The latest first: what is to be below a node goes before it.
    while ((wait = g_queue_peek_tail(queue)))
        finish(session, wait, problem_new(status, "%s", detail));
}

void waits_fail_all(struct session *session, int status, const char *detail)
{
    struct wait *wait;
    while ((wait = g_queue_peek_head(&session->waits)))
        finish(session, wait, problem_new(status, "%s", detail));
}

int64_t waits_deadline(const struct session *session)
{
    const struct wait *wait = session->waits.head ? session->waits.head->data : NULL;
    if (!wait || !session->ask_at)
        return wait ? wait->deadline : 0;
    return MIN(wait->deadline, session->ask_at);
}
