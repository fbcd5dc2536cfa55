// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/unit/fake_session.h"

#include <string.h>

#include "common/error.h"
#include "controller/core/api/rpc.h"

// --- the ports ----------------------------------------------------------------------------------

static void port_send(void *data, const GPtrArray *messages)
{
    struct fake_session *f = data;
    const struct osc_message *first = g_ptr_array_index(messages, 0);
    bool status = messages->len == 1 && strcmp(first->address, "/status") == 0;
    f->statuses += status;
    GString *line = g_string_new(NULL);
    for (guint i = 0; i < messages->len; i++) {
        const struct osc_message *message = g_ptr_array_index(messages, i);
        g_autofree char *text = osc_to_text(message);
        g_string_append_printf(line, "%s%s", i ? "; " : "", text);
        if (f->on_message)
            f->on_message(f->data, message);
    }
    char *text = g_string_free(line, status);
    if (!status)
        g_ptr_array_add(f->sent, text);
}

static void port_emit_others(void *data, const struct client *except, const char *topic,
                             const char *event, json_t *params, const char *key)
{
    struct fake_session *f = data;
    char *text = json_dumps(params, JSON_COMPACT | JSON_REAL_PRECISION(7));
    if (!text)
        g_error("the event %s has no parameters that can be written", event);
    g_ptr_array_add(f->events, g_strdup_printf("%s %s %s %s", topic, event, text, key ? key : "-"));
    free(text);
    if (f->rpc)
        rpc_emit_others(f->rpc, except, topic, event, json_incref(params), key);
    json_decref(params);
}

static void port_emit(void *data, const char *topic, const char *event, json_t *params,
                      const char *key)
{
    port_emit_others(data, NULL, topic, event, params, key);
}

static void port_notify(void *data, struct client *client, const char *method, json_t *params)
{
    struct fake_session *f = data;
    char *text = json_dumps(params, JSON_COMPACT);
    g_ptr_array_add(f->notes, g_strdup_printf("%s %s", method, text));
    free(text);
    if (f->rpc)
        rpc_notify(client, method, json_incref(params));
    json_decref(params);
}

static bool port_to_pipeline(void *data, const struct link_message *message)
{
    struct fake_session *f = data;
    if (!f->pipeline_away)
        g_ptr_array_add(f->link, link_message_encode(message));
    return !f->pipeline_away;
}

static void port_send_at(void *data, const GPtrArray *messages, int64_t time)
{
    struct fake_session *f = data;
    guint before = f->sent->len;
    port_send(data, messages);
    if (!time || f->sent->len == before)
        return;
    char *text = g_ptr_array_steal_index(f->sent, before);
    g_ptr_array_add(f->sent,
                    g_strdup_printf("@%.3f %s", (double)(time - f->now) / 1e6 - FAKE_EPOCH, text));
    g_free(text);
}

static int64_t port_real_time(void *data)
{
    return ((struct fake_session *)data)->now + FAKE_EPOCH * G_USEC_PER_SEC;
}

static void port_save_model(void *data, json_t *model)
{
    struct fake_session *f = data;
    json_decref(f->model);
    f->model = model;
}

static void port_wake_at(void *data, int64_t time)
{
    ((struct fake_session *)data)->wake = time;
}

static void port_pipeline_lost(void *data)
{
    struct fake_session *f = data;
    f->pipelines_lost++;
}

static void port_server_lost(void *data)
{
    ((struct fake_session *)data)->lost++;
}

static bool port_restart(void *data)
{
    struct fake_session *f = data;
    f->restarts += f->may_restart;
    return f->may_restart;
}

static bool works(const char *failure, GError **error)
{
    if (failure)
        g_set_error_literal(error, FARFIELD_ERROR, ERROR_INTERNAL, failure);
    return !failure;
}

static char *port_stage(void *data, const struct synthdef *synthdef, GError **error)
{
    struct fake_session *f = data;
    return works(f->stage_error, error) ? g_strconcat("/defs/", synthdef->name, NULL) : NULL;
}

