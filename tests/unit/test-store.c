/* SPDX-License-Identifier: MIT */

#include <check.h>
#include <errno.h>

#include "helpers/store-stand.h"
#include "helpers/suite.h"

START_TEST(lent_memory_belongs_to_one_thread) {
        struct stand stand;
        struct gca_thread *other;
        char *begin, *end, *other_begin, *other_end;

        stand_init(&stand, 16 << 20);
        other = stand_add_thread(&stand);
        ck_assert_int_eq(store_lend(stand.thread, 24, &begin, &end), 0);
        ck_assert_int_eq(store_lend(other, 24, &other_begin, &other_end), 0);
        ck_assert(space_get_block(&stand.heap->store.space, begin) !=
                  space_get_block(&stand.heap->store.space, other_begin));
        memory_hand_out_cleared(begin, (size_t)(end - begin));
        for (char *at = begin; at < end; at++)
                ck_assert_int_eq(*at, 0);
        memory_retire(begin, (size_t)(end - begin));
        store_give_back(stand.thread, begin, end);
        store_give_back(other, other_begin, other_end);
        store_verify(stand.heap);
        stand_deinit(&stand);
}
END_TEST

START_TEST(what_is_given_back_is_lent_next) {
        struct stand stand;
        struct object *first, *second;

        stand_init(&stand, 16 << 20);
        first = stand_make(&stand, 40);
        second = stand_make(&stand, 16);
        ck_assert_ptr_eq(second, (char *)first + 48);
        store_verify(stand.heap);
        stand_deinit(&stand);
}
END_TEST

START_TEST(objects_are_born_with_the_colour_of_their_section) {
        struct stand stand;
        const struct object *object;

        stand_init(&stand, 16 << 20);
        object = stand_make(&stand, 16);
        ck_assert_uint_eq(stand_get_mark(&stand, object), epoch_get_colour(1) | MARK_END);
        stand_set_word(&stand, PHASE_ARMING, 1);
        object = stand_make(&stand, 100);
        ck_assert_uint_eq(stand_get_mark(&stand, object), epoch_get_colour(1));
        stand_set_word(&stand, PHASE_MARKING, 2);
        object = stand_make(&stand, 100);
        ck_assert_uint_eq(stand_get_mark(&stand, object), epoch_get_colour(2));
        store_verify(stand.heap);
        stand_deinit(&stand);
}
END_TEST

/* n objects of a size after one of another, all at once; the marks are looked at by store_verify(). */
static void bear_alike(struct stand *stand, size_t size, size_t n) {
        uint64_t before = stand->thread->counters.n_published;
        char *begin, *end, *next;

        ck_assert_int_eq(store_lend(stand->thread, 16 + n * space_round(size), &begin, &end), 0);
        next = stand_put(begin, 12, 0);
        for (size_t i = 0; i < n; i++)
                next = stand_put(next, size, 0);
        store_bear(stand->thread, section_enter(stand->thread), begin, next);
        section_exit(stand->thread);
        store_give_back(stand->thread, next, end);
        ck_assert_uint_eq(stand->thread->counters.n_published, before + n + 1);
}

START_TEST(objects_that_are_alike_are_born_as_others_are) {
        struct stand stand;
        size_t bytes = 0;

        stand_init(&stand, 64 << 20);
        for (size_t size = 8; size <= 160; size += 8)
                for (size_t n = 1; n <= 35; n += 2) {
                        bear_alike(&stand, size, n);
                        bytes += 16 + n * space_round(size);
                }
        store_verify(stand.heap);
        ck_assert_uint_eq(store_get_account_bytes(stand.heap, 0), bytes);
        stand_deinit(&stand);
}
END_TEST

