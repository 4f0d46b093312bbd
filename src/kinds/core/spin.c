/* SPDX-License-Identifier: MIT */

/*
 * core.spin: computes for as long as it is told, in slices, giving way after each: a well-behaved task that
 * needs much of a processor.
 */

#include <time.h>

#include "kinds/core/core.h"

#define NS_PER_MS UINT64_C(1000000)
#define NS_PER_S  UINT64_C(1000000000)
#define SLICE_NS  (200 * UINT64_C(1000))

enum {
        ROUNDS_PER_LOOK = 2000
};

const gca_argument_spec core_spin_arguments[1] = {
        { .name = "ms",
          .type = GCA_TYPE_INT,
          .flags = GCA_ARGUMENT_REQUIRED,
          .doc = "how much of a processor's time to use, in milliseconds" },
};

static uint64_t read_cpu_ns(void) {
        struct timespec now;

        (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
        return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

/* Works for about a slice; returns the processor time it took. */
static uint64_t burn_slice(uint64_t *n_rounds) {
        uint64_t started_ns = read_cpu_ns(), now_ns;

        do {
                for (volatile int i = 0; i < ROUNDS_PER_LOOK; i++)
                        (*n_rounds)++;
                now_ns = read_cpu_ns();
        } while (now_ns - started_ns < SLICE_NS);
        return now_ns - started_ns;
}

gca_poll core_spin_poll(gca_task *task, void *state) {
        struct core_spin *spin = state;
        int64_t ms = gca_get_int(gca_argument(task, 0));

        if (ms < 0 || ms > (int64_t)(UINT64_MAX / 2 / NS_PER_MS))
                return gca_fail(task, "invalid-argument", "\"ms\" is out of range");
        spin->total_ns = (uint64_t)ms * NS_PER_MS;
        if (spin->burnt_ns < spin->total_ns) {
                spin->burnt_ns += burn_slice(&spin->n_rounds);
                gca_report_progress(task,
                                    spin->burnt_ns / NS_PER_MS,
                                    spin->total_ns / NS_PER_MS,
                                    "milliseconds of processor time");
                return GCA_AGAIN;
        }
        return gca_succeed(task,
                           gca_int(gca_task_region(task), (int64_t)(spin->burnt_ns / NS_PER_MS)));
}
