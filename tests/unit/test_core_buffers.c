// SPDX-License-Identifier: GPL-3.0-or-later
// Buffers: what scsynth is told, in which order, and what becomes of it when it fails, is slow or
// starts anew.
#include "tests/unit/fake_asserts.h"

static void synced(struct fake_session *f)
{
    g_autofree char *text = g_strdup_printf("/synced %d", f->session->sync - 1);
    fake_reply(f, text);
}

// A buffer of silence, with scsynth's answers.
static int make(struct fake_session *f, const char *params)
{
    struct fake_answer *answer = fake_call(f, "buffer.new", params);
    fake_run(f, FAKE_MS(2));
    const struct buffer *last = NULL;
    GHashTableIter iter;
    gpointer each;
    g_hash_table_iter_init(&iter, f->session->buffers.buffers);
    while (g_hash_table_iter_next(&iter, NULL, &each))
        if (((struct buffer *)each)->busy)
            last = each;
    g_assert(last);
    int number = last->number;
    g_autofree char *info =
        g_strdup_printf("/b_info %d %d %d 48000.0", number, last->frames, last->channels);
    fake_reply(f, info);
    synced(f);
    assert_int_equal(answer->status, 200);
    fake_forget(f);
    return number;
}

static void add_tone(struct fake_session *f)
{
    json_t *facts = json_pack("{s:i s:i s:i s:i s:s}", "bytes", 9644, "frames", 4800, "channels", 1,
                              "rate", 48000, "format", "flac");
    session_add_asset(f->session, "tone.wav", "tone", facts);
    json_decref(facts);
}

static void a_buffer_is_made_when_scsynth_says_what_it_has(void **state)
{
    struct fake_session *f = *state;
    struct fake_answer *answer =
        fake_call(f, "buffer.new", "{'frames': 512, 'channels': 2, 'name': 'mine'}");
    assert_sent(f, "/b_alloc 0 512 2 {/b_query 0}; /sync 3");
    fake_reply(f, "/b_info 0 512 2 48000.0");
    fake_reply(f, "/done /b_alloc 0");
    assert_waiting(answer);
    fake_reply(f, "/synced 3");
    assert_answer(answer,
                  "200 {\"id\":0,\"name\":\"mine\",\"frames\":512,\"channels\":2,\"rate\":48000.0,"
                  "\"asset\":null,\"state\":\"ready\",\"layers\":0}");
    assert_text(fake_events(f, "buffers"),
                "buffer.changed {\"buffer\":{\"id\":0,\"name\":\"mine\",\"frames\":512,"
                "\"channels\":2,\"rate\":48000.0,\"asset\":null,\"state\":\"ready\",\"layers\":0}} "
                "buffer/0");
    assert_true(f->buffers_kept > 0);
}

static void a_failed_alloc_answers_nothing_and_is_told(void **state)
{
    struct fake_session *f = *state;
    struct fake_answer *answer = fake_call(f, "buffer.new", "{'frames': 512}");
    assert_sent(f, "/b_alloc 0 512 1 {/b_query 0}; /sync 3");
    fake_reply(f, "/synced 3");
    assert_answer(answer, "507 scsynth could not make the buffer; is there memory for it?");
    assert_sent(f, "/b_free 0");
    assert_int_equal(g_hash_table_size(f->session->buffers.buffers), 0);
    // Wrong frames are no success, either.
    answer = fake_call(f, "buffer.new", "{'frames': 512}");
    fake_run(f, FAKE_MS(2));
    fake_reply(f, "/b_info 1 511 1 48000.0");
    synced(f);
    assert_int_equal(answer->status, 507);
}

static void numbers_are_of_our_share_and_not_used_again_at_once(void **state)
{
    struct fake_session *f = *state;
    f->session->buffers.total = 64; // four for each of sixteen
    assert_int_equal(make(f, "{'frames': 1}"), 0);
    assert_int_equal(make(f, "{'frames': 1}"), 1);
    fake_call(f, "buffer.free", "{'id': '0'}");
    assert_sent(f, "/b_free 0; /sync 5");
    synced(f);
    assert_int_equal(make(f, "{'frames': 1}"), 2);
    assert_int_equal(make(f, "{'frames': 1}"), 3);
    assert_int_equal(make(f, "{'frames': 1}"), 0);
    assert_answer(fake_call(f, "buffer.new", "{'frames': 1}"),
                  "507 all buffers that Farfield may use are in use; free some");
    int first, share = buffers_share(&f->session->buffers, 15, 16, &first);
    assert_int_equal(first, 60);
    assert_int_equal(share, 4);
}

