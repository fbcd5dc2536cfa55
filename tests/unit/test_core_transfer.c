// SPDX-License-Identifier: GPL-3.0-or-later
// Which part of a file a request gets. The file has 1000 bytes, the tag "t", and was changed on
// Sun, 06 Nov 1994 08:49:37 GMT, a long time ago.
#include "controller/core/api/transfer.h"

#include "tests/unit/fake_asserts.h"

#define DATE "Sun, 06 Nov 1994 08:49:37 GMT"
#define SECOND_BEFORE "Sun, 06 Nov 1994 08:49:36 GMT"
#define SECOND_AFTER "Sun, 06 Nov 1994 08:49:38 GMT"

static char *decide(struct transfer_head head, guint64 size)
{
    struct transfer_file file = {size, "\"t\"", 784111777, 1000000000};
    struct transfer transfer = transfer_decide(&head, &file);
    return g_strdup_printf("%d %" G_GUINT64_FORMAT "+%" G_GUINT64_FORMAT, transfer.status,
                           transfer.first, transfer.length);
}

#define assert_transfer(expected, size, ...)                                                       \
    assert_text(decide((struct transfer_head){__VA_ARGS__}, size), expected)
#define assert_range(text, expected)                                                               \
    assert_transfer(expected, 1000, .is_get = true, .range = (text))

static void one_range_is_given(void **state)
{
    assert_range(NULL, "200 0+1000");
    assert_range("bytes=0-0", "206 0+1");
    assert_range("bytes=0-499", "206 0+500");
    assert_range("bytes=500-", "206 500+500");
    assert_range("bytes=-1", "206 999+1");
    assert_range("bytes=-5000", "206 0+1000");
    assert_range("bytes=990-5000", "206 990+10");
    assert_range("bytes=999-99999999999999999999999999", "206 999+1");
    assert_range("BYTES= 1-2 ", "206 1+2");
}

static void what_is_not_there_is_416(void **state)
{
    assert_range("bytes=1000-", "416 0+0");
    assert_range("bytes=1000-1001", "416 0+0");
    assert_range("bytes=-0", "416 0+0");
    assert_range("bytes=99999999999999999999999999-", "416 0+0");
    assert_transfer("416 0+0", 0, .is_get = true, .range = "bytes=0-");
    assert_transfer("416 0+0", 0, .is_get = true, .range = "bytes=-1");
    assert_transfer("200 0+0", 0, .is_get = true);
}

static void what_is_no_single_range_is_the_whole(void **state)
{
    static const char *const ranges[] = {
        "",         "bytes",     "bytes=",     "bytes=-",     "bytes=a-b",     "bytes=1",
        "lines=1-", "bytes=2-1", "bytes=1-2x", "bytes=--5",   "bytes=0-1,3-4", "bytes=,0-1",
        "bytes 1-", "bytes=+1-", "bytes=1- 2", "bytes=0x1-2", "bytes=0-1-2",
    };
    for (gsize i = 0; i < G_N_ELEMENTS(ranges); i++)
        assert_range(ranges[i], "200 0+1000");
    assert_transfer("200 0+1000", 1000, .is_get = false, .range = "bytes=0-1");
}

