// SPDX-License-Identifier: GPL-3.0-or-later
// Recordings, from the tape to the files. The room is played by the test, faster than life; its
// sound is a noise that tells every frame by its value.
#include "pipeline/recording/recorder.h"

#include <glib/gstdio.h>
#include <math.h>
#include <signal.h>
#include <sndfile.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "pipeline/recording/part.h"
#include "pipeline/sound/tape.h"
#include "tests/unit/fake_asserts.h"

#define BLOCK 480
#define MB 1000000

// --- a room -------------------------------------------------------------------------------------

static struct tape *tape_of_room;

void source_add_tape(struct source *source, struct tape *tape)
{
    tape_of_room = tape;
}

void source_remove_tape(struct source *source, struct tape *tape)
{
    tape_of_room = NULL;
}

int source_xruns(const struct source *source)
{
    return 0;
}

// Within -0.5..0.5 and as good as never 0, what 24 bits hold, and different from frame to frame in
// a way that no encoder foresees.
static float noise(guint64 frame)
{
    guint32 mixed = (guint32)frame * 2654435761u;
    mixed = (mixed ^ mixed >> 15) * 2246822519u;
    return (float)((int)(mixed >> 8) - (1 << 23)) / (1 << 24);
}

static void fill(float *frames, guint64 first, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        frames[2 * i] = noise(first + i);
        frames[2 * i + 1] = -noise(first + i);
    }
}

// Sounds from frame `first` on. The disk is waited for where `count` is more than the tape holds.
static void sound(guint64 first, guint64 count)
{
    float frames[2 * BLOCK];
    for (guint64 at = 0; at < count; at += BLOCK) {
        size_t n = MIN(BLOCK, count - at);
        fill(frames, first + at, n);
        tape_write(tape_of_room, frames, n);
        if (at % (200 * BLOCK) == 199 * BLOCK)
            g_usleep(30000);
    }
}

struct room_of_test {
    struct shelf shelf;
    struct recorder *recorder;
    struct source *nobody;
};

static int set_up(void **state)
{
    struct room_of_test *t = g_new0(struct room_of_test, 1);
    g_autofree char *dir = g_dir_make_tmp("farfield-XXXXXX", NULL);
    shelf_init(&t->shelf, dir, 1000 * (guint64)MB, 0, MB);
    *state = t;
    return 0;
}

static int clean_up(void **state)
{
    struct room_of_test *t = *state;
    const char *argv[] = {"rm", "-rf", t->shelf.dir, NULL};
    assert_true(g_spawn_sync(NULL, (char **)argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL,
                             NULL, NULL));
    shelf_clear(&t->shelf);
    g_free(t);
    return 0;
}

static struct recording *wish(const char *id, enum recording_format format)
{
    struct recording *wanted = recording_new(id, "main", "a name");
    wanted->format = format;
    wanted->started = 5;
    return wanted;
}

// Takes `wanted`.
static void begin(struct room_of_test *t, struct recording *wanted)
{
    t->recorder = recorder_create(&t->shelf, t->nobody, wanted);
    recording_destroy(wanted);
}

// Waits for its end; the caller owns what it has become.
static struct recording *finish(struct room_of_test *t)
{
    struct recording *state = recorder_state(t->recorder);
    for (int i = 0; i < 1000 && recording_is_active(state); i++) {
        g_usleep(10000);
        recording_destroy(state);
        state = recorder_state(t->recorder);
    }
    assert_false(recording_is_active(state));
    recorder_stop(t->recorder, NULL);
    recorder_destroy(t->recorder);
    // What the world is told is what is kept.
    struct recording *kept = recording_read(t->shelf.dir, state->id, NULL);
    if (kept && state->status != 409) {
        json_t *a = recording_to_json(kept), *b = recording_to_json(state);
        assert_true(json_equal(a, b));
        json_decref(a);
        json_decref(b);
    }
    recording_destroy(kept);
    return state;
}

static struct recording *stop(struct room_of_test *t)
{
    recorder_stop(t->recorder, NULL);
    return finish(t);
}