static void a_sound_is_read_from_where_only_scsynth_looks(void **state)
{
    struct fake_session *f = *state;
    add_tone(f);
    struct fake_answer *answer =
        fake_call(f, "buffer.new", "{'asset': 'tone.wav', 'start': 800, 'frames': 1000}");
    assert_sent(f, "/b_allocRead 0 /server/0.wav 800 1000 {/b_query 0}; /sync 3");
    assert_text(fake_files(f), "stage tone.wav 0;");
    fake_reply(f, "/b_info 0 1000 1 48000.0");
    fake_reply(f, "/synced 3");
    assert_text(fake_files(f), "unstage 0;");
    assert_int_equal(answer->status, 200);
    // Its folders are for the operator's eyes.
    answer = fake_call(f, "buffer.new", "{'asset': 'tone.wav'}");
    fake_run(f, FAKE_MS(2));
    fake_reply(f, "/fail /b_allocRead \"File '/server/1.wav' could not be opened\" 1");
    assert_waiting(answer);
    synced(f);
    assert_answer(answer, "507 scsynth could not make the buffer; is there memory for it?");
    assert_text(fake_files(f), "stage tone.wav 1; unstage 1;");
    assert_answer(fake_call(f, "asset.delete", "{'asset': 'tone.wav'}"),
                  "409 a buffer is made of it; free that first");
    f->sound_error = "the disk is gone";
    assert_answer(fake_call(f, "buffer.new", "{'asset': 'tone.wav'}"), "500 the disk is gone");
}

static void an_upload_is_checked_before_it_is_a_buffer(void **state)
{
    struct fake_session *f = *state;
    struct fake_answer *answer = fake_upload(f, "buffer.new", "{'name': 'snap'}", "/uploads/u1");
    assert_text(fake_files(f), "check 1 /uploads/u1 snap;");
    assert_sent(f, "");
    json_t *facts = json_pack("{s:i s:i s:i s:i s:s}", "bytes", 144, "frames", 50, "channels", 1,
                              "rate", 44100, "format", "wav");
    session_on_sound(f->session, 1, "aa.wav", "snap", facts, NULL, f->now);
    assert_sent(f, "/b_allocRead 0 /server/0.wav 0 50 {/b_query 0}; /sync 3");
    fake_reply(f, "/b_info 0 50 1 44100.0");
    fake_reply(f, "/synced 3");
    assert_has(fake_text(answer), "\"rate\":44100.0,\"asset\":\"aa.wav\",\"state\":\"ready\"");
    // One that is no sound.
    answer = fake_upload(f, "asset.add", NULL, "/uploads/u2");
    session_on_sound(f->session, 2, NULL, NULL, NULL, problem_new(422, "no sound"), f->now);
    assert_answer(answer, "422 no sound");
    // One too many for the disk that sounds may take.
    f->session->buffers.max_assets = 200;
    answer = fake_upload(f, "asset.add", NULL, "/uploads/u3");
    g_free(fake_files(f));
    session_on_sound(f->session, 3, "bb.wav", NULL, facts, NULL, f->now);
    assert_int_equal(answer->status, 507);
    assert_int_equal(f->session->buffers.asset_bytes, 144);
    // The same sound again takes none.
    answer = fake_upload(f, "asset.add", NULL, "/uploads/u4");
    session_on_sound(f->session, 4, "aa.wav", NULL, facts, NULL, f->now);
    assert_has(fake_text(answer), "200 {\"asset\":\"aa.wav\",\"title\":\"snap\"");
    json_decref(facts);
}

