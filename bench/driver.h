/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What bench/ipc, bench/gc and bench/runtime are: options, parts that run one after the other, figures, bars. The tables and what a part
 * does belong to the program. The exit status is 0, 1 if --check missed a bar (or anything failed), 2 for what it cannot be asked.
 */

#include <stdbool.h>
#include <stddef.h>

#include "figures.h"

struct driver_part {
        const char *name; /* for --only */
        const char *text;
        void (*run)(const struct driver_part *part, int n_rounds);
};

struct driver {
        const char *name, *about;
        const struct driver_part *parts;
        size_t n_parts;
        bool has_cpu; /* --cpu puts GCASYNC_BENCH_CPU into the environment of what is run */
        struct figure *figures;
        size_t n_figures;
        const struct bar *bars;
        size_t n_bars;
};

/* A driver's tables, where they are arrays named parts, figures (FIGURES_DEFINE) and bars. */
#define DRIVER_TABLES                                                                    \
        .parts = parts, .n_parts = sizeof(parts) / sizeof(parts[0]), .figures = figures, \
        .n_figures = N_FIGURES, .bars = bars, .n_bars = sizeof(bars) / sizeof(bars[0])

/* The whole program; returns its exit status. */
int driver_run(const struct driver *driver, int argc, char *argv[]);

/* A part tells that one of its rounds is done. */
void driver_tell_round(const struct driver_part *part, int round, int n_rounds);
