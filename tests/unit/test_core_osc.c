// SPDX-License-Identifier: GPL-3.0-or-later
// osc.send: the grammar of every command that may be sent, and why others may not.
#include <math.h>

#include "controller/core/osc/osc_json.h"
#include "controller/core/osc/osc_rules.h"
#include "controller/core/session_own.h"
#include "tests/unit/fake_asserts.h"

// Below the root: group 1 (the room) with synth 1000 (sine), 1001 (chord) and group 1002 with synth
// 1003 (sine) in it; group 5000 of another client; 2, the guard.
static int set_up_tree(void **state)
{
    set_up_running(state);
    struct fake_session *f = *state;
    fake_call(f, "synth.new", "{'synthdef': 'sine'}");
    fake_call(f, "synth.new", "{'synthdef': 'chord'}");
    fake_call(f, "group.new", NULL);
    fake_run(f, FAKE_MS(2));
    fake_reply(f, "/n_go 1000 1 -1 -1 0");
    fake_reply(f, "/n_go 1001 1 1000 -1 0");
    fake_reply(f, "/n_go 1002 1 1001 -1 1 -1 -1");
    fake_call(f, "synth.new", "{'synthdef': 'sine', 'target': 1002}");
    fake_run(f, FAKE_MS(2));
    fake_reply(f, "/n_go 1003 1002 -1 -1 0");
    fake_reply(f, "/n_go 5000 0 1 2 1 -1 -1");
    fake_run(f, FAKE_MS(2));
    fake_forget(f);
    return 0;
}

// The message as it would be sent, or why it is not.
static char *check_message(struct fake_session *f, struct osc_message *message)
{
    struct problem *problem = osc_check(f->session, message, "");
    char *text =
        problem ? g_strdup_printf("%d %s", problem->status, problem->detail) : osc_to_text(message);
    problem_destroy(problem);
    osc_message_destroy(message);
    return text;
}

#define PASSES(text) assert_text(check_message(*state, fake_message(text)), text)
#define BECOMES(text, expected) assert_text(check_message(*state, fake_message(text)), expected)
#define FAILS(text, expected) assert_text(check_message(*state, fake_message(text)), expected)
#define OWN "is Farfield's own"

static void what_is_refused_says_why(void **state)
{
    gsize count;
    const struct osc_rule *rules = osc_rules(&count);
    int refused = 0;
    for (gsize i = 0; i < count; i++) {
        if (rules[i].grammar)
            continue;
        refused++;
        g_autofree char *expected = g_strdup_printf(
            "403 %s is not allowed: %s%s%s", rules[i].address, rules[i].words,
            rules[i].instead ? "; use " : "", rules[i].instead ? rules[i].instead : "");
        FAILS(rules[i].address, expected);
        // And within another message.
        struct osc_message *outer =
            osc_message_new("/b_zero", "im", 3, osc_message_new(rules[i].address, "i", 0));
        assert_text(check_message(*state, outer), expected);
    }
    assert_int_equal(refused, 22);
    FAILS("/done", "422 /done is no command of scsynth");
    FAILS("/n_sett", "422 /n_sett is no command of scsynth");
}

static void the_committed_page_is_current(void **state)
{
    g_autofree char *committed = NULL, *page = osc_rules_markdown();
    if (!g_file_get_contents("docs/server-commands.md", &committed, NULL, NULL) ||
        strcmp(committed, page) != 0)
        fail_msg("docs/server-commands.md is not what the rules say: run `make reference`");
}

// Those of SC_CommandNumbers.h, as the Server Command Reference lists them, and /nrt_end.
static void every_command_of_supercollider_is_there(void **state)
{
    static const char *const commands[] = {"notify",        "status",      "quit",
                                           "cmd",           "d_recv",      "d_load",
                                           "d_loadDir",     "d_freeAll",   "s_new",
                                           "n_trace",       "n_free",      "n_run",
                                           "n_cmd",         "n_map",       "n_set",
                                           "n_setn",        "n_fill",      "n_before",
                                           "n_after",       "u_cmd",       "g_new",
                                           "g_head",        "g_tail",      "g_freeAll",
                                           "c_set",         "c_setn",      "c_fill",
                                           "b_alloc",       "b_allocRead", "b_read",
                                           "b_write",       "b_free",      "b_close",
                                           "b_zero",        "b_set",       "b_setn",
                                           "b_fill",        "b_gen",       "dumpOSC",
                                           "c_get",         "c_getn",      "b_get",
                                           "b_getn",        "s_get",       "s_getn",
                                           "n_query",       "b_query",     "n_mapn",
                                           "s_noid",        "g_deepFree",  "clearSched",
                                           "sync",          "d_free",      "b_allocReadChannel",
                                           "b_readChannel", "g_dumpTree",  "g_queryTree",
                                           "error",         "s_newargs",   "n_mapa",
                                           "n_mapan",       "n_order",     "p_new",
                                           "version",       "nrt_end"};
    gsize count;
    osc_rules(&count);
    assert_int_equal(count, G_N_ELEMENTS(commands));
    for (gsize i = 0; i < count; i++) {
        g_autofree char *address = g_strconcat("/", commands[i], NULL);
        if (!osc_rule_find(address))
            fail_msg("%s has no rule", address);
    }
}