// --- what is in the files -----------------------------------------------------------------------

static char *path_of(const struct room_of_test *t, const struct recording *recording, guint part)
{
    g_autofree char *name = recording_part_name(recording, part);
    return g_build_filename(t->shelf.dir, recording->id, name, NULL);
}

// Compares a file with the sound from frame `first` on; how many frames it has.
static guint64 compare(const char *path, guint64 first)
{
    SF_INFO info = {0};
    SNDFILE *file = sf_open(path, SFM_READ, &info);
    if (!file)
        fail_msg("%s: %s", path, sf_strerror(NULL));
    assert_int_equal(info.samplerate, RECORDING_RATE);
    assert_int_equal(info.channels, 2);
    assert_int_equal(info.format & SF_FORMAT_SUBMASK, SF_FORMAT_PCM_24);
    float frames[2 * BLOCK], expected[2 * BLOCK];
    guint64 count = 0;
    for (sf_count_t n; (n = sf_readf_float(file, frames, BLOCK)) > 0; count += n) {
        fill(expected, first + count, n);
        for (sf_count_t i = 0; i < 2 * n; i++)
            if (fabsf(frames[i] - expected[i]) > 2.0f / (1 << 23))
                fail_msg("frame %" G_GUINT64_FORMAT ": %f, not %f", count + i / 2, frames[i],
                         expected[i]);
    }
    sf_close(file);
    return count;
}

static void compare_all(const struct room_of_test *t, const struct recording *recording)
{
    guint64 at = 0;
    for (guint i = 0; i < recording->parts->len; i++) {
        g_autofree char *path = path_of(t, recording, i);
        const struct recording_part *part = recording_part(recording, i);
        GStatBuf status;
        assert_int_equal(compare(path, at), part->frames);
        assert_int_equal(g_stat(path, &status), 0);
        assert_int_equal(status.st_size, part->bytes);
        assert_true(part->bytes <= recording->split);
        at += part->frames;
    }
}

// --- the tape -----------------------------------------------------------------------------------

static void a_tape_keeps_the_order(void **state)
{
    struct tape *tape = tape_create(1024);
    float in[2 * 300], out[2 * 300];
    for (int round = 0; round < 20; round++) {
        fill(in, round * 300, 300);
        tape_write(tape, in, 300);
        for (size_t taken = 0; taken < 300; taken += 100)
            assert_int_equal(tape_read(tape, out + 2 * taken, 100), 100);
        assert_memory_equal(in, out, sizeof in);
        assert_int_equal(tape_read(tape, out, 300), 0);
    }
    assert_int_equal(tape_lost(tape), 0);
    tape_destroy(tape);
}

static void what_a_tape_loses_is_silence_of_its_length(void **state)
{
    struct tape *tape = tape_create(1024);
    float in[2 * 100], out[2 * 100];
    // 1000 fit; then 500 are lost, of which some would find a place if the hole were not kept
    // whole.
    for (int i = 0; i < 13; i++) {
        fill(in, i * 100, 100);
        tape_write(tape, in, 100);
    }
    for (int i = 0; i < 4; i++)
        assert_int_equal(tape_read(tape, out, 100), 100);
    for (int i = 13; i < 15; i++)
        tape_write(tape, in, 100);
    assert_int_equal(tape_lost(tape), 500);
    for (int i = 4; i < 10; i++)
        assert_int_equal(tape_read(tape, out, 100), 100);
    assert_float_equal(out[0], noise(900), 1e-9);
    assert_int_equal(tape_read(tape, out, 100), 0);
    fill(in, 1500, 100);
    tape_write(tape, in, 100);
    static const float silence[2 * 100];
    for (int i = 0; i < 5; i++) {
        assert_int_equal(tape_read(tape, out, 100), 100);
        assert_memory_equal(out, silence, sizeof out);
    }
    assert_int_equal(tape_read(tape, out, 100), 100);
    assert_memory_equal(in, out, sizeof in);
    tape_destroy(tape);
}

