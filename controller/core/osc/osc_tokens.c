// SPDX-License-Identifier: GPL-3.0-or-later
// Everything but nodes: controls, values, buses, buffers, definitions.
#include "controller/core/osc/osc_tokens.h"

#include <string.h>

#include "controller/core/osc/osc_rules.h"
#include "controller/core/session.h"

#define MAX_CHANNELS 128

static bool check_number(struct check *c)
{
    int32_t number;
    return check_int(c, G_MININT32, G_MAXINT32, &number);
}

static bool check_flag(struct check *c)
{
    int32_t flag;
    return check_int(c, 0, 1, &flag);
}

// --- controls -----------------------------------------------------------------------------------

static bool check_control_name(struct check *c, const char *name)
{
    const struct synthdef_parameter *p = c->synthdef ? synthdef_parameter(c->synthdef, name) : NULL;
    if (c->synthdef && !p)
        return check_fail(c, 422, "is no control of SynthDef \"%s\"", c->synthdef->name);
    c->room = MIN(c->room, p ? c->slots - p->index : c->slots);
    c->at++;
    return true;
}

static bool check_control(struct check *c)
{
    if (check_arg(c)->type == 's')
        return check_control_name(c, check_arg(c)->s);
    int32_t slot;
    if (c->slots == 0)
        return check_fail(c, 422, "names a control, and there is none");
    if (!check_int(c, 0, c->slots - 1, &slot))
        return false;
    c->room = MIN(c->room, c->slots - slot);
    return true;
}

static bool check_count(struct check *c)
{
    return check_int(c, 0, c->room, &c->count);
}

static bool check_values(struct check *c)
{
    for (int32_t i = 0; i < c->count; i++) {
        if (!check_arg(c))
            return check_fail(c, 422, "is missing: %d values were announced", c->count);
        if (!check_value(c))
            return false;
    }
    return true;
}

// --- definitions --------------------------------------------------------------------------------

static bool check_synthdef(struct check *c)
{
    const char *name = check_string(c);
    if (!name)
        return false;
    if (g_str_has_prefix(name, CATALOG_RESERVED))
        return check_fail(c, 403, "\"%s\" is Farfield's own", name);
    const char *dot = strchr(name, '.');
    g_autofree char *base = g_strndup(name, dot ? (gsize)(dot - name) : strlen(name));
    c->synthdef = catalog_find(&c->session->catalog, name);
    if (!c->synthdef && dot) {
        struct synthdef *whole = catalog_find(&c->session->catalog, base);
        if (whole && g_ptr_array_find_with_equal_func(whole->variants, name, g_str_equal, NULL))
            c->synthdef = whole;
    }
    if (!c->synthdef)
        return check_fail(c, 422, "there is no SynthDef \"%s\"", name);
    c->slots = synthdef_slots(c->synthdef);
    c->at++;
    return true;
}

static bool check_definition(struct check *c)
{
    const char *name = check_string(c);
    if (!name)
        return false;
    if (g_str_has_prefix(name, CATALOG_RESERVED))
        return check_fail(c, 403, "\"%s\" is Farfield's own", name);
    if (catalog_find(&c->session->catalog, name))
        return check_fail(c, 403, "\"%s\" is in Farfield's list; use synthdef.delete", name);
    c->at++;
    return true;
}

// --- buses --------------------------------------------------------------------------------------

static bool check_bus(struct check *c, int32_t first, int32_t buses)
{
    int32_t bus;
    if (!check_int(c, first, buses - 1, &bus))
        return false;
    // -1 takes a mapping away, of as many controls as there are.
    if (bus >= 0)
        c->room = MIN(c->room, MIN(buses - bus, OSC_MAX_RANGE));
    return true;
}

static bool is_mapping(const struct check *c)
{
    return g_str_has_prefix(c->message->address, "/n_map");
}

static bool check_control_bus(struct check *c)
{
    return check_bus(c, is_mapping(c) ? -1 : 0, BUSES_CONTROL);
}

static bool check_audio_bus(struct check *c)
{
    return check_bus(c, -1, BUSES_AUDIO);
}

// "c12" or "a20" maps a control of a new synth to a bus.
static bool check_value_or_bus(struct check *c)
{
    if (check_arg(c)->type != 's')
        return check_value(c);
    const char *text = check_arg(c)->s;
    int32_t buses = *text == 'c' ? BUSES_CONTROL : *text == 'a' ? BUSES_AUDIO : 0;
    gsize digits = strspn(text + (buses != 0), G_CSET_DIGITS);
    gint64 bus = g_ascii_strtoll(text + (buses != 0), NULL, 10);
    if (!buses || digits == 0 || digits > 6 || text[1 + digits])
        return check_fail(c, 422, "must be a number, or a bus such as \"c12\" or \"a20\"");
    if (bus >= buses)
        return check_fail(c, 422, "must be a bus from %c0 to %c%d", *text, *text, buses - 1);
    c->at++;
    return true;
}

// --- buffers ------------------------------------------------------------------------------------

static bool check_buffer(struct check *c)
{
    return check_int(c, 0, c->session->buffers.total - 1, &c->number);
}

// What is in Farfield's buffers is known there, and brought back: not past its back.
static bool check_raw_buffer(struct check *c)
{
    if (!check_buffer(c))
        return false;
    if (!buffers_find(&c->session->buffers, c->number))
        return true;
    c->at--;
    const struct osc_rule *rule = osc_rule_find(c->message->address);
    return check_fail(c, 403, "buffer %d is in Farfield's list; use %s", c->number,
                      rule->instead ? rule->instead : "buffer.free");
}