static bool port_keep(void *data, struct synthdef *synthdef, GError **error)
{
    struct fake_session *f = data;
    f->kept += !f->keep_error;
    return works(f->keep_error, error);
}

static bool port_forget(void *data, const char *name, GError **error)
{
    struct fake_session *f = data;
    f->forgotten += !f->forget_error;
    return works(f->forget_error, error);
}

// --- the store: documents by "kind/folder/name" --------------------------------------------------

static bool store_works(struct fake_session *f, GError **error)
{
    if (f->store_error)
        g_set_error_literal(error, FARFIELD_ERROR, f->store_error, "the store fails");
    return !f->store_error;
}

static char *key_text(const struct document_key *key)
{
    return g_strdup_printf("%s/%s/%s", key->kind, key->folder, key->name);
}

static json_t *port_store_get(void *data, const struct document_key *key, GError **error)
{
    struct fake_session *f = data;
    g_autofree char *text = key_text(key);
    return store_works(f, error) ? json_deep_copy(json_object_get(f->stored, text)) : NULL;
}

static json_t *port_store_list(void *data, const char *kind, const char *folder, GError **error)
{
    struct fake_session *f = data;
    g_autofree char *prefix = g_strdup_printf("%s/%s/", kind, folder);
    json_t *list = json_array();
    const char *text;
    json_t *document;
    json_object_foreach(f->stored, text, document)
    {
        if (!g_str_has_prefix(text, prefix))
            continue;
        json_t *head = json_deep_copy(document);
        json_object_del(head, "body");
        json_array_append_new(list, head);
    }
    if (!store_works(f, error))
        g_clear_pointer(&list, json_decref);
    return list;
}

static bool port_store_put(void *data, const struct document_key *key, const json_t *about,
                           const json_t *body, GError **error)
{
    struct fake_session *f = data;
    if (!store_works(f, error))
        return false;
    g_autofree char *text = key_text(key);
    json_object_set_new(f->stored, text,
                        json_pack("{s:s s:i s:i s:o s:o}", "name", key->name, "created", 1,
                                  "changed", 2, "about", json_deep_copy(about), "body",
                                  json_deep_copy(body)));
    return true;
}

static bool port_store_delete(void *data, const struct document_key *key, GError **error)
{
    struct fake_session *f = data;
    g_autofree char *text = key_text(key);
    if (!store_works(f, error))
        return false;
    if (json_object_del(f->stored, text) == 0)
        return true;
    g_set_error(error, FARFIELD_ERROR, ERROR_NOT_FOUND, "there is no %s \"%s\"", key->kind,
                key->name);
    return false;
}

static bool port_store_rename(void *data, const struct document_key *key, const char *to,
                              GError **error)
{
    struct fake_session *f = data;
    struct document_key fresh = {key->kind, key->folder, to};
    g_autofree char *from_text = key_text(key), *to_text = key_text(&fresh);
    if (!store_works(f, error))
        return false;
    json_t *document = json_incref(json_object_get(f->stored, from_text));
    bool taken = strcmp(from_text, to_text) != 0 && json_object_get(f->stored, to_text);
    if (!document || taken) {
        g_set_error(error, FARFIELD_ERROR, document ? ERROR_CONFLICT : ERROR_NOT_FOUND,
                    document ? "there is a %s \"%s\" already" : "there is no %s \"%s\"", key->kind,
                    document ? to : key->name);
        json_decref(document);
        return false;
    }
    json_object_del(f->stored, from_text);
    json_object_set_new(document, "name", json_string(to));
    json_object_set_new(f->stored, to_text, document);
    return true;
}

static const char *port_store_trouble(void *data)
{
    return ((struct fake_session *)data)->store_error ? "the store fails" : NULL;
}

// --- recordings: those that are in the folder are documents, too ---------------------------------

