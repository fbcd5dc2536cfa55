// SPDX-License-Identifier: GPL-3.0-or-later
// The one error domain. A kind is the HTTP status that a caller of the API would see.
#pragma once

#include <glib.h>

#define FARFIELD_ERROR (farfield_error_quark())
GQuark farfield_error_quark(void);

enum farfield_error {
    ERROR_INVALID = 400,         // the input cannot be understood
    ERROR_UNAUTHENTICATED = 401, // who asks has yet to show that they may
    ERROR_FORBIDDEN = 403,       // understood, and never allowed
    ERROR_NOT_FOUND = 404,       // there is no such thing
    ERROR_UNUSABLE = 406,        // well-formed, and of no use here
    ERROR_CONFLICT = 409,        // not in the present state
    ERROR_TOO_LARGE = 413,       // over a size limit
    ERROR_TOO_LONG = 414,        // a path over its limit
    ERROR_REFUSED = 422,         // well-formed, but wrong in content
    ERROR_INTERNAL = 500,        // our fault
    ERROR_UNAVAILABLE = 503,     // a part that is needed is away; try again
    ERROR_TIMEOUT = 504,         // a part did not answer in time
    ERROR_FULL = 507,            // no room left to keep it
};
