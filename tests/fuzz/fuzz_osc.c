// SPDX-License-Identifier: GPL-3.0-or-later
// Bytes that say they are OSC, by both ways in: from a controller at the OSC port, and through
// osc.send, as the message itself and as a blob in one. Whatever passes is of the commands that may
// be, with whole numbers within bounds and finite others, and leaves Farfield's own nodes alone.
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "controller/core/osc/osc_in.h"
#include "controller/core/osc/osc_json.h"
#include "controller/core/osc/osc_read.h"
#include "controller/core/osc/osc_rules.h"
#include "tests/unit/fake_session.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define GUARD 2

static bool is_harmful(const char *address)
{
    static const char *const harmful[] = {
        "/quit",    "/cmd",           "/u_cmd",   "/dumpOSC",     "/error",
        "/notify",  "/d_recv",        "/d_load",  "/d_loadDir",   "/d_freeAll",
        "/n_trace", "/g_dumpTree",    "/s_noid",  "/b_allocRead", "/b_allocReadChannel",
        "/b_read",  "/b_readChannel", "/b_write", "/clearSched",  NULL};
    return *address != '/' || strpbrk(address, "*?[]{}") || g_strv_contains(harmful, address);
}

static bool names_own(const struct osc_message *message)
{
    static const char *const changes[] = {"/n_free", "/n_run",  "/n_set",    "/n_setn", "/n_fill",
                                          "/n_map",  "/n_mapn", "/n_before", NULL};
    return g_strv_contains(changes, message->address) && osc_int(message, 0) == GUARD;
}

static void judge(const struct osc_message *message)
{
    if (is_harmful(message->address) || names_own(message))
        g_error("%s has passed", message->address);
    for (guint i = 0; i < message->args->len; i++) {
        if (osc_nested(message, i))
            judge(osc_nested(message, i));
        char type = osc_type(message, i);
        if ((type == 'f' || type == 'd') && !isfinite(osc_number(message, i)))
            g_error("%s with a number that is none has passed", message->address);
    }
}

static void on_answer(void *data, json_t *result, const struct problem *problem)
{
    int *answers = data;
    if (!result == !problem)
        abort();
    ++*answers;
    json_decref(result);
}

static void check(struct fake_session *f, struct osc_message *message)
{
    struct problem *problem = osc_check(f->session, message, "");
    if (!problem)
        judge(message);
    else if (!problem->detail || problem->status < 400)
        abort();
    problem_destroy(problem);
}

// As the API brings it: the message by members, or whole as a blob of another.
static void send_json(struct fake_session *f, json_t *params)
{
    static int answers;
    session_call(f->session,
                 call_new(command_by_method("osc.send"), params, NULL, NULL, on_answer, &answers),
                 false, f->now);
}

static void send_blob(struct fake_session *f, const uint8_t *data, size_t size)
{
    g_autofree char *base64 = g_base64_encode(data, size);
    send_json(f, json_pack("{s:s s:[i {s:s}]}", "address", "/b_zero", "args", 3, "blob", base64));
}

static void populate(struct fake_session *f)
{
    fake_session_boot(f, 0);
    fake_call(f, "group.new", NULL);
    fake_call(f, "synth.new", "{'synthdef': 'sine', 'name': 'lead'}");
    fake_call(f, "synth.new", "{'synthdef': 'chord'}");
    fake_run(f, FAKE_MS(2));
    fake_reply(f, "/n_go 1000 1 -1 -1 1 -1 -1");
    fake_reply(f, "/n_go 1001 1000 -1 -1 0");
    fake_reply(f, "/n_go 1002 1 1000 -1 0");
    fake_run(f, FAKE_MS(2));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    log_setup("fuzz", LOG_ERROR_LEVEL, false);
    struct fake_session *f = fake_session_create();
    populate(f);
    g_autoptr(GPtrArray) messages =
        g_ptr_array_new_with_free_func((GDestroyNotify)osc_message_destroy);
    int asked = 0, answers = 0;
    osc_read_packet(data, size, messages, NULL);
    for (guint i = 0; i < messages->len; i++) {
        asked++;
        osc_in_receive(f->session, messages->pdata[i], on_answer, &answers, f->now);
        json_t *json = osc_to_json(messages->pdata[i]);
        send_json(f, json);
        check(f, messages->pdata[i]);
    }
    send_blob(f, data, size);
    fake_run(f, FAKE_MS(40));
    if (!tree_find(&f->session->tree, GUARD) || !tree_find(&f->session->tree, 1))
        abort();
    fake_session_destroy(f);
    if (asked != answers)
        g_error("%d messages were answered %d times", asked, answers);
    return 0;
}