// Every command has its words, and the methods that are named in its stead are there.
static void rules_are_well_made(void **state)
{
    gsize count;
    const struct osc_rule *rules = osc_rules(&count);
    for (gsize i = 0; i < count; i++) {
        g_auto(GStrv) methods = g_strsplit(rules[i].instead ? rules[i].instead : "", ", ", -1);
        for (int k = 0; methods[k]; k++)
            if (*methods[k] && !command_by_method(methods[k]))
                fail_msg("%s: there is no method %s", rules[i].address, methods[k]);
        assert_non_null(rules[i].words);
        assert_true(!rules[i].grammar || g_str_has_suffix(rules[i].words, "."));
        assert_ptr_equal(osc_rule_find(rules[i].address), &rules[i]);
    }
}

static void top_level(void **state)
{
    PASSES("/status");
    PASSES("/version");
    PASSES("/sync 7");
    FAILS("/status 1", "422 args[0] is one too many: /status takes none");
    FAILS("/sync", "422 args[0] is missing: /sync takes number");
    FAILS("/sync a", "422 args[0] must be a whole number");
    FAILS("/b_zero 3 '{/sync 7}'", "403 /sync has no place within another message: the answer "
                                   "waits anyway");
}

static void definitions(void **state)
{
    PASSES("/d_free others more");
    FAILS("/d_free", "422 args[0] is missing: /d_free takes (definition)+");
    FAILS("/d_free others sine", "403 args[1] \"sine\" is in Farfield's list; use synthdef.delete");
    FAILS("/d_free farfield_guard", "403 args[0] \"farfield_guard\" " OWN);
    FAILS("/d_free 5", "422 args[0] must be a string");
}

static void nodes_are_freed_and_run(void **state)
{
    PASSES("/n_free 1000 1002 5000");
    PASSES("/n_run 1000 0 1001 1");
    static const int own[] = {0, 1, 2};
    for (gsize i = 0; i < G_N_ELEMENTS(own); i++) {
        g_autofree char *expected = g_strdup_printf("403 args[0] node %d " OWN, own[i]);
        g_autofree char *free_it = g_strdup_printf("/n_free %d", own[i]);
        g_autofree char *pause_it = g_strdup_printf("/n_run %d 0", own[i]);
        g_autofree char *after_it = g_strdup_printf("/n_after %d 1000", own[i]);
        FAILS(free_it, expected);
        FAILS(pause_it, expected);
        FAILS(after_it, expected);
    }
    FAILS("/n_free 1000 2", "403 args[1] node 2 " OWN);
    FAILS("/n_free 77", "422 args[0] there is no node 77");
    FAILS("/n_free -1", "422 args[0] -1, the newest node, may be anybody's; name it");
    FAILS("/n_free 1.5", "422 args[0] must be a whole number");
    FAILS("/n_free 1e20", "422 args[0] must be a whole number");
    FAILS("/n_run 1000", "422 args[1] is missing: /n_run takes (node flag)+");
    FAILS("/n_run 1000 2", "422 args[1] must be from 0 to 1");
}

static void controls_are_set(void **state)
{
    BECOMES("/n_set 1000 freq 440 amp 0.5", "/n_set 1000 freq 440f amp 0.5f");
    BECOMES("/n_set 1000 1 440 freq 330.0", "/n_set 1000 1 440f freq 330f");
    BECOMES("/n_set 1002 freq 1.0", "/n_set 1002 freq 1f");
    BECOMES("/n_set 1 freq 1.0", "/n_set 1 freq 1f"); // all in the room
    FAILS("/n_set 0 freq 1.0", "403 args[0] group 0 holds nodes that are Farfield's own");
    FAILS("/n_set 2 bus 1.0", "403 args[0] node 2 " OWN);
    FAILS("/n_set 1000", "422 args[1] is missing: /n_set takes controlled (control value)+");
    FAILS("/n_set 1000 frequency 1.0", "422 args[1] is no control of SynthDef \"sine\"");
    FAILS("/n_set 1000 4 1.0", "422 args[1] must be from 0 to 3");
    FAILS("/n_set 1000 -1 1.0", "422 args[1] must be from 0 to 3");
    FAILS("/n_set 1000 freq a", "422 args[2] must be a number that fits a float32");
    FAILS("/n_set 1000 freq 1.0 amp",
          "422 args[4] is missing: /n_set takes controlled (control value)+");
    BECOMES("/n_setn 1001 freqs 3 1.0 2.0 3.0", "/n_setn 1001 freqs 3 1f 2f 3f");
    FAILS("/n_setn 1001 0 7 1.0", "422 args[2] must be from 0 to 6");
    FAILS("/n_setn 1001 0 2 1.0", "422 args[4] is missing: 2 values were announced");
    FAILS("/n_setn 1001 0 -1 1.0", "422 args[2] must be from 0 to 6");
    BECOMES("/n_fill 1001 0 3 1.0", "/n_fill 1001 0 3 1f");
    FAILS("/n_fill 1001 4 3 1.0", "422 args[2] must be from 0 to 2");
    // What hangs scsynth's audio thread.
    FAILS("/n_fill 0 0 200000000 1", "403 args[0] group 0 holds nodes that are Farfield's own");
    FAILS("/n_fill 1 0 200000000 1", "422 args[2] must be from 0 to 6");
    FAILS("/n_fill 5000 0 1 1.0", "422 args[1] names a control, and there is none");
}

