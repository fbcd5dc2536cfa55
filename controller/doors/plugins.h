// SPDX-License-Identifier: GPL-3.0-or-later
// Which plugins scsynth finds on this machine.
#pragma once

#include <glib.h>

// Names of plugins ("OscUGens") in the folders that scsynth searches by itself, with the folders
// within them; NULL where none of these is there. The caller unrefs the set.
GHashTable *plugins_find(void);
