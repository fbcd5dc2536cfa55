// SPDX-License-Identifier: GPL-3.0-or-later
#include "controller/core/scenes/references.h"

#include <string.h>

#include "controller/core/synthdefs/scgf.h"
#include "controller/core/tree.h"

// UGens by the input that names a bus or a buffer (their .sc files in SCClassLibrary/Common/Audio).
struct reader {
    const char *type; // one that ends with '*' is a beginning
    int input;
    bool is_buffer;
};

static const struct reader readers[] = {
    {"Out", 0, false},
    {"ReplaceOut", 0, false},
    {"OffsetOut", 0, false},
    {"XOut", 0, false},
    {"In", 0, false},
    {"InFeedback", 0, false},
    {"InTrig", 0, false},
    {"LagIn", 0, false},
    {"PlayBuf", 0, true},
    {"BufRd", 0, true},
    {"BufWr", 0, true},
    {"RecordBuf", 0, true},
    {"BufFrames", 0, true},
    {"BufDur", 0, true},
    {"BufSamples", 0, true},
    {"BufChannels", 0, true},
    {"BufRateScale", 0, true},
    {"BufSampleRate", 0, true},
    {"BufDelay*", 0, true},
    {"BufComb*", 0, true},
    {"BufAllpass*", 0, true},
    {"Osc", 0, true},
    {"OscN", 0, true},
    {"COsc", 0, true},
    {"VOsc", 0, true},
    {"VOsc3", 0, true},
    {"Shaper", 0, true},
    {"Index", 0, true},
    {"IndexL", 0, true},
    {"WrapIndex", 0, true},
    {"IndexInBetween", 0, true},
    {"DetectIndex", 0, true},
    {"Dbufrd", 0, true},
    {"Dbufwr", 0, true},
    {"DiskIn", 0, true},
    {"DiskOut", 0, true},
    {"VDiskIn", 0, true},
    {"Warp1", 0, true},
    {"TGrains", 1, true},
    {"GrainBuf", 2, true},
    {"BufGrain*", 1, true},
    {"PartConv", 2, true},
    {"Convolution2*", 1, true},
    {"StereoConvolution*", 1, true},
};

static const struct reader *reader_of(const char *type)
{
    for (gsize i = 0; i < G_N_ELEMENTS(readers); i++) {
        const char *wanted = readers[i].type;
        gsize length = strlen(wanted);
        bool begins = wanted[length - 1] == '*' && strncmp(type, wanted, length - 1) == 0;
        if (begins || strcmp(type, wanted) == 0)
            return &readers[i];
    }
    return NULL;
}

static bool is_control(const struct scgf_unit *unit)
{
    static const char *const types[] = {"Control", "LagControl", "TrigControl", "AudioControl",
                                        NULL};
    return g_strv_contains(types, unit->type);
}

static void note_unit(const struct scgf_definition *definition, const struct scgf_unit *unit,
                      guint8 *references, int slots)
{
    const struct reader *reader = reader_of(unit->type);
    if (!reader || reader->input >= unit->input_count)
        return;
    struct scgf_input from = unit->inputs[reader->input];
    if (from.unit < 0 || !is_control(&definition->units[from.unit]))
        return;
    int slot = definition->units[from.unit].special + from.index;
    if (slot >= 0 && slot < slots)
        references[slot] = reader->is_buffer          ? REFERS_BUFFER
                           : unit->rate == SCGF_AUDIO ? REFERS_AUDIO_BUS
                                                      : REFERS_CONTROL_BUS;
}

guint8 *references_of(const struct synthdef *synthdef)
{
    int slots = synthdef_slots(synthdef);
    guint8 *references = g_new0(guint8, slots + 1);
    for (guint i = 0; i < synthdef->parameters->len; i++) {
        const struct synthdef_parameter *p = g_ptr_array_index(synthdef->parameters, i);
        if (g_str_has_prefix(p->name, "buf"))
            references[p->index] = REFERS_BUFFER;
    }
    g_autoptr(GPtrArray) file = synthdef->bytes ? scgf_read(synthdef->bytes, NULL) : NULL;
    const struct scgf_definition *definition = file && file->len ? file->pdata[0] : NULL;
    for (int i = 0; definition && i < definition->unit_count; i++)
        note_unit(definition, &definition->units[i], references, slots);
    return references;
}