static bool check_new_buffer(struct check *c)
{
    const struct session *session = c->session;
    int first,
        share = buffers_share(&session->buffers, session->client_id, session->max_logins, &first);
    return check_int(c, first, first + share - 1, &c->number) && (c->at--, check_raw_buffer(c));
}

// What a buffer of so many samples would take in place of the one of its number.
static bool check_memory(struct check *c, int32_t samples)
{
    const struct buffers *buffers = &c->session->buffers;
    gpointer before = g_hash_table_lookup(buffers->raw, GINT_TO_POINTER(c->number));
    guint64 bytes =
        buffers_memory(buffers) + ((guint64)samples - GPOINTER_TO_UINT(before)) * sizeof(float);
    if (bytes <= buffers->max_memory)
        return true;
    c->at--;
    return check_fail(c, 409, "would make all buffers take more than %" G_GUINT64_FORMAT " bytes",
                      buffers->max_memory);
}

static bool check_frames(struct check *c)
{
    return check_int(c, 1, OSC_MAX_SAMPLES, &c->count) && check_memory(c, c->count);
}

static bool check_channels(struct check *c)
{
    int32_t channels;
    if (!check_int(c, 1, MAX_CHANNELS, &channels))
        return false;
    c->at--;
    if ((int64_t)channels * c->count > OSC_MAX_SAMPLES)
        return check_fail(c, 422, "makes more than %d samples with %d frames", OSC_MAX_SAMPLES,
                          c->count);
    c->at++;
    return check_memory(c, channels * c->count);
}

static bool check_sample(struct check *c)
{
    int32_t sample;
    c->room = OSC_MAX_RANGE;
    return check_int(c, 0, OSC_MAX_SAMPLES, &sample);
}

static bool check_samples(struct check *c)
{
    int32_t samples;
    return check_int(c, -1, OSC_MAX_SAMPLES, &samples);
}

static bool check_wave_flags(struct check *c)
{
    int32_t flags;
    return check_int(c, 0, 7, &flags);
}

static bool check_amount(struct check *c)
{
    return check_value(c);
}

// Each wave of /b_gen has arguments of its own.
static bool check_wave(struct check *c)
{
    static const struct {
        const char *name, *grammar;
    } waves[] = {
        {"sine1", "flags (amount)+"},
        {"sine2", "flags (amount amount)+"},
        {"sine3", "flags (amount amount amount)+"},
        {"cheby", "flags (amount)+"},
        {"copy", "sample buffer sample samples"},
    };
    const char *name = check_string(c);
    for (gsize i = 0; name && i < G_N_ELEMENTS(waves); i++) {
        if (strcmp(waves[i].name, name) != 0)
            continue;
        c->at++;
        c->grammar = waves[i].grammar;
        return check_grammar(c, waves[i].grammar);
    }
    return name && check_fail(c, 422, "must be one of sine1|sine2|sine3|cheby|copy");
}

// --- the table ----------------------------------------------------------------------------------

const struct token osc_token_table[] = {
    {"action", "add action: 0 head, 1 tail, 2 before, 3 after, 4 replace", check_action},
    {"after", "node that the moved one is to follow, not a room's guard", check_after},
    {"amount", "number", check_amount},
    {"any-group", "number of any group", check_any_group},
    {"any-node", "number of any node", check_any_node},
    {"audio-bus", "number of an audio bus, -1 for none", check_audio_bus},
    {"before", "node that the moved one is to precede", check_before},
    {"buffer", "number of a buffer", check_buffer},
    {"channels", "number of channels", check_channels},
    {"control", "name or number of a control that is there", check_control},
    {"control-bus", "number of a control bus, -1 for none where controls are mapped",
     check_control_bus},
    {"controlled", "number of a synth, or of a group without Farfield's own nodes in it",
     check_controlled},
    {"count", "how many, as many as there are from the one before on", check_count},
    {"definition", "name of a SynthDef that is not in Farfield's list", check_definition},
    {"emptied", "number of a group without Farfield's own nodes in it", check_emptied},
    {"flag", "0 or 1", check_flag},
    {"flags", "1 normalizes, 2 makes a wavetable, 4 clears first; added", check_wave_flags},
    {"frames", "number of frames", check_frames},
    {"head-of", "number of the group that takes it first", check_head_of},
    {"moved", "number of a node that is not Farfield's own", check_moved},
    {"new-buffer", "number in Farfield's share that is not in its list of buffers",
     check_new_buffer},
    {"new-node", "number of a node to be, in Farfield's share, or -1", check_new_node},
    {"node", "number of a node that is not Farfield's own", check_node},
    {"number", "whole number", check_number},
    {"order", "add action: 0 head, 1 tail, 2 before, 3 after", check_order},
    {"place", "node that the add action refers to", check_place},
    {"raw-buffer", "number of a buffer that is not in Farfield's list", check_raw_buffer},
    {"sample", "number of a sample", check_sample},
    {"samples", "number of samples, -1 for all", check_samples},
    {"synth", "number of a synth", check_synth},
    {"synthdef", "name of a SynthDef, or of its variant", check_synthdef},
    {"tail-of", "number of the group that takes it last", check_tail_of},
    {"target", "node that the add action refers to", check_target},
    {"then", "a completion message, checked as any", check_completion},
    {"value", "number that fits a float32", check_value},
    {"value-or-bus", "such a number, or a bus: \"c12\", \"a20\"", check_value_or_bus},
    {"values", "as many such numbers as the count says", check_values},
    {"wave", "sine1, sine2, sine3, cheby or copy, and its arguments", check_wave},
    {NULL},
};
