/* SPDX-License-Identifier: MIT */

/*
 * bench/ipc: the daemon beside the physical limit and its peers, in one run, interleaved; medians of
 * the rounds, printed as ratios. With --check each ratio stands beside its bar, and a missed one makes the exit
 * status 1.
 */

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ipc.h"

enum {
        ROUNDS_MAX = 64,
        DEPTH = 128
};

/* Lengths of one measurement: about half a second each. */
enum {
        N_SINGLE = 20000,
        N_WINDOW = 400000,
        N_REDIS = 100000,
        N_GEARMAN = 200000,
        N_EXEC = 1000,
        N_CALLS = 20000,
};

/* Figures by round; rates in jobs a second. */
#define FIGURE_MAP(X)                                                    \
        X(LIMIT_RTT, "bare server, depth 1", "us p50")                   \
        X(ECHO_RTT, "core.echo, depth 1", "us p50")                      \
        X(LIMIT_RATE, "bare server, 128 in flight", "jobs/s")            \
        X(ECHO_RATE, "core.echo, 128 in flight", "jobs/s")               \
        X(POLL_RATE, "a poll kind, 128 in flight", "jobs/s")             \
        X(REDIS_RATE, "redis list, 128 in flight", "jobs/s")             \
        X(GEARMAN_RATE, "gearmand, raw, 128 in flight", "jobs/s")        \
        X(LIMIT_CPU, "bare server's CPU, 128 in flight", "us a job")     \
        X(ECHO_CPU, "daemon's CPU, 128 in flight", "us a job")           \
        X(CALLS_SINGLE, "daemon's system calls, depth 1", "a job")       \
        X(CALLS_WINDOW, "daemon's system calls, 128 in flight", "a job") \
        X(SPAWN_RATE, "posix_spawn loop", "jobs/s")                      \
        X(EXEC_RATE, "exec /bin/true", "jobs/s")                         \
        X(EXEC_HELD_RATE, "exec /bin/true, daemon holding 1 GiB", "jobs/s")

enum figure {
#define X(name, text, unit) FIGURE_##name,
        FIGURE_MAP(X)
#undef X
        N_FIGURES,
};

static const struct {
        const char *text, *unit;
} figure_texts[] = {
#define X(name, text, unit) { text, unit },
        FIGURE_MAP(X)
#undef X
};

static struct {
        double values[ROUNDS_MAX];
        size_t n;
} figures[N_FIGURES];

/* A bar: figure over base (base < 0: the figure itself) at most or at least bound. */
static const struct bar {
        const char *text;
        enum figure figure;
        int base;
        bool is_at_most;
        double bound;
} bars[] = {
        { "core.echo, depth 1, RTT p50 / bare server",
          FIGURE_ECHO_RTT,
          FIGURE_LIMIT_RTT,
          true,
          1.3 },
        { "core.echo, 128 in flight / bare server",
          FIGURE_ECHO_RATE,
          FIGURE_LIMIT_RATE,
          false,
          0.35 },
        { "core.echo, 128 in flight / redis list", FIGURE_ECHO_RATE, FIGURE_REDIS_RATE, false, 5 },
        { "core.echo, 128 in flight / gearmand, raw",
          FIGURE_ECHO_RATE,
          FIGURE_GEARMAN_RATE,
          false,
          2 },
        { "daemon's CPU a job, us", FIGURE_ECHO_CPU, -1, true, 0.4 },
        { "daemon's system calls a job, depth 1", FIGURE_CALLS_SINGLE, -1, true, 3 },
        { "daemon's system calls a job, 128 in flight", FIGURE_CALLS_WINDOW, -1, true, 0.05 },
        { "a poll kind, 128 in flight / bare server",
          FIGURE_POLL_RATE,
          FIGURE_LIMIT_RATE,
          false,
          0.2 },
        { "exec /bin/true / posix_spawn loop", FIGURE_EXEC_RATE, FIGURE_SPAWN_RATE, false, 0.9 },
        { "the same, daemon holding 1 GiB", FIGURE_EXEC_HELD_RATE, FIGURE_SPAWN_RATE, false, 0.9 },
};

static void figure_add(enum figure figure, double value) {
        figures[figure].values[figures[figure].n++] = value;
}

static double figure_median(enum figure figure) {
        return bench_quantile(figures[figure].values, figures[figure].n, 0.5);
}

static void round_single_core(struct daemon *daemon, bool has_redis, bool has_gearman) {
        struct bench_sample sample;

        figure_add(FIGURE_LIMIT_RTT, limit_run(N_SINGLE, 1).p50_us);
        figure_add(FIGURE_ECHO_RTT, daemon_run_echo(daemon, "core.echo", N_SINGLE, 1).p50_us);
        sample = limit_run(N_WINDOW, DEPTH);
        figure_add(FIGURE_LIMIT_RATE, sample.rate);
        figure_add(FIGURE_LIMIT_CPU, sample.server_us);
        sample = daemon_run_echo(daemon, "core.echo", N_WINDOW, DEPTH);
        figure_add(FIGURE_ECHO_RATE, sample.rate);
        figure_add(FIGURE_ECHO_CPU, sample.server_us);
        figure_add(FIGURE_POLL_RATE, daemon_run_echo(daemon, "bench.echo", N_WINDOW, DEPTH).rate);
        if (has_redis)
                figure_add(FIGURE_REDIS_RATE, redis_run(N_REDIS, DEPTH).rate);
        if (has_gearman)
                figure_add(FIGURE_GEARMAN_RATE, gearman_run(N_GEARMAN, DEPTH).rate);
}

