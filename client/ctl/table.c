/* SPDX-License-Identifier: MIT */

#include "table.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/check.h"
#include "base/cleanup.h"
#include "memory.h"
#include "text.h"

enum {
        GAP = 2,
        LAST_WIDTH_MIN = 8, /* a last column with less room than this is not cut */
};

void table_init(struct table *table, const struct table_column *columns, size_t n_columns) {
        assert(n_columns > 0);
        *table = (struct table){ .columns = columns, .n_columns = n_columns };
}

void table_deinit(struct table *table) {
        for (size_t i = 0; i < table->n_cells; i++)
                free(table->cells[i].text);
        free(table->cells);
        table->cells = NULL;
        table->n_cells = table->n_cells_max = 0;
}

void table_add_styled(struct table *table, const char *text, enum table_style style) {
        table->cells = memory_grow(
                table->cells, &table->n_cells_max, table->n_cells + 1, sizeof(*table->cells));
        table->cells[table->n_cells++] =
                (struct table_cell){ text_escape_string(*text ? text : "-"), style };
}

void table_add(struct table *table, const char *text) {
        table_add_styled(table, text, TABLE_PLAIN);
}

void table_add_format(struct table *table, const char *format, ...) {
        cleanup_(freep) char *text = NULL;
        va_list values;

        va_start(values, format);
        text = memory_format_values(format, values);
        va_end(values);
        table_add(table, text);
}

size_t table_get_n_rows(const struct table *table) {
        assert(table->n_cells % table->n_columns == 0);
        return table->n_cells / table->n_columns;
}

static size_t column_width(const struct table *table, size_t column, bool has_legend) {
        size_t width = has_legend ? text_width(table->columns[column].title) : 0;

        for (size_t i = column; i < table->n_cells; i += table->n_columns) {
                size_t n = text_width(table->cells[i].text);

                if (n > width)
                        width = n;
        }
        return width;
}

static const char *style_code(enum table_style style) {
        switch (style) {
        case TABLE_GOOD:
                return "\x1b[32m";
        case TABLE_BAD:
                return "\x1b[31m";
        case TABLE_WARNING:
                return "\x1b[33m";
        case TABLE_ACTIVE:
                return "\x1b[34m";
        case TABLE_PLAIN:
                break;
        }
        return NULL;
}

static void print_blanks(FILE *file, size_t n) {
        for (size_t i = 0; i < n; i++)
                (void)fputc(' ', file);
}

/* What one print of a table works with. */
struct print {
        const struct table *table;
        FILE *file;
        bool is_color;
        size_t *widths;
        size_t last_width_max; /* 0: none */
};

static void
print_cell(const struct print *print, size_t column, const char *text, const char *style) {
        bool is_last = column + 1 == print->table->n_columns;
        cleanup_(freep) char *cut = is_last && print->last_width_max
                                            ? text_cut(text, print->last_width_max)
                                            : memory_copy_text(text);
        size_t width = text_width(cut);
        size_t n_blanks = print->widths[column] > width ? print->widths[column] - width : 0;
        bool is_right = print->table->columns[column].is_right;

        if (column > 0)
                print_blanks(print->file, GAP);
        if (is_right)
                print_blanks(print->file, n_blanks);
        if (style && print->is_color)
                (void)fprintf(print->file, "%s%s\x1b[0m", style, cut);
        else
                (void)fputs(cut, print->file);
        if (!is_right && !is_last)
                print_blanks(print->file, n_blanks);
        if (is_last)
                (void)fputc('\n', print->file);
}

static void print_measure(struct print *print, const struct table_options *options) {
        size_t before = 0, n = print->table->n_columns;

        for (size_t i = 0; i < n; i++) {
                print->widths[i] = column_width(print->table, i, options->has_legend);
                if (i + 1 < n)
                        before += print->widths[i] + GAP;
        }
        if (options->width_max >= before + LAST_WIDTH_MIN)
                print->last_width_max = options->width_max - before;
}

void table_print(const struct table *table, FILE *file, const struct table_options *options) {
        cleanup_(freep) size_t *widths = memory_allocate(table->n_columns * sizeof(*widths));
        struct print print = { table, file, options->is_color, widths, 0 };

        print_measure(&print, options);
        for (size_t i = 0; options->has_legend && i < table->n_columns; i++)
                print_cell(&print, i, table->columns[i].title, "\x1b[1m");
        for (size_t i = 0; i < table->n_cells; i++)
                print_cell(&print,
                           i % table->n_columns,
                           table->cells[i].text,
                           style_code(table->cells[i].style));
}

size_t table_find_terminal_width(FILE *file) {
        struct winsize size;

        if (!isatty(fileno(file)) || ioctl(fileno(file), TIOCGWINSZ, &size) < 0)
                return 0;
        return size.ws_col;
}