START_TEST(objects_of_every_size_get_room) {
        struct stand stand;
        size_t bytes = 0;

        stand_init(&stand, 64 << 20);
        for (size_t size = 16; size <= REGION_LARGE_BYTES; size += size / 7 + 8) {
                for (int i = 0; i < 5; i++)
                        ck_assert_ptr_nonnull(stand_make(&stand, size));
                bytes += 5 * space_round(size);
                store_verify(stand.heap);
        }
        ck_assert_uint_ge(stand_get_used(&stand), bytes);
        ck_assert_uint_le(stand_get_used(&stand), bytes + 2 * SPACE_BLOCK_BYTES);
        stand_deinit(&stand);
}
END_TEST

START_TEST(medium_objects_leave_the_hole_to_small_ones) {
        struct stand stand;
        const char *small, *next;

        stand_init(&stand, 16 << 20);
        small = (char *)stand_make(&stand, 64);
        for (int i = 0; i < 2; i++)
                (void)stand_make(&stand, REGION_LARGE_BYTES - 64);
        next = (char *)stand_make(&stand, 64);
        ck_assert_ptr_eq(space_get_block(&stand.heap->store.space, next),
                         space_get_block(&stand.heap->store.space, small));
        stand_deinit(&stand);
}
END_TEST

START_TEST(raw_memory_in_a_run_becomes_a_hole) {
        struct stand stand;
        char *begin, *end, *next;
        size_t used;

        stand_init(&stand, 16 << 20);
        ck_assert_int_eq(store_lend(stand.thread, 1000, &begin, &end), 0);
        used = stand_get_used(&stand);
        next = stand_put(begin, 32, 0);
        memory_hand_out(next, 512);
        ((struct object *)(void *)next)->header = object_make_header(OBJECT_RAW, 504, 0);
        next = stand_put(next + 512, 32, 0);
        store_bear(stand.thread, section_enter(stand.thread), begin, next);
        section_exit(stand.thread);
        store_give_back(stand.thread, next, end);
        ck_assert_uint_eq(stand_get_used(&stand), used - 512);
        store_verify(stand.heap);
        stand_deinit(&stand);
}
END_TEST

START_TEST(several_pieces_may_be_lent_at_once) {
        struct stand stand;
        char *begins[10], *ends[10], *next;

        stand_init(&stand, 16 << 20);
        for (int i = 0; i < 10; i++)
                ck_assert_int_eq(store_lend(stand.thread, 2000, &begins[i], &ends[i]), 0);
        for (int i = 0; i < 10; i++) {
                next = stand_put(begins[i], 1000, 0);
                store_bear(stand.thread, section_enter(stand.thread), begins[i], next);
                section_exit(stand.thread);
                store_give_back(stand.thread, next, ends[i]);
        }
        store_verify(stand.heap);
        stand_deinit(&stand);
}
END_TEST

START_TEST(thread_that_leaves_hands_its_blocks_on) {
        struct stand stand;
        struct gca_thread *other;
        const struct object *object, *next;

        stand_init(&stand, 16 << 20);
        other = stand_add_thread(&stand);
        object = stand_make_for(other, 100, 0);
        stand_remove_thread(other);
        store_verify(stand.heap);
        next = stand_make(&stand, 100);
        ck_assert_ptr_eq(next, (const char *)object + 112);
        stand_deinit(&stand);
}
END_TEST

/* A region's large object, as publication hands it over. */
static struct object *adopt(struct stand *stand, unsigned type, size_t count, uint16_t account) {
        size_t size = OBJECT_HEADER_SIZE + count * (type == GCA_TYPE_LIST ? 8 : 1);
        struct region_large *large =
                memory_allocate(offsetof(struct region_large, object) + object_round(size));
        struct object *object;

        ck_assert_ptr_nonnull(large);
        large->size = object_round(size);
        large->object.header = object_make_header(type, count, OBJECT_IS_LARGE | OBJECT_IS_STORED) |
                               (uint64_t)account << OBJECT_DEPTH_SHIFT;
        ck_assert_int_eq(store_add_large(stand->thread, large->size), 0);
        object = store_adopt_large(stand->thread, section_enter(stand->thread), large);
        section_exit(stand->thread);
        ck_assert_ptr_eq(object, &large->object);
        return object;
}

