// SPDX-License-Identifier: GPL-3.0-or-later
#include "controller/core/osc/osc_rules.h"

#include <string.h>

#define BY_NOTIFICATION "Sent; scsynth's notification tells the mirror."
#define TO_MIRROR "Sent, and the mirror takes the new values."
#define QUERY "Sent; the answer is scsynth's."
#define RAW_BUFFER "Sent, for a buffer that is not in Farfield's list."
#define NO_PATH "it names a file; no path that a client chooses reaches scsynth"

static const struct osc_rule rules[] = {
    // Top level
    {"/quit", NULL, NULL, "scsynth would end", "server.restart"},
    {"/notify", NULL, NULL, "Farfield's own login is how it knows what happens", "subscribe"},
    {"/status", "", "/status.reply", QUERY, "server.status"},
    {"/cmd", NULL, NULL, "what a plug-in makes of it cannot be checked", NULL},
    {"/dumpOSC", NULL, NULL, "it floods scsynth's output, which is read for what goes wrong", NULL},
    {"/sync", "number", "/synced",
     "Answered by Farfield when scsynth has done all before it; not within another message.", NULL},
    {"/clearSched", NULL, NULL, "it would throw away what others have scheduled",
     "bundle.cancel, server.panic"},
    {"/error", NULL, NULL, "Farfield reads scsynth's errors", NULL},
    {"/version", "", "/version.reply", QUERY, "server.status"},
    // Synth definitions
    {"/d_recv", NULL, NULL, "a damaged definition ends scsynth, so each is read and checked first",
     "synthdef.add"},
    {"/d_load", NULL, NULL, NO_PATH, "synthdef.add"},
    {"/d_loadDir", NULL, NULL, NO_PATH, "synthdef.add"},
    {"/d_freeAll", NULL, NULL, "the rooms' guards are made of one of them", "synthdef.delete"},
    {"/d_free", "(definition)+", NULL,
     "Sent for definitions that others have loaded; those of Farfield's list are deleted there.",
     "synthdef.delete"},
    // Nodes
    {"/n_free", "(node)+", NULL, BY_NOTIFICATION, "node.free"},
    {"/n_run", "(node flag)+", NULL, BY_NOTIFICATION, "node.run"},
    {"/n_set", "controlled (control value)+", NULL, TO_MIRROR, "node.set"},
    {"/n_setn", "controlled (control count values)+", NULL, TO_MIRROR, "node.set"},
    {"/n_fill", "controlled (control count value)+", NULL, TO_MIRROR, "node.fill"},
    {"/n_map", "controlled (control control-bus)+", NULL, TO_MIRROR, "node.map"},
    {"/n_mapn", "controlled (control control-bus count)+", NULL, TO_MIRROR, "node.map"},
    {"/n_mapa", "controlled (control audio-bus)+", NULL, TO_MIRROR, "node.map"},
    {"/n_mapan", "controlled (control audio-bus count)+", NULL, TO_MIRROR, "node.map"},
    {"/n_before", "(moved before)+", NULL, BY_NOTIFICATION, "node.move"},
    {"/n_after", "(moved after)+", NULL, BY_NOTIFICATION, "node.move"},
    {"/n_query", "(any-node)+", "/n_info", QUERY, "node.query"},
    {"/n_trace", NULL, NULL, "it prints from the audio thread, once for each unit", "node.show"},
    {"/n_order", "order place (moved)+", NULL, BY_NOTIFICATION, "node.move"},
    {"/n_cmd", NULL, NULL, "no node has commands of its own", NULL},
    // Synths
    {"/s_new", "synthdef new-node action target (control value-or-bus)*", "/n_go",
     "Sent, and kept as a node of Farfield's own; -1 becomes an id of ours, which `sent` shows.",
     "synth.new"},
    {"/s_get", "synth (control)+", "/n_set", QUERY, "node.show"},
    {"/s_getn", "synth (control count)+", "/n_setn", QUERY, "node.show"},
    {"/s_noid", NULL, NULL, "no notification tells of it, and Farfield would lose the node", NULL},
    {"/s_newargs", NULL, NULL, "its arguments are arrays, which /s_new does without", "synth.new"},
    // Groups
    {"/g_new", "(new-node action target)+", "/n_go",
     "Sent, and kept as groups of Farfield's own; -1 becomes an id of ours, which `sent` shows.",
     "group.new"},
    {"/p_new", "(new-node action target)+", "/n_go", "As /g_new.", "group.new"},
    {"/g_head", "(head-of moved)+", NULL, BY_NOTIFICATION, "node.move"},
    {"/g_tail", "(tail-of moved)+", NULL, BY_NOTIFICATION, "node.move"},
    {"/g_freeAll", "(emptied)+", NULL, BY_NOTIFICATION, "group.free_all"},
    {"/g_deepFree", "(emptied)+", NULL, BY_NOTIFICATION, "group.deep_free"},
    {"/g_dumpTree", NULL, NULL, "it prints from the audio thread", "node.list"},
    {"/g_queryTree", "(any-group flag)+", "/g_queryTree.reply", QUERY, "node.list"},
    // Unit generators
    {"/u_cmd", NULL, NULL, "what a unit makes of it cannot be checked", NULL},
    // Buffers
    {"/b_alloc", "new-buffer frames channels? then?", "/done",
     "Sent, and the number is in use from then on; a new scsynth does not get it again.",
     "buffer.new"},
    {"/b_allocRead", NULL, NULL, NO_PATH, "asset.add, buffer.new"},
    {"/b_allocReadChannel", NULL, NULL, NO_PATH, "asset.add, buffer.new"},
    {"/b_read", NULL, NULL, NO_PATH, "asset.add, buffer.new"},
    {"/b_readChannel", NULL, NULL, NO_PATH, "asset.add, buffer.new"},
    {"/b_write", NULL, NULL, NO_PATH, "buffer.audio, recording.start"},
    {"/b_free", "raw-buffer then?", "/done", RAW_BUFFER, "buffer.free"},
    {"/b_zero", "raw-buffer then?", "/done", RAW_BUFFER, "buffer.generate"},
    {"/b_set", "raw-buffer (sample value)+", NULL, RAW_BUFFER, "buffer.write"},
    {"/b_setn", "raw-buffer (sample count values)+", NULL, RAW_BUFFER, "buffer.write"},
    {"/b_fill", "raw-buffer (sample count value)+", NULL, RAW_BUFFER, "buffer.write"},
    {"/b_gen", "raw-buffer wave", "/done", RAW_BUFFER, "buffer.generate"},
    {"/b_close", "raw-buffer then?", "/done", RAW_BUFFER, NULL},
    {"/b_query", "(buffer)+", "/b_info", QUERY, "buffer.show"},
    {"/b_get", "buffer (sample)+", "/b_set", QUERY, "buffer.read"},
    {"/b_getn", "buffer (sample count)+", "/b_setn", QUERY, "buffer.read"},
    // Control buses
    {"/c_set", "(control-bus value)+", NULL, TO_MIRROR, "bus.set"},
    {"/c_setn", "(control-bus count values)+", NULL, TO_MIRROR, "bus.set"},
    {"/c_fill", "(control-bus count value)+", NULL, TO_MIRROR, "bus.set"},
    {"/c_get", "(control-bus)+", "/c_set", QUERY, "bus.show"},
    {"/c_getn", "(control-bus count)+", "/c_setn", QUERY, "bus.show"},
    // Non-realtime mode
    {"/nrt_end", NULL, NULL, "scsynth runs in real time here", NULL},
};

const struct osc_rule *osc_rules(gsize *count)
{
    *count = G_N_ELEMENTS(rules);
    return rules;
}

const struct osc_rule *osc_rule_find(const char *address)
{
    for (gsize i = 0; i < G_N_ELEMENTS(rules); i++)
        if (strcmp(rules[i].address, address) == 0)
            return &rules[i];
    return NULL;
}