static void tables_become_b_gen(void **state)
{
    struct fake_session *f = *state;
    make(f, "{'frames': 512}");
    struct fake_answer *answer =
        fake_call(f, "buffer.generate", "{'id': '0', 'wave': 'sine1', 'amplitudes': [1, 0.5]}");
    assert_sent(f, "/b_gen 0 sine1 5 1f 0.5f; /sync 4");
    synced(f);
    assert_int_equal(answer->status, 200);
    fake_call(f, "buffer.generate",
              "{'id': '0', 'wave': 'sine2', 'amplitudes': [1, 0.5], 'frequencies': [1, 3], "
              "'normalize': false, 'clear': false, 'wavetable': true}");
    assert_sent(f, "/b_gen 0 sine2 2 1f 1f 3f 0.5f; /sync 5");
    synced(f);
    fake_call(f, "buffer.generate",
              "{'id': '0', 'wave': 'sine3', 'amplitudes': [1], 'frequencies': [2], 'phases': [3]}");
    assert_sent(f, "/b_gen 0 sine3 5 2f 1f 3f; /sync 6");
    synced(f);
    fake_call(f, "buffer.generate", "{'id': '0', 'wave': 'cheby', 'amplitudes': [0, 1]}");
    assert_sent(f, "/b_gen 0 cheby 5 0f 1f; /sync 7");
    synced(f);
}

static void samples_go_and_come_in_portions(void **state)
{
    struct fake_session *f = *state;
    make(f, "{'frames': 1500}");
    struct fake_answer *answer =
        fake_call(f, "buffer.write", "{'id': '0', 'start': 3, 'values': [1, -0.5]}");
    assert_sent(f, "/b_setn 0 3 2 1f -0.5f; /sync 4");
    synced(f);
    assert_answer(answer, "200 {}");
    answer = fake_call(f, "buffer.read", "{'id': '0', 'start': 1498, 'count': 2}");
    assert_sent(f, "/b_getn 0 1498 2; /sync 5");
    // Others', and what was not asked for.
    fake_reply(f, "/b_setn 1 1498 2 8.0 8.0");
    fake_reply(f, "/b_setn 0 1498 3 8.0 8.0");
    fake_reply(f, "/b_setn 0 1497 2 8.0 8.0");
    fake_reply(f, "/b_setn 0 1498 2 0.25 0.5");
    synced(f);
    assert_answer(answer, "200 {\"start\":1498,\"count\":2,\"samples\":[0.25,0.5]}");
    answer = fake_call(f, "buffer.read", "{'id': '0'}");
    assert_sent(f, "/b_getn 0 0 1024; /b_getn 0 1024 476; /sync 6");
    synced(f);
    assert_answer(answer, "504 scsynth did not send all samples");
}

static void what_a_buffer_is_busy_with_comes_first(void **state)
{
    struct fake_session *f = *state;
    make(f, "{'frames': 64, 'name': 'mine'}");
    struct fake_answer *table =
        fake_call(f, "buffer.generate", "{'id': 'mine', 'wave': 'sine1', 'amplitudes': [1]}");
    struct fake_answer *written = fake_call(f, "buffer.write", "{'id': '0', 'values': [1]}");
    struct fake_answer *freed = fake_call(f, "buffer.free", "{'id': '0'}");
    struct fake_answer *late = fake_call(f, "buffer.read", "{'id': '0'}");
    assert_sent(f, "/b_gen 0 sine1 5 1f; /sync 4");
    synced(f);
    assert_int_equal(table->status, 200);
    assert_answer(late, "404 there is no buffer \"0\"");
    assert_waiting(written);
    assert_sent(f, "/b_setn 0 0 1 1f; /b_free 0; /sync 5");
    synced(f);
    assert_answer(freed, "200 {}");
    assert_answer(written, "404 buffer 0 has been freed meanwhile");
    assert_has(fake_events(f, "buffers"), "buffer.removed {\"id\":0}");
}