static void no_number_is_infinite(void **state)
{
    static const double bad[] = {INFINITY, -INFINITY, NAN, 1e39};
    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
        struct osc_message *message = osc_message_new("/n_set", "is", 1000, "freq");
        osc_add_double(message, bad[i]);
        assert_text(check_message(*state, message),
                    "422 args[2] must be a number that fits a float32");
        message = osc_message_new("/c_set", "", 1000);
        osc_add_double(message, bad[i]);
        assert_text(check_message(*state, message), "422 args[0] must be a whole number");
    }
}

static void controls_are_mapped(void **state)
{
    PASSES("/n_map 1000 freq 5 amp -1");
    PASSES("/n_mapn 1001 freqs 16381 3");
    PASSES("/n_mapa 1000 freq 1023");
    PASSES("/n_mapan 1001 0 5 6 freqs -1 3");
    FAILS("/n_map 1000 freq 16384", "422 args[2] must be from -1 to 16383");
    FAILS("/n_map 1000 freq -2", "422 args[2] must be from -1 to 16383");
    FAILS("/n_mapn 1001 freqs 16382 3", "422 args[3] must be from 0 to 2");
    FAILS("/n_mapn 1001 0 0 2000000000", "422 args[3] must be from 0 to 6");
    FAILS("/n_mapa 1000 freq 1024", "422 args[2] must be from -1 to 1023");
    FAILS("/n_mapan 1001 0 1020 5", "422 args[3] must be from 0 to 4");
}

static void nodes_are_moved(void **state)
{
    PASSES("/n_before 1001 1000");
    PASSES("/n_before 1001 2");
    PASSES("/n_after 1000 1");
    PASSES("/g_head 0 1000");
    PASSES("/g_tail 1 5000");
    PASSES("/n_order 1 1002 1000 1001");
    FAILS("/n_after 1000 2",
          "403 args[1] would put it behind the guard of a room; use /n_before 2");
    FAILS("/g_tail 0 1000", "403 args[0] would put it behind the guard of a room; use /n_before 2");
    FAILS("/n_order 1 0 1000",
          "403 args[1] would put it behind the guard of a room; use /n_before 2");
    FAILS("/n_before 1000 0", "422 args[1] nothing can stand beside the root group");
    FAILS("/n_order 2 0 1000", "422 args[1] nothing can stand beside the root group");
    FAILS("/n_order 4 1 1000", "422 args[0] must be from 0 to 3");
    FAILS("/g_head 1000 1001", "422 args[0] node 1000 is a synth; a group is needed");
    FAILS("/g_head 1 2", "403 args[1] node 2 " OWN);
    FAILS("/n_order 0 1 1000 1000", "422 args[3] is there twice");
}

// scsynth does what it is told, and never comes back from a group in itself.
static void no_group_comes_below_itself(void **state)
{
    FAILS("/g_head 1002 1002", "422 args[1] would put node 1002 into or beside itself");
    FAILS("/n_before 1002 1003", "422 args[1] would put node 1002 into or beside itself");
    FAILS("/n_after 1000 1000", "422 args[1] would put node 1000 into or beside itself");
    FAILS("/n_order 0 1002 1000 1002", "422 args[3] would put node 1002 into or beside itself");
    FAILS("/g_head 5000 1002 1002 5000",
          "422 args[3] refers to a node that this message moves; send two messages");
    FAILS("/n_before 1002 5000 5000 1003",
          "422 args[3] refers to a node that this message moves; send two messages");
    // Also where the message before is still on its way.
    struct fake_session *f = *state;
    struct fake_answer *first =
        fake_call(f, "osc.send", "{'address': '/g_head', 'args': [5000, 1002]}");
    struct fake_answer *second =
        fake_call(f, "osc.send", "{'address': '/g_head', 'args': [1002, 5000]}");
    assert_int_equal(second->status, 409);
    fake_run(f, FAKE_MS(2));
    g_autofree char *synced = g_strdup_printf("/synced %d", f->session->sync - 1);
    fake_reply(f, synced);
    assert_int_equal(first->status, 200);
}

static void synths_are_made(void **state)
{
    PASSES("/s_new sine 1010 0 1");
    BECOMES("/s_new sine -1 1 1002 freq 330 2 0.5 amp c12 0 a20",
            "/s_new sine 1004 1 1002 freq 330f 2 0.5f amp c12 0 a20");
    BECOMES("/s_new sine 1010 1 0", "/s_new sine 1010 2 2"); // before the guard, at the very end
    BECOMES("/s_new sine 1010 3 2", "/s_new sine 1010 2 2");
    PASSES("/s_new sine 1010 4 1000");
    FAILS("/s_new farfield_guard -1 0 0", "403 args[0] \"farfield_guard\" " OWN);
    FAILS("/s_new farfield_other -1 0 0", "403 args[0] \"farfield_other\" " OWN);
    FAILS("/s_new nothing -1 0 0", "422 args[0] there is no SynthDef \"nothing\"");
    FAILS("/s_new sine.loud -1 0 0", "422 args[0] there is no SynthDef \"sine.loud\"");
    FAILS("/s_new sine 1000 0 1", "409 args[1] there is a node 1000 already");
    FAILS("/s_new sine 999 0 1",
          "422 args[1] must be -1, or from 1000 to 67108863, which are Farfield's");
    FAILS("/s_new sine -2 0 1",
          "422 args[1] must be -1, or from 1000 to 67108863, which are Farfield's");
    FAILS("/s_new sine 67108864 0 1",
          "422 args[1] must be -1, or from 1000 to 67108863, which are Farfield's");
    FAILS("/s_new sine 1010 5 1", "422 args[2] must be from 0 to 4");
    FAILS("/s_new sine 1010 0 77", "422 args[3] there is no node 77");
    FAILS("/s_new sine 1010 0 1000",
          "422 args[3] node 1000 is a synth; a group is needed for that action");
    FAILS("/s_new sine 1010 2 0", "422 args[3] nothing can stand beside the root group");
    FAILS("/s_new sine 1010 4 2", "403 args[3] node 2 " OWN);
    FAILS("/s_new sine 1010 4 1", "403 args[3] node 1 " OWN);
    FAILS("/s_new sine 1010 0 1 amp c16384", "422 args[5] must be a bus from c0 to c16383");
    FAILS("/s_new sine 1010 0 1 amp a1024", "422 args[5] must be a bus from a0 to a1023");
    FAILS("/s_new sine 1010 0 1 amp cc",
          "422 args[5] must be a number, or a bus such as \"c12\" or \"a20\"");
    FAILS("/s_new sine 1010 0 1 colour 1.0", "422 args[4] is no control of SynthDef \"sine\"");
    FAILS("/s_new sine 1010 0",
          "422 args[3] is missing: /s_new takes synthdef new-node action target (control "
          "value-or-bus)*");
}