static void rounds_single_core(int n_rounds) {
        bool has_redis, has_gearman;
        struct daemon *daemon;

        bench_pin(true);
        has_redis = redis_open();
        has_gearman = gearman_open();
        daemon = daemon_open(true);
        for (int i = 0; i < n_rounds; i++) {
                round_single_core(daemon, has_redis, has_gearman);
                fprintf(stderr, "round %d of %d: one core\n", i + 1, n_rounds);
        }
        figure_add(FIGURE_CALLS_SINGLE, daemon_count_calls(daemon, N_CALLS / 10, 1));
        figure_add(FIGURE_CALLS_WINDOW, daemon_count_calls(daemon, N_CALLS, DEPTH));
        daemon_close(daemon);
        if (has_gearman)
                gearman_close();
        if (has_redis)
                redis_close();
        bench_pin(false);
}

static void rounds_exec(int n_rounds) {
        struct daemon *light = daemon_open(false), *heavy = daemon_open(false);

        daemon_hold(heavy, (size_t)1 << 30);
        for (int i = 0; i < n_rounds; i++) {
                figure_add(FIGURE_SPAWN_RATE, spawn_run(N_EXEC).rate);
                figure_add(FIGURE_EXEC_RATE, daemon_run_exec(light, N_EXEC, 2).rate);
                figure_add(FIGURE_EXEC_HELD_RATE, daemon_run_exec(heavy, N_EXEC, 2).rate);
                fprintf(stderr, "round %d of %d: exec\n", i + 1, n_rounds);
        }
        daemon_close(heavy);
        daemon_close(light);
}

static void figures_print(void) {
        printf("%-44s %12s  %-8s %25s\n", "figure", "median", "unit", "(min - max)");
        for (int i = 0; i < N_FIGURES; i++) {
                double median;

                if (figures[i].n == 0)
                        continue;
                median = figure_median((enum figure)i);
                printf("%-44s %12.4g  %-8s %10.4g - %-10.4g\n",
                       figure_texts[i].text,
                       median,
                       figure_texts[i].unit,
                       figures[i].values[0],
                       figures[i].values[figures[i].n - 1]);
        }
}

/* Returns the number of missed bars. */
static int bars_print(void) {
        int n_missed = 0;

        printf("\n%-50s %8s  %s\n", "bar", "is", "shall be");
        for (size_t i = 0; i < sizeof(bars) / sizeof(bars[0]); i++) {
                const struct bar *bar = &bars[i];
                double ratio;
                bool is_met;

                if (figures[bar->figure].n == 0 || (bar->base >= 0 && figures[bar->base].n == 0)) {
                        printf("%-50s %8s  (not measured)\n", bar->text, "-");
                        continue;
                }
                ratio = figure_median(bar->figure) /
                        (bar->base >= 0 ? figure_median((enum figure)bar->base) : 1);
                is_met = bar->is_at_most ? ratio <= bar->bound : ratio >= bar->bound;
                n_missed += !is_met;
                printf("%-50s %8.3f  %s %g  %s\n",
                       bar->text,
                       ratio,
                       bar->is_at_most ? "<=" : ">=",
                       bar->bound,
                       is_met ? "ok" : "MISSED");
        }
        return n_missed;
}

int main(int argc, char *argv[]) {
        static const struct option options[] = {
                { "check", no_argument, NULL, 'c' },
                { "rounds", required_argument, NULL, 'r' },
                { "only", required_argument, NULL, 'o' },
                { NULL, 0, NULL, 0 },
        };
        const char *only = "";
        bool is_check = false;
        int n_rounds = 5, n_missed, option;

        while ((option = getopt_long(argc, argv, "", options, NULL)) >= 0)
                if (option == 'c')
                        is_check = true;
                else if (option == 'r')
                        n_rounds = atoi(optarg);
                else if (option == 'o')
                        only = optarg;
                else
                        return 2;
        if (optind < argc || n_rounds < 1 || n_rounds > ROUNDS_MAX ||
            (*only && strcmp(only, "core") != 0 && strcmp(only, "exec") != 0)) {
                fprintf(stderr,
                        "usage: ipc [--check] [--rounds 1..%d] [--only core|exec]\n",
                        ROUNDS_MAX);
                return 2;
        }
        if (strcmp(only, "exec") != 0)
                rounds_single_core(n_rounds);
        if (strcmp(only, "core") != 0)
                rounds_exec(n_rounds);
        figures_print();
        n_missed = bars_print();
        return is_check && n_missed > 0 ? 1 : 0;
}
