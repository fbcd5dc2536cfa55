// SPDX-License-Identifier: GPL-3.0-or-later
#include "controller/core/synthdefs/ugens.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/error.h"

#define HUGE_CONSTANT 1e12
#define FASTEST 48000.0 // Hz
#define BLOCK 64        // frames

static const struct ugen table[] = {
#include "controller/core/synthdefs/ugens.tab"
};

static int by_name(const void *name, const void *ugen)
{
    return strcmp(name, ((const struct ugen *)ugen)->name);
}

const struct ugen *ugen_find(const char *name)
{
    return bsearch(name, table, G_N_ELEMENTS(table), sizeof *table, by_name);
}

// One unit under the eyes of its rules.
struct check {
    const struct scgf_definition *definition;
    const struct scgf_unit *unit;
    int index;
    GError **error;
};

G_GNUC_PRINTF(2, 3)
static bool refuse(const struct check *check, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *sentence = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    g_set_error(check->error, FARFIELD_ERROR, ERROR_INVALID, "byte %zu: %s (unit %d): %s",
                check->unit->at, check->unit->type, check->index, sentence);
    return false;
}

static bool is_constant(const struct check *check, int input, double *value)
{
    if (input >= check->unit->input_count || check->unit->inputs[input].unit >= 0)
        return false;
    *value = check->definition->constants[check->unit->inputs[input].index];
    return true;
}

// A constant that says how many inputs or outputs follow; the code behind it rounds down.
static bool read_count(const struct check *check, int input, int *count)
{
    double value;
    if (!is_constant(check, input, &value))
        return refuse(check, "expected input %d to be a constant, which says how many follow",
                      input);
    if (!(value >= 0 && value <= SCGF_MAX_INPUTS))
        return refuse(check, "expected input %d from 0 to %d, found %g", input, SCGF_MAX_INPUTS,
                      value);
    *count = (int)value;
    return true;
}

static bool has_inputs(const struct check *check, int least)
{
    if (check->unit->input_count >= least)
        return true;
    return refuse(check, "expected at least %d inputs, found %d", least, check->unit->input_count);
}

static bool rule_count(const struct check *check, const double *n)
{
    int count;
    return read_count(check, (int)n[0], &count) &&
           has_inputs(check, (int)n[1] + (n[2] ? (int)n[2] : 1) * count);
}

static bool rule_stages(const struct check *check, const double *n)
{
    double value;
    return !is_constant(check, (int)n[0], &value) || rule_count(check, n);
}

static bool rule_count2(const struct check *check, const double *n)
{
    int first, second, at = (int)n[0];
    return read_count(check, at, &first) && has_inputs(check, at + first + 2) &&
           read_count(check, at + first + 1, &second) && has_inputs(check, at + first + 2 + second);
}

static bool rule_each(const struct check *check, const double *n)
{
    int base = (int)n[0], size = (int)n[1], rest = check->unit->input_count - base;
    if (rest >= size && rest % size == 0)
        return true;
    return refuse(check, "expected %d inputs and groups of %d, found %d inputs", base, size,
                  check->unit->input_count);
}

static bool has_outputs(const struct check *check, int least)
{
    if (check->unit->output_count >= least)
        return true;
    return refuse(check, "expected at least %d outputs, found %d", least,
                  check->unit->output_count);
}

static bool rule_outs(const struct check *check, const double *n)
{
    int count;
    return read_count(check, (int)n[0], &count) && has_outputs(check, count + (int)n[1]);
}

static bool rule_fan(const struct check *check, const double *n)
{
    return has_outputs(check, check->unit->input_count - (int)n[0]);
}

static bool rule_feed(const struct check *check, const double *n)
{
    return has_inputs(check, check->unit->output_count);
}

