// SPDX-License-Identifier: GPL-3.0-or-later
// Announces a service to the local network (mDNS, RFC 6762) by the machine's Avahi daemon. Where
// there is none nothing happens, until there is one.
#pragma once

struct mdns;

// Runs on a thread of its own. `type` is "_osc._udp". Another service of the same name makes ours
// "NAME #2".
struct mdns *mdns_publish(const char *name, const char *type, int port);
void mdns_withdraw(struct mdns *mdns);
