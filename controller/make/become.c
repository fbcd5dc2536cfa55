// SPDX-License-Identifier: GPL-3.0-or-later
// A function for GNU make, $(become PROGRAM,ARGUMENT): make's process becomes that program. `make
// run` ends with it, because make itself dies of the SIGINT or SIGTERM that its recipe has already
// answered in order, and then reports a failure where there was none.
#include <gnumake.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

extern int plugin_is_GPL_compatible;
int plugin_is_GPL_compatible;

int become_gmk_setup(void);

static char *become(const char *name, unsigned int count, char **arguments)
{
    sigset_t none;

    // A script's background command begins with SIGINT ignored, and a shell cannot trap that.
    signal(SIGINT, SIG_DFL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    fflush(NULL);
    execl(arguments[0], arguments[0], arguments[1], (char *)NULL);
    fprintf(stderr, "%s: %s\n", arguments[0], strerror(errno));
    _exit(127);
}

int become_gmk_setup(void)
{
    gmk_add_function("become", become, 2, 2, GMK_FUNC_DEFAULT);
    return 1;
}
