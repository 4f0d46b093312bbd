/* SPDX-License-Identifier: MIT */

#include <check.h>
#include <string.h>

#include "helpers/random.h"
#include "helpers/suite.h"
#include "wire/frame.h"

enum {
        LIMIT = FRAME_SIZE_MAX_DEFAULT,
};

static int parse(const void *data, size_t size) {
        struct frame frame;

        return frame_parse(data, size, LIMIT, &frame);
}

/* The outcome for a text whose bytes arrive one by one; at_size: how many it took. */
static int parse_bytewise(const void *data, size_t size, size_t *ret_at_size) {
        int r = FRAME_E_MORE;

        for (size_t i = 0; i <= size && r == FRAME_E_MORE; i++) {
                r = parse(data, i);
                *ret_at_size = i;
        }
        return r;
}

START_TEST(whole_frame_is_found_with_what_follows_left_alone) {
        uint8_t data[] = { 3, 0, 0, 0, 2, 0, 0, 0, 'a', 'b', 'c', 'x', 'y' };
        struct frame frame;

        ck_assert_int_eq(frame_parse(data, sizeof(data), LIMIT, &frame), 0);
        ck_assert_ptr_eq(frame.message, data + FRAME_HEADER_SIZE);
        ck_assert_uint_eq(frame.message_size, 3);
        ck_assert_uint_eq(frame.size, 11);
        ck_assert_uint_eq(frame.n_descriptors, 2);
}
END_TEST

START_TEST(header_tells_how_much_is_needed_before_the_message_is_there) {
        uint8_t data[] = { 3, 0, 0, 0, 0, 0, 0, 0, 'a', 'b' };
        struct frame frame;

        for (size_t size = 0; size < FRAME_HEADER_SIZE; size++) {
                ck_assert_int_eq(frame_parse(data, size, LIMIT, &frame), FRAME_E_MORE);
                ck_assert_uint_eq(frame.size, 0);
        }
        for (size_t size = FRAME_HEADER_SIZE; size <= sizeof(data); size++) {
                ck_assert_int_eq(frame_parse(data, size, LIMIT, &frame), FRAME_E_MORE);
                ck_assert_uint_eq(frame.size, 11);
        }
}
END_TEST

START_TEST(written_header_is_read_back) {
        struct random random = random_seed();

        for (size_t i = 0; i < 10000; i++) {
                size_t message_size = 1 + random_below(&random, LIMIT);
                unsigned n_descriptors = (unsigned)random_below(&random, FRAME_DESCRIPTORS_MAX + 1);
                uint8_t header[FRAME_HEADER_SIZE];
                struct frame frame;

                frame_write_header(header, message_size, n_descriptors);
                ck_assert_int_eq(frame_parse(header, sizeof(header), LIMIT, &frame), FRAME_E_MORE);
                ck_assert_uint_eq(frame.size, FRAME_HEADER_SIZE + message_size);
        }
}
END_TEST

START_TEST(length_of_zero_is_refused_with_four_bytes) {
        size_t at_size;

        ck_assert_int_eq(parse_bytewise("\0\0\0\0\0\0\0\0", 8, &at_size), FRAME_E_EMPTY);
        ck_assert_uint_eq(at_size, 4);
}
END_TEST

START_TEST(length_is_held_to_the_limit_exactly) {
        uint8_t header[FRAME_HEADER_SIZE];
        struct frame frame;

        frame_write_header(header, 1000, 0);
        ck_assert_int_eq(frame_parse(header, sizeof(header), 1000, &frame), FRAME_E_MORE);
        ck_assert_int_eq(frame_parse(header, sizeof(header), 999, &frame), FRAME_E_TOO_LARGE);
        ck_assert_int_eq(frame_parse(header, 4, 999, &frame), FRAME_E_TOO_LARGE);
        ck_assert_int_eq(frame_parse(header, 3, 999, &frame), FRAME_E_MORE);
}
END_TEST

START_TEST(largest_length_does_not_overflow) {
        uint8_t header[] = { 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0 };
        struct frame frame;

        ck_assert_int_eq(frame_parse(header, sizeof(header), SIZE_MAX, &frame), FRAME_E_MORE);
        ck_assert_uint_eq(frame.size, (size_t)UINT32_MAX + FRAME_HEADER_SIZE);
        ck_assert_int_eq(parse(header, sizeof(header)), FRAME_E_TOO_LARGE);
}
END_TEST

START_TEST(descriptors_are_judged_as_their_bytes_arrive) {
        size_t at_size;

        ck_assert_int_eq(parse_bytewise("\1\0\0\0\x10\0\0\0m", 9, &at_size), 0);
        ck_assert_int_eq(parse_bytewise("\1\0\0\0\x11\0\0\0m", 9, &at_size), FRAME_E_DESCRIPTORS);
        ck_assert_uint_eq(at_size, 5);
        ck_assert_int_eq(parse_bytewise("\1\0\0\0\0\1\0\0m", 9, &at_size), FRAME_E_DESCRIPTORS);
        ck_assert_uint_eq(at_size, 6);
}
END_TEST

