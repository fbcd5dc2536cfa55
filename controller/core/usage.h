// SPDX-License-Identifier: GPL-3.0-or-later
// What a program of Farfield's uses of the machine.
#pragma once

#define USAGE_MAX 8 // programs

struct usage {
    const char *name; // lasts
    double cpu;       // seconds of processor time
    double resident;  // bytes
    int threads, descriptors;
};