#define HURRIED 400000

static gpointer write_hurriedly(gpointer tape)
{
    float frames[2 * 100];
    for (guint64 at = 0; at < HURRIED; at += 100) {
        fill(frames, at, 100);
        tape_write(tape, frames, 100);
    }
    return NULL;
}

// Two threads that hurry: each frame comes at its place, or silence does.
static void a_tape_is_in_time_whatever_it_loses(void **state)
{
    struct tape *tape = tape_create(4096);
    GThread *writer = g_thread_new("writer", write_hurriedly, tape);
    float frames[2 * 77];
    guint64 at = 0, silent = 0;
    int idle = 0;
    while (idle < 200) {
        size_t n = tape_read(tape, frames, 77);
        idle = n ? 0 : idle + 1;
        if (n == 0)
            g_usleep(1000);
        for (size_t i = 0; i < n; i++, at++) {
            // The ramp itself is never 0 there.
            bool is_silent = frames[2 * i] == 0 && noise(at) != 0;
            silent += is_silent;
            if (!is_silent && frames[2 * i] != noise(at))
                fail_msg("frame %" G_GUINT64_FORMAT " is wrong", at);
        }
    }
    g_thread_join(writer);
    // A loss at the very end is never followed by sound.
    assert_true(at <= HURRIED && silent <= tape_lost(tape));
    assert_int_equal(HURRIED - at, tape_lost(tape) - silent);
    tape_destroy(tape);
}

// --- recordings ---------------------------------------------------------------------------------

static void all_that_sounds_is_written(void **state)
{
    struct room_of_test *t = *state;
    for (int format = RECORDING_WAV; format <= RECORDING_FLAC; format++) {
        begin(t, wish(format ? "flac" : "wav", format));
        sound(0, 300007);
        struct recording *done = stop(t);
        assert_int_equal(done->state, RECORDING_DONE);
        assert_null(done->detail);
        assert_int_equal(recording_frames(done), 300007);
        assert_int_equal(done->lost, 0);
        compare_all(t, done);
        recording_destroy(done);
    }
}

static void parts_put_together_are_the_whole(void **state)
{
    struct room_of_test *t = *state;
    for (int format = RECORDING_WAV; format <= RECORDING_FLAC; format++) {
        struct recording *wanted = wish(format ? "flac" : "wav", format);
        wanted->split = RECORDING_MIN_SPLIT + format * 100001;
        begin(t, wanted);
        sound(0, 250000);
        struct recording *done = stop(t);
        assert_int_equal(done->state, RECORDING_DONE);
        assert_true(done->parts->len >= 3);
        assert_int_equal(recording_frames(done), 250000);
        compare_all(t, done);
        if (format == RECORDING_WAV) // by the frame: 44 bytes of header, 6 a frame, chunks of 1024
            assert_in_range(recording_part(done, 0)->bytes, RECORDING_MIN_SPLIT - 1024 * 6,
                            RECORDING_MIN_SPLIT);
        recording_destroy(done);
    }
}

static void it_ends_by_itself(void **state)
{
    struct room_of_test *t = *state;
    struct recording *wanted = wish("x", RECORDING_WAV);
    wanted->seconds = 1.5;
    begin(t, wanted);
    sound(0, 200000);
    struct recording *done = finish(t);
    assert_int_equal(done->state, RECORDING_DONE);
    assert_int_equal(recording_frames(done), 72000);
    compare_all(t, done);
    recording_destroy(done);
}

static void it_can_be_read_while_it_is_recorded(void **state)
{
    struct room_of_test *t = *state;
    for (int format = RECORDING_WAV; format <= RECORDING_FLAC; format++) {
        begin(t, wish(format ? "flac" : "wav", format));
        sound(0, 240000);
        struct recording *now = recorder_state(t->recorder);
        while (recording_frames(now) < 192000) {
            g_usleep(10000);
            recording_destroy(now);
            now = recorder_state(t->recorder);
        }
        assert_int_equal(now->state, RECORDING_RUNNING);
        g_autofree char *path = path_of(t, now, 0);
        assert_true(compare(path, 0) >= 192000 - 2 * 4096);
        recording_destroy(now);
        recording_destroy(stop(t));
    }
}