static bool rule_range(const struct check *check, const double *n)
{
    double value;
    if (!is_constant(check, (int)n[0], &value) || (value >= n[1] && value <= n[2]))
        return true;
    return refuse(check, "expected input %d from %g to %g, found %g", (int)n[0], n[1], n[2], value);
}

static bool rule_const(const struct check *check, const double *n)
{
    double value;
    if (is_constant(check, (int)n[0], &value))
        return rule_range(check, n);
    return refuse(check, "expected input %d to be a constant", (int)n[0]);
}

static bool rule_special(const struct check *check, const double *n)
{
    if (check->unit->special >= n[0] && check->unit->special <= n[1])
        return true;
    return refuse(check, "expected a special index from %g to %g, found %d", n[0], n[1],
                  check->unit->special);
}

static enum scgf_rate input_rate(const struct check *check, int input)
{
    int source = check->unit->inputs[input].unit;
    return source < 0 ? SCGF_SCALAR : check->definition->units[source].rate;
}

static bool refuse_rates(const struct check *check)
{
    return refuse(check, "its rate, %d, and those of its inputs do not go together",
                  check->unit->rate);
}

static bool rule_top(const struct check *check, const double *n)
{
    enum scgf_rate top = SCGF_SCALAR;
    for (int i = 0; i < check->unit->input_count; i++)
        top = MAX(top, input_rate(check, i));
    return top == check->unit->rate || refuse_rates(check);
}

static bool rule_own(const struct check *check, const double *n)
{
    return rule_top(check, n) && (input_rate(check, 0) == check->unit->rate || refuse_rates(check));
}

static bool rule_sorted(const struct check *check, const double *n)
{
    for (int i = 1; i < check->unit->input_count; i++)
        if (input_rate(check, i) > input_rate(check, i - 1))
            return refuse_rates(check);
    return rule_own(check, n);
}

static bool rule_chain(const struct check *check, const double *n)
{
    static const char *const sources[] = {"LocalBuf", "Cepstrum", "MedianSeparation", NULL};
    int source = check->unit->inputs[(int)n[0]].unit;
    const char *type = source < 0 ? NULL : check->definition->units[source].type;
    if (!type || g_str_has_prefix(type, "PV_") || strstr(type, "FFT") ||
        g_strv_contains(sources, type))
        return true;
    return refuse(check, "expected an FFT chain as input %d, found %s", (int)n[0], type);
}

static bool rule_local(const struct check *check, const double *n)
{
    int before = 0;
    double most = -1;
    for (int i = 0; i <= check->index; i++) {
        const struct scgf_unit *unit = &check->definition->units[i];
        struct check other = {check->definition, unit, i, NULL};
        if (strcmp(unit->type, "LocalBuf") == 0)
            before++;
        else if (most < 0 && strcmp(unit->type, "MaxLocalBufs") == 0)
            is_constant(&other, 0, &most);
    }
    if (before <= most)
        return true;
    return refuse(check, "expected a MaxLocalBufs of at least %d before it", before);
}

// A list that goes round and round over what gives nothing never ends.
static bool rule_turns(const struct check *check, const double *n)
{
    static const char *const lists[] = {"Dseq", "Drand", "Dxrand", "Dwrand", "Dshuf", NULL};
    const struct scgf_definition *definition = check->definition;
    double value;
    if (!is_constant(check, 0, &value) || value >= 0.5)
        return true;
    for (int i = check->index + 1; i < definition->unit_count; i++)
        for (int j = 0; j < definition->units[i].input_count; j++)
            if (definition->units[i].inputs[j].unit == check->index &&
                g_strv_contains(lists, definition->units[i].type))
                return refuse(check, "expected at least 1 as input 0, as %s repeats it, found %g",
                              definition->units[i].type, value);
    return true;
}

