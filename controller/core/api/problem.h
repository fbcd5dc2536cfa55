// SPDX-License-Identifier: GPL-3.0-or-later
// What a caller is told when a command did not happen (RFC 9457, application/problem+json).
#pragma once

#include <glib.h>
#include <jansson.h>

struct problem {
    int status;      // HTTP status
    char *detail;    // owned: one sentence for a person
    json_t *errors;  // owned: [{"field", "detail"}], NULL when no input is at fault
    int retry_after; // seconds from which on it may be possible, 0 where that is not said
};

struct problem *problem_new(int status, const char *format, ...) G_GNUC_PRINTF(2, 3);
// From an error of the domain FARFIELD_ERROR (its code is the status) or any other (500).
struct problem *problem_from_error(const GError *error);
struct problem *problem_copy(const struct problem *problem);
void problem_destroy(struct problem *problem);

// Names one more field that is at fault.
void problem_add(struct problem *problem, const char *field, const char *format, ...)
    G_GNUC_PRINTF(3, 4);

// What a status means in a few words; those of any other where it is not one of ours.
const char *problem_title(int status);

// One line: the detail, and the first field that is at fault. The caller frees it.
char *problem_to_text(const struct problem *problem);

// {"type", "title", "status", "detail", "errors"?}
json_t *problem_to_json(const struct problem *problem);