static void news_come_once(void **state)
{
    struct room_of_test *t = *state;
    begin(t, wish("x", RECORDING_WAV));
    struct recording *news = NULL;
    for (int i = 0; i < 200 && !news; i++) {
        g_usleep(10000);
        news = recorder_news(t->recorder);
    }
    assert_non_null(news);
    assert_int_equal(news->state, RECORDING_RUNNING);
    recording_destroy(news);
    assert_null(recorder_news(t->recorder));
    recorder_stop(t->recorder, "the end of the world");
    struct recording *done = finish(t);
    assert_int_equal(done->state, RECORDING_DONE);
    assert_string_equal(done->detail, "the end of the world");
    recording_destroy(done);
}

// --- what goes wrong ----------------------------------------------------------------------------

static void a_full_shelf_refuses(void **state)
{
    struct room_of_test *t = *state;
    t->shelf.limit = 2 * MB - 1; // less than two margins
    begin(t, wish("x", RECORDING_WAV));
    struct recording *refused = finish(t);
    assert_int_equal(refused->state, RECORDING_FAILED);
    assert_int_equal(refused->status, 507);
    assert_has(g_strdup(refused->detail), "recordings-limit");
    recording_destroy(refused);
    g_autofree char *folder = g_build_filename(t->shelf.dir, "x", NULL);
    assert_false(g_file_test(folder, G_FILE_TEST_EXISTS));
}

static void one_that_runs_ends_before_the_shelf_is_full(void **state)
{
    struct room_of_test *t = *state;
    t->shelf.limit = 3 * MB;
    begin(t, wish("x", RECORDING_WAV));
    sound(0, 500000); // 3 MB
    struct recording *done = finish(t);
    assert_int_equal(done->state, RECORDING_DONE);
    assert_has(g_strdup(done->detail), "recordings-limit");
    assert_in_range(recording_bytes(done), 2 * MB - 300000, 3 * MB - 1);
    compare_all(t, done);
    recording_destroy(done);
    // Where others are deleted meanwhile, it goes on.
    t->shelf.limit = 1000 * (guint64)MB;
    t->shelf.used = 999 * (guint64)MB;
    assert_true(shelf_may_go_on(&t->shelf, 1, NULL));
    assert_true(t->shelf.used < 3 * MB);
}

static void the_disk_is_not_filled(void **state)
{
    struct room_of_test *t = *state;
    t->shelf.reserve = (guint64)1 << 60;
    begin(t, wish("x", RECORDING_WAV));
    struct recording *refused = finish(t);
    assert_int_equal(refused->status, 507);
    assert_has(g_strdup(refused->detail), "recordings-reserve");
    recording_destroy(refused);
    t->shelf.reserve = 0;
    begin(t, wish("y", RECORDING_WAV));
    sound(0, 50000);
    struct recording *now = recorder_state(t->recorder);
    while (recording_frames(now) < RECORDING_RATE) {
        g_usleep(10000);
        recording_destroy(now);
        now = recorder_state(t->recorder);
    }
    recording_destroy(now);
    t->shelf.reserve = (guint64)1 << 60;
    sound(50000, 90000);
    struct recording *done = finish(t);
    assert_int_equal(done->state, RECORDING_DONE);
    assert_has(g_strdup(done->detail), "recordings-reserve");
    compare_all(t, done);
    recording_destroy(done);
}

