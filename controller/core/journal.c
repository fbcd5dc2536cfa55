// SPDX-License-Identifier: GPL-3.0-or-later
#include "controller/core/journal.h"

#include <string.h>

#include "controller/core/session_own.h"

#define HIDDEN "[hidden]"

void journal_init(struct journal *journal)
{
    *journal = (struct journal){.secrets = g_ptr_array_new_with_free_func(g_free)};
    g_queue_init(&journal->lines);
}

static void line_unref(gpointer line)
{
    json_decref(line);
}

void journal_clear(struct journal *journal)
{
    g_queue_clear_full(&journal->lines, line_unref);
    g_clear_pointer(&journal->secrets, g_ptr_array_unref);
}

void journal_hide(struct journal *journal, const char *secret)
{
    if (secret && *secret)
        g_ptr_array_add(journal->secrets, g_strdup(secret));
}

static GString *without_secrets(const struct journal *journal, const char *text)
{
    g_autofree char *valid = g_utf8_make_valid(text, -1);
    GString *shown = g_string_new(valid);
    for (guint i = 0; i < journal->secrets->len; i++)
        g_string_replace(shown, g_ptr_array_index(journal->secrets, i), HIDDEN, 0);
    return shown;
}

// A copy of it, without secrets in any of its strings.
static json_t *hide_below(const struct journal *journal, json_t *value)
{
    if (json_is_string(value)) {
        g_autoptr(GString) shown = without_secrets(journal, json_string_value(value));
        return json_string(shown->str);
    }
    if (!json_is_array(value) && !json_is_object(value))
        return json_incref(value);
    json_t *copy = json_is_array(value) ? json_array() : json_object();
    const char *name;
    json_t *each;
    size_t i;
    json_array_foreach(value, i, each) json_array_append_new(copy, hide_below(journal, each));
    json_object_foreach(value, name, each)
    {
        g_autoptr(GString) shown = without_secrets(journal, name);
        json_object_set_new(copy, shown->str, hide_below(journal, each));
    }
    return copy;
}

// Without secrets, and not too long: cut between two characters.
static json_t *text_to_json(const struct journal *journal, const char *text)
{
    g_autoptr(GString) shown = without_secrets(journal, text);
    if (shown->len > JOURNAL_MAX_TEXT) {
        const char *end =
            g_utf8_find_prev_char(shown->str, shown->str + JOURNAL_MAX_TEXT - strlen("…") + 1);
        g_string_truncate(shown, end - shown->str);
        g_string_append(shown, "…");
    }
    return json_string(shown->str);
}

static json_t *field_to_json(const struct journal *journal, json_t *value)
{
    if (json_is_number(value) || json_is_boolean(value) || json_is_null(value))
        return json_incref(value);
    if (json_is_string(value))
        return text_to_json(journal, json_string_value(value));
    // Before it is written as JSON, which writes quotes in a secret otherwise.
    json_t *hidden = hide_below(journal, value);
    char *dump = json_dumps(hidden, JSON_COMPACT);
    json_t *text = text_to_json(journal, dump ? dump : "");
    free(dump);
    json_decref(hidden);
    return text;
}

static json_t *fields_to_json(const struct journal *journal, const json_t *fields)
{
    json_t *shown = json_object();
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)fields, name, value)
    {
        if (json_object_size(shown) == JOURNAL_MAX_FIELDS)
            break;
        json_object_set_new(shown, name, field_to_json(journal, value));
    }
    return shown;
}

static json_t *line_new(struct session *session, enum log_level level, const char *source,
                        json_t *message)
{
    return json_pack("{s:I s:f s:s s:s s:o}", "number", (json_int_t)session->journal.next, "time",
                     session_real_seconds(session), "level", log_level_name(level), "source",
                     source, "message", message);
}

// It may be called from within anything: the loop is only asked to come by.
static void ask_to_tell(struct session *session)
{
    struct journal *journal = &session->journal;
    if (journal->due)
        return;
    journal->due = session->now + JOURNAL_INTERVAL;
    // `now` may be long ago. A tick that seems late means that we stood still: `tick_at` stays.
    if (!session->tick_at || session->tick_at > journal->due)
        session->ports.wake_at(session->ports.data, journal->due);
}

void journal_note(struct session *session, enum log_level level, const char *source,
                  const char *message, const json_t *fields)
{
    struct journal *journal = &session->journal;
    if (level > LOG_INFO_LEVEL)
        return;
    json_t *line = line_new(session, level, source, text_to_json(journal, message));
    if (json_object_size(fields) > 0)
        json_object_set_new(line, "fields", fields_to_json(journal, fields));
    journal->next++;
    g_queue_push_tail(&journal->lines, line);
    if (journal->lines.length > JOURNAL_MAX_LINES)
        line_unref(g_queue_pop_head(&journal->lines));
    ask_to_tell(session);
}

// A reader that is slow keeps no more than the ring does.
static void tell(struct session *session, json_t *line, uint64_t number)
{
    char key[32];
    g_snprintf(key, sizeof key, "log/%d", (int)(number % JOURNAL_MAX_LINES));
    session->ports.emit(session->ports.data, "log", "log", line, key);
}

static void tell_dropped(struct session *session, uint64_t dropped)
{
    g_autofree char *words =
        g_strdup_printf("%d line%s dropped here; log.list has the last %d", (int)dropped,
                        dropped == 1 ? "" : "s", JOURNAL_MAX_LINES);
    json_t *line = line_new(session, LOG_WARNING_LEVEL, "controller", json_string(words));
    json_object_del(line, "number");
    session->ports.emit(session->ports.data, "log", "log", line, NULL);
}

void journal_tick(struct session *session)
{
    struct journal *journal = &session->journal;
    if (!journal->due || journal->due > session->now)
        return;
    uint64_t waiting = journal->next - journal->told;
    uint64_t dropped = waiting > JOURNAL_MAX_TOLD ? waiting - JOURNAL_MAX_TOLD : 0;
    // A list of its own: telling may note further lines.
    g_autoptr(GPtrArray) lines = g_ptr_array_new();
    for (GList *link = journal->lines.tail; link && lines->len < waiting - dropped;
         link = link->prev)
        g_ptr_array_add(lines, json_incref(link->data));
    uint64_t first = journal->next - lines->len;
    if (dropped)
        tell_dropped(session, dropped);
    for (guint i = 0; i < lines->len; i++)
        tell(session, g_ptr_array_index(lines, lines->len - 1 - i), first + i);
    journal->told = journal->next;
    journal->due = 0;
}

json_t *journal_to_json(const struct journal *journal, int count)
{
    json_t *lines = json_array();
    int skip = (int)journal->lines.length - count;
    for (GList *link = journal->lines.head; link; link = link->next)
        if (skip-- <= 0)
            json_array_append(lines, link->data);
    return json_pack("{s:o}", "lines", lines);
}