static void a_file_that_scsynth_could_not_write_is_no_answer(void **state)
{
    struct fake_session *f = *state;
    make(f, "{'frames': 100, 'name': 'mine'}");
    struct fake_answer *answer = fake_call(f, "buffer.audio", "{'id': '0'}");
    assert_sent(f, "/b_write 0 /server/out-0.wav wav float -1 0 0; /sync 4");
    f->file_size = 399;
    synced(f);
    assert_answer(answer, "507 the file could not be written; is the disk full?");
    assert_text(fake_files(f), "delete /server/out-0.wav;");
    answer = fake_call(f, "buffer.audio", "{'id': '0'}");
    fake_run(f, FAKE_MS(2));
    f->file_size = 480;
    synced(f);
    assert_answer(answer, "200 {\"path\":\"/server/out-0.wav\",\"type\":\"audio/wav\","
                          "\"filename\":\"mine.wav\",\"delete\":true}");
    f->sound_error = "no room";
    assert_answer(fake_call(f, "buffer.audio", "{'id': '0'}"), "500 no room");
}

// "[[-1,1]]" for one channel of one point.
static void peaks_are_there(struct fake_session *f, guint ticket)
{
    json_t *channels = json_pack("[{s:[f] s:[n]}]", "min", -0.5, "max");
    session_on_peaks(f->session, ticket, channels, NULL, f->now);
    json_decref(channels);
}

static void it_is_drawn_by_others(void **state)
{
    struct fake_session *f = *state;
    make(f, "{'frames': 100, 'channels': 2}");
    struct fake_answer *answer =
        fake_call(f, "buffer.peaks", "{'id': '0', 'points': 10, 'from': 20, 'frames': 50}");
    assert_sent(f, "/b_write 0 /server/out-0.wav wav float 50 20 0; /sync 4");
    f->file_size = 400;
    synced(f);
    assert_text(fake_files(f), "peaks 0 /server/out-0.wav 1 10;");
    assert_waiting(answer);
    // It is free for others as soon as the file is there.
    struct fake_answer *shown = fake_call(f, "buffer.show", "{'id': '0'}");
    assert_sent(f, "/b_query 0; /sync 5");
    synced(f);
    assert_int_equal(shown->status, 200);
    peaks_are_there(f, 0);
    assert_answer(answer, "200 {\"from\":20,\"frames\":50,\"sample_rate\":48000.0,\"channels\":[{"
                          "\"min\":[-0.5],\"max\":[null]}]}");
    peaks_are_there(f, 0); // again
    session_on_peaks(f->session, 77, NULL, problem_new(500, "nobody's"), f->now);
}

static void what_cannot_be_drawn_says_why(void **state)
{
    struct fake_session *f = *state;
    make(f, "{'frames': 100}");
    assert_answer(
        fake_call(f, "buffer.peaks", "{'id': '0', 'from': 100}"),
        "422 from leads behind the last of 100 frames; from: leads behind the last of 100 "
        "frames");
    assert_answer(
        fake_call(f, "buffer.peaks", "{'id': '0', 'from': 99, 'frames': 2}"),
        "422 frames leads behind the last of 100 frames; frames: leads behind the last of "
        "100 frames");
    assert_int_equal(fake_call(f, "buffer.peaks", "{'id': '0', 'points': 4097}")->status, 422);
    assert_int_equal(fake_call(f, "buffer.peaks", "{'id': '0', 'points': 0}")->status, 422);
    assert_int_equal(fake_call(f, "buffer.peaks", "{'id': '1'}")->status, 404);
    // The disk is full.
    struct fake_answer *answer = fake_call(f, "buffer.peaks", "{'id': '0'}");
    fake_run(f, FAKE_MS(2));
    f->file_size = 399;
    synced(f);
    assert_answer(answer, "507 the file could not be written; is the disk full?");
    assert_text(fake_files(f), "delete /server/out-0.wav;");
    // The program that is to look at it has failed.
    answer = fake_call(f, "buffer.peaks", "{'id': '0'}");
    fake_run(f, FAKE_MS(2));
    f->file_size = 400;
    synced(f);
    assert_text(fake_files(f), "peaks 0 /server/out-0.wav 1 1024;");
    session_on_peaks(f->session, 0, NULL, problem_new(500, "it cannot be drawn"), f->now);
    assert_answer(answer, "500 it cannot be drawn");
    f->sound_error = "no room";
    assert_answer(fake_call(f, "buffer.peaks", "{'id': '0'}"), "500 no room");
}