static void a_part_of_another_version_is_no_use(void **state)
{
    static const struct {
        const char *if_range, *expected;
    } cases[] = {
        {"\"t\"", "206 1+1"},        {"\"u\"", "200 0+1000"},      {"W/\"t\"", "200 0+1000"},
        {DATE, "206 1+1"},           {SECOND_AFTER, "200 0+1000"}, {SECOND_BEFORE, "200 0+1000"},
        {"yesterday", "200 0+1000"}, {"", "200 0+1000"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++)
        assert_transfer(cases[i].expected, 1000, .is_get = true, .range = "bytes=1-1",
                        .if_range = cases[i].if_range);
    // Changed in this very second: the same date may be of two versions.
    struct transfer_head head = {.is_get = true, .range = "bytes=1-1", .if_range = DATE};
    struct transfer_file file = {1000, "\"t\"", 784111777, 784111778};
    assert_int_equal(transfer_decide(&head, &file).status, 200);
}

static void who_has_it_is_told_so(void **state)
{
    assert_transfer("304 0+0", 1000, .is_get = true, .if_none_match = "\"t\"");
    assert_transfer("304 0+0", 1000, .if_none_match = "\"a\", W/\"t\" ,\"b\"");
    assert_transfer("304 0+0", 1000, .if_none_match = "*");
    assert_transfer("200 0+1000", 1000, .if_none_match = "\"a\", \"tt\"");
    assert_transfer("200 0+1000", 1000, .if_none_match = "t");
    assert_transfer("200 0+1000", 1000, .if_none_match = "\"t");
    assert_transfer("304 0+0", 1000, .if_modified_since = DATE);
    assert_transfer("304 0+0", 1000, .if_modified_since = SECOND_AFTER);
    assert_transfer("200 0+1000", 1000, .if_modified_since = SECOND_BEFORE);
    assert_transfer("200 0+1000", 1000, .if_modified_since = "then");
    // The tag counts, where there are both.
    assert_transfer("200 0+1000", 1000, .if_none_match = "\"a\"", .if_modified_since = DATE);
}

static void a_condition_that_fails_is_412(void **state)
{
    assert_transfer("412 0+0", 1000, .if_match = "\"a\"");
    assert_transfer("412 0+0", 1000, .if_match = "W/\"t\"");
    assert_transfer("200 0+1000", 1000, .if_match = "\"a\",\"t\"");
    assert_transfer("200 0+1000", 1000, .if_match = "*");
    assert_transfer("412 0+0", 1000, .if_unmodified_since = SECOND_BEFORE);
    assert_transfer("200 0+1000", 1000, .if_unmodified_since = DATE);
    assert_transfer("200 0+1000", 1000, .if_match = "\"t\"", .if_unmodified_since = SECOND_BEFORE);
}

static void dates_come_in_three_forms(void **state)
{
    static const char *const same[] = {DATE, "Sunday, 06-Nov-94 08:49:37 GMT",
                                       "Sun Nov  6 08:49:37 1994"};
    for (gsize i = 0; i < G_N_ELEMENTS(same); i++)
        assert_int_equal(transfer_parse_date(same[i]), 784111777);
    assert_int_equal(transfer_parse_date(DATE " "), -1);
    assert_int_equal(transfer_parse_date("784111777"), -1);
    assert_text(transfer_format_date(784111777), DATE);
    assert_text(transfer_format_date(0), "Thu, 01 Jan 1970 00:00:00 GMT");
}

static void any_name_is_quoted(void **state)
{
    assert_text(transfer_disposition("take 1.wav"), "attachment; filename=\"take 1.wav\"");
    assert_text(transfer_disposition("caf\xc3\xa9.wav"),
                "attachment; filename=\"caf_.wav\"; filename*=UTF-8''caf%C3%A9.wav");
    assert_text(transfer_disposition("a\"b\\c\r\nX: y"),
                "attachment; filename=\"a_b_c__X: y\"; "
                "filename*=UTF-8''a%22b%5Cc%0D%0AX%3A%20y");
    assert_text(transfer_disposition("../%41\xff"),
                "attachment; filename=\"..__41_\"; filename*=UTF-8''..%2F%2541%EF%BF%BD");
}

static void gzip_is_for_who_wants_it(void **state)
{
    static const char *const yes[] = {
        "gzip",       "gzip, deflate, br", "GZip",           "x-gzip",     "*",
        "br, gzip",   "gzip;q=0.001",      "gzip ; q=1.000", "*;q=0.5",    "gzip;q=1, *;q=0",
        ",, gzip ,,", "identity, gzip",    "identity;q=0,*", "gzip;Q=0.5", "deflate;q=x, gzip",
    };
    static const char *const no[] = {
        "",          "identity",     "br, deflate",       "gzip;q=0",   "gzip;q=0.000",
        "gzip;q=2",  "gzip;q=-1",    "gzip;q=1.0000",     "gzip;q=",    "gzip;q=0, *",
        "*;q=0",     "gzipped",      "identity, *;q=0.5", "gzip;level", "gzip;q=0.5, identity",
        "gzip;q=.5", "gzip;q=1.1.1", "gzip;q=nan",        "x gzip",     "g\xff, \xff;q=\xff",
    };
    assert_false(transfer_takes_gzip(NULL));
    for (gsize i = 0; i < G_N_ELEMENTS(yes); i++)
        if (!transfer_takes_gzip(yes[i]))
            fail_msg("%s", yes[i]);
    for (gsize i = 0; i < G_N_ELEMENTS(no); i++)
        if (transfer_takes_gzip(no[i]))
            fail_msg("%s", no[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_range_is_given),
        cmocka_unit_test(what_is_not_there_is_416),
        cmocka_unit_test(what_is_no_single_range_is_the_whole),
        cmocka_unit_test(a_part_of_another_version_is_no_use),
        cmocka_unit_test(who_has_it_is_told_so),
        cmocka_unit_test(a_condition_that_fails_is_412),
        cmocka_unit_test(dates_come_in_three_forms),
        cmocka_unit_test(any_name_is_quoted),
        cmocka_unit_test(gzip_is_for_who_wants_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
