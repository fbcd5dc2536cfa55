// SPDX-License-Identifier: GPL-3.0-or-later
#include "controller/supervisor.h"

#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>

#include "common/error.h"
#include "common/log.h"
#include "controller/doors/child.h"

// Milliseconds.
#define FIRST_DELAY 20
#define LONGEST_DELAY 5000
#define GOOD_LIFE 10000 // who lived this long is started again without delay
#define STOP_DEADLINE 3000
#define WAITER_DEADLINE 5000
#define LAST_WORDS 4
#define HOPELESS_AFTER 4 // first starts that fail one after the other

enum which { JACKD, SCSYNTH, PIPELINE, WAITER, N_PARTS };

static const char *const names[] = {"jackd", "scsynth", "pipeline", "jack_wait"};

struct part {
    struct supervisor *supervisor;
    enum which which;
    bool wanted;
    struct child *child; // owned
    char **argv;         // owned
    char **environment;  // owned
    guint timer;         // of the next start, or of the kill when stopping
    int delay;
    int64_t started_at;
    int failures; // starts in a row that did not last
    bool has_worked;
    char *words[LAST_WORDS]; // owned: the last lines that it wrote, oldest first
};

struct supervisor {
    struct supervisor_ports ports;
    struct part parts[N_PARTS];
    char *shared_memory; // owned: scsynth's, by name
    bool jack_ready;
    bool stopping;
};

static void start_part(struct part *part);
static void start_again(struct part *part);
static void stop_next(struct supervisor *supervisor);

static gboolean on_timer(gpointer data)
{
    struct part *part = data;
    part->timer = 0;
    // What runs when its timer is up has had its time: to stop, or to say how jackd is.
    struct supervisor *s = part->supervisor;
    if (child_pid(part->child)) {
        child_signal(part->child, SIGKILL);
    } else if (part->which == SCSYNTH && s->parts[JACKD].wanted) {
        // It may have ended because jackd hangs: jackd is asked first.
        s->jack_ready = false;
        start_part(&s->parts[WAITER]);
    } else {
        start_part(part);
    }
    return G_SOURCE_REMOVE;
}

static void set_timer(struct part *part, int milliseconds)
{
    if (part->timer)
        g_source_remove(part->timer);
    part->timer = g_timeout_add(milliseconds, on_timer, part);
}

static void clear_timer(struct part *part)
{
    if (part->timer)
        g_source_remove(part->timer);
    part->timer = 0;
}

static bool may_start(const struct part *part)
{
    const struct supervisor *s = part->supervisor;
    if (!part->wanted || child_pid(part->child) || s->stopping)
        return false;
    return part->which != SCSYNTH || !s->parts[JACKD].wanted || s->jack_ready;
}

static void start_part(struct part *part)
{
    if (!may_start(part))
        return;
    g_autoptr(GError) error = NULL;
    part->started_at = g_get_monotonic_time();
    for (int i = 0; i < LAST_WORDS; i++)
        g_clear_pointer(&part->words[i], g_free);
    if (!child_start(part->child, part->argv, part->environment, &error)) {
        log_error("child.not_started", "{s:s s:s}", "name", names[part->which], "reason",
                  error->message);
        part->words[LAST_WORDS - 1] = g_strdup(error->message);
        start_again(part);
        return;
    }
    if (part->which == WAITER)
        set_timer(part, WAITER_DEADLINE);
    log_event(part->which == WAITER ? LOG_DEBUG_LEVEL : LOG_INFO_LEVEL, "child.started",
              "{s:s s:i}", "name", names[part->which], "pid", (int)child_pid(part->child));
    part->supervisor->ports.on_changed(part->supervisor->ports.data);
    // jackd is of use once its server answers.
    if (part->which == JACKD)
        start_part(&part->supervisor->parts[WAITER]);
}

// Of what jackd prints at each start, only what is wrong with this one.
static bool is_complaint(const char *line)
{
    static const char *const words[] = {"annot",  "rror",   "ailed",    "nvalid",  "already",
                                        "denied", "nknown", "ould not", "oo many", "not "};
    static const char *const banners[] = {"WARRANTY", "redistribute", "Copyright", "-mode is"};
    for (gsize i = 0; i < G_N_ELEMENTS(banners); i++)
        if (strstr(line, banners[i]))
            return false;
    for (gsize i = 0; i < G_N_ELEMENTS(words); i++)
        if (strstr(line, words[i]))
            return true;
    return false;
}

static char *last_words(const struct part *part)
{
    GString *said = g_string_new(NULL);
    for (int i = 0; i < LAST_WORDS; i++)
        if (part->words[i])
            g_string_append_printf(said, "%s%s", said->len ? " | " : "", part->words[i]);
    return g_string_free(g_string_append(said, said->len ? "" : "it ends without a word"), FALSE);
}