static void synths_are_asked(void **state)
{
    PASSES("/s_get 1000 freq 0");
    PASSES("/s_getn 1001 freqs 3 0 6");
    PASSES("/s_get 2 bus"); // looking does no harm
    FAILS("/s_get 1002 freq", "422 args[0] node 1002 is a group; a synth is needed");
    FAILS("/s_getn 1001 freqs 7", "422 args[2] must be from 0 to 6");
    PASSES("/n_query 0 1 2 1000");
    FAILS("/n_query 77", "422 args[0] there is no node 77");
}

static void groups(void **state)
{
    PASSES("/g_new 1010 0 1 1011 1 5000");
    PASSES("/p_new 1010 4 1002");
    PASSES("/g_new 1010 0 1 1011 0 1010"); // into the first one
    FAILS("/g_new 1010 0 1 1010 0 1", "409 args[3] there is a node 1010 already");
    FAILS("/g_new 1010 0 1010", "422 args[2] there is no node 1010");
    FAILS("/g_new 1010 4 1", "403 args[2] node 1 " OWN);
    FAILS("/g_new", "422 args[0] is missing: /g_new takes (new-node action target)+");
    PASSES("/g_freeAll 1 1002");
    PASSES("/g_deepFree 1");
    FAILS("/g_freeAll 0", "403 args[0] group 0 holds nodes that are Farfield's own");
    FAILS("/g_deepFree 0", "403 args[0] group 0 holds nodes that are Farfield's own");
    FAILS("/g_deepFree 1000", "422 args[0] node 1000 is a synth; a group is needed");
    PASSES("/g_queryTree 0 1 1002 0");
    FAILS("/g_queryTree 1000 0", "422 args[0] node 1000 is a synth; a group is needed");
}

static void buffers(void **state)
{
    PASSES("/b_alloc 3 512");
    PASSES("/b_alloc 3 512 2");
    BECOMES("/b_alloc 3 512 '{/b_query 3}'", "/b_alloc 3 512 {/b_query 3}");
}

static void buffers_are_bounded(void **state)
{
    FAILS("/b_alloc -1 512", "422 args[0] must be from 0 to 1023");
    FAILS("/b_alloc 1024 512", "422 args[0] must be from 0 to 1023");
    FAILS("/b_alloc 3 0", "422 args[1] must be from 1 to 16777216");
    FAILS("/b_alloc 3 16777217", "422 args[1] must be from 1 to 16777216");
    FAILS("/b_alloc 3 16777216 2",
          "422 args[2] makes more than 16777216 samples with 16777216 frames");
    FAILS("/b_alloc 3 1 129", "422 args[2] must be from 1 to 128");
    FAILS("/b_alloc 3 1 1 1",
          "422 args[3] is one too many: /b_alloc takes new-buffer frames channels? then?");
    PASSES("/b_free 3");
    PASSES("/b_zero 3");
    PASSES("/b_close 3");
    PASSES("/b_query 3 4");
    FAILS("/b_query 16384", "422 args[0] must be from 0 to 16383");
    BECOMES("/b_set 3 0 1 5 0.5", "/b_set 3 0 1f 5 0.5f");
    FAILS("/b_set 3 -1 1.0", "422 args[1] must be from 0 to 16777216");
    BECOMES("/b_setn 3 0 2 1.0 0.5", "/b_setn 3 0 2 1f 0.5f");
    FAILS("/b_setn 3 0 3 1.0", "422 args[4] is missing: 3 values were announced");
    BECOMES("/b_fill 3 0 8192 0.5", "/b_fill 3 0 8192 0.5f");
    FAILS("/b_fill 3 0 8193 0.5", "422 args[2] must be from 0 to 8192");
    PASSES("/b_get 3 0 1 2");
    PASSES("/b_getn 3 0 8192");
    FAILS("/b_getn 3 0 8193", "422 args[2] must be from 0 to 8192");
}

