// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/error.h"

G_DEFINE_QUARK(farfield_error, farfield_error)
