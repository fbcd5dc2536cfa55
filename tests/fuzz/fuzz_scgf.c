// SPDX-License-Identifier: GPL-3.0-or-later
// Any bytes at all as a SynthDef file. What is read must keep what scgf.h promises, and be read
// again, alone, as the same; what is refused must say at which byte of the file.
#include "controller/core/synthdefs/scgf.h"
#include "controller/core/synthdefs/synthdef.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define promise(condition_)                                                                        \
    do {                                                                                           \
        if (!(condition_))                                                                         \
            g_error("line %d: %s", __LINE__, #condition_);                                         \
    } while (0)

static void check_graph(const struct scgf_definition *d)
{
    for (int i = 0; i < d->constant_count; i++)
        promise(!isnan(d->constants[i]));
    for (int i = 0; i < d->slots; i++)
        promise(!isnan(d->initial[i]));
    for (int i = 0; i < d->name_count; i++)
        promise(d->names[i].slot >= 0 && d->names[i].slot < d->slots);
    for (int i = 0; i < d->unit_count; i++)
        for (int j = 0; j < d->units[i].input_count; j++) {
            const struct scgf_input *input = &d->units[i].inputs[j];
            promise(input->unit >= -1 && input->unit < i && input->index >= 0);
            promise(input->index <
                    (input->unit < 0 ? d->constant_count : d->units[input->unit].output_count));
        }
}

static void check_meaning(const struct synthdef *synthdef)
{
    promise(!(synthdef->releasable && synthdef->one_shot));
    int end = 0;
    for (guint i = 0; i < synthdef->parameters->len; i++) {
        const struct synthdef_parameter *parameter = synthdef->parameters->pdata[i];
        promise(parameter->size > 0 && parameter->index >= end &&
                (i == 0 || parameter->index == end));
        end = parameter->index + parameter->size;
    }
    json_t *object = synthdef_to_json(synthdef);
    char *text = json_dumps(object, 0);
    promise(text);
    free(text);
    json_decref(object);
    g_autoptr(GPtrArray) alone = synthdef_read(synthdef->bytes, NULL);
    promise(alone && alone->len == 1);
    const struct synthdef *again = alone->pdata[0];
    promise(strcmp(again->name, synthdef->name) == 0);
    promise(g_bytes_equal(again->bytes, synthdef->bytes));
}

static void check_refusal(const GError *error, size_t size)
{
    gsize at;
    promise(error && sscanf(error->message, "byte %zu: ", &at) == 1 && at <= size);
    promise(g_utf8_validate(error->message, -1, NULL));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autoptr(GBytes) file = g_bytes_new(data, size);
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) definitions = scgf_read(file, &error);
    if (!definitions) {
        check_refusal(error, size);
        return 0;
    }
    promise(!error);
    for (guint i = 0; i < definitions->len; i++)
        check_graph(definitions->pdata[i]);
    g_autoptr(GPtrArray) synthdefs = synthdef_read(file, &error);
    if (!synthdefs) {
        // Sound bytes, and a UGen that scsynth would run astray with.
        check_refusal(error, size);
        return 0;
    }
    promise(synthdefs->len == definitions->len);
    for (guint i = 0; i < synthdefs->len; i++)
        check_meaning(synthdefs->pdata[i]);
    return 0;
}
