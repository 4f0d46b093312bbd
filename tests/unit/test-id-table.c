/* SPDX-License-Identifier: MIT */

#include <check.h>
#include <string.h>

#include "base/cleanup.h"
#include "daemon/id-table.h"
#include "helpers/random.h"
#include "helpers/suite.h"

enum {
        IDS_MAX = 4000,
};

static void *item_of(uint64_t id) {
        return (void *)(uintptr_t)(id + 1);
}

START_TEST(empty_table_finds_nothing) {
        struct id_table table = { 0 };

        ck_assert_ptr_null(id_table_find(&table, 0));
        ck_assert_ptr_null(id_table_find_after(&table, 0));
        ck_assert_ptr_null(id_table_find_after(&table, UINT64_MAX));
        id_table_deinit(&table);
}
END_TEST

START_TEST(items_are_found_by_id_and_walked_in_order) {
        cleanup_(id_table_deinit) struct id_table table = { 0 };
        const uint64_t ids[] = { 1, 2, 63, 64, 65, 1000, UINT64_C(1) << 40 };
        uint64_t at = 0;

        for (size_t i = 0; i < 7; i++)
                ck_assert_int_eq(id_table_add(&table, ids[i], item_of(ids[i])), 0);
        id_table_verify(&table);
        for (size_t i = 0; i < 7; i++) {
                ck_assert_ptr_eq(id_table_find(&table, ids[i]), item_of(ids[i]));
                ck_assert_ptr_eq(id_table_find_after(&table, at), item_of(ids[i]));
                at = ids[i];
        }
        ck_assert_ptr_null(id_table_find_after(&table, at));
        ck_assert_ptr_null(id_table_find(&table, 999));
}
END_TEST

START_TEST(empty_pages_are_given_back_but_the_last) {
        cleanup_(id_table_deinit) struct id_table table = { 0 };

        for (uint64_t id = 0; id < 640; id++)
                ck_assert_int_eq(id_table_add(&table, id, item_of(id)), 0);
        ck_assert_uint_eq(table.n_pages, 10);
        for (uint64_t id = 0; id < 640; id++)
                id_table_remove(&table, id);
        ck_assert_uint_eq(table.n_pages, 1);
        ck_assert_int_eq(id_table_add(&table, 100000, item_of(100000)), 0);
        ck_assert_uint_eq(table.n_pages, 1);
        id_table_verify(&table);
}
END_TEST

/* The lowest id above after that is there, by looking at each. */
static void *model_find_after(const bool *is_there, uint64_t after) {
        for (uint64_t id = after + 1; id < IDS_MAX; id++)
                if (is_there[id])
                        return item_of(id);
        return NULL;
}

START_TEST(random_additions_and_removals_agree_with_a_model) {
        cleanup_(id_table_deinit) struct id_table table = { 0 };
        struct random random = random_seed();
        bool is_there[IDS_MAX] = { false };

        for (uint64_t next = 1; next < IDS_MAX;) {
                uint64_t id = random_below(&random, IDS_MAX);

                if (random_below(&random, 3) > 0) {
                        next += random_below(&random, 8) == 0 ? random_below(&random, 200) : 0;
                        if (next >= IDS_MAX)
                                break;
                        ck_assert_int_eq(id_table_add(&table, next, item_of(next)), 0);
                        is_there[next++] = true;
                } else if (is_there[id]) {
                        id_table_remove(&table, id);
                        is_there[id] = false;
                }
                id_table_verify(&table);
                ck_assert_ptr_eq(id_table_find(&table, id), is_there[id] ? item_of(id) : NULL);
                ck_assert_ptr_eq(id_table_find_after(&table, id), model_find_after(is_there, id));
        }
}
END_TEST

int main(void) {
        const TTest *tests[] = {
                empty_table_finds_nothing,
                items_are_found_by_id_and_walked_in_order,
                empty_pages_are_given_back_but_the_last,
                random_additions_and_removals_agree_with_a_model,
        };

        return suite_run("id-table", tests, SUITE_SIZE(tests), SUITE_TIMEOUT_S);
}