// Others are answered between two pieces, and between two buffers.
static void one_is_written_at_a_time_in_pieces(void **state)
{
    struct fake_session *f = *state;
    f->file_size = 1 << 30;
    make(f, "{'frames': 1200000, 'channels': 2}");
    make(f, "{'frames': 100}");
    struct fake_answer *large = fake_call(f, "buffer.peaks", "{'id': '0', 'from': 1}");
    struct fake_answer *small = fake_call(f, "buffer.peaks", "{'id': '1'}");
    assert_sent(f, "/b_write 0 /server/out-0.wav wav float 524288 1 0; /sync 5");
    synced(f);
    assert_sent(f, "/b_write 0 /server/out-0.wav.1 wav float 524288 524289 0; /sync 6");
    synced(f);
    assert_sent(f, "/b_write 0 /server/out-0.wav.2 wav float 151423 1048577 0; /sync 7");
    assert_text(fake_files(f), "");
    synced(f);
    assert_text(fake_files(f), "peaks 0 /server/out-0.wav 3 1024;");
    assert_sent(f, "/b_write 1 /server/out-1.wav wav float 100 0 0; /sync 8");
    synced(f);
    peaks_are_there(f, 1);
    peaks_are_there(f, 0);
    assert_int_equal(small->status, 200);
    assert_int_equal(large->status, 200);
    g_free(fake_files(f));
    // What is written is deleted where the rest fails; the next has its turn.
    large = fake_call(f, "buffer.peaks", "{'id': '0'}");
    small = fake_call(f, "buffer.peaks", "{'id': '1'}");
    fake_run(f, FAKE_MS(2));
    synced(f);
    fake_run(f, FAKE_MS(2));
    f->file_size = 0;
    synced(f);
    assert_answer(large, "507 the file could not be written; is the disk full?");
    f->file_size = 1 << 30;
    fake_run(f, FAKE_MS(2));
    synced(f);
    assert_text(fake_files(f), "delete /server/out-0.wav; delete /server/out-0.wav.1; "
                               "peaks 2 /server/out-1.wav 1 1024;");
    peaks_are_there(f, 2);
    assert_int_equal(small->status, 200);
}

// Neither who writes nor who waits does so for ever.
static void a_drawing_has_a_deadline(void **state)
{
    struct fake_session *f = *state;
    f->file_size = 1 << 30;
    make(f, "{'frames': 20000000}");
    make(f, "{'frames': 100}");
    struct fake_answer *large = fake_call(f, "buffer.peaks", "{'id': '0'}");
    struct fake_answer *small = fake_call(f, "buffer.peaks", "{'id': '1'}");
    fake_run(f, FAKE_MS(2));
    f->now += FAKE_MS(31000);
    synced(f);
    assert_answer(large, "504 scsynth could not write the buffer in time");
    assert_answer(small, "503 too many buffers are being drawn; try again later");
}

static void so_many_are_drawn_at_once(void **state)
{
    struct fake_session *f = *state;
    f->file_size = 400;
    make(f, "{'frames': 100}");
    for (int i = 0; i < 16; i++) {
        assert_waiting(fake_call(f, "buffer.peaks", "{'id': '0'}"));
        fake_run(f, FAKE_MS(2));
        synced(f);
    }
    assert_answer(fake_call(f, "buffer.peaks", "{'id': '0'}"),
                  "503 16 buffers are being drawn already; try again in a moment");
    peaks_are_there(f, 3);
    // The place that is free again; all are answered when it ends.
    assert_waiting(fake_call(f, "buffer.peaks", "{'id': '0'}"));
}

static void what_others_did_to_it_is_seen(void **state)
{
    struct fake_session *f = *state;
    make(f, "{'frames': 100}");
    struct fake_answer *answer = fake_call(f, "buffer.show", "{'id': '0'}");
    assert_sent(f, "/b_query 0; /sync 4");
    fake_reply(f, "/b_info 0 0 0 48000.0");
    synced(f);
    assert_has(fake_text(answer), "\"state\":\"lost\"");
    assert_answer(fake_call(f, "buffer.read", "{'id': '0'}"),
                  "409 scsynth does not have buffer 0 any more; free it");
    // A number of another client is none that we know.
    assert_answer(fake_call(f, "buffer.show", "{'id': '9'}"), "404 there is no buffer \"9\"");
    fake_reply(f, "/b_info 9 5 1 48000.0");
    assert_int_equal(g_hash_table_size(f->session->buffers.buffers), 1);
}

