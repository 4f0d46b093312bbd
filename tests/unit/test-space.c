/* SPDX-License-Identifier: MIT */

#include <check.h>
#include <errno.h>
#include <string.h>

#include "gc/space.h"
#include "helpers/suite.h"

START_TEST(addresses_tell_block_and_mark_by_arithmetic) {
        struct space space;
        char *address;

        ck_assert_int_eq(space_init(&space, 64 << 20), 0);
        ck_assert_int_eq(space_grow(&space), 0);
        ck_assert_uint_eq((uintptr_t)space.base % SPACE_BLOCK_BYTES, 0);
        address = space.base + 3 * SPACE_BLOCK_BYTES + 40;
        ck_assert(space_contains(&space, address));
        ck_assert(!space_contains(&space, space.base - 1));
        ck_assert(!space_contains(&space, space.base + space.size_bytes));
        ck_assert_ptr_eq(space_get_block(&space, address), &space.blocks[3]);
        ck_assert_ptr_eq(space_get_mark(&space, address),
                         space.marks + 3 * SPACE_BLOCK_GRANULES + 2);
        ck_assert_ptr_eq(space_get_block_begin(&space, &space.blocks[3]),
                         space.base + 3 * SPACE_BLOCK_BYTES);
        space_deinit(&space);
        space_deinit(&space);
}
END_TEST

START_TEST(space_grows_up_to_what_was_reserved) {
        struct space space;
        size_t n_blocks = 0;

        ck_assert_int_eq(space_init(&space, 3 << 20), 0);
        while (space_grow(&space) == 0) {
                ck_assert_uint_gt(space.n_blocks, n_blocks);
                n_blocks = space.n_blocks;
                memset(space.base, 1, n_blocks * SPACE_BLOCK_BYTES);
        }
        ck_assert_uint_eq(n_blocks * SPACE_BLOCK_BYTES, 3 << 20);
        ck_assert_uint_eq(space.n_blocks, space.n_blocks_max);
        space_deinit(&space);
}
END_TEST

START_TEST(memory_that_was_given_back_reads_as_zero) {
        struct space space;

        ck_assert_int_eq(space_init(&space, 1 << 20), 0);
        ck_assert_int_eq(space_grow(&space), 0);
        memset(space.base, 1, SPACE_BLOCK_BYTES + 1);
        memset((void *)space.marks, 1, SPACE_BLOCK_GRANULES + 1);
        space_decommit(&space, &space.blocks[0]);
        ck_assert(space.blocks[0].is_clean);
        for (size_t i = 0; i < SPACE_BLOCK_BYTES; i++)
                ck_assert_int_eq(space.base[i], 0);
        for (size_t i = 0; i < SPACE_BLOCK_GRANULES; i++)
                ck_assert_uint_eq(space.marks[i], 0);
        ck_assert_int_eq(space.base[SPACE_BLOCK_BYTES], 1);
        ck_assert_uint_eq(space.marks[SPACE_BLOCK_GRANULES], 1);
        space_deinit(&space);
}
END_TEST

START_TEST(reservation_that_is_refused_is_halved) {
        struct space space;

        for (size_t n = 1; n <= 3; n++) {
                (void)memory_fail_at(n);
                ck_assert_int_eq(space_init(&space, 8 << 20), 0);
                ck_assert_uint_eq(space.size_bytes, 4 << 20);
                space_deinit(&space);
        }
        (void)memory_fail_at(1);
        ck_assert_int_eq(space_init(&space, 1), -ENOMEM);
        (void)memory_fail_at(0);
        ck_assert_int_eq(space_init(&space, (size_t)1 << 60), 0);
        ck_assert_uint_lt(space.size_bytes, (size_t)1 << 48);
        space_deinit(&space);
}
END_TEST

START_TEST(growth_that_fails_changes_nothing) {
        struct space space;

        ck_assert_int_eq(space_init(&space, 8 << 20), 0);
        for (size_t n = 1; n <= 3; n++) {
                (void)memory_fail_at(1);
                ck_assert_int_eq(space_grow(&space), -ENOMEM);
                ck_assert_uint_eq(space.n_blocks, 0);
        }
        (void)memory_fail_at(0);
        ck_assert_int_eq(space_grow(&space), 0);
        ck_assert_uint_eq(space.n_blocks, SPACE_EXTENT_BLOCKS);
        space_deinit(&space);
}
END_TEST

int main(void) {
        const TTest *tests[] = {
                addresses_tell_block_and_mark_by_arithmetic, space_grows_up_to_what_was_reserved,
                memory_that_was_given_back_reads_as_zero,    reservation_that_is_refused_is_halved,
                growth_that_fails_changes_nothing,
        };

        return suite_run("space", tests, SUITE_SIZE(tests), SUITE_TIMEOUT_S);
}
