// SPDX-License-Identifier: GPL-3.0-or-later
// Which JACK port a name means, and connecting it.
#pragma once

#include <jack/jack.h>
#include <stdbool.h>

// Whether `port` is what `source` names: the same, or with "-NN" after the client's name, as jackd
// calls the second client of a name.
bool sources_match(const char *source, const char *port);

// Connects `end`, an input to the output that `name` means or an output to the input; whether they
// are connected now. That there is no such port is no error. `made` keeps the name of the port that
// was connected, so that it is disconnected when `name` means another one; what others connected is
// left alone.
bool sources_connect(jack_client_t *client, jack_port_t *end, const char *name, char **made);
