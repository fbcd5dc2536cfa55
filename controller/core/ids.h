// SPDX-License-Identifier: GPL-3.0-or-later
// Node ids by client id, as SuperCollider's NodeIDAllocator divides them: a client's ids are
// (client << 26) | n; n = 1 is its default group, 2 to 999 are permanent, from 1000 temporary.
#pragma once

#include <stdint.h>

#define IDS_SHIFT 26
#define IDS_MAX_CLIENTS 32 // beyond it ids would be negative
#define IDS_DEFAULT_GROUP 1
#define IDS_FIRST_PERMANENT 2
#define IDS_FIRST_TEMPORARY 1000

static inline int32_t ids_node(int client, int32_t n)
{
    return (int32_t)((uint32_t)client << IDS_SHIFT) | n;
}

static inline int ids_client(int32_t node)
{
    return node >> IDS_SHIFT;
}