// What Farfield knows of a buffer stays true.
static void farfields_buffers_are_left_alone(void **state)
{
    struct fake_session *f = *state;
    struct buffer *buffer = buffers_add(&f->session->buffers, 7, NULL);
    assert_non_null(buffer);
    FAILS("/b_alloc 7 512", "403 args[0] buffer 7 is in Farfield's list; use buffer.new");
    FAILS("/b_free 7", "403 args[0] buffer 7 is in Farfield's list; use buffer.free");
    FAILS("/b_zero 7", "403 args[0] buffer 7 is in Farfield's list; use buffer.generate");
    FAILS("/b_set 7 0 1.0", "403 args[0] buffer 7 is in Farfield's list; use buffer.write");
    FAILS("/b_close 7", "403 args[0] buffer 7 is in Farfield's list; use buffer.free");
    PASSES("/b_query 7");
    PASSES("/b_getn 7 0 1");
    PASSES("/b_gen 3 copy 0 7 0 -1");
    FAILS("/b_gen 7 copy 0 3 0 -1",
          "403 args[0] buffer 7 is in Farfield's list; use buffer.generate");
    buffers_remove(&f->session->buffers, buffer);
    // And it takes none that is in use.
    f->session->buffers.next = 0;
    struct osc_message *alloc = osc_message_new("/b_alloc", "ii", 0, 64);
    osc_apply(f->session, alloc);
    assert_int_equal(buffers_new_number(&f->session->buffers, 0, 16), 1);
    osc_message_destroy(alloc);
    f->session->buffers.max_memory = 1000;
    FAILS("/b_alloc 1 187", "409 args[1] would make all buffers take more than 1000 bytes");
    PASSES("/b_alloc 1 186");
    FAILS("/b_alloc 1 94 2", "409 args[2] would make all buffers take more than 1000 bytes");
    PASSES("/b_alloc 0 250"); // in place of what it has
    alloc = osc_message_new("/b_free", "i", 0);
    osc_apply(f->session, alloc);
    f->session->buffers.next = 0;
    assert_int_equal(buffers_new_number(&f->session->buffers, 0, 16), 0);
    osc_message_destroy(alloc);
}

static void waves(void **state)
{
    BECOMES("/b_gen 3 sine1 7 1.0 0.5", "/b_gen 3 sine1 7 1f 0.5f");
    BECOMES("/b_gen 3 sine2 0 1.0 0.5", "/b_gen 3 sine2 0 1f 0.5f");
    BECOMES("/b_gen 3 sine3 0 1.0 0.5 0.0", "/b_gen 3 sine3 0 1f 0.5f 0f");
    BECOMES("/b_gen 3 cheby 5 1.0", "/b_gen 3 cheby 5 1f");
    PASSES("/b_gen 3 copy 0 4 0 -1");
    FAILS("/b_gen 3 sine1 8 1.0", "422 args[2] must be from 0 to 7");
    FAILS("/b_gen 3 sine1 7", "422 args[3] is missing: /b_gen takes flags (amount)+");
    FAILS("/b_gen 3 sine2 7 1.0", "422 args[4] is missing: /b_gen takes flags (amount amount)+");
    FAILS("/b_gen 3 copy 0 16384 0 -1", "422 args[3] must be from 0 to 16383");
    FAILS("/b_gen 3 copy 0 4 0 -1 5",
          "422 args[6] is one too many: /b_gen takes sample buffer sample samples");
    FAILS("/b_gen 3 other 1", "422 args[1] must be one of sine1|sine2|sine3|cheby|copy");
}

static void buses(void **state)
{
    BECOMES("/c_set 0 1 16383 0.5", "/c_set 0 1f 16383 0.5f");
    FAILS("/c_set 16384 1.0", "422 args[0] must be from 0 to 16383");
    FAILS("/c_set -1 1.0", "422 args[0] must be from 0 to 16383");
    BECOMES("/c_setn 5 2 1.0 2.0 9 1 3.0", "/c_setn 5 2 1f 2f 9 1 3f");
    FAILS("/c_setn 16383 2 1.0 2.0", "422 args[1] must be from 0 to 1");
    BECOMES("/c_fill 0 8192 0.5", "/c_fill 0 8192 0.5f");
    FAILS("/c_fill 0 8193 0.5", "422 args[1] must be from 0 to 8192");
    PASSES("/c_get 0 1 16383");
    PASSES("/c_getn 0 8192 16383 1");
    FAILS("/c_getn 0 8193", "422 args[1] must be from 0 to 8192");
}

static void completion_messages_are_checked_as_any(void **state)
{
    BECOMES("/b_alloc 3 512 1 '{/b_zero 3 \"{/n_set 1000 freq 5}\"}'",
            "/b_alloc 3 512 1 {/b_zero 3 {/n_set 1000 freq 5f}}");
    FAILS("/b_alloc 3 512 1 '{/b_zero 3 \"{/n_set 2 bus 5}\"}'",
          "403 args[3].message.args[1].message.args[0] node 2 " OWN);
    FAILS("/b_alloc 3 512 '{/quit}'",
          "403 /quit is not allowed: scsynth would end; use server.restart");
    FAILS("/b_alloc 3 512 1 '{/b_query 3}' 4",
          "422 args[4] is one too many: /b_alloc takes new-buffer frames channels? then?");
    FAILS("/b_alloc 3 '{/b_query 3}'", "422 args[1] must be number of frames, not a message");
    FAILS("/n_free '{/b_query 3}'",
          "422 args[0] must be number of a node that is not Farfield's own, not a message");
    // Two of one id within one message.
    FAILS("/b_zero 3 '{/g_new 1010 0 1 1010 0 1}'",
          "409 args[1].message.args[3] there is a node 1010 already");
}

