/* SPDX-License-Identifier: MIT */

#include <check.h>

#include "helpers/random.h"
#include "helpers/store-stand.h"
#include "helpers/suite.h"

enum {
        N_OBJECTS = 20000,
};

static struct object *objects[N_OBJECTS];
static size_t sizes[N_OBJECTS];

static size_t choose_size(struct random *random) {
        size_t size = 16 + random_below(random, 200);

        if (random_below(random, 100) == 0)
                size = 16 + random_below(random, REGION_LARGE_BYTES - 16);
        return size;
}

/* Whether what was made still is what it was. */
static void check_object(size_t i) {
        size_t n = 0;

        ck_assert_uint_eq(object_get_size(objects[i]), sizes[i]);
        while (n < sizes[i] - OBJECT_HEADER_SIZE && objects[i]->bytes[n] == 0x5a)
                n++;
        ck_assert_uint_eq(n, sizes[i] - OBJECT_HEADER_SIZE);
}

START_TEST(what_is_marked_stays_and_the_rest_goes) {
        struct random random = random_seed();
        size_t bytes = 0;
        struct stand stand;

        stand_init(&stand, 256 << 20);
        for (size_t i = 0; i < N_OBJECTS; i++)
                objects[i] = stand_make(&stand, sizes[i] = choose_size(&random));
        stand_begin_cycle(&stand);
        for (size_t i = 0; i < N_OBJECTS; i++)
                if (random_below(&random, 3) == 0) {
                        stand_mark(&stand, objects[i]);
                        bytes += space_round(sizes[i]);
                } else
                        objects[i] = NULL;
        stand_sweep(&stand);
        ck_assert_uint_ge(stand_get_used(&stand), bytes);
        ck_assert_uint_le(stand_get_used(&stand), bytes + 2 * SPACE_BLOCK_BYTES);
        for (size_t i = 0; i < N_OBJECTS; i++)
                if (objects[i])
                        check_object(i);
        stand_deinit(&stand);
}
END_TEST

START_TEST(holes_are_filled_again_and_the_living_are_left_alone) {
        struct random random = random_seed();
        struct stand stand;
        size_t committed = 0;

        stand_init(&stand, 256 << 20);
        for (size_t i = 0; i < N_OBJECTS; i++)
                objects[i] = stand_make(&stand, sizes[i] = choose_size(&random));
        for (int cycle = 0; cycle < 12; cycle++) {
                stand_begin_cycle(&stand);
                for (size_t i = 0; i < N_OBJECTS; i++) {
                        check_object(i);
                        if (random_below(&random, 2) == 0)
                                objects[i] = stand_make(&stand, sizes[i] = choose_size(&random));
                        else
                                stand_mark(&stand, objects[i]);
                }
                stand_sweep(&stand);
                if (cycle == 5)
                        committed = atomic_load_explicit(&stand.heap->store.committed_bytes,
                                                         memory_order_relaxed);
        }
        ck_assert_uint_le(stand.heap->store.committed_bytes, 2 * committed);
        stand_deinit(&stand);
}
END_TEST

START_TEST(threads_that_want_room_sweep) {
        struct stand stand;
        size_t committed;

        stand_init(&stand, 256 << 20);
        for (size_t i = 0; i < N_OBJECTS; i++)
                (void)stand_make(&stand, 100);
        committed = stand.heap->store.committed_bytes;
        stand_begin_cycle(&stand);
        stand_begin_sweep(&stand);
        for (size_t i = 0; i < N_OBJECTS; i++)
                (void)stand_make(&stand, 100);
        ck_assert_uint_le(stand.heap->store.committed_bytes, committed + 2 * SPACE_BLOCK_BYTES);
        stand_end_sweep(&stand);
        stand_deinit(&stand);
}
END_TEST

START_TEST(block_owned_while_marking_keeps_its_holes_and_loses_its_dead) {
        struct stand stand;
        struct object *kept, *dead, *fresh;

        stand_init(&stand, 16 << 20);
        kept = stand_make(&stand, 5000);
        dead = stand_make(&stand, 5000);
        stand_begin_cycle(&stand);
        stand_mark(&stand, kept);
        stand_mark(&stand, dead);
        stand_sweep(&stand);
        stand_begin_cycle(&stand);
        fresh = stand_make(&stand, 64);
        ck_assert_ptr_eq(space_get_block(&stand.heap->store.space, fresh),
                         space_get_block(&stand.heap->store.space, kept));
        stand_mark(&stand, kept);
        stand_sweep(&stand);
        ck_assert_uint_eq(stand_get_mark(&stand, dead), MARK_NONE);
        ck_assert_uint_eq(stand_get_mark(&stand, fresh), epoch_get_colour(stand.epoch));
        ck_assert_ptr_eq(stand_make(&stand, 64), (char *)fresh + 64);
        store_verify(stand.heap);
        stand_deinit(&stand);
}
END_TEST

