// SPDX-License-Identifier: GPL-3.0-or-later
#include "controller/doors/child.h"

#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/error.h"

#define MAX_LINE 4096

struct child {
    char *name, *pipe; // owned
    struct child_ports ports;
    pid_t pid; // 0 when none runs
    uint64_t start_time;
    bool is_ours; // to be waited for
    int pidfd;
    int reader;    // of the named pipe, -1 without one
    GString *line; // what has come of a line
    guint exit_source, line_source;
};

struct child *child_create(const char *name, const char *pipe, const struct child_ports *ports)
{
    struct child *child = g_new0(struct child, 1);
    child->name = g_strdup(name);
    child->pipe = g_strdup(pipe);
    child->ports = *ports;
    child->pidfd = child->reader = -1;
    child->line = g_string_new(NULL);
    return child;
}

static void stop_watching(struct child *child)
{
    if (child->exit_source)
        g_source_remove(child->exit_source);
    child->exit_source = 0;
    if (child->pidfd >= 0)
        close(child->pidfd);
    child->pidfd = -1;
    child->pid = 0;
}

void child_destroy(struct child *child)
{
    if (!child)
        return;
    stop_watching(child);
    if (child->line_source)
        g_source_remove(child->line_source);
    if (child->reader >= 0)
        close(child->reader);
    g_string_free(child->line, TRUE);
    g_free(child->name);
    g_free(child->pipe);
    g_free(child);
}

static void take_lines(struct child *child, const char *bytes, gssize length)
{
    for (gssize i = 0; i < length; i++) {
        if (bytes[i] != '\n' && child->line->len < MAX_LINE) {
            g_string_append_c(child->line, bytes[i]);
            continue;
        }
        g_autofree char *line = g_utf8_make_valid(child->line->str, child->line->len);
        g_string_truncate(child->line, 0);
        if (*line)
            child->ports.on_line(child->ports.data, line);
    }
}

static gboolean on_readable(int fd, GIOCondition condition, gpointer data)
{
    struct child *child = data;
    char bytes[4096];
    gssize length = read(fd, bytes, sizeof bytes);
    if (length > 0)
        take_lines(child, bytes, length);
    return G_SOURCE_CONTINUE;
}

// Both ends are opened for reading and writing, so that neither ever sees the other leave.
static bool open_pipe(struct child *child, GError **error)
{
    if (child->reader >= 0)
        return true;
    if (mkfifo(child->pipe, 0600) != 0 && errno != EEXIST) {
        g_set_error(error, FARFIELD_ERROR, ERROR_INTERNAL, "%s: %s", child->pipe,
                    g_strerror(errno));
        return false;
    }
    child->reader = open(child->pipe, O_RDWR | O_NONBLOCK | O_CLOEXEC);
    if (child->reader < 0) {
        g_set_error(error, FARFIELD_ERROR, ERROR_INTERNAL, "%s: %s", child->pipe,
                    g_strerror(errno));
        return false;
    }
    child->line_source = g_unix_fd_add(child->reader, G_IO_IN, on_readable, child);
    return true;
}

static char *describe_exit(int status)
{
    return WIFSIGNALED(status) ? g_strdup_printf("signal %d", WTERMSIG(status))
                               : g_strdup_printf("exit status %d", WEXITSTATUS(status));
}

static gboolean on_exit_ready(int fd, GIOCondition condition, gpointer data)
{
    struct child *child = data;
    int status = 0;
    bool waited = child->is_ours && waitpid(child->pid, &status, WNOHANG) == child->pid;
    g_autofree char *how = waited ? describe_exit(status) : g_strdup("gone");
    child->exit_source = 0;
    stop_watching(child);
    // What it said last is worth knowing when one hears that it has ended.
    if (child->reader >= 0)
        on_readable(child->reader, G_IO_IN, child);
    child->ports.on_exit(child->ports.data, how);
    return G_SOURCE_REMOVE;
}

// Field 22 of /proc/PID/stat; the name before it may hold anything but ends with the last ')'.
static uint64_t read_start_time(pid_t pid)
{
    g_autofree char *path = g_strdup_printf("/proc/%d/stat", pid);
    g_autofree char *text = NULL;
    if (!g_file_get_contents(path, &text, NULL, NULL))
        return 0;
    const char *at = strrchr(text, ')');
    for (int field = 2; at && field < 22; field++)
        at = strchr(at + 1, ' ');
    return at ? g_ascii_strtoull(at + 1, NULL, 10) : 0;
}

static bool watch(struct child *child, pid_t pid, bool is_ours)
{
    int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
    if (pidfd < 0)
        return false;
    child->pid = pid;
    child->pidfd = pidfd;
    child->is_ours = is_ours;
    child->start_time = read_start_time(pid);
    // Before what it has sent: scsynth tells of every node's end when it ends itself.
    child->exit_source =
        g_unix_fd_add_full(G_PRIORITY_HIGH, pidfd, G_IO_IN, on_exit_ready, child, NULL);
    return true;
}

static void prepare(gpointer data)
{
    setsid();
}

bool child_start(struct child *child, char **argv, char **environment, GError **error)
{
    g_assert(child->pid == 0);
    int writer = -1;
    if (child->ports.on_line) {
        if (!open_pipe(child, error))
            return false;
        writer = open(child->pipe, O_RDWR | O_NONBLOCK | O_CLOEXEC);
    } else {
        // A copy, since the spawn closes what it is given in the child.
        writer = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
    }
    // Who may command us is nothing that a child needs to know.
    g_auto(GStrv) all = g_environ_unsetenv(g_get_environ(), "FARFIELD_API_KEY");
    for (int i = 0; environment && environment[i]; i++) {
        const char *equals = strchr(environment[i], '=');
        g_autofree char *key = g_strndup(environment[i], equals - environment[i]);
        all = g_environ_setenv(all, key, equals + 1, TRUE);
    }
    GPid pid;
    bool started = g_spawn_async_with_pipes_and_fds(
        NULL, (const char *const *)argv, (const char *const *)all,
        G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_SEARCH_PATH, prepare, NULL, -1, writer, writer, NULL,
        NULL, 0, &pid, NULL, NULL, NULL, error);
    if (writer >= 0)
        close(writer);
    if (!started) {
        g_prefix_error(error, "%s cannot be started: ", child->name);
        return false;
    }
    if (watch(child, pid, true))
        return true;
    g_set_error(error, FARFIELD_ERROR, ERROR_INTERNAL, "%s cannot be watched: %s", child->name,
                g_strerror(errno));
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    return false;
}

bool child_adopt(struct child *child, pid_t pid, uint64_t start_time)
{
    if (pid <= 0 || start_time == 0 || read_start_time(pid) != start_time)
        return false;
    if (child->ports.on_line && !open_pipe(child, NULL))
        return false;
    return watch(child, pid, false);
}

pid_t child_pid(const struct child *child)
{
    return child->pid;
}

uint64_t child_start_time(const struct child *child)
{
    return child->pid ? child->start_time : 0;
}

void child_signal(const struct child *child, int signal)
{
    // By the descriptor, so that it can never reach another process of the same number.
    if (child->pid)
        syscall(SYS_pidfd_send_signal, child->pidfd, signal, NULL, 0);
}
