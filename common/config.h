// SPDX-License-Identifier: GPL-3.0-or-later
// Settings: built-in defaults, then a file of `key = value` lines, then FARFIELD_* variables of the
// environment, then the command line; later wins. Controller and pipeline read one table
// (common/settings.c), so that one file and one environment can serve both.
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum setting_type {
    SETTING_STRING,
    SETTING_SECRET, // a string that --print-config hides
    SETTING_INTEGER,
    SETTING_BOOLEAN, // yes, no, true, false, 1, 0
    SETTING_CHOICE,  // one word of `choices`
};

enum program { PROGRAM_CONTROLLER = 1 << 0, PROGRAM_PIPELINE = 1 << 1 };

struct setting {
    const char *name; // "http-port"; its variable is FARFIELD_HTTP_PORT, its option --http-port
    enum setting_type type;
    unsigned programs; // which of enum program reads it
    const char *fallback;
    const char *words;
    const char *choices; // SETTING_CHOICE: "a|b|c"
    int64_t min, max;    // SETTING_INTEGER
};

// The table, ended by a row without a name.
extern const struct setting settings[];

enum config_outcome {
    CONFIG_RUN,
    CONFIG_EXIT,  // --help, --version or --print-config was asked for and has been printed
    CONFIG_ERROR, // `error` names the file and line, the variable or the option
};

struct config;

// Reads every source for one program. `argv` is not changed. The file is --config, else
// FARFIELD_CONFIG, else ~/.config/farfield/farfield.conf, else /etc/farfield/farfield.conf; the
// last two may be missing.
enum config_outcome config_load(enum program program, int argc, char **argv, struct config **config,
                                GError **error);
void config_destroy(struct config *config);

// The value by its setting's name. Asking for a name the table lacks, or by another type, is a
// programmer's mistake. Strings belong to the config; one that is not set is "".
const char *config_string(const struct config *config, const char *name);
int64_t config_integer(const struct config *config, const char *name);
bool config_boolean(const struct config *config, const char *name);
// Whether one number is less than the other; false with `error`, which names both.
bool config_check_less(const struct config *config, const char *less, const char *more,
                       GError **error);

// Every value that `program` reads too, but for those in `except` (ended by NULL), as the variables
// of an environment, "FARFIELD_X=value". The caller frees the array with g_strfreev().
char **config_environment(const struct config *config, enum program program,
                          const char *const *except);
