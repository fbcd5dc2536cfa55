// SPDX-License-Identifier: GPL-3.0-or-later
// The bytes of a SCgf file (`.scsyndef`), SuperCollider's "Synth Definition File Format", versions
// 0, 1 and 2. scsynth reads them without a bounds check, so nothing that this reader refuses may
// reach it. What a sound graph means is the business of controller/core/synthdefs/synthdef.h.
#pragma once

#include <glib.h>
#include <stdbool.h>

// More than any definition that sclang or supriya writes in practice; a file within SCGF_MAX_BYTES
// costs the reader at most a few times its size.
#define SCGF_MAX_BYTES (4 * 1024 * 1024)
#define SCGF_MAX_CONSTANTS 65536
#define SCGF_MAX_PARAMETERS 16384 // slots, an array counting as many as it has
#define SCGF_MAX_UNITS 32768
#define SCGF_MAX_INPUTS 16384 // of one unit
#define SCGF_MAX_OUTPUTS 1024 // of one unit
#define SCGF_MAX_VARIANTS 1024

enum scgf_rate { SCGF_SCALAR, SCGF_CONTROL, SCGF_AUDIO, SCGF_DEMAND };

struct scgf_input {
    int unit;  // an earlier unit of the definition, or -1
    int index; // that unit's output, or with unit -1 a constant
};

struct scgf_unit {
    char *type; // owned: the UGen's class, "SinOsc"
    enum scgf_rate rate;
    int special; // operator of a BinaryOpUGen, first slot of a Control ...
    int input_count, output_count;
    struct scgf_input *inputs; // owned
    gsize at;                  // of its first byte in the file
};

struct scgf_name {
    char *text; // owned
    int slot;
};

struct scgf_definition {
    char *name;                 // owned
    float *constants, *initial; // owned; initial values by slot; no NaN
    struct scgf_name *names;    // owned; in any order, no slot twice
    struct scgf_unit *units;    // owned; in the order in which they compute
    char **variants;            // owned, ended by NULL: "name.variant"
    int constant_count, slots, name_count, unit_count, variant_count;
    GBytes *bytes; // owned: a file of its own
};

// All definitions of a file as struct scgf_definition, freed with the array. Promised then:
// - every name is UTF-8 of 1 to 255 bytes without control characters; those of the definitions, of
//   one definition's parameters and of its variants differ from each other; a definition's has no
//   '/', a variant's begins with "DEFINITION.";
// - every input is a constant or an output of an earlier unit; an output has its unit's rate;
// - Control units stay within the slots, and have the rate and inputs that scsynth relies on;
// - Out and its like have a bus and at least one channel;
// - nothing follows the last definition.
// Otherwise NULL, and `error` says at which byte what was expected.
GPtrArray *scgf_read(GBytes *file, GError **error);

void scgf_definition_destroy(struct scgf_definition *definition);
