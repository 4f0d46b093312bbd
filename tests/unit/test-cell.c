/* SPDX-License-Identifier: MIT */

#include <check.h>
#include <errno.h>

#include "gc/memory.h"
#include "helpers/heap-stand.h"
#include "helpers/suite.h"

static gca_value make_text(gca_region *region, int n) {
        return gca_string_format(region, "text %d", n);
}

START_TEST(cell_holds_what_was_set) {
        struct stand stand = stand_begin();
        gca_value cell = gca_cell_new(stand.region, make_text(stand.region, 1));

        ck_assert_int_eq(gca_get_type(cell), GCA_TYPE_CELL);
        ck_assert(gca_is_published(cell));
        ck_assert_str_eq(gca_get_string(gca_cell_get(stand.region, cell), NULL), "text 1");
        ck_assert_int_eq(gca_cell_set(stand.region, cell, make_text(stand.region, 2)), 0);
        stand_collect(&stand);
        ck_assert_str_eq(gca_get_string(gca_cell_get(stand.region, cell), NULL), "text 2");
        ck_assert_int_eq(gca_cell_set(stand.region, cell, gca_int(stand.region, 3)), 0);
        ck_assert_int_eq(gca_get_int(gca_cell_get(stand.region, cell)), 3);
        stand_end(&stand);
}
END_TEST

START_TEST(compare_set_wants_the_very_value) {
        struct stand stand = stand_begin();
        gca_value first = make_text(stand.region, 1), other = make_text(stand.region, 1), current;
        gca_value cell = gca_cell_new(stand.region, first);

        ck_assert_int_eq(gca_cell_compare_set(stand.region, cell, other, gca_nil(), &current), 0);
        ck_assert_uint_eq(current.word, gca_publish(stand.region, first).word);
        ck_assert_int_eq(gca_cell_compare_set(stand.region, cell, first, other, NULL), 1);
        ck_assert_int_eq(gca_cell_compare_set(stand.region, cell, first, gca_nil(), NULL), 0);
        ck_assert_int_eq(gca_cell_compare_set(stand.region,
                                              cell,
                                              gca_cell_get(stand.region, cell),
                                              gca_int(stand.region, 5),
                                              NULL),
                         1);
        ck_assert_int_eq(
                gca_cell_compare_set(stand.region, cell, gca_int(stand.region, 5), gca_nil(), NULL),
                1);
        stand_end(&stand);
}
END_TEST

START_TEST(value_that_was_read_outlives_its_cell) {
        struct stand stand = stand_begin();
        gca_region *other = gca_region_new_on(stand.thread, 0);
        gca_value cell = gca_cell_new(stand.region, make_text(stand.region, 7));
        gca_value value = gca_cell_get(other, cell);

        ck_assert_int_eq(gca_cell_set(stand.region, cell, gca_nil()), 0);
        stand_renew_region(&stand);
        ck_assert_uint_eq(stand_count(&stand), 1);
        ck_assert_str_eq(gca_get_string(value, NULL), "text 7");
        gca_region_free(other);
        stand_end(&stand);
}
END_TEST

START_TEST(value_that_was_replaced_goes) {
        struct stand stand = stand_begin();
        gca_value cell = gca_cell_new(stand.region, gca_nil());

        for (int i = 0; i < 1000; i++) {
                gca_scope scope;

                gca_scope_begin(stand.region, &scope);
                ck_assert_int_eq(gca_cell_set(stand.region, cell, make_text(stand.region, i)), 0);
                gca_scope_end(stand.region, &scope, GCA_NO_VALUE);
                if (i % 100 == 0)
                        ck_assert_uint_eq(stand_count(&stand), 2);
        }
        ck_assert_uint_eq(stand_count(&stand), 2);
        stand_end(&stand);
}
END_TEST

START_TEST(cycle_through_cells_goes) {
        struct stand stand = stand_begin();

        for (int i = 0; i < 100; i++) {
                gca_value a = gca_cell_new(stand.region, gca_nil());
                gca_value b = gca_cell_new(stand.region, gca_list(stand.region, &a, 1));

                ck_assert_int_eq(gca_cell_set(stand.region, a, b), 0);
        }
        stand_collect(&stand);
        stand_renew_region(&stand);
        ck_assert_uint_eq(stand_count(&stand), 0);
        stand_end(&stand);
}
END_TEST

START_TEST(cell_of_an_open_publication_is_seen_whole) {
        struct stand stand = stand_begin();
        gca_value cell = gca_cell_new(stand.region, gca_nil()), value;
        gca_region *publication = gca_publication_begin(stand.region);

        value = gca_list(publication, (gca_value[]){ make_text(publication, 1), cell }, 2);
        ck_assert_int_eq(gca_cell_set(stand.region, cell, value), 0);
        (void)gca_publication_end(publication, GCA_NO_VALUE);
        ck_assert_uint_eq(stand_count(&stand), 3);
        value = gca_cell_get(stand.region, cell);
        ck_assert_str_eq(gca_get_string(gca_get_element(value, 0), NULL), "text 1");
        stand_end(&stand);
}
END_TEST

START_TEST(failed_set_changes_nothing) {
        for (size_t n = 1; n < 10; n++) {
                struct stand stand = stand_begin();
                gca_value cell = gca_cell_new(stand.region, make_text(stand.region, 1));
                int r;

                /* Spare memory is used up. */
                for (int i = 0; i < 24; i++)
                        (void)gca_cell_get(stand.region, cell);
                memory_fail_at(n);
                r = gca_cell_set(stand.region, cell, gca_bytes(stand.region, NULL, 40000));
                memory_fail_at(0);
                ck_assert(r == 0 || r == -ENOMEM);
                ck_assert_int_eq(gca_get_type(gca_cell_get(stand.region, cell)),
                                 r == 0 ? GCA_TYPE_BYTES : GCA_TYPE_STRING);
                stand_collect(&stand);
                stand_end(&stand);
        }
}
END_TEST

int main(void) {
        const TTest *tests[] = {
                cell_holds_what_was_set,
                compare_set_wants_the_very_value,
                value_that_was_read_outlives_its_cell,
                value_that_was_replaced_goes,
                cycle_through_cells_goes,
                cell_of_an_open_publication_is_seen_whole,
                failed_set_changes_nothing,
        };

        return suite_run("cell", tests, SUITE_SIZE(tests), SUITE_TIMEOUT_S);
}
