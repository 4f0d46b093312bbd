/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Figures by round, their medians, and the bars that they are held against. The tables belong to the program; a
 * figure without rounds was not measured, and bars that need it are told as such.
 */

#include <stdbool.h>
#include <stddef.h>

enum {
        FIGURE_ROUNDS_MAX = 64
};

struct figure {
        const char *text, *unit;
        double values[FIGURE_ROUNDS_MAX];
        size_t n;
};

/* From a map, X(name, text, unit) for each: FIGURE_name, the indexes; N_FIGURES; and the table of figures. */
#define FIGURE_INDEX(name, text, unit) FIGURE_##name,
#define FIGURE_ROW(name, text_, unit_) { .text = (text_), .unit = (unit_) },
#define FIGURES_DEFINE(MAP)                  \
        enum {                               \
                MAP(FIGURE_INDEX) N_FIGURES, \
        };                                   \
        static struct figure figures[] = { MAP(FIGURE_ROW) }

enum bar_how {
        BAR_FIGURE,     /* the figure itself */
        BAR_RATIO,      /* over the base */
        BAR_DIFFERENCE, /* less the base */
};

/* What is compared shall be at most, or else at least, bound. */
struct bar {
        const char *text;
        enum bar_how how;
        int figure, base; /* indexes; no base for a figure itself */
        bool is_at_most;
        double bound;
};

void figure_add(struct figure *figure, double value);
double figure_median(struct figure *figure);

void figures_print(struct figure *figures, size_t n);

/* Returns the number of missed bars. */
size_t bars_print(const struct bar *bars, size_t n, struct figure *figures);
