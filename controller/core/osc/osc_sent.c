// SPDX-License-Identifier: GPL-3.0-or-later
// Which of scsynth's answers belong to which message of osc.send. It answers in the order of
// asking, and an answer names what it is about: so each goes to the oldest message that expects one
// of its address and its first numbers. The session's own questions have answers of the same kind;
// one more or less of equal content does no harm.
#include <string.h>

#include "controller/core/osc/osc_json.h"
#include "controller/core/osc/osc_rules.h"
#include "controller/core/session_own.h"

#define MAX_ROUNDS 20 // of /sync, after each of which what is still to come may have come

struct expected {
    const char *address; // of the answer
    const char *of;      // /done: the command's address; NULL else
    guint at;            // argument that tells which one it is
    int32_t key;
    bool keyed;
};

struct osc_sent {
    json_t *sent, *replies; // owned
    GArray *expected;       // owned, struct expected: what has not come yet
    GPtrArray *within;      // owned, char *: addresses of completion messages
    char *failure;          // owned: of one of those, NULL for none
    int rounds;
    GList link; // session::osc_sent
};

static void expect(struct osc_sent *sent, const char *address, const char *of, guint at,
                   int32_t key)
{
    struct expected expected = {address, of, at, key, true};
    g_array_append_val(sent->expected, expected);
}

// One answer for every `step` arguments, each of which begins with what tells them apart.
static void expect_each(struct osc_sent *sent, const struct osc_message *message,
                        const char *address, guint step, guint at)
{
    for (guint i = 0; i < message->args->len; i += step)
        expect(sent, address, NULL, at, osc_int(message, i));
}

static void expect_replies(struct osc_sent *sent, const struct osc_message *message)
{
    const struct osc_rule *rule = osc_rule_find(message->address);
    const char *reply = rule->reply;
    if (!reply || strcmp(reply, "/synced") == 0)
        return;
    if (strcmp(reply, "/done") == 0)
        expect(sent, reply, rule->address, 1, osc_int(message, 0));
    else if (strcmp(rule->address, "/s_new") == 0)
        expect(sent, reply, NULL, 0, osc_int(message, 1));
    else if (strcmp(reply, "/n_go") == 0)
        expect_each(sent, message, reply, 3, 0);
    else if (strcmp(reply, "/n_info") == 0)
        expect_each(sent, message, reply, 1, 0);
    else if (strcmp(reply, "/g_queryTree.reply") == 0)
        expect_each(sent, message, reply, 2, 1);
    else
        expect(sent, reply, NULL, 0, osc_int(message, 0));
    if (message->args->len == 0)
        g_array_index(sent->expected, struct expected, sent->expected->len - 1).keyed = false;
}

static void expect_all(struct osc_sent *sent, const struct osc_message *message)
{
    expect_replies(sent, message);
    for (guint i = 0; i < message->args->len; i++) {
        const struct osc_message *nested = osc_nested(message, i);
        if (!nested)
            continue;
        g_ptr_array_add(sent->within, g_strdup(nested->address));
        expect_all(sent, nested);
    }
}

struct osc_sent *osc_sent_add(struct session *session, const struct osc_message *message)
{
    struct osc_sent *sent = g_new0(struct osc_sent, 1);
    sent->sent = osc_to_json(message);
    sent->replies = json_array();
    sent->expected = g_array_new(FALSE, FALSE, sizeof(struct expected));
    sent->within = g_ptr_array_new_with_free_func(g_free);
    sent->link.data = sent;
    expect_all(sent, message);
    if (strcmp(message->address, "/sync") == 0)
        json_array_append_new(sent->replies, json_pack("{s:s s:[i]}", "address", "/synced", "args",
                                                       osc_int(message, 0)));
    g_queue_push_tail_link(&session->osc_sent, &sent->link);
    return sent;
}

void osc_sent_destroy(struct session *session, struct osc_sent *sent)
{
    if (!sent)
        return;
    g_queue_unlink(&session->osc_sent, &sent->link);
    json_decref(sent->sent);
    json_decref(sent->replies);
    g_array_unref(sent->expected);
    g_ptr_array_unref(sent->within);
    g_free(sent->failure);
    g_free(sent);
}

void osc_sent_give_up(struct session *session, struct osc_sent *sent)
{
    for (guint i = 0; i < sent->expected->len; i++) {
        const struct expected *e = &g_array_index(sent->expected, struct expected, i);
        struct node *node =
            strcmp(e->address, "/n_go") == 0 ? tree_find(&session->tree, e->key) : NULL;
        if (node && node->planned)
            session_unplan_node(session, node);
        if (g_strcmp0(e->of, "/b_alloc") == 0)
            g_hash_table_remove(session->buffers.raw, GINT_TO_POINTER(e->key));
    }
}

static bool answers(const struct expected *e, const struct osc_message *reply)
{
    return strcmp(e->address, reply->address) == 0 &&
           (!e->of || strcmp(e->of, osc_string(reply, 0)) == 0) &&
           (!e->keyed || (osc_type(reply, e->at) == 'i' && osc_int(reply, e->at) == e->key));
}

static bool take_reply(struct osc_sent *sent, const struct osc_message *reply)
{
    for (guint i = 0; i < sent->expected->len; i++) {
        if (!answers(&g_array_index(sent->expected, struct expected, i), reply))
            continue;
        g_array_remove_index(sent->expected, i);
        json_array_append_new(sent->replies, osc_to_json(reply));
        return true;
    }
    return false;
}

// What a completion message could not do; a message's own failure goes to its wait.
static bool take_failure(struct osc_sent *sent, const struct osc_message *fail)
{
    const char *address = osc_string(fail, 0);
    if (sent->failure ||
        !g_ptr_array_find_with_equal_func(sent->within, address, g_str_equal, NULL))
        return false;
    g_autofree char *said = g_strchomp(g_strdup(osc_string(fail, 1)));
    sent->failure = g_strdup_printf("scsynth refused %s: %s", address, said);
    return true;
}

void osc_sent_on_reply(struct session *session, const struct osc_message *reply)
{
    bool failure = strcmp(reply->address, "/fail") == 0;
    for (GList *link = session->osc_sent.head; link; link = link->next)
        if (failure ? take_failure(link->data, reply) : take_reply(link->data, reply))
            return;
}

bool osc_sent_is_answered(const struct osc_sent *sent)
{
    return sent->expected->len == 0;
}

const char *osc_sent_failure(const struct osc_sent *sent)
{
    return sent->failure;
}

bool osc_sent_may_wait(struct osc_sent *sent)
{
    return sent->rounds++ < MAX_ROUNDS;
}

json_t *osc_sent_to_json(const struct osc_sent *sent)
{
    return json_pack("{s:O s:O}", "sent", sent->sent, "replies", sent->replies);
}
