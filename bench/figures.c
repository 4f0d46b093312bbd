/* SPDX-License-Identifier: MIT */
#include "figures.h"

#include <stdio.h>

#include "common.h"

void figure_add(struct figure *figure, double value) {
        if (figure->n == FIGURE_ROUNDS_MAX)
                bench_die("too many rounds");
        figure->values[figure->n++] = value;
}

double figure_median(struct figure *figure) {
        return bench_quantile(figure->values, figure->n, 0.5);
}

void figures_print(struct figure *figures, size_t n) {
        printf("%-56s %12s  %-8s %25s\n", "figure", "median", "unit", "(min - max)");
        for (size_t i = 0; i < n; i++) {
                struct figure *figure = &figures[i];
                double median;

                if (figure->n == 0)
                        continue;
                median = figure_median(figure); /* Sorts them. */
                printf("%-56s %12.4g  %-8s %10.4g - %-10.4g\n",
                       figure->text,
                       median,
                       figure->unit,
                       figure->values[0],
                       figure->values[figure->n - 1]);
        }
}

static double bar_compare(const struct bar *bar, struct figure *figures) {
        double is = figure_median(&figures[bar->figure]);

        switch (bar->how) {
        case BAR_RATIO:
                return is / figure_median(&figures[bar->base]);
        case BAR_DIFFERENCE:
                return is - figure_median(&figures[bar->base]);
        default:
                return is;
        }
}

static bool bar_is_measured(const struct bar *bar, const struct figure *figures) {
        return figures[bar->figure].n > 0 && (bar->how == BAR_FIGURE || figures[bar->base].n > 0);
}

size_t bars_print(const struct bar *bars, size_t n, struct figure *figures) {
        size_t n_missed = 0;

        printf("\n%-60s %8s  %s\n", "bar", "is", "shall be");
        for (size_t i = 0; i < n; i++) {
                const struct bar *bar = &bars[i];
                double is;
                bool is_met;

                if (!bar_is_measured(bar, figures)) {
                        printf("%-60s %8s  (not measured)\n", bar->text, "-");
                        continue;
                }
                is = bar_compare(bar, figures);
                is_met = bar->is_at_most ? is <= bar->bound : is >= bar->bound;
                n_missed += !is_met;
                printf("%-60s %8.3f  %s %g  %s\n",
                       bar->text,
                       is,
                       bar->is_at_most ? "<=" : ">=",
                       bar->bound,
                       is_met ? "ok" : "MISSED");
        }
        return n_missed;
}
