/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * A table for people: columns as wide as their widest cell, two blanks apart, measured as a terminal shows
 * UTF-8. Cells are escaped when they are added. Where a width is given, a line ends before it would wrap.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum table_style {
        TABLE_PLAIN,
        TABLE_GOOD,    /* green */
        TABLE_BAD,     /* red */
        TABLE_WARNING, /* yellow */
        TABLE_ACTIVE,  /* blue */
};

struct table_column {
        const char *title;
        bool is_right; /* numbers */
};

struct table_cell {
        char *text;
        enum table_style style;
};

struct table {
        const struct table_column *columns; /* borrowed */
        size_t n_columns;
        struct table_cell *cells; /* row by row */
        size_t n_cells, n_cells_max;
};

struct table_options {
        bool has_legend;
        bool is_color;
        size_t width_max; /* of a line; 0: none */
};

void table_init(struct table *table, const struct table_column *columns, size_t n_columns);
void table_deinit(struct table *table);

/* Adds the next cell; rows fill from the left. "" shows as "-". */
void table_add(struct table *table, const char *text);
void table_add_styled(struct table *table, const char *text, enum table_style style);
void table_add_format(struct table *table, const char *format, ...)
        __attribute__((format(printf, 2, 3)));

/* Rows so far. The last one is whole. */
size_t table_get_n_rows(const struct table *table);
void table_print(const struct table *table, FILE *file, const struct table_options *options);

/* Columns of the terminal that file is; 0 if it is none. */
size_t table_find_terminal_width(FILE *file);