START_TEST(lent_piece_outlives_cycles_and_is_born_with_the_colour_of_the_day) {
        struct stand stand;
        struct gca_thread *other;
        char *begin, *end, *next;
        const struct object *foreign;

        stand_init(&stand, 1 << 20);
        other = stand_add_thread(&stand);
        ck_assert_int_eq(store_lend(stand.thread, 64, &begin, &end), 0);
        next = stand_put(begin, 64, 0);
        for (int i = 0; i < 3; i++) {
                stand_begin_cycle(&stand);
                stand_begin_sweep(&stand);
                while ((foreign = stand_make_for(other, 64, 0)))
                        ck_assert((char *)foreign < begin || (char *)foreign >= end);
        }
        store_bear(stand.thread, section_enter(stand.thread), begin, next);
        section_exit(stand.thread);
        store_give_back(stand.thread, next, end);
        ck_assert_uint_eq(stand_get_mark(&stand, (struct object *)(void *)begin),
                          epoch_get_colour(stand.epoch));
        stand_end_sweep(&stand);
        stand_begin_cycle(&stand);
        stand_sweep(&stand);
        ck_assert_uint_le(stand_get_used(&stand), 2 * SPACE_BLOCK_BYTES);
        stand_deinit(&stand);
}
END_TEST

START_TEST(block_that_its_thread_left_is_not_filled_while_a_piece_is_lent) {
        struct stand stand;
        struct gca_thread *other;
        char *begin, *end, *next;
        const struct object *made, *foreign;

        stand_init(&stand, 1 << 20);
        other = stand_add_thread(&stand);
        ck_assert_int_eq(store_lend(stand.thread, 64, &begin, &end), 0);
        next = stand_put(begin, 64, 0);
        do
                made = stand_make(&stand, 100);
        while (space_get_block(&stand.heap->store.space, made) ==
               space_get_block(&stand.heap->store.space, begin));
        for (int i = 0; i < 3; i++) {
                stand_begin_cycle(&stand);
                stand_begin_sweep(&stand);
                while ((foreign = stand_make_for(other, 64, 0)))
                        ck_assert((char *)foreign < begin || (char *)foreign >= end);
        }
        store_bear(stand.thread, section_enter(stand.thread), begin, next);
        section_exit(stand.thread);
        store_give_back(stand.thread, next, end);
        stand_end_sweep(&stand);
        stand_begin_cycle(&stand);
        stand_sweep(&stand);
        ck_assert_uint_le(stand_get_used(&stand), 2 * SPACE_BLOCK_BYTES);
        stand_deinit(&stand);
}
END_TEST

START_TEST(accounts_get_back_what_was_swept) {
        struct stand stand;

        stand_init(&stand, 64 << 20);
        for (int i = 0; i < 10000; i++)
                objects[i] = stand_make_for(stand.thread, 40, i < 8000 ? 1 : 1 + i % 3);
        stand_begin_cycle(&stand);
        for (int i = 0; i < 10000; i += 2)
                stand_mark(&stand, objects[i]);
        stand_sweep(&stand);
        ck_assert_uint_eq(store_get_account_bytes(stand.heap, 1), 48 * (4000 + 333));
        ck_assert_uint_eq(store_get_account_bytes(stand.heap, 2), 48 * 333);
        ck_assert_uint_eq(store_get_account_bytes(stand.heap, 3), 48 * 334);
        stand_begin_cycle(&stand);
        stand_sweep(&stand);
        for (uint16_t account = 1; account <= 3; account++)
                ck_assert_uint_eq(store_get_account_bytes(stand.heap, account), 0);
        stand_deinit(&stand);
}
END_TEST

