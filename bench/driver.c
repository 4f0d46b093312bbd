/* SPDX-License-Identifier: MIT */
#include "driver.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
        N_ROUNDS = 5
};

struct wishes {
        bool is_check, is_help;
        int n_rounds;
        const struct driver_part *only; /* NULL: all */
};

static void usage_print(const struct driver *driver, FILE *to) {
        fprintf(to,
                "usage: %s [--check]%s [--rounds N] [--only PART]\n\n%s\n\n"
                "  --check      exit with 1 if a bar is missed\n",
                driver->name,
                driver->has_cpu ? " [--cpu]" : "",
                driver->about);
        if (driver->has_cpu)
                fputs("  --cpu        time what one thread does by the time that it ran\n", to);
        fprintf(to,
                "  --rounds N   medians of so many, 1 to %d (%d)\n"
                "  --only PART  one of these:\n",
                FIGURE_ROUNDS_MAX,
                N_ROUNDS);
        for (size_t i = 0; i < driver->n_parts; i++)
                fprintf(to, "    %-11s%s\n", driver->parts[i].name, driver->parts[i].text);
}

static const struct driver_part *find_part(const struct driver *driver, const char *name) {
        for (size_t i = 0; i < driver->n_parts; i++)
                if (strcmp(driver->parts[i].name, name) == 0)
                        return &driver->parts[i];
        return NULL;
}

/* 0 if it is no number of rounds. */
static int parse_rounds(const char *text) {
        char *end;
        long n = strtol(text, &end, 10);

        return *end == '\0' && n >= 1 && n <= FIGURE_ROUNDS_MAX ? (int)n : 0;
}

/* False: that cannot be asked. */
static bool parse(const struct driver *driver, int argc, char *argv[], struct wishes *ret_wishes) {
        static const struct option options[] = {
                { "cpu", no_argument, NULL, 'p' },
                { "check", no_argument, NULL, 'c' },
                { "help", no_argument, NULL, 'h' },
                { "only", required_argument, NULL, 'o' },
                { "rounds", required_argument, NULL, 'r' },
                { NULL, 0, NULL, 0 },
        };
        struct wishes wishes = { .n_rounds = N_ROUNDS };
        int option;

        while ((option = getopt_long(argc, argv, "", options + !driver->has_cpu, NULL)) >= 0)
                switch (option) {
                case 'c':
                        wishes.is_check = true;
                        break;
                case 'h':
                        wishes.is_help = true;
                        break;
                case 'p':
                        (void)setenv("GCASYNC_BENCH_CPU", "1", true);
                        break;
                case 'o':
                        wishes.only = find_part(driver, optarg);
                        if (!wishes.only)
                                return false;
                        break;
                case 'r':
                        wishes.n_rounds = parse_rounds(optarg);
                        if (wishes.n_rounds == 0)
                                return false;
                        break;
                default:
                        return false;
                }
        *ret_wishes = wishes;
        return optind == argc;
}

/* What else the machine had to do: figures of a busy one say less. */
static void load_print(const char *when) {
        double load;

        if (getloadavg(&load, 1) == 1)
                printf("load %s: %.2f\n", when, load);
}

int driver_run(const struct driver *driver, int argc, char *argv[]) {
        struct wishes wishes;
        size_t n_missed;

        if (!parse(driver, argc, argv, &wishes)) {
                usage_print(driver, stderr);
                return 2;
        }
        if (wishes.is_help) {
                usage_print(driver, stdout);
                return 0;
        }
        load_print("before");
        for (size_t i = 0; i < driver->n_parts; i++)
                if (!wishes.only || wishes.only == &driver->parts[i])
                        driver->parts[i].run(&driver->parts[i], wishes.n_rounds);
        load_print("after");
        figures_print(driver->figures, driver->n_figures);
        n_missed = bars_print(driver->bars, driver->n_bars, driver->figures);
        return wishes.is_check && n_missed > 0 ? 1 : 0;
}

void driver_tell_round(const struct driver_part *part, int round, int n_rounds) {
        fprintf(stderr, "round %d of %d: %s\n", round + 1, n_rounds, part->name);
}
