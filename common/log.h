// SPDX-License-Identifier: GPL-3.0-or-later
// One event a line on stderr: `key=value` pairs, or JSON objects.
//
// error    the operator must act
// warning  degraded, but going on
// info     lifecycle: started, stopped, connected, lost
// debug    messages
#pragma once

#include <jansson.h>
#include <stdbool.h>

enum log_level { LOG_ERROR_LEVEL, LOG_WARNING_LEVEL, LOG_INFO_LEVEL, LOG_DEBUG_LEVEL };

// Sets what is written from now on. Before it, info and above are written as text.
// Messages of GLib's own logging are written the same way from then on.
void log_setup(const char *program, enum log_level level, bool json);

// Parses "error", "warning", "info" or "debug"; anything else gives info.
enum log_level log_level_from(const char *name);
const char *log_level_name(enum log_level level);

// Writes one event. `event` is "area.what"; `format` and what follows are those of jansson's
// json_pack() for one object, or NULL: log_event(LOG_INFO_LEVEL, "scsynth.lost", "{s:i}", "pid",
// 7). Any thread may call it; one call is one write.
void log_event(enum log_level level, const char *event, const char *format, ...);

// Who else is to hear of each line that is written by the calling thread, NULL for nobody. `fields`
// is borrowed, and NULL where there are none.
typedef void (*log_tap_func)(void *data, enum log_level level, const char *event,
                             const json_t *fields);
void log_tap(log_tap_func tap, void *data);

#define log_error(...) log_event(LOG_ERROR_LEVEL, __VA_ARGS__)
#define log_warning(...) log_event(LOG_WARNING_LEVEL, __VA_ARGS__)
#define log_info(...) log_event(LOG_INFO_LEVEL, __VA_ARGS__)
#define log_debug(...) log_event(LOG_DEBUG_LEVEL, __VA_ARGS__)