static void start_again(struct part *part)
{
    int64_t lived = (g_get_monotonic_time() - part->started_at) / 1000;
    if (lived >= GOOD_LIFE) {
        part->has_worked = true;
        part->failures = 0;
        part->delay = FIRST_DELAY;
    } else {
        part->failures++;
        part->delay = part->delay ? MIN(part->delay * 2, LONGEST_DELAY) : FIRST_DELAY;
    }
    if (part->failures >= HOPELESS_AFTER && !part->has_worked) {
        g_autofree char *said = last_words(part);
        g_autofree char *why = g_strdup_printf(
            "%s does not start: %s%s", names[part->which], said,
            part->which == JACKD ? "; is another JACK server of this name running? (jack-server, "
                                   "FARFIELD_JACK_SERVER) Or is the driver without its device? "
                                   "(jack-driver, FARFIELD_JACK_DRIVER)"
                                 : "");
        part->supervisor->ports.on_hopeless(part->supervisor->ports.data, why);
        return;
    }
    set_timer(part, part->delay);
}

// jack_wait says whether the server answers; its exit status does not.
static void on_jack_waited(struct supervisor *s, const char *how)
{
    if (g_str_has_prefix(how, "signal")) {
        log_error("jackd.silent", NULL);
        child_signal(s->parts[JACKD].child, SIGKILL);
    } else if (g_strcmp0(s->parts[WAITER].words[LAST_WORDS - 1], "running") == 0 &&
               child_pid(s->parts[JACKD].child)) {
        // It may be another server of this name that answers: only its life shows that ours works.
        s->jack_ready = true;
        start_part(&s->parts[SCSYNTH]);
    } else if (child_pid(s->parts[JACKD].child)) {
        set_timer(&s->parts[WAITER], 3 * FIRST_DELAY);
    }
}

static void on_end(void *data, const char *how)
{
    struct part *part = data;
    struct supervisor *s = part->supervisor;
    clear_timer(part);
    // scsynth removes its control buses' shared memory only when it is told to quit.
    if (part->which == SCSYNTH)
        shm_unlink(s->shared_memory);
    if (s->stopping) {
        stop_next(s);
        return;
    }
    if (part->which == WAITER) {
        on_jack_waited(s, how);
        return;
    }
    log_warning("child.ended", "{s:s s:s}", "name", names[part->which], "how", how);
    if (part->which == JACKD) {
        s->jack_ready = false;
        // Without its server scsynth is of no use, even where it has not noticed. One that has
        // tells of every node's end while it ends itself; those nodes are to come back.
        if (child_pid(s->parts[SCSYNTH].child))
            s->ports.on_scsynth_gone(s->ports.data, how);
        child_signal(s->parts[SCSYNTH].child, SIGKILL);
    }
    if (part->which == SCSYNTH)
        s->ports.on_scsynth_gone(s->ports.data, how);
    s->ports.on_changed(s->ports.data);
    start_again(part);
}

static void on_line(void *data, const char *line)
{
    struct part *part = data;
    bool complains = is_complaint(line);
    if (part->which == WAITER || complains) {
        g_free(part->words[0]);
        memmove(part->words, part->words + 1, (LAST_WORDS - 1) * sizeof *part->words);
        part->words[LAST_WORDS - 1] = g_strdup(line);
    }
    log_debug("child.says", "{s:s s:s}", "name", names[part->which], "line", line);
    if (part->which == WAITER)
        return;
    struct supervisor_ports *ports = &part->supervisor->ports;
    ports->on_line(ports->data, names[part->which], line, complains);
    // Only now is it sure that who answers on its port is this one, and not somebody else's.
    if (part->which == SCSYNTH && strstr(line, "server ready")) {
        part->has_worked = true;
        ports->on_scsynth_ready(ports->data);
    }
}

// Whether a thread of this process may have realtime priority, as jackd's would.
static bool may_be_realtime(void)
{
    struct sched_param high = {.sched_priority = 10}, normal = {0};
    if (sched_setscheduler(0, SCHED_FIFO, &high) != 0)
        return false;
    sched_setscheduler(0, SCHED_OTHER, &normal);
    return true;
}

