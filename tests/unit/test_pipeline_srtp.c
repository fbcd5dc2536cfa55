// SPDX-License-Identifier: GPL-3.0-or-later
// What libsrtp writes with the key of its own tests, before and after the sequence numbers roll
// over, byte by byte.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "pipeline/webrtc/srtp.h"

static const uint8_t key[SRTP_KEY] = {0xe1, 0xf9, 0x7a, 0x0d, 0x3e, 0x01, 0x8b, 0xe0, 0xd6, 0x4f,
                                      0xa3, 0x2c, 0x06, 0xde, 0x41, 0x39, 0x0e, 0xc6, 0x75, 0xad,
                                      0x49, 0x8a, 0xfe, 0xeb, 0xb6, 0x96, 0x0b, 0x3a, 0xab, 0xe6};

static const struct {
    uint64_t index;
    uint8_t end[26]; // what is behind the header: 16 bytes of payload, 10 of tag
} known[] = {
    {0x1234, {0x4e, 0x55, 0xdc, 0x4c, 0xe7, 0x99, 0x78, 0xd8, 0x8c, 0xa4, 0xd2, 0x15, 0x94,
              0x9d, 0x24, 0x02, 0xb7, 0x8d, 0x6a, 0xcc, 0x99, 0xea, 0x17, 0x9b, 0x8d, 0xbb}},
    {0xfff0, {0x84, 0x92, 0x47, 0xdc, 0xc6, 0x96, 0x59, 0x90, 0xd4, 0xfa, 0x07, 0x17, 0xed,
              0xd0, 0x7e, 0x0e, 0x3e, 0xeb, 0x1d, 0x9c, 0xf1, 0x9d, 0x13, 0xbf, 0x27, 0x38}},
    {0x10003, {0x9e, 0xcc, 0x51, 0xc8, 0x8d, 0x75, 0xa4, 0xa5, 0x0d, 0x79, 0xc7, 0x26, 0x56,
               0xaf, 0x24, 0x8b, 0x7a, 0x75, 0xcf, 0x4c, 0xa8, 0x90, 0x65, 0x27, 0xda, 0x5c}},
};

static void check(size_t tag)
{
    struct srtp srtp;
    srtp_init(&srtp, key, tag);
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        const uint8_t header[12] = {
            0x80, 0x0f, known[i].index >> 8, known[i].index, 0xde, 0xca, 0xfb, 0xad, 0xca, 0xfe,
            0xba, 0xbe};
        uint8_t bytes[64] = {0};
        memcpy(bytes, header, 12);
        memset(bytes + 12, 0xab, 16);
        struct srtp_packet packet = {0xcafebabe, known[i].index, bytes, 12, 12 + 16};
        assert_int_equal(srtp_protect(&srtp, &packet), 12 + 16 + tag);
        assert_memory_equal(bytes, header, 12);
        assert_memory_equal(bytes + 12, known[i].end, 16 + tag);
        assert_int_equal(bytes[12 + 16 + tag], 0);
    }
}

static void test_as_libsrtp_with_80_bits(void **state)
{
    check(10);
}

static void test_as_libsrtp_with_32_bits(void **state)
{
    check(4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_as_libsrtp_with_80_bits),
        cmocka_unit_test(test_as_libsrtp_with_32_bits),
    };
    return cmocka_run_group_tests_name("pipeline srtp", tests, NULL, NULL);
}