START_TEST(large_objects_change_owner_where_they_lie) {
        struct stand stand;
        const struct object *bytes, *list;

        stand_init(&stand, 16 << 20);
        bytes = adopt(&stand, GCA_TYPE_BYTES, 100000, 3);
        list = adopt(&stand, GCA_TYPE_LIST, 10000, 3);
        ck_assert_uint_eq(stand_get_mark(&stand, bytes), epoch_get_colour(1) | MARK_END);
        ck_assert(object_get_store_large(bytes)->is_finished);
        ck_assert(!object_get_store_large(list)->is_finished);
        ck_assert_uint_eq(stand_get_used(&stand), 100008 + 80008);
        ck_assert_uint_eq(store_get_account_bytes(stand.heap, 3), 180016);
        store_verify(stand.heap);
        stand_deinit(&stand);
}
END_TEST

struct seen {
        size_t n, bytes;
};

static void see(struct object *object, uint8_t mark, void *data) {
        struct seen *seen = data;

        ck_assert_uint_ne(mark & MARK_STATE_MASK, MARK_NONE);
        seen->n++;
        seen->bytes += object_get_size(object);
}

START_TEST(walk_meets_each_object_once) {
        struct seen seen = { 0 };
        struct stand stand;

        stand_init(&stand, 16 << 20);
        for (size_t i = 0; i < 3000; i++)
                (void)stand_make(&stand, 16 + i % 100);
        (void)adopt(&stand, GCA_TYPE_BYTES, 50000, 0);
        store_walk(&stand.heap->store, see, &seen);
        ck_assert_uint_eq(seen.n, 3001);
        ck_assert_uint_eq(seen.bytes, 3000 * 16 + 30 * 4950 + 50008);
        stand_deinit(&stand);
}
END_TEST

static void blacken(struct object *object, void *data) {
        stand_mark(data, object);
}

START_TEST(what_was_made_grey_is_found_once) {
        struct stand stand;
        struct object *objects[3];

        stand_init(&stand, 16 << 20);
        objects[0] = stand_make(&stand, 16);
        objects[1] = stand_make(&stand, 30000);
        objects[2] = adopt(&stand, GCA_TYPE_BYTES, 50000, 0);
        (void)stand_make(&stand, 16);
        stand_begin_cycle(&stand);
        ck_assert_uint_eq(store_take_grey(&stand.heap->store, blacken, &stand), 0);
        for (int i = 0; i < 3; i++) {
                uint8_t seen = stand_get_mark(&stand, objects[i]);

                store_make_grey(&stand.heap->store, objects[i], seen);
                ck_assert_uint_eq(stand_get_mark(&stand, objects[i]),
                                  MARK_GREY | (seen & MARK_END));
                store_make_grey(&stand.heap->store, objects[i], seen);
        }
        ck_assert_uint_eq(store_take_grey(&stand.heap->store, blacken, &stand), 3);
        ck_assert_uint_eq(store_take_grey(&stand.heap->store, blacken, &stand), 0);
        stand_deinit(&stand);
}
END_TEST

START_TEST(accounts_pay_for_what_is_born) {
        struct stand stand;

        stand_init(&stand, 16 << 20);
        for (int i = 0; i < 1000; i++) {
                (void)stand_make_for(stand.thread, 100, 7);
                if (i % 10 == 0)
                        (void)stand_make_for(stand.thread, 50, 65534);
        }
        ck_assert_uint_eq(store_get_account_bytes(stand.heap, 7), 112000);
        ck_assert_uint_eq(store_get_account_bytes(stand.heap, 65534), 6400);
        ck_assert_uint_eq(store_get_account_bytes(stand.heap, 0), 0);
        stand_deinit(&stand);
}
END_TEST