static struct recording *port_read_recording(void *data, const char *id)
{
    struct fake_session *f = data;
    g_autofree char *key = g_strconcat("recording/", id, NULL);
    return recording_from_json(json_object_get(f->stored, key), NULL);
}

static bool port_delete_recording(void *data, const char *id, GError **error)
{
    struct fake_session *f = data;
    f->erased += !f->erase_error;
    return works(f->erase_error, error);
}

static bool port_check_sound(void *data, guint ticket, const char *path, const char *title,
                             GError **error)
{
    struct fake_session *f = data;
    g_string_append_printf(f->files, "check %u %s %s; ", ticket, path, title ? title : "-");
    return works(f->sound_error, error);
}

static char *port_stage_asset(void *data, const char *asset, int number, GError **error)
{
    struct fake_session *f = data;
    g_string_append_printf(f->files, "stage %s %d; ", asset, number);
    return works(f->sound_error, error) ? g_strdup_printf("/server/%d.wav", number) : NULL;
}

static void port_unstage_asset(void *data, int number)
{
    g_string_append_printf(((struct fake_session *)data)->files, "unstage %d; ", number);
}

static bool port_delete_asset(void *data, const char *asset, GError **error)
{
    struct fake_session *f = data;
    g_string_append_printf(f->files, "delete %s; ", asset);
    return works(f->sound_error, error);
}

static char *port_asset_path(void *data, const char *asset)
{
    return g_strconcat("/assets/", asset, NULL);
}

static char *port_scratch_file(void *data, int number, guint64 bytes, GError **error)
{
    struct fake_session *f = data;
    return works(f->sound_error, error) ? g_strdup_printf("/server/out-%d.wav", number) : NULL;
}

static guint64 port_file_size(void *data, const char *path)
{
    return ((struct fake_session *)data)->file_size;
}

static void port_delete_file(void *data, const char *path)
{
    g_string_append_printf(((struct fake_session *)data)->files, "delete %s; ", path);
}

static void port_read_peaks(void *data, guint ticket, const char *path, int pieces, int points)
{
    g_string_append_printf(((struct fake_session *)data)->files, "peaks %u %s %d %d; ", ticket,
                           path, pieces, points);
}

static void port_buffers_changed(void *data)
{
    ((struct fake_session *)data)->buffers_kept++;
}

static int port_usage(void *data, struct usage *all)
{
    all[0] = (struct usage){"controller", 1.5, 2097152, 3, 12};
    return 1;
}

static void port_random(void *data, guint8 *bytes, gsize length)
{
    static guint8 next = 0;
    memset(bytes, ++next, length);
}

// --- SynthDefs ----------------------------------------------------------------------------------

static void free_parameter(gpointer data)
{
    struct synthdef_parameter *p = data;
    g_free(p->name);
    g_free(p->defaults);
    g_free(p);
}

static struct synthdef_parameter *parameter(const char *text, int index)
{
    g_auto(GStrv) halves = g_strsplit(text, "=", 2);
    g_auto(GStrv) values = g_strsplit(halves[1], ",", -1);
    struct synthdef_parameter *p = g_new0(struct synthdef_parameter, 1);
    p->name = g_strdup(halves[0]);
    p->index = index;
    p->size = (int)g_strv_length(values);
    p->rate = g_str_has_prefix(text, "t_")   ? RATE_TRIGGER
              : g_str_has_prefix(text, "i_") ? RATE_SCALAR
                                             : RATE_CONTROL;
    p->defaults = g_new0(float, p->size);
    for (int i = 0; i < p->size; i++)
        p->defaults[i] = (float)g_ascii_strtod(values[i], NULL);
    return p;
}