// Durations become whole numbers of samples or blocks.
static bool rule_lasts(const struct check *check, const double *n)
{
    double value, rate = check->unit->rate == SCGF_AUDIO ? FASTEST : FASTEST / BLOCK;
    if (!is_constant(check, (int)n[0], &value) || (value >= 0 && value * rate < G_MAXINT))
        return true;
    return refuse(check, "expected input %d from 0 to %.0f seconds, found %g", (int)n[0],
                  G_MAXINT / rate, value);
}

static bool rule_nothing(const struct check *check, const double *n)
{
    return true;
}

static const struct rule {
    const char *name;
    bool (*holds)(const struct check *check, const double *numbers);
} rules[] = {
    {"chain", rule_chain},     {"const", rule_const},    {"count", rule_count},
    {"count2", rule_count2},   {"each", rule_each},      {"fan", rule_fan},
    {"feed", rule_feed},       {"floats", rule_nothing}, {"huge", rule_nothing},
    {"huge0", rule_nothing},   {"lasts", rule_lasts},    {"local", rule_local},
    {"outs", rule_outs},       {"own", rule_own},        {"range", rule_range},
    {"seconds", rule_nothing}, {"sorted", rule_sorted},  {"special", rule_special},
    {"stages", rule_stages},   {"top", rule_top},        {"turns", rule_turns},
};

// Whether `token` is "name" or "name=1,2,3", of which the numbers are read.
static bool token_is(const char *token, const char *name, double *numbers)
{
    gsize length = strlen(name);
    if (strncmp(token, name, length) != 0 || (token[length] && token[length] != '='))
        return false;
    numbers[0] = numbers[1] = numbers[2] = 0;
    if (token[length])
        sscanf(token + length + 1, "%lf,%lf,%lf", &numbers[0], &numbers[1], &numbers[2]);
    return true;
}

// "a2" or "a2+": what is read as audio must be audio.
static bool check_audio(const struct check *check, const char *token)
{
    const struct scgf_unit *unit = check->unit;
    int first = atoi(token + 1);
    int last = g_str_has_suffix(token, "+") ? unit->input_count - 1 : first;
    for (int i = first; unit->rate == SCGF_AUDIO && i <= last && i < unit->input_count; i++) {
        int source = unit->inputs[i].unit;
        if (source < 0 || check->definition->units[source].rate != SCGF_AUDIO)
            return refuse(check, "expected input %d at audio rate", i);
    }
    return true;
}

static bool check_rule(const struct check *check, const char *token)
{
    double numbers[3];
    if (token[0] == 'a' && g_ascii_isdigit(token[1]))
        return check_audio(check, token);
    for (gsize i = 0; i < G_N_ELEMENTS(rules); i++)
        if (token_is(token, rules[i].name, numbers))
            return rules[i].holds(check, numbers);
    g_assert_not_reached();
}

// "2" is exact and "2+" the least.
static bool fits(const char *wanted, int count)
{
    int least = atoi(wanted);
    return strchr(wanted, '+') ? count >= least : count == least;
}

static const char *at_least(const char *wanted)
{
    return strchr(wanted, '+') ? "at least " : "";
}

static bool check_shape(const struct check *check, const struct ugen *ugen)
{
    static const char letters[] = "scad";
    static const char *const words[] = {"scalar", "control", "audio", "demand"};
    const struct scgf_unit *unit = check->unit;
    if (!strchr(ugen->rates, letters[unit->rate]))
        return refuse(check, "it does not run at %s rate", words[unit->rate]);
    if (!fits(ugen->inputs, unit->input_count))
        return refuse(check, "expected %s%d inputs, found %d", at_least(ugen->inputs),
                      atoi(ugen->inputs), unit->input_count);
    if (!fits(ugen->outputs, unit->output_count))
        return refuse(check, "expected %s%d outputs, found %d", at_least(ugen->outputs),
                      atoi(ugen->outputs), unit->output_count);
    return true;
}