START_TEST(blobs_count_as_used_bytes) {
        struct stand stand;

        stand_init(&stand, 16 << 20);
        ck_assert_int_eq(store_add_blob(stand.thread, 1000000, 5), 0);
        ck_assert_uint_eq(stand_get_used(&stand), 1000000);
        ck_assert_uint_eq(store_get_account_bytes(stand.heap, 5), 1000000);
        store_verify(stand.heap);
        store_remove_blob(&stand.heap->store, 1000000, 5);
        ck_assert_uint_eq(stand_get_used(&stand), 0);
        stand_deinit(&stand);
}
END_TEST

START_TEST(nothing_is_lent_past_the_hard_limit) {
        struct stand stand;
        char *begin, *end;
        size_t n = 0;

        stand_init(&stand, 16 << 20);
        stand.heap->options.hard_limit_bytes = 1 << 20;
        while (stand_make(&stand, 1000))
                n++;
        ck_assert_uint_gt(n, 1000);
        ck_assert_uint_le(stand_get_used(&stand), 1 << 20);
        ck_assert_int_eq(store_lend(stand.thread, 30000, &begin, &end), -ENOSPC);
        ck_assert_int_eq(store_add_large(stand.thread, 30000), -ENOSPC);
        ck_assert_int_eq(store_add_blob(stand.thread, 30000, 0), -ENOSPC);
        store_verify(stand.heap);
        stand.heap->options.hard_limit_bytes = 2 << 20;
        ck_assert_int_eq(store_add_large(stand.thread, 30000), 0);
        store_remove_large(&stand.heap->store, 30000);
        ck_assert_ptr_nonnull(stand_make(&stand, 30000));
        store_verify(stand.heap);
        stand_deinit(&stand);
}
END_TEST

START_TEST(store_that_is_full_says_so_and_stays_valid) {
        struct stand stand;
        char *begin, *end;
        size_t n = 0;

        stand_init(&stand, 1 << 20);
        while (stand_make(&stand, 30000))
                n++;
        ck_assert_uint_eq(n, 2 * SPACE_EXTENT_BLOCKS);
        ck_assert_int_eq(store_lend(stand.thread, 30000, &begin, &end), -ENOMEM);
        ck_assert_ptr_nonnull(stand_make(&stand, 16));
        store_verify(stand.heap);
        stand_deinit(&stand);
}
END_TEST

START_TEST(every_allocation_may_fail) {
        struct stand stand;
        struct store store;
        size_t n = 0;

        stand_init(&stand, 16 << 20);
        do {
                (void)memory_fail_at(++n);
                if (!stand_make(&stand, 100))
                        store_verify(stand.heap);
                else
                        n = 0;
        } while (n > 0);
        (void)memory_fail_at(0);
        store_verify(stand.heap);
        stand_deinit(&stand);
        memset(&store, 0, sizeof(store));
        (void)memory_fail_at(1);
        ck_assert_int_eq(store_init(&store, 1), -ENOMEM);
        (void)memory_fail_at(0);
        store_deinit(&store);
}
END_TEST

int main(void) {
        const TTest *tests[] = {
                lent_memory_belongs_to_one_thread,
                what_is_given_back_is_lent_next,
                objects_are_born_with_the_colour_of_their_section,
                objects_that_are_alike_are_born_as_others_are,
                objects_of_every_size_get_room,
                medium_objects_leave_the_hole_to_small_ones,
                raw_memory_in_a_run_becomes_a_hole,
                several_pieces_may_be_lent_at_once,
                thread_that_leaves_hands_its_blocks_on,
                large_objects_change_owner_where_they_lie,
                walk_meets_each_object_once,
                what_was_made_grey_is_found_once,
                accounts_pay_for_what_is_born,
                blobs_count_as_used_bytes,
                nothing_is_lent_past_the_hard_limit,
                store_that_is_full_says_so_and_stays_valid,
                every_allocation_may_fail,
        };

        return suite_run("store", tests, SUITE_SIZE(tests), SUITE_TIMEOUT_S);
}