// scsynth's way through the boot up to its SynthDefs.
static void boot_to_buffers(struct fake_session *f)
{
    fake_lose_server(f);
    fake_alive(f);
    fake_reply(f, "/done /notify 0 16");
    fake_reply(f, "/g_queryTree.reply 1 0 0");
    fake_run(f, FAKE_MS(2));
    fake_forget(f);
    synced(f);
}

static void a_new_scsynth_gets_every_buffer_and_what_was_put_into_it(void **state)
{
    struct fake_session *f = *state;
    add_tone(f);
    make(f, "{'asset': 'tone.wav'}");
    make(f, "{'frames': 64}");
    fake_call(f, "buffer.generate", "{'id': '1', 'wave': 'sine1', 'amplitudes': [1]}");
    fake_run(f, FAKE_MS(2));
    synced(f);
    fake_call(f, "buffer.write", "{'id': '1', 'start': 3, 'values': [1, 2]}");
    fake_call(f, "buffer.write", "{'id': '1', 'start': 4, 'values': [3, 4]}");
    fake_call(f, "buffer.write", "{'id': '1', 'start': 9, 'values': [5]}");
    fake_run(f, FAKE_MS(2));
    synced(f);
    g_free(fake_files(f));
    boot_to_buffers(f);
    assert_sent(f, "/b_query 0 1; /sync 8");
    fake_reply(f, "/b_info 0 0 0 0.0 1 0 0 0.0");
    synced(f);
    // Nothing overtakes what it is put on.
    assert_sent(f, "/b_allocRead 0 /server/0.wav 0 4800 {/b_query 0}; "
                   "/b_alloc 1 64 1 {/b_query 1}; /sync 9");
    fake_reply(f, "/b_info 0 4800 1 48000.0");
    fake_reply(f, "/b_info 1 64 1 48000.0");
    synced(f);
    assert_sent(f, "/b_gen 1 sine1 5 1f; /sync 10");
    synced(f);
    assert_sent(f, "/b_setn 1 3 3 1f 3f 4f; /b_setn 1 9 1 5f; /sync 11");
    synced(f);
    assert_has(fake_sent(f), "/s_new farfield_guard");
    assert_text(fake_files(f), "stage tone.wav 0; unstage 0;");
    assert_int_equal(buffers_find(&f->session->buffers, 1)->state, BUFFER_READY);
}

static void what_cannot_come_back_is_lost_and_said(void **state)
{
    struct fake_session *f = *state;
    make(f, "{'frames': 64}");
    boot_to_buffers(f);
    synced(f);
    fake_run(f, FAKE_MS(2));
    synced(f);
    assert_has(fake_events(f, "buffers"), "\"state\":\"lost\"");
}

static void a_controller_that_starts_anew_asks_what_is_there(void **state)
{
    struct fake_session *f = *state;
    add_tone(f);
    make(f, "{'asset': 'tone.wav', 'name': 'tone'}");
    make(f, "{'frames': 64, 'channels': 2}");
    fake_call(f, "buffer.write", "{'id': '1', 'start': 3, 'values': [1, 0.1]}");
    fake_run(f, FAKE_MS(2));
    synced(f);
    json_t *kept = buffers_to_json(&f->session->buffers);
    struct fake_session *g = fake_session_create();
    add_tone(g);
    buffers_from_json(g->session, kept);
    // Twice is once, and what makes no sense is passed over.
    buffers_from_json(g->session, kept);
    json_t *again = buffers_to_json(&g->session->buffers);
    json_t *before = json_object_get(kept, "buffers"), *after = json_object_get(again, "buffers");
    assert_int_equal(json_array_size(after), 2);
    for (size_t i = 0; i < 2; i++) {
        json_t *a = json_array_get(before, i), *b = json_array_get(after, i);
        assert_true(json_equal(json_object_get(a, "layers"), json_object_get(b, "layers")));
        assert_true(json_equal(json_object_get(a, "name"), json_object_get(b, "name")));
    }
    fake_alive(g);
    fake_reply(g, "/done /notify 0 16");
    fake_reply(g, "/g_queryTree.reply 1 0 0");
    fake_run(g, FAKE_MS(2));
    fake_forget(g);
    synced(g);
    assert_sent(g, "/b_query 0 1; /sync 2");
    // scsynth still has one of them.
    fake_reply(g, "/b_info 0 4800 1 48000.0 1 0 0 0.0");
    synced(g);
    assert_sent(g, "/b_alloc 1 64 2 {/b_query 1}; /sync 3");
    fake_reply(g, "/b_info 1 64 2 48000.0");
    synced(g);
    assert_sent(g, "/b_setn 1 3 2 1f 0.1f; /sync 4");
    json_decref(kept);
    json_decref(again);
    fake_session_destroy(g);
}