static void a_message_fits_a_datagram(void **state)
{
    struct osc_message *message = osc_message_new("/c_set", "");
    for (int i = 0; i < 8000; i++) {
        osc_add_int(message, i);
        osc_add_float(message, 1);
    }
    assert_text(check_message(*state, message), "413 the message has more than 60000 bytes");
}

// --- JSON ---------------------------------------------------------------------------------------

static char *from_json(const char *text)
{
    g_autofree char *quoted = g_strdelimit(g_strdup(text), "'", '"');
    json_t *json = json_loads(quoted, 0, NULL);
    assert_non_null(json);
    struct problem *problem = problem_new(422, "x");
    struct osc_message *message = osc_from_json(json, "", problem);
    const json_t *first = json_array_get(problem->errors, 0);
    assert_true(!message == !!first);
    char *result =
        message ? osc_to_text(message)
                : g_strdup_printf("%s %s", json_string_value(json_object_get(first, "field")),
                                  json_string_value(json_object_get(first, "detail")));
    osc_message_destroy(message);
    problem_destroy(problem);
    json_decref(json);
    return result;
}

#define JSON(text, expected) assert_text(from_json(text), expected)
#define ADDRESS(address, why)                                                                      \
    JSON("{'address': '" address "'}", "address \"" address "\" cannot be: " why)
#define ARG(arg, expected) JSON("{'address': '/a', 'args': [1, " arg "]}", expected)

static void json_becomes_osc(void **state)
{
    JSON("{'address': '/a'}", "/a");
    JSON("{'address': '/a', 'args': [1, 2.5, 'x']}", "/a 1 2.5d x");
    ARG("{'type': 'i', 'value': 5}", "/a 1 5");
    ARG("{'type': 'f', 'value': 5}", "/a 1 5f");
    ARG("{'type': 'd', 'value': 5}", "/a 1 5d");
    ARG("{'type': 's', 'value': '5'}", "/a 1 5");
    ARG("{'message': {'address': '/b', 'args': [1]}}", "/a 1 {/b 1}");
    ARG("{'blob': 'L2IAACwAAAA='}", "/a 1 {/b}");
    ADDRESS("quit", "an address begins with a slash");
    ADDRESS("", "an address that is a number is not taken here");
    ADDRESS("/n_*", "address patterns are not taken here");
    ADDRESS("/{n_free,n_set}", "address patterns are not taken here");
    ADDRESS("#bundle", "a bundle cannot stand here");
    JSON("{'address': 3}", "address must be a string");
    JSON("{'address': '/a', 'args': 5}", "args must be an array");
    JSON("{'address': '/a', 'more': 5}", "address stands beside what is neither address nor args");
}

static void json_that_is_no_argument(void **state)
{
#define NEITHER                                                                                    \
    "args[1] must be a number, a string, {\"type\", \"value\"}, {\"message\"} or {\"blob\"}"
    ARG("null", NEITHER);
    ARG("true", NEITHER);
    ARG("[]", NEITHER);
    ARG("{}", NEITHER);
    ARG("{'message': {'address': '/b'}, 'x': 1}", NEITHER);
    ARG("{'type': 'b', 'value': 1}", "args[1] must have a type of i, f, d, s, and a value");
    ARG("{'type': 'i'}", "args[1] must have a type of i, f, d, s, and a value");
    ARG("{'type': 'i', 'value': 'x'}", "args[1] must have a value of its type");
    ARG("{'type': 's', 'value': 1}", "args[1] must have a value of its type");
    ARG("{'type': 'i', 'value': 1.5}", "args[1] must be a whole number");
    ARG("{'type': 'f', 'value': 1e39}", "args[1] does not fit a float32");
    ARG("2147483648", "args[1] does not fit an int32; write it as {\"type\": \"d\"}");
    ARG("{'message': 5}", "args[1].message.address must be a string");
    ARG("{'message': {'address': 'quit'}}",
        "args[1].message.address \"quit\" cannot be: an address begins with a slash");
    ARG("{'message': {'address': '/b', 'args': [null]}}",
        "args[1].message.args[0] must be a number, a string, {\"type\", \"value\"}, {\"message\"} "
        "or {\"blob\"}");
    ARG("{'blob': 5}", "args[1] must be an OSC message in base64");
    ARG("{'blob': 'L2IAACwAAAA'}", "args[1] must be an OSC message in base64");
    ARG("{'blob': 'L2IA ACwAAAA'}", "args[1] must be an OSC message in base64");
    ARG("{'blob': ''}", "args[1] must be an OSC message in base64: there is nothing, at byte 0");
    ARG("{'blob': 'AAAAAywAAAA='}",
        "args[1] must be an OSC message in base64: an address that is a number is not taken here");
    ARG("{'blob': 'cXVpdAAAAAAsAAAA'}",
        "args[1] must be an OSC message in base64: an address begins with a slash");
    GString *deep = g_string_new("{'address': '/b'}");
    for (int i = 0; i < 20; i++) {
        g_string_prepend(deep, "{'address': '/b', 'args': [{'message': ");
        g_string_append(deep, "}]}");
    }
    g_autofree char *text = from_json(deep->str);
    assert_has(g_steal_pointer(&text), "is too many messages within messages");
    g_string_free(deep, TRUE);
}

// --- the call -----------------------------------------------------------------------------------

static struct fake_answer *send(struct fake_session *f, const char *params)
{
    struct fake_answer *answer = fake_call(f, "osc.send", params);
    fake_run(f, FAKE_MS(2));
    return answer;
}

