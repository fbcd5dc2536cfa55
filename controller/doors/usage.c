// SPDX-License-Identifier: GPL-3.0-or-later
#include "controller/doors/usage.h"

#include <glib.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int count_descriptors(pid_t pid)
{
    g_autofree char *path = g_strdup_printf("/proc/%d/fd", (int)pid);
    g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
    int count = 0;
    while (dir && g_dir_read_name(dir))
        count++;
    return count;
}

bool usage_read(pid_t pid, struct usage *usage)
{
    g_autofree char *path = g_strdup_printf("/proc/%d/stat", (int)pid);
    g_autofree char *stat = NULL;
    if (!g_file_get_contents(path, &stat, NULL, NULL))
        return false;
    // A process may have any name, in parentheses.
    const char *fields = strrchr(stat, ')');
    unsigned long user, system, resident;
    if (!fields || sscanf(fields + 1,
                          " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu %*d %*d %*d %*d "
                          "%d %*d %*u %*u %lu",
                          &user, &system, &usage->threads, &resident) != 4)
        return false;
    usage->cpu = (double)(user + system) / (double)sysconf(_SC_CLK_TCK);
    usage->resident = (double)resident * (double)sysconf(_SC_PAGESIZE);
    usage->descriptors = count_descriptors(pid);
    return true;
}
