/* SPDX-License-Identifier: MIT */

/*
 * bench/ipc: the daemon beside the physical limit and its peers, in one run, interleaved; medians of
 * the rounds, printed as ratios. With --check each ratio stands beside its bar, and a missed one makes the exit
 * status 1.
 */

#include "driver.h"
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

FIGURES_DEFINE(FIGURE_MAP);

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

static void rounds_single_core(const struct driver_part *part, int n_rounds) {
        bool has_redis, has_gearman;
        struct daemon *daemon;

        bench_pin(true);
        has_redis = redis_open();
        has_gearman = gearman_open();
        daemon = daemon_open(true);
        for (int i = 0; i < n_rounds; i++) {
                round_single_core(daemon, has_redis, has_gearman);
                driver_tell_round(part, i, n_rounds);
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

static void rounds_exec(const struct driver_part *part, int n_rounds) {
        struct daemon *light = daemon_open(false), *heavy = daemon_open(false);

        daemon_hold(heavy, (size_t)1 << 30);
        for (int i = 0; i < n_rounds; i++) {
                add(FIGURE_SPAWN_RATE, spawn_run(N_EXEC).rate);
                add(FIGURE_EXEC_RATE, daemon_run_exec(light, N_EXEC, 2).rate);
                add(FIGURE_EXEC_HELD_RATE, daemon_run_exec(heavy, N_EXEC, 2).rate);
                driver_tell_round(part, i, n_rounds);
        }
        daemon_close(heavy);
        daemon_close(light);
}

int main(int argc, char *argv[]) {
        static const struct driver_part parts[] = {
                { "core", "calls, all on one core", rounds_single_core },
                { "exec", "programs, where the kernel places them", rounds_exec },
        };
        static const struct driver driver = {
                .name = "bench/ipc",
                .about = "The daemon beside the physical limit and its peers.",
                DRIVER_TABLES,
        };

        return driver_run(&driver, argc, argv);
}