START_TEST(flags_are_judged_as_their_bytes_arrive) {
        size_t at_size;

        ck_assert_int_eq(parse_bytewise("\1\0\0\0\0\0\1\0m", 9, &at_size), FRAME_E_FLAGS);
        ck_assert_uint_eq(at_size, 7);
        ck_assert_int_eq(parse_bytewise("\1\0\0\0\0\0\0\x80m", 9, &at_size), FRAME_E_FLAGS);
        ck_assert_uint_eq(at_size, 8);
}
END_TEST

START_TEST(other_protocols_are_recognised_within_eight_bytes) {
        static const struct {
                const char *data;
                size_t size;
        } others[] = {
                { "GET / HTTP/1.1\r\n", 16 },
                { "HEAD / HTTP/1.1\r\n", 17 },
                { "POST /x HTTP/1.1\r\n", 18 },
                { "PUT /x HTTP/1.1\r\n", 17 },
                { "DELETE / HTTP/1.1\r\n", 19 },
                { "CONNECT a:1 HTTP/1.1\r\n", 22 },
                { "OPTIONS * HTTP/1.1\r\n", 20 },
                { "TRACE / HTTP/1.1\r\n", 18 },
                { "PATCH / HTTP/1.1\r\n", 18 },
                { "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 24 },
                { "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
                  11 }, /* a ClientHello of 512 bytes */
                { "\x16\x03\x01\x00\xc8\x01\x00\x00\xc4\x03\x03", 11 }, /* and one of 200 */
                { "\x16\x03\x03\x00\x2a\x01\x00\x00\x26\x03\x03", 11 },
                { "\0AUTH EXTERNAL 30\r\n", 19 },
                { "l\1\0\1\x80\0\0\0\1\0\0\0", 12 }, /* a D-Bus call with a body of 128 bytes, … */
                { "B\1\0\1\0\0\0\x80\0\0\0\1", 12 }, /* … and in the other byte order */
                { "SSH-2.0-OpenSSH_9.2p1\r\n", 23 },
        };
        size_t at_size;

        for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
                ck_assert_msg(parse_bytewise(others[i].data, others[i].size, &at_size) ==
                                      FRAME_E_PREAMBLE,
                              "%s",
                              others[i].data);
                ck_assert_uint_le(at_size, FRAME_HEADER_SIZE);
        }
}
END_TEST

START_TEST(preambles_are_recognised_under_any_limit) {
        struct frame frame;

        ck_assert_int_eq(frame_parse((const uint8_t *)"GET / HT", 8, SIZE_MAX, &frame),
                         FRAME_E_PREAMBLE);
        ck_assert_int_eq(frame_parse((const uint8_t *)"SSH-2.0-", 8, SIZE_MAX, &frame),
                         FRAME_E_PREAMBLE);
        ck_assert_int_eq(frame_parse((const uint8_t *)"GET / HT", 8, 1, &frame), FRAME_E_PREAMBLE);
}
END_TEST

START_TEST(header_that_stands_is_never_taken_for_a_preamble) {
        static const char *const lookalikes[] = {
                "GET \0\0\0", "SSH-\1\0\0", "l\1\0\1\0\0\0", "\x16\3\1\0\0\0\0"
        };
        struct frame frame;

        for (size_t i = 0; i < sizeof(lookalikes) / sizeof(lookalikes[0]); i++)
                ck_assert_int_eq(frame_parse((const uint8_t *)lookalikes[i], 8, SIZE_MAX, &frame),
                                 FRAME_E_MORE);
}
END_TEST

START_TEST(outcome_once_decided_stays_whatever_follows) {
        struct random random = random_seed();
        uint8_t data[16];

        for (size_t i = 0; i < 100000; i++) {
                int r = FRAME_E_MORE;

                for (size_t k = 0; k < sizeof(data); k++)
                        data[k] = random_one_in(&random, 2) ? 0 : (uint8_t)random_u64(&random);
                for (size_t size = 0; size <= sizeof(data); size++) {
                        int now = parse(data, size);

                        ck_assert(r == FRAME_E_MORE || now == r);
                        r = now;
                }
        }
}
END_TEST

int main(void) {
        const TTest *tests[] = {
                whole_frame_is_found_with_what_follows_left_alone,
                header_tells_how_much_is_needed_before_the_message_is_there,
                written_header_is_read_back,
                length_of_zero_is_refused_with_four_bytes,
                length_is_held_to_the_limit_exactly,
                largest_length_does_not_overflow,
                descriptors_are_judged_as_their_bytes_arrive,
                flags_are_judged_as_their_bytes_arrive,
                other_protocols_are_recognised_within_eight_bytes,
                preambles_are_recognised_under_any_limit,
                header_that_stands_is_never_taken_for_a_preamble,
                outcome_once_decided_stays_whatever_follows,
        };

        return suite_run("frame", tests, SUITE_SIZE(tests), SUITE_TIMEOUT_S);
}
