// SPDX-License-Identifier: GPL-3.0-or-later
// A definition that has one of everything that a SCgf file can hold.
#pragma once

#include <math.h>

#include "tests/unit/scgf_writer.h"

static float constants[] = {440, 0, 2, INFINITY};
static float initial[] = {0, 1, 0.5f, 0.1f, 0.2f, 0.3f, 7};
static struct scgf_name names[] = {
    {TEXT("gate"), 1}, {TEXT("out"), 0}, {TEXT("amp"), 2}, {TEXT("mod"), 6}, {TEXT("list"), 3}};
static char *variants[] = {TEXT("ref.soft"), TEXT("ref.loud"), NULL};
static struct scgf_unit units[] = {
    UNIT("Control", SCGF_SCALAR, 0, 1),
    UNIT("TrigControl", SCGF_CONTROL, 1, 1),
    UNIT("LagControl", SCGF_CONTROL, 2, 2, K(1), K(1)),
    UNIT("Control", SCGF_CONTROL, 4, 2),
    UNIT("AudioControl", SCGF_AUDIO, 6, 1),
    UNIT("SinOsc", SCGF_AUDIO, 0, 1, K(0), K(1)),
    UNIT("BinaryOpUGen", SCGF_AUDIO, 2, 1, {5, 0}, {2, 1}),
    UNIT("Pan2", SCGF_AUDIO, 0, 2, {6, 0}, K(1), K(2)),
    UNIT("Out", SCGF_AUDIO, 0, 0, {0, 0}, {7, 0}, {7, 1}),
    UNIT("XOut", SCGF_AUDIO, 0, 0, {0, 0}, K(1), {7, 0}),
    UNIT("LocalOut", SCGF_AUDIO, 0, 0, {4, 0}),
};
static const struct scgf_definition reference = {
    .name = TEXT("ref"),
    .constants = constants,
    .initial = initial,
    .names = names,
    .units = units,
    .variants = variants,
    .constant_count = G_N_ELEMENTS(constants),
    .slots = G_N_ELEMENTS(initial),
    .name_count = G_N_ELEMENTS(names),
    .unit_count = G_N_ELEMENTS(units),
    .variant_count = 2,
};