struct synthdef *fake_synthdef(const char *text)
{
    g_auto(GStrv) words = g_strsplit(text, " ", -1);
    struct synthdef *synthdef = g_new0(struct synthdef, 1);
    synthdef->references = 1;
    synthdef->name = g_strdup(words[0]);
    synthdef->parameters = g_ptr_array_new_with_free_func(free_parameter);
    synthdef->variants = g_ptr_array_new_with_free_func(g_free);
    synthdef->bytes = g_bytes_new_static("", 0);
    for (int i = 1, index = 0; words[i]; i++) {
        synthdef->releasable = synthdef->releasable || strcmp(words[i], "releasable") == 0;
        synthdef->one_shot = synthdef->one_shot || strcmp(words[i], "one_shot") == 0;
        if (!strchr(words[i], '='))
            continue;
        struct synthdef_parameter *p = parameter(words[i], index);
        index += p->size;
        g_ptr_array_add(synthdef->parameters, p);
    }
    return synthdef;
}

void fake_add_synthdef(struct fake_session *f, const char *text)
{
    struct synthdef *synthdef = fake_synthdef(text);
    session_add_synthdef(f->session, synthdef, ORIGIN_SHIPPED, f->now, NULL);
    synthdef_unref(synthdef);
}

// --- life ---------------------------------------------------------------------------------------

static void destroy_answer(gpointer data)
{
    struct fake_answer *answer = data;
    json_decref(answer->json);
    g_free(answer);
}

struct fake_session *fake_session_create(void)
{
    struct fake_session *f = g_new0(struct fake_session, 1);
    struct session_ports ports = {
        .data = f,
        .send = port_send,
        .send_at = port_send_at,
        .real_time = port_real_time,
        .save_model = port_save_model,
        .emit = port_emit,
        .emit_others = port_emit_others,
        .notify = port_notify,
        .to_pipeline = port_to_pipeline,
        .wake_at = port_wake_at,
        .server_lost = port_server_lost,
        .pipeline_lost = port_pipeline_lost,
        .restart_server = port_restart,
        .stage_synthdef = port_stage,
        .keep_synthdef = port_keep,
        .forget_synthdef = port_forget,
        .store_get = port_store_get,
        .store_list = port_store_list,
        .store_put = port_store_put,
        .store_delete = port_store_delete,
        .store_rename = port_store_rename,
        .store_trouble = port_store_trouble,
        .read_recording = port_read_recording,
        .delete_recording = port_delete_recording,
        .check_sound = port_check_sound,
        .stage_asset = port_stage_asset,
        .unstage_asset = port_unstage_asset,
        .delete_asset = port_delete_asset,
        .asset_path = port_asset_path,
        .scratch_file = port_scratch_file,
        .file_size = port_file_size,
        .delete_file = port_delete_file,
        .read_peaks = port_read_peaks,
        .buffers_changed = port_buffers_changed,
        .random = port_random,
        .usage = port_usage,
    };
    f->now = FAKE_MS(1000000);
    f->files = g_string_new(NULL);
    f->sent = g_ptr_array_new_with_free_func(g_free);
    f->events = g_ptr_array_new_with_free_func(g_free);
    f->notes = g_ptr_array_new_with_free_func(g_free);
    f->link = g_ptr_array_new_with_free_func(g_free);
    f->received = g_ptr_array_new_with_free_func(g_free);
    f->clients = g_ptr_array_new();
    f->stored = json_object();
    f->answers = g_ptr_array_new_with_free_func(destroy_answer);
    f->session = session_create(&ports, 0);
    session_set_encoding(f->session, &(struct encoding){.bitrate = 128000, .complexity = 9});
    f->session->sweep_interval = 0;
    f->session->history.interval = 0;
    f->session->address = g_strdup("127.0.0.1");
    f->session->websocket_port = 8081;
    static const char *const synthdefs[] = {
        "farfield_guard bus=0", "sine releasable out=0 freq=440 amp=0.1 gate=1",
        "bell one_shot freq=440", "plain amp=0.5", "chord freqs=1,2,3 t_hit=0 i_bus=0 amp=0.5"};
    for (gsize i = 0; i < G_N_ELEMENTS(synthdefs); i++)
        fake_add_synthdef(f, synthdefs[i]);
    session_server_expected(f->session, f->now);
    return f;
}