static void another_client_id_is_another_share(void **state)
{
    struct fake_session *f = *state;
    make(f, "{'frames': 64}");
    make(f, "{'frames': 65, 'name': 'second'}");
    fake_lose_server(f);
    fake_alive(f);
    fake_reply(f, "/done /notify 3 16");
    const struct buffer *buffer = buffers_named(&f->session->buffers, "second");
    assert_int_equal(buffer->number, 3 * 1024 + 1);
    assert_null(buffers_find(&f->session->buffers, 1));
    assert_int_equal(g_hash_table_size(f->session->buffers.buffers), 2);
}

static void what_waits_is_answered_when_scsynth_goes(void **state)
{
    struct fake_session *f = *state;
    add_tone(f);
    make(f, "{'frames': 64}");
    struct fake_answer *made = fake_call(f, "buffer.new", "{'asset': 'tone.wav'}");
    struct fake_answer *table =
        fake_call(f, "buffer.generate", "{'id': '0', 'wave': 'sine1', 'amplitudes': [1]}");
    struct fake_answer *held = fake_call(f, "buffer.read", "{'id': '0'}");
    struct fake_answer *upload = fake_upload(f, "buffer.new", NULL, "/uploads/u");
    fake_run(f, FAKE_MS(2));
    fake_lose_server(f);
    assert_int_equal(made->status, 503);
    assert_int_equal(table->status, 503);
    assert_int_equal(held->status, 503);
    assert_waiting(upload);
    // A table that nobody heard of is not brought back, nor is a buffer.
    assert_int_equal(buffers_find(&f->session->buffers, 0)->layers->len, 0);
    assert_int_equal(g_hash_table_size(f->session->buffers.buffers), 1);
    session_on_sound(f->session, 1, "tone.wav", NULL, NULL, NULL, f->now);
    assert_int_equal(upload->status, 503);
}

static void memory_is_bounded(void **state)
{
    struct fake_session *f = *state;
    f->session->buffers.max_memory = 1000 * sizeof(float);
    assert_answer(
        fake_call(f, "buffer.new", "{'frames': 1001}"),
        "422 the buffer cannot be made: frames is more than a buffer may have; frames: is more "
        "than a buffer may have");
    make(f, "{'frames': 300, 'channels': 2}");
    assert_answer(fake_call(f, "buffer.new", "{'frames': 401}"),
                  "507 all buffers together may take 4000 bytes (max-buffers); free some");
    make(f, "{'frames': 400}");
    // One that is being made counts.
    assert_int_equal(buffers_memory(&f->session->buffers), 4000);
}

static float value_at(const struct layer *layer, guint run, guint i)
{
    return g_array_index(g_array_index(layer->runs, struct stretch, run).values, float, i);
}

#define SAMPLES 64

// Against an array that simply is written to.
static void check_stretches(const struct buffer *buffer, const float *expected, const bool *written)
{
    const struct layer *layer = g_ptr_array_index(buffer->layers, 0);
    int end = -1, total = 0, all = 0;
    for (guint k = 0; k < layer->runs->len; k++) {
        const struct stretch *each = &g_array_index(layer->runs, struct stretch, k);
        assert_true(each->start > end); // those that touch are one
        end = each->start + (int)each->values->len;
        total += (int)each->values->len;
        for (guint i = 0; i < each->values->len; i++) {
            assert_true(written[each->start + i]);
            assert_true(value_at(layer, k, i) == expected[each->start + i]);
        }
    }
    for (int i = 0; i < SAMPLES; i++)
        all += written[i];
    assert_int_equal(total, all);
}

