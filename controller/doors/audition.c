// SPDX-License-Identifier: GPL-3.0-or-later
#include "controller/doors/audition.h"

#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/log.h"

#define MAX_QUEUE 4096
#define DEADLINE 5000                               // ms of wall clock
#define CPU_SECONDS 4                               // of processor time
#define MAX_MEMORY ((rlim_t)2 * 1024 * 1024 * 1024) // beside the realtime memory
#define MAX_FILE (16 * 1024 * 1024)                 // that scsynth may write
#define NICENESS 19

struct job {
    struct synthdef *synthdef; // owned reference; NULL for the one that plays nothing
};

struct auditions {
    struct audition_ports ports;
    char *dir, *work; // owned
    int memory;       // KiB
    pid_t owner;      // that scsynth dies with: ourselves
    GQueue queue;     // struct job, owned; the head is being rendered while `pid` is not 0
    pid_t pid;
    int pidfd;
    guint exit_source, deadline;
    bool overdue;
    double idle; // processor seconds that scsynth takes to play nothing; 0 while unknown
};

static void job_destroy(gpointer data)
{
    struct job *job = data;
    synthdef_unref(job->synthdef);
    g_free(job);
}

static char *in_work(const struct auditions *auditions, const char *name)
{
    return g_build_filename(auditions->work, name, NULL);
}

static char *kept_path(const struct auditions *auditions, const char *sum)
{
    g_autofree char *name = g_strconcat(sum, ".json", NULL);
    return g_build_filename(auditions->dir, name, NULL);
}

struct auditions *auditions_create(const char *dir, int memory, const struct audition_ports *ports)
{
    struct auditions *auditions = g_new0(struct auditions, 1);
    auditions->ports = *ports;
    auditions->dir = g_strdup(dir);
    auditions->work = g_build_filename(dir, "work", NULL);
    auditions->memory = memory;
    auditions->pidfd = -1;
    auditions->owner = getpid();
    g_queue_init(&auditions->queue);
    if (g_mkdir_with_parents(auditions->work, 0700) != 0)
        log_error("audition.folder", "{s:s s:s}", "folder", auditions->work, "reason",
                  g_strerror(errno));
    return auditions;
}

static void stop_watching(struct auditions *auditions)
{
    if (auditions->exit_source)
        g_source_remove(auditions->exit_source);
    if (auditions->deadline)
        g_source_remove(auditions->deadline);
    auditions->exit_source = auditions->deadline = 0;
    if (auditions->pidfd >= 0)
        close(auditions->pidfd);
    auditions->pidfd = -1;
    auditions->pid = 0;
}

static void end_now(struct auditions *auditions)
{
    if (auditions->pid) {
        kill(auditions->pid, SIGKILL);
        waitpid(auditions->pid, NULL, 0);
    }
    stop_watching(auditions);
}

void auditions_destroy(struct auditions *auditions)
{
    if (!auditions)
        return;
    end_now(auditions);
    g_queue_clear_full(&auditions->queue, job_destroy);
    g_free(auditions->dir);
    g_free(auditions->work);
    g_free(auditions);
}

// Anew: over an older file GLib leaves what was longer in it.
static bool write_file(const char *path, const void *bytes, gssize length, GError **error)
{
    g_unlink(path);
    return g_file_set_contents_full(path, bytes, length, G_FILE_SET_CONTENTS_NONE, 0600, error);
}

// --- what is kept -------------------------------------------------------------------------------

static struct audition *recall(const struct auditions *auditions, const char *sum)
{
    g_autofree char *path = kept_path(auditions, sum);
    json_t *json = json_load_file(path, JSON_REJECT_DUPLICATES, NULL);
    struct audition *audition = audition_from_json(json);
    json_decref(json);
    return audition;
}

static void keep(const struct auditions *auditions, const char *sum,
                 const struct audition *audition)
{
    g_autofree char *path = kept_path(auditions, sum);
    json_t *json = audition_to_json(audition);
    char *text = json_dumps(json, JSON_INDENT(2));
    g_autoptr(GError) error = NULL;
    if (!write_file(path, text, -1, &error))
        log_warning("audition.keep", "{s:s}", "reason", error->message);
    free(text);
    json_decref(json);
}

// --- one render ---------------------------------------------------------------------------------