static char **jackd_argv(const struct config *config)
{
    GPtrArray *argv = g_ptr_array_new();
    const char *driver = config_string(config, "jack-driver");
    g_auto(GStrv) words = g_strsplit_set(driver, " ", -1);
    bool realtime = may_be_realtime();
    if (!realtime)
        log_info("jackd.no_realtime", "{s:s}", "reason", "realtime scheduling is not permitted");
    g_ptr_array_add(argv, g_strdup("jackd"));
    g_ptr_array_add(argv, g_strdup(realtime ? "--realtime" : "--no-realtime"));
    g_ptr_array_add(argv, g_strdup("--name"));
    g_ptr_array_add(argv, g_strdup(config_string(config, "jack-server")));
    g_ptr_array_add(argv, g_strdup("-d"));
    g_ptr_array_add(argv, g_strdup(words[0]));
    g_ptr_array_add(argv, g_strdup_printf("-r%d", (int)config_integer(config, "jack-rate")));
    g_ptr_array_add(argv, g_strdup_printf("-p%d", (int)config_integer(config, "jack-period")));
    if (strcmp(words[0], "dummy") == 0) {
        g_ptr_array_add(argv, g_strdup("-C2"));
        g_ptr_array_add(argv, g_strdup("-P2"));
    }
    for (int i = 1; words[0] && words[i]; i++)
        if (*words[i])
            g_ptr_array_add(argv, g_strdup(words[i]));
    g_ptr_array_add(argv, NULL);
    return (char **)g_ptr_array_free(argv, FALSE);
}

static char **strings(const char *first, ...)
{
    GPtrArray *array = g_ptr_array_new();
    va_list args;
    va_start(args, first);
    for (const char *s = first; s; s = va_arg(args, const char *))
        g_ptr_array_add(array, g_strdup(s));
    va_end(args);
    g_ptr_array_add(array, NULL);
    return (char **)g_ptr_array_free(array, FALSE);
}

int supervisor_buffers(const struct config *config)
{
    int set = (int)config_integer(config, "scsynth-buffers");
    bool ours = strstr(config_string(config, "supervise"), names[SCSYNTH]) != NULL;
    return set ? set : ours ? BUFFERS_OF_OURS : BUFFERS_OF_OTHERS;
}

// Flags: scsynth --help. 16 logins at most, since sclang does not take more than 32.
static char **scsynth_argv(const struct config *config, const struct supervisor_plan *plan)
{
    g_autofree char *port = g_strdup_printf("%d", plan->scsynth_port);
    g_autofree char *buffers = g_strdup_printf("%d", supervisor_buffers(config));
    g_autofree char *client = g_strconcat(config_string(config, "jack-server"), ":scsynth", NULL);
    return strings("scsynth", "-u", port, "-B", config_string(config, "scsynth-address"), "-H",
                   client, "-i", "2", "-o", "2", "-l", "16", "-n",
                   config_string(config, "scsynth-nodes"), "-m",
                   config_string(config, "scsynth-memory"), "-a", "1024", "-w", "1024", "-b",
                   buffers, "-D", "0", "-R", "0", "-V", "0", "-P", plan->server_dir, NULL);
}

// All that was set for us, by whatever way, and where the link is.
static char **pipeline_environment(const struct config *config, const struct supervisor_plan *plan)
{
    static const char *const ours[] = {"link-url", "link-token", "recordings-dir", NULL};
    char **environment = config_environment(config, PROGRAM_PIPELINE, ours);
    environment = g_environ_setenv(environment, "FARFIELD_LINK_URL", plan->link_url, TRUE);
    if (*config_string(config, "stream-address") == '\0')
        environment = g_environ_setenv(environment, "FARFIELD_STREAM_ADDRESS",
                                       config_string(config, "address"), TRUE);
    environment = g_environ_setenv(environment, "FARFIELD_LINK_TOKEN", plan->link_token, TRUE);
    return g_environ_setenv(environment, "FARFIELD_RECORDINGS_DIR", plan->recordings_dir, TRUE);
}

static bool read_wanted(struct supervisor *s, const char *text, GError **error)
{
    g_auto(GStrv) words = g_strsplit_set(text, ", ", -1);
    for (int i = 0; words[i]; i++) {
        bool known = *words[i] == '\0' || strcmp(words[i], "none") == 0;
        for (int p = JACKD; p <= PIPELINE; p++) {
            if (strcmp(words[i], names[p]) != 0)
                continue;
            s->parts[p].wanted = known = true;
        }
        if (!known) {
            g_set_error(error, FARFIELD_ERROR, ERROR_INVALID,
                        "supervise: \"%s\" is none of jackd, scsynth, pipeline, none", words[i]);
            return false;
        }
    }
    s->parts[WAITER].wanted = s->parts[JACKD].wanted;
    return true;
}

