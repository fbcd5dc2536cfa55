// SPDX-License-Identifier: GPL-3.0-or-later
// Anything at all as a .txarcmeta file: what is read must be a sidecar that we would take, what is
// refused must say at which byte.
#include "controller/core/synthdefs/sidecar.h"
#include "controller/core/synthdefs/txarcmeta.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autoptr(GError) error = NULL;
    json_t *sidecar = txarcmeta_parse((const char *)data, size, &error);
    if (!sidecar) {
        gsize at;
        if (!error || (size <= SIDECAR_MAX_BYTES &&
                       (sscanf(error->message, "byte %zu: expected ", &at) != 1 || at > size)))
            g_error("a refusal without its place");
        return 0;
    }
    char *text = json_dumps(sidecar, 0);
    json_t *again = text ? sidecar_parse(text, strlen(text), &error) : NULL;
    if (!again && strlen(text) <= SIDECAR_MAX_BYTES)
        g_error("no sidecar: %s", error->message);
    free(text);
    json_decref(again);
    json_decref(sidecar);
    return 0;
}
