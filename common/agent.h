// SPDX-License-Identifier: GPL-3.0-or-later
// The name of the program at the other end, as people call it.
#pragma once

#define AGENT_MAX 40 // characters of a name

// "Chromium 156", "Firefox 140", "mpv 0.35.0" of a User-Agent header (RFC 9110, 10.1.5), or of any
// other text that a client calls itself by: clean UTF-8 of one line, AGENT_MAX characters at most.
// NULL where `text` is NULL or says nothing. The caller frees it.
char *agent_name(const char *text);
