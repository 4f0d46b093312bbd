/* SPDX-License-Identifier: MIT */

#include <check.h>
#include <string.h>

#include "base/cleanup.h"
#include "helpers/random.h"
#include "helpers/suite.h"
#include "helpers/wire-bytes.h"

/* Reads one field of a literal, all of which it has to take. */
#define read_whole(text, ret_field) read_bytes("" text, sizeof(text) - 1, (ret_field))

static bool read_bytes(const void *data, size_t size, struct field *ret_field) {
        const uint8_t *at = data, *end = at + size;

        at = field_read(at, end, ret_field);
        return at && at == end;
}

START_TEST(varint_is_read_back_and_takes_the_size_foretold) {
        struct random random = random_seed();

        for (size_t i = 0; i < 100000; i++) {
                uint64_t value = random_magnitude(&random);
                uint8_t bytes[VARINT_SIZE_MAX];
                const uint8_t *end = varint_write(bytes, value);
                struct varint varint = varint_read(bytes, end);

                ck_assert_uint_eq((size_t)(end - bytes), varint_get_size(value));
                ck_assert_uint_eq(varint.value, value);
                ck_assert_ptr_eq(varint.next, end);
        }
}
END_TEST

START_TEST(varint_size_changes_at_every_seventh_bit) {
        ck_assert_uint_eq(varint_get_size(0), 1);
        for (unsigned n_bits = 7; n_bits < 64; n_bits += 7) {
                ck_assert_uint_eq(varint_get_size((UINT64_C(1) << n_bits) - 1), n_bits / 7);
                ck_assert_uint_eq(varint_get_size(UINT64_C(1) << n_bits), n_bits / 7 + 1);
        }
        ck_assert_uint_eq(varint_get_size(UINT64_MAX), VARINT_SIZE_MAX);
}
END_TEST

START_TEST(varint_cut_short_is_refused) {
        uint8_t bytes[VARINT_SIZE_MAX];
        const uint8_t *end = varint_write(bytes, UINT64_MAX);

        for (const uint8_t *cut = bytes; cut < end; cut++)
                ck_assert_ptr_null(varint_read(bytes, cut).next);
}
END_TEST

START_TEST(varint_of_more_than_64_bits_is_refused) {
        struct field field;

        ck_assert(read_whole("\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", &field));
        ck_assert_uint_eq(field.varint, UINT64_MAX);
        ck_assert(!read_whole("\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", &field));
        ck_assert(!read_whole("\x08\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01", &field));
        ck_assert(!read_whole("\x08\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x00",
                              &field));
}
END_TEST

START_TEST(varint_with_superfluous_zeros_is_read) {
        struct field field;

        ck_assert(read_whole("\x08\x81\x80\x80\x00", &field));
        ck_assert_uint_eq(field.varint, 1);
        ck_assert(read_whole("\x88\x80\x00\x05", &field));
        ck_assert_uint_eq(field.number, 1);
}
END_TEST

START_TEST(each_type_gives_its_content) {
        struct field field;

        ck_assert(read_whole("\x10\x96\x01", &field));
        ck_assert(field.number == 2 && field.type == FIELD_VARINT && field.varint == 150);
        ck_assert(read_whole("\x1a\x03"
                             "abc",
                             &field));
        ck_assert(field.number == 3 && field.type == FIELD_BYTES && field.size == 3);
        ck_assert_mem_eq(field.data, "abc", 3);
        ck_assert(read_whole("\x21\1\2\3\4\5\6\7\x08", &field));
        ck_assert(field.number == 4 && field.type == FIELD_FIXED64 && field.size == 8);
        ck_assert(read_whole("\x2d\1\2\3\4", &field));
        ck_assert(field.number == 5 && field.type == FIELD_FIXED32 && field.size == 4);
}
END_TEST

START_TEST(numbers_are_1_to_2_to_the_29th) {
        cleanup_(buffer_deinit) struct buffer buffer = { 0 };
        static const uint64_t refused[] = {
                0, UINT64_C(1) << 29, UINT64_C(1) << 31, UINT64_C(1) << 32
        };
        struct field field;

        bytes_put_number(&buffer, (1 << 29) - 1, 7);
        ck_assert(read_bytes(buffer_get_data(&buffer), buffer_get_length(&buffer), &field));
        ck_assert_uint_eq(field.number, (1 << 29) - 1);
        for (size_t i = 0; i < SUITE_SIZE(refused); i++) {
                buffer_consume(&buffer, buffer_get_length(&buffer));
                bytes_put_number(&buffer, refused[i], 7);
                ck_assert(
                        !read_bytes(buffer_get_data(&buffer), buffer_get_length(&buffer), &field));
        }
}
END_TEST

START_TEST(groups_and_unknown_types_are_refused) {
        struct field field;

        ck_assert(!read_whole("\x0b\x0c", &field));
        ck_assert(!read_whole("\x0c", &field));
        ck_assert(!read_whole("\x0e\x00", &field));
        ck_assert(!read_whole("\x0f\x00", &field));
}
END_TEST

START_TEST(content_past_the_end_is_refused) {
        struct field field;

        ck_assert(!read_whole("\x0a\x04"
                              "abc",
                              &field));
        ck_assert(!read_whole("\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"
                              "abc",
                              &field));
        ck_assert(!read_whole("\x09\1\2\3\4\5\6\7", &field));
        ck_assert(!read_whole("\x0d\1\2\3", &field));
        ck_assert(!read_whole("\x08", &field));
        ck_assert(!read_whole("\x0a", &field));
}
END_TEST

START_TEST(varints_of_a_run_are_counted_and_a_cut_run_is_refused) {
        struct field field;
        size_t n;

        ck_assert(read_whole("\x0a\x04\x01\x80\x01\x02", &field));
        ck_assert(field_count_varints(&field, &n));
        ck_assert_uint_eq(n, 3);
        ck_assert(read_whole("\x0a\x00", &field));
        ck_assert(field_count_varints(&field, &n));
        ck_assert_uint_eq(n, 0);
        ck_assert(read_whole("\x0a\x02\x01\x80", &field));
        ck_assert(!field_count_varints(&field, &n));
        ck_assert(read_whole("\x0d\1\2\3\4", &field));
        ck_assert(!field_count_varints(&field, &n));
}
END_TEST

int main(void) {
        const TTest *tests[] = {
                varint_is_read_back_and_takes_the_size_foretold,
                varint_size_changes_at_every_seventh_bit,
                varint_cut_short_is_refused,
                varint_of_more_than_64_bits_is_refused,
                varint_with_superfluous_zeros_is_read,
                each_type_gives_its_content,
                numbers_are_1_to_2_to_the_29th,
                groups_and_unknown_types_are_refused,
                content_past_the_end_is_refused,
                varints_of_a_run_are_counted_and_a_cut_run_is_refused,
        };

        return suite_run("field", tests, SUITE_SIZE(tests), SUITE_TIMEOUT_S);
}