// Between fork and exec: nothing but system calls.
static void prepare(gpointer data)
{
    const struct auditions *auditions = data;
    rlim_t memory = MAX_MEMORY + (rlim_t)auditions->memory * 1024;
    setsid();
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    // We may have died before that.
    if (getppid() != auditions->owner)
        _exit(1);
    setpriority(PRIO_PROCESS, 0, NICENESS);
    setrlimit(RLIMIT_AS, &(struct rlimit){memory, memory});
    // The first ends it by SIGXCPU, which tells why.
    setrlimit(RLIMIT_CPU, &(struct rlimit){CPU_SECONDS, CPU_SECONDS + 1});
    setrlimit(RLIMIT_FSIZE, &(struct rlimit){MAX_FILE, MAX_FILE});
    setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
}

static bool write_input(const struct auditions *auditions, const struct synthdef *synthdef,
                        GError **error)
{
    g_autofree char *definition = in_work(auditions, "definition.scsyndef");
    g_autofree char *path = in_work(auditions, "score.osc");
    g_autofree char *sound = in_work(auditions, "sound.raw");
    g_autoptr(GBytes) score = audition_score(synthdef, definition);
    gsize length;
    const char *bytes = g_bytes_get_data(score, &length);
    g_unlink(sound);
    if (!write_file(path, bytes, length, error))
        return false;
    if (!synthdef)
        return true;
    bytes = g_bytes_get_data(synthdef->bytes, &length);
    return write_file(definition, bytes, length, error);
}