static void synced(struct fake_session *f)
{
    g_autofree char *text = g_strdup_printf("/synced %d", f->session->sync - 1);
    fake_reply(f, text);
    fake_run(f, FAKE_MS(2));
}

static void an_answer_is_told(void **state)
{
    struct fake_session *f = *state;
    struct fake_answer *answer = send(f, "{'address': '/c_get', 'args': [5, 6]}");
    assert_has(fake_sent(f), "/c_get 5 6; /sync ");
    fake_reply(f, "/c_set 7 0.5");
    fake_reply(f, "/c_set 5 0.1 6 0.25");
    assert_waiting(answer);
    synced(f);
    assert_answer(answer, "200 {\"sent\":{\"address\":\"/c_get\",\"args\":[5,6]},\"replies\":[{"
                          "\"address\":\"/c_set\",\"args\":[5,0.1,6,0.25]}]}");
}

// /n_info leaves scsynth by another queue than /synced.
static void an_answer_may_come_late(void **state)
{
    struct fake_session *f = *state;
    struct fake_answer *answer = send(f, "{'address': '/n_query', 'args': [1000]}");
    synced(f);
    assert_waiting(answer);
    fake_reply(f, "/n_info 1000 1 -1 1001 0");
    synced(f);
    assert_int_equal(answer->status, 200);
    // scsynth says nothing of a /b_alloc that failed.
    answer = send(f, "{'address': '/b_alloc', 'args': [3, 512]}");
    for (int i = 0; i < 30 && answer->times == 0; i++)
        synced(f);
    assert_answer(answer, "502 scsynth did not carry out /b_alloc; it says no more than that");
    assert_int_equal(g_hash_table_size(f->session->buffers.raw), 0);
}

static void a_failure_has_scsynths_words(void **state)
{
    struct fake_session *f = *state;
    struct fake_answer *answer = send(f, "{'address': '/b_get', 'args': [3, 100]}");
    fake_reply(f, "/fail /b_get 'index out of range'");
    assert_answer(answer, "502 scsynth refused /b_get: index out of range");
    answer = send(f, "{'address': '/b_zero', 'args': [3, {'message': {'address': '/b_get', "
                     "'args': [3, 100]}}]}");
    fake_reply(f, "/fail /b_get 'index out of range'");
    fake_reply(f, "/done /b_zero 3");
    synced(f);
    assert_answer(answer, "502 scsynth refused /b_get: index out of range");
}

static void what_is_set_is_known(void **state)
{
    struct fake_session *f = *state;
    send(f, "{'address': '/n_set', 'args': [1000, 'freq', 555, 'gate', 0]}");
    assert_has(fake_sent(f), "/n_set 1000 freq 555f gate 0f; /sync ");
    synced(f);
    const struct node *node = tree_find(&f->session->tree, 1000);
    assert_true(node->values[1] == 555 && node->releasing);
    send(f, "{'address': '/n_setn', 'args': [1001, 'freqs', 4, 7, 8, 9, 1]}");
    node = tree_find(&f->session->tree, 1001);
    assert_true(node->values[0] == 7 && node->values[2] == 9);
    assert_true(node->values[3] == 0); // a trigger
    synced(f);
    send(f, "{'address': '/n_fill', 'args': [1, 'amp', 1, 0.25]}");
    synced(f);
    assert_true(node->values[5] == 0.25f);
    assert_true(tree_find(&f->session->tree, 1003)->values[2] == 0.25f);
    fake_run(f, FAKE_MS(40));
    assert_has(fake_events(f, "nodes"), "node.changed");
    // Within a completion message, too.
    send(f, "{'address': '/b_zero', 'args': [3, {'message': {'address': '/n_set', 'args': [1003, "
            "1, 99]}}]}");
    fake_reply(f, "/done /b_zero 3");
    synced(f);
    assert_true(tree_find(&f->session->tree, 1003)->values[1] == 99);
}

static void what_is_mapped_is_known(void **state)
{
    struct fake_session *f = *state;
    send(f, "{'address': '/n_mapn', 'args': [1001, 'freqs', 12, 3, 'amp', 7, 1]}");
    synced(f);
    const struct node *node = tree_find(&f->session->tree, 1001);
    assert_int_equal(node->maps[0], MAP_CONTROL(12));
    assert_int_equal(node->maps[2], MAP_CONTROL(14));
    assert_int_equal(node->maps[5], MAP_CONTROL(7));
    send(f, "{'address': '/n_mapa', 'args': [1, 'amp', 20]}");
    synced(f);
    assert_int_equal(node->maps[5], MAP_AUDIO(20));
    send(f, "{'address': '/n_map', 'args': [1001, 0, -1]}");
    send(f, "{'address': '/n_set', 'args': [1001, 1, 5]}");
    synced(f);
    assert_int_equal(node->maps[0], MAP_NONE);
    assert_int_equal(node->maps[1], MAP_NONE);
    assert_int_equal(node->maps[2], MAP_CONTROL(14));
}

