/* SPDX-License-Identifier: MIT */

#include <check.h>

#include "daemon/history.h"
#include "helpers/suite.h"

static struct history history;
static struct history_entry entries[4];

static void push_all(uint64_t size_bytes) {
        history_init(&history);
        for (size_t i = 0; i < 4; i++)
                history_push(&history, &entries[i], size_bytes);
}

START_TEST(history_within_both_bounds_has_no_excess) {
        push_all(10);
        ck_assert_ptr_null(history_find_excess(&history, 4, 40));
        ck_assert_uint_eq(history.n, 4);
        ck_assert_uint_eq(history.size_bytes, 40);
}
END_TEST

START_TEST(oldest_entry_is_the_excess_of_too_many) {
        push_all(10);
        ck_assert_ptr_eq(history_find_excess(&history, 3, 1000), &entries[0]);
        history_remove(&history, &entries[0]);
        ck_assert_ptr_null(history_find_excess(&history, 3, 1000));
}
END_TEST

START_TEST(oldest_entries_go_until_the_bytes_fit) {
        push_all(10);
        ck_assert_ptr_eq(history_find_excess(&history, 100, 25), &entries[0]);
        history_remove(&history, &entries[0]);
        ck_assert_ptr_eq(history_find_excess(&history, 100, 25), &entries[1]);
        history_remove(&history, &entries[1]);
        ck_assert_ptr_null(history_find_excess(&history, 100, 25));
}
END_TEST

START_TEST(newest_entry_stays_whatever_its_size) {
        history_init(&history);
        history_push(&history, &entries[0], 1000);
        ck_assert_ptr_null(history_find_excess(&history, 100, 25));
        ck_assert_ptr_eq(history_find_excess(&history, 0, 25), &entries[0]);
}
END_TEST

START_TEST(entry_removed_from_the_middle_leaves_the_order) {
        push_all(10);
        history_remove(&history, &entries[1]);
        history_remove(&history, &entries[0]);
        ck_assert_ptr_eq(history_find_excess(&history, 1, 1000), &entries[2]);
        ck_assert_uint_eq(history.size_bytes, 20);
}
END_TEST

int main(void) {
        const TTest *tests[] = {
                history_within_both_bounds_has_no_excess,
                oldest_entry_is_the_excess_of_too_many,
                oldest_entries_go_until_the_bytes_fit,
                newest_entry_stays_whatever_its_size,
                entry_removed_from_the_middle_leaves_the_order,
        };

        return suite_run("history", tests, SUITE_SIZE(tests), SUITE_TIMEOUT_S);
}
