/* SPDX-License-Identifier: MIT */

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/table.h"
#include "ctl/text.h"
#include "helpers/suite.h"

static const struct table_column columns[] = { { "ID", false },
                                               { "AGE", true },
                                               { "LABEL", false } };

/* The table as text. */
static char *print(const struct table *table, const struct table_options *options) {
        char *text = NULL;
        size_t size;
        FILE *file = open_memstream(&text, &size);

        ck_assert_ptr_nonnull(file);
        table_print(table, file, options);
        ck_assert_int_eq(fclose(file), 0);
        return text;
}

static void
assert_printed(struct table *table, struct table_options options, const char *expected) {
        char *text = print(table, &options);

        ck_assert_str_eq(text, expected);
        free(text);
        table_deinit(table);
}

static void add_row(struct table *table, const char *id, const char *age, const char *label) {
        table_add(table, id);
        table_add(table, age);
        table_add(table, label);
}

START_TEST(columns_are_as_wide_as_their_widest_cell) {
        struct table table;

        table_init(&table, columns, 3);
        add_row(&table, "t1", "10.5s", "x");
        add_row(&table, "t1234", "3s", "a longer one");
        ck_assert_uint_eq(table_get_n_rows(&table), 2);
        assert_printed(&table,
                       (struct table_options){ .has_legend = true },
                       "ID       AGE  LABEL\n"
                       "t1     10.5s  x\n"
                       "t1234     3s  a longer one\n");
}
END_TEST

START_TEST(table_without_legend_has_rows_only) {
        struct table table;

        table_init(&table, columns, 3);
        add_row(&table, "t1", "1s", "");
        assert_printed(&table, (struct table_options){ 0 }, "t1  1s  -\n");
}
END_TEST

START_TEST(wide_characters_keep_the_columns_straight) {
        struct table table;

        table_init(&table, columns, 3);
        add_row(&table, "\xe6\x97\xa5\xe6\x9c\xac", "1s", "x");
        add_row(&table, "t1", "1s", "y");
        assert_printed(&table,
                       (struct table_options){ 0 },
                       "\xe6\x97\xa5\xe6\x9c\xac  1s  x\n"
                       "t1    1s  y\n");
}
END_TEST

START_TEST(last_column_is_cut_to_the_terminal) {
        struct table table;

        table_init(&table, columns, 3);
        add_row(&table, "t1", "1s", "0123456789");
        assert_printed(
                &table, (struct table_options){ .width_max = 16 }, "t1  1s  0123456\xe2\x80\xa6\n");
}
END_TEST

START_TEST(line_is_cut_whatever_column_ends_it) {
        static const struct {
                size_t width_max;
                const char *line;
        } cases[] = {
                { 1, "\xe2\x80\xa6\n" },         { 3, "t1 \n" },
                { 5, "t1  \xe2\x80\xa6\n" },     { 7, "t1  1s \n" },
                { 9, "t1  1s  \xe2\x80\xa6\n" },
        };

        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                struct table table;

                table_init(&table, columns, 3);
                add_row(&table, "t1", "1s", "0123456789");
                assert_printed(&table,
                               (struct table_options){ .width_max = cases[i].width_max },
                               cases[i].line);
        }
}
END_TEST

START_TEST(cells_cannot_steer_the_terminal) {
        struct table table;

        table_init(&table, columns, 3);
        add_row(&table, "t1", "1s", "\x1b]0;gotcha\x07");
        assert_printed(&table, (struct table_options){ 0 }, "t1  1s  \\x1b]0;gotcha\\x07\n");
}
END_TEST

START_TEST(styles_show_with_colour_only) {
        struct table table;

        table_init(&table, columns, 3);
        table_add(&table, "t1");
        table_add(&table, "1s");
        table_add_styled(&table, "failed", TABLE_BAD);
        assert_printed(&table,
                       (struct table_options){ .is_color = true },
                       "t1  1s  \x1b[31m"
                       "failed\x1b[0m\n");
}
END_TEST

START_TEST(empty_table_is_its_legend) {
        struct table table;

        table_init(&table, columns, 3);
        assert_printed(&table, (struct table_options){ .has_legend = true }, "ID  AGE  LABEL\n");
}
END_TEST

int main(void) {
        const TTest *tests[] = {
                columns_are_as_wide_as_their_widest_cell,
                table_without_legend_has_rows_only,
                wide_characters_keep_the_columns_straight,
                last_column_is_cut_to_the_terminal,
                line_is_cut_whatever_column_ends_it,
                cells_cannot_steer_the_terminal,
                styles_show_with_colour_only,
                empty_table_is_its_legend,
        };

        text_setup();
        return suite_run("ctl-table", tests, SUITE_SIZE(tests), SUITE_TIMEOUT_S);
}