static void written_samples_merge(void **state)
{
    struct fake_session *f = *state;
    struct buffers *buffers = &f->session->buffers;
    struct buffer *buffer = buffers_find(buffers, make(f, "{'frames': 64}"));
    GRand *rand = g_rand_new_with_seed(1);
    for (int round = 0; round < 300; round++) {
        float expected[SAMPLES] = {0}, values[12];
        bool written[SAMPLES] = {0};
        for (int k = 0; k < 20; k++) {
            int count = g_rand_int_range(rand, 1, 12);
            int start = g_rand_int_range(rand, 0, SAMPLES + 1 - count);
            for (int i = 0; i < count; i++) {
                values[i] = expected[start + i] = (float)(100 * k + i);
                written[start + i] = true;
            }
            assert_true(buffer_add_samples(buffers, buffer, start, values, (guint)count));
            check_stretches(buffer, expected, written);
        }
        assert_int_equal(buffer->layers->len, 1);
        buffer_drop_layers(buffers, buffer);
        assert_int_equal(buffers->recorded, 0);
    }
    g_rand_free(rand);
}

static void what_is_kept_of_written_samples_is_bounded(void **state)
{
    struct fake_session *f = *state;
    struct buffers *buffers = &f->session->buffers;
    int number = make(f, "{'frames': 2000000}");
    struct buffer *buffer = buffers_find(buffers, number);
    g_autofree float *values = g_new0(float, BUFFERS_MAX_RECORD);
    assert_true(buffer_add_samples(buffers, buffer, 0, values, BUFFERS_MAX_RECORD - 1));
    struct fake_answer *answer =
        fake_call(f, "buffer.write", "{'id': '0', 'start': 1999000, 'values': [1, 2]}");
    assert_int_equal(answer->status, 413);
    assert_sent(f, "");
    // A table that clears takes it all away.
    fake_call(f, "buffer.generate", "{'id': '0', 'wave': 'sine1', 'amplitudes': [1]}");
    fake_run(f, FAKE_MS(2));
    synced(f);
    assert_int_equal(buffers->recorded, 0);
    for (int i = 1; i < BUFFERS_MAX_LAYERS; i++) {
        fake_call(f, "buffer.generate",
                  "{'id': '0', 'wave': 'sine1', 'amplitudes': [1], 'clear': false}");
        fake_run(f, FAKE_MS(2));
        synced(f);
    }
    answer = fake_call(f, "buffer.generate",
                       "{'id': '0', 'wave': 'sine1', 'amplitudes': [1], 'clear': false}");
    assert_answer(answer, "409 buffer 0 holds 64 layers; begin again with clear");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUNNING(a_buffer_is_made_when_scsynth_says_what_it_has),
        RUNNING(a_failed_alloc_answers_nothing_and_is_told),
        RUNNING(numbers_are_of_our_share_and_not_used_again_at_once),
        RUNNING(a_sound_is_read_from_where_only_scsynth_looks),
        RUNNING(an_upload_is_checked_before_it_is_a_buffer),
        RUNNING(tables_become_b_gen),
        RUNNING(samples_go_and_come_in_portions),
        RUNNING(what_a_buffer_is_busy_with_comes_first),
        RUNNING(a_file_that_scsynth_could_not_write_is_no_answer),
        RUNNING(it_is_drawn_by_others),
        RUNNING(what_cannot_be_drawn_says_why),
        RUNNING(one_is_written_at_a_time_in_pieces),
        RUNNING(a_drawing_has_a_deadline),
        RUNNING(so_many_are_drawn_at_once),
        RUNNING(what_others_did_to_it_is_seen),
        RUNNING(a_new_scsynth_gets_every_buffer_and_what_was_put_into_it),
        RUNNING(what_cannot_come_back_is_lost_and_said),
        RUNNING(a_controller_that_starts_anew_asks_what_is_there),
        RUNNING(another_client_id_is_another_share),
        RUNNING(what_waits_is_answered_when_scsynth_goes),
        RUNNING(memory_is_bounded),
        RUNNING(written_samples_merge),
        RUNNING(what_is_kept_of_written_samples_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
