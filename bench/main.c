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

#include "figures.h"
#include "ipc.h"

enum {
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

enum {
#define X(name, text, unit) FIGURE_##name,
        FIGURE_MAP(X)
#undef X
        N_FIGURES,
};

static struct figure figures[] = {
#define X(name, what, in) { .text = (what), .unit = (in) },
        FIGURE_MAP(X)
#undef X
};

static const struct bar bars[] = {
        { .text = "core.echo, depth 1, RTT p50 / bare server",
          .how = BAR_RATIO,
          .figure = FIGURE_ECHO_RTT,
          .base = FIGURE_LIMIT_RTT,
          .is_at_most = true,
          .bound = 1.3 },
        { .text = "core.echo, 128 in flight / bare server",
          .how = BAR_RATIO,
          .figure = FIGURE_ECHO_RATE,
          .base = FIGURE_LIMIT_RATE,
          .bound = 0.35 },
        { .text = "core.echo, 128 in flight / redis list",
          .how = BAR_RATIO,
          .figure = FIGURE_ECHO_RATE,
          .base = FIGURE_REDIS_RATE,
          .bound = 5 },
        { .text = "core.echo, 128 in flight / gearmand, raw",
          .how = BAR_RATIO,
          .figure = FIGURE_ECHO_RATE,
          .base = FIGURE_GEARMAN_RATE,
          .bound = 2 },
        { .text = "daemon's CPU a job, us",
          .figure = FIGURE_ECHO_CPU,
          .is_at_most = true,
          .bound = 0.4 },
        { .text = "daemon's system calls a job, depth 1",
          .figure = FIGURE_CALLS_SINGLE,
          .is_at_most = true,
          .bound = 3 },
        { .text = "daemon's system calls a job, 128 in flight",
          .figure = FIGURE_CALLS_WINDOW,
          .is_at_most = true,
          .bound = 0.05 },
        { .text = "a poll kind, 128 in flight / bare server",
          .how = BAR_RATIO,
          .figure = FIGURE_POLL_RATE,
          .base = FIGURE_LIMIT_RATE,
          .bound = 0.2 },
        { .text = "exec /bin/true / posix_spawn loop",
          .how = BAR_RATIO,
          .figure = FIGURE_EXEC_RATE,
          .base = FIGURE_SPAWN_RATE,
          .bound = 0.9 },
        { .text = "the same, daemon holding 1 GiB",
          .how = BAR_RATIO,
          .figure = FIGURE_EXEC_HELD_RATE,
          .base = FIGURE_SPAWN_RATE,
          .bound = 0.9 },
};

static void add(int figure, double value) {
        figure_add(&figures[figure], value);
}

static void round_single_core(struct daemon *daemon, bool has_redis, bool has_gearman) {
        struct bench_sample sample;

        add(FIGURE_LIMIT_RTT, limit_run(N_SINGLE, 1).p50_us);
        add(FIGURE_ECHO_RTT, daemon_run_echo(daemon, "core.echo", N_SINGLE, 1).p50_us);
        sample = limit_run(N_WINDOW, DEPTH);
        add(FIGURE_LIMIT_RATE, sample.rate);
        add(FIGURE_LIMIT_CPU, sample.server_us);
        sample = daemon_run_echo(daemon, "core.echo", N_WINDOW, DEPTH);
        add(FIGURE_ECHO_RATE, sample.rate);
        add(FIGURE_ECHO_CPU, sample.server_us);
        add(FIGURE_POLL_RATE, daemon_run_echo(daemon, "bench.echo", N_WINDOW, DEPTH).rate);
        if (has_redis)
                add(FIGURE_REDIS_RATE, redis_run(N_REDIS, DEPTH).rate);
        if (has_gearman)
                add(FIGURE_GEARMAN_RATE, gearman_run(N_GEARMAN, DEPTH).rate);
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
        add(FIGURE_CALLS_SINGLE, daemon_count_calls(daemon, N_CALLS / 10, 1));
        add(FIGURE_CALLS_WINDOW, daemon_count_calls(daemon, N_CALLS, DEPTH));
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
                add(FIGURE_SPAWN_RATE, spawn_run(N_EXEC).rate);
                add(FIGURE_EXEC_RATE, daemon_run_exec(light, N_EXEC, 2).rate);
                add(FIGURE_EXEC_HELD_RATE, daemon_run_exec(heavy, N_EXEC, 2).rate);
                fprintf(stderr, "round %d of %d: exec\n", i + 1, n_rounds);
        }
        daemon_close(heavy);
        daemon_close(light);
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
        size_t n_missed;
        int n_rounds = 5, option;

        while ((option = getopt_long(argc, argv, "", options, NULL)) >= 0)
                if (option == 'c')
                        is_check = true;
                else if (option == 'r')
                        n_rounds = atoi(optarg);
                else if (option == 'o')
                        only = optarg;
                else
                        return 2;
        if (optind < argc || n_rounds < 1 || n_rounds > FIGURE_ROUNDS_MAX ||
            (*only && strcmp(only, "core") != 0 && strcmp(only, "exec") != 0)) {
                fprintf(stderr,
                        "usage: ipc [--check] [--rounds 1..%d] [--only core|exec]\n",
                        FIGURE_ROUNDS_MAX);
                return 2;
        }
        if (strcmp(only, "exec") != 0)
                rounds_single_core(n_rounds);
        if (strcmp(only, "core") != 0)
                rounds_exec(n_rounds);
        figures_print(figures, N_FIGURES);
        n_missed = bars_print(bars, sizeof(bars) / sizeof(bars[0]), figures);
        return is_check && n_missed > 0 ? 1 : 0;
}