static void what_is_written_to_a_bus_is_known(void **state)
{
    struct fake_session *f = *state;
    struct fake_answer *made = fake_call(f, "bus.new", "{'channels': 3}");
    fake_run(f, FAKE_MS(2));
    synced(f);
    int index = (int)json_integer_value(json_object_get(made->json, "index"));
    const struct bus *bus = g_ptr_array_index(f->session->buses.all, 0);
    g_autofree char *set =
        g_strdup_printf("{'address': '/c_set', 'args': [%d, 0.5, 16383, 9]}", index + 1);
    send(f, set);
    assert_true(bus->values[0] == 0 && bus->values[1] == 0.5f);
    g_autofree char *setn =
        g_strdup_printf("{'address': '/c_setn', 'args': [%d, 2, 3, 4]}", index + 1);
    send(f, setn);
    assert_true(bus->values[1] == 3 && bus->values[2] == 4);
    g_autofree char *fill = g_strdup_printf("{'address': '/c_fill', 'args': [%d, 3, 7]}", index);
    send(f, fill);
    assert_true(bus->values[0] == 7 && bus->values[2] == 7);
    assert_has(fake_events(f, "buses"), "bus.changed");
    synced(f);
}

// Several groups, one in the other, and a synth of a completion message: all are planned, and none
// stays that has not begun.
static void what_does_not_begin_is_forgotten(void **state)
{
    struct fake_session *f = *state;
    struct fake_answer *answer =
        send(f, "{'address': '/g_new', 'args': [1010, 0, 1, 1011, 0, 1010]}");
    assert_true(tree_find(&f->session->tree, 1011)->planned != 0);
    fake_reply(f, "/fail /g_new 'out of memory'");
    assert_int_equal(answer->status, 502);
    assert_null(tree_find(&f->session->tree, 1010));
    assert_null(tree_find(&f->session->tree, 1011));
    answer = send(f, "{'address': '/b_zero', 'args': [3, {'message': {'address': '/s_new', 'args': "
                     "['sine', 1020, 0, 1, 'freq', 'c5']}}]}");
    assert_int_equal(tree_find(&f->session->tree, 1020)->maps[1], MAP_CONTROL(5));
    fake_reply(f, "/fail /s_new 'no'");
    fake_reply(f, "/done /b_zero 3");
    synced(f);
    assert_answer(answer, "502 scsynth refused /s_new: no");
    assert_null(tree_find(&f->session->tree, 1020));
}

static void a_synth_is_kept_with_its_values(void **state)
{
    struct fake_session *f = *state;
    struct fake_answer *answer =
        send(f, "{'address': '/s_new', 'args': ['sine', -1, 0, 1, 'freq', 333, 2, 0.5]}");
    assert_has(fake_sent(f), "/s_new sine 1004 0 1 freq 333f 2 0.5f; /sync ");
    fake_reply(f, "/n_go 1004 1 -1 1000 0");
    assert_int_equal(answer->status, 200);
    const struct node *node = tree_find(&f->session->tree, 1004);
    assert_true(node->own && node->values[1] == 333 && node->values[2] == 0.5f);
    assert_string_equal(node->synthdef->name, "sine");
}

static void sync_is_answered_by_us(void **state)
{
    struct fake_session *f = *state;
    struct fake_answer *answer = send(f, "{'address': '/sync', 'args': [100000]}");
    g_autofree char *expected = g_strdup_printf("/sync %d", f->session->sync - 1);
    assert_text(fake_sent(f), expected);
    synced(f);
    assert_answer(answer, "200 {\"sent\":{\"address\":\"/sync\",\"args\":[100000]},\"replies\":[{"
                          "\"address\":\"/synced\",\"args\":[100000]}]}");
}

static void a_refusal_changes_nothing(void **state)
{
    struct fake_session *f = *state;
    struct fake_answer *answer = send(f, "{'address': '/quit'}");
    assert_int_equal(answer->status, 403);
    answer = send(f, "{'address': '/n_set', 'args': [1000, 'freq', 5, 'nothing', 1]}");
    assert_int_equal(answer->status, 422);
    assert_true(tree_find(&f->session->tree, 1000)->values[1] == 440);
    assert_text(fake_sent(f), "");
    fake_lose_server(f);
    assert_int_equal(send(f, "{'address': '/status'}")->status, 503);
}

int main(void)
{
#define TREE(test) cmocka_unit_test_setup_teardown(test, set_up_tree, tear_down)
    const struct CMUnitTest tests[] = {
        TREE(what_is_refused_says_why),
        TREE(rules_are_well_made),
        cmocka_unit_test(the_committed_page_is_current),
        cmocka_unit_test(every_command_of_supercollider_is_there),
        TREE(top_level),
        TREE(definitions),
        TREE(nodes_are_freed_and_run),
        TREE(controls_are_set),
        TREE(no_number_is_infinite),
        TREE(controls_are_mapped),
        TREE(nodes_are_moved),
        TREE(no_group_comes_below_itself),
        TREE(synths_are_made),
        TREE(synths_are_asked),
        TREE(groups),
        TREE(buffers),
        TREE(buffers_are_bounded),
        TREE(farfields_buffers_are_left_alone),
        TREE(waves),
        TREE(buses),
        TREE(completion_messages_are_checked_as_any),
        TREE(a_message_fits_a_datagram),
        cmocka_unit_test(json_becomes_osc),
        cmocka_unit_test(json_that_is_no_argument),
        TREE(an_answer_is_told),
        TREE(an_answer_may_come_late),
        TREE(a_failure_has_scsynths_words),
        TREE(what_is_set_is_known),
        TREE(what_is_mapped_is_known),
        TREE(what_is_written_to_a_bus_is_known),
        TREE(what_does_not_begin_is_forgotten),
        TREE(a_synth_is_kept_with_its_values),
        TREE(sync_is_answered_by_us),
        TREE(a_refusal_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
