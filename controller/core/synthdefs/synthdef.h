// SPDX-License-Identifier: GPL-3.0-or-later
// What a SynthDef means to those who play it: its parameters, how wide it is, how it ends. The
// bytes are read by controller/core/synthdefs/scgf.h, ranges and words come from
// controller/core/synthdefs/sidecar.h.
#pragma once

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>

struct audition;

enum control_rate {
    RATE_SCALAR,  // fixed when the synth starts (sclang's `i_`)
    RATE_CONTROL, // may be set at any time
    RATE_TRIGGER, // set for one block, then 0 again (`t_`)
    RATE_AUDIO,   // may be set, and mapped to an audio bus (`a_`)
};

enum parameter_curve { CURVE_LINEAR, CURVE_EXPONENTIAL };

struct synthdef_parameter {
    char *name; // owned, UTF-8
    int index;  // first of its slots
    int size;   // slots, 1 unless it is an array; 0 never happens
    enum control_rate rate;
    float *defaults; // owned, `size` of them; may be infinite, never NaN
    // What a sidecar or a well-known name says; NULL where nothing is known.
    char *title, *words, *unit; // owned
    bool has_range;
    double min, max; // finite, min < max
    double step;     // 0 when continuous
    enum parameter_curve curve;
};

struct synthdef {
    char *name;            // owned, UTF-8, no '/' and no control characters
    char *title, *words;   // owned, NULL unless a sidecar says
    json_t *tags;          // owned: words to sort by, likewise
    GPtrArray *parameters; // struct synthdef_parameter, by index
    GPtrArray *variants;   // char *, whole as /s_new takes them: "name.variant"
    int channels;          // audio channels that it writes from its output bus on, 0 if none
    int ugens;
    bool releasable; // setting `gate` to 0 lets it ring out and free itself
    bool one_shot;   // frees itself without being told; never together with releasable
    GBytes *bytes;   // a SCgf file of this definition alone, in the version it came in
    char *sum;       // owned: SHA-256 of the bytes, in hexadecimal
    // What it needs of scsynth: names of plugins, each with a UGen of it behind ("JPverb",
    // "JPverbRaw"), and realtime memory for delays and buffers of constant size.
    GPtrArray *plugins;        // owned char *
    double memory;             // bytes
    char *hungriest;           // owned: the unit that takes most of it, "DelayN (unit 7)", or NULL
    struct audition *audition; // owned; NULL while it has not been heard
    int references;
};

// Reads every definition of a SCgf file, version 0, 1 or 2. Either the whole file is sound or the
// result is NULL and `error` (ERROR_INVALID, or ERROR_TOO_LARGE) is a sentence with the byte offset
// and what was expected there. The array owns a reference to each struct synthdef.
GPtrArray *synthdef_read(GBytes *file, GError **error);

// One without bytes, of which only the name is known, and parameters that are added to it.
struct synthdef *synthdef_create(const char *name);
struct synthdef_parameter *synthdef_add_parameter(struct synthdef *synthdef, const char *name,
                                                  int index, const float *defaults, int size);

struct synthdef *synthdef_ref(struct synthdef *synthdef);
void synthdef_unref(struct synthdef *synthdef);

// By its name, or NULL.
const struct synthdef_parameter *synthdef_parameter(const struct synthdef *synthdef,
                                                    const char *name);

// The one that has this slot, or NULL.
const struct synthdef_parameter *synthdef_parameter_at(const struct synthdef *synthdef, int slot);

// Number of slots of its parameters, and their defaults, which the caller frees.
int synthdef_slots(const struct synthdef *synthdef);
float *synthdef_defaults(const struct synthdef *synthdef);

// Takes title, words, ranges and units from a sidecar (docs/synthdefs.md) that sidecar_parse() has
// accepted, or, for what it leaves out or where it is NULL, from sclang's well-known names.
// May be called again with another sidecar.
void synthdef_describe(struct synthdef *synthdef, const json_t *sidecar);

// The definition as the API shows it, but for `origin`. An infinite default is shown as the largest
// float of its sign, since JSON has no infinity. The caller owns it.
json_t *synthdef_to_json(const struct synthdef *synthdef);
