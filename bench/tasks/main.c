/* SPDX-License-Identifier: MIT */

/*
 * bench/runtime: the runtime beside its peers. Rounds are interleaved, so that what disturbs the machine disturbs all. Medians are
 * printed, and each ratio beside its bar; with --check a missed one makes the exit status 1.
 */

#include "../driver.h"
#include "sleepers.h"
#include "spawn.h"
#include "switch.h"

#define FIGURE_MAP(X)                                                      \
        X(SPAWN, "R1 spawn and join inside, one thread", "ns a task")      \
        X(SPAWN_STACKFUL, "R1 the same, coroutines", "ns a task")          \
        X(SWITCH, "R3 switch", "ns")                                       \
        X(SWITCH_FCONTEXT, "R3 switch: Boost fcontext", "ns")              \
        X(SWITCH_UCONTEXT, "R3 switch: swapcontext", "ns")                 \
        X(SWITCH_COROUTINE, "R3 a coroutine's step, there and back", "ns") \
        X(SLEEPER, "R4 sleepers, stackful, guarded: memory of one", "KB")  \
        X(SLEEPER_PAGES, "R4 sleepers: page tables for one", "KB")         \
        X(SLEEPER_SPAWN, "R4 sleepers: start of 200,000", "ms")            \
        X(SLEEPER_LAG, "R4 sleepers: last one done, after its time", "ms")

FIGURES_DEFINE(FIGURE_MAP);

static const struct bar bars[] = {
        { "R3 switch / Boost fcontext",
          BAR_RATIO,
          FIGURE_SWITCH,
          FIGURE_SWITCH_FCONTEXT,
          true,
          0.75 },
        { "R4 sleeper, stackful, guarded: memory, KB", BAR_FIGURE, FIGURE_SLEEPER, 0, true, 4.3 },
};

static void run_spawn(const struct driver_part *part, int n_rounds) {
        for (int i = 0; i < n_rounds; i++) {
                figure_add(&figures[FIGURE_SPAWN], spawn_measure_stackless());
                figure_add(&figures[FIGURE_SPAWN_STACKFUL], spawn_measure_stackful());
                driver_tell_round(part, i, n_rounds);
        }
}

static void run_switch(const struct driver_part *part, int n_rounds) {
        for (int i = 0; i < n_rounds; i++) {
                figure_add(&figures[FIGURE_SWITCH], switch_measure_ours());
                figure_add(&figures[FIGURE_SWITCH_FCONTEXT], switch_measure_fcontext());
                figure_add(&figures[FIGURE_SWITCH_UCONTEXT], switch_measure_ucontext());
                figure_add(&figures[FIGURE_SWITCH_COROUTINE], switch_measure_coroutine());
                driver_tell_round(part, i, n_rounds);
        }
}

static void run_sleepers(const struct driver_part *part, int n_rounds) {
        for (int i = 0; i < n_rounds; i++) {
                struct sleepers sleepers;

                sleepers_measure(&sleepers);
                figure_add(&figures[FIGURE_SLEEPER], sleepers.bytes / 1000);
                figure_add(&figures[FIGURE_SLEEPER_PAGES], sleepers.page_bytes / 1000);
                figure_add(&figures[FIGURE_SLEEPER_SPAWN], sleepers.spawn_ms);
                figure_add(&figures[FIGURE_SLEEPER_LAG], sleepers.lag_ms);
                driver_tell_round(part, i, n_rounds);
        }
}

int main(int argc, char *argv[]) {
        static const struct driver_part parts[] = {
                { "r1", "spawning and joining", run_spawn },
                { "r3", "switching stacks", run_switch },
                { "r4", "many sleepers", run_sleepers },
        };
        static const struct driver driver = {
                .name = "bench/runtime",
                .about = "The runtime beside its peers.",
                DRIVER_TABLES,
        };

        return driver_run(&driver, argc, argv);
}