static bool spawn(struct auditions *auditions, const struct synthdef *synthdef, GError **error)
{
    g_autofree char *score = in_work(auditions, "score.osc");
    g_autofree char *sound = in_work(auditions, "sound.raw");
    g_autofree char *log = in_work(auditions, "log");
    g_autofree char *rate = g_strdup_printf("%d", AUDITION_RATE);
    g_autofree char *channels = g_strdup_printf("%d", audition_channels(synthdef));
    g_autofree char *memory = g_strdup_printf("%d", auditions->memory);
    const char *argv[] = {"scsynth", "-N",   score,    "_",    sound, rate,   "raw",
                          "float",   "-o",   channels, "-i",   "2",   "-D",   "0",
                          "-m",      memory, "-w",     "1024", "-a",  "1024", NULL};
    int output = open(log, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    g_auto(GStrv) environment = g_environ_unsetenv(g_get_environ(), "FARFIELD_API_KEY");
    bool started = g_spawn_async_with_pipes_and_fds(
        auditions->work, argv, (const char *const *)environment,
        G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_SEARCH_PATH, prepare, auditions, -1, output, output,
        NULL, NULL, 0, &auditions->pid, NULL, NULL, NULL, error);
    if (output >= 0)
        close(output);
    return started;
}

static bool said(const struct auditions *auditions, const char *words)
{
    g_autofree char *path = in_work(auditions, "log");
    g_autofree char *text = NULL;
    return g_file_get_contents(path, &text, NULL, NULL) && strstr(text, words);
}

static void measure(const struct auditions *auditions, struct audition *audition, int channels)
{
    g_autofree char *path = in_work(auditions, "sound.raw");
    g_autofree char *bytes = NULL;
    gsize length = 0;
    if (g_file_get_contents(path, &bytes, &length, NULL) && length >= sizeof(float) * channels)
        audition_measure(audition, (const float *)bytes, length / sizeof(float), channels);
    else
        audition->skipped = g_strdup("scsynth rendered nothing");
}

static double processor_seconds(const struct rusage *usage)
{
    return usage->ru_utime.tv_sec + usage->ru_stime.tv_sec +
           (usage->ru_utime.tv_usec + usage->ru_stime.tv_usec) / 1e6;
}

static struct audition *judge(const struct auditions *auditions, const struct job *job, int status,
                              const struct rusage *usage)
{
    struct audition *audition = g_new0(struct audition, 1);
    int ended_by = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    audition->timed_out = auditions->overdue || ended_by == SIGXCPU ||
                          (ended_by == SIGKILL && processor_seconds(usage) >= CPU_SECONDS);
    audition->signal = audition->timed_out ? 0 : ended_by;
    audition->alloc_failed = said(auditions, "alloc failed");
    audition->cost = MAX(0, processor_seconds(usage) - auditions->idle) / AUDITION_SECONDS;
    if (!audition->signal && !audition->timed_out)
        measure(auditions, audition, audition_channels(job->synthdef));
    return audition;
}

static void start_next(struct auditions *auditions);

static void finish(struct auditions *auditions, struct audition *audition)
{
    struct job *job = g_queue_pop_head(&auditions->queue);
    if (job->synthdef) {
        if (!audition->skipped)
            keep(auditions, job->synthdef->sum, audition);
        auditions->ports.on_heard(auditions->ports.data, job->synthdef->sum, audition);
    }
    audition_destroy(audition);
    job_destroy(job);
    start_next(auditions);
}

static gboolean on_exit_ready(int fd, GIOCondition condition, gpointer data)
{
    struct auditions *auditions = data;
    int status = 0;
    struct rusage usage = {0};
    if (wait4(auditions->pid, &status, WNOHANG, &usage) != auditions->pid)
        return G_SOURCE_CONTINUE;
    const struct job *job = g_queue_peek_head(&auditions->queue);
    struct audition *audition = judge(auditions, job, status, &usage);
    if (!job->synthdef)
        auditions->idle = processor_seconds(&usage);
    auditions->exit_source = 0;
    stop_watching(auditions);
    finish(auditions, audition);
    return G_SOURCE_REMOVE;
}

static gboolean on_deadline(gpointer data)
{
    struct auditions *auditions = data;
    auditions->deadline = 0;
    auditions->overdue = true;
    kill(auditions->pid, SIGKILL);
    return G_SOURCE_REMOVE;
}

static gboolean on_failed(gpointer data)
{
    struct auditions *auditions = data;
    auditions->deadline = 0;
    struct audition *audition = g_new0(struct audition, 1);
    audition->skipped = g_strdup("scsynth cannot be started for it");
    finish(auditions, audition);
    return G_SOURCE_REMOVE;
}

static void start_next(struct auditions *auditions)
{
    const struct job *job = g_queue_peek_head(&auditions->queue);
    if (!job || auditions->pid || auditions->deadline)
        return;
    g_autoptr(GError) error = NULL;
    auditions->overdue = false;
    if (!write_input(auditions, job->synthdef, &error) ||
        !spawn(auditions, job->synthdef, &error)) {
        log_error("audition.start", "{s:s}", "reason", error->message);
        auditions->pid = 0;
        auditions->deadline = g_idle_add(on_failed, auditions);
        return;
    }
    auditions->pidfd = (int)syscall(SYS_pidfd_open, auditions->pid, 0);
    if (auditions->pidfd < 0) {
        log_error("audition.start", "{s:s}", "reason", g_strerror(errno));
        end_now(auditions);
        auditions->deadline = g_idle_add(on_failed, auditions);
        return;
    }
    auditions->exit_source = g_unix_fd_add(auditions->pidfd, G_IO_IN, on_exit_ready, auditions);
    auditions->deadline = g_timeout_add(DEADLINE, on_deadline, auditions);
}

// --- the queue ----------------------------------------------------------------------------------

static void put_job(struct auditions *auditions, struct synthdef *synthdef, bool urgent)
{
    struct job *job = g_new0(struct job, 1);
    job->synthdef = synthdef ? synthdef_ref(synthdef) : NULL;
    bool busy = auditions->pid || auditions->deadline;
    if (urgent)
        g_queue_push_nth(&auditions->queue, job, busy ? 1 : 0);
    else
        g_queue_push_tail(&auditions->queue, job);
}

static bool is_queued(const struct auditions *auditions, const char *sum)
{
    for (const GList *link = auditions->queue.head; link; link = link->next) {
        const struct job *job = link->data;
        if (job->synthdef && strcmp(job->synthdef->sum, sum) == 0)
            return true;
    }
    return false;
}

struct audition *auditions_hear(struct auditions *auditions, const struct synthdef *synthdef,
                                bool again, bool urgent)
{
    struct audition *known = again ? NULL : recall(auditions, synthdef->sum);
    if (known || is_queued(auditions, synthdef->sum))
        return known;
    if (auditions->queue.length >= MAX_QUEUE) {
        known = g_new0(struct audition, 1);
        known->skipped = g_strdup("too many definitions wait for theirs");
        return known;
    }
    // What scsynth needs for nothing at all is told from what the definition costs.
    if (auditions->idle == 0 && !auditions->pid)
        put_job(auditions, NULL, true);
    put_job(auditions, (struct synthdef *)synthdef, urgent && auditions->queue.length > 1);
    start_next(auditions);
    return NULL;
}
