/* SPDX-License-Identifier: MIT */

#include "table.h"

#include <stdarg.h>
#include <stdint.h>
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
        size_t width_max; /* of a line */
        size_t room;      /* what is left of it */
        size_t *widths;
};

/* So many of n columns as the line still has room for. */
static size_t take_room(struct print *print, size_t n) {
        if (n > print->room)
                n = print->room;
        print->room -= n;
        return n;
}

static void print_cell(struct print *print, size_t column, const char *text, const char *style) {
        bool is_last = column + 1 == print->table->n_columns;
        bool is_right = print->table->columns[column].is_right;
        size_t width = text_width(text), n_blanks;
        cleanup_(freep) char *cut = NULL;

        n_blanks = print->widths[column] > width ? print->widths[column] - width : 0;
        if (column == 0)
                print->room = print->width_max;
        else
                print_blanks(print->file, take_room(print, GAP));
        if (is_right)
                print_blanks(print->file, take_room(print, n_blanks));
        cut = text_cut(text, print->room);
        (void)take_room(print, width);
        if (style && print->is_color)
                (void)fprintf(print->file, "%s%s\x1b[0m", style, cut);
        else
                (void)fputs(cut, print->file);
        if (!is_right && !is_last)
                print_blanks(print->file, take_room(print, n_blanks));
        if (is_last)
                (void)fputc('\n', print->file);
}

void table_print(const struct table *table, FILE *file, const struct table_options *options) {
        cleanup_(freep) size_t *widths = memory_allocate(table->n_columns * sizeof(*widths));
        struct print print = {
                .table = table,
                .file = file,
                .is_color = options->is_color,
                .width_max = options->width_max > 0 ? options->width_max : SIZE_MAX,
                .widths = widths,
        };

        for (size_t i = 0; i < table->n_columns; i++)
                widths[i] = column_width(table, i, options->has_legend);
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
