/* SPDX-License-Identifier: MIT */

#include <check.h>
#include <stdint.h>

#include "gc/memory.h"
#include "gc/slab.h"
#include "helpers/suite.h"

struct item {
        void *next;
        uint64_t payload[3];
};

static void count_filled(void *item, void *data) {
        size_t *n = data;

        *n += ((struct item *)item)->payload[0] != 0;
}

START_TEST(items_are_zero_but_for_their_link_when_first_taken) {
        struct slab_pool pool;
        void *first;

        slab_pool_init(&pool, sizeof(struct item));
        for (int i = 0; i < 5000; i++) {
                struct item *item;

                ck_assert_uint_eq(slab_take(&pool, 1, &first), 1);
                item = first;
                ck_assert_ptr_null(item->next);
                ck_assert_uint_eq(item->payload[0] | item->payload[1] | item->payload[2], 0);
                item->payload[0] = item->payload[1] = item->payload[2] = UINT64_MAX;
        }
        slab_pool_deinit(&pool);
        slab_pool_deinit(&pool);
}
END_TEST

START_TEST(items_are_aligned_to_sixteen_bytes) {
        struct slab_pool pool;
        void *first;

        slab_pool_init(&pool, 48);
        for (int i = 0; i < 100; i++) {
                ck_assert_uint_eq(slab_take(&pool, 1, &first), 1);
                ck_assert_uint_eq((uintptr_t)first % 16, 0);
        }
        slab_pool_deinit(&pool);
}
END_TEST

START_TEST(several_items_come_linked_and_are_given_back_linked) {
        struct slab_pool pool;
        size_t n = 0;
        void *first;

        slab_pool_init(&pool, sizeof(struct item));
        ck_assert_uint_eq(slab_take(&pool, 10, &first), 10);
        for (void *item = first; item; item = slab_get_next(item))
                n++;
        ck_assert_uint_eq(n, 10);
        ck_assert_uint_eq(pool.n_free, pool.n_items - 10);
        slab_give(&pool, first, 10);
        slab_give(&pool, NULL, 0);
        ck_assert_uint_eq(pool.n_free, pool.n_items);
        slab_pool_deinit(&pool);
}
END_TEST

START_TEST(visiting_sees_every_item_whoever_has_it) {
        struct slab_pool pool;
        size_t n = 0;
        void *first;

        slab_pool_init(&pool, sizeof(struct item));
        for (int i = 0; i < 3000; i++) {
                ck_assert_uint_eq(slab_take(&pool, 1, &first), 1);
                ((struct item *)first)->payload[0] = 1;
                if (i % 3 == 0) {
                        ((struct item *)first)->payload[0] = 0;
                        slab_give(&pool, first, 1);
                }
        }
        slab_visit(&pool, count_filled, &n);
        ck_assert_uint_eq(n, 2000);
        slab_pool_deinit(&pool);
}
END_TEST

START_TEST(taking_without_memory_takes_nothing_and_the_pool_is_sound) {
        struct slab_pool pool;
        void *first;

        slab_pool_init(&pool, sizeof(struct item));
        (void)memory_fail_at(1);
        ck_assert_uint_eq(slab_take(&pool, 5, &first), 0);
        (void)memory_fail_at(0);
        ck_assert_uint_eq(slab_take(&pool, 5, &first), 5);
        slab_give(&pool, first, 5);
        slab_pool_deinit(&pool);
}
END_TEST

int main(void) {
        const TTest *tests[] = {
                items_are_zero_but_for_their_link_when_first_taken,
                items_are_aligned_to_sixteen_bytes,
                several_items_come_linked_and_are_given_back_linked,
                visiting_sees_every_item_whoever_has_it,
                taking_without_memory_takes_nothing_and_the_pool_is_sound,
        };

        return suite_run("slab", tests, SUITE_SIZE(tests), SUITE_TIMEOUT_S);
}
