// SPDX-License-Identifier: GPL-3.0-or-later
// farfield-sound IN OUT MAX_BYTES: reads a sound file that a stranger sent and writes what it holds
// as a plain WAV file, the only kind that scsynth is ever given. MAX_BYTES is the most that its
// samples may take as float32.
//
// It is a process of its own since its input is hostile: decoders have bugs, and here one costs an
// upload instead of the controller, while the kernel bounds its memory and time. scsynth, which
// trusts what it reads, gets a header that was written here.
//
// farfield-sound --peaks IN PIECES POINTS: prints what is drawn of a sound file (peaks.h).
//
// Prints one JSON object: {"sum", "bytes", "frames", "channels", "rate", "format"}, or {"status",
// "detail"} of what is wrong.
#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <jansson.h>
#include <math.h>
#include <signal.h>
#include <sndfile.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "controller/sound/peaks.h"

#define MAX_CHANNELS 64
#define MIN_RATE 1000
#define MAX_RATE 768000
#define BLOCK 65536           // samples at a time
#define CPU_SECONDS 60        // of the whole
#define MEMORY (512ull << 20) // bytes
#define HEADER 4096           // of OUT, at most, bytes
#define STREAMED 4294967295.0 // length in a WAV that was written into a pipe

struct job {
    SNDFILE *in, *out;
    SF_INFO from, to;
    guint64 max_samples, done; // samples
};

// A failure ends the program: there is nothing here to go on with.
static void refuse(int status, const char *format, ...) G_GNUC_PRINTF(2, 3) G_GNUC_NORETURN;
static void refuse(int status, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *detail = g_strdup_vprintf(format, args);
    va_end(args);
    g_autofree char *valid = g_utf8_make_valid(detail, -1);
    json_t *answer = json_pack("{s:i s:s}", "status", status, "detail", valid);
    json_dumpf(answer, stdout, JSON_COMPACT);
    json_decref(answer);
    fflush(stdout);
    _exit(1);
}

static void limit(int resource, rlim_t most)
{
    // Who started us may have set it lower.
    struct rlimit limit;
    getrlimit(resource, &limit);
    limit.rlim_cur = limit.rlim_max = MIN(limit.rlim_cur, most);
    setrlimit(resource, &limit);
}

static void limit_all(guint64 max_bytes)
{
    // A file that may not grow is an error of writing.
    signal(SIGXFSZ, SIG_IGN);
    limit(RLIMIT_CPU, CPU_SECONDS);
    limit(RLIMIT_CORE, 0);
    limit(RLIMIT_FSIZE, max_bytes + HEADER);
    limit(RLIMIT_NOFILE, 16);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
    limit(RLIMIT_AS, MEMORY);
#endif
}

static const char *format_name(int format)
{
    switch (format & SF_FORMAT_TYPEMASK) {
    case SF_FORMAT_WAV:
    case SF_FORMAT_WAVEX:
    case SF_FORMAT_RF64:
        return "wav";
    case SF_FORMAT_AIFF:
        return "aiff";
    case SF_FORMAT_FLAC:
        return "flac";
    case SF_FORMAT_OGG:
        return "ogg";
    default:
        return NULL;
    }
}

// Whole numbers of up to 24 bits stay what they are; all else is float32, as it is in scsynth.
static int wav_format(int format)
{
    switch (format & SF_FORMAT_SUBMASK) {
    case SF_FORMAT_PCM_S8:
    case SF_FORMAT_PCM_U8:
    case SF_FORMAT_PCM_16:
        return SF_FORMAT_WAV | SF_FORMAT_PCM_16;
    case SF_FORMAT_PCM_24:
        return SF_FORMAT_WAV | SF_FORMAT_PCM_24;
    default:
        return SF_FORMAT_WAV | SF_FORMAT_FLOAT;
    }
}

static guint64 sample_bytes(int format)
{
    int coding = format & SF_FORMAT_SUBMASK;
    return coding == SF_FORMAT_PCM_16 ? 2 : coding == SF_FORMAT_PCM_24 ? 3 : 4;
}

// libsndfile makes do with what is there of a chunk that promises more; it says so in its log:
// "data : 19200 (should be 4957)".
static void check_length(SNDFILE *in)
{
    char log[16384] = "";
    sf_command(in, SFC_GET_LOG_INFO, log, sizeof log);
    g_auto(GStrv) lines = g_strsplit(log, "\n", -1);
    for (int i = 0; lines[i]; i++) {
        const char *line = g_strchug(lines[i]);
        double promised = 0, found = 0;
        if (sscanf(line, "data : %lf (should be %lf", &promised, &found) != 2 &&
            sscanf(line, "SSND : %lf (should be %lf", &promised, &found) != 2)
            continue;
        if (promised > found && promised != STREAMED)
            refuse(422,
                   "the file is cut off: its header promises %.0f bytes of sound, there are "
                   "%.0f",
                   promised, found);
    }
}

static void open_in(struct job *job, const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        refuse(500, "the upload cannot be read");
    job->in = sf_open_fd(fd, SFM_READ, &job->from, 1);
    if (!job->in)
        refuse(422, "not a sound file that can be read: %s", sf_strerror(NULL));
    if (!format_name(job->from.format))
        refuse(422, "this is no WAV, AIFF, FLAC or Ogg file");
    if (job->from.channels < 1 || job->from.channels > MAX_CHANNELS)
        refuse(422, "the file has %d channels; 1 to %d are taken", job->from.channels,
               MAX_CHANNELS);
    if (job->from.samplerate < MIN_RATE || job->from.samplerate > MAX_RATE)
        refuse(422, "the file's sample rate is %d Hz; %d to %d are taken", job->from.samplerate,
               MIN_RATE, MAX_RATE);
    check_length(job->in);
    if (job->from.frames <= 0)
        refuse(422, "the file holds no sound");
}

