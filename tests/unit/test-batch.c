/* SPDX-License-Identifier: MIT */

#include <pthread.h>
#include <stdatomic.h>

#include "base/check.h"
#include "helpers/suite.h"
#include "runtime/batch.h"
#include "runtime/fair.h"

enum {
        N_ROUNDS = 20000,
        N_ITEMS = 4,
};

static struct batch batch;
static struct fair_item items[N_ITEMS];
static _Atomic unsigned n_taken[N_ITEMS];
static _Atomic bool is_over;

static void fill(size_t n) {
        assert(batch_is_empty(&batch));
        for (size_t i = 0; i < n; i++)
                batch_set(&batch, i, &items[i]);
        batch_fill(&batch, n);
}

START_TEST(items_come_out_in_order) {
        ck_assert_ptr_null(batch_take(&batch));
        for (size_t round = 0; round < 3; round++) {
                fill(N_ITEMS);
                for (size_t i = 0; i < N_ITEMS; i++)
                        ck_assert_ptr_eq(batch_take(&batch), &items[i]);
                ck_assert_ptr_null(batch_take(&batch));
        }
}
END_TEST

START_TEST(batch_of_the_largest_size_can_be_filled) {
        for (size_t i = 0; i < BATCH_N_MAX; i++)
                batch_set(&batch, i, &items[0]);
        batch_fill(&batch, BATCH_N_MAX);
        for (size_t i = 0; i < BATCH_N_MAX; i++)
                ck_assert_ptr_eq(batch_take(&batch), &items[0]);
        ck_assert(batch_is_empty(&batch));
}
END_TEST

static bool take_one(void) {
        struct fair_item *item = batch_take(&batch);

        if (item)
                (void)atomic_fetch_add(&n_taken[item - items], 1);
        return item;
}

static void *taker_main(void *data) {
        (void)data;
        while (!atomic_load(&is_over))
                (void)take_one();
        return NULL;
}

START_TEST(each_item_goes_to_one_taker) {
        pthread_t taker;

        ck_assert_int_eq(pthread_create(&taker, NULL, taker_main, NULL), 0);
        for (size_t round = 0; round < N_ROUNDS; round++) {
                fill(N_ITEMS);
                while (take_one())
                        continue;
        }
        atomic_store(&is_over, true);
        (void)pthread_join(taker, NULL);
        for (size_t i = 0; i < N_ITEMS; i++)
                ck_assert_uint_eq(atomic_load(&n_taken[i]), N_ROUNDS);
}
END_TEST

int main(void) {
        const TTest *tests[] = {
                items_come_out_in_order,
                batch_of_the_largest_size_can_be_filled,
                each_item_goes_to_one_taker,
        };

        return suite_run("batch", tests, SUITE_SIZE(tests), SUITE_TIMEOUT_S);
}
