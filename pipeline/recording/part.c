// SPDX-License-Identifier: GPL-3.0-or-later
#include "pipeline/recording/part.h"

#include <errno.h>
#include <fcntl.h>
#include <sndfile.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/error.h"

#define CHANNELS 2
#define FRAME 6         // bytes
#define WAV_HEADER 44   // as libsndfile writes it: RIFF, fmt and the head of data
#define FLAC_BLOCK 4096 // frames that libFLAC gathers before it writes
#define FLAC_COUNT 21   // byte of the file where STREAMINFO's 36 bits of its length begin
#define MOST_UNCOUNTED (10 * RECORDING_RATE)
#define SLACK 4096 // bytes that a FLAC's end and its block headers may add

struct part {
    int fd; // owned
    SNDFILE *file;
    enum recording_format format;
    guint64 frames;
};

static int format_bits(enum recording_format format)
{
    return (format == RECORDING_FLAC ? SF_FORMAT_FLAC : SF_FORMAT_WAV) | SF_FORMAT_PCM_24;
}

static void set_error(GError **error, const char *detail)
{
    g_set_error(error, FARFIELD_ERROR, ERROR_INTERNAL, "the sound file cannot be written: %s",
                detail);
}

struct part *part_create(const char *path, enum recording_format format, GError **error)
{
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    if (fd < 0) {
        set_error(error, g_strerror(errno));
        return NULL;
    }
    SF_INFO info = {
        .samplerate = RECORDING_RATE, .channels = CHANNELS, .format = format_bits(format)};
    SNDFILE *file = sf_open_fd(fd, SFM_WRITE, &info, SF_FALSE);
    if (!file) {
        set_error(error, sf_strerror(NULL));
        close(fd);
        unlink(path);
        return NULL;
    }
    sf_command(file, SFC_SET_CLIPPING, NULL, SF_TRUE);
    struct part *part = g_new0(struct part, 1);
    part->fd = fd;
    part->file = file;
    part->format = format;
    return part;
}

bool part_close(struct part *part, struct recording_part *whole, GError **error)
{
    int failure = sf_close(part->file);
    *whole = (struct recording_part){part_bytes(part), part->frames};
    bool good = failure == 0;
    if (!good)
        set_error(error, sf_error_number(failure));
    // The last that a network's disk may say.
    if (close(part->fd) != 0 && good) {
        set_error(error, g_strerror(errno));
        good = false;
    }
    g_free(part);
    return good;
}

bool part_write(struct part *part, const float *frames, size_t count, GError **error)
{
    sf_count_t written = sf_writef_float(part->file, frames, count);
    part->frames += MAX(written, 0);
    if (written == (sf_count_t)count)
        return true;
    set_error(error, sf_strerror(part->file));
    return false;
}

// libFLAC writes the length when it ends. Until then it is what has left it for sure.
static void update_flac(struct part *part)
{
    guint8 bytes[5];
    guint64 count = part->frames > 2 * FLAC_BLOCK ? part->frames - 2 * FLAC_BLOCK : 0;
    if (pread(part->fd, bytes, 1, FLAC_COUNT) != 1)
        return;
    bytes[0] = (bytes[0] & 0xf0) | ((count >> 32) & 0x0f);
    for (int i = 1; i < 5; i++)
        bytes[i] = count >> (32 - 8 * i);
    // In vain where the disk is broken, which the next frames will show.
    if (pwrite(part->fd, bytes, sizeof bytes, FLAC_COUNT) != sizeof bytes)
        return;
}

void part_update(struct part *part, bool sync)
{
    if (part->format == RECORDING_FLAC)
        update_flac(part);
    else
        sf_command(part->file, SFC_UPDATE_HEADER_NOW, NULL, 0);
    if (sync)
        fdatasync(part->fd);
}

guint64 part_frames(const struct part *part)
{
    return part->frames;
}

guint64 part_bytes(const struct part *part)
{
    struct stat status;
    return fstat(part->fd, &status) == 0 ? status.st_size : 0;
}

guint64 part_bytes_after(const struct part *part, size_t count)
{
    if (part->format == RECORDING_WAV)
        return WAV_HEADER + (part->frames + count) * FRAME;
    return part_bytes(part) + (FLAC_BLOCK + count) * FRAME + SLACK;
}

// --- what others left ---------------------------------------------------------------------------

static void put_length(int fd, off_t at, guint64 length)
{
    guint32 bytes = GUINT32_TO_LE((guint32)MIN(length, G_MAXUINT32));
    if (pwrite(fd, &bytes, sizeof bytes, at) != sizeof bytes)
        return;
}

static bool recover_wav(int fd, struct recording_part *found)
{
    char head[WAV_HEADER];
    if (pread(fd, head, sizeof head, 0) != sizeof head || memcmp(head, "RIFF", 4) != 0 ||
        memcmp(head + WAV_HEADER - 8, "data", 4) != 0)
        return false;
    found->frames = (found->bytes - WAV_HEADER) / FRAME;
    put_length(fd, 4, WAV_HEADER - 8 + found->frames * FRAME);
    put_length(fd, WAV_HEADER - 4, found->frames * FRAME);
    return true;
}

// One that ended before its length was written for the first time is short enough to be counted.
static guint64 count_frames(int fd)
{
    SF_INFO info = {0};
    float frames[CHANNELS * FLAC_BLOCK];
    guint64 count = 0;
    SNDFILE *file = lseek(fd, 0, SEEK_SET) == 0 ? sf_open_fd(fd, SFM_READ, &info, SF_FALSE) : NULL;
    if (!file)
        return 0;
    for (sf_count_t n; count < MOST_UNCOUNTED && info.channels == CHANNELS &&
                       (n = sf_readf_float(file, frames, FLAC_BLOCK)) > 0;)
        count += n;
    sf_close(file);
    return count;
}

// What is behind the length that was written last is left to players that go on to the end.
static bool recover_flac(int fd, struct recording_part *found)
{
    guint8 head[FLAC_COUNT + 5];
    if (pread(fd, head, sizeof head, 0) != sizeof head || memcmp(head, "fLaC", 4) != 0)
        return false;
    found->frames = head[FLAC_COUNT] & 0x0f;
    for (int i = 1; i < 5; i++)
        found->frames = found->frames << 8 | head[FLAC_COUNT + i];
    if (found->frames == 0)
        found->frames = count_frames(fd);
    return true;
}

bool part_recover(const char *path, enum recording_format format, struct recording_part *found)
{
    struct stat status;
    int fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    bool good = fd >= 0 && fstat(fd, &status) == 0 && S_ISREG(status.st_mode);
    if (good) {
        *found = (struct recording_part){status.st_size, 0};
        good = format == RECORDING_FLAC ? recover_flac(fd, found) : recover_wav(fd, found);
    }
    if (fd >= 0)
        close(fd);
    return good;
}
