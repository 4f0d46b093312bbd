/* SPDX-License-Identifier: MIT */

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "helpers/suite.h"

static void expect_content(const struct buffer *buffer, const char *text) {
        ck_assert_uint_eq(buffer_get_length(buffer), strlen(text));
        ck_assert_mem_eq(buffer_get_data(buffer), text, strlen(text));
}

START_TEST(zeroed_buffer_is_empty_and_owns_nothing) {
        struct buffer buffer = { 0 };

        ck_assert_uint_eq(buffer_get_length(&buffer), 0);
        buffer_deinit(&buffer);
        buffer_deinit(&buffer);
}
END_TEST

START_TEST(appended_bytes_are_consumed_in_order) {
        cleanup_(buffer_deinit) struct buffer buffer = { 0 };

        ck_assert_int_eq(buffer_append(&buffer, "one ", 4), 0);
        ck_assert_int_eq(buffer_append(&buffer, "two", 3), 0);
        expect_content(&buffer, "one two");
        buffer_consume(&buffer, 4);
        expect_content(&buffer, "two");
}
END_TEST

START_TEST(appending_nothing_allocates_nothing) {
        cleanup_(buffer_deinit) struct buffer buffer = { 0 };

        ck_assert_int_eq(buffer_append(&buffer, NULL, 0), 0);
        ck_assert_ptr_null(buffer.data);
}
END_TEST

START_TEST(consuming_everything_starts_at_the_front_again) {
        cleanup_(buffer_deinit) struct buffer buffer = { 0 };

        ck_assert_int_eq(buffer_append(&buffer, "abc", 3), 0);
        buffer_consume(&buffer, 3);
        ck_assert_uint_eq(buffer.begin, 0);
        ck_assert_uint_eq(buffer.end, 0);
}
END_TEST

START_TEST(reserved_room_is_content_once_committed) {
        cleanup_(buffer_deinit) struct buffer buffer = { 0 };
        uint8_t *room = buffer_reserve(&buffer, 1000);

        ck_assert_ptr_nonnull(room);
        ck_assert_uint_eq(buffer_get_length(&buffer), 0);
        memcpy(room, "abc", 3);
        buffer_commit(&buffer, 3);
        expect_content(&buffer, "abc");
}
END_TEST

START_TEST(half_empty_buffer_moves_its_rest_instead_of_growing) {
        cleanup_(buffer_deinit) struct buffer buffer = { 0 };
        size_t size;

        ck_assert_ptr_nonnull(buffer_reserve(&buffer, 100));
        size = buffer.size_bytes;
        memset(buffer_reserve(&buffer, size), 'x', size);
        buffer_commit(&buffer, size);
        buffer_consume(&buffer, size - 3);
        ck_assert_int_eq(buffer_append(&buffer, "tail", 4), 0);
        ck_assert_uint_eq(buffer.size_bytes, size);
        expect_content(&buffer, "xxxtail");
}
END_TEST

START_TEST(growing_keeps_what_was_not_consumed) {
        cleanup_(buffer_deinit) struct buffer buffer = { 0 };

        for (uint32_t i = 0; i < 10000; i++) {
                uint32_t first;

                ck_assert_int_eq(buffer_append(&buffer, &i, sizeof(i)), 0);
                if (i % 3 != 2)
                        continue;
                memcpy(&first, buffer_get_data(&buffer), sizeof(first));
                ck_assert_uint_eq(first, i / 3);
                buffer_consume(&buffer, sizeof(first));
        }
}
END_TEST

START_TEST(impossible_room_is_refused_and_changes_nothing) {
        cleanup_(buffer_deinit) struct buffer buffer = { 0 };

        ck_assert_int_eq(buffer_append(&buffer, "abc", 3), 0);
        ck_assert_ptr_null(buffer_reserve(&buffer, SIZE_MAX - 2));
        expect_content(&buffer, "abc");
}
END_TEST

START_TEST(trimming_an_empty_buffer_gives_all_memory_back) {
        cleanup_(buffer_deinit) struct buffer buffer = { 0 };

        ck_assert_ptr_nonnull(buffer_reserve(&buffer, 1 << 20));
        buffer_trim(&buffer);
        ck_assert_ptr_null(buffer.data);
        ck_assert_uint_eq(buffer.size_bytes, 0);
}
END_TEST

START_TEST(trimming_a_nearly_empty_buffer_keeps_its_content) {
        cleanup_(buffer_deinit) struct buffer buffer = { 0 };

        ck_assert_ptr_nonnull(buffer_reserve(&buffer, 1 << 20));
        ck_assert_int_eq(buffer_append(&buffer, "abcdef", 6), 0);
        buffer_consume(&buffer, 2);
        buffer_trim(&buffer);
        ck_assert_uint_lt(buffer.size_bytes, 1024);
        expect_content(&buffer, "cdef");
}
END_TEST

int main(void) {
        const TTest *tests[] = {
                zeroed_buffer_is_empty_and_owns_nothing,
                appended_bytes_are_consumed_in_order,
                appending_nothing_allocates_nothing,
                consuming_everything_starts_at_the_front_again,
                reserved_room_is_content_once_committed,
                half_empty_buffer_moves_its_rest_instead_of_growing,
                growing_keeps_what_was_not_consumed,
                impossible_room_is_refused_and_changes_nothing,
                trimming_an_empty_buffer_gives_all_memory_back,
                trimming_a_nearly_empty_buffer_keeps_its_content,
        };

        return suite_run("buffer", tests, SUITE_SIZE(tests), SUITE_TIMEOUT_S);
}