void fake_session_destroy(struct fake_session *f)
{
    f->on_message = NULL;
    session_stop(f->session, f->now);
    while (f->clients->len)
        fake_leave(f, g_ptr_array_index(f->clients, 0));
    rpc_destroy(f->rpc);
    session_destroy(f->session);
    for (guint i = 0; i < f->answers->len; i++) {
        const struct fake_answer *answer = g_ptr_array_index(f->answers, i);
        if (answer->times != 1)
            g_error("call %u was answered %d times", i, answer->times);
    }
    g_string_free(f->files, TRUE);
    g_ptr_array_unref(f->sent);
    g_ptr_array_unref(f->events);
    g_ptr_array_unref(f->notes);
    g_ptr_array_unref(f->link);
    g_ptr_array_unref(f->received);
    g_ptr_array_unref(f->clients);
    g_ptr_array_unref(f->answers);
    json_decref(f->stored);
    json_decref(f->model);
    g_free(f);
}

void fake_session_boot(struct fake_session *f, int client)
{
    char text[128];
    int32_t group = ids_node(client, 1), guard = ids_node(client, 2);
    fake_alive(f);
    g_snprintf(text, sizeof text, "/done /notify %d 16", client);
    fake_reply(f, text);
    fake_reply(f, "/g_queryTree.reply 1 0 0");
    g_snprintf(text, sizeof text, "/synced %d", f->session->sync - 1);
    fake_reply(f, text);
    g_snprintf(text, sizeof text, "/n_go %d 0 -1 -1 1 -1 -1", group);
    fake_reply(f, text);
    g_snprintf(text, sizeof text, "/n_go %d 0 %d -1 0", guard, group);
    fake_reply(f, text);
    g_snprintf(text, sizeof text, "/synced %d", f->session->sync - 1);
    fake_reply(f, text);
    g_assert(f->session->state == SERVER_RUNNING);
    fake_run(f, FAKE_MS(100));
    fake_forget(f);
}

void fake_lose_server(struct fake_session *f)
{
    session_server_gone(f->session, false, f->now);
    session_server_expected(f->session, f->now);
}

// --- scripts ------------------------------------------------------------------------------------

struct osc_message *fake_message(const char *text)
{
    g_auto(GStrv) words = NULL;
    g_autoptr(GError) error = NULL;
    if (!g_shell_parse_argv(text, NULL, &words, &error))
        g_error("%s: %s", text, error->message);
    struct osc_message *message = osc_message_new(words[0], "");
    for (int i = 1; words[i]; i++) {
        char *end;
        if (*words[i] == '{') { // '{/b_query 3}', in quotes
            g_autofree char *inner = g_strndup(words[i] + 1, strlen(words[i]) - 2);
            osc_add_message(message, fake_message(inner));
            continue;
        }
        gint64 integer = g_ascii_strtoll(words[i], &end, 10);
        if (*words[i] && !*end) {
            osc_add_int(message, (int32_t)integer);
            continue;
        }
        double number = g_ascii_strtod(words[i], &end);
        if (*words[i] && !*end && *words[i] != '.')
            osc_add_float(message, (float)number);
        else
            osc_add_string(message, words[i]);
    }
    return message;
}

void fake_reply(struct fake_session *f, const char *text)
{
    struct osc_message *message = fake_message(text);
    session_on_reply(f->session, message, f->now);
    osc_message_destroy(message);
}

void fake_alive(struct fake_session *f)
{
    g_autofree char *text = g_strdup_printf("/status.reply 1 0 %u 1 5 0.5 1.5 48000.0 48000.0",
                                            g_hash_table_size(f->session->tree.nodes) - 1);
    fake_reply(f, text);
}

static void on_answer(void *data, json_t *result, const struct problem *problem)
{
    struct fake_answer *answer = data;
    answer->times++;
    json_decref(answer->json);
    answer->status = problem ? problem->status : 200;
    answer->json = problem ? problem_to_json(problem) : result;
    answer->detail = problem ? json_string_value(json_object_get(answer->json, "detail")) : "";
}