static void check_size(const struct job *job, guint64 samples)
{
    if (samples > job->max_samples)
        refuse(413,
               "the file's sound is longer than the %" G_GUINT64_FORMAT
               " samples that a buffer may hold",
               job->max_samples);
}

static void open_out(struct job *job, const char *path)
{
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0644);
    if (fd < 0)
        refuse(errno == ENOSPC ? 507 : 500, "the sound cannot be stored: %s", g_strerror(errno));
    job->to = (SF_INFO){.samplerate = job->from.samplerate,
                        .channels = job->from.channels,
                        .format = wav_format(job->from.format)};
    job->out = sf_open_fd(fd, SFM_WRITE, &job->to, 1);
    if (!job->out)
        refuse(500, "the sound cannot be stored: %s", sf_strerror(NULL));
    // The same sound gives the same bytes: no chunk with the time of day in it.
    sf_command(job->out, SFC_SET_ADD_PEAK_CHUNK, NULL, SF_FALSE);
}

static void check_samples(const struct job *job, const float *samples, sf_count_t count)
{
    for (sf_count_t i = 0; i < count; i++)
        if (!isfinite(samples[i]))
            refuse(422, "frame %" G_GUINT64_FORMAT " holds a sample that is no number",
                   (job->done + i) / job->from.channels);
}

// One block; its number of samples, 0 at the end.
static sf_count_t copy_block(struct job *job, bool exact)
{
    static union {
        int whole[BLOCK];
        float real[BLOCK];
    } block;
    sf_count_t fits = BLOCK / job->from.channels * job->from.channels;
    sf_count_t count =
        exact ? sf_read_int(job->in, block.whole, fits) : sf_read_float(job->in, block.real, fits);
    if (count <= 0)
        return 0;
    if (!exact)
        check_samples(job, block.real, count);
    check_size(job, job->done + count);
    sf_count_t written = exact ? sf_write_int(job->out, block.whole, count)
                               : sf_write_float(job->out, block.real, count);
    if (written != count)
        refuse(507, "there is no room to store the sound");
    return count;
}

static void copy(struct job *job)
{
    bool exact = (job->to.format & SF_FORMAT_SUBMASK) != SF_FORMAT_FLOAT;
    sf_count_t count;
    while ((count = copy_block(job, exact)) > 0)
        job->done += count;
    guint64 promised = (guint64)job->from.frames * job->from.channels;
    if (sf_error(job->in))
        refuse(422, "the file is damaged: %s", sf_strerror(job->in));
    // Of an Ogg file the length is an estimate where pages are missing.
    if (job->done == 0 || job->done < promised)
        refuse(422,
               "the file is cut off: %" G_GUINT64_FORMAT " of %" G_GUINT64_FORMAT
               " frames are there",
               job->done / job->from.channels, (guint64)job->from.frames);
}

// The file's SHA-256, which is also its name; it is on the disk then.
static char *sum_of(const char *path, guint64 *bytes)
{
    guint8 block[65536];
    ssize_t count;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);
    if (fd < 0 || fsync(fd) != 0)
        refuse(507, "there is no room to store the sound");
    *bytes = 0;
    while ((count = read(fd, block, sizeof block)) > 0) {
        g_checksum_update(sum, block, count);
        *bytes += count;
    }
    close(fd);
    return g_strdup(g_checksum_get_string(sum));
}

static int print_peaks(const char *path, int pieces, int points)
{
    limit_all(0);
    json_t *peaks = points > 0 ? peaks_of_files(path, pieces, points) : NULL;
    if (!peaks)
        refuse(500, "the sound cannot be read");
    // What is drawn needs no more.
    json_dumpf(peaks, stdout, JSON_COMPACT | JSON_REAL_PRECISION(5));
    json_decref(peaks);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc == 5 && strcmp(argv[1], "--peaks") == 0)
        return print_peaks(argv[2], atoi(argv[3]), atoi(argv[4]));
    if (argc != 4) {
        fprintf(stderr, "usage: farfield-sound IN OUT MAX_BYTES\n"
                        "       farfield-sound --peaks IN PIECES POINTS\n");
        return 2;
    }
    struct job job = {.max_samples = g_ascii_strtoull(argv[3], NULL, 10) / sizeof(float)};
    limit_all(job.max_samples * sizeof(float));
    open_in(&job, argv[1]);
    check_size(&job, (guint64)job.from.frames * job.from.channels);
    open_out(&job, argv[2]);
    copy(&job);
    sf_close(job.in);
    // What is still in its hands is written now.
    if (sf_close(job.out) != 0)
        refuse(507, "there is no room to store the sound");
    guint64 bytes;
    g_autofree char *sum = sum_of(argv[2], &bytes);
    if (bytes < job.done * sample_bytes(job.to.format))
        refuse(507, "there is no room to store the sound");
    json_t *answer =
        json_pack("{s:s s:I s:I s:i s:i s:s}", "sum", sum, "bytes", (json_int_t)bytes, "frames",
                  (json_int_t)(job.done / job.from.channels), "channels", job.from.channels, "rate",
                  job.from.samplerate, "format", format_name(job.from.format));
    json_dumpf(answer, stdout, JSON_COMPACT);
    json_decref(answer);
    return 0;
}
