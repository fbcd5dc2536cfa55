// SPDX-License-Identifier: GPL-3.0-or-later
// OSC messages as data, in the vocabulary of scsynth's Server Command Reference. Bytes are made and
// read by the scsynth door.
#pragma once

#include <glib.h>
#include <stdint.h>

struct osc_arg {
    char type; // 'i' int32, 'f' float32, 'd' float64, 's' string, 'm' a message within this one
    union {
        int32_t i;
        float f;
        double d;
        char *s; // owned
        // Owned: a completion message, carried out when the command that holds it is done. It goes
        // as a blob of its bytes.
        struct osc_message *m;
    };
};

struct osc_message {
    char *address; // owned
    GArray *args;  // owned, struct osc_arg
};

// A message whose arguments are described by `types`, one letter each: i int, f double, s string,
// m struct osc_message, which it takes over.
struct osc_message *osc_message_new(const char *address, const char *types, ...);
void osc_message_destroy(struct osc_message *message);

void osc_add_int(struct osc_message *message, int32_t value);
void osc_add_float(struct osc_message *message, float value);
void osc_add_double(struct osc_message *message, double value);
void osc_add_string(struct osc_message *message, const char *value);
void osc_add_message(struct osc_message *message, struct osc_message *value); // takes it over

// The argument at `i` as a number (0 where it is none) or a string ("" likewise).
int32_t osc_int(const struct osc_message *message, guint i);
double osc_number(const struct osc_message *message, guint i);
const char *osc_string(const struct osc_message *message, guint i);
const struct osc_message *osc_nested(const struct osc_message *message, guint i); // or NULL
char osc_type(const struct osc_message *message, guint i); // '\0' where it is missing

// Bytes that the message takes on the wire (OSC 1.0: everything padded to 4).
gsize osc_size(const struct osc_message *message);

// "/s_new sine 1000 0 1 freq 440.0f", "/b_alloc 3 512 1 {/b_query 3}", for logs and tests. The
// caller frees it.
char *osc_to_text(const struct osc_message *message);