// The disk refuses to take any more, as a full one does.
static void what_was_written_is_kept(void **state)
{
    struct room_of_test *t = *state;
    struct rlimit before, little = {400000, RLIM_INFINITY};
    getrlimit(RLIMIT_FSIZE, &before);
    little.rlim_max = before.rlim_max;
    signal(SIGXFSZ, SIG_IGN);
    for (int format = RECORDING_WAV; format <= RECORDING_FLAC; format++) {
        setrlimit(RLIMIT_FSIZE, &little);
        begin(t, wish(format ? "flac" : "wav", format));
        sound(0, 300000);
        struct recording *failed = finish(t);
        setrlimit(RLIMIT_FSIZE, &before);
        assert_int_equal(failed->state, RECORDING_FAILED);
        assert_int_equal(failed->status, 500);
        assert_has(g_strdup(failed->detail), "cannot be written");
        g_autofree char *path = path_of(t, failed, 0);
        assert_true(compare(path, 0) > 55000);
        recording_destroy(failed);
    }
}

// Neither a header nor a note fits: what the world hears is an answer, and nothing is left behind.
static void a_disk_that_takes_nothing_refuses(void **state)
{
    struct room_of_test *t = *state;
    static const int sizes[] = {20, 100};
    struct rlimit before;
    getrlimit(RLIMIT_FSIZE, &before);
    signal(SIGXFSZ, SIG_IGN);
    for (int i = 0; i < 4; i++) {
        struct rlimit little = {sizes[i / 2], before.rlim_max};
        setrlimit(RLIMIT_FSIZE, &little);
        begin(t, wish("x", i % 2 ? RECORDING_FLAC : RECORDING_WAV));
        sound(0, 48000);
        struct recording *failed = finish(t);
        setrlimit(RLIMIT_FSIZE, &before);
        assert_int_equal(failed->state, RECORDING_FAILED);
        assert_in_range(failed->status, 500, 507);
        // As the controller reads it.
        json_t *json = recording_to_json(failed);
        struct recording *told = recording_from_json(json, NULL);
        assert_non_null(told);
        assert_int_equal(told->parts->len, 0);
        g_autofree char *folder = g_build_filename(t->shelf.dir, "x", NULL);
        assert_false(g_file_test(folder, G_FILE_TEST_EXISTS));
        json_decref(json);
        recording_destroy(told);
        recording_destroy(failed);
    }
}

static void a_folder_that_is_there_is_left_alone(void **state)
{
    struct room_of_test *t = *state;
    for (int i = 0; i < 2; i++) {
        begin(t, wish("x", RECORDING_WAV));
        sound(0, 480);
        struct recording *end = stop(t);
        assert_int_equal(end->status, i ? 409 : 0);
        if (i)
            assert_int_equal(recording_frames(end), 0);
        else
            compare_all(t, end);
        // finish() has compared with the note of the first.
        recording_destroy(end);
        if (!i)
            continue;
        struct recording *first = recording_read(t->shelf.dir, "x", NULL);
        compare_all(t, first);
        recording_destroy(first);
    }
}

static void without_a_folder_there_is_no_recording(void **state)
{
    struct room_of_test *t = *state;
    g_autofree char *dir = t->shelf.dir;
    t->shelf.dir = g_strdup("");
    begin(t, wish("x", RECORDING_WAV));
    struct recording *refused = finish(t);
    assert_int_equal(refused->status, 503);
    assert_has(g_strdup(refused->detail), "recordings-dir");
    recording_destroy(refused);
    g_free(t->shelf.dir);
    t->shelf.dir = g_steal_pointer(&dir);
}

// --- a death ------------------------------------------------------------------------------------

struct progress {
    guint64 sounded, told; // frames: of the room, and that the recorder speaks of
};

static void record_for_ever(struct room_of_test *t, enum recording_format format, int pipe)
{
    struct recording *wanted = wish("x", format);
    wanted->split = 1 * MB;
    begin(t, wanted);
    for (struct progress p = {0};; p.sounded += 4800) {
        sound(p.sounded, 4800);
        struct recording *state = recorder_state(t->recorder);
        p.told = recording_frames(state);
        recording_destroy(state);
        if (write(pipe, &p, sizeof p) != sizeof p)
            _exit(1);
        g_usleep(10000);
    }
}