START_TEST(statistics_tell_what_was_swept) {
        struct stand stand;
        uint64_t n, bytes;

        stand_init(&stand, 16 << 20);
        for (int i = 0; i < 1000; i++)
                objects[i] = stand_make(&stand, 24);
        stand_begin_cycle(&stand);
        for (int i = 0; i < 10; i++)
                stand_mark(&stand, objects[i]);
        stand_sweep(&stand);
        store_get_swept(&stand.heap->store, &n, &bytes);
        ck_assert_uint_eq(n, 990);
        ck_assert_uint_eq(bytes, 990 * 32);
        stand_begin_cycle(&stand);
        stand_begin_sweep(&stand);
        store_get_swept(&stand.heap->store, &n, &bytes);
        ck_assert_uint_eq(n, 0);
        ck_assert_uint_eq(bytes, 0);
        stand_end_sweep(&stand);
        stand_deinit(&stand);
}
END_TEST

START_TEST(empty_blocks_go_back_to_the_system) {
        struct stand stand;
        size_t trimmed;

        stand_init(&stand, 64 << 20);
        for (size_t i = 0; i < N_OBJECTS; i++)
                (void)stand_make(&stand, 1000);
        stand_begin_cycle(&stand);
        stand_sweep(&stand);
        trimmed = store_trim(&stand.heap->store, 4 * SPACE_BLOCK_BYTES);
        ck_assert_uint_gt(trimmed, 18 << 20);
        ck_assert_uint_eq(stand.heap->store.free.n, 4);
        ck_assert_uint_le(stand.heap->store.committed_bytes, 6 * SPACE_BLOCK_BYTES);
        ck_assert_uint_eq(store_trim(&stand.heap->store, 4 * SPACE_BLOCK_BYTES), 0);
        store_verify(stand.heap);
        for (size_t i = 0; i < N_OBJECTS; i++)
                ck_assert_ptr_nonnull(stand_make(&stand, 1000));
        store_verify(stand.heap);
        stand_deinit(&stand);
}
END_TEST

START_TEST(room_below_the_hard_limit_is_swept_for) {
        struct stand stand;

        stand_init(&stand, 64 << 20);
        stand.heap->options.hard_limit_bytes = 4 << 20;
        for (int i = 0; i < 3900; i++)
                ck_assert_ptr_nonnull(stand_make(&stand, 1000));
        stand_begin_cycle(&stand);
        stand_begin_sweep(&stand);
        ck_assert_int_eq(store_add_large(stand.thread, 2 << 20), 0);
        store_remove_large(&stand.heap->store, 2 << 20);
        for (int i = 0; i < 3900; i++)
                ck_assert_ptr_nonnull(stand_make(&stand, 1000));
        stand_end_sweep(&stand);
        stand_deinit(&stand);
}
END_TEST

START_TEST(large_objects_are_swept_too) {
        struct stand stand;
        struct object *large[40];

        stand_init(&stand, 16 << 20);
        for (int i = 0; i < 40; i++) {
                struct region_large *region_large = memory_allocate(sizeof(*region_large) + 40000);

                region_large->size = 40008;
                region_large->object.header = object_make_header(
                        GCA_TYPE_BYTES, 40000, OBJECT_IS_LARGE | OBJECT_IS_STORED);
                ck_assert_int_eq(store_add_large(stand.thread, 40008), 0);
                large[i] =
                        store_adopt_large(stand.thread, section_enter(stand.thread), region_large);
                section_exit(stand.thread);
        }
        stand_begin_cycle(&stand);
        for (int i = 0; i < 40; i += 4)
                stand_mark(&stand, large[i]);
        stand_sweep(&stand);
        ck_assert_uint_eq(stand_get_used(&stand), 10 * 40008);
        ck_assert_uint_eq(store_get_account_bytes(stand.heap, 0), 10 * 40008);
        stand_deinit(&stand);
}
END_TEST

int main(void) {
        const TTest *tests[] = {
                what_is_marked_stays_and_the_rest_goes,
                holes_are_filled_again_and_the_living_are_left_alone,
                threads_that_want_room_sweep,
                block_owned_while_marking_keeps_its_holes_and_loses_its_dead,
                lent_piece_outlives_cycles_and_is_born_with_the_colour_of_the_day,
                block_that_its_thread_left_is_not_filled_while_a_piece_is_lent,
                accounts_get_back_what_was_swept,
                statistics_tell_what_was_swept,
                empty_blocks_go_back_to_the_system,
                room_below_the_hard_limit_is_swept_for,
                large_objects_are_swept_too,
        };

        return suite_run("sweep", tests, SUITE_SIZE(tests), SUITE_TIMEOUT_S);
}