// What is converted to an integer must be one that has room there; few UGens mean infinity.
static bool check_constants(const struct check *check, char **tokens)
{
    if (g_strv_contains((const char *const *)tokens, "huge"))
        return true;
    double value;
    for (int i = g_strv_contains((const char *const *)tokens, "huge0") ? 1 : 0;
         i < check->unit->input_count; i++)
        if (is_constant(check, i, &value) && fabs(value) > HUGE_CONSTANT)
            return refuse(check, "expected input %d from %g to %g, found %g", i, -HUGE_CONSTANT,
                          HUGE_CONSTANT, value);
    return true;
}

// Who does not ask for values takes a demand rate for one that it knows, and runs astray.
static bool check_demand(const struct check *check)
{
    static const char *const askers[] = {"Demand", "DemandEnvGen", "Duty",     "PackFFT",
                                         "TDuty",  "TGrains",      "TGrains2", "TGrains3",
                                         "Metro",  "ListTrig",     NULL};
    const struct scgf_unit *unit = check->unit;
    if (unit->rate == SCGF_DEMAND || g_strv_contains(askers, unit->type))
        return true;
    for (int i = 0; i < unit->input_count; i++)
        if (input_rate(check, i) == SCGF_DEMAND)
            return refuse(check, "expected input %d not at demand rate", i);
    return true;
}

static bool check_unit(const struct check *check)
{
    const struct ugen *ugen = ugen_find(check->unit->type);
    if (!ugen)
        return refuse(check, "there is no UGen of this name here");
    if (!check_shape(check, ugen) || !check_demand(check))
        return false;
    g_auto(GStrv) tokens = g_strsplit(ugen->rules, " ", -1);
    for (int i = 0; tokens[i]; i++)
        if (*tokens[i] && !check_rule(check, tokens[i]))
            return false;
    return check_constants(check, tokens);
}

bool ugens_check(const struct scgf_definition *definition, GError **error)
{
    for (int i = 0; i < definition->unit_count; i++) {
        struct check check = {definition, &definition->units[i], i, error};
        if (!check_unit(&check))
            return false;
    }
    return true;
}

// Delay lines are rounded up to a power of two frames, behind at least a block; local buffers are
// as long as they say. SC_InlineUnaryOp.h (NEXTPOWEROFTWO), DelayUGens.cpp.
static double memory_of(const struct check *check, const char *token, double sample_rate)
{
    double n[3], value;
    if (token_is(token, "seconds", n) && is_constant(check, (int)n[0], &value) && value > 0) {
        double rate = check->unit->rate == SCGF_AUDIO ? sample_rate : sample_rate / BLOCK;
        double frames = ceil(value * rate) + BLOCK;
        return n[1] * exp2(ceil(log2(frames))) * sizeof(float);
    }
    if (token_is(token, "floats", n) && is_constant(check, (int)n[0], &value) && value > 0)
        return n[1] * value * sizeof(float);
    return 0;
}

static double memory_of_local_buffer(const struct check *check)
{
    double channels, frames;
    if (strcmp(check->unit->type, "LocalBuf") != 0 || !is_constant(check, 0, &channels) ||
        !is_constant(check, 1, &frames) || channels <= 0 || frames <= 0)
        return 0;
    return channels * frames * sizeof(float);
}

double ugens_memory(const struct scgf_definition *definition, double sample_rate, int *unit)
{
    double sum = 0, most = 0;
    if (unit)
        *unit = -1;
    for (int i = 0; i < definition->unit_count; i++) {
        struct check check = {definition, &definition->units[i], i, NULL};
        const struct ugen *ugen = ugen_find(check.unit->type);
        double bytes = memory_of_local_buffer(&check);
        g_auto(GStrv) tokens = g_strsplit(ugen ? ugen->rules : "", " ", -1);
        for (int j = 0; tokens[j]; j++)
            bytes += memory_of(&check, tokens[j], sample_rate);
        if (bytes > most && unit)
            *unit = i;
        most = MAX(most, bytes);
        sum += bytes;
    }
    return sum;
}