struct supervisor *supervisor_create(const struct config *config,
                                     const struct supervisor_plan *plan,
                                     const struct supervisor_ports *ports, GError **error)
{
    struct supervisor *s = g_new0(struct supervisor, 1);
    s->ports = *ports;
    s->shared_memory = g_strdup_printf("/SuperColliderServer_%d", plan->scsynth_port);
    for (int i = 0; i < N_PARTS; i++) {
        struct part *part = &s->parts[i];
        struct child_ports child_ports = {part, i == PIPELINE ? NULL : on_line, on_end};
        g_autofree char *pipe = g_strdup_printf("%s/%s.pipe", plan->run_dir, names[i]);
        part->supervisor = s;
        part->which = i;
        part->child = child_create(names[i], pipe, &child_ports);
    }
    const char *server = config_string(config, "jack-server");
    g_autofree char *jack = g_strconcat("JACK_DEFAULT_SERVER=", server, NULL);
    s->parts[JACKD].argv = jackd_argv(config);
    // Only a server that we started may be used, never one that a library starts by itself.
    s->parts[SCSYNTH].argv = scsynth_argv(config, plan);
    s->parts[SCSYNTH].environment =
        strings(jack, "JACK_NO_START_SERVER=1",
                "SC_JACK_DEFAULT_INPUTS=", "SC_JACK_DEFAULT_OUTPUTS=", NULL);
    s->parts[PIPELINE].argv = strings(plan->pipeline_path, NULL);
    s->parts[PIPELINE].environment = pipeline_environment(config, plan);
    s->parts[WAITER].argv = strings("jack_wait", "-s", server, "-c", NULL);
    if (read_wanted(s, config_string(config, "supervise"), error))
        return s;
    supervisor_destroy(s);
    return NULL;
}

void supervisor_destroy(struct supervisor *s)
{
    if (!s)
        return;
    for (int i = 0; i < N_PARTS; i++) {
        struct part *part = &s->parts[i];
        clear_timer(part);
        child_destroy(part->child);
        g_strfreev(part->argv);
        g_strfreev(part->environment);
        for (int k = 0; k < LAST_WORDS; k++)
            g_free(part->words[k]);
    }
    g_free(s->shared_memory);
    g_free(s);
}

static bool adopt(struct part *part, const json_t *saved)
{
    const json_t *entry = json_object_get(saved, names[part->which]);
    pid_t pid = (pid_t)json_integer_value(json_object_get(entry, "pid"));
    uint64_t start = json_integer_value(json_object_get(entry, "start_time"));
    if (!part->wanted || !child_adopt(part->child, pid, start))
        return false;
    part->started_at = g_get_monotonic_time();
    part->has_worked = true;
    log_info("child.adopted", "{s:s s:i}", "name", names[part->which], "pid", (int)pid);
    return true;
}

void supervisor_start(struct supervisor *s, const json_t *saved)
{
    for (int i = JACKD; i <= PIPELINE; i++)
        adopt(&s->parts[i], saved);
    s->jack_ready = child_pid(s->parts[JACKD].child) != 0;
    if (child_pid(s->parts[SCSYNTH].child))
        s->ports.on_scsynth_ready(s->ports.data);
    for (int i = JACKD; i <= PIPELINE; i++)
        start_part(&s->parts[i]);
}

json_t *supervisor_save(const struct supervisor *s)
{
    json_t *saved = json_object();
    for (int i = JACKD; i <= PIPELINE; i++) {
        const struct child *child = s->parts[i].child;
        if (child_pid(child))
            json_object_set_new(saved, names[i],
                                json_pack("{s:i s:I}", "pid", (int)child_pid(child), "start_time",
                                          (json_int_t)child_start_time(child)));
    }
    return saved;
}

bool supervisor_owns_scsynth(const struct supervisor *s)
{
    return s->parts[SCSYNTH].wanted;
}

bool supervisor_kill_scsynth(struct supervisor *s)
{
    if (!s->parts[SCSYNTH].wanted)
        return false;
    child_signal(s->parts[SCSYNTH].child, SIGKILL);
    return true;
}

void supervisor_trust(struct supervisor *s)
{
    for (int which = 0; which < N_PARTS; which++)
        s->parts[which].has_worked = true;
}

void supervisor_kill_pipeline(struct supervisor *s)
{
    if (s->parts[PIPELINE].wanted)
        child_signal(s->parts[PIPELINE].child, SIGKILL);
}

// One after the other, each when the one before has ended.
static void stop_next(struct supervisor *s)
{
    static const enum which order[] = {WAITER, PIPELINE, SCSYNTH, JACKD};
    for (gsize i = 0; i < G_N_ELEMENTS(order); i++) {
        struct part *part = &s->parts[order[i]];
        clear_timer(part);
        if (!child_pid(part->child))
            continue;
        child_signal(part->child, SIGTERM);
        set_timer(part, STOP_DEADLINE);
        return;
    }
    s->ports.on_stopped(s->ports.data);
}

void supervisor_stop(struct supervisor *s)
{
    if (s->stopping)
        return;
    s->stopping = true;
    // One that stands still holds up the whole JACK graph, and hears nothing.
    for (int i = JACKD; i <= PIPELINE; i++)
        child_signal(s->parts[i].child, SIGCONT);
    stop_next(s);
}
