/* SPDX-License-Identifier: MIT */

#include <check.h>
#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "base/cleanup.h"
#include "helpers/failing-malloc.h"
#include "helpers/suite.h"
#include "wire/arena.h"

START_TEST(allocations_are_aligned_and_do_not_overlap) {
        cleanup_(arena_deinit) struct arena arena;
        uint8_t *before = NULL;

        ck_assert_int_eq(arena_init(&arena), 0);
        arena_reset(&arena, 1000);
        for (size_t size = 1; size < 20; size++) {
                uint8_t *data = arena_allocate(&arena, size);

                ck_assert_uint_eq((uintptr_t)data % ARENA_ALIGNMENT, 0);
                ck_assert(!before || data >= before + size - 1);
                memset(data, 0xff, size);
                before = data;
        }
}
END_TEST

START_TEST(budget_holds_to_the_byte) {
        cleanup_(arena_deinit) struct arena arena;

        ck_assert_int_eq(arena_init(&arena), 0);
        arena_reset(&arena, 64);
        ck_assert_ptr_nonnull(arena_allocate(&arena, 33));
        ck_assert_uint_eq(arena.spent, 40);
        ck_assert_ptr_null(arena_allocate(&arena, 25));
        ck_assert(arena.is_over_budget);
        ck_assert_ptr_nonnull(arena_allocate(&arena, 24));
        ck_assert_ptr_null(arena_allocate(&arena, 1));
        ck_assert_ptr_null(arena_allocate(&arena, SIZE_MAX));
        ck_assert_uint_eq(arena.spent, 64);
        arena_reset(&arena, 63);
        ck_assert(!arena.is_over_budget);
        ck_assert_ptr_null(arena_allocate(&arena, 57));
}
END_TEST

START_TEST(fresh_arena_has_no_budget) {
        cleanup_(arena_deinit) struct arena arena;

        ck_assert_int_eq(arena_init(&arena), 0);
        ck_assert_ptr_null(arena_allocate(&arena, 1));
}
END_TEST

START_TEST(first_block_serves_without_malloc) {
        cleanup_(arena_deinit) struct arena arena;
        bool is_served = true;

        ck_assert_int_eq(arena_init(&arena), 0);
        failing_malloc_arm(1);
        for (size_t i = 0; i < 10; i++) {
                arena_reset(&arena, ARENA_FIRST_BLOCK_SIZE);
                is_served &= arena_allocate(&arena, ARENA_FIRST_BLOCK_SIZE - 8) != NULL;
                is_served &= arena_allocate(&arena, 8) != NULL;
        }
        ck_assert(!failing_malloc_disarm());
        ck_assert(is_served);
}
END_TEST

START_TEST(further_blocks_are_given_back_by_reset) {
        cleanup_(arena_deinit) struct arena arena;
        size_t n_before, n_during, n_after;

        ck_assert_int_eq(arena_init(&arena), 0);
        n_before = failing_malloc_count();
        arena_reset(&arena, 1 << 20);
        for (size_t i = 0; i < (1 << 20) / 1000; i++)
                memset(arena_allocate(&arena, 1000), 1, 1000);
        n_during = failing_malloc_count();
        arena_reset(&arena, 100);
        n_after = failing_malloc_count();
        ck_assert_uint_gt(n_during, n_before);
        ck_assert_uint_eq(n_after, n_before);
        ck_assert_ptr_eq(arena_allocate(&arena, 8), arena.first_block);
}
END_TEST

START_TEST(blocks_hold_less_than_twice_the_budget) {
        enum {
                BUDGET = 1 << 20
        };
        cleanup_(arena_deinit) struct arena arena;
        size_t held = 0;

        ck_assert_int_eq(arena_init(&arena), 0);
        arena_reset(&arena, BUDGET);
        for (size_t size = 8; arena_allocate(&arena, size); size = size * 5 / 4 + 8) {
                static uint8_t *block;

                if (block != arena.block)
                        held += arena.block_size;
                block = arena.block;
        }
        ck_assert_uint_lt(held, 2 * BUDGET + ARENA_FIRST_BLOCK_SIZE);
}
END_TEST

START_TEST(failing_malloc_is_told_apart_from_the_budget) {
        cleanup_(arena_deinit) struct arena arena;
        void *memory;

        ck_assert_int_eq(arena_init(&arena), 0);
        arena_reset(&arena, 1 << 20);
        failing_malloc_arm(1);
        memory = arena_allocate(&arena, ARENA_FIRST_BLOCK_SIZE + 1);
        ck_assert(failing_malloc_disarm());
        ck_assert_ptr_null(memory);
        ck_assert(arena.is_exhausted && !arena.is_over_budget);
        ck_assert_ptr_nonnull(arena_allocate(&arena, ARENA_FIRST_BLOCK_SIZE + 1));
}
END_TEST

START_TEST(arena_that_could_not_be_made_may_be_deinitialised) {
        struct arena arena;
        int r;

        failing_malloc_arm(1);
        r = arena_init(&arena);
        arena_deinit(&arena);
        ck_assert(failing_malloc_disarm());
        ck_assert_int_eq(r, -ENOMEM);
        ck_assert_int_eq(arena_init(&arena), 0);
        arena_deinit(&arena);
        arena_deinit(&arena);
}
END_TEST

int main(void) {
        const TTest *tests[] = {
                allocations_are_aligned_and_do_not_overlap,
                budget_holds_to_the_byte,
                fresh_arena_has_no_budget,
                first_block_serves_without_malloc,
                further_blocks_are_given_back_by_reset,
                blocks_hold_less_than_twice_the_budget,
                failing_malloc_is_told_apart_from_the_budget,
                arena_that_could_not_be_made_may_be_deinitialised,
        };

        return suite_run("arena", tests, SUITE_SIZE(tests), SUITE_TIMEOUT_S);
}