static json_t *read_params(const char *params)
{
    g_autofree char *text = g_strdelimit(g_strdup(params ? params : "{}"), "'", '"');
    json_error_t failure;
    json_t *json = json_loads(text, 0, &failure);
    if (!json)
        g_error("%s: %s", text, failure.text);
    return json;
}

static void call(struct fake_session *f, const char *method, const char *params, GBytes *body,
                 struct fake_answer *answer)
{
    const struct command *command = command_by_method(method);
    if (!command)
        g_error("no command %s", method);
    session_call(
        f->session,
        call_new(command, read_params(params), body, NULL, answer ? on_answer : NULL, answer),
        false, f->now);
}

static struct fake_answer *answer_new(struct fake_session *f)
{
    struct fake_answer *answer = g_new0(struct fake_answer, 1);
    g_ptr_array_add(f->answers, answer);
    return answer;
}

struct fake_answer *fake_call(struct fake_session *f, const char *method, const char *params)
{
    struct fake_answer *answer = answer_new(f);
    call(f, method, params, NULL, answer);
    return answer;
}

struct fake_answer *fake_call_bytes(struct fake_session *f, const char *method, const char *params,
                                    const void *bytes, gsize length)
{
    struct fake_answer *answer = answer_new(f);
    call(f, method, params, g_bytes_new(bytes, length), answer);
    return answer;
}

struct fake_answer *fake_patch(struct fake_session *f, const char *method, const char *params,
                               const char *type, const char *if_match, const char *body)
{
    struct fake_answer *answer = answer_new(f);
    struct call *patch = call_new(command_by_method(method), read_params(params),
                                  g_bytes_new(body, strlen(body)), NULL, on_answer, answer);
    patch->type = type;
    patch->if_match = if_match;
    session_call(f->session, patch, false, f->now);
    return answer;
}

struct fake_answer *fake_upload(struct fake_session *f, const char *method, const char *params,
                                const char *path)
{
    struct fake_answer *answer = answer_new(f);
    struct call *uploaded =
        call_new(command_by_method(method), read_params(params), NULL, NULL, on_answer, answer);
    uploaded->upload = path;
    session_call(f->session, uploaded, false, f->now);
    return answer;
}

void fake_notify(struct fake_session *f, const char *method, const char *params)
{
    call(f, method, params, NULL, NULL);
}

static void trust_client(void *data, void *connection)
{
}

static void send_to_client(void *data, void *connection, GBytes *text, const char *key)
{
    struct fake_session *f = data;
    gsize length;
    const char *bytes = g_bytes_get_data(text, &length);
    g_ptr_array_add(f->received,
                    g_strdup_printf("%s %.*s", (const char *)connection, (int)length, bytes));
}

struct client *fake_connect(struct fake_session *f, const char *connection, bool authorised)
{
    struct rpc_ports ports = {f, send_to_client, trust_client};
    if (!f->rpc)
        f->rpc = rpc_create(f->session, &ports);
    struct client *client = rpc_client_create(f->rpc, (void *)connection, authorised);
    g_ptr_array_add(f->clients, client);
    return client;
}

void fake_leave(struct fake_session *f, struct client *client)
{
    g_ptr_array_remove(f->clients, client);
    rpc_client_destroy(client, f->now);
}

void fake_receive(struct fake_session *f, struct client *client, const char *text)
{
    g_autofree char *json = g_strdelimit(g_strdup(text), "'", '"');
    rpc_receive(client, json, strlen(json), f->now);
}

char *fake_files(struct fake_session *f)
{
    char *text = g_strchomp(g_strdup(f->files->str));
    g_string_truncate(f->files, 0);
    return text;
}