// Records in a process of its own, at ten times the speed of life, which is killed a moment after
// the recorder has spoken of so many frames.
static struct progress record_and_die(struct room_of_test *t, enum recording_format format,
                                      guint64 frames, int milliseconds)
{
    int pipes[2];
    assert_int_equal(pipe(pipes), 0);
    pid_t child = fork();
    if (child == 0)
        record_for_ever(t, format, pipes[1]);
    close(pipes[1]);
    struct progress now = {0}, last = {0};
    while (last.told < frames && read(pipes[0], &now, sizeof now) == sizeof now)
        last = now;
    g_usleep(milliseconds * 1000);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    while (read(pipes[0], &now, sizeof now) == sizeof now)
        last = now;
    close(pipes[0]);
    return last;
}

// What the writer has spoken of is there, but for what libFLAC has not let go of.
static void assert_there(guint64 frames, const struct progress *p)
{
    assert_true(frames + 8192 >= p->told);
    assert_true(frames <= p->sounded + 4800);
}

static void a_death_leaves_files_that_can_be_read(void **state)
{
    struct room_of_test *t = *state;
    static const struct {
        guint64 frames;
        int milliseconds;
    } moments[] = {{40000, 3}, {100000, 31}, {150000, 77}, {300000, 50}};
    for (int i = 0; i < 8; i++) {
        enum recording_format format = i % 2 ? RECORDING_FLAC : RECORDING_WAV;
        struct progress p =
            record_and_die(t, format, moments[i / 2].frames, moments[i / 2].milliseconds);
        assert_true(p.told >= moments[i / 2].frames);
        struct recording *left = recording_read(t->shelf.dir, "x", NULL);
        assert_non_null(left);
        assert_true(recording_is_active(left));
        // As it is, before anyone has looked after it.
        guint64 at = 0;
        for (guint k = 0; k < left->parts->len; k++) {
            g_autofree char *path = path_of(t, left, k);
            at += compare(path, at);
        }
        assert_there(at, &p);
        recording_destroy(left);
        shelf_recover(&t->shelf);
        left = recording_read(t->shelf.dir, "x", NULL);
        assert_int_equal(left->state, RECORDING_INTERRUPTED);
        assert_there(recording_frames(left), &p);
        compare_all(t, left);
        g_autofree char *folder = g_build_filename(t->shelf.dir, "x", NULL);
        shelf_remove(&t->shelf, left);
        recording_destroy(left);
        assert_false(g_file_test(folder, G_FILE_TEST_EXISTS));
    }
}

static void who_still_records_is_left_alone(void **state)
{
    struct room_of_test *t = *state;
    begin(t, wish("x", RECORDING_WAV));
    sound(0, 48000);
    struct recording *news = NULL;
    while (!(news = recorder_news(t->recorder)))
        g_usleep(1000);
    recording_destroy(news);
    shelf_recover(&t->shelf);
    struct recording *note = recording_read(t->shelf.dir, "x", NULL);
    assert_true(!note || note->state == RECORDING_RUNNING);
    recording_destroy(note);
    struct recording *done = stop(t);
    assert_int_equal(done->state, RECORDING_DONE);
    compare_all(t, done);
    recording_destroy(done);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, clean_up)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_tape_keeps_the_order),
        cmocka_unit_test(what_a_tape_loses_is_silence_of_its_length),
        cmocka_unit_test(a_tape_is_in_time_whatever_it_loses),
        TEST(all_that_sounds_is_written),
        TEST(parts_put_together_are_the_whole),
        TEST(it_ends_by_itself),
        TEST(it_can_be_read_while_it_is_recorded),
        TEST(news_come_once),
        TEST(a_full_shelf_refuses),
        TEST(one_that_runs_ends_before_the_shelf_is_full),
        TEST(the_disk_is_not_filled),
        TEST(what_was_written_is_kept),
        TEST(a_disk_that_takes_nothing_refuses),
        TEST(a_folder_that_is_there_is_left_alone),
        TEST(without_a_folder_there_is_no_recording),
        TEST(a_death_leaves_files_that_can_be_read),
        TEST(who_still_records_is_left_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