char *fake_received(struct fake_session *f)
{
    g_ptr_array_add(f->received, NULL);
    char *text = g_strjoinv("\n", (char **)f->received->pdata);
    g_ptr_array_set_size(f->received, 0);
    return text;
}

void fake_pass(struct fake_session *f, int64_t microseconds)
{
    f->now += microseconds;
    session_tick(f->session, f->now);
}

void fake_run(struct fake_session *f, int64_t microseconds)
{
    int64_t end = f->now + microseconds;
    for (int still = 0; f->wake && f->wake <= end; still++) {
        if (f->wake > f->now)
            still = 0;
        else if (still > 10)
            g_error("the loop never comes to rest");
        f->now = MAX(f->now, f->wake);
        session_tick(f->session, f->now);
    }
    f->now = end;
}

// --- what was recorded --------------------------------------------------------------------------

void fake_pipeline_says(struct fake_session *f, const char *text)
{
    g_autofree char *json = g_strdelimit(g_strdup(text), "'", '"');
    g_autoptr(GError) error = NULL;
    struct link_message *message = link_message_decode(json, strlen(json), &error);
    if (!message)
        g_error("%s: %s", json, error->message);
    session_on_link(f->session, message, f->now);
    link_message_destroy(message);
}

char *fake_linked(struct fake_session *f)
{
    g_ptr_array_add(f->link, NULL);
    char *text = g_strjoinv("\n", (char **)f->link->pdata);
    g_ptr_array_set_size(f->link, 0);
    return text;
}

char *fake_sent(struct fake_session *f)
{
    g_ptr_array_add(f->sent, NULL);
    char *text = g_strjoinv("\n", (char **)f->sent->pdata);
    g_ptr_array_set_size(f->sent, 0);
    return text;
}

char *fake_events(struct fake_session *f, const char *topic)
{
    GString *text = g_string_new(NULL);
    for (guint i = 0; i < f->events->len;) {
        const char *event = g_ptr_array_index(f->events, i);
        gsize length = strlen(topic);
        if (strncmp(event, topic, length) != 0 || event[length] != ' ') {
            i++;
            continue;
        }
        g_string_append_printf(text, "%s%s", text->len ? "\n" : "", event + length + 1);
        g_ptr_array_remove_index(f->events, i);
    }
    return g_string_free(text, FALSE);
}

void fake_forget(struct fake_session *f)
{
    g_ptr_array_set_size(f->sent, 0);
    g_ptr_array_set_size(f->events, 0);
    g_ptr_array_set_size(f->notes, 0);
    g_ptr_array_set_size(f->link, 0);
    g_ptr_array_set_size(f->received, 0);
}

static void append_node(GString *text, const struct node *node)
{
    g_string_append_printf(text, "%d", node->id);
    if (!node->is_group)
        return;
    g_string_append_c(text, '(');
    for (const struct node *n = node_first(node); n; n = node_next(n)) {
        append_node(text, n);
        if (node_next(n))
            g_string_append_c(text, ' ');
    }
    g_string_append_c(text, ')');
}

char *fake_tree(const struct fake_session *f)
{
    GString *text = g_string_new(NULL);
    append_node(text, tree_find(&f->session->tree, TREE_ROOT));
    return g_string_free(text, FALSE);
}

char *fake_text(const struct fake_answer *answer)
{
    if (answer->times == 0)
        return g_strdup("waiting");
    if (answer->status == 200) {
        char *json = json_dumps(answer->json, JSON_COMPACT | JSON_REAL_PRECISION(7));
        char *text = g_strdup_printf("200 %s", json);
        free(json);
        return text;
    }
    GString *text = g_string_new(NULL);
    g_string_printf(text, "%d %s", answer->status, answer->detail);
    size_t i;
    json_t *entry;
    json_array_foreach(json_object_get(answer->json, "errors"), i, entry)
        g_string_append_printf(text, "; %s: %s", json_string_value(json_object_get(entry, "field")),
                               json_string_value(json_object_get(entry, "detail")));
    return g_string_free(text, FALSE);
}
